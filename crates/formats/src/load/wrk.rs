//! wrk's text output, with or without `--latency`.
//!
//! wrk corrects its latencies for coordinated omission by adding values, so how many values stand
//! behind them is not in the file. A late answer (`timeout`) has no latency, but it can have a bad
//! status as well: where both occur the number of failed requests is not in the file either.

use std::str::Lines;

use adjutant_domain::{Locator, Measurement, Unit};

use crate::figure::Figure;
use crate::{FormatError, Place, text};

const REMEDY: &str = "Give all that wrk printed, from `Running …` to `Transfer/sec`.";
/// wrk's units of time and their milliseconds, as units of exponent or as a factor.
const TIME_UNITS: [(&str, Scale); 5] = [
    ("us", Scale::PowerOfTen(-3)),
    ("ms", Scale::PowerOfTen(0)),
    ("s", Scale::PowerOfTen(3)),
    ("m", Scale::Factor(60_000.0)),
    ("h", Scale::Factor(3_600_000.0)),
];

#[derive(Clone, Copy)]
enum Scale {
    PowerOfTen(i32),
    Factor(f64),
}

/// Whether a file that begins with `head` is wrk's output.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        let head = head.trim_start();
        head.starts_with("Running ") && head.contains("\n  Thread Stats")
    })
}

/// The measurements of wrk's output.
///
/// # Errors
/// When the text is not wrk's, is cut off, or holds a number that cannot be read.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let text = text::decode(bytes)?;
    let mut output = Output::default();
    let mut lines = Numbered {
        lines: text.lines(),
        line: 0,
    };
    while let Some((line, row)) = lines.next() {
        let words: Vec<&str> = row.split_whitespace().collect();
        match words.as_slice() {
            ["Latency", mean, deviation, max, _share] => {
                for (statistic, time) in [("mean", mean), ("stddev", deviation), ("max", max)] {
                    output.latency(line, statistic, time)?;
                }
            }
            ["Latency", "Distribution"] => percentiles(&mut lines, &mut output)?,
            [requests, "requests", "in", ..] => {
                output.requests = Some((line, count(line, requests)?));
            }
            ["Socket", "errors:", errors @ ..] => output.socket_errors(line, errors)?,
            ["Non-2xx", "or", "3xx", "responses:", bad] => output.bad_statuses = count(line, bad)?,
            ["Requests/sec:", rate] => output.rate = Some((line, decimal(line, rate)?)),
            ["Transfer/sec:", _bytes] => output.complete = true,
            _ => {}
        }
    }
    output.measurements()
}

struct Numbered<'a> {
    lines: Lines<'a>,
    line: u64,
}

impl<'a> Iterator for Numbered<'a> {
    type Item = (u64, &'a str);

    fn next(&mut self) -> Option<(u64, &'a str)> {
        self.line += 1;
        self.lines.next().map(|row| (self.line, row))
    }
}

/// The four lines under `Latency Distribution`, such as `99%   15.10ms`.
fn percentiles(lines: &mut Numbered<'_>, output: &mut Output) -> Result<(), FormatError> {
    for wanted in ["50%", "75%", "90%", "99%"] {
        let (line, row) = lines.next().unwrap_or((lines.line, ""));
        let words: Vec<&str> = row.split_whitespace().collect();
        let [percent, time] = words.as_slice() else {
            return Err(wrong(line, format!("the {wanted} percentile is missing")));
        };
        if *percent != wanted {
            return Err(wrong(line, format!("the {wanted} percentile is missing")));
        }
        let statistic = format!("p{}", percent.trim_end_matches('%'));
        output.latency(line, &statistic, time)?;
    }
    Ok(())
}

/// What wrk printed, as far as it is read.
#[derive(Default)]
struct Output {
    latencies: Vec<(u64, String, f64)>,
    requests: Option<(u64, u64)>,
    /// Requests that got no answer: connect, read and write errors.
    unanswered: u64,
    late: u64,
    bad_statuses: u64,
    rate: Option<(u64, f64)>,
    complete: bool,
}

impl Output {
    fn latency(&mut self, line: u64, statistic: &str, time: &str) -> Result<(), FormatError> {
        let value = milliseconds(time);
        let value = value.ok_or_else(|| wrong(line, format!("{time:?} is not a time")))?;
        self.latencies.push((line, statistic.to_owned(), value));
        Ok(())
    }

    /// `connect 0, read 3, write 0, timeout 1`.
    fn socket_errors(&mut self, line: u64, words: &[&str]) -> Result<(), FormatError> {
        let [
            "connect",
            connect,
            "read",
            read,
            "write",
            write,
            "timeout",
            timeout,
        ] = words
        else {
            return Err(wrong(line, "the socket errors are not complete"));
        };
        for errors in [connect, read, write] {
            let errors = count(line, errors.trim_end_matches(','))?;
            self.unanswered = self.unanswered.saturating_add(errors);
        }
        self.late = count(line, timeout)?;
        Ok(())
    }

    fn measurements(self) -> Result<Vec<Measurement>, FormatError> {
        let missing = |what: &str| {
            let problem = format!("{what} is missing; the text is cut off or not wrk's");
            FormatError::new(Place::Whole, problem, REMEDY)
        };
        let (requests_line, requests) =
            self.requests.ok_or_else(|| missing("`… requests in …`"))?;
        let (rate_line, rate) = self.rate.ok_or_else(|| missing("`Requests/sec`"))?;
        if self.latencies.is_empty() {
            return Err(missing("`Latency`"));
        }
        if !self.complete {
            return Err(missing("`Transfer/sec`"));
        }
        let figure = Figure::new("latency_ms", Unit::Milliseconds)?;
        let mut measurements = Vec::new();
        // Without a recorded latency wrk prints zeros.
        if requests > self.late {
            for (line, statistic, value) in &self.latencies {
                measurements.push(figure.scalar(Locator::Line(*line), statistic, *value, None));
            }
        }
        measurements.push(Figure::new("throughput", Unit::PerSecond)?.scalar(
            Locator::Line(rate_line),
            "rate",
            rate,
            Some(requests),
        ));
        if self.late == 0 || self.bad_statuses == 0 {
            let failed = self
                .late
                .max(self.bad_statuses)
                .saturating_add(self.unanswered);
            let all = requests.saturating_add(self.unanswered);
            if failed > all {
                let problem = format!("{failed} requests failed, but there were only {all}");
                return Err(wrong(requests_line, problem));
            }
            let figure = Figure::new("error_rate", Unit::Ratio)?;
            measurements.push(figure.proportion(Locator::Line(requests_line), failed, all));
        }
        Ok(measurements)
    }
}

fn wrong(line: u64, problem: impl Into<String>) -> FormatError {
    FormatError::new(Place::Line(line), problem, REMEDY)
}

fn count(line: u64, word: &str) -> Result<u64, FormatError> {
    word.parse()
        .map_err(|_not_a_count| wrong(line, format!("{word:?} is not a count")))
}

fn decimal(line: u64, word: &str) -> Result<f64, FormatError> {
    plain_decimal(word, 0).ok_or_else(|| wrong(line, format!("{word:?} is not a number")))
}

/// A time such as `6.71ms`.
fn milliseconds(time: &str) -> Option<f64> {
    let split = time.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = time.split_at_checked(split)?;
    let (_unit, scale) = TIME_UNITS.iter().find(|(name, _scale)| *name == unit)?;
    match scale {
        Scale::PowerOfTen(exponent) => plain_decimal(number, *exponent),
        Scale::Factor(factor) => plain_decimal(number, 0).map(|value| value * factor),
    }
}

/// Digits with an optional point, times ten to `exponent`, rounded once.
fn plain_decimal(number: &str, exponent: i32) -> Option<f64> {
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let parsed = plain.then(|| format!("{number}e{exponent}").parse::<f64>().ok())?;
    parsed.filter(|value| value.is_finite())
}
