//! A look at a work tree, held against git's own snapshot of it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use adjutant_domain::{ObjectId, Timestamp};
use adjutant_outbound::clock;
use adjutant_outbound::git::{Git, Look, Looked, NotLooked, Snapshot};

use crate::git::{Repository, run, write};

/// Long after everything in a test was written, so that every look may be remembered.
fn later() -> Timestamp {
    Timestamp::from_unix_millis(clock::now().unix_millis() + 3_600_000)
}

fn look_with(
    repository: &Repository,
    work_tree: &Path,
    remembered: impl Fn(&str) -> Option<ObjectId>,
) -> Result<Looked, NotLooked> {
    let (scratch, objects) = repository.scratch("look");
    let git = Git::at(work_tree);
    let git_dir = git.git_dir().unwrap();
    let look = Look {
        git_dir: &git_dir,
        scratch: &scratch,
        objects: &objects,
        hash_bytes: 20,
        now: later(),
    };
    git.look(&look, remembered)
}

fn look(repository: &Repository, work_tree: &Path) -> Looked {
    look_with(repository, work_tree, |_| None).unwrap()
}

fn snapshot(repository: &Repository, work_tree: &Path) -> ObjectId {
    let (scratch, objects) = repository.scratch("snapshot");
    let objects = Some(&objects);
    let scratch = scratch.as_path();
    Git::at(work_tree)
        .snapshot(Snapshot { scratch, objects })
        .unwrap()
}

fn check(repository: &Repository, work_tree: &Path, what: &str) {
    let looked = look(repository, work_tree).tree;
    assert_eq!(looked, snapshot(repository, work_tree), "{what}");
}

fn sample() -> Repository {
    let repository = Repository::new(SAMPLE);
    settle(repository.git.folder());
    repository
}

/// Lets the tracked files look as if they had been written an hour ago. Files as young as the index
/// are read in any case, and then the comparison of looks is not put to the test.
fn settle(top: &Path) {
    let hour_ago = std::time::SystemTime::UNIX_EPOCH
        + std::time::Duration::from_millis(clock::now().unix_millis().unsigned_abs() - 3_600_000);
    for (name, _) in SAMPLE {
        let file = std::fs::File::options().write(true).open(top.join(name));
        file.unwrap().set_modified(hour_ago).unwrap();
    }
    run(top, &["update-index", "--refresh"]);
}

const SAMPLE: &[(&str, &str)] = &[
    ("a", "1\n"),
    ("deep/er/b", "1\n"),
    ("deep/c", "1\n"),
    ("folder/d", "1\n"),
    ("folder/e", "1\n"),
    (".gitignore", "*.log\nbuilt/\n"),
    ("deep/.gitignore", "!kept.log\n"),
];

/// A way to change a work tree, and what it is called.
type Edit = (&'static str, fn(&Path));

const EDITS: &[Edit] = &[
    ("a changed file", |top| write(top, &[("a", "22\n")])),
    ("a file of the same size", |top| {
        write(top, &[("deep/c", "2\n")]);
    }),
    ("a file of the same size with an older time", |top| {
        write(top, &[("deep/c", "2\n")]);
        let file = std::fs::File::options()
            .write(true)
            .open(top.join("deep/c"));
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        file.unwrap().set_modified(long_ago).unwrap();
    }),
    ("an untracked file", |top| write(top, &[("new", "1\n")])),
    ("an untracked folder", |top| {
        write(top, &[("fresh/x/y", "1\n"), ("fresh/z.log", "1\n")]);
    }),
    ("ignored files", |top| {
        write(top, &[("x.log", ""), ("built/x", ""), ("deep/built/y", "")]);
    }),
    ("a file that is not ignored after all", |top| {
        write(
            top,
            &[("deep/kept.log", "1\n"), ("deep/er/kept.log", "1\n")],
        );
    }),
    ("a deleted file", |top| {
        std::fs::remove_file(top.join("folder/d")).unwrap();
    }),
    ("a folder that became a file", |top| {
        std::fs::remove_dir_all(top.join("deep/er")).unwrap();
        write(top, &[("deep/er", "1\n")]);
    }),
    ("a file that became a folder", |top| {
        std::fs::remove_file(top.join("a")).unwrap();
        write(top, &[("a/b/c", "1\n")]);
    }),
    ("a folder that became a link", |top| {
        std::fs::rename(top.join("folder"), top.join("moved")).unwrap();
        std::os::unix::fs::symlink("moved", top.join("folder")).unwrap();
    }),
    ("a program", |top| {
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(top.join("folder/e"), mode).unwrap();
    }),
    ("staged and changed again", |top| {
        write(top, &[("staged", "1\n")]);
        run(top, &["add", "staged"]);
        write(top, &[("staged", "2\n")]);
    }),
    ("staged and gone", |top| {
        write(top, &[("brief", "1\n")]);
        run(top, &["add", "brief"]);
        std::fs::remove_file(top.join("brief")).unwrap();
    }),
    ("announced only", |top| {
        write(top, &[("announced", "1\n")]);
        run(top, &["add", "--intent-to-add", "announced"]);
    }),
    ("tracked although ignored", |top| {
        write(top, &[("built/kept", "1\n")]);
        run(top, &["add", "--force", "built/kept"]);
        write(top, &[("built/kept", "22\n")]);
    }),
    ("a name like an option, and one with a break", |top| {
        write(
            top,
            &[("--all", "1\n"), ("two\nlines", "1\n"), (":(glob)*", "1\n")],
        );
    }),
    ("removed from the index only", |top| {
        run(top, &["rm", "-q", "--cached", "deep/.gitignore"]);
    }),
];

#[test]
fn a_look_sees_what_git_would_add() {
    for (name, edit) in EDITS {
        for version in ["2", "3", "4"] {
            let repository = sample();
            let top = repository.git.folder();
            run(top, &["update-index", "--index-version", version]);
            check(&repository, top, "nothing edited");
            edit(top);
            check(
                &repository,
                top,
                &format!("{name}, index version {version}"),
            );
        }
    }
}

#[test]
fn a_look_sees_all_edits_together_and_in_any_pair() {
    for (at, (first, edit)) in EDITS.iter().enumerate() {
        for (second, other) in &EDITS[at + 1..] {
            // Some need the file that the other took away.
            let fits = |name: &str| !name.contains("became") && !name.contains("program");
            if !fits(first) || !fits(second) {
                continue;
            }
            let repository = sample();
            edit(repository.git.folder());
            other(repository.git.folder());
            check(
                &repository,
                repository.git.folder(),
                &format!("{first}, {second}"),
            );
        }
    }
}

#[test]
fn indexes_of_other_kinds_are_left_to_git() {
    for settings in [
        &["update-index", "--split-index"][..],
        &[
            "sparse-checkout",
            "set",
            "--cone",
            "--sparse-index",
            "folder",
        ],
        &["sparse-checkout", "set", "--cone", "folder"],
        &["update-index", "--untracked-cache"],
        &["config", "core.autocrlf", "true"],
    ] {
        let repository = sample();
        run(repository.git.folder(), settings);
        write(
            repository.git.folder(),
            &[("folder/d", "2\n"), ("folder/n", "1\n")],
        );
        check(&repository, repository.git.folder(), &settings.join(" "));
    }
}

#[test]
fn what_looks_the_same_is_remembered_and_what_does_not_is_read_again() {
    let repository = sample();
    let top = repository.git.folder();
    assert_eq!(look(&repository, top).key, None, "nothing was edited");
    write(top, &[("a", "2\n"), ("new", "1\n")]);
    let first = look(&repository, top);
    let key = first.key.unwrap();
    let other = repository.tree("HEAD");
    let remembered = |asked: &str| (asked == key).then(|| other.clone());
    assert_eq!(look_with(&repository, top, remembered).unwrap().tree, other);
    for edit in [("a", "3\n"), ("new", "2\n"), ("newer", "1\n")] {
        write(top, &[edit]);
        let looked = look_with(&repository, top, remembered).unwrap();
        assert_ne!(looked.tree, other, "{edit:?}");
        check(&repository, top, edit.0);
    }
}

#[test]
fn repositories_inside_are_named_and_what_is_left_out_is_counted() {
    let repository = sample();
    let top = repository.git.folder();
    run(top, &["init", "-q", "inner"]);
    write(top, &[("inner/x", "1\n")]);
    run(&top.join("inner"), &["add", "x"]);
    let as_test = ["-c", "user.name=T", "-c", "user.email=t@example.org"];
    run(
        &top.join("inner"),
        &[&as_test[..], &["commit", "-q", "-m", "x"]].concat(),
    );
    let looked = look(&repository, top);
    assert_eq!(looked.inner, ["inner"]);
    assert_eq!(looked.tree, repository.tree("HEAD"));

    run(top, &["sparse-checkout", "set", "--no-cone", "/a"]);
    assert_eq!(look(&repository, top).left_out, 6);
}

#[test]
fn work_that_is_under_way_is_not_looked_at() {
    let repository = sample();
    let top = repository.git.folder();
    let linked = repository.add_work_tree("linked");
    write(&linked, &[("a", "2\n")]);
    run(&linked, &["commit", "-q", "-a", "-m", "two"]);
    write(top, &[("a", "3\n")]);
    run(top, &["commit", "-q", "-a", "-m", "three"]);
    repository.git.run(&["merge", "linked"]).unwrap_err();
    let what = |looked: Result<Looked, NotLooked>| match looked {
        Err(NotLooked::UnderWay { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(look_with(&repository, top, |_| None)), "merge");
    Git::at(&linked).run(&["rebase", "main"]).unwrap_err();
    assert_eq!(what(look_with(&repository, &linked, |_| None)), "rebase");
    run(&linked, &["rebase", "--abort"]);
    Git::at(&linked).run(&["cherry-pick", "main"]).unwrap_err();
    let unmerged = look_with(&repository, &linked, |_| None);
    assert_eq!(unmerged, Err(NotLooked::Unmerged { entries: 2 }));
}
