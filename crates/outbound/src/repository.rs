//! Where the repository is: the top of its work tree, and the folder that all linked work trees
//! share. It reads `.git` itself, because starting the `git` program would cost more than all the
//! rest of a small command. It does not read history.

use std::path::{Path, PathBuf};

/// A pointer file such as `.git` or `commondir` holds one path; more than this is not one.
const POINTER_BYTES_MAX: u64 = 64 * 1_024;

/// Where a repository lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The top of the work tree; the repository itself when it is bare.
    pub top: PathBuf,
    /// What `git rev-parse --git-dir` answers: a folder of this work tree's own.
    pub git_dir: PathBuf,
    /// What `git rev-parse --git-common-dir` answers: one folder for all linked work trees.
    pub common_dir: PathBuf,
}

/// A `.git` file that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The file could not be read.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a pointer to a repository.
    #[error("{}: this is not a pointer to a git repository", .0.display())]
    NotAPointer(PathBuf),
}

/// The repository that `start` (an absolute path) lies in, if any.
///
/// # Errors
/// When a `.git` file is found that cannot be followed.
pub fn discover(start: &Path) -> Result<Option<Repository>, RepositoryError> {
    for folder in start.ancestors() {
        let dot_git = folder.join(".git");
        if is_repository(&dot_git) {
            let common_dir = common_dir_of(&dot_git)?;
            return Ok(Some(Repository {
                top: folder.to_owned(),
                git_dir: dot_git,
                common_dir,
            }));
        }
        if dot_git.is_file() {
            let git_dir = follow(&dot_git, folder, "gitdir:")?;
            return Ok(Some(Repository {
                top: folder.to_owned(),
                common_dir: common_dir_of(&git_dir)?,
                git_dir,
            }));
        }
        if is_repository(folder) {
            return Ok(Some(Repository {
                top: folder.to_owned(),
                git_dir: folder.to_owned(),
                common_dir: common_dir_of(folder)?,
            }));
        }
    }
    Ok(None)
}

/// The nearest file called `name` in `start` or above it, but not above `top`.
pub fn find_upwards(start: &Path, top: Option<&Path>, name: &str) -> Option<PathBuf> {
    for folder in start.ancestors() {
        let path = folder.join(name);
        if path.is_file() {
            return Some(path);
        }
        if Some(folder) == top {
            return None;
        }
    }
    None
}

/// Git's own test: a repository has `HEAD`, `objects` and `refs` (a linked work tree's folder has
/// `commondir` in place of the last two).
fn is_repository(folder: &Path) -> bool {
    folder.join("HEAD").is_file()
        && (folder.join("commondir").is_file()
            || (folder.join("objects").is_dir() && folder.join("refs").is_dir()))
}

fn common_dir_of(git_dir: &Path) -> Result<PathBuf, RepositoryError> {
    let pointer = git_dir.join("commondir");
    let common_dir = if pointer.is_file() {
        follow(&pointer, git_dir, "")?
    } else {
        git_dir.to_owned()
    };
    std::fs::canonicalize(&common_dir).map_err(|source| RepositoryError::Unreadable {
        path: common_dir,
        source,
    })
}

/// The path that a pointer file holds, relative to `base`.
fn follow(pointer: &Path, base: &Path, prefix: &str) -> Result<PathBuf, RepositoryError> {
    let unreadable = |source| RepositoryError::Unreadable {
        path: pointer.to_owned(),
        source,
    };
    if std::fs::metadata(pointer).map_err(unreadable)?.len() > POINTER_BYTES_MAX {
        return Err(RepositoryError::NotAPointer(pointer.to_owned()));
    }
    let text = std::fs::read_to_string(pointer).map_err(unreadable)?;
    match text.trim_end_matches(['\n', '\r']).strip_prefix(prefix) {
        Some(path) if !path.trim_start().is_empty() => Ok(base.join(path.trim_start())),
        Some(_) | None => Err(RepositoryError::NotAPointer(pointer.to_owned())),
    }
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "the git program is the oracle of these tests"
)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(folder)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", folder)
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn check(folder: &Path) {
        let said = git(
            folder,
            &["rev-parse", "--path-format=absolute", "--git-common-dir"],
        );
        let found = discover(folder).unwrap().unwrap();
        let said = std::fs::canonicalize(said).unwrap();
        assert_eq!(found.common_dir, said, "{}", folder.display());
        let own = git(folder, &["rev-parse", "--absolute-git-dir"]);
        let own = std::fs::canonicalize(own).unwrap();
        let found_own = std::fs::canonicalize(&found.git_dir).unwrap();
        assert_eq!(found_own, own, "{}", folder.display());
        if git(folder, &["rev-parse", "--is-bare-repository"]) == "false" {
            let top = git(folder, &["rev-parse", "--show-toplevel"]);
            assert_eq!(found.top, Path::new(&top), "{}", folder.display());
        }
    }

    #[test]
    fn every_kind_of_repository_is_found_where_git_finds_it() {
        let root = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(root.path()).unwrap();
        let main = root.join("main");
        std::fs::create_dir_all(main.join("deep/er")).unwrap();
        git(&root, &["init", "-q", "main"]);
        git(&main, &["commit", "-q", "--allow-empty", "-m", "one"]);
        git(&main, &["worktree", "add", "-q", "../linked"]);
        git(&root, &["init", "-q", "--bare", "bare.git"]);
        git(&root, &["clone", "-q", "main", "other"]);
        git(&main, &["submodule", "add", "-q", "../other", "vendored"]);
        for folder in [
            "main",
            "main/deep/er",
            "linked",
            "bare.git",
            "main/vendored",
        ] {
            check(&root.join(folder));
        }
    }

    #[test]
    fn a_folder_outside_any_repository_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(discover(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_git_file_that_leads_nowhere_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".git"), "hello\n").unwrap();
        assert!(matches!(
            discover(folder.path()),
            Err(RepositoryError::NotAPointer(_))
        ));
    }

    #[test]
    fn the_search_for_a_file_stops_at_the_top_of_the_work_tree() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("repository/inner");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(root.path().join("adjutant.toml"), "").unwrap();
        let top = root.path().join("repository");
        assert_eq!(find_upwards(&inner, Some(&top), "adjutant.toml"), None);
        assert_eq!(
            find_upwards(&inner, None, "adjutant.toml"),
            Some(root.path().join("adjutant.toml"))
        );
    }
}
