//! The formats that are read: their names, how a file's format is told, and their readers.
//!
//! This is the one list of formats: a format that is not here is not read, whatever module it has.

use adjutant_domain::Measurement;

use crate::agent::{claude_code, codex, gemini_cli};
use crate::benchmark::{bencher, criterion_estimates, criterion_sample, hyperfine};
use crate::integration::{deps_align, model_diff, model_scan, schema_diff, shadow_compare};
use crate::load::{
    hdrhistogram, hey, k6_machine, k6_points, k6_summary, locust, locust_history, oha, wrk,
};
use crate::quality::{cobertura, junit, lcov, sarif};
use crate::retrieval::{trec_qrels, trec_run};
use crate::samples::{self, Syntax};
use crate::task_progress;
use crate::telemetry::{mlflow, prometheus};
use crate::{FormatError, Place};

/// How many bytes of a file's start are enough to tell its format.
pub const HEAD_BYTES: usize = 64 * 1_024;

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a format; the formats are {}", Format::names())]
pub struct UnknownFormat {
    /// The name that was given.
    pub given: String,
}

macro_rules! formats {
    ($($(#[$doc:meta])* $format:ident = $name:literal, $recognises:path, $read:path;)*) => {
        /// A format that is read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Format {
            $($(#[$doc])* $format,)*
        }

        impl Format {
            /// Every format, in the order in which a file is tried.
            pub const ALL: &[Format] = &[$(Format::$format,)*];

            /// The name, as `--as` takes it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Format::$format => $name,)*
                }
            }

            fn recognises(self, head: &[u8], file_name: &str) -> bool {
                match self {
                    $(Format::$format => $recognises(head, file_name),)*
                }
            }

            fn read(self, bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
                match self {
                    $(Format::$format => $read(bytes),)*
                }
            }
        }
    };
}

// Formats that a file must spell out come first; samples, which a file's name alone may tell,
// come last.
formats! {
    /// JUnit XML.
    Junit = "junit", junit::recognises, junit::read;
    /// lcov tracefiles.
    Lcov = "lcov", lcov::recognises, lcov::read;
    /// Cobertura XML.
    Cobertura = "cobertura", cobertura::recognises, cobertura::read;
    /// SARIF 2.1.0.
    Sarif = "sarif", sarif::recognises, sarif::read;
    /// The answer of `adjutant schema diff`.
    SchemaDiff = "schema-diff", schema_diff::recognises, schema_diff::read;
    /// The answer of `adjutant deps align`.
    DepsAlign = "deps-align", deps_align::recognises, deps_align::read;
    /// The answer of `adjutant model scan`.
    ModelScan = "model-scan", model_scan::recognises, model_scan::read;
    /// The answer of `adjutant model diff`.
    ModelDiff = "model-diff", model_diff::recognises, model_diff::read;
    /// The answer of `adjutant shadow compare`.
    ShadowCompare = "shadow-compare", shadow_compare::recognises, shadow_compare::read;
    /// How many tasks stand how, as a gate notes it.
    TaskProgress = "task-progress", task_progress::recognises, task_progress::read;
    /// A TREC run.
    TrecRun = "trec-run", trec_run::recognises, trec_run::read;
    /// TREC relevance judgements.
    TrecQrels = "trec-qrels", trec_qrels::recognises, trec_qrels::read;
    /// Answers of Prometheus.
    Prometheus = "prometheus", prometheus::recognises, prometheus::read;
    /// A run of MLflow.
    Mlflow = "mlflow", mlflow::recognises, mlflow::read;
    /// k6's older summary.
    K6Summary = "k6-summary", k6_summary::recognises, k6_summary::read;
    /// k6's machine-readable summary.
    K6Machine = "k6-summary-machine", k6_machine::recognises, k6_machine::read;
    /// k6's points.
    K6Points = "k6-points", k6_points::recognises, k6_points::read;
    /// oha's JSON.
    Oha = "oha", oha::recognises, oha::read;
    /// hey's CSV.
    Hey = "hey", hey::recognises, hey::read;
    /// Locust's requests CSV.
    Locust = "locust", locust::recognises, locust::read;
    /// Locust's history CSV.
    LocustHistory = "locust-history", locust_history::recognises, locust_history::read;
    /// wrk's text.
    Wrk = "wrk", wrk::recognises, wrk::read;
    /// HdrHistogram's interval log.
    HdrHistogram = "hdrhistogram", hdrhistogram::recognises, hdrhistogram::read;
    /// hyperfine's JSON.
    Hyperfine = "hyperfine", hyperfine::recognises, hyperfine::read;
    /// Criterion's `estimates.json`.
    CriterionEstimates = "criterion-estimates", criterion_estimates::recognises, criterion_estimates::read;
    /// Criterion's `sample.json`.
    CriterionSample = "criterion-sample", criterion_sample::recognises, criterion_sample::read;
    /// Bencher Metric Format.
    Bencher = "bencher", bencher::recognises, bencher::read;
    /// Claude Code's transcript.
    ClaudeCode = "claude-code", claude_code::recognises, claude_code::read;
    /// Codex's transcript.
    CodexExec = "codex-exec", codex::recognises, codex::read;
    /// Gemini CLI's stream.
    GeminiCliStream = "gemini-cli-stream", gemini_cli::recognises_stream, gemini_cli::read_stream;
    /// Gemini CLI's JSON.
    GeminiCli = "gemini-cli", gemini_cli::recognises_object, gemini_cli::read_object;
    /// Raw samples, one JSON object a line.
    SamplesNdjson = "samples-ndjson", samples::recognises_ndjson, read_samples_ndjson;
    /// Raw samples, comma-separated with a header.
    SamplesCsv = "samples-csv", samples::recognises_csv, read_samples_csv;
}

/// The format of a file, told by its name and its first [`HEAD_BYTES`] bytes (or all of them).
///
/// # Errors
/// When it is none that is read.
pub fn recognise(file_name: &str, head: &[u8]) -> Result<Format, FormatError> {
    let told = |format: &&Format| format.recognises(head, file_name);
    match Format::ALL.iter().find(told) {
        Some(format) => Ok(*format),
        None if head.trim_ascii().is_empty() => Err(FormatError::new(
            Place::Whole,
            "the file is empty",
            "Run the tool again and check that it ends without an error.",
        )),
        None => Err(FormatError::new(
            Place::Whole,
            "the format is not recognised",
            format!("Name it; the formats are {}.", Format::names()),
        )),
    }
}

/// The measurements that a whole file holds.
///
/// # Errors
/// When the bytes are not what `format` demands. Nothing of the file is kept then.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    format.read(bytes)
}

fn read_samples_csv(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    samples::read_in_two(Syntax::Csv, &samples::Selection::default(), bytes)
}

fn read_samples_ndjson(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    samples::read_in_two(Syntax::Ndjson, &samples::Selection::default(), bytes)
}

impl Format {
    /// How the rows are written, for formats that [`samples`] can read piece by piece.
    pub fn syntax(self) -> Option<Syntax> {
        if self == Format::SamplesCsv {
            Some(Syntax::Csv)
        } else if self == Format::SamplesNdjson {
            Some(Syntax::Ndjson)
        } else {
            None
        }
    }

    fn names() -> String {
        Format::ALL
            .iter()
            .map(|format| format.name())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(given: &str) -> Result<Self, UnknownFormat> {
        let named = Format::ALL.iter().find(|format| format.name() == given);
        named.copied().ok_or_else(|| UnknownFormat {
            given: given.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_the_name_it_shows() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(*format));
        }
    }

    #[test]
    fn a_file_that_is_not_recognised_is_told_the_formats() {
        let error = recognise("notes.txt", b"hello\n").unwrap_err();
        assert!(error.remedy.contains("junit"), "{error:?}");
        let error = "excel".parse::<Format>().unwrap_err();
        assert!(error.to_string().contains("samples-csv"), "{error}");
    }

    #[test]
    fn samples_are_recognised_by_header_first_object_or_name() {
        for (name, head, format) in [
            ("a", "latency_ms,status\n1,200\n", Format::SamplesCsv),
            ("a", "\u{feff}id,\"latency_us\"\r\n", Format::SamplesCsv),
            ("a.csv", "score\n1\n", Format::SamplesCsv),
            ("a.CSV", "", Format::SamplesCsv),
            (
                "a",
                "{\"t\": 1, \"latency_ms\": 2}\n",
                Format::SamplesNdjson,
            ),
            ("a.jsonl", "{\"score\":1}\n", Format::SamplesNdjson),
        ] {
            assert_eq!(
                recognise(name, head.as_bytes()),
                Ok(format),
                "{name} {head:?}"
            );
        }
    }
}
