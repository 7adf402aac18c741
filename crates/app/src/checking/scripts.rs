//! Checks that run a script of `package.json`: who edits the scripts edits the check.

use adjutant_domain::ObjectId;
use adjutant_outbound::git::{Git, GitError};
use serde_json::Value;

use super::Work;

/// The changed `package.json` files whose scripts differ between base and work. What else they
/// say, such as the packages they need, is the work's to change.
pub(super) fn edited_scripts(git: &Git, work: &Work) -> Result<Vec<String>, GitError> {
    let mut edited = Vec::new();
    for change in &work.changes {
        let name = change.path.rsplit('/').next().unwrap_or_default();
        if name == "package.json"
            && change.before.is_some()
            && scripts(git, &work.base, &change.path)? != scripts(git, &work.commit, &change.path)?
        {
            edited.push(change.path.clone());
        }
    }
    Ok(edited)
}

/// What the file says about scripts; nothing where it is not JSON.
fn scripts(git: &Git, commit: &ObjectId, path: &str) -> Result<Option<Value>, GitError> {
    let bytes = git.file_of(commit, path)?.unwrap_or_default();
    let package: Option<Value> = serde_json::from_slice(&bytes).ok();
    Ok(package.and_then(|package| package.get("scripts").cloned()))
}
