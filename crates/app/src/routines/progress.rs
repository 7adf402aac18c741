//! What came of a day: the tasks, and a commit of the tracked files that tell of progress.

use std::collections::BTreeSet;

use adjutant_domain::{AgentName, ObjectId, TaskId, Timestamp};
use adjutant_outbound::git::Git;
use adjutant_store::Store;
use adjutant_work::Task;
use adjutant_work::calendar::Day;

use super::RoutineError;
use crate::Home;

/// What became of a commit of progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressCommit {
    /// It was made.
    Committed {
        /// The commit.
        commit: ObjectId,
        /// Its files.
        files: Vec<String>,
    },
    /// There is nothing to commit.
    Nothing {
        /// Files that are named in the settings and that git does not track.
        untracked: Vec<String>,
        /// Whether the settings name any file.
        is_configured: bool,
    },
}

/// Tasks that the agent claimed, or whose lease ended, today.
pub(super) async fn tasks_of_today(
    store: &Store,
    agent: &AgentName,
    now: Timestamp,
) -> Result<Vec<Task>, RoutineError> {
    let today = Day::of(now);
    let touched: BTreeSet<TaskId> = store
        .attempts_of(Some(agent))
        .await?
        .into_iter()
        .filter(|attempt| {
            Day::of(attempt.began_at) == today
                || attempt.ended_at.is_some_and(|end| Day::of(end) == today)
        })
        .map(|attempt| attempt.task)
        .collect();
    let mut tasks = Vec::new();
    for id in touched {
        tasks.extend(store.task(id).await?.map(|stored| stored.task));
    }
    Ok(tasks)
}

/// Commits the changes of these files, and of no others: what else is staged stays staged.
///
/// # Errors
/// When git refuses, such as without a name to commit under.
pub(super) fn commit_progress(
    home: &Home,
    files: &[String],
    (agent, tasks): (&AgentName, &[Task]),
    now: Timestamp,
) -> Result<ProgressCommit, RoutineError> {
    let git = Git::at(&home.top);
    let mut changed = Vec::new();
    let mut untracked = Vec::new();
    for file in files {
        let path = format!(":(top,literal){file}");
        let is_tracked = !git
            .run(&["ls-files", "-z", "--", path.as_str()])?
            .is_empty();
        if !is_tracked {
            untracked.push(file.clone());
        } else if !git
            .run(&["status", "--porcelain=v1", "-z", "--", path.as_str()])?
            .is_empty()
        {
            changed.push(file.clone());
        }
    }
    if changed.is_empty() {
        return Ok(ProgressCommit::Nothing {
            untracked,
            is_configured: !files.is_empty(),
        });
    }
    let message = message(agent, tasks, now);
    let mut arguments = vec![
        "commit".to_owned(),
        "--quiet".to_owned(),
        "--only".to_owned(),
        "--no-gpg-sign".to_owned(),
        format!("--message={message}"),
        "--".to_owned(),
    ];
    arguments.extend(changed.iter().map(|file| format!(":(top,literal){file}")));
    git.run(&arguments)?;
    let commit = git.line(&["rev-parse", "HEAD"])?;
    let commit =
        commit
            .parse()
            .map_err(|_not_an_id| adjutant_outbound::git::GitError::Unreadable {
                command: "rev-parse HEAD".to_owned(),
                answer: commit,
            })?;
    Ok(ProgressCommit::Committed {
        commit,
        files: changed,
    })
}

/// A stored record of the day, not an answer to a person.
fn message(agent: &AgentName, tasks: &[Task], now: Timestamp) -> String {
    let mut message = format!("Note the progress of {agent} on {}\n", Day::of(now));
    for task in tasks {
        let title: Vec<&str> = task.intake.title.split_whitespace().collect();
        message.push_str(&format!(
            "\n- {} {}: {}",
            task.id,
            task.state.name(),
            title.join(" ")
        ));
    }
    message
}
