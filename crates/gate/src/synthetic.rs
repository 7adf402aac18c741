//! Evidence with a known truth, for the self-test: the quantity that a criterion asks for has
//! exactly the value that is wanted. Never used for a real decision.

use std::sync::Arc;

use adjutant_domain::{
    Data, Digest, Evidence, Keys, Labels, Locator, Measurement, RunId, Samples, Scalar, Subject,
    Timestamp, Unit,
};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use crate::judge::Quantity;
use crate::policy::{Ask, Demand};
use crate::quantity::Scale;
use crate::statistic::Statistic;

/// Requests an arm.
pub(crate) const REQUESTS: usize = 2_000;
/// Values an arm where a mean is resampled: few, because few are harder.
pub(crate) const VALUES: usize = 150;
/// Labelled queries.
pub(crate) const QUERIES: usize = 150;
/// Scored documents.
pub(crate) const DOCUMENTS: usize = 150;
/// Seconds of load.
pub(crate) const SECONDS: f64 = 60.0;
/// The deviation of the logarithm of log-normal values.
const SPREAD: f64 = 0.3;
/// The scale of the logarithm of log-logistic values, a deviation of 0.27.
const TAIL: f64 = 0.15;

/// What the evidence looks like, in words.
pub(crate) fn description(statistic: &Statistic) -> String {
    match statistic {
        Statistic::Quantile { .. } => format!("{REQUESTS} log-logistic values an arm"),
        Statistic::Mean { .. } => format!("{VALUES} log-normal values an arm"),
        Statistic::ErrorRate => format!("{REQUESTS} requests an arm"),
        Statistic::Throughput => format!("{SECONDS} seconds of Poisson arrivals"),
        Statistic::Ndcg { .. } | Statistic::AblationDrop => format!("{QUERIES} queries"),
        Statistic::ComplianceAtOne => format!("{QUERIES} queries answered by both arms"),
        Statistic::Correlation => format!("{DOCUMENTS} documents scored by both models"),
        Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => "a census, which has no sampling error".to_owned(),
    }
}

/// Evidence in which the demanded quantity is truly `truth`; `None` when a name is not one.
pub(crate) fn evidence(
    ask: &Ask,
    demand: &Demand,
    truth: f64,
    seed: u64,
    now: Timestamp,
) -> Option<Vec<Evidence>> {
    let mut chance = Chance(Xoshiro256PlusPlus::seed_from_u64(seed));
    let baseline = baseline_value(&ask.statistic, demand);
    let candidate = match demand.quantity() {
        Quantity::Own => truth,
        Quantity::Difference => baseline + truth,
        Quantity::Relative => baseline * (1.0 + truth),
    };
    let (of_baseline, of_candidate) =
        measurements(ask, demand, (baseline, candidate), &mut chance)?;
    let record = |subject: Subject, measurements| {
        Some(Evidence {
            subject,
            run: "synthetic".parse::<RunId>().ok()?,
            artifact: Digest::from_bytes([0; 32]),
            file: "synthetic".to_owned(),
            taken_at: now,
            measurements,
        })
    };
    Some(vec![
        record(Subject::baseline(), of_baseline)?,
        record(ask.subject.clone(), of_candidate)?,
    ])
}

/// Where the baseline stands.
fn baseline_value(statistic: &Statistic, demand: &Demand) -> f64 {
    let typical = match statistic {
        Statistic::ErrorRate => 0.02,
        Statistic::ComplianceAtOne
        | Statistic::Ndcg { .. }
        | Statistic::AblationDrop
        | Statistic::Correlation
        | Statistic::Share { .. } => 0.5,
        Statistic::Quantile { .. }
        | Statistic::Mean { .. }
        | Statistic::Throughput
        | Statistic::Count { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => 100.0,
    };
    match demand {
        Demand::Rise(_, margin) | Demand::Fall(_, margin) | Demand::Within(margin) => {
            match margin.scale {
                Scale::Unit(Unit::Ratio | Unit::One) | Scale::Percent | Scale::Points => typical,
                Scale::Unit(
                    Unit::Milliseconds | Unit::PerSecond | Unit::Bytes | Unit::Tokens | Unit::Count,
                ) => 20.0 * margin.value,
            }
        }
        Demand::Value(..) | Demand::Improves => typical,
    }
}

/// The unit that the evidence has to be in for the demand to fit.
fn unit(statistic: &Statistic, demand: &Demand) -> Unit {
    if let Some(unit) = statistic.unit() {
        return unit;
    }
    match demand {
        Demand::Value(_, bound) => bound.unit,
        Demand::Rise(_, margin) | Demand::Fall(_, margin) | Demand::Within(margin) => {
            match margin.scale {
                Scale::Percent => Unit::Milliseconds,
                Scale::Points => Unit::Ratio,
                Scale::Unit(unit) => unit,
            }
        }
        Demand::Improves => Unit::Milliseconds,
    }
}

type Arms = (Vec<Measurement>, Vec<Measurement>);

fn measurements(
    ask: &Ask,
    demand: &Demand,
    (baseline, candidate): (f64, f64),
    chance: &mut Chance,
) -> Option<Arms> {
    let unit = unit(&ask.statistic, demand);
    let one = |name: &str, unit: Unit, data: Data| -> Option<Vec<Measurement>> {
        Some(vec![Measurement {
            measure: name.parse().ok()?,
            labels: labels(ask),
            unit,
            locator: Locator::Whole,
            data,
        }])
    };
    let samples = |name: &str, unit: Unit, values: Vec<f64>| one(name, unit, keyed(values));
    let both = |name: &str, unit: Unit, arms: (Vec<f64>, Vec<f64>)| -> Option<Arms> {
        Some((samples(name, unit, arms.0)?, samples(name, unit, arms.1)?))
    };
    match &ask.statistic {
        Statistic::Quantile { measure, p } => {
            let arms = (
                chance.log_logistic(baseline, *p),
                chance.log_logistic(candidate, *p),
            );
            both(measure.as_str(), unit, arms)
        }
        Statistic::Mean { measure } => {
            let arms = (chance.log_normal(baseline), chance.log_normal(candidate));
            both(measure.as_str(), unit, arms)
        }
        Statistic::ErrorRate => {
            let arms = (chance.statuses(baseline), chance.statuses(candidate));
            both("status", Unit::One, arms)
        }
        Statistic::Throughput => {
            let arms = (chance.arrivals(baseline), chance.arrivals(candidate));
            both("timestamp_ms", Unit::Milliseconds, arms)
        }
        Statistic::Ndcg { k } => both(
            &format!("ndcg@{k}"),
            Unit::One,
            chance.query_values(baseline, candidate),
        ),
        Statistic::ComplianceAtOne => both(
            "compliance@1",
            Unit::One,
            chance.query_answers(baseline, candidate),
        ),
        Statistic::AblationDrop => {
            let values = chance.query_values(candidate, candidate);
            both("visual_ablation_drop", Unit::Ratio, values)
        }
        Statistic::Correlation => both("score", Unit::One, chance.scores(candidate)),
        Statistic::Count { measure }
        | Statistic::Share { measure }
        | Statistic::Value { measure }
        | Statistic::Largest { measure }
        | Statistic::Smallest { measure } => {
            let stated = |value: f64| one(measure.as_str(), unit, scalar(value));
            Some((stated(baseline)?, stated(candidate)?))
        }
    }
}

/// Labels that the criterion's selector matches.
fn labels(ask: &Ask) -> Labels {
    ask.labels
        .globs
        .iter()
        .filter_map(|(label, globs)| {
            let glob = globs.first()?;
            Some((label.clone(), glob.replace('*', "").replace('?', "x")))
        })
        .collect()
}

fn scalar(value: f64) -> Data {
    Data::Scalar(Scalar {
        statistic: "value".to_owned(),
        value,
        interval: None,
        n: None,
    })
}

/// Samples whose row number is their pair key.
fn keyed(values: Vec<f64>) -> Data {
    let keys = Keys {
        names: (0..values.len()).map(|row| row.to_string()).collect(),
        rows: (0..values.len() as u32).collect(),
    };
    Data::Samples(Samples {
        values,
        pair: Some(Arc::new(keys)),
        cluster: None,
    })
}

/// A seeded source of chance.
struct Chance(Xoshiro256PlusPlus);

impl Chance {
    /// In `(0, 1)`.
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Log-logistic values whose `p` quantile is `value`: the heavy tail of latencies, and the
    /// quantile in closed form.
    fn log_logistic(&mut self, value: f64, p: f64) -> Vec<f64> {
        let odds = |share: f64| share / (1.0 - share);
        (0..REQUESTS)
            .map(|_| value * (odds(self.uniform()) / odds(p)).powf(TAIL))
            .collect()
    }

    /// Log-normal values of this mean.
    fn log_normal(&mut self, mean: f64) -> Vec<f64> {
        (0..VALUES)
            .map(|_| mean * (SPREAD * self.normal() - SPREAD * SPREAD / 2.0).exp())
            .collect()
    }

    fn statuses(&mut self, failed: f64) -> Vec<f64> {
        (0..REQUESTS)
            .map(|_| {
                if self.uniform() < failed {
                    500.0
                } else {
                    200.0
                }
            })
            .collect()
    }

    fn arrivals(&mut self, rate: f64) -> Vec<f64> {
        let mut at = 0.0;
        let mut arrivals = Vec::new();
        while at < SECONDS * 1_000.0 {
            arrivals.push(at);
            at -= self.uniform().ln() * 1_000.0 / rate.max(0.1);
        }
        arrivals
    }

    /// Queries differ much from each other and little between the arms.
    fn query_values(&mut self, baseline: f64, candidate: f64) -> (Vec<f64>, Vec<f64>) {
        (0..QUERIES)
            .map(|_| {
                let query = 0.4 * (self.uniform() - 0.5);
                let change = 0.2 * (self.uniform() - 0.5);
                (baseline + query, candidate + query + change)
            })
            .unzip()
    }

    /// Most queries are answered alike by both arms.
    fn query_answers(&mut self, baseline: f64, candidate: f64) -> (Vec<f64>, Vec<f64>) {
        let answer = |draw: f64, share: f64| f64::from(u8::from(draw < share));
        (0..QUERIES)
            .map(|_| {
                let shared = self.uniform();
                let own = self.uniform();
                let of_candidate = if self.uniform() < 0.7 { shared } else { own };
                (answer(shared, baseline), answer(of_candidate, candidate))
            })
            .unzip()
    }

    fn scores(&mut self, correlation: f64) -> (Vec<f64>, Vec<f64>) {
        (0..DOCUMENTS)
            .map(|_| {
                let (one, other) = (self.normal(), self.normal());
                (
                    one,
                    correlation * one + (1.0 - correlation * correlation).max(0.0).sqrt() * other,
                )
            })
            .unzip()
    }
}
