//! The intervals of a change between two arms: their difference and their relative change.

use adjutant_domain::{Confidence, Interval, Unit, Validity};
use adjutant_stats::bootstrap::{self, Clusters as _, PairSums};
use adjutant_stats::clustered_quantile::ClusteredQuantile;
use adjutant_stats::paired_proportion::PairedProportion;
use adjutant_stats::{Proportion, QuantileLaw};

use crate::piece::{Missing, common_unit};
use crate::reading::{
    Law, Reading, enough_clusters, exactly, no_interval, or_constant, too_few_for_quantile,
    with_notes,
};
use crate::sampled::not_finite;

/// Both arms and how they belong together.
#[derive(Debug, Clone)]
pub(crate) struct Contrast<'a> {
    pub(crate) candidate: Result<Reading<'a>, Missing>,
    pub(crate) baseline: Result<Reading<'a>, Missing>,
    pub(crate) joint: Joint,
}

/// How the arms belong together.
#[derive(Debug, Clone)]
pub(crate) enum Joint {
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

impl<'a> Contrast<'a> {
    /// No arm has an answer, for one reason.
    pub(crate) fn refused(missing: Missing) -> Self {
        Self {
            candidate: Err(missing.clone()),
            baseline: Err(missing),
            joint: Joint::Apart,
        }
    }

    /// Arms whose units differ cannot be compared.
    pub(crate) fn in_one_unit(mut self) -> Self {
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
