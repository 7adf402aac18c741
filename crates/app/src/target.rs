//! The branch that work is merged into, and the settings that hold there. What an agent changes in
//! its own work tree decides nothing about how its work is checked.

use adjutant_domain::ObjectId;
use adjutant_outbound::check_room;
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::git::{Git, GitError, Head};
use adjutant_work::{VerificationSettings, read_verification};

use crate::checking::CheckingError;
use crate::{Home, SETTINGS_FILE};

/// The names that a target branch has when the settings name none.
const TARGETS: [&str; 2] = ["main", "master"];

/// Where work goes.
#[derive(Debug, Clone)]
pub(crate) struct TargetBranch {
    /// Its short name.
    pub(crate) name: String,
    /// Its commit now; `None` when there is no such branch.
    pub(crate) head: Option<ObjectId>,
    /// How work is verified there.
    pub(crate) settings: VerificationSettings,
    /// The text that says so.
    pub(crate) text: String,
}

impl TargetBranch {
    pub(crate) fn full_name(&self) -> String {
        full_name(&self.name)
    }
}

/// The repository of the home: its main work tree.
pub(crate) fn repository(home: &Home) -> Result<Git, GitError> {
    let here = Git::at(&home.top);
    let trees = check_room::work_trees(&here)?;
    let main = trees.into_iter().next();
    Ok(main.map_or(here, |main| Git::at(main.path)))
}

/// Finds the target branch, and how work is verified there.
pub(crate) fn find(git: &Git) -> Result<TargetBranch, CheckingError> {
    let HouseSettings { branch, head, text } = house_settings::<CheckingError>(git)?;
    let settings = read_verification(&text)?;
    let (name, head) = match &settings.target {
        Some(name) => (name.clone(), git.rev_parse(&full_name(name), "commit")?),
        None => (branch, head),
    };
    Ok(TargetBranch {
        name,
        head,
        settings,
        text,
    })
}

/// The settings that hold for everybody, whatever lies in an agent's own work tree.
pub(crate) struct HouseSettings {
    /// The default branch.
    branch: String,
    /// Its commit; `None` when there is no such branch.
    head: Option<ObjectId>,
    /// The text; empty where there is none.
    pub(crate) text: String,
}

/// Reads the settings that the default branch has committed; where that branch does not hold the
/// file, the one that lies in the main work tree.
pub(crate) fn house_settings<E: From<GitError> + From<FileError>>(
    git: &Git,
) -> Result<HouseSettings, E> {
    let branch = usual_branch(git)?;
    let head = git.rev_parse(&full_name(&branch), "commit")?;
    let committed = match &head {
        Some(head) => git.file_of(head, SETTINGS_FILE)?,
        None => None,
    };
    let lying = git.folder().join(SETTINGS_FILE);
    let bytes = match committed {
        Some(bytes) => bytes,
        None if lying.is_file() => files::read(&lying)?.bytes,
        None => vec![],
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(HouseSettings { branch, head, text })
}

fn usual_branch(git: &Git) -> Result<String, GitError> {
    for name in TARGETS {
        if git.rev_parse(&full_name(name), "commit")?.is_some() {
            return Ok(name.to_owned());
        }
    }
    let checked_out = check_room::work_trees(git)?
        .into_iter()
        .next()
        .map(|main| main.head);
    Ok(match checked_out {
        Some(Head::Branch { branch, .. } | Head::Unborn { branch }) => {
            branch.trim_start_matches("refs/heads/").to_owned()
        }
        Some(Head::Detached { .. } | Head::Bare | Head::Unfinished) | None => TARGETS[0].to_owned(),
    })
}

fn full_name(branch: &str) -> String {
    format!("refs/heads/{branch}")
}
