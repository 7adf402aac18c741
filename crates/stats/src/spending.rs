//! Planned looks: alpha spending of Lan and DeMets (1983). The error that a fixed plan may make is
//! spent over the looks; each look's boundary follows by integrating the z statistics' joint law.

mod integration;

use adjutant_domain::Confidence;

use crate::normal;

/// How fast the error may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Little early, nearly all at the end: `2 - 2 Phi(z / sqrt(t))` (O'Brien and Fleming).
    OBrienFleming,
    /// About evenly: `alpha ln(1 + (e - 1) t)` (Pocock).
    Pocock,
}

impl Shape {
    /// The one-sided error spent by information fraction `fraction` (0 to 1) of a total of `tail`.
    pub fn spent(self, tail: f64, fraction: f64) -> f64 {
        if fraction <= 0.0 {
            return 0.0;
        }
        let fraction = fraction.min(1.0);
        match self {
            Self::OBrienFleming => {
                2.0 * normal::survival(normal::upper_quantile(tail / 2.0) / fraction.sqrt())
            }
            Self::Pocock => tail * libm::log1p((std::f64::consts::E - 1.0) * fraction),
        }
    }
}

/// The boundary for the z statistic at each look, given the information fractions of the looks
/// (ascending, in `(0, 1]`). `TwoSided(0.95)` gives symmetric boundaries that spend 2.5 % on each
/// side, `OneSided(0.95)` an upper boundary that spends 5 %. `None` when the fractions are not
/// ascending in `(0, 1]`, there are none, or there are more than [`LOOKS_MAX`].
pub fn boundaries(fractions: &[f64], shape: Shape, confidence: Confidence) -> Option<Vec<f64>> {
    let tail = confidence.tail();
    let is_ascending = fractions.windows(2).all(|pair| pair[0] < pair[1]);
    let is_inside = fractions
        .iter()
        .all(|&fraction| fraction > 0.0 && fraction <= 1.0);
    let is_counted = (1..=LOOKS_MAX).contains(&fractions.len());
    if !(is_ascending && is_inside && is_counted && tail > 0.0 && tail < 0.5) {
        return None;
    }
    let is_two_sided = match confidence {
        Confidence::TwoSided(_) => true,
        Confidence::OneSided(_) => false,
    };
    let increments = fractions.iter().scan(0.0, |before, &fraction| {
        let spent = shape.spent(tail, fraction);
        let increment = spent - *before;
        *before = spent;
        Some(increment)
    });
    let looks: Vec<(f64, f64)> = fractions.iter().copied().zip(increments).collect();
    Some(integration::boundaries(&looks, is_two_sided))
}

/// The most looks of one plan: a look an hour for six weeks.
pub const LOOKS_MAX: usize = 1_000;

/// The confidence with which an interval made at this look decides: the repeated confidence
/// interval (Jennison and Turnbull 1989) uses the look's boundary as its normal quantile.
pub fn confidence_at(boundary: f64) -> Confidence {
    Confidence::TwoSided(1.0 - 2.0 * normal::survival(boundary))
}
