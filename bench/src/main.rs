//! The side-by-side comparisons: ours and what a user takes today, on the same data, in turns,
//! in one run. Writes `bench/RESULTS*.md`, one page for each part.
//!
//! `cargo run --release -p adjutant-bench [-- PART]`, after `cargo build --release`; with `--quick`
//! on a tenth of the data, to see that it works. Without a part, all of them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's command talks to its terminal"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the peers and the program are measured as processes"
)]

mod conflicts;
mod contracts;
mod data;
mod intervals;
mod machine;
mod passes;
mod process;
mod python;
mod reading;
mod results;
mod rollouts;
mod scanning;
mod server;
mod shadowing;
mod timing;
mod traffic;
mod whole;
mod work;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use mimalloc::MiMalloc;

use python::Python;
use rollouts::Amount;

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// Rows of a file for an interval and for a whole process.
    rows: usize,
    /// Rows of the arrays in memory and of the files whose reading is timed.
    rows_large: usize,
    /// How often each contender has its turn.
    rounds: usize,
}

const FULL: Scale = Scale {
    rows: 1_000_000,
    rows_large: 10_000_000,
    rounds: 9,
};

const QUICK: Scale = Scale {
    rows: 100_000,
    rows_large: 1_000_000,
    rounds: 3,
};

/// What is compared, each on a page of its own.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Statistics, readers of files, gates.
    Samples,
    /// Tasks: claims, ready work, filing.
    Work,
    /// Conflicts between work trees.
    Conflicts,
    /// Model files.
    Scan,
    /// Contracts: what a change breaks.
    Schema,
    /// Recorded responses.
    Shadow,
    /// The reverse proxy.
    Traffic,
    /// Planted faults, rolled out for real.
    Rollouts,
    /// The HTTP API.
    Server,
}

const ALL: [Part; 9] = [
    Part::Samples,
    Part::Work,
    Part::Conflicts,
    Part::Scan,
    Part::Schema,
    Part::Shadow,
    Part::Traffic,
    Part::Rollouts,
    Part::Server,
];

impl Part {
    /// The file of its results.
    fn page(self) -> &'static str {
        match self {
            Part::Samples => "RESULTS.md",
            Part::Work => "RESULTS-work.md",
            Part::Conflicts => "RESULTS-conflicts.md",
            Part::Scan => "RESULTS-scan.md",
            Part::Schema => "RESULTS-schema.md",
            Part::Shadow => "RESULTS-shadow.md",
            Part::Traffic => "RESULTS-traffic.md",
            Part::Rollouts => "RESULTS-rollouts.md",
            Part::Server => "RESULTS-server.md",
        }
    }
}

/// What every comparison of samples needs.
struct Bench {
    scale: Scale,
    /// Where data and the Python environment lie, inside the target folder.
    folder: PathBuf,
    python: Python,
    /// The release binary.
    adjutant: PathBuf,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(process::HELPER.as_ref()) {
        println!("{}", process::help(arguments)?);
        return Ok(());
    }
    let mut scale = FULL;
    let mut amount = Amount::FULL;
    let mut parts = Vec::new();
    let mut words = first.into_iter().chain(arguments);
    while let Some(argument) = words.next() {
        let mut count = || count_of(&argument, words.next());
        match argument.to_string_lossy().as_ref() {
            "--quick" => (scale, amount) = (QUICK, Amount::QUICK),
            "--faulty" => amount.faulty = count()?,
            "--healthy" => amount.healthy = count()?,
            "--lanes" => amount.lanes = count()?.max(1),
            "samples" => parts.push(Part::Samples),
            "work" => parts.push(Part::Work),
            "conflicts" => parts.push(Part::Conflicts),
            "scan" => parts.push(Part::Scan),
            "schema" => parts.push(Part::Schema),
            "shadow" => parts.push(Part::Shadow),
            "traffic" => parts.push(Part::Traffic),
            "rollouts" => parts.push(Part::Rollouts),
            "server" => parts.push(Part::Server),
            other => {
                bail!(
                    "{other:?} is not known; there is samples, work, conflicts, scan, schema, shadow, \
                     traffic, rollouts [--faulty N] [--healthy N] [--lanes N], server, --quick"
                )
            }
        }
    }
    if parts.is_empty() {
        parts = ALL.to_vec();
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = std::env::current_exe()?;
    let target = program.parent().context("the program lies in a folder")?;
    let adjutant = target.join("adjutant");
    ensure!(
        adjutant.is_file(),
        "{} is missing: run `cargo build --release` first",
        adjutant.display()
    );
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    for part in parts {
        let page = match part {
            Part::Samples => compare_samples(scale, &folder, &adjutant)?,
            Part::Work => work::compare(scale, &folder.join("work"), &adjutant)?,
            Part::Conflicts => conflicts::compare(scale, &folder.join("conflicts"), &adjutant)?,
            Part::Scan => scanning::compare(scale, &folder, &adjutant)?,
            Part::Schema => contracts::compare(scale, &folder.join("schema"), &adjutant)?,
            Part::Shadow => shadowing::compare(scale, &folder, &adjutant)?,
            Part::Traffic => traffic::compare(scale, &folder.join("traffic"), &adjutant)?,
            Part::Rollouts => rollouts::compare(amount, &folder.join("rollouts"), &adjutant)?,
            Part::Server => server::compare(scale, &folder.join("server"), &adjutant)?,
        };
        let path = sources.join(part.page());
        std::fs::write(&path, &page)?;
        eprintln!("{page}\nwritten to {}", path.display());
    }
    Ok(())
}

fn count_of(option: &OsStr, word: Option<OsString>) -> Result<usize> {
    let word = word.with_context(|| format!("{} needs a number", option.display()))?;
    let count = word.to_str().and_then(|word| word.parse().ok());
    count.with_context(|| format!("{} is not a number", word.display()))
}

fn compare_samples(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bench = Bench {
        scale,
        python: Python::install(folder, sources)?,
        folder: folder.to_owned(),
        adjutant: adjutant.to_owned(),
    };
    let machine = machine::describe(&bench.python.print("versions.py", &[])?)?;
    let sections = vec![
        intervals::compare(&bench)?,
        passes::compare(&bench)?,
        reading::compare(&bench)?,
        whole::compare_files(&bench)?,
        whole::start_gate(&bench)?,
    ];
    Ok(results::page(
        "Results",
        "cargo xtask bench samples",
        &machine,
        &sections,
    ))
}
