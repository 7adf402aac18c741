//! Two subjects' values of one statistic, and the intervals of their difference and of their
//! relative change.

use adjutant_domain::{Confidence, Interval, MeasureName, Unit, Validity};
use adjutant_stats::bootstrap::{self, Clusters as _, PairSums};
use adjutant_stats::clustered_quantile::ClusteredQuantile;
use adjutant_stats::paired_proportion::PairedProportion;
use adjutant_stats::{Proportion, QuantileLaw};

use crate::census::{Census, census};
use crate::pairing::{paired_columns, paired_values};
use crate::piece::{Column, Missing, Piece, Pool, common_unit, of_measure, unit_of};
use crate::reading::{
    Law, Reading, Settings, enough_clusters, exactly, no_interval, or_constant,
    too_few_for_quantile, with_notes,
};
use crate::retrieval::{
    PerQuery, ablation_drop, compliance, mean_over_queries, ndcg, score_correlation,
};
use crate::sampled::{
    blocks, error_rate, mean, mean_of, names, not_finite, quantile, quantile_of, samples_of,
    throughput,
};
use crate::statistic::Statistic;

/// nDCG cut-off of the ablation drop.
const ABLATION_CUT: usize = 10;

/// Both arms and how they belong together.
#[derive(Debug, Clone)]
pub(crate) struct Contrast<'a> {
    pub(crate) candidate: Result<Reading<'a>, Missing>,
    pub(crate) baseline: Result<Reading<'a>, Missing>,
    joint: Joint,
}

#[derive(Debug, Clone)]
enum Joint {
    /// Independent arms.
    Apart,
    /// Pairs, summed over their independent units; yes-or-no pairs are counted as well.
    Pairs {
        sums: Vec<PairSums>,
        agreement: Option<PairedProportion>,
        note: String,
    },
    /// Clusters that both arms share.
    SharedBlocks { note: String },
}

/// A change between the arms.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) value: Option<f64>,
    pub(crate) interval: Result<Interval, Missing>,
}

/// One subject's value of a statistic.
pub(crate) fn reading<'a>(
    statistic: &Statistic,
    pieces: &[Piece<'a>],
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    match statistic {
        Statistic::Quantile { measure, p } => quantile(measure, *p, pieces, settings),
        Statistic::Mean { measure } => mean(measure, pieces, settings),
        Statistic::ErrorRate => error_rate(pieces, settings),
        Statistic::Throughput => throughput(pieces, settings),
        Statistic::Ndcg { k } => {
            ndcg(*k, pieces, pool, settings).map(|found| mean_over_queries(found, Unit::One))
        }
        Statistic::ComplianceAtOne => {
            compliance(pieces, pool, settings).map(|found| mean_over_queries(found, Unit::Ratio))
        }
        Statistic::AblationDrop => ablation_drop(ABLATION_CUT, pool, settings),
        Statistic::Correlation => score_correlation(pool, settings),
        Statistic::Count { measure } => census(Census::Count, measure, pieces, settings),
        Statistic::Share { measure } => census(Census::Share, measure, pieces, settings),
        Statistic::Value { measure } => census(Census::Value, measure, pieces, settings),
        Statistic::Largest { measure } => census(Census::Largest, measure, pieces, settings),
        Statistic::Smallest { measure } => census(Census::Smallest, measure, pieces, settings),
    }
}

/// Both subjects' values of a statistic.
pub(crate) fn contrast<'a>(
    statistic: &Statistic,
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Contrast<'a> {
    match statistic {
        Statistic::Quantile { measure, p } => quantiles(measure, *p, pool, settings),
        Statistic::Mean { measure } if settings.paired => paired_means(measure, pool, settings),
        Statistic::Ndcg { k } => queries(
            ndcg(*k, &pool.candidate, pool, settings),
            ndcg(*k, &pool.baseline, pool, settings),
            Unit::One,
        ),
        Statistic::ComplianceAtOne => queries(
            compliance(&pool.candidate, pool, settings),
            compliance(&pool.baseline, pool, settings),
            Unit::Ratio,
        ),
        Statistic::AblationDrop | Statistic::Correlation => Contrast::refused(Missing::interval(
            format!("{statistic} is one number of both models: there is no change of it"),
        )),
        Statistic::Mean { .. }
        | Statistic::ErrorRate
        | Statistic::Throughput
        | Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => Contrast {
            candidate: reading(statistic, &pool.candidate, pool, settings),
            baseline: reading(statistic, &pool.baseline, pool, settings),
            joint: Joint::Apart,
        }
        .in_one_unit(),
    }
}

/// Quantiles of both arms, of samples on two threads.
fn quantiles<'a>(
    measure: &MeasureName,
    p: f64,
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Contrast<'a> {
    let other_draws = Settings {
        seed: settings.seed.wrapping_add(1),
        ..*settings
    };
    let arms = (
        sample_arm(measure, &pool.candidate, settings),
        sample_arm(measure, &pool.baseline, settings),
    );
    if let (Ok(Some(candidate)), Ok(Some(baseline))) = &arms {
        if settings.paired {
            return shared_blocks(p, candidate, baseline, settings.seed)
                .unwrap_or_else(Contrast::refused);
        }
        if candidate.column.cluster.is_none() && baseline.column.cluster.is_none() {
            let laws = QuantileLaw::of_both(&candidate.column.values, &baseline.column.values, p);
            if let Some((of_candidate, of_baseline)) = laws {
                return Contrast {
                    candidate: Ok(
                        candidate.reading(of_candidate.value(), Law::Quantile(of_candidate))
                    ),
                    baseline: Ok(baseline.reading(of_baseline.value(), Law::Quantile(of_baseline))),
                    joint: Joint::Apart,
                }
                .in_one_unit();
            }
        }
        return Contrast {
            candidate: quantile_of(
                &candidate.column,
                p,
                candidate.unit,
                &candidate.used,
                settings,
            ),
            baseline: quantile_of(
                &baseline.column,
                p,
                baseline.unit,
                &baseline.used,
                &other_draws,
            ),
            joint: Joint::Apart,
        }
        .in_one_unit();
    }
    if settings.paired {
        let missing = Missing::interval("pairs were demanded and not both arms have raw samples");
        return Contrast::refused(arms.0.err().or(arms.1.err()).unwrap_or(missing));
    }
    Contrast {
        candidate: quantile(measure, p, &pool.candidate, settings),
        baseline: quantile(measure, p, &pool.baseline, &other_draws),
        joint: Joint::Apart,
    }
    .in_one_unit()
}

/// One arm's raw samples.
struct SampleArm<'a> {
    column: Column<'a>,
    unit: Unit,
    used: Vec<Piece<'a>>,
}

impl<'a> SampleArm<'a> {
    fn reading(&self, value: f64, law: Law<'a>) -> Reading<'a> {
        Reading {
            n: self.column.values.len() as u64,
            value,
            unit: self.unit,
            law,
            used: self.used.clone(),
            notes: self.column.notes.clone(),
        }
    }
}

fn sample_arm<'a>(
    measure: &MeasureName,
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Option<SampleArm<'a>>, Missing> {
    let used = of_measure(pieces, &names(measure, settings))?;
    let unit = unit_of(&used)?;
    Ok(samples_of(&used, settings)?.map(|column| SampleArm { column, unit, used }))
}

fn shared_blocks<'a>(
    p: f64,
    candidate: &SampleArm<'a>,
    baseline: &SampleArm<'a>,
    seed: u64,
) -> Result<Contrast<'a>, Missing> {
    let joined = paired_columns(&candidate.column, &baseline.column)?;
    let law_of = |column: &Column<'_>| {
        let rows = column.cluster.as_deref().unwrap_or_default();
        blocks(&column.values, rows, p, seed)
    };
    let (of_candidate, of_baseline) = (law_of(&joined.candidate)?, law_of(&joined.baseline)?);
    let reading = |arm: &SampleArm<'a>, column: &Column<'_>, law: ClusteredQuantile| Reading {
        n: column.values.len() as u64,
        ..arm.reading(law.value(), Law::Blocks(law))
    };
    Ok(Contrast {
        candidate: Ok(reading(candidate, &joined.candidate, of_candidate)),
        baseline: Ok(reading(baseline, &joined.baseline, of_baseline)),
        joint: Joint::SharedBlocks { note: joined.note },
    }
    .in_one_unit())
}

fn paired_means<'a>(
    measure: &MeasureName,
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Contrast<'a> {
    let arm = |pieces| {
        sample_arm(measure, pieces, settings)?.ok_or_else(|| {
            let name = measure.as_str();
            Missing::data(format!(
                "no raw samples of {name} were measured, and pairs need them"
            ))
        })
    };
    let (candidate, baseline) = match (arm(&pool.candidate), arm(&pool.baseline)) {
        (Ok(candidate), Ok(baseline)) => (candidate, baseline),
        (Err(missing), _) | (_, Err(missing)) => return Contrast::refused(missing),
    };
    let joined = match paired_values(&candidate.column, &baseline.column) {
        Ok(joined) => joined,
        Err(missing) => return Contrast::refused(missing),
    };
    let reading = |arm: &SampleArm<'a>, values: Vec<f64>| {
        let column = Column {
            values: values.into(),
            pair: None,
            cluster: Some(joined.units.clone().into()),
            notes: arm.column.notes.clone(),
        };
        mean_of(column, arm.unit, arm.used.clone())
    };
    Contrast {
        candidate: reading(&candidate, joined.pairs.iter().map(|(c, _)| *c).collect()),
        baseline: reading(&baseline, joined.pairs.iter().map(|(_, b)| *b).collect()),
        joint: Joint::Pairs {
            sums: joined.sums(),
            agreement: None,
            note: joined.note.clone(),
        },
    }
    .in_one_unit()
}

/// Numbers of the same queries.
fn queries<'a>(
    candidate: Result<PerQuery<'a>, Missing>,
    baseline: Result<PerQuery<'a>, Missing>,
    unit: Unit,
) -> Contrast<'a> {
    let (mut candidate, mut baseline) = match (candidate, baseline) {
        (Ok(candidate), Ok(baseline)) => (candidate, baseline),
        (candidate, baseline) => {
            return Contrast {
                candidate: candidate.map(|found| mean_over_queries(found, unit)),
                baseline: baseline.map(|found| mean_over_queries(found, unit)),
                joint: Joint::Apart,
            };
        }
    };
    let all = (candidate.values.len(), baseline.values.len());
    candidate
        .values
        .retain(|query, _| baseline.values.contains_key(query));
    baseline
        .values
        .retain(|query, _| candidate.values.contains_key(query));
    let pairs: Vec<(f64, f64)> = candidate
        .values
        .values()
        .zip(baseline.values.values())
        .map(|(c, b)| (*c, *b))
        .collect();
    if pairs.is_empty() {
        return Contrast::refused(Missing::interval("the two arms have no query in common"));
    }
    let mut note = format!("paired by query: {} queries", pairs.len());
    if all != (pairs.len(), pairs.len()) {
        note.push_str(&format!(" of {} and {}", all.0, all.1));
    }
    let is_binary = candidate.is_binary() && baseline.is_binary() && unit == Unit::Ratio;
    let agreement = is_binary.then(|| {
        let count = |c: f64, b: f64| pairs.iter().filter(|pair| **pair == (c, b)).count() as u64;
        PairedProportion::new(
            count(1.0, 1.0),
            count(1.0, 0.0),
            count(0.0, 1.0),
            count(0.0, 0.0),
        )
    });
    Contrast {
        candidate: Ok(mean_over_queries(candidate, unit)),
        baseline: Ok(mean_over_queries(baseline, unit)),
        joint: Joint::Pairs {
            sums: pairs.iter().map(|(c, b)| [*c, *b, 1.0]).collect(),
            agreement: agreement.flatten(),
            note,
        },
    }
}

impl<'a> Contrast<'a> {
    fn refused(missing: Missing) -> Self {
        Self {
            candidate: Err(missing.clone()),
            baseline: Err(missing),
            joint: Joint::Apart,
        }
    }

    /// Arms whose units differ cannot be compared.
    fn in_one_unit(mut self) -> Self {
        if let (Ok(candidate), Ok(baseline)) = (&mut self.candidate, &mut self.baseline) {
            match common_unit(candidate.unit, baseline.unit) {
                Some(unit) => {
                    candidate.unit = unit;
                    baseline.unit = unit;
                }
                None => {
                    return Self::refused(Missing::because(
                        Validity::SourceError,
                        format!(
                            "the units differ: the candidate's is {:?}, the baseline's {:?}",
                            candidate.unit, baseline.unit
                        ),
                    ));
                }
            }
        }
        self
    }

    fn arms(&self) -> Result<(&Reading<'a>, &Reading<'a>), Missing> {
        let named = |whose: &str, missing: &Missing| Missing {
            reason: format!("{whose}: {}", missing.reason),
            ..missing.clone()
        };
        match (&self.candidate, &self.baseline) {
            (Ok(candidate), Ok(baseline)) => Ok((candidate, baseline)),
            (Err(candidate), Err(baseline)) if candidate == baseline => Err(candidate.clone()),
            (Err(missing), Ok(_) | Err(_)) => Err(named("candidate", missing)),
            (Ok(_), Err(missing)) => Err(named("baseline", missing)),
        }
    }

    /// Why there is no change to speak of, if an arm has no value.
    pub(crate) fn missing(&self) -> Option<Missing> {
        self.arms().err()
    }

    /// The unit of both arms.
    pub(crate) fn unit(&self) -> Unit {
        self.arms()
            .map_or(Unit::One, |(candidate, _)| candidate.unit)
    }

    /// The observations of the smaller arm.
    pub(crate) fn n(&self) -> u64 {
        self.arms()
            .map_or(0, |(candidate, baseline)| candidate.n.min(baseline.n))
    }

    /// Candidate minus baseline.
    pub(crate) fn difference(&self, confidence: Confidence, seed: u64) -> Change {
        match self.arms() {
            Err(missing) => Change {
                value: None,
                interval: Err(missing),
            },
            Ok((candidate, baseline)) => Change {
                value: Some(candidate.value - baseline.value),
                interval: self.difference_interval(candidate, baseline, confidence, seed),
            },
        }
    }

    fn difference_interval(
        &self,
        candidate: &Reading<'_>,
        baseline: &Reading<'_>,
        confidence: Confidence,
        seed: u64,
    ) -> Result<Interval, Missing> {
        if let Joint::Pairs {
            sums, agreement, ..
        } = &self.joint
        {
            if let Some(agreement) = agreement {
                return agreement.difference(confidence).ok_or_else(no_interval);
            }
            enough_clusters(sums.len(), candidate.n)?;
            let value = candidate.value - baseline.value;
            let same = |[c, b, n]: &PairSums| {
                ((c - b) / n - value).abs() <= 1e-12 * (c.abs() + b.abs()) / n
            };
            let constant = || sums.iter().all(same);
            return or_constant(
                bootstrap::paired_difference(sums, confidence, seed),
                constant,
                value,
            );
        }
        match (&candidate.law, &baseline.law) {
            (Law::Quantile(c), Law::Quantile(b)) => QuantileLaw::difference(c, b, confidence)
                .ok_or_else(|| {
                    too_few_for_quantile(c.p(), candidate.n.min(baseline.n), confidence)
                }),
            (Law::Blocks(c), Law::Blocks(b)) => {
                ClusteredQuantile::difference(c, b, confidence).ok_or_else(no_interval)
            }
            (Law::Means(c), Law::Means(b)) => {
                enough_clusters(c.count(), candidate.n)?;
                enough_clusters(b.count(), baseline.n)?;
                let interval = bootstrap::mean_difference(c, b, confidence, seed);
                or_constant(
                    interval,
                    || c.is_constant() && b.is_constant(),
                    candidate.value - baseline.value,
                )
            }
            (Law::Share(c), Law::Share(b)) => {
                Proportion::difference(*c, *b, confidence).ok_or_else(no_interval)
            }
            (_, _) => recovered(candidate, baseline, confidence, seed),
        }
    }

    /// Candidate over baseline, minus one.
    pub(crate) fn relative(&self, confidence: Confidence, seed: u64) -> Change {
        match self.arms() {
            Err(missing) => Change {
                value: None,
                interval: Err(missing),
            },
            Ok((_, baseline)) if baseline.value <= 0.0 => Change {
                value: None,
                interval: Err(Missing::interval(
                    "the baseline is not above zero, so there is no relative change: state the \
                     margin in the measure's unit or in points",
                )),
            },
            Ok((candidate, baseline)) => Change {
                value: Some(candidate.value / baseline.value - 1.0),
                interval: self
                    .ratio_interval(candidate, baseline, confidence, seed)
                    .and_then(|ratio| {
                        Interval::new(ratio.low() - 1.0, ratio.high() - 1.0)
                            .map_err(|_not_finite| no_interval())
                    }),
            },
        }
    }

    fn ratio_interval(
        &self,
        candidate: &Reading<'_>,
        baseline: &Reading<'_>,
        confidence: Confidence,
        seed: u64,
    ) -> Result<Interval, Missing> {
        let value = candidate.value / baseline.value;
        if let Joint::Pairs {
            sums, agreement, ..
        } = &self.joint
        {
            enough_clusters(sums.len(), candidate.n)?;
            let constant = sums.iter().all(|[c, b, _]| c == b);
            if let (Some(agreement), true) = (agreement, constant) {
                // Arms that agree everywhere have no spread to resample: the score interval of
                // the difference still knows how little so few pairs prove.
                let change = agreement.difference(confidence).ok_or_else(no_interval)?;
                let of = |end: f64| 1.0 + end / baseline.value;
                return Interval::new(of(change.low()), of(change.high()))
                    .map_err(|_not_finite| no_interval());
            }
            return or_constant(
                bootstrap::paired_ratio(sums, confidence, seed),
                || constant,
                value,
            );
        }
        match (&candidate.law, &baseline.law) {
            (Law::Exact, Law::Exact) => exactly(value),
            (Law::Quantile(c), Law::Quantile(b)) => QuantileLaw::ratio(c, b, confidence)
                .ok_or_else(|| {
                    too_few_for_quantile(c.p(), candidate.n.min(baseline.n), confidence)
                }),
            (Law::Blocks(c), Law::Blocks(b)) => {
                ClusteredQuantile::ratio(c, b, confidence).ok_or_else(no_interval)
            }
            (Law::Means(c), Law::Means(b)) => {
                enough_clusters(c.count(), candidate.n)?;
                enough_clusters(b.count(), baseline.n)?;
                let interval = bootstrap::mean_ratio(c, b, confidence, seed);
                or_constant(interval, || c.is_constant() && b.is_constant(), value)
            }
            (Law::Share(c), Law::Share(b)) => {
                Proportion::ratio(*c, *b, confidence).ok_or_else(no_interval)
            }
            (_, _) => Err(Missing::interval(
                "these two kinds of evidence give no interval of a relative change: give the raw \
                 samples of both, or state the margin in the measure's unit",
            )),
        }
    }

    /// How the interval of a change is made, and what was assumed.
    pub(crate) fn method(&self) -> String {
        let Ok((candidate, baseline)) = self.arms() else {
            return String::new();
        };
        let mut notes = candidate.notes.clone();
        notes.extend(baseline.notes.iter().cloned());
        match &self.joint {
            Joint::Pairs {
                agreement, note, ..
            } => {
                let how = if agreement.is_some() {
                    "Tango's score interval of paired shares (BCa for the relative change)"
                } else {
                    "BCa bootstrap over pairs"
                };
                notes.insert(0, note.clone());
                with_notes(how.to_owned(), &notes)
            }
            Joint::SharedBlocks { note } => {
                notes.insert(0, note.clone());
                with_notes(
                    "block bootstrap of the type-7 quantile, both arms drawn together".to_owned(),
                    &notes,
                )
            }
            Joint::Apart => match (&candidate.law, &baseline.law) {
                (Law::Share(_), Law::Share(_)) => {
                    with_notes("Miettinen-Nurminen score interval".to_owned(), &notes)
                }
                (_, _) => {
                    let (of_candidate, of_baseline) = (candidate.method(), baseline.method());
                    if of_candidate == of_baseline {
                        of_candidate
                    } else {
                        format!("candidate: {of_candidate}. Baseline: {of_baseline}")
                    }
                }
            },
        }
    }
}

/// The interval of a difference from the intervals of both arms (MOVER, Zou and Donner 2008).
fn recovered(
    candidate: &Reading<'_>,
    baseline: &Reading<'_>,
    confidence: Confidence,
    seed: u64,
) -> Result<Interval, Missing> {
    let c = candidate.interval(confidence, seed)?;
    let b = baseline.interval(confidence, seed)?;
    let value = candidate.value - baseline.value;
    let below = (candidate.value - c.low()).hypot(b.high() - baseline.value);
    let above = (c.high() - candidate.value).hypot(baseline.value - b.low());
    Interval::new(value - below, value + above).map_err(|_not_finite| not_finite())
}
