//! Checking the entries of a competition one by one, and deciding among those that are proven.

use adjutant_domain::AgentName;
use adjutant_outbound::agent_process::Finish;
use adjutant_outbound::clock;
use adjutant_outbound::process::{End, Environment};
use adjutant_work::{
    Agent, Better, CheckProof, EntryMeasure, Holder, Proof, ProvenEntry, Ruling, TrialOutcome,
    judge,
};
use tokio::sync::watch;

use super::{CompetitionOutcome, Contest, LookedAt, Seen, stop_is_asked};
use crate::checking::CheckingError;
use crate::completing::{CompleteRequest, Completion, Examined, examine, save};
use crate::record::DecisionRecord;
use crate::running::{Attended, RunError, Start, millis};
use crate::target;

/// What was seen of an entry, with its proof where there is one.
pub(super) enum Checked {
    NoWork,
    LeftOut,
    Proven {
        entry: ProvenEntry,
        proof: Box<Proof>,
        target: String,
    },
    NotProven(Completion),
}

impl From<Checked> for Seen {
    fn from(checked: Checked) -> Self {
        match checked {
            Checked::NoWork => Seen::NoWork,
            Checked::LeftOut => Seen::NotChecked,
            Checked::Proven { entry, .. } => Seen::Proven {
                measures: entry.measures,
                lines: entry.lines,
            },
            Checked::NotProven(completion) => Seen::NotProven(completion),
        }
    }
}

impl Contest<'_> {
    /// Runs the task's checks on an entry, unless the competition is to stop.
    pub(super) async fn check(
        &self,
        start: &Start<'_>,
        attended: &Attended,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<Checked, RunError> {
        if !attended.finish.is_well() || !attended.left.is_changed {
            return Ok(Checked::NoWork);
        }
        let request = CompleteRequest {
            holder: Holder {
                agent: start.agent.name.clone(),
                ..self.holder.clone()
            },
            revision: Some(attended.left.head.to_string()),
            evidence: vec![],
            environment: Environment::allowed(self.request.variables.iter().cloned()),
            lease_millis: millis(self.request.lease),
        };
        let now = clock::now();
        let examined = tokio::select! {
            biased;
            () = stop_is_asked(&mut stopped) => return Ok(Checked::LeftOut),
            examined = examine(self.store, self.home, &request, self.task, now) => examined?,
        };
        Ok(match examined {
            Examined::Not(completion) => Checked::NotProven(completion),
            Examined::Proven { proof, target } => Checked::Proven {
                entry: self.entry_of(start.agent.name.clone(), &proof)?,
                proof,
                target,
            },
        })
    }

    fn entry_of(&self, agent: AgentName, proof: &Proof) -> Result<ProvenEntry, RunError> {
        let lines = self.lines_of(proof)?;
        let mut measures = Vec::new();
        for check in &proof.checks {
            measures.extend(self.measures_of(check)?);
        }
        Ok(ProvenEntry {
            agent,
            measures,
            lines,
        })
    }

    fn lines_of(&self, proof: &Proof) -> Result<u64, CheckingError> {
        let git = target::repository(self.home)?;
        Ok(git.changed_lines(&proof.base, &proof.commit)?)
    }

    /// What the gate of a check measured, where one side is better.
    fn measures_of(&self, check: &CheckProof) -> Result<Vec<EntryMeasure>, RunError> {
        let Some(gate) = &check.gate else {
            return Ok(vec![]);
        };
        let decision = DecisionRecord::open(self.store, gate.record)?.decision;
        let measures = decision.criteria.into_iter().filter_map(|criterion| {
            let observed = criterion.observed?;
            let better = match (criterion.accepted.low, criterion.accepted.high) {
                (None, Some(_)) => Better::Lower,
                (Some(_), None) => Better::Higher,
                (None, None) | (Some(_), Some(_)) => return None,
            };
            Some(EntryMeasure {
                check: check.name.clone(),
                criterion: criterion.id,
                value: observed.value(),
                interval: observed.interval(),
                better,
            })
        });
        Ok(measures.collect())
    }

    /// Finds the winner, and stores its proof under the competition's claim.
    pub(super) async fn decide(
        &self,
        looked_at: &[LookedAt],
    ) -> Result<CompetitionOutcome, RunError> {
        let entries: Vec<ProvenEntry> = looked_at.iter().filter_map(LookedAt::entry).collect();
        let winner = judge(&entries).and_then(|ruling| {
            let proof = looked_at.iter().find_map(|one| one.proof_of(&ruling))?;
            Some((ruling, proof))
        });
        let Some((ruling, (proof, target))) = winner else {
            let given_back = self.give_back("no entry of the competition is proven");
            return Ok(given_back.await?.unwrap_or(CompetitionOutcome::NobodyWon));
        };
        let saved = save(self.store, self.holder, proof.clone(), target.to_owned());
        Ok(match saved.await? {
            Ok(completed) => CompetitionOutcome::Won {
                ruling,
                completed: Box::new(completed),
            },
            Err(refusal) => CompetitionOutcome::Lost(refusal),
        })
    }
}

impl LookedAt {
    fn entry(&self) -> Option<ProvenEntry> {
        match &self.checked {
            Checked::Proven { entry, .. } => Some(entry.clone()),
            Checked::NoWork | Checked::LeftOut | Checked::NotProven(_) => None,
        }
    }

    fn proof_of(&self, ruling: &Ruling) -> Option<(&Proof, &str)> {
        match &self.checked {
            Checked::Proven {
                entry,
                proof,
                target,
            } if entry.agent == ruling.winner => Some((proof, target)),
            Checked::Proven { .. } | Checked::NoWork | Checked::LeftOut | Checked::NotProven(_) => {
                None
            }
        }
    }
}

/// What a competition says about an agent. Nothing, when its program or the environment was not
/// fit, or when the competition ended before it was decided.
pub(super) fn judged(
    agent: &Agent,
    finish: &Finish,
    checked: &Checked,
    outcome: &CompetitionOutcome,
) -> Option<TrialOutcome> {
    let winner = match outcome {
        CompetitionOutcome::Won { ruling, .. } => Some(&ruling.winner),
        CompetitionOutcome::NobodyWon => None,
        CompetitionOutcome::Cancelled | CompetitionOutcome::Lost(_) => return None,
    };
    match checked {
        Checked::LeftOut => None,
        Checked::NoWork => match finish.ended.end {
            End::NotFound | End::NotStarted(_) | End::Cancelled => None,
            End::Exited(_) | End::Signaled(_) | End::TimedOut => Some(TrialOutcome::Failed),
        },
        Checked::Proven { .. } if winner == Some(&agent.name) => Some(TrialOutcome::Won),
        Checked::Proven { .. } => Some(TrialOutcome::Passed),
        Checked::NotProven(completion) => match completion {
            Completion::Unproven(reason) if reason.is_about_work() => Some(TrialOutcome::Failed),
            Completion::Outside { .. } => Some(TrialOutcome::Failed),
            Completion::Unproven(_) | Completion::Refused(_) | Completion::Proven(_) => None,
        },
    }
}
