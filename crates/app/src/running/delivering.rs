//! After an agent worked: Adjutant tries to complete the task with what it left. Work that is not
//! proven stays on its branch, and the task goes back to the queue.

use std::pin::Pin;

use adjutant_outbound::clock;
use adjutant_outbound::process::Environment;
use adjutant_store::Written;
use adjutant_work::Unproven;

use super::{RanAgent, Run, RunError, RunOutcome, ending, millis};
use crate::completing::{CompleteRequest, Completion, complete_work};

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
            () = cancel => return self.give_back(ran, "it was cancelled while it was checked").await,
        };
        let reason = match &completion {
            Completion::Proven(_) => return Ok(RunOutcome::Completed(completion)),
            Completion::Unproven(Unproven::NoCheck) => return Ok(RunOutcome::ToComplete),
            Completion::Unproven(reason) => format!("not proven, {}", reason.name()),
            Completion::Outside { .. } => "outside the boundaries of its role".to_owned(),
            Completion::Refused(refusal) => return Ok(RunOutcome::Lost(refusal.clone())),
        };
        match self.give_back(ran, &reason).await? {
            RunOutcome::GivenBack(_) => Ok(RunOutcome::Completed(completion)),
            other @ (RunOutcome::ToComplete
            | RunOutcome::Completed(_)
            | RunOutcome::EndedByAgent(_)
            | RunOutcome::Lost(_)) => Ok(other),
        }
    }

    async fn give_back(&self, ran: &RanAgent, why: &str) -> Result<RunOutcome, RunError> {
        let (agent, branch) = (&self.agent.name, &ran.site.branch);
        let how = ending(&ran.finish);
        let reason = format!("{agent} {how}; what it left is on the branch {branch}: {why}");
        let now = clock::now();
        Ok(match self.store.release(self.holder, &reason, now).await? {
            Written::Task(_) => RunOutcome::GivenBack(reason),
            Written::Refused(refusal) => RunOutcome::Lost(refusal),
        })
    }
}
