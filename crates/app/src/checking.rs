//! Running the checks of a task: each run in a fresh work tree of an exact commit, outside the
//! agent's reach, with the tracked files hashed before and after.

mod failure;
mod gated;
mod offered;
mod scripts;

use std::future::pending;
use std::path::Path;
use std::time::Duration;

use adjutant_domain::{ObjectId, Timestamp, sha256};
use adjutant_outbound::check_room::CheckRoom;
use adjutant_outbound::git::{Change, CommitText, Git};
use adjutant_outbound::process::{self, End, Environment, Invocation, KeepOutput, Keeper};
use adjutant_store::Store;
use adjutant_work::{
    ChangedFile, Check, CheckProof, CheckRun, ProofKind, RunEnd, RunRecord, RunVerdict, Strength,
    Unproven, VerificationSettings, edited_check_files, needs_red, runs_package_scripts,
    test_files,
};

pub use failure::CheckingError;
pub(crate) use offered::Offered;

/// How much of a run's output a proof keeps.
const OUTPUT_BYTES_MAX: usize = 64 * 1_024;

/// How much of it a refusal shows.
const SHOWN_BYTES_MAX: usize = 2_000;

/// What checks run with.
#[derive(Clone, Copy)]
pub(crate) struct Checker<'a> {
    pub(crate) store: &'a Store,
    pub(crate) git: &'a Git,
    pub(crate) environment: &'a Environment,
    pub(crate) settings: &'a VerificationSettings,
    /// The text of the settings, for gates.
    pub(crate) settings_text: &'a str,
    pub(crate) now: Timestamp,
}

/// The work that is checked.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) commit: ObjectId,
    pub(crate) tree: ObjectId,
    pub(crate) base: ObjectId,
    pub(crate) base_tree: ObjectId,
    pub(crate) changes: Vec<Change>,
}

/// The answer of a check, or the reason why there is none.
pub(crate) type Answer<T> = Result<Result<T, Unproven>, CheckingError>;

/// Goes on with what was proven, and returns the reason when nothing was.
macro_rules! proven {
    ($answer:expr) => {
        match $answer {
            Ok(proven) => proven,
            Err(reason) => return Ok(Err(reason)),
        }
    };
}
pub(crate) use proven;

impl Work {
    /// The paths that it touches.
    pub(crate) fn files(&self) -> Vec<String> {
        self.changes.iter().map(|c| c.path.clone()).collect()
    }

    pub(crate) fn changed(&self) -> Vec<ChangedFile> {
        let one = |change: &Change| ChangedFile {
            path: change.path.clone(),
            in_base: change.before.is_some(),
        };
        self.changes.iter().map(one).collect()
    }
}

impl Checker<'_> {
    /// Runs one check: on the base with the test of the work, where it has to fail, and on the
    /// work, where it has to pass.
    pub(crate) async fn prove(
        &self,
        check: &Check,
        work: &Work,
        offered: &mut [Offered],
    ) -> Answer<CheckProof> {
        let changed = work.changed();
        let mut files = edited_check_files(check, &changed);
        if runs_package_scripts(check) {
            files.extend(scripts::edited_scripts(self.git, work)?);
        }
        if !files.is_empty() {
            let check = check.name.clone();
            return Ok(Err(Unproven::CheckEdited { check, files }));
        }
        if let CheckRun::Gate { evidence, gate, .. } = &check.run {
            return self.prove_gated(check, evidence, gate, work).await;
        }
        let tests = test_files(check, &changed);
        let mut red = None;
        if needs_red(check) {
            let (commit, tree) = self.base_with(work, &tests)?;
            let record = proven!(self.run(check, &commit, &tree, |_| ()).await?).0;
            match record.end.verdict() {
                RunVerdict::Red => red = Some(record),
                RunVerdict::Green => {
                    let check = check.name.clone();
                    return Ok(Err(Unproven::Vacuous { check }));
                }
                RunVerdict::Environment => return Ok(Err(environment(check, &record))),
            }
        }
        let look = |room: &Path| offered.iter_mut().for_each(|offered| offered.compare(room));
        let green = proven!(self.green(check, &work.commit, &work.tree, look).await?);
        let strength = match &check.proof {
            ProofKind::RedGreen => Strength::RedGreen {
                tests,
                declared: !check.tests.is_empty(),
            },
            ProofKind::GreenOnly { reason } => Strength::GreenOnly {
                reason: reason.clone(),
            },
        };
        Ok(Ok(CheckProof {
            name: check.name.clone(),
            strength,
            red,
            green,
            gate: None,
        }))
    }

    /// Runs a check that has to pass on a commit.
    pub(crate) async fn green(
        &self,
        check: &Check,
        commit: &ObjectId,
        tree: &ObjectId,
        look: impl FnOnce(&Path),
    ) -> Answer<RunRecord> {
        let record = proven!(self.run(check, commit, tree, look).await?).0;
        Ok(match record.end.verdict() {
            RunVerdict::Green => Ok(record),
            RunVerdict::Red => Err(Unproven::CheckFailed {
                check: check.name.clone(),
                end: record.end,
                output: end_of(&record.output),
            }),
            RunVerdict::Environment => Err(environment(check, &record)),
        })
    }

    /// A commit of the base's files with those of the test as the work has them.
    fn base_with(
        &self,
        work: &Work,
        tests: &[String],
    ) -> Result<(ObjectId, ObjectId), CheckingError> {
        let scratch = adjutant_outbound::files::scratch_folder().map_err(CheckingError::Scratch)?;
        let overlaid: Vec<&Change> = work
            .changes
            .iter()
            .filter(|change| tests.contains(&change.path))
            .collect();
        let tree = self
            .git
            .overlay(&work.base_tree, &overlaid, scratch.path())?;
        let text = commit_text("The base with the test of the work\n", self.now);
        let commit = self
            .git
            .commit_tree(&tree, std::slice::from_ref(&work.base), &text)?;
        Ok((commit, tree))
    }

    /// Runs the check's program in a fresh work tree. `look` sees the work tree after the run.
    pub(crate) async fn run<T>(
        &self,
        check: &Check,
        commit: &ObjectId,
        tree: &ObjectId,
        look: impl FnOnce(&Path) -> T,
    ) -> Answer<(RunRecord, T)> {
        let room = CheckRoom::open(self.git, commit, tree)?;
        proven!(self.set_up(&room, commit, tree).await?);
        let files = room.changed_files()?;
        if !files.is_empty() {
            return Ok(Err(Unproven::Environment {
                check: check.name.to_string(),
                problem: format!("the set-up changes tracked files: {}", files.join(", ")),
                output: String::new(),
            }));
        }
        let argv = check.run.argv();
        let record = self
            .run_in(&room, argv, check.seconds_max, commit, tree)
            .await?;
        let files = room.changed_files()?;
        if !files.is_empty() {
            let check = check.name.clone();
            return Ok(Err(Unproven::TreeChanged { check, files }));
        }
        let seen = look(&room.work_tree());
        Ok(Ok((record, seen)))
    }

    async fn set_up(&self, room: &CheckRoom, commit: &ObjectId, tree: &ObjectId) -> Answer<()> {
        for argv in &self.settings.setup {
            let seconds = self.settings.setup_seconds_max;
            let record = self.run_in(room, argv, seconds, commit, tree).await?;
            if record.end.verdict() != RunVerdict::Green {
                return Ok(Err(Unproven::Environment {
                    check: format!("set-up {}", argv.join(" ")),
                    problem: told_end(record.end, seconds),
                    output: end_of(&record.output),
                }));
            }
        }
        Ok(Ok(()))
    }

    async fn run_in(
        &self,
        room: &CheckRoom,
        argv: &[String],
        seconds_max: u32,
        commit: &ObjectId,
        tree: &ObjectId,
    ) -> Result<RunRecord, CheckingError> {
        let environment = self.environment.clone();
        let invocation = Invocation {
            keeper: Keeper::ThisProgram,
            argv: argv.iter().map(Into::into).collect(),
            folder: room.work_tree(),
            environment: environment.with("TMPDIR", room.temporary()),
            time_max: Duration::from_secs(u64::from(seconds_max)),
            grace: Duration::ZERO,
        };
        let keep = KeepOutput {
            file: room.output_file(),
            bytes_max: OUTPUT_BYTES_MAX,
        };
        let ran = process::run(&invocation, &keep, pending()).await?;
        let kept = adjutant_outbound::files::read(&ran.output.file)?;
        let output = String::from_utf8_lossy(&kept.bytes).into_owned();
        Ok(RunRecord {
            argv: argv.to_vec(),
            commit: commit.clone(),
            tree: tree.clone(),
            end: run_end(ran.ended.end),
            lasted_ms: u64::try_from(ran.ended.lasted.as_millis()).unwrap_or(u64::MAX),
            output_digest: sha256::digest_of(output.as_bytes()),
            output,
            output_bytes: ran.output.written,
            survivors: ran.ended.survivors,
        })
    }
}

/// The text of a commit that Adjutant makes.
pub(crate) fn commit_text(message: &str, now: Timestamp) -> CommitText<'_> {
    CommitText {
        message,
        name: "Adjutant",
        email: "adjutant@localhost",
        unix_seconds: now.unix_millis() / 1_000,
    }
}

fn environment(check: &Check, record: &RunRecord) -> Unproven {
    Unproven::Environment {
        check: check.name.to_string(),
        problem: told_end(record.end, check.seconds_max),
        output: end_of(&record.output),
    }
}

pub(crate) fn told_end(end: RunEnd, seconds_max: u32) -> String {
    match end {
        RunEnd::Exited(126) => "a program in it cannot be started (exit code 126)".to_owned(),
        RunEnd::Exited(127) => "a program in it is not found (exit code 127)".to_owned(),
        RunEnd::Exited(code) => format!("it ended with exit code {code}"),
        RunEnd::Signaled(signal) => format!("it was ended by signal {signal}"),
        RunEnd::TimedOut => format!("it took longer than {seconds_max} s"),
        RunEnd::Cancelled => "it was cancelled".to_owned(),
        RunEnd::NotFound => "its program is not found".to_owned(),
        RunEnd::NotStarted(number) => {
            format!("its program cannot be started (error number {number})")
        }
    }
}

fn end_of(output: &str) -> String {
    let mut at = output.len().saturating_sub(SHOWN_BYTES_MAX);
    while !output.is_char_boundary(at) {
        at += 1;
    }
    output[at..].to_owned()
}

fn run_end(end: End) -> RunEnd {
    match end {
        End::Exited(code) => RunEnd::Exited(code),
        End::Signaled(signal) => RunEnd::Signaled(signal),
        End::TimedOut => RunEnd::TimedOut,
        End::Cancelled => RunEnd::Cancelled,
        End::NotFound => RunEnd::NotFound,
        End::NotStarted(number) => RunEnd::NotStarted(number),
    }
}
