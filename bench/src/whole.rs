//! Whole processes: `adjutant compare` and `adjutant gate`, from their start to their end.

use std::ffi::OsString;
use std::path::Path;

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
        let script = bench.python.script("compare_pandas.py").into_os_string();
        let arguments = [script, baseline.clone().into(), candidate.clone().into()];
        pandas.push(run(
            &bench.folder,
            &bench.python.interpreter,
            &arguments,
            &[0],
        )?);
        for _ in 0..3 {
            let mut arguments = vec!["compare".into()];
            arguments.extend([baseline.clone().into(), candidate.clone().into()]);
            arguments.extend(["--measure".into(), "p95".into()]);
            // PASS, INCONCLUSIVE, FAIL.
            ours.push(run(
                &bench.folder,
                &bench.adjutant,
                &arguments,
                &[0, 20, 30],
            )?);
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
                what: "(d) its memory".to_owned(),
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
        nothing.push(run(&folder, "true".as_ref(), &[], &[0])?);
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
            what: "(e) starting the gate, beyond `true`".to_owned(),
            demand: format!("≤ {}", time(GATE_SECONDS_MAX)),
            measured: time(extra),
            is_met: extra <= GATE_SECONDS_MAX,
        }],
    })
}

fn ask_gate(bench: &Bench, folder: &Path, baseline: &Path, candidate: &Path) -> Result<Cost> {
    let evidence = |subject: &str, path: &Path| {
        let mut text = OsString::from(format!("{subject}="));
        text.push(path);
        ["--evidence".into(), text]
    };
    let mut arguments: Vec<OsString> = vec!["gate".into(), "release".into()];
    arguments.extend(evidence("baseline", baseline));
    arguments.extend(evidence("candidate", candidate));
    // GO, SHADOW ONLY, PAUSE_AND_FIX, REJECT.
    run(folder, &bench.adjutant, &arguments, &[0, 10, 20, 30])
}

fn typical(costs: &[Cost]) -> Cost {
    let of = |part: fn(&Cost) -> f64| median(&costs.iter().map(part).collect::<Vec<_>>());
    Cost::of_parts(of(|cost| cost.seconds), of(|cost| cost.memory))
}

fn cost(name: &str, cost: Cost) -> (String, String) {
    (
        name.to_owned(),
        format!("{}, {}", time(cost.seconds), size(cost.memory)),
    )
}
