//! `adjutant shadow compare` and a script with deepdiff, on recorded responses.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::machine;
use crate::process::run;
use crate::python::Python;
use crate::results::{Demand, Section, number, page, size, time};
use crate::timing::{median, timed};
use crate::{FULL, Scale};

/// The script would take an hour on a million pairs: it gets these, and is scaled per pair.
const PEER_PAIRS: usize = 20_000;
/// One pair in so many disagrees.
const DISAGREEMENT_EVERY: usize = 100;
/// What comparing may take of memory, however long the recordings are.
const MEMORY_BYTES_MAX: f64 = 64e6;

#[derive(Debug, Deserialize)]
struct Counted {
    pairs: usize,
    disagreeing: usize,
}

/// Compares, and returns the page.
pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = Python::install(folder, sources)?;
    let pairs = scale.rows;
    eprintln!("{pairs} pairs of recorded responses");
    let data = tempfile_folder(folder)?;
    let baseline = recording(&data.join("baseline.ndjson"), pairs, usize::MAX)?;
    let candidate = recording(&data.join("candidate.ndjson"), pairs, DISAGREEMENT_EVERY)?;
    let rounds = if scale.rounds < FULL.rounds { 1 } else { 3 };
    let (mut ours, mut memory, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let count = PEER_PAIRS.to_string();
    for _ in 0..rounds {
        let arguments = [baseline.as_os_str(), candidate.as_os_str(), count.as_ref()];
        let (seconds, counted) =
            timed(|| python.ask::<Counted>("compare_responses.py", &arguments));
        let counted = counted?;
        ensure!(
            counted.pairs == PEER_PAIRS && counted.disagreeing == PEER_PAIRS / DISAGREEMENT_EVERY,
            "the script counted {counted:?}"
        );
        theirs.push(seconds / PEER_PAIRS as f64);
        let mut arguments = vec!["shadow".into(), "compare".into(), "--baseline".into()];
        arguments.extend([baseline.clone().into(), "--candidate".into()]);
        arguments.push(candidate.clone().into());
        // One of a hundred is worse than acceptable.
        let cost = run(folder, adjutant, &arguments, &[30])?;
        ours.push(cost.seconds / pairs as f64);
        memory.push(cost.memory);
    }
    std::fs::remove_dir_all(&data)?;
    let (ours, theirs, memory) = (median(&ours), median(&theirs), median(&memory));
    let section = section(pairs, [ours, theirs], memory);
    let machine = machine::describe("deepdiff 9.1.0")?;
    Ok(page(
        "Results: recorded responses",
        "cargo xtask bench shadow",
        &machine,
        &[section],
    ))
}

fn section(pairs: usize, [ours, theirs]: [f64; 2], memory: f64) -> Section {
    let all = pairs as f64;
    Section {
        title: "Two recordings compared",
        method: format!(
            "{pairs} pairs of a search answer with ten hits, of which one in {DISAGREEMENT_EVERY} \
             differs in one score, in the page cache. `adjutant shadow compare` on all of them, \
             from the start of the process to its end, and `peers/compare_responses.py` (deepdiff \
             on each pair of bodies) on the first {PEER_PAIRS}, **scaled** per pair; memory is the \
             largest resident set."
        ),
        figures: vec![
            (
                "Adjutant".to_owned(),
                format!("{}, {}", time(ours * all), size(memory)),
            ),
            (
                "deepdiff, scaled".to_owned(),
                format!("{} ({} a pair)", time(theirs * all), time(theirs)),
            ),
        ],
        demands: vec![
            Demand::at_least(
                "comparing recordings, against deepdiff",
                50.0,
                theirs / ours,
            ),
            Demand {
                what: "its memory".to_owned(),
                demand: format!("≤ {}", size(MEMORY_BYTES_MAX)),
                measured: format!("{} ({} bytes a pair)", size(memory), number(memory / all)),
                is_met: memory <= MEMORY_BYTES_MAX,
            },
        ],
    }
}

fn tempfile_folder(folder: &Path) -> Result<PathBuf> {
    let data = folder.join("shadow");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&data)?;
    Ok(data)
}

/// Writes a recording in which every `other`th response has another score.
fn recording(path: &Path, pairs: usize, other: usize) -> Result<PathBuf> {
    let file = std::fs::File::create(path).with_context(|| path.display().to_string())?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    for pair in 0..pairs {
        write!(
            file,
            "{{\"request\":{{\"id\":\"r-{pair}\"}},\"status\":200,\"body\":{{\"total\":{},\"hits\":[",
            pair % 977
        )?;
        for hit in 0..10 {
            let is_other = hit == 3 && other != usize::MAX && pair % other == 0;
            let score = (pair * 31 + hit * 7919) % 99_991 + usize::from(is_other) * 100_000;
            let comma = if hit == 0 { "" } else { "," };
            write!(file, "{comma}{{\"id\":{},\"s\":0.{score:06}1}}", pair + hit)?;
        }
        writeln!(file, "]}}}}")?;
    }
    file.flush()?;
    Ok(path.to_owned())
}
