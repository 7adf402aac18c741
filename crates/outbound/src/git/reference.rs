//! Commits that are made without a work tree, and refs that move only from where they were seen.

use adjutant_domain::ObjectId;

use super::{Git, GitError, ObjectFolder, object_id};

/// What a commit that Adjutant makes says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitText<'a> {
    /// The message.
    pub message: &'a str,
    /// The name of its author and committer.
    pub name: &'a str,
    /// Their mail address.
    pub email: &'a str,
    /// When, in seconds since 1970.
    pub unix_seconds: i64,
}

/// What became of a ref that was to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefUpdate {
    /// It points to the new commit.
    Moved,
    /// It no longer pointed where the caller saw it, and was left alone.
    WasElsewhere,
}

impl Git {
    /// Makes a commit of a tree. The same arguments make the same commit.
    ///
    /// # Errors
    /// When the tree or a parent is not there.
    pub fn commit_tree(
        &self,
        tree: &ObjectId,
        parents: &[ObjectId],
        text: &CommitText<'_>,
    ) -> Result<ObjectId, GitError> {
        self.commit_tree_in(tree, parents, text, None)
    }

    /// The same with the commit in `objects`, from where the tree may come too.
    ///
    /// # Errors
    /// When the tree or a parent is not there.
    pub fn commit_tree_in(
        &self,
        tree: &ObjectId,
        parents: &[ObjectId],
        text: &CommitText<'_>,
        objects: Option<&ObjectFolder>,
    ) -> Result<ObjectId, GitError> {
        let mut arguments = vec!["commit-tree", "--no-gpg-sign", "-F", "-"];
        for parent in parents {
            arguments.extend(["-p", parent.as_str()]);
        }
        arguments.push(tree.as_str());
        let mut command = self.command(&arguments);
        if let Some(objects) = objects {
            objects.apply(&mut command);
        }
        let date = format!("@{} +0000", text.unix_seconds);
        for person in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{person}_NAME"), text.name)
                .env(format!("GIT_{person}_EMAIL"), text.email)
                .env(format!("GIT_{person}_DATE"), &date);
        }
        let mut message = text.message.trim_end().to_owned();
        message.push('\n');
        let answer = self.finish(command, message.as_bytes())?;
        object_id("commit-tree", answer.trim_ascii_end())
    }

    /// Moves a ref (its full name, `refs/…`) from `old` to `new` in one step; `old` is `None` for a
    /// ref that must not exist yet.
    ///
    /// # Errors
    /// When the name is not a ref's, or git cannot write it.
    pub fn update_ref(
        &self,
        name: &str,
        new: &ObjectId,
        old: Option<&ObjectId>,
    ) -> Result<RefUpdate, GitError> {
        full_name(name)?;
        let zero = "0".repeat(new.as_str().len());
        let old = old.map_or(zero.as_str(), ObjectId::as_str);
        let moving = self.run(&[
            "update-ref",
            "--no-deref",
            "--create-reflog",
            "-m",
            "adjutant",
            "--end-of-options",
            name,
            new.as_str(),
            old,
        ]);
        match moving {
            Ok(_) => Ok(RefUpdate::Moved),
            Err(error) => {
                let now = self.rev_parse(name, "commit")?;
                let expected = (!old.starts_with(&zero)).then_some(old);
                if now.as_ref().map(ObjectId::as_str) == expected {
                    Err(error)
                } else {
                    Ok(RefUpdate::WasElsewhere)
                }
            }
        }
    }

    /// Deletes a ref, if it still points to `old`.
    ///
    /// # Errors
    /// When it points elsewhere, or git cannot write it.
    pub fn delete_ref(&self, name: &str, old: &ObjectId) -> Result<(), GitError> {
        full_name(name)?;
        self.run(&["update-ref", "-d", "--end-of-options", name, old.as_str()])
            .map(|_nothing| ())
    }
}

fn full_name(name: &str) -> Result<(), GitError> {
    if name.starts_with("refs/") {
        Ok(())
    } else {
        Err(GitError::NotARef(name.to_owned()))
    }
}
