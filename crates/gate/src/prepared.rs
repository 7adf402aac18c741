//! One quantity of a policy, computed from the evidence once and then asked at any confidence.

use std::collections::BTreeSet;

use adjutant_domain::{
    Citation, Confidence, Data, Evidence, Interval, Measured, Outcome, Subject, Timestamp, Unit,
    Validity,
};

use crate::change::{Change, Contrast};
use crate::contrast::{contrast, reading};
use crate::decision::{Accepted, Needed};
use crate::evaluate::{Case, Detail, SourceFailure};
use crate::judge::{Quantity, Region};
use crate::piece::{Missing, Piece, Pool};
use crate::policy::{Ask, Demand};
use crate::reading::{Reading, Settings};
use crate::statistic::Statistic;
use crate::words;

/// How far in the future evidence may lie: clocks of two machines differ.
const CLOCK_SKEW_MS: i64 = 300_000;

/// The subject whose run leaves the visual features out.
const ABLATION: &str = "ablation";

/// A quantity and what is demanded of it.
pub(crate) struct Prepared<'a> {
    ask: &'a Ask,
    demand: Demand,
    seed: u64,
    computed: Computed<'a>,
    /// Why fresh evidence has no answer, where stale evidence or a failed source explains it.
    instead: Option<Missing>,
}

enum Computed<'a> {
    Own(Box<Result<Reading<'a>, Missing>>),
    Both(Box<Contrast<'a>>),
}

/// An answer at one confidence.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) observed: Option<Measured>,
    pub(crate) arms: Vec<(Subject, Measured)>,
    pub(crate) confidence: Confidence,
    pub(crate) accepted: Accepted,
    pub(crate) method: String,
    pub(crate) validity: Validity,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) needed: Needed,
}

/// Gathers the evidence a quantity needs and computes it.
pub(crate) fn prepare<'a>(
    ask: &'a Ask,
    demand: Demand,
    seed: u64,
    case: &Case<'a>,
) -> Prepared<'a> {
    let fresh = pool(ask, case, |evidence| is_fresh(ask, evidence, case.now));
    let computed = compute(ask, demand, seed, &fresh);
    let no_data = missing_of(&computed).filter(|missing| missing.validity == Validity::NoData);
    let instead = no_data.and_then(|missing| {
        let everything = pool(ask, case, |_| true);
        let is_stale = everything.len() > fresh.len()
            && missing_of(&compute(ask, demand, seed, &everything))
                .is_none_or(|still| still.validity != Validity::NoData);
        if is_stale {
            return Some(Missing::because(
                Validity::Stale,
                "the evidence is older than the policy allows, or lies in the future: measure again",
            ));
        }
        source_failure(ask, demand, case.failures).map(|failed| Missing {
            needed: missing.needed,
            ..failed
        })
    });
    Prepared {
        ask,
        demand,
        seed,
        computed,
        instead,
    }
}

fn compute<'a>(ask: &'a Ask, demand: Demand, seed: u64, pool: &Pool<'a>) -> Computed<'a> {
    let settings = Settings {
        success: ask.success,
        paired: ask.paired,
        clustered: ask.clustered,
        grade_min: ask.grade_min,
        seed,
        aliases: &ask.aliases,
    };
    match demand.quantity() {
        Quantity::Own => Computed::Own(Box::new(reading(
            &ask.statistic,
            &pool.candidate,
            pool,
            &settings,
        ))),
        Quantity::Difference | Quantity::Relative => {
            Computed::Both(Box::new(contrast(&ask.statistic, pool, &settings)))
        }
    }
}

fn missing_of(computed: &Computed<'_>) -> Option<Missing> {
    match computed {
        Computed::Own(reading) => reading.as_ref().as_ref().err().cloned(),
        Computed::Both(both) => both.missing(),
    }
}

/// The measurements that a quantity may look at. What is given twice counts once: the same place of
/// the same artifact is the same measurement, under whatever run.
fn pool<'a>(ask: &Ask, case: &Case<'a>, is_usable: impl Fn(&Evidence) -> bool) -> Pool<'a> {
    let mut pool = Pool::default();
    let mut seen = BTreeSet::new();
    for evidence in case.evidence.iter().filter(|evidence| is_usable(evidence)) {
        let pieces = evidence.measurements.iter().map(|measurement| Piece {
            evidence: Some(evidence),
            measurement,
        });
        for piece in pieces {
            let found = piece.measurement;
            let place = (&found.measure, &found.labels, &found.locator);
            if !seen.insert((&evidence.subject, evidence.artifact, place)) {
                continue;
            }
            if let Data::Judgements(_) = piece.measurement.data {
                pool.judgements.push(piece);
                continue;
            }
            let is_meant = ask.labels.matches(&piece.measurement.labels);
            if is_meant && evidence.subject == ask.subject {
                pool.candidate.push(piece);
            }
            if is_meant && evidence.subject == Subject::baseline() {
                pool.baseline.push(piece);
            }
            if evidence.subject.as_str() == ABLATION {
                pool.ablation.push(piece);
            }
        }
    }
    pool
}

/// Evidence from the future cannot be told to be fresh.
fn is_fresh(ask: &Ask, evidence: &Evidence, now: Timestamp) -> bool {
    ask.stale_after_ms.is_none_or(|limit| {
        let age = now.unix_millis() - evidence.taken_at.unix_millis();
        (-CLOCK_SKEW_MS..=limit).contains(&age)
    })
}

/// The failed source that explains missing data of this quantity.
fn source_failure(ask: &Ask, demand: Demand, failures: &[SourceFailure]) -> Option<Missing> {
    let needs_baseline =
        demand.quantity() != Quantity::Own || matches!(ask.statistic, Statistic::Correlation);
    let concerns = |subject: &Subject| {
        if *subject == ask.subject {
            return true;
        }
        if *subject == Subject::baseline() {
            return needs_baseline;
        }
        // Judgements come under any name.
        *subject != Subject::candidate() && words::needs_judgements(&ask.statistic)
    };
    let failure = failures.iter().find(|failure| concerns(&failure.subject))?;
    let validity = if failure.empty {
        Validity::NoData
    } else {
        Validity::SourceError
    };
    Some(Missing::because(
        validity,
        format!("{}: {}", failure.what, failure.why),
    ))
}

impl Prepared<'_> {
    /// The answer at a confidence.
    pub(crate) fn answer(&self, confidence: Confidence, detail: Detail) -> Answer {
        let region = self.demand.region(self.ask.better);
        let (value, unit, n, interval) = self.observe(confidence);
        let interval = interval.and_then(|interval| self.check(unit, n, interval));
        let interval = match (&self.instead, interval) {
            (Some(missing), Err(_)) => Err(missing.clone()),
            (Some(_) | None, interval) => interval,
        };
        let observed = value.and_then(|value| {
            let shown = interval.as_ref().ok().copied();
            Measured::new(value, unit, shown, n, self.citations()).ok()
        });
        let judged = self.judge(&region, value, n, interval);
        Answer {
            observed,
            arms: match detail {
                Detail::Full => self.arms(confidence),
                Detail::Judged => vec![],
            },
            confidence,
            accepted: region.accepted(),
            method: self.method(),
            validity: judged.0,
            outcome: judged.1,
            reason: judged.2,
            needed: judged.3,
        }
    }

    fn observe(
        &self,
        confidence: Confidence,
    ) -> (Option<f64>, Unit, u64, Result<Interval, Missing>) {
        match &self.computed {
            Computed::Own(own) => match own.as_ref() {
                Ok(reading) => (
                    Some(reading.value),
                    reading.unit,
                    reading.n,
                    reading.interval(confidence, self.seed),
                ),
                Err(missing) => (None, Unit::One, 0, Err(missing.clone())),
            },
            Computed::Both(both) => {
                let is_relative = self.demand.quantity() == Quantity::Relative;
                let Change { value, interval } = if is_relative {
                    both.relative(confidence, self.seed)
                } else {
                    both.difference(confidence, self.seed)
                };
                let unit = if is_relative {
                    Unit::Ratio
                } else {
                    both.unit()
                };
                (value, unit, both.n(), interval)
            }
        }
    }

    /// What the policy demands of the evidence itself: a unit that fits and enough observations.
    fn check(&self, unit: Unit, n: u64, interval: Interval) -> Result<Interval, Missing> {
        let measured = match (&self.computed, self.demand.quantity()) {
            (Computed::Both(both), Quantity::Relative) => both.unit(),
            (Computed::Own(_) | Computed::Both(_), _any) => unit,
        };
        self.demand
            .check_unit(measured)
            .map_err(|problem| Missing::because(Validity::SourceError, problem))?;
        if n < self.ask.samples_min {
            return Err(Missing::samples(
                format!(
                    "{n} samples are fewer than the {} of the policy",
                    self.ask.samples_min
                ),
                self.ask.samples_min - n,
            ));
        }
        Ok(interval)
    }

    fn judge(
        &self,
        region: &Region,
        value: Option<f64>,
        n: u64,
        interval: Result<Interval, Missing>,
    ) -> (Validity, Outcome, String, Needed) {
        let (interval, value) = match (interval, value) {
            (Ok(interval), Some(value)) => (interval, value),
            (Ok(_), None) => {
                let missing = Missing::interval("there is an interval and no value");
                return self.unanswered(&missing, n);
            }
            (Err(missing), _) => return self.unanswered(&missing, n),
        };
        let outcome = region.judge(interval);
        let mut needed = Needed {
            distance: region.distance(interval),
            ..Needed::default()
        };
        if outcome == Outcome::Inconclusive {
            needed.samples = region.samples_needed(n, value, interval);
            needed.minutes = needed.samples.and_then(|samples| self.minutes(samples, n));
            needed.command = Some(words::command(self.ask, self.demand));
        }
        let reason = words::reason(outcome, self.is_exact());
        (Validity::Valid, outcome, reason, needed)
    }

    fn unanswered(&self, missing: &Missing, n: u64) -> (Validity, Outcome, String, Needed) {
        let needed = Needed {
            samples: missing.needed,
            minutes: missing.needed.and_then(|samples| self.minutes(samples, n)),
            distance: None,
            command: Some(words::command(self.ask, self.demand)),
        };
        (
            missing.validity,
            Outcome::Inconclusive,
            missing.reason.clone(),
            needed,
        )
    }

    /// How long more samples take at the rate of the evidence, where its timestamps tell one.
    fn minutes(&self, samples: u64, n: u64) -> Option<f64> {
        if matches!(self.ask.statistic, Statistic::Throughput) {
            return Some(samples as f64 / 60.0);
        }
        let span_ms = self
            .used()
            .iter()
            .filter_map(|piece| piece.evidence)
            .filter(|evidence| evidence.subject == self.ask.subject)
            .filter_map(span_ms)
            .fold(0.0, f64::max);
        (span_ms > 0.0 && n > 0).then(|| samples as f64 * (span_ms / n as f64) / 60_000.0)
    }

    fn is_exact(&self) -> bool {
        self.ask.statistic.is_census()
    }

    fn method(&self) -> String {
        match &self.computed {
            Computed::Own(own) => own
                .as_ref()
                .as_ref()
                .map_or_else(|_| String::new(), Reading::method),
            Computed::Both(both) => both.method(),
        }
    }

    /// Each arm's own value.
    fn arms(&self, confidence: Confidence) -> Vec<(Subject, Measured)> {
        let measured = |subject: &Subject, reading: &Reading<'_>| {
            let interval = reading.interval(confidence, self.seed).ok();
            let sources = cite(&reading.used);
            let measured = Measured::new(reading.value, reading.unit, interval, reading.n, sources);
            measured.ok().map(|measured| (subject.clone(), measured))
        };
        match &self.computed {
            Computed::Own(own) => own
                .as_ref()
                .as_ref()
                .ok()
                .and_then(|reading| measured(&self.ask.subject, reading))
                .into_iter()
                .collect(),
            Computed::Both(both) => {
                let baseline = both.baseline.as_ref().ok();
                let candidate = both.candidate.as_ref().ok();
                baseline
                    .and_then(|reading| measured(&Subject::baseline(), reading))
                    .into_iter()
                    .chain(candidate.and_then(|reading| measured(&self.ask.subject, reading)))
                    .collect()
            }
        }
    }

    fn used(&self) -> Vec<Piece<'_>> {
        match &self.computed {
            Computed::Own(own) => own
                .as_ref()
                .as_ref()
                .map_or_else(|_| vec![], |reading| reading.used.clone()),
            Computed::Both(both) => [&both.candidate, &both.baseline]
                .into_iter()
                .flatten()
                .flat_map(|reading| reading.used.iter().copied())
                .collect(),
        }
    }

    fn citations(&self) -> Vec<Citation> {
        cite(&self.used())
    }

    /// The artifacts that the asked subject's value comes from.
    pub(crate) fn artifacts(&self) -> BTreeSet<adjutant_domain::Digest> {
        self.used()
            .iter()
            .filter_map(|piece| piece.evidence)
            .filter(|evidence| evidence.subject == self.ask.subject)
            .map(|evidence| evidence.artifact)
            .collect()
    }
}

fn cite(pieces: &[Piece<'_>]) -> Vec<Citation> {
    let mut seen = BTreeSet::new();
    pieces
        .iter()
        .filter_map(|piece| {
            piece
                .evidence
                .map(|evidence| evidence.cite(piece.measurement))
        })
        .filter(|citation| seen.insert(citation.clone()))
        .collect()
}

/// From the first to the last timestamp of a file.
fn span_ms(evidence: &Evidence) -> Option<f64> {
    let timestamps = evidence
        .measurements
        .iter()
        .find(|measurement| measurement.measure.as_str() == "timestamp_ms")?;
    let Data::Samples(samples) = &timestamps.data else {
        return None;
    };
    let (low, high) = samples
        .values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &ms| {
            (low.min(ms), high.max(ms))
        });
    (high > low).then_some(high - low)
}
