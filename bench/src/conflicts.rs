//! Conflicts between work trees, side by side with `clash`: 30 work trees of a large repository,
//! with commits, uncommitted and untracked edits, and two planted conflicts.

mod field;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use self::field::{COMMITTED, Field, UNCOMMITTED};
use crate::process::{Cost, is_realtime, run};
use crate::python::succeed;
use crate::results::{Demand, Section, page, time};
use crate::timing::median;
use crate::{Scale, machine};

/// Its sources build on stable Rust, with the lock file that it ships.
const CLASH: &str = "0.2.0";

/// What a look may take when it knows what earlier ones saw.
const WARM_SECONDS_MAX: f64 = 1.0;

/// What the first look may take.
const COLD_SECONDS_MAX: f64 = 5.0;

/// Something conflicts.
const REFUSED: i32 = 40;

/// Compares, and returns the page.
pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    let clash = install(&folder.join("clash")).map_err(|error| format!("{error:#}"));
    let field = Field::lay_out(folder, scale.rounds < crate::FULL.rounds)?;
    let git = succeed(Command::new("git").arg("--version"))?;
    let git = String::from_utf8(git.stdout)?;
    let machine = machine::describe(&format!(
        "{}, clash {CLASH}{}",
        git.trim(),
        if clash.is_ok() { "" } else { ": not measured" }
    ))?;
    let rounds = scale.rounds;
    let sections = [
        speed(&field, adjutant, clash.as_deref(), rounds)?,
        finds(&field, adjutant, clash.as_deref())?,
    ];
    Ok(page(
        "Results: conflicts between work trees",
        "cargo xtask bench conflicts",
        &machine,
        &sections,
    ))
}

fn install(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("bin/clash");
    if !program.is_file() {
        eprintln!("building clash {CLASH}; this takes minutes, once");
        let build = folder.join("build");
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "clash-sh", "--locked", "--version", CLASH]);
        cargo
            .arg("--root")
            .arg(folder)
            .arg("--target-dir")
            .arg(&build);
        succeed(&mut cargo).context("cargo install clash-sh --locked")?;
        std::fs::remove_dir_all(build)?;
    }
    Ok(program)
}

fn arguments(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// What each turn took.
#[derive(Default)]
struct Turns {
    warm: Vec<Cost>,
    edited: Vec<Cost>,
    cold: Vec<Cost>,
    clash: Vec<Cost>,
}

fn seconds(costs: &[Cost]) -> f64 {
    let seconds: Vec<f64> = costs.iter().map(|cost| cost.seconds).collect();
    median(&seconds)
}

fn figure(name: &str, costs: &[Cost]) -> (String, String) {
    let all = || costs.iter().map(|cost| cost.seconds);
    let (least, most) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(0.0, f64::max),
    );
    let processor: Vec<f64> = costs.iter().map(|cost| cost.processor_seconds).collect();
    let figure = format!(
        "{} (n = {}, {} to {}), {} of the processors",
        time(seconds(costs)),
        costs.len(),
        time(least),
        time(most),
        time(median(&processor))
    );
    (name.to_owned(), figure)
}

fn at_most(what: &str, costs: &[Cost], most: f64) -> Demand {
    Demand {
        what: what.to_owned(),
        demand: format!("≤ {}", time(most)),
        measured: time(seconds(costs)),
        is_met: seconds(costs) <= most,
    }
}

fn speed(
    field: &Field,
    adjutant: &Path,
    clash: Result<&Path, &String>,
    rounds: usize,
) -> Result<Section> {
    eprintln!("looking at {} work trees", field.trees());
    let ours = arguments(&["task", "conflicts", "--format", "json"]);
    let theirs = arguments(&["status", "--json"]);
    let look = || run(field.main(), adjutant, &ours, &[REFUSED]);
    let mut turns = Turns::default();
    for round in 0..rounds {
        field.forget()?;
        turns.cold.push(look()?);
        field.let_it_settle();
        look()?;
        turns.warm.push(look()?);
        field.edit_one(round)?;
        turns.edited.push(look()?);
        if let Ok(clash) = clash {
            turns.clash.push(run(field.main(), clash, &theirs, &[0])?);
        }
    }
    let priority = if is_realtime() {
        " Every process had real-time priority, because other work kept the machine busy."
    } else {
        ""
    };
    let mut figures = vec![
        figure("Adjutant, the first look", &turns.cold),
        figure("Adjutant, nothing changed since", &turns.warm),
        figure("Adjutant, one file edited since", &turns.edited),
    ];
    figures.push(match clash {
        Ok(_) => figure("clash status (commits only)", &turns.clash),
        Err(why) => ("clash".to_owned(), format!("NO DATA AVAILABLE: {why}")),
    });
    Ok(Section {
        title: "Looking at all work trees",
        method: field.method() + priority,
        figures,
        demands: vec![
            at_most(
                "the first look, nothing remembered",
                &turns.cold,
                COLD_SECONDS_MAX,
            ),
            at_most("a look when nothing changed", &turns.warm, WARM_SECONDS_MAX),
            at_most("a look after an edit", &turns.edited, WARM_SECONDS_MAX),
        ],
    })
}

fn finds(field: &Field, adjutant: &Path, clash: Result<&Path, &String>) -> Result<Section> {
    let ours = conflicts(field, adjutant, &["task", "conflicts", "--format", "json"])?;
    let found = |files: &[String], file: &str| files.iter().any(|found| found == file);
    let planted = [
        ("committed on both sides", COMMITTED),
        ("uncommitted on both sides", UNCOMMITTED),
    ];
    let mut figures = Vec::new();
    let mut demands = Vec::new();
    let theirs = match clash {
        Ok(clash) => Some(conflicts(field, clash, &["status", "--json"])?),
        Err(_) => None,
    };
    for (what, file) in planted {
        let said = |files: &[String]| {
            if found(files, file) {
                "found"
            } else {
                "missed"
            }
        };
        let clash = theirs.as_deref().map_or("NO DATA AVAILABLE", said);
        figures.push((
            format!("the conflict that is {what}"),
            format!("Adjutant: {}, clash: {clash}", said(&ours)),
        ));
        demands.push(Demand {
            what: format!("the planted conflict, {what}"),
            demand: "found".to_owned(),
            measured: format!("{} (clash: {clash})", said(&ours)),
            is_met: found(&ours, file),
        });
    }
    Ok(Section {
        title: "What is found",
        method: "Two pairs of work trees change the same line of a file: one pair in commits, one \
                 without committing. clash merges commits; Adjutant merges what lies in the work \
                 trees."
            .to_owned(),
        figures,
        demands,
    })
}

/// The files in which a program finds conflicts, in no order.
fn conflicts(field: &Field, program: &Path, words: &[&str]) -> Result<Vec<String>> {
    let output = Command::new(program)
        .current_dir(field.main())
        .args(words)
        .output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{} {words:?}: {output:?}", program.display()))?;
    let listed = answer["conflicts"].as_array();
    let listed = listed.with_context(|| format!("{} lists conflicts", program.display()))?;
    let mut files = Vec::new();
    for conflict in listed {
        ensure!(conflict["error"].is_null(), "{conflict}");
        let path = conflict["path"].as_str();
        let paths = conflict["conflicting_files"].as_array();
        files.extend(path.map(str::to_owned));
        let paths = paths.into_iter().flatten().filter_map(Value::as_str);
        files.extend(paths.map(str::to_owned));
    }
    Ok(files)
}
