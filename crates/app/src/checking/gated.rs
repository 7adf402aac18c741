//! Checks that a gate decides: the program measures on the base and on the work, and the gate says
//! what the difference means.

use std::collections::BTreeMap;
use std::path::Path;

use adjutant_domain::{GateName, ObjectId, Subject, Verdict};
use adjutant_outbound::files;
use adjutant_work::{
    Check, CheckProof, GateProof, RunRecord, RunVerdict, Strength, Unproven, test_files,
};

use super::{Answer, Checker, CheckingError, Work, environment, proven};
use crate::policies::find_policy_in;
use crate::{GateRequest, NamedSource, run_gate};

impl Checker<'_> {
    pub(super) async fn prove_gated(
        &self,
        check: &Check,
        evidence: &[String],
        gate: &GateName,
        work: &Work,
    ) -> Answer<CheckProof> {
        let scratch = files::scratch_folder().map_err(CheckingError::Scratch)?;
        let tests = test_files(check, &work.changed());
        let (base, base_tree) = self.base_with(work, &tests)?;
        let commit_of_work = (&work.commit, &work.tree);
        let folder = scratch.path();
        let measured = self.measure("baseline", check, evidence, (&base, &base_tree), folder);
        let (red, mut sources) = proven!(measured.await?);
        let measured = self.measure("candidate", check, evidence, commit_of_work, folder);
        let (green, candidate) = proven!(measured.await?);
        sources.extend(candidate);
        let policy = find_policy_in(self.settings_text, gate)?;
        let request = GateRequest {
            policy: &policy,
            sources: &sources,
            reasons: &BTreeMap::new(),
            artifact: None,
        };
        let decided = run_gate(self.store, &request, self.now).await?;
        if decided.decision.verdict != Verdict::Go {
            let check = check.name.clone();
            let verdict = decided.decision.verdict.to_string();
            return Ok(Err(Unproven::GateRefused { check, verdict }));
        }
        Ok(Ok(CheckProof {
            name: check.name.clone(),
            strength: Strength::Gated,
            red: Some(red),
            green,
            gate: Some(GateProof {
                gate: gate.clone(),
                record: decided.record,
            }),
        }))
    }

    /// Runs the measuring program on one side, and takes what it wrote into `scratch`.
    async fn measure(
        &self,
        side: &str,
        check: &Check,
        evidence: &[String],
        (commit, tree): (&ObjectId, &ObjectId),
        scratch: &Path,
    ) -> Answer<(RunRecord, Vec<NamedSource>)> {
        let folder = scratch.join(side);
        let take = |room: &Path| files::copy_each(room, evidence, &folder);
        let (record, taken) = proven!(self.run(check, commit, tree, take).await?);
        if record.end.verdict() != RunVerdict::Green {
            return Ok(Err(environment(check, &record)));
        }
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return Ok(Err(no_evidence(check, &record, &error))),
        };
        let subject: Subject = side.parse().map_err(crate::GateError::Name)?;
        let sources = taken.iter().map(|file| source(&subject, file)).collect();
        Ok(Ok((record, sources)))
    }
}

fn source(subject: &Subject, file: &Path) -> NamedSource {
    NamedSource {
        subject: subject.clone(),
        what: file.display().to_string(),
    }
}

fn no_evidence(check: &Check, record: &RunRecord, error: &files::FileError) -> Unproven {
    Unproven::Environment {
        check: check.name.to_string(),
        problem: format!("its evidence is missing: {error}"),
        output: super::end_of(&record.output),
    }
}
