//! kill -9 of the controller before and after every effect of a rollout, however the rollout goes:
//! it ends as if nobody had killed anything, no step is done twice, and every request is answered.
//! Some are killed twice.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use adjutant_testkit::night::figure;
use serde_json::Value;

use crate::rollouts::{BODY, Clients, Service, healthy, moves, version};

/// How a rollout goes, from its plan to its end.
struct Course {
    name: &'static str,
    strategy: &'static str,
    version: fn(&str) -> String,
    /// What the program is doing when it is killed.
    doing: Doing,
    moves: &'static [&'static str],
    ends: Ends,
}

#[derive(Clone, Copy, PartialEq)]
enum Doing {
    /// It rolls a version out.
    Start,
    /// It aborts what another one left at a pause.
    Abort,
    /// It goes on with what people held, resumed and promoted.
    Run,
    /// It takes back what had everything already.
    Undo,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    OnTheNewVersion,
    OnTheOldVersion,
}

const HALF: &str = "canary]\nsteps = [{ setWeight = 50 }]";
const COMPARED: &str = "canary]\nsteps = [{ setMirrorRoute = {} }, { analysis = { templates = \
                        [{ templateName = \"answers\" }] } }, { setWeight = 50 }]";
const BLUE_GREEN: &str = "blueGreen]\nactiveService = \"active\"\npreviewService = \"preview\"\n\
     prePromotionAnalysis = { templates = [{ templateName = \"answers\" }] }";
const STEPWISE: &str =
    "canary]\nsteps = [{ setWeight = 20 }, { setWeight = 50 }, { setWeight = 80 }]";
const COMPARED_STEPWISE: &str = "canary]\nsteps = [{ setMirrorRoute = {} }, { analysis = { templates \
     = [{ templateName = \"answers\" }] } }, { setWeight = 20 }, { setWeight = 50 }, { setWeight = 80 }]";
const HELD: &str = "canary]\nsteps = [{ setWeight = 50 }, { pause = {} }]";

const COURSES: [Course; 13] = [
    Course {
        name: "good",
        strategy: HALF,
        version: healthy,
        doing: Doing::Start,
        moves: &["ADVANCE", "ADVANCE", "COMPLETE"],
        ends: Ends::OnTheNewVersion,
    },
    Course {
        name: "failing",
        strategy: HALF,
        version: |name| version(name, "pass", BODY, 0.9),
        doing: Doing::Start,
        moves: &["ADVANCE", "ROLL_BACK"],
        ends: Ends::OnTheOldVersion,
    },
    Course {
        name: "compared",
        strategy: COMPARED,
        version: healthy,
        doing: Doing::Start,
        moves: &["ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE", "COMPLETE"],
        ends: Ends::OnTheNewVersion,
    },
    Course {
        name: "differing",
        strategy: COMPARED,
        version: differing,
        doing: Doing::Start,
        moves: &["ADVANCE", "ADVANCE", "ROLL_BACK"],
        ends: Ends::OnTheOldVersion,
    },
    Course {
        name: "blue-green",
        strategy: BLUE_GREEN,
        version: healthy,
        doing: Doing::Start,
        moves: &["ADVANCE", "ADVANCE", "ADVANCE", "COMPLETE"],
        ends: Ends::OnTheNewVersion,
    },
    Course {
        name: "crashing",
        strategy: HALF,
        version: |name| format!("#!/bin/sh\n# {name}\nexit 3\n"),
        doing: Doing::Start,
        moves: &["ROLL_BACK"],
        ends: Ends::OnTheOldVersion,
    },
    Course {
        name: "aborted",
        strategy: HELD,
        version: healthy,
        doing: Doing::Abort,
        moves: &["ADVANCE", "ADVANCE"],
        ends: Ends::OnTheOldVersion,
    },
    Course {
        name: "resumed",
        strategy: HELD,
        version: healthy,
        doing: Doing::Run,
        moves: &["ADVANCE", "ADVANCE", "COMPLETE"],
        ends: Ends::OnTheNewVersion,
    },
    Course {
        name: "undone",
        strategy: HALF,
        version: healthy,
        doing: Doing::Undo,
        moves: &["ADVANCE", "ADVANCE", "COMPLETE"],
        ends: Ends::OnTheOldVersion,
    },
    Course {
        name: "stepwise",
        strategy: STEPWISE,
        version: healthy,
        doing: Doing::Start,
        moves: &["ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE", "COMPLETE"],
        ends: Ends::OnTheNewVersion,
    },
    Course {
        name: "compared-stepwise",
        strategy: COMPARED_STEPWISE,
        version: healthy,
        doing: Doing::Start,
        moves: &[
            "ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE", "COMPLETE",
        ],
        ends: Ends::OnTheNewVersion,
    },
    Course {
        name: "blue-green-differing",
        strategy: BLUE_GREEN,
        version: differing,
        doing: Doing::Start,
        moves: &["ADVANCE", "ADVANCE", "ROLL_BACK"],
        ends: Ends::OnTheOldVersion,
    },
    Course {
        name: "ending",
        strategy: HALF,
        version: |name| version(name, "asked > 20 and os.kill(os.getpid(), 9)", BODY, 0.0),
        doing: Doing::Start,
        moves: &["ADVANCE", "ROLL_BACK"],
        ends: Ends::OnTheOldVersion,
    },
];

fn differing(name: &str) -> String {
    version(name, "pass", r#"{"price": 3, "unid": "EUR"}"#, 0.0)
}

#[test]
fn a_controller_that_is_killed_at_any_effect_goes_on_and_does_no_step_twice() {
    let service = Service::new("{ setWeight = 50 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    let every = figure(16, 1);
    let mut kills = 0;
    for (place, course) in COURSES.iter().enumerate() {
        service.plan(course.strategy);
        // Another part of the effects of each course.
        let first = place as u32 % every;
        kills += course.kill_at_every(every, first, &service);
    }
    for pair in 0..figure(2, 200) {
        let (turn, place) = (pair / COURSES.len() as u32, pair % COURSES.len() as u32);
        let course = &COURSES[place as usize];
        service.plan(course.strategy);
        // Most ways have some twenty effects; no two turns of a way are alike.
        kills += course.pass(&service, &[turn * 7 % 20, (turn * 11 + place) % 20]);
    }
    eprintln!("{kills} kills");
    assert_eq!(clients.end(), 0, "no request was lost to {kills} kills");
    assert!(kills >= figure(9, 200), "{kills} kills");
    service.stage.answer(0, &["journal", "verify"]);
}

/// Rolls out good and bad versions by the service's own plan, killed at every so many-th effect.
/// How often that was.
pub(crate) fn kill_at_every(every: u32, service: &Service) -> u32 {
    let [good, failing, ..] = &COURSES;
    [good, failing]
        .map(|course| course.kill_at_every(every, 0, service))
        .iter()
        .sum()
}

impl Course {
    /// Goes this way again and again, until there is no effect left to be killed at.
    fn kill_at_every(&self, every: u32, first: u32, service: &Service) -> u32 {
        let effects = (first..).step_by(every as usize);
        let killed = effects.take_while(|effect| self.pass(service, &[*effect]) == 1);
        killed.count() as u32
    }

    /// Goes this way with a version of its own. The program is killed at the first of these effects,
    /// the one that comes after it at the second, counted anew. How many were killed.
    fn pass(&self, service: &Service, deaths: &[u32]) -> u32 {
        let numbers: Vec<_> = deaths.iter().map(u32::to_string).collect();
        let name = format!("{}-{}", self.name, numbers.join("-"));
        service.stage.workspace.write(&name, (self.version)(&name));
        let live = service.status()["desired"]["live"].clone();
        let before = service.history().len();
        let mut program = self.doing.command(service, &name);
        let mut deaths = deaths.iter();
        let mut kills = 0;
        loop {
            if let Some(effect) = deaths.next() {
                program.env("ADJUTANT_DIES_AFTER", effect.to_string());
            }
            let end = program.stdout(Stdio::null()).output().unwrap();
            if end.status.signal() == Some(9) {
                kills += 1;
                program = self.doing.successor(service, &name);
                continue;
            }
            let is_expected = kills == 0 || self.may_end_with(end.status.code());
            assert!(is_expected, "{name}: {end:?}, {}", service.status());
            break;
        }
        let history = service.history();
        let mut told = moves(&history[before..]);
        told.retain(|action| *action != "HOLD");
        assert_eq!(told, self.moves, "{name}");
        let desired = &service.status()["desired"];
        assert_eq!(desired["candidate"], Value::Null, "{name}");
        let ends = if desired["live"] == live {
            Ends::OnTheOldVersion
        } else {
            Ends::OnTheNewVersion
        };
        assert_eq!(ends, self.ends, "{name}");
        kills
    }

    /// Whether a program that comes after one that was killed may end so. A rollback that was
    /// decided is done, and then its version is blocked.
    fn may_end_with(&self, code: Option<i32>) -> bool {
        match (self.doing, self.ends) {
            (Doing::Start | Doing::Run, Ends::OnTheNewVersion) => code == Some(0),
            (Doing::Start | Doing::Run, Ends::OnTheOldVersion) => matches!(code, Some(30 | 40)),
            (Doing::Abort | Doing::Undo, _) => matches!(code, Some(0 | 30)),
        }
    }
}

impl Doing {
    /// The next program after one that was killed.
    fn successor(self, service: &Service, artifact: &str) -> Command {
        match self {
            Doing::Start => start(service, artifact),
            Doing::Abort | Doing::Run | Doing::Undo => {
                service.stage.command(&["rollout", "run", "search"])
            }
        }
    }

    /// The program that is killed, with all that comes before it done.
    fn command(self, service: &Service, artifact: &str) -> Command {
        let order = |order| {
            let words = ["rollout", order, "search", "--because", "lunch"];
            service.stage.command(&words)
        };
        match self {
            Doing::Start => start(service, artifact),
            Doing::Abort => {
                leave_at_its_pause(service, artifact);
                order("abort")
            }
            Doing::Run => {
                leave_at_its_pause(service, artifact);
                for earlier in ["pause", "resume", "promote"] {
                    assert!(quietly(&mut order(earlier)).status().unwrap().success());
                }
                service.stage.command(&["rollout", "run", "search"])
            }
            Doing::Undo => {
                assert_eq!(service.start(artifact), 0);
                order("undo")
            }
        }
    }
}

fn start(service: &Service, artifact: &str) -> Command {
    let words = ["rollout", "start", "search", "--artifact", artifact];
    service.stage.command(&words)
}

fn quietly(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

/// A rollout that waits for a person, and whose controller was killed there.
fn leave_at_its_pause(service: &Service, artifact: &str) {
    let mut controller = quietly(&mut start(service, artifact)).spawn().unwrap();
    service.until("at its pause", |status| {
        status["state"]["step"] == 2 && status["phase"] == "progressing"
    });
    controller.kill().unwrap();
    controller.wait().unwrap();
}
