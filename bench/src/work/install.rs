//! Installs the peers, with pinned versions, into one folder. What cannot be installed is named
//! with what is missing.

use std::fs::{copy, create_dir_all, read_dir, read_to_string};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::backlog::Backlog;
use super::crosslink::Crosslink;
use super::task_master::TaskMaster;
use super::taskwarrior::Taskwarrior;
use super::tracker::{Tracker, printed};
use crate::python::succeed;

/// Its sources build on stable Rust, with the lock file that it ships.
const CROSSLINK: &str = "0.9.0-beta.1";

/// A contender that is not there.
pub(super) struct Missing {
    pub(super) name: &'static str,
    pub(super) why: String,
}

/// What could be installed, and what could not.
pub(super) struct Peers {
    pub(super) trackers: Vec<Box<dyn Tracker>>,
    pub(super) missing: Vec<Missing>,
}

/// Installs what is not installed yet.
pub(super) fn install(folder: &Path) -> Result<Peers> {
    create_dir_all(folder)?;
    let mut peers = Peers {
        trackers: Vec::new(),
        missing: Vec::new(),
    };
    let npm = from_npm(&folder.join("npm"));
    let npm = npm.map_err(|error| format!("{error:#}"));
    peers.add(
        "Backlog.md",
        npm.clone().map(|bin| Backlog {
            program: bin.join("backlog"),
        }),
    );
    peers.add(
        "task-master-ai",
        npm.and_then(|bin| task_master(&bin).map_err(|e| format!("{e:#}"))),
    );
    peers.add(
        "Taskwarrior",
        from_debian(&folder.join("debian")).map_err(|e| format!("{e:#}")),
    );
    peers.add(
        "Crosslink",
        from_crates(&folder.join("crates")).map_err(|e| format!("{e:#}")),
    );
    Ok(peers)
}

impl Peers {
    fn add<T: Tracker + 'static>(&mut self, name: &'static str, tracker: Result<T, String>) {
        match tracker {
            Ok(tracker) => self.trackers.push(Box::new(tracker)),
            Err(why) => self.missing.push(Missing { name, why }),
        }
    }
}

/// The folder of the programs that `peers/package.json` names.
fn from_npm(folder: &Path) -> Result<PathBuf> {
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/package.json");
    let stamp = folder.join("installed.json");
    let programs = folder.join("node_modules/.bin");
    if read_to_string(&stamp)
        .is_ok_and(|installed| read_to_string(&wanted).is_ok_and(|wanted| wanted == installed))
    {
        return Ok(programs);
    }
    eprintln!("installing the peers from npm into {}", folder.display());
    create_dir_all(folder)?;
    copy(&wanted, folder.join("package.json"))?;
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
    succeed(&mut npm).context("npm is needed (Debian: nodejs and npm)")?;
    copy(&wanted, &stamp)?;
    Ok(programs)
}

fn task_master(programs: &Path) -> Result<TaskMaster> {
    let package = programs.join("../task-master-ai/package.json");
    let package: Value = serde_json::from_str(&read_to_string(package)?)?;
    let version = package["version"]
        .as_str()
        .context("a package has a version")?;
    Ok(TaskMaster {
        program: programs.join("task-master"),
        version: version.to_owned(),
    })
}

/// Debian's package, unpacked; nothing is installed on the machine itself.
fn from_debian(folder: &Path) -> Result<Taskwarrior> {
    let program = folder.join("usr/bin/task");
    if !program.is_file() {
        eprintln!("unpacking Taskwarrior into {}", folder.display());
        create_dir_all(folder)?;
        let needed = "Debian's apt-get and its package lists are needed (apt-get update)";
        let mut download = Command::new("apt-get");
        download
            .current_dir(folder)
            .args(["download", "taskwarrior"]);
        succeed(&mut download).context(needed)?;
        for entry in read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                succeed(Command::new("dpkg").arg("-x").arg(path).arg(folder))?;
            }
        }
    }
    let version = printed(&program, &["--version"])
        .context("Taskwarrior does not start (apt-get install taskwarrior brings its libraries)")?;
    Ok(Taskwarrior { program, version })
}

fn from_crates(folder: &Path) -> Result<Crosslink> {
    let program = folder.join("bin/crosslink");
    if !program.is_file() {
        eprintln!("building Crosslink {CROSSLINK}; this takes minutes, once");
        let build = folder.join("build");
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "crosslink", "--locked", "--version", CROSSLINK]);
        cargo
            .arg("--root")
            .arg(folder)
            .arg("--target-dir")
            .arg(&build);
        succeed(&mut cargo).context("cargo install crosslink --locked")?;
        std::fs::remove_dir_all(build)?;
    }
    Ok(Crosslink {
        program,
        version: CROSSLINK,
    })
}
