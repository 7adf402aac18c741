//! Computes one statistic for one subject or for both, paired where pairs are wanted. The intervals
//! of the change between them are in `change`.

use adjutant_domain::{MeasureName, Unit};
use adjutant_stats::QuantileLaw;
use adjutant_stats::clustered_quantile::ClusteredQuantile;
use adjutant_stats::paired_proportion::PairedProportion;

use crate::census::{Census, census};
use crate::change::{Contrast, Joint};
use crate::pairing::{paired_columns, paired_values};
use crate::piece::{Column, Missing, Piece, Pool, of_measure, unit_of};
use crate::reading::{Law, Reading, Settings};
use crate::retrieval::{
    PerQuery, ablation_drop, compliance, mean_over_queries, ndcg, score_correlation,
};
use crate::sampled::{blocks, error_rate, mean, mean_of, names, quantile, quantile_of, samples_of};
use crate::statistic::Statistic;
use crate::throughput::throughput;

/// nDCG cut-off of the ablation drop.
const ABLATION_CUT: usize = 10;

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
