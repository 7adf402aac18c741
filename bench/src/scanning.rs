//! `adjutant model scan` and picklescan, as whole processes, on archives of a gigabyte.

use std::path::Path;

use anyhow::Result;

use crate::machine;
use crate::process::{Cost, run};
use crate::python::Python;
use crate::results::{Demand, Section, number, page, size, time};
use crate::timing::median;
use crate::{FULL, Scale};

/// The tensors of an archive, in mebibytes.
const TENSORS_MIB: u32 = 960;
/// A pickle with a vocabulary and a history, in about as many megabytes.
const PICKLE_MB: u32 = 40;
/// What scanning may take of memory, however large the archive is: most of it is the memo of a
/// pickle with millions of texts, which is bounded.
const MEMORY_BYTES_MAX: f64 = 256e6;

/// Compares, and returns the page.
pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = Python::install(folder, sources)?;
    let tenth = if scale.rounds < FULL.rounds { 10 } else { 1 };
    let mut sections = Vec::new();
    for (title, pickle) in [
        ("(a) A checkpoint of tensors", 0),
        (
            "(b) A checkpoint with a vocabulary and a history",
            PICKLE_MB,
        ),
    ] {
        eprintln!("{title}");
        let sizes = [TENSORS_MIB / tenth, pickle / tenth];
        sections.push(section(title, sizes, scale, &python, folder, adjutant)?);
    }
    let machine = machine::describe("picklescan 1.0.5")?;
    Ok(page(
        "Results: scanning models",
        "cargo xtask bench scan",
        &machine,
        &sections,
    ))
}

fn section(
    title: &'static str,
    [tensors, pickle]: [u32; 2],
    scale: Scale,
    python: &Python,
    folder: &Path,
    adjutant: &Path,
) -> Result<Section> {
    let archive = folder.join(format!("model_{tensors}_{pickle}.pt"));
    if !archive.is_file() {
        let partial = archive.with_extension("partial");
        let [tensors, pickle] = [tensors, pickle].map(|size| size.to_string());
        let arguments = [partial.as_os_str(), tensors.as_ref(), pickle.as_ref()];
        python.print("model_archive.py", &arguments)?;
        std::fs::rename(&partial, &archive)?;
    }
    let picklescan = python.interpreter.with_file_name("picklescan");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _round in 0..scale.rounds {
        let arguments = ["-p".into(), archive.clone().into()];
        theirs.push(run(folder, &picklescan, &arguments, &[0])?);
        let arguments = ["model".into(), "scan".into(), archive.clone().into()];
        ours.push(run(folder, adjutant, &arguments, &[0])?);
    }
    let (ours, theirs) = (typical(&ours), typical(&theirs));
    Ok(Section {
        title,
        method: format!(
            "An archive as `torch.save` writes it, of {tensors} MiB of tensors and a pickle of about \
             {pickle} MB, in the page cache. `adjutant model scan FILE` and `picklescan -p FILE`, \
             from the start of the process to its end; memory is the largest resident set. Both \
             find nothing. Adjutant also looks at the first bytes of every tensor, and at what \
             the archive does not list."
        ),
        figures: vec![cost("Adjutant", ours), cost("picklescan", theirs)],
        demands: vec![
            Demand::at_least(
                format!("{title}, against picklescan"),
                10.0,
                theirs.seconds / ours.seconds,
            ),
            Demand {
                what: format!("{title}: its memory"),
                demand: format!("≤ {}", size(MEMORY_BYTES_MAX)),
                measured: format!(
                    "{} (picklescan {}× as much)",
                    size(ours.memory),
                    number(theirs.memory / ours.memory)
                ),
                is_met: ours.memory <= MEMORY_BYTES_MAX,
            },
        ],
    })
}

fn cost(name: &str, cost: Cost) -> (String, String) {
    let figure = format!("{}, {}", time(cost.seconds), size(cost.memory));
    (name.to_owned(), figure)
}

fn typical(costs: &[Cost]) -> Cost {
    let seconds: Vec<f64> = costs.iter().map(|cost| cost.seconds).collect();
    let memory: Vec<f64> = costs.iter().map(|cost| cost.memory).collect();
    Cost::of_parts(median(&seconds), median(&memory))
}
