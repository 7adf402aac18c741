//! After an agent worked: Adjutant tries to complete the task with what it left. Work that is not
//! proven stays on its branch, and the task goes back to the queue.

use std::pin::Pin;

use adjutant_outbound::clock;
use adjutant_outbound::process::Environment;
use adjutant_store::Written;
use adjutant_work::Unproven;

use super::{RanAgent, Run, RunError, RunOutcome, ending, millis};
use crate::completing::{CompleteRequest, Completion, complete_work};

/// What giving a task back says about the agent.
enum GivenBack {
    /// Its work was checked and not accepted.
    Refused,
    /// Nothing.
    Unjudged,
}

impl Run<'_> {
    /// Completes the task with the commit that the agent left.
    pub(super) async fn deliver(
        &self,
        ran: &RanAgent,
        cancel: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<RunOutcome, RunError> {
        let request = CompleteRequest {
            holder: self.holder.clone(),
            revision: Some(ran.left.head.to_string()),
            evidence: vec![],
            environment: Environment::allowed(self.request.variables.iter().cloned()),
            lease_millis: millis(self.request.lease),
        };
        let completion = tokio::select! {
            completion = complete_work(self.store, self.home, &request, clock::now()) => completion?,
            () = cancel => {
                let why = "it was cancelled while it was checked";
                return self.give_back(ran, why, GivenBack::Unjudged).await;
            }
        };
        let (reason, judged) = match &completion {
            Completion::Proven(_) => return Ok(RunOutcome::Completed(completion)),
            Completion::Unproven(Unproven::NoCheck) => return Ok(RunOutcome::ToComplete),
            Completion::Unproven(reason) => {
                let judged = if reason.is_about_work() {
                    GivenBack::Refused
                } else {
                    GivenBack::Unjudged
                };
                (format!("not proven, {}", reason.name()), judged)
            }
            Completion::Outside { .. } => {
                let reason = "outside the boundaries of its role".to_owned();
                (reason, GivenBack::Refused)
            }
            Completion::Refused(refusal) => return Ok(RunOutcome::Lost(refusal.clone())),
        };
        match self.give_back(ran, &reason, judged).await? {
            RunOutcome::GivenBack(_) => Ok(RunOutcome::Completed(completion)),
            other @ (RunOutcome::ToComplete
            | RunOutcome::Completed(_)
            | RunOutcome::EndedByAgent(_)
            | RunOutcome::Lost(_)) => Ok(other),
        }
    }

    async fn give_back(
        &self,
        ran: &RanAgent,
        why: &str,
        judged: GivenBack,
    ) -> Result<RunOutcome, RunError> {
        let (agent, branch) = (&self.agent.name, &ran.site.branch);
        let how = ending(&ran.finish);
        let reason = format!("{agent} {how}; what it left is on the branch {branch}: {why}");
        let now = clock::now();
        let written = match judged {
            GivenBack::Refused => self.store.refuse_work(self.holder, &reason, now).await?,
            GivenBack::Unjudged => self.store.release(self.holder, &reason, now).await?,
        };
        Ok(match written {
            Written::Task(_) => RunOutcome::GivenBack(reason),
            Written::Refused(refusal) => RunOutcome::Lost(refusal),
        })
    }
}
