//! The data that is measured on: log-normal latencies with a median of 54.6 ms, one request in
//! two hundred failed, from a fixed seed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Whose latencies: the candidate's are 2 % longer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arm {
    Baseline,
    Candidate,
}

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notation {
    Csv,
    Ndjson,
    /// Raw `f64`, for numpy.
    Raw,
}

/// The latencies of `rows` requests, in milliseconds.
pub(crate) fn latencies(arm: Arm, rows: usize) -> Vec<f64> {
    let (seed, factor) = match arm {
        Arm::Baseline => (1, 1.0),
        Arm::Candidate => (2, 1.02),
    };
    let mut random = Random(seed);
    (0..rows)
        .map(|_| factor * (4.0 + 0.5 * random.normal()).exp())
        .collect()
}

/// A file of `rows` requests in `folder`; written once.
pub(crate) fn file(folder: &Path, arm: Arm, rows: usize, notation: Notation) -> Result<PathBuf> {
    let extension = match notation {
        Notation::Csv => "csv",
        Notation::Ndjson => "ndjson",
        Notation::Raw => "f64",
    };
    let path = folder.join(format!("{arm:?}-{rows}.{extension}").to_lowercase());
    if !path.exists() {
        let unfinished = path.with_extension("unfinished");
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
        write_rows(&mut out, &latencies(arm, rows), notation)?;
        out.flush()?;
        std::fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}

fn write_rows(out: &mut impl Write, latencies: &[f64], notation: Notation) -> Result<()> {
    let mut random = Random(3);
    if let Notation::Csv = notation {
        writeln!(out, "latency_ms,status")?;
    }
    for latency in latencies {
        let status = if random.uniform() < 0.005 { 503 } else { 200 };
        match notation {
            Notation::Csv => writeln!(out, "{latency:.6},{status}")?,
            Notation::Ndjson => {
                writeln!(out, "{{\"latency_ms\":{latency:.6},\"status\":{status}}}")?;
            }
            Notation::Raw => out.write_all(&latency.to_le_bytes())?,
        }
    }
    Ok(())
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In `[0, 1)`.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
