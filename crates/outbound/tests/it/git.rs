//! The git program as outbound runs it, on real repositories.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use adjutant_domain::ObjectId;
use adjutant_outbound::git::{
    CommitText, Git, GitError, Head, ObjectFolder, RefUpdate, Snapshot, TreeMerge,
};

/// A repository with one commit, in a folder that is gone when the test ends.
pub(crate) struct Repository {
    _root: tempfile::TempDir,
    root: PathBuf,
    pub(crate) git: Git,
}

impl Repository {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = std::fs::canonicalize(root.path()).unwrap();
        run(&folder, &["init", "-q", "-b", "main", "main"]);
        let main = folder.join("main");
        run(&main, &["config", "user.name", "Test"]);
        run(&main, &["config", "user.email", "test@example.org"]);
        write(&main, files);
        run(&main, &["add", "--all"]);
        run(&main, &["commit", "-q", "--allow-empty", "-m", "begin"]);
        Self {
            _root: root,
            root: folder,
            git: Git::at(main),
        }
    }

    pub(crate) fn add_work_tree(&self, name: &str) -> PathBuf {
        let path = self.root.join(name);
        let at = format!("../{name}");
        run(
            self.git.folder(),
            &["worktree", "add", "-q", "-b", name, &at],
        );
        path
    }

    pub(crate) fn tree(&self, revision: &str) -> ObjectId {
        self.git.rev_parse(revision, "tree").unwrap().unwrap()
    }

    fn head(&self) -> ObjectId {
        self.git.rev_parse("HEAD", "commit").unwrap().unwrap()
    }

    pub(crate) fn scratch(&self, name: &str) -> (PathBuf, ObjectFolder) {
        let scratch = self.root.join(name);
        std::fs::create_dir_all(scratch.join("objects")).unwrap();
        let common_dir = self.git.folder().join(".git");
        let objects = ObjectFolder::new(&scratch.join("objects"), &common_dir).unwrap();
        (scratch, objects)
    }
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) {
    Git::at(folder).run(arguments).unwrap();
}

pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn snapshot(work_tree: &Path, scratch: &Path, objects: &ObjectFolder) -> ObjectId {
    let objects = Some(objects);
    Git::at(work_tree)
        .snapshot(Snapshot { scratch, objects })
        .unwrap()
}

/// What is below a folder: bytes, and the times of change in seconds and nanoseconds.
type Below = BTreeMap<PathBuf, (Vec<u8>, [i64; 4])>;

/// Every file and folder below `folder`, with its bytes and both of its times. Of an object file
/// only the bytes: git renews its age when it meets the object again, so that pruning spares it.
fn everything_below(folder: &Path) -> Below {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            let bytes = if metadata.is_dir() {
                folders.push(path.clone());
                vec![]
            } else {
                std::fs::read(&path).unwrap()
            };
            let is_object = path.components().any(|part| part.as_os_str() == "objects");
            let times = [
                metadata.mtime(),
                metadata.mtime_nsec(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ];
            let times = if is_object && metadata.is_file() {
                [0; 4]
            } else {
                times
            };
            found.insert(path, (bytes, times));
        }
    }
    found
}

#[test]
fn every_kind_of_work_tree_is_told_for_what_it_is() {
    let repository = Repository::new(&[("a", "1\n")]);
    let git = &repository.git;
    let linked = repository.add_work_tree("linked");
    let gone = repository.add_work_tree("gone");
    std::fs::remove_dir_all(&gone).unwrap();
    let detached = repository.root.join("detached with\nbreak");
    git.add_detached(&detached, &repository.head()).unwrap();
    let orphan = repository.root.join("orphan");
    run(
        git.folder(),
        &[
            "worktree",
            "add",
            "-q",
            "--orphan",
            "-b",
            "orphan",
            "../orphan",
        ],
    );

    let listed = git.work_trees().unwrap();

    let of = |path: &Path| listed.iter().find(|tree| tree.path == path).unwrap();
    let on = |branch: &str| Head::Branch {
        branch: format!("refs/heads/{branch}"),
        commit: repository.head(),
    };
    assert_eq!(listed.len(), 5);
    assert_eq!(listed[0].path, git.folder());
    assert_eq!(of(&linked).head, on("linked"));
    assert_eq!(of(&linked).prunable, None);
    assert!(of(&gone).prunable.is_some());
    let commit = repository.head();
    assert_eq!(of(&detached).head, Head::Detached { commit });
    assert!(of(&detached).locked.is_some());
    let branch = "refs/heads/orphan".to_owned();
    assert_eq!(of(&orphan).head, Head::Unborn { branch });

    let pointer = std::fs::read_to_string(detached.join(".git")).unwrap();
    let git_dir = pointer
        .strip_prefix("gitdir: ")
        .unwrap()
        .trim_end_matches('\n');
    std::fs::write(
        Path::new(git_dir).join("HEAD"),
        format!("{}\n", "0".repeat(40)),
    )
    .unwrap();
    let listed = git.work_trees().unwrap();
    let killed = listed.iter().find(|tree| tree.path == detached).unwrap();
    assert_eq!(killed.head, Head::Unfinished);

    git.remove_work_tree(&detached).unwrap();
    assert!(!detached.exists());
    assert_eq!(git.work_trees().unwrap().len(), 4);

    run(&repository.root, &["init", "-q", "--bare", "bare.git"]);
    let bare = Git::at(repository.root.join("bare.git"));
    assert_eq!(bare.work_trees().unwrap()[0].head, Head::Bare);
}

#[test]
fn a_snapshot_holds_uncommitted_and_untracked_work_and_touches_nothing() {
    let repository = Repository::new(&[
        ("changed", "1\n"),
        ("staged", "1\n"),
        ("deleted", "1\n"),
        ("kept", "1\n"),
        (".gitignore", "*.log\n"),
    ]);
    let linked = repository.add_work_tree("linked");
    write(&linked, &[("changed", "2\n"), ("staged", "2\n")]);
    run(&linked, &["add", "staged"]);
    write(
        &linked,
        &[("staged", "3\n"), ("new/file", "1\n"), ("x.log", "")],
    );
    std::fs::remove_file(linked.join("deleted")).unwrap();
    let (scratch, objects) = repository.scratch("scratch");
    let folders = [repository.git.folder(), &linked];
    let before = folders.map(everything_below);

    let tree = snapshot(&linked, &scratch, &objects);

    for (after, before) in folders.map(everything_below).iter().zip(&before) {
        let names = |found: &Below| found.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(after), names(before));
        for (path, content) in before {
            assert_eq!(&after[path], content, "{}", path.display());
        }
    }
    let base = repository.tree("HEAD");
    let changes = repository
        .git
        .changes(&base, &tree, Some(&objects))
        .unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                change.path.as_str(),
                change.before.is_some(),
                change.after.is_some(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("changed", true, true),
            ("deleted", true, false),
            ("new/file", false, true),
            ("staged", true, true),
        ]
    );
    let staged = changes[3].after.as_ref().unwrap();
    let content = repository.git.blob(&staged.id, Some(&objects)).unwrap();
    assert_eq!(content, b"3\n");
    assert!(
        repository.git.blob(&staged.id, None).is_err(),
        "the repository must not hold it"
    );
}

/// A copy of the index that looks younger than the original would hide this change: the file has
/// the size and the time that the index remembers.
#[test]
fn a_change_in_the_same_instant_as_the_index_is_not_missed() {
    let repository = Repository::new(&[("a", "1\n")]);
    let folder = repository.git.folder();
    let file = std::fs::File::options()
        .write(true)
        .open(folder.join("a"))
        .unwrap();
    let instant = file.metadata().unwrap().modified().unwrap();
    write(folder, &[("a", "2\n")]);
    // Both the file and the index carry one time, as after quick work on a coarse clock.
    run(folder, &["-c", "core.trustctime=false", "add", "a"]);
    run(folder, &["config", "core.trustctime", "false"]);
    run(folder, &["config", "core.checkStat", "minimal"]);
    file.set_modified(instant).unwrap();
    run(folder, &["add", "a"]);
    write(folder, &[("a", "3\n")]);
    file.set_modified(instant).unwrap();
    let index = std::fs::File::options()
        .write(true)
        .open(folder.join(".git/index"))
        .unwrap();
    index.set_modified(instant).unwrap();
    let (scratch, objects) = repository.scratch("scratch");

    let tree = snapshot(folder, &scratch, &objects);

    let staged = repository.git.line(&["write-tree"]).unwrap();
    assert_ne!(tree.as_str(), staged, "the change was missed");
}

#[test]
fn an_unfinished_merge_is_no_snapshot() {
    let repository = Repository::new(&[("a", "1\n")]);
    let linked = repository.add_work_tree("linked");
    write(&linked, &[("a", "2\n")]);
    run(&linked, &["commit", "-q", "-a", "-m", "two"]);
    write(repository.git.folder(), &[("a", "3\n")]);
    run(
        repository.git.folder(),
        &["commit", "-q", "-a", "-m", "three"],
    );
    repository.git.run(&["merge", "linked"]).unwrap_err();
    let (scratch, objects) = repository.scratch("scratch");
    let objects = Some(&objects);
    let scratch = scratch.as_path();
    let error = repository.git.snapshot(Snapshot { scratch, objects });
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("merge is not finished")
    );
}

#[test]
fn trees_are_merged_without_a_work_tree_and_conflicts_are_named() {
    let repository = Repository::new(&[("a", "1\n2\n3\n"), ("b", "1\n")]);
    let (scratch, objects) = repository.scratch("scratch");
    let snapshot_with = |files: &[(&str, &str)]| {
        write(repository.git.folder(), files);
        snapshot(repository.git.folder(), &scratch, &objects)
    };
    let base = repository.tree("HEAD");
    let ours = snapshot_with(&[("a", "1\nours\n3\n")]);
    let theirs = snapshot_with(&[("a", "1\ntheirs\n3\n")]);
    let apart = snapshot_with(&[("a", "1\n2\n3\n"), ("b", "2\n")]);
    let merge = |theirs: &ObjectId| TreeMerge {
        base: Some(base.clone()),
        ours: ours.clone(),
        theirs: theirs.clone(),
    };

    let merged = repository
        .git
        .merge_trees(
            &[merge(&theirs), merge(&apart), merge(&theirs)],
            Some(&objects),
        )
        .unwrap();

    assert_eq!(merged[0], merged[2]);
    assert!(merged[1].clean && merged[1].entries.is_empty());
    let conflict = &merged[0];
    assert!(!conflict.clean);
    let stages: Vec<_> = conflict.entries.iter().map(|entry| entry.stage).collect();
    assert_eq!(stages, [1, 2, 3]);
    assert!(conflict.entries.iter().all(|entry| entry.path == "a"));
    let told = conflict.messages.last().unwrap();
    assert_eq!(told.kind, "CONFLICT (contents)");
    assert_eq!(told.paths, ["a"]);
    let wanted = [conflict.entries[1].id.clone(), base];
    let blobs = repository.git.blobs(&wanted, Some(&objects)).unwrap();
    assert_eq!(blobs[0].as_deref(), Some(b"1\nours\n3\n".as_slice()));
}

#[test]
fn a_ref_moves_only_from_where_it_was_seen() {
    let repository = Repository::new(&[]);
    let git = &repository.git;
    let first = repository.head();
    let text = CommitText {
        message: "two",
        name: "Adjutant",
        email: "adjutant@example.org",
        unix_seconds: 1,
    };
    let tree = repository.tree("HEAD");
    let second = git
        .commit_tree(&tree, std::slice::from_ref(&first), &text)
        .unwrap();
    let again = git.commit_tree(&tree, std::slice::from_ref(&first), &text);
    assert_eq!(second, again.unwrap());

    let name = "refs/heads/target";
    assert_eq!(
        git.update_ref(name, &first, None).unwrap(),
        RefUpdate::Moved
    );
    let moved = git.update_ref(name, &second, None).unwrap();
    assert_eq!(moved, RefUpdate::WasElsewhere);
    let moved = git.update_ref(name, &second, Some(&first)).unwrap();
    assert_eq!(moved, RefUpdate::Moved);
    let moved = git.update_ref(name, &second, Some(&first)).unwrap();
    assert_eq!(moved, RefUpdate::WasElsewhere);
    assert!(git.is_ancestor(&first, &second).unwrap());
    assert!(!git.is_ancestor(&second, &first).unwrap());
    assert_eq!(git.merge_bases(&first, &second).unwrap(), [first]);
    assert!(git.update_ref("refs/heads/a..b", &second, None).is_err());
    git.delete_ref(name, &second).unwrap();
    assert_eq!(git.rev_parse(name, "commit").unwrap(), None);
}

#[test]
fn nothing_a_user_names_is_read_as_an_option() {
    let repository = Repository::new(&[]);
    let git = &repository.git;
    for revision in ["--help", "-h", "--git-dir", "--all"] {
        assert_eq!(
            git.rev_parse(revision, "commit").unwrap(),
            None,
            "{revision}"
        );
    }
    let relative = git.add_detached(Path::new("--lock"), &repository.head());
    assert!(matches!(relative, Err(GitError::RelativePath(_))));
    let error = git
        .update_ref("--stdin", &repository.head(), None)
        .unwrap_err();
    assert!(error.to_string().contains("--stdin"), "{error}");
}

#[test]
fn hooks_do_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let repository = Repository::new(&[]);
    let hooks = repository.git.folder().join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    for name in ["post-checkout", "reference-transaction"] {
        let hook = hooks.join(name);
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = repository.root.join("detached");
    repository
        .git
        .add_detached(&path, &repository.head())
        .unwrap();
}

#[test]
fn an_error_carries_the_words_of_git() {
    let folder = tempfile::tempdir().unwrap();
    let error = Git::at(folder.path()).work_trees().unwrap_err().to_string();
    assert!(error.contains("not a git repository"), "{error}");
    assert!(Git::at(folder.path()).check_version().is_ok());
    let nowhere = Git::at(folder.path().join("none")).work_trees();
    assert!(matches!(nowhere, Err(GitError::NotStarted { .. })));
}
