//! Whether the checks of open tasks can start at all: a failing environment shows here, before an
//! agent's work is judged.

use adjutant_domain::Timestamp;
use adjutant_outbound::git::Git;
use adjutant_outbound::process::Environment;
use adjutant_outbound::repository;
use adjutant_store::{Store, TaskFilter};
use adjutant_work::{Check, RunVerdict, StateName, Unproven};

use crate::checking::{Checker, CheckingError};
use crate::completing::tree_of;
use crate::doctor::chain;
use crate::target::{self, TargetBranch};
use crate::{Condition, Finding, Home};

/// How closely is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Whether the programs are there.
    Programs,
    /// Each check is run on the target branch, after the set-up, in a fresh work tree.
    Runs,
}

/// The most tasks whose checks are looked at.
const TASKS_MAX: u32 = 100;

/// Looks at git, and at the checks of the tasks that are open or held. Every check once.
///
/// # Errors
/// When the store, git, or a program's keeper fails.
pub async fn examine_checks(
    home: &Home,
    environment: &Environment,
    depth: Depth,
    now: Timestamp,
) -> Result<Vec<Finding>, CheckingError> {
    let mut findings = vec![examine_git(home)];
    if findings[0].condition != Condition::Good || !Store::exists(&home.state) {
        return Ok(findings);
    }
    let store = Store::open(&home.state, now).await?;
    let git = target::repository(home)?;
    let target = target::find(&git)?;
    let checker = Checker {
        store: &store,
        git: &git,
        environment,
        settings: &target.settings,
        settings_text: &target.text,
        now,
    };
    let checks = open_checks(&store).await?;
    let mut seen = Vec::new();
    for check in &checks {
        let problem = match depth {
            Depth::Programs => missing_program(&git, &target, check, environment)?,
            Depth::Runs => cannot_run(&checker, &target, check).await?,
        };
        if let Some(problem) = problem {
            seen.push(format!("{}: {problem}", check.name));
        }
    }
    findings.push(match (checks.len(), seen.is_empty(), depth) {
        (0, _, _) => Finding::new("checks", Condition::Absent, "no open task has a check"),
        (_, false, _) => Finding::new("checks", Condition::Bad, seen.join("; ")),
        (count, true, Depth::Programs) => {
            let seen = format!("{count} checks, every program is found");
            Finding::new("checks", Condition::Good, seen)
        }
        (count, true, Depth::Runs) => {
            let seen = format!("{count} checks, every one runs on {}", target.name);
            Finding::new("checks", Condition::Good, seen)
        }
    });
    Ok(findings)
}

fn examine_git(home: &Home) -> Finding {
    let git = Git::at(&home.top);
    if let Ok(None) = repository::discover(&home.folder) {
        let seen = "no repository here; tasks with checks need one";
        return Finding::new("git", Condition::Absent, seen);
    }
    match git.check_version().and_then(|()| git.git_dir()) {
        Ok(_folder) => Finding::new("git", Condition::Good, "new enough, and in a repository"),
        Err(error) => Finding::new("git", Condition::Bad, chain(&error)),
    }
}

async fn open_checks(store: &Store) -> Result<Vec<Check>, CheckingError> {
    let mut checks: Vec<Check> = Vec::new();
    for state in [StateName::Open, StateName::Leased, StateName::Proven] {
        let filter = TaskFilter {
            state: Some(state),
            limit: TASKS_MAX,
            ..TaskFilter::default()
        };
        for task in store.list_tasks(&filter).await?.tasks {
            for check in task.intake.checks {
                if checks.iter().all(|other| other.run != check.run) {
                    checks.push(check);
                }
            }
        }
    }
    Ok(checks)
}

/// What is wrong with the program of a check, as far as can be seen without running it.
fn missing_program(
    git: &Git,
    target: &TargetBranch,
    check: &Check,
    environment: &Environment,
) -> Result<Option<String>, CheckingError> {
    let Some(program) = check.run.argv().first() else {
        return Ok(Some("it names no program".to_owned()));
    };
    if !program.contains('/') {
        let found = environment.find_program(program);
        return Ok(found.is_none().then(|| format!("{program} is not found")));
    }
    if program.starts_with('/') {
        let there = std::path::Path::new(program).is_file();
        return Ok((!there).then(|| format!("{program} is not found")));
    }
    let path = program.strip_prefix("./").unwrap_or(program);
    let there = match &target.head {
        Some(head) => git.file_of(head, path)?.is_some(),
        None => false,
    };
    let name = &target.name;
    Ok((!there).then(|| format!("{name} does not hold {path}; the work has to bring it")))
}

/// Why a check cannot do its work on the target branch. That it fails there is no fault.
async fn cannot_run(
    checker: &Checker<'_>,
    target: &TargetBranch,
    check: &Check,
) -> Result<Option<String>, CheckingError> {
    let Some(head) = &target.head else {
        return Ok(Some(format!("there is no branch {}", target.name)));
    };
    let tree = tree_of(checker.git, head)?;
    Ok(match checker.run(check, head, &tree, |_| ()).await? {
        Ok((record, ())) => match record.end.verdict() {
            RunVerdict::Green | RunVerdict::Red => None,
            RunVerdict::Environment => {
                let end = crate::checking::told_end(record.end, check.seconds_max);
                Some(end)
            }
        },
        Err(Unproven::Environment { check, problem, .. }) => Some(format!("{check}: {problem}")),
        Err(reason) => Some(format!("it is refused as {}", reason.name())),
    })
}
