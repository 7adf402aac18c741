//! Rooms for checks, on real repositories.

use adjutant_outbound::check_room::{self, CheckRoom};

use crate::git::Repository;

/// No process has a higher number than 4194304.
const OF_NOBODY: &str = "adjutant-check-4194305-";

#[test]
fn a_room_that_git_was_killed_over_hinders_nobody() {
    let repository = Repository::new(&[("a", "1\n")]);
    let git = &repository.git;
    let head = git.rev_parse("HEAD", "commit").unwrap().unwrap();
    let folder = tempfile::Builder::new()
        .prefix(OF_NOBODY)
        .tempdir()
        .unwrap();
    git.add_detached(&folder.path().join("tree"), &head)
        .unwrap();
    let half_made = git.folder().join(".git/worktrees/tree/commondir");
    std::fs::write(half_made, "").unwrap();
    assert!(git.work_trees().is_err(), "git lists no work trees now");

    assert_eq!(check_room::work_trees(git).unwrap().len(), 1);
    assert!(!folder.path().exists());
    CheckRoom::open(git, &head, &repository.tree("HEAD")).unwrap();
}
