//! Conflicts before they hurt: the real program over real work trees whose edits nobody committed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// No look takes this long; without a limit a watch that says nothing would hold up the tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A repository with work trees inside it, one for each branch.
struct Scene {
    workspace: Workspace,
}

impl Scene {
    /// `shared.txt` has the lines 1 to 30.
    fn new(branches: &[&str]) -> Self {
        let workspace = Workspace::repository();
        workspace.write("shared.txt", numbered(&[]));
        workspace.write("src/deep/a.txt", "a\n");
        workspace.write("docs/guide.md", "guide\n");
        workspace.git(&["add", "-A"]);
        workspace.git(&["commit", "-q", "-m", "Files"]);
        let scene = Self { workspace };
        for branch in branches {
            scene.git(&["worktree", "add", "-q", "-b", branch, branch]);
        }
        scene
    }

    fn path(&self) -> &Path {
        self.workspace.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.workspace.git(arguments)
    }

    fn git_in(&self, folder: &str, arguments: &[&str]) -> String {
        self.git(&[&["-C", folder], arguments].concat())
    }

    fn command(&self, folder: &str, arguments: &[&str]) -> Command {
        program::command(PROGRAM, &self.path().join(folder), arguments)
    }

    fn run(&self, folder: &str, arguments: &[&str]) -> Output {
        self.command(folder, arguments).output().unwrap()
    }

    fn done(&self, folder: &str, arguments: &[&str]) {
        let output = self.run(folder, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }

    /// Files a task.
    fn file(&self, more: &[&str]) {
        let add = [
            "task",
            "add",
            "Mend it",
            "--kind",
            "fix",
            "--goal",
            "It works.",
        ];
        let context = ["--context", "It does not.", "--success", "It works."];
        let rest = ["--deliverable", "a commit", "--non-goal", "speed"];
        let proof = ["--risk", "none => none", "--test-hook", "cargo test"];
        let size = ["--timebox", "S"];
        let intake = [&add[..], &context, &rest, &proof, &size, more].concat();
        self.done("", &intake);
    }

    /// A task for `agent`, who claims it in the work tree `folder`.
    fn held(&self, folder: &str, agent: &str, more: &[&str]) {
        self.file(more);
        let claim = ["task", "claim", "--next", "--agent", agent, "--advisory"];
        self.done(folder, &claim);
    }

    /// What `task conflicts` tells, for a snapshot.
    fn told(&self) -> String {
        let output = self.run("", &["task", "conflicts"]);
        program::outcome(&output, self.path(), &[])
    }

    fn json(&self) -> (Option<i32>, Value) {
        let output = self.run("", &["task", "conflicts", "--format", "json"]);
        let answer = serde_json::from_slice(&output.stdout);
        (
            output.status.code(),
            answer.unwrap_or_else(|error| panic!("{error}: {output:?}")),
        )
    }
}

/// The lines 1 to 30, some of them with other words.
fn numbered(changed: &[(usize, &str)]) -> String {
    (1..=30)
        .map(|line| {
            let changed = changed.iter().find(|(at, _)| *at == line);
            changed.map_or(format!("{line}\n"), |(_, text)| format!("{text}\n"))
        })
        .collect()
}

#[test]
fn uncommitted_and_untracked_work_that_conflicts_is_told_with_place_owners_and_order() {
    let scene = Scene::new(&["red", "blue", "green"]);
    scene.held(
        "red",
        "amber",
        &[
            "--path",
            "shared.txt",
            "--path",
            "new.txt",
            "--priority",
            "low",
        ],
    );
    scene.held("blue", "birch", &["--path", "docs", "--priority", "high"]);
    let write = |path: &str, text: &str| scene.workspace.write(path, text);
    write(
        "red/shared.txt",
        &numbered(&[(5, "five of red"), (6, "six of red")]),
    );
    write("red/new.txt", "untracked, of red\n");
    write(
        "blue/shared.txt",
        &numbered(&[(5, "five of blue"), (20, "twenty")]),
    );
    write("blue/new.txt", "untracked, of blue\n");
    write("green/shared.txt", &numbered(&[(28, "far away")]));
    scene.git_in("green", &["commit", "-q", "-am", "Far away"]);
    scene.git(&["worktree", "add", "-q", "-b", "lost", "lost"]);
    std::fs::remove_dir_all(scene.path().join("lost")).unwrap();
    insta::assert_snapshot!(scene.told());
    let (code, json) = scene.json();
    assert_eq!(code, Some(40));
    let conflicts = serde_json::to_string_pretty(&json["conflicts"]).unwrap();
    let folder = scene.path().display().to_string();
    insta::assert_snapshot!("conflicts_as_json", conflicts.replace(&folder, "[FOLDER]"));
}

/// Seconds and nanoseconds.
type Written = (i64, i64);

/// Every file of the repository and its work trees, but not of Adjutant's own folder: its content,
/// and when it was written. Git renews the age of objects that it meets again, so theirs is left
/// out.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, Option<Written>)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                if !path.ends_with(".git/adjutant") {
                    folders.push(path);
                }
                continue;
            }
            let is_object = path.components().any(|part| part.as_os_str() == "objects");
            let written = (!is_object).then_some((metadata.mtime(), metadata.mtime_nsec()));
            files.insert(path.clone(), (std::fs::read(&path).unwrap(), written));
        }
    }
    files
}

#[test]
fn a_look_writes_nothing_of_the_repository_its_work_trees_or_their_indexes() {
    let scene = Scene::new(&["red", "blue"]);
    scene.done("", &["task", "list"]);
    scene
        .workspace
        .write("red/shared.txt", numbered(&[(5, "red")]));
    scene.workspace.write("red/new.txt", "red\n");
    scene.git_in("red", &["add", "new.txt"]);
    scene
        .workspace
        .write("blue/shared.txt", numbered(&[(5, "blue")]));
    scene.workspace.write("blue/new.txt", "blue\n");
    std::fs::remove_file(scene.path().join("blue/docs/guide.md")).unwrap();
    let before = everything(scene.path());
    for _ in 0..2 {
        let (code, json) = scene.json();
        assert_eq!(code, Some(40));
        assert_eq!(json["conflicts"].as_array().unwrap().len(), 2);
        let after = everything(scene.path());
        assert!(before.keys().eq(after.keys()));
        for (path, known) in &before {
            assert!(after[path] == *known, "{}", path.display());
        }
    }
}

#[test]
fn what_was_not_looked_at_is_named_and_never_called_free_of_conflicts() {
    let scene = Scene::new(&["merging", "thin"]);
    let (code, _) = scene.json();
    assert_eq!(
        code,
        Some(0),
        "work trees inside another are looked at themselves"
    );

    scene
        .workspace
        .write("shared.txt", numbered(&[(5, "main")]));
    scene.git(&["commit", "-q", "-am", "Main's five"]);
    scene
        .workspace
        .write("merging/shared.txt", numbered(&[(5, "merging")]));
    scene.git_in("merging", &["commit", "-q", "-am", "Another five"]);
    assert!(merge_stops(&scene.path().join("merging")));
    scene.git(&[
        "worktree", "add", "-q", "--orphan", "-b", "unborn", "unborn",
    ]);
    scene.git(&["worktree", "add", "-q", "--detach", "loose"]);
    scene.git(&[
        "worktree", "add", "-q", "--lock", "--reason", "busy", "shut",
    ]);
    scene.git(&["worktree", "add", "-q", "gone"]);
    std::fs::remove_dir_all(scene.path().join("gone")).unwrap();
    scene.git_in("thin", &["sparse-checkout", "set", "docs"]);
    scene.workspace.write("loose/inner/file", "1\n");
    scene.git(&["init", "-q", "loose/inner"]);
    insta::assert_snapshot!(scene.told());
    let (code, json) = scene.json();
    assert_eq!(code, Some(20));
    let trees = json["work_trees"].as_array().unwrap();
    let tree = |name: &str| {
        let path = scene.path().join(name).display().to_string();
        trees
            .iter()
            .find(|tree| tree["path"] == path.as_str())
            .unwrap()
    };
    assert_eq!(tree("merging")["not_looked_at"]["because"], "under_way");
    assert_eq!(tree("unborn")["not_looked_at"]["because"], "unborn");
    assert_eq!(tree("gone")["not_looked_at"]["because"], "missing");
    assert_eq!(tree("shut")["locked"], "busy");
    assert_eq!(tree("thin")["files_left_out"], 1);
    assert_eq!(tree("loose")["not_looked_into"][0], "inner");
}

/// Merges `main`, and stops at a conflict.
#[allow(clippy::disallowed_methods, reason = "a merge that is meant to stop")]
fn merge_stops(folder: &Path) -> bool {
    let merge = Command::new("git")
        .current_dir(folder)
        .env("HOME", folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
        .args(["merge", "-q", "main"])
        .output();
    merge.unwrap().status.code() == Some(1)
}

#[test]
fn declared_paths_that_overlap_count_when_both_tasks_are_held_and_warn_before() {
    let scene = Scene::new(&["red", "blue"]);
    scene.held("red", "amber", &["--path", "src", "--priority", "high"]);
    scene.file(&["--path", "src/deep/*.txt", "--priority", "low"]);
    let ahead = scene.told();
    scene.done(
        "blue",
        &["task", "claim", "--next", "--agent", "birch", "--advisory"],
    );
    let both = scene.told();
    let epoch = [
        "task", "release", "--task", "T-1", "--epoch", "1", "--agent", "amber",
    ];
    scene.done("", &epoch);
    let lost = scene.told();
    insta::assert_snapshot!(format!(
        "one held\n{ahead}\nboth held\n{both}\none lost\n{lost}"
    ));
}

#[test]
fn outside_a_repository_there_is_nothing_to_look_at() {
    let workspace = Workspace::empty();
    let output = program::command(PROGRAM, workspace.path(), &["task", "conflicts"]).output();
    insta::assert_snapshot!(program::outcome(&output.unwrap(), workspace.path(), &[]));
}

#[test]
fn a_watch_tells_what_appears_and_what_is_gone_and_nothing_else() {
    let scene = Scene::new(&["red", "blue"]);
    let mut child = scene
        .command("", &["task", "conflicts", "--watch"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (told, lines) = mpsc::channel();
    let answers = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        for line in answers.lines() {
            told.send(line.unwrap()).unwrap();
        }
    });
    let next = || lines.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next(), "nothing is in each other's way");
    scene
        .workspace
        .write("red/shared.txt", numbered(&[(5, "red")]));
    scene
        .workspace
        .write("blue/shared.txt", numbered(&[(5, "blue")]));
    assert_eq!(next(), "+ CONFLICT shared.txt: blue and red");
    scene.workspace.write("blue/deeper/down/new.txt", "blue\n");
    scene.workspace.write("red/deeper/down/new.txt", "red\n");
    assert_eq!(next(), "+ CONFLICT deeper/down/new.txt: blue and red");
    scene.workspace.write("blue/shared.txt", numbered(&[]));
    assert_eq!(next(), "- CONFLICT shared.txt: blue and red");
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    assert_eq!(lines.try_recv().ok(), None);
}
