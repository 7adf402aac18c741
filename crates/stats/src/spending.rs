//! Planned looks: alpha spending of Lan and DeMets (1983).

use adjutant_domain::Confidence;

/// How fast the error may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Little early, nearly all at the end (O'Brien and Fleming).
    OBrienFleming,
    /// About evenly (Pocock).
    Pocock,
}

impl Shape {
    /// The one-sided error spent by information fraction `fraction` (0 to 1) of a total of `tail`.
    pub fn spent(self, tail: f64, fraction: f64) -> f64 {
        let _unused = (tail, fraction);
        0.0
    }
}

/// The boundary for the z statistic at each look, given the information fractions of the looks
/// (ascending, in `(0, 1]`). `TwoSided(0.95)` gives symmetric boundaries that spend 2.5 % on each
/// side, `OneSided(0.95)` an upper boundary that spends 5 %. `None` when the fractions are not
/// ascending in `(0, 1]`.
pub fn boundaries(fractions: &[f64], shape: Shape, confidence: Confidence) -> Option<Vec<f64>> {
    let _unused = (fractions, shape, confidence);
    None
}

/// The confidence with which an interval made at this look decides: the repeated confidence
/// interval (Jennison and Turnbull 1989) uses the look's boundary as its normal quantile.
pub fn confidence_at(boundary: f64) -> Confidence {
    let _unused = boundary;
    Confidence::TWO_SIDED_95
}
