//! Whole processes: `adjutant compare` and `adjutant gate`, from their start to their end.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::Bench;
use crate::data::{Arm, Notation, file};
use crate::process::{Cost, run};
use crate::results::{Demand, Section, number, size, time};
use crate::timing::median;

/// Rows of evidence for a gate that is asked about little.
const ROWS_SMALL: usize = 500;
/// What starting the gate may cost beyond starting `true`.
const GATE_SECONDS_MAX: f64 = 0.015;

/// `adjutant compare` on two CSV files, and the script a user would write.
pub(crate) fn compare_files(bench: &Bench) -> Result<Section> {
    let rows = bench.scale.rows;
    eprintln!("(d) whole process on two files of {rows} rows");
    let baseline = file(&bench.folder, Arm::Baseline, rows, Notation::Csv)?;
    let candidate = file(&bench.folder, Arm::Candidate, rows, Notation::Csv)?;
    let (mut ours, mut pandas) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let mut script = Command::new(&bench.python.interpreter);
        script.arg(bench.python.script("compare_pandas.py"));
        pandas.push(run(script.args([&baseline, &candidate]), &[0])?);
        for _ in 0..3 {
            let mut program = Command::new(&bench.adjutant);
            program.arg("compare").args([&baseline, &candidate]);
            // PASS, INCONCLUSIVE, FAIL.
            ours.push(run(program.args(["--measure", "p95"]), &[0, 20, 30])?);
        }
    }
    let (ours, pandas) = (typical(&ours), typical(&pandas));
    let memory = pandas.memory / ours.memory;
    Ok(Section {
        title: "(d) A whole comparison",
        method: format!(
            "`adjutant compare BASELINE CANDIDATE --measure p95` on two CSV files of {rows} rows, \
             and `peers/compare_pandas.py` on the same, from the start of the process to its end; \
             memory is the largest resident set."
        ),
        figures: vec![cost("Adjutant", ours), cost("pandas and numpy", pandas)],
        demands: vec![
            Demand::at_least(
                "(d) a whole comparison of two CSV files, against pandas",
                20.0,
                pandas.seconds / ours.seconds,
            ),
            Demand {
                what: "(d) its memory",
                demand: "a fraction".to_owned(),
                measured: format!("1/{} ({})", number(memory), size(ours.memory)),
                is_met: memory > 2.0,
            },
        ],
    })
}

/// `adjutant gate` on small inputs, and `true`.
pub(crate) fn start_gate(bench: &Bench) -> Result<Section> {
    eprintln!("(e) starting the gate");
    let folder = bench.folder.join("gate");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let baseline = file(&bench.folder, Arm::Baseline, ROWS_SMALL, Notation::Csv)?;
    let candidate = file(&bench.folder, Arm::Candidate, ROWS_SMALL, Notation::Csv)?;
    let first = ask_gate(bench, &folder, &baseline, &candidate)?;
    let (mut gate, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds * 3 {
        nothing.push(run(&mut Command::new("true"), &[0])?);
        gate.push(ask_gate(bench, &folder, &baseline, &candidate)?);
    }
    let (gate, nothing) = (typical(&gate), typical(&nothing));
    let extra = gate.seconds - nothing.seconds;
    Ok(Section {
        title: "(e) Starting the gate",
        method: format!(
            "`adjutant gate release` on two CSV files of {ROWS_SMALL} rows, with its store: the \
             evidence and the decision are recorded each time. The first run also creates the \
             store."
        ),
        figures: vec![
            cost("Adjutant", gate),
            cost("Adjutant, first run", first),
            cost("`true`", nothing),
        ],
        demands: vec![Demand {
            what: "(e) starting the gate, beyond `true`",
            demand: format!("≤ {}", time(GATE_SECONDS_MAX)),
            measured: time(extra),
            is_met: extra <= GATE_SECONDS_MAX,
        }],
    })
}

fn ask_gate(bench: &Bench, folder: &Path, baseline: &Path, candidate: &Path) -> Result<Cost> {
    let mut program = Command::new(&bench.adjutant);
    program.current_dir(folder).args(["gate", "release"]);
    program
        .arg("--evidence")
        .arg(format!("baseline={}", baseline.display()));
    program
        .arg("--evidence")
        .arg(format!("candidate={}", candidate.display()));
    // GO, SHADOW ONLY, PAUSE_AND_FIX, REJECT.
    run(&mut program, &[0, 10, 20, 30])
}

fn typical(costs: &[Cost]) -> Cost {
    let of = |part: fn(&Cost) -> f64| median(&costs.iter().map(part).collect::<Vec<_>>());
    Cost {
        seconds: of(|cost| cost.seconds),
        memory: of(|cost| cost.memory),
    }
}

fn cost(name: &str, cost: Cost) -> (String, String) {
    (
        name.to_owned(),
        format!("{}, {}", time(cost.seconds), size(cost.memory)),
    )
}
