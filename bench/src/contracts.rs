//! `adjutant schema diff` on two large OpenAPI descriptions, from its start to its end. There is
//! nobody beside it: oasdiff is built from Go modules, which this machine cannot get.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use crate::Scale;
use crate::machine;
use crate::process::run;
use crate::results::{self, Demand, Section, size, time};
use crate::timing::median;

/// Lines of each description, at least.
const LINES: usize = 20_000;
/// What an answer may take, so that it is no reason to leave the check out.
const SECONDS_MAX: f64 = 1.0;

pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    std::fs::create_dir_all(folder)?;
    let (old, new) = (description(false), description(true));
    let lines = old.lines().count();
    std::fs::write(folder.join("baseline.yaml"), old)?;
    std::fs::write(folder.join("candidate.yaml"), new)?;
    let arguments = [
        "schema",
        "diff",
        "--baseline",
        "baseline.yaml",
        "--candidate",
        "candidate.yaml",
        "--format",
        "json",
    ]
    .map(OsString::from);
    let (mut seconds, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        let cost = run(folder, adjutant, &arguments, &[30])?;
        seconds.push(cost.seconds);
        memory.push(cost.memory);
    }
    let typical = median(&seconds);
    let section = Section {
        title: "Two large OpenAPI descriptions",
        method: format!(
            "`adjutant schema diff --format json`, from the start of the process to its end, on \
             generated descriptions of {lines} lines of YAML whose candidate differs in every tenth \
             schema and every twentieth operation. oasdiff is not beside it: its Go modules could \
             not be had on the machine."
        ),
        figures: vec![(
            "Adjutant".to_owned(),
            format!("{}, {}", time(typical), size(median(&memory))),
        )],
        demands: vec![Demand {
            what: "an answer about two descriptions of 20,000 lines".to_owned(),
            demand: format!("≤ {}", time(SECONDS_MAX)),
            measured: time(typical),
            is_met: typical <= SECONDS_MAX,
        }],
    };
    let machine = machine::describe("adjutant alone")?;
    let command = "cargo xtask bench schema";
    Ok(results::page(
        "Results for contracts",
        command,
        &machine,
        &[section],
    ))
}

/// A description of resources, each with its schema and two operations: the same text each time.
fn description(is_candidate: bool) -> String {
    let mut paths = String::new();
    let mut schemas = String::new();
    let mut number = 0;
    while paths.lines().count() + schemas.lines().count() < LINES {
        // Counting lines of a growing text costs; a batch at a time is enough.
        for _ in 0..50 {
            resource(&mut paths, &mut schemas, number, is_candidate);
            number += 1;
        }
    }
    format!(
        "openapi: 3.0.3\ninfo:\n  title: Resources\n  version: 1.0.0\npaths:\n{paths}\
         components:\n  schemas:\n{schemas}"
    )
}

fn resource(paths: &mut String, schemas: &mut String, number: usize, is_candidate: bool) {
    let limit = if is_candidate && number.is_multiple_of(20) {
        50
    } else {
        100
    };
    let kinds = if is_candidate && number.is_multiple_of(10) {
        "[small]"
    } else {
        "[small, large]"
    };
    let body = format!(
        "          application/json:\n            schema:\n              \
         $ref: '#/components/schemas/Resource{number}'\n"
    );
    let answer = body.replace("          ", "            ");
    let path = format!(
        "  /resources{number}/{{id}}:\n    get:\n      parameters:\n        - name: id\n          \
         in: path\n          required: true\n          schema:\n            type: string\n        \
         - name: limit\n          in: query\n          schema:\n            type: integer\n            \
         maximum: {limit}\n      responses:\n        '200':\n          description: One\n          \
         content:\n{answer}    put:\n      parameters:\n        - name: id\n          in: path\n          \
         required: true\n          schema:\n            type: string\n      requestBody:\n        \
         content:\n{body}      responses:\n        '204':\n          description: Done\n"
    );
    let next = number.saturating_sub(1);
    let schema = format!(
        "    Resource{number}:\n      type: object\n      required:\n        - name\n      \
         properties:\n        name:\n          type: string\n          maxLength: 80\n        \
         kind:\n          type: string\n          enum: {kinds}\n        before:\n          \
         $ref: '#/components/schemas/Resource{next}'\n"
    );
    // Writing to a String cannot fail.
    let written = write!(paths, "{path}").and_then(|()| write!(schemas, "{schema}"));
    debug_assert!(written.is_ok());
}
