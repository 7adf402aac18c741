//! Done is a proof: a scripted agent with a real repository, real work trees and real checks. What
//! it claims counts for nothing; what Adjutant's own runs say counts.

#![allow(
    clippy::disallowed_methods,
    reason = "the agent is a script of its own"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use adjutant_domain::{AgentName, Epoch, TaskId, Timestamp};
use adjutant_store::{Filed, Location, NewTask, Store};
use adjutant_testkit::program::command;
use adjutant_testkit::workspace::Workspace;
use adjutant_work::{
    Check, CheckRun, Claim, ClaimRequest, Intake, OnOverlap, Priority, ProofKind, Risk, Target,
    TaskKind, Timebox,
};

use crate::stage::{POLICY, latencies};

const ADJUTANT: &str = env!("CARGO_BIN_EXE_adjutant");

/// The check of most tasks: a test of the work's own, run by a script that is there already.
const RUN_TESTS: &str = "for test in tests/*.sh; do sh \"$test\" || exit 1; done\n";

/// A repository with a sum that is wrong, and an agent at work on it.
struct Scene {
    workspace: Workspace,
    epoch: Epoch,
    task: TaskId,
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn now() -> Timestamp {
    adjutant_outbound::clock::now()
}

fn shell(argv: &[&str]) -> Check {
    Check {
        name: "unit".parse().unwrap(),
        run: CheckRun::Command {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        },
        proof: ProofKind::RedGreen,
        tests: vec![],
        frozen: vec![],
        seconds_max: 30,
    }
}

fn green_only(argv: &[&str]) -> Check {
    let reason = "documentation".to_owned();
    Check {
        proof: ProofKind::GreenOnly { reason },
        ..shell(argv)
    }
}

fn intake(checks: Vec<Check>) -> Intake {
    let some = || vec!["some".to_owned()];
    Intake {
        title: "Mend the sum".to_owned(),
        kind: Some(TaskKind::Fix),
        goal: "The sum is right.".to_owned(),
        context: "It is wrong.".to_owned(),
        success_criteria: some(),
        deliverables: some(),
        non_goals: some(),
        risks: vec![Risk {
            risk: "some".to_owned(),
            mitigation: "some".to_owned(),
        }],
        test_hooks: some(),
        timebox: Some(Timebox::S),
        priority: Some(Priority::High),
        checks,
        ..Intake::default()
    }
}

impl Scene {
    fn new(checks: Vec<Check>) -> Self {
        let workspace = Workspace::repository();
        workspace.write("sum.sh", "echo 3\n");
        workspace.write("run-tests.sh", RUN_TESTS);
        workspace.write("tests/begin.sh", "true\n");
        workspace.git(&["add", "-A"]);
        workspace.git(&["commit", "-q", "-m", "The sum"]);
        let scene = Self {
            workspace,
            epoch: Epoch::from_number(1),
            task: TaskId::from_number(1),
        };
        scene.git(&["worktree", "add", "-q", "-b", "work", "agent"]);
        block(async {
            let store = scene.store().await;
            let new = NewTask {
                intake: intake(checks),
                links: vec![],
                draft: false,
            };
            match store.file_tasks(&[new], None, now()).await.unwrap() {
                Filed::Tasks(tasks) => assert_eq!(tasks[0].id, scene.task),
                Filed::Refused(refusal) => panic!("{refusal:?}"),
            }
        });
        scene.claim("ada", 600_000);
        scene
    }

    async fn store(&self) -> Store {
        let location = Location {
            folder: self.workspace.path().join(".git/adjutant"),
            postgres: None,
        };
        Store::open(&location, now()).await.unwrap()
    }

    fn claim(&self, agent: &str, lease_millis: i64) {
        let request = ClaimRequest {
            agent: agent.parse::<AgentName>().unwrap(),
            role: None,
            target: Target::Task(self.task),
            lease_millis,
            on_overlap: OnOverlap::Refuse,
            pauses: vec![],
            key: None,
        };
        let claim = block(async { self.store().await.claim(&request, now()).await.unwrap() });
        assert!(matches!(claim, Claim::Won(_)), "{claim:?}");
    }

    fn state(&self) -> String {
        block(async {
            let task = self.store().await.task(self.task).await.unwrap().unwrap();
            task.task.state.name().to_owned()
        })
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.workspace.git(arguments)
    }

    fn agent_folder(&self) -> PathBuf {
        self.workspace.path().join("agent")
    }

    /// What the agent does in its work tree.
    #[allow(clippy::disallowed_methods, reason = "a test's own process")]
    fn agent(&self, script: &str) {
        let output = Command::new("sh")
            .args(["-ec", script])
            .current_dir(self.agent_folder())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs([
                ("GIT_AUTHOR_NAME", "ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.org"),
                ("GIT_COMMITTER_NAME", "ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.org"),
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {output:?}");
    }

    /// Honest work: the sum with a test that fails without it.
    fn honest_work(&self) {
        self.agent(
            "echo 'echo 4' > sum.sh
             echo 'test \"$(sh sum.sh)\" = 4' > tests/sum.sh
             git add -A && git commit -q -m 'Mend the sum'",
        );
    }

    fn adjutant(&self, folder: &Path, arguments: &[&str]) -> Output {
        command(ADJUTANT, folder, arguments).output().unwrap()
    }

    fn complete(&self, more: &[&str]) -> (i32, serde_json::Value) {
        let epoch = self.epoch.number().to_string();
        let mut arguments = vec!["task", "complete", "--task", "T-1", "--epoch", &epoch];
        arguments.extend(["--agent", "ada", "--format", "json"]);
        arguments.extend(more);
        answer(&self.adjutant(&self.agent_folder(), &arguments))
    }

    fn merge(&self) -> (i32, serde_json::Value) {
        let arguments = ["task", "merge", "--all", "--format", "json"];
        answer(&self.adjutant(self.workspace.path(), &arguments))
    }

    /// The name by which a completion is refused, with the exit code.
    fn refused_as(&self, more: &[&str]) -> (i32, String) {
        let (code, answer) = self.complete(more);
        let reason = match answer.get("unproven") {
            Some(unproven) => &unproven["reason"],
            None => &answer["refused"]["reason"],
        };
        assert_ne!(self.state(), "proven", "{answer}");
        (code, reason.as_str().unwrap_or_default().to_owned())
    }
}

fn answer(output: &Output) -> (i32, serde_json::Value) {
    let answer = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code().unwrap(), answer)
}

fn lie(code: i32, name: &str) -> (i32, String) {
    (code, name.to_owned())
}

#[test]
fn honest_work_is_proven_red_on_the_base_and_green_on_the_work() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    let (code, answer) = scene.complete(&[]);
    assert_eq!(code, 0, "{answer}");
    let check = &answer["proof"]["checks"][0];
    assert_eq!(check["red"]["end"]["exited"], 1);
    assert_eq!(check["green"]["end"]["exited"], 0);
    assert_eq!(check["strength"]["kind"], "red_green");
    assert_eq!(check["strength"]["tests"][0], "tests/sum.sh");
    assert_eq!(answer["weaker"], false);
    assert_eq!(answer["proof"]["commit"], scene.git(&["rev-parse", "work"]));
    assert_eq!(scene.state(), "proven");
    // No room is left behind.
    assert_eq!(scene.git(&["worktree", "list"]).lines().count(), 2);
}

#[test]
fn the_first_lie_an_empty_diff() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.agent("git commit -q --allow-empty -m 'All done'");
    assert_eq!(scene.refused_as(&[]), lie(30, "empty_diff"));
}

#[test]
fn the_second_lie_forged_evidence() {
    let check = green_only(&["sh", "-c", "echo failed=1 > result.txt"]);
    let scene = Scene::new(vec![check]);
    scene.honest_work();
    scene.agent("echo failed=0 > result.txt");
    assert_eq!(
        scene.refused_as(&["--evidence", "result.txt"]),
        lie(30, "forged")
    );
    // Committed, it is no evidence either.
    scene.agent("git add result.txt && git commit -q -m 'Evidence'");
    assert_eq!(
        scene.refused_as(&["--evidence", "result.txt"]),
        lie(30, "forged")
    );
}

#[test]
fn evidence_that_adjutants_own_run_writes_again_is_accepted() {
    let check = green_only(&["sh", "-c", "echo failed=0 > result.txt"]);
    let scene = Scene::new(vec![check]);
    scene.honest_work();
    scene.agent("echo failed=0 > result.txt");
    let (code, answer) = scene.complete(&["--evidence", "result.txt"]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(answer["weaker"], true);
    let shown = scene.adjutant(scene.workspace.path(), &["task", "show", "T-1"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("check unit: WEAKER: green only (documentation)"),
        "{shown}"
    );
}

#[test]
fn the_third_lie_a_vacuous_test() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.agent(
        "echo 'echo 4' > sum.sh; echo true > tests/sum.sh
         git add -A && git commit -q -m 'Mend the sum'",
    );
    assert_eq!(scene.refused_as(&[]), lie(30, "vacuous"));
}

#[test]
fn the_fourth_lie_evidence_about_another_commit() {
    let check = green_only(&["sh", "-c", "git rev-parse HEAD > result.txt"]);
    let scene = Scene::new(vec![check]);
    scene.honest_work();
    scene.agent("git rev-parse HEAD~1 > result.txt");
    assert_eq!(
        scene.refused_as(&["--evidence", "result.txt"]),
        lie(30, "other_commit")
    );
}

#[test]
fn the_fifth_lie_an_edited_check() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    scene.agent("echo 'exit 0' > run-tests.sh; git commit -qam 'Speed up the tests'");
    assert_eq!(scene.refused_as(&[]), lie(30, "check_edited"));
}

/// The scripts of a package and the recipes of make are the check, and who edits them edits it;
/// what else a package says is the work's.
#[test]
fn an_edited_recipe_or_script_is_an_edited_check() {
    let package = r#"{"scripts": {"test": "sh run-tests.sh"}, "dependencies": {}}"#;
    let needs_more = package.replace("{}}", "{\"left-pad\": \"1\"}}");
    let lies = package.replace("sh run-tests.sh", "true");
    // npm need not be installed: the edit is seen before anything runs.
    for (argv, file, before, after, name) in [
        (
            "make test",
            "Makefile",
            "test:\n\tfalse\n",
            "test:\n\ttrue\n",
            "check_edited",
        ),
        ("npm test", "package.json", package, &lies, "check_edited"),
        (
            "exit 1; npm test",
            "package.json",
            package,
            &needs_more,
            "check_failed",
        ),
    ] {
        let scene = Scene::new(vec![green_only(&["sh", "-c", argv])]);
        scene.workspace.write(file, before);
        scene.git(&["add", file]);
        scene.git(&["commit", "-q", "-m", "How tests are run"]);
        scene.agent("git rebase -q main");
        scene.honest_work();
        std::fs::write(scene.agent_folder().join(file), after).unwrap();
        scene.agent("git commit -qam 'Run tests faster'");
        assert_eq!(scene.refused_as(&[]).1, name, "{argv}");
    }
}

#[test]
fn the_sixth_lie_a_change_after_verification() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    let (code, answer) = scene.complete(&[]);
    assert_eq!(code, 0, "{answer}");
    scene.agent("echo 'rm -rf /' > sum.sh; git commit -q --amend -am 'Mend the sum'");
    let (code, again) = scene.complete(&[]);
    assert_eq!(
        (code, &again["unproven"]["reason"]),
        (30, &"changed_after".into())
    );
    let (code, steps) = scene.merge();
    assert_eq!((code, &steps[0]["outcome"]), (0, &"merged".into()));
    // What was proven is merged, and nothing else.
    assert_eq!(scene.workspace.read("sum.sh"), "echo 4\n");
    let merged = scene.git(&["rev-parse", "main^2"]);
    assert_eq!(answer["proof"]["commit"], merged);
}

#[test]
fn a_change_while_the_checks_run_is_not_what_they_saw() {
    for change in [
        "echo false > sum.sh",
        "git -c user.name=a -c user.email=a@localhost commit -q --amend -m 'Another'",
    ] {
        // The check stands for an agent that goes on working meanwhile.
        let scene = Scene::new(vec![green_only(&["sh", "during.sh"])]);
        let folder = scene.agent_folder();
        let script = format!("cd '{}' && {change}\n", folder.display());
        scene.workspace.write("during.sh", &script);
        scene.git(&["add", "during.sh"]);
        scene.git(&["commit", "-q", "-m", "Change the work while it is checked"]);
        scene.agent("git rebase -q main");
        scene.honest_work();
        assert_eq!(scene.refused_as(&[]), lie(30, "changed_after"), "{change}");
        assert_eq!(scene.state(), "leased");
    }
}

#[test]
fn uncommitted_work_is_not_the_work() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    scene.agent("echo 'echo 5' > sum.sh");
    assert_eq!(scene.refused_as(&[]), lie(40, "uncommitted"));
}

#[test]
fn a_stale_lease_is_refused_before_anything_runs() {
    let mut scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    scene.epoch = Epoch::from_number(7);
    assert_eq!(scene.refused_as(&[]), lie(40, "stale_epoch"));
}

#[test]
fn a_failing_environment_is_told_apart_from_a_failing_check() {
    for (argv, code, name) in [
        (&["no-such-program"][..], 20, "environment"),
        (&["sh", "-c", "no-such-program"], 20, "environment"),
        (&["sh", "-c", "kill -KILL $$"], 20, "environment"),
        (&["sh", "-c", "exit 1"], 30, "check_failed"),
    ] {
        let scene = Scene::new(vec![green_only(argv)]);
        scene.honest_work();
        assert_eq!(scene.refused_as(&[]), lie(code, name), "{argv:?}");
        assert_eq!(scene.state(), "leased");
    }
}

#[test]
fn a_failing_set_up_is_the_environments_failure() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    scene
        .workspace
        .write("adjutant.toml", "[verify]\nsetup = [[\"false\"]]\n");
    assert_eq!(scene.refused_as(&[]), lie(20, "environment"));
}

#[test]
fn what_the_set_up_makes_is_there_for_the_check() {
    let scene = Scene::new(vec![green_only(&["cat", "made/by-set-up"])]);
    scene.honest_work();
    scene.workspace.write(
        "adjutant.toml",
        "[verify]\nsetup = [[\"mkdir\", \"made\"], [\"touch\", \"made/by-set-up\"]]\n",
    );
    let (code, answer) = scene.complete(&[]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(answer["proof"]["setup"][0][0], "mkdir");
}

#[test]
fn a_hanging_check_runs_out_of_time() {
    let mut check = green_only(&["sleep", "1000"]);
    check.seconds_max = 1;
    let scene = Scene::new(vec![check]);
    scene.honest_work();
    assert_eq!(scene.refused_as(&[]), lie(20, "environment"));
}

#[test]
fn a_check_that_changes_what_it_checks_is_refused() {
    let scene = Scene::new(vec![green_only(&[
        "sh",
        "-c",
        "echo false > tests/begin.sh",
    ])]);
    scene.honest_work();
    assert_eq!(scene.refused_as(&[]), lie(30, "tree_changed"));
}

#[test]
fn a_process_that_survives_its_check_is_ended() {
    let pid_file = tempfile::NamedTempFile::new().unwrap();
    let daemon = format!(
        "setsid sh -c 'echo $$ > {0}; exec sleep 1000' > /dev/null 2>&1 & \
         until [ -s {0} ]; do sleep 0.01; done",
        pid_file.path().display()
    );
    let scene = Scene::new(vec![green_only(&["sh", "-c", &daemon])]);
    scene.honest_work();
    let (code, answer) = scene.complete(&[]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(answer["proof"]["checks"][0]["green"]["survivors"], 1);
    let pid = std::fs::read_to_string(pid_file.path()).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists());
}

#[test]
fn a_merge_is_checked_on_the_merged_tree_and_never_red() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    // Green alone, red together: the branch got a test that the work breaks.
    scene
        .workspace
        .write("tests/odd.sh", "test \"$(sh sum.sh)\" = 3\n");
    scene.git(&["add", "tests"]);
    scene.git(&["commit", "-q", "-m", "The sum stays odd"]);
    let before = scene.git(&["rev-parse", "main"]);
    let (code, steps) = scene.merge();
    assert_eq!((code, &steps[0]["outcome"]), (30, &"sent_back".into()));
    assert_eq!(steps[0]["unproven"]["reason"], "check_failed");
    assert_eq!(scene.git(&["rev-parse", "main"]), before);
    assert_eq!(scene.state(), "open");
}

#[test]
fn a_merge_passes_the_checks_of_every_merge_too() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    let settings = |argv: &str| {
        let text = format!("[merge]\n[[merge.checks]]\nname = \"suite\"\nargv = [\"{argv}\"]\n");
        scene.workspace.write("adjutant.toml", &text);
    };
    // What is not there cannot be said to fail.
    settings("no-such-suite");
    let (code, steps) = scene.merge();
    assert_eq!(
        (code, &steps[0]["outcome"]),
        (20, &"waits".into()),
        "{steps}"
    );
    settings("false");
    let (code, steps) = scene.merge();
    assert_eq!(
        (code, &steps[0]["outcome"]),
        (30, &"sent_back".into()),
        "{steps}"
    );
    assert_eq!(steps[0]["unproven"]["check"], "suite");
}

#[test]
fn a_conflict_goes_back_with_its_files() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    scene.workspace.write("sum.sh", "echo 5\n");
    scene.git(&["commit", "-qam", "Another sum"]);
    let (code, steps) = scene.merge();
    assert_eq!((code, &steps[0]["outcome"]), (30, &"sent_back".into()));
    assert_eq!(steps[0]["unproven"]["files"][0], "sum.sh");
}

#[test]
fn a_dirty_work_tree_in_the_way_is_left_alone() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    scene.workspace.write("sum.sh", "echo mine\n");
    let (code, steps) = scene.merge();
    assert_eq!((code, &steps[0]["outcome"]), (20, &"waits".into()));
    assert_eq!(scene.workspace.read("sum.sh"), "echo mine\n");
    assert_eq!(scene.state(), "proven");
}

#[test]
fn a_merge_carries_its_proof_and_closes_the_task() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    let (_, answer) = scene.complete(&[]);
    assert_eq!(scene.merge().0, 0);
    let message = scene.git(&["log", "-1", "--format=%B", "main"]);
    let record = answer["record"].as_str().unwrap();
    assert_eq!(
        message,
        format!("Merge T-1: Mend the sum\n\nAdjutant-Task: T-1\nAdjutant-Proof: sha256:{record}")
    );
    assert_eq!(scene.state(), "done");
    let verify = || scene.adjutant(scene.workspace.path(), &["verify", "T-1"]);
    let held = verify();
    assert_eq!(held.status.code(), Some(0), "{held:?}");
    // One byte of the proof is changed.
    let artifacts = scene.workspace.path().join(".git/adjutant/artifacts");
    let path = artifacts.join(record);
    let proof = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, proof.replace("red_green", "red-green")).unwrap();
    let broken = verify();
    assert_eq!(broken.status.code(), Some(30), "{broken:?}");
}

#[test]
fn a_proof_whose_commit_is_gone_no_longer_holds() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    scene.agent("git checkout -q --detach main && git branch -q -D work");
    scene.git(&["reflog", "expire", "--expire=now", "--all"]);
    scene.git(&["gc", "-q", "--prune=now"]);
    let arguments = ["task", "verify", "T-1", "--format", "json"];
    let (code, answer) = answer(&scene.adjutant(scene.workspace.path(), &arguments));
    assert_eq!((code, &answer["holds"]), (30, &false.into()), "{answer}");
}

#[test]
fn work_that_was_merged_by_hand_is_checked_there_and_closed() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    scene.git(&["merge", "-q", "work"]);
    let (code, steps) = scene.merge();
    assert_eq!((code, &steps[0]["stage"]), (0, &"found_merged".into()));
    assert_eq!(scene.state(), "done");
}

#[test]
fn a_killed_merge_goes_on_where_it_was_cut_off() {
    let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
    // The first run of the check in the merge kills the whole program, as a power cut would.
    let gate = scene.workspace.path().join("cut");
    let check = format!(
        "if [ -e {0} ]; then rm {0}; kill -KILL $(ps -o ppid= -p $PPID); sleep 1000; fi\n{RUN_TESTS}",
        gate.display()
    );
    scene.workspace.write("run-tests.sh", &check);
    scene.git(&["commit", "-qam", "Cut the power once"]);
    scene.agent("git rebase -q main");
    scene.honest_work();
    assert_eq!(scene.complete(&[]).0, 0);
    std::fs::write(&gate, "").unwrap();
    let cut = scene.adjutant(scene.workspace.path(), &["task", "merge", "--all"]);
    assert_eq!(cut.status.code(), None, "{cut:?}");
    assert_eq!(scene.state(), "proven");
    let (code, steps) = scene.merge();
    assert_eq!((code, &steps[0]["stage"]), (0, &"merged".into()));
    assert_eq!(scene.state(), "done");
    // The room of the killed run was swept.
    assert_eq!(scene.git(&["worktree", "list"]).lines().count(), 2);
}

/// A merge is killed as soon as the branch has moved, with luck before the task is closed, and as
/// soon as its room is open: afterwards the work is merged once, and the task is closed.
#[test]
fn a_merge_that_is_killed_at_any_point_merges_once() {
    for moment in ["refs/heads/main", "worktrees/tree"] {
        let scene = Scene::new(vec![shell(&["sh", "run-tests.sh"])]);
        scene.honest_work();
        assert_eq!(scene.complete(&[]).0, 0);
        let watched = scene.workspace.path().join(".git").join(moment);
        let before = std::fs::read(&watched).ok();
        let mut merge = command(
            ADJUTANT,
            scene.workspace.path(),
            &["task", "merge", "--all"],
        );
        let mut merge = merge.stdout(Stdio::null()).spawn().unwrap();
        while std::fs::read(&watched).ok() == before && !watched.is_dir() {
            if merge.try_wait().unwrap().is_some() {
                break;
            }
        }
        merge.kill().unwrap();
        merge.wait().unwrap();
        let (code, steps) = scene.merge();
        assert_eq!(code, 0, "{moment}: {steps}");
        assert_eq!(scene.state(), "done", "{moment}: {steps}");
        let merges = scene.git(&["log", "--format=%s", "--merges", "main"]);
        assert_eq!(merges, "Merge T-1: Mend the sum", "{moment}");
        assert_eq!(
            scene.git(&["status", "--porcelain", "-uno"]),
            "",
            "{moment}"
        );
        // A git that was opening the room outlives its caller for a moment; a later run sweeps.
        let began = Instant::now();
        while scene.git(&["worktree", "list"]).lines().count() > 2 {
            assert!(began.elapsed() < Duration::from_secs(60), "in vain");
            assert_eq!(scene.merge().0, 0);
        }
        let journal = scene.adjutant(scene.workspace.path(), &["journal", "verify"]);
        assert_eq!(journal.status.code(), Some(0), "{journal:?}");
    }
}

#[test]
fn the_doctor_tells_an_unfit_environment_from_a_failing_check() {
    for (argv, arguments, code) in [
        (&["no-such-program"][..], &["doctor"][..], 1),
        (&["sh", "-c", "no-such-program"], &["doctor"], 0),
        (&["sh", "-c", "no-such-program"], &["doctor", "--deep"], 1),
        (&["sh", "-c", "exit 1"], &["doctor", "--deep"], 0),
    ] {
        let scene = Scene::new(vec![green_only(argv)]);
        let output = scene.adjutant(scene.workspace.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{argv:?} {output:?}");
    }
}

#[test]
fn a_check_with_a_gate_measures_base_and_work_and_asks_the_gate() {
    for (speed, expected) in [(1.0, (0, "")), (1.3, (30, "gate_refused"))] {
        let check = Check {
            run: CheckRun::Gate {
                argv: vec!["sh".to_owned(), "measure.sh".to_owned()],
                evidence: vec!["result.csv".to_owned()],
                gate: "smoke".parse().unwrap(),
            },
            ..shell(&[])
        };
        let scene = Scene::new(vec![check]);
        scene.workspace.write("adjutant.toml", POLICY);
        scene.workspace.write("data.csv", latencies(1_000, 1, 1.0));
        scene
            .workspace
            .write("measure.sh", "cp data.csv result.csv\n");
        scene.git(&["add", "data.csv", "measure.sh"]);
        scene.git(&["commit", "-q", "-m", "Measure"]);
        let data = latencies(1_000, 2, speed);
        scene.agent("git reset -q --hard main");
        std::fs::write(scene.agent_folder().join("data.csv"), data).unwrap();
        scene.agent("git commit -qam 'Be as fast'");
        let (code, answer) = scene.complete(&[]);
        let reason = answer["unproven"]["reason"].as_str().unwrap_or_default();
        assert_eq!((code, reason), expected, "{answer}");
        if code == 0 {
            assert_eq!(answer["proof"]["checks"][0]["strength"]["kind"], "gated");
        }
    }
}

#[test]
fn a_lease_that_is_lost_while_the_checks_run_proves_nothing() {
    let release = format!("{ADJUTANT} task release --task T-1 --epoch 1 --agent ada >&2");
    let scene = Scene::new(vec![green_only(&["sh", "-c", &release])]);
    scene.honest_work();
    let (code, answer) = scene.complete(&[]);
    assert_eq!(code, 40, "{answer}");
    assert_eq!(scene.state(), "open");
}
