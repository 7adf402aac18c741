//! Whether a directive did what was asked: its success criteria, each looked at by Adjutant itself.

use adjutant_domain::{GateName, Verdict};
use adjutant_outbound::files;
use adjutant_store::DirectiveAttempt;
use adjutant_work::directive::{
    CriterionStanding, Directive, JudgedCriterion, SuccessCheck, SuccessCriterion,
};

use super::{DirectivesError, Work};
use crate::last_decision;

impl Work<'_> {
    /// Looks at every success criterion. `left` takes what is to be kept.
    pub(super) async fn judge(
        &self,
        directive: &Directive,
        attempt: &DirectiveAttempt,
        left: &mut Vec<Vec<u8>>,
    ) -> Result<Vec<JudgedCriterion>, DirectivesError> {
        let mut judged = Vec::with_capacity(directive.success_criteria.len());
        for SuccessCriterion { text, check } in &directive.success_criteria {
            let (standing, because) = match check {
                None => (
                    CriterionStanding::NoData,
                    "nothing proves it: give it a command, a gate or a file".to_owned(),
                ),
                Some(SuccessCheck::Program(program)) => {
                    let ran = self.run_program(program, attempt, left).await?;
                    let standing = if ran.succeeded {
                        CriterionStanding::Met
                    } else {
                        CriterionStanding::Missed
                    };
                    (standing, ran.result)
                }
                Some(SuccessCheck::Gate(gate)) => self.judge_by_gate(gate, attempt).await?,
                Some(SuccessCheck::File(path)) => self.judge_file(path),
            };
            judged.push(JudgedCriterion {
                text: text.clone(),
                standing,
                because,
            });
        }
        Ok(judged)
    }

    /// A decision that was made before the directive began says nothing about it.
    async fn judge_by_gate(
        &self,
        gate: &GateName,
        attempt: &DirectiveAttempt,
    ) -> Result<(CriterionStanding, String), DirectivesError> {
        let last = last_decision(self.store, gate).await?;
        let since = last.filter(|last| last.decided_at >= attempt.began_at);
        Ok(match since {
            None => (
                CriterionStanding::NoData,
                format!("{gate} has not decided since: adjutant gate {gate}"),
            ),
            Some(last) => {
                let standing = match last.verdict {
                    Verdict::Go => CriterionStanding::Met,
                    Verdict::ShadowOnly | Verdict::Reject => CriterionStanding::Missed,
                    Verdict::PauseAndFix => CriterionStanding::NoData,
                };
                (standing, format!("{gate} says {}", last.verdict))
            }
        })
    }

    fn judge_file(&self, path: &str) -> (CriterionStanding, String) {
        match files::read_head(&self.home.top.join(path)) {
            Ok(head) if head.is_empty() => (CriterionStanding::Missed, format!("{path} is empty")),
            Ok(_) => (CriterionStanding::Met, format!("{path} is there")),
            Err(error) => (CriterionStanding::Missed, error.to_string()),
        }
    }
}
