//! Folders that Criterion.rs writes: which file in them holds the samples. It does not read the
//! file.
//!
//! A sample file does not name its benchmark, so a folder of several benchmarks is refused: their
//! times must not be mixed.

use std::path::{Path, PathBuf};

/// `target/criterion/GROUP/FUNCTION/PARAMETER/new` is the deepest that Criterion writes.
const DEPTH_MAX: usize = 4;

/// The newest measurement of a benchmark, below the benchmark's folder.
const SAMPLES: &str = "new/sample.json";

/// A folder without the samples of exactly one benchmark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CriterionError {
    /// It cannot be listed, or holds none.
    #[error("the folder holds no {SAMPLES} of Criterion")]
    NoSamples,
    /// It holds those of several.
    #[error("the folder holds {} benchmarks: {}", .0.len(), .0.join(", "))]
    Several(Vec<String>),
}

impl CriterionError {
    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            CriterionError::NoSamples => "Name a file, or the folder of one Criterion benchmark.",
            CriterionError::Several(_) => "Name the folder of one benchmark.",
        }
    }
}

/// The sample file of the one benchmark in `folder`.
///
/// # Errors
/// When there is none, or more than one.
pub fn sample_file_in(folder: &Path) -> Result<PathBuf, CriterionError> {
    let beside = folder.join("sample.json");
    if beside.is_file() {
        return Ok(beside);
    }
    let mut found = Vec::new();
    search(folder, DEPTH_MAX, &mut found);
    found.sort();
    match found.as_slice() {
        [] => Err(CriterionError::NoSamples),
        [one] => Ok(one.join(SAMPLES)),
        several => Err(CriterionError::Several(
            several
                .iter()
                .map(|benchmark| {
                    let within = benchmark.strip_prefix(folder).unwrap_or(benchmark);
                    within.display().to_string()
                })
                .collect(),
        )),
    }
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if folder.join(SAMPLES).is_file() {
        found.push(folder.to_owned());
        return;
    }
    if depth == 0 {
        return;
    }
    // A folder that cannot be listed has no samples that could be read.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            search(&path, depth - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn benchmark(root: &Path, name: &str) {
        let folder = root.join(name).join("new");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("sample.json"), "{}").unwrap();
    }

    #[test]
    fn the_samples_of_one_benchmark_are_found_at_any_depth() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(sample_file_in(root.path()), Err(CriterionError::NoSamples));
        benchmark(root.path(), "group/sort/1000");
        let samples = root.path().join("group/sort/1000/new/sample.json");
        for folder in ["", "group", "group/sort/1000", "group/sort/1000/new"] {
            assert_eq!(
                sample_file_in(&root.path().join(folder)),
                Ok(samples.clone()),
                "{folder}"
            );
        }
    }

    #[test]
    fn several_benchmarks_are_never_mixed() {
        let root = tempfile::tempdir().unwrap();
        benchmark(root.path(), "sort");
        benchmark(root.path(), "search");
        assert_eq!(
            sample_file_in(root.path()),
            Err(CriterionError::Several(vec![
                "search".to_owned(),
                "sort".to_owned()
            ]))
        );
    }
}
