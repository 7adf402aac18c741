//! Measured values on one line of an agent's focus: value, interval, n and where it comes from.

use adjutant_domain::Measured;
use adjutant_gate::CriterionResult;

use crate::{cite, number};

/// A value with everything that stands behind it:
/// `463.2 ms [450.1, 476.9], n 1000 @ run_8724 (profile.json#/p95)`.
pub fn measured(measured: &Measured) -> String {
    let sources: Vec<_> = measured.sources().iter().collect();
    let interval = number::measured_interval(measured)
        .map_or_else(String::new, |interval| format!(" {interval}"));
    format!(
        "{}{interval}, n {} @ {}",
        number::measured(measured),
        number::count(measured.n()),
        cite::listed(&sources)
    )
}

/// A criterion of a gate with its answer; without a value it says why there is none.
pub fn criterion(criterion: &CriterionResult) -> String {
    let answer = format!("{} {}", criterion.validity, criterion.outcome);
    match &criterion.observed {
        Some(observed) => {
            let told = measured(observed);
            format!("{}: {told}: {answer}", criterion.target)
        }
        None => format!("{}: NO DATA AVAILABLE: {answer}", criterion.target),
    }
}

#[cfg(test)]
mod tests {
    use adjutant_domain::{Citation, Digest, Interval, Locator, Unit};

    use super::*;

    #[test]
    fn a_value_is_told_with_interval_n_and_source() {
        let source = Citation {
            run: "run_8724".parse().unwrap(),
            artifact: Digest::from_bytes([7; 32]),
            file: "profile.json".to_owned(),
            locator: Locator::Pointer("/p95".to_owned()),
        };
        let interval = Interval::new(450.1, 476.9).unwrap();
        let value = Measured::new(
            463.2,
            Unit::Milliseconds,
            Some(interval),
            1_000,
            vec![source],
        )
        .unwrap();
        assert_eq!(
            measured(&value),
            "463.2 ms [450.1, 476.9], n 1000 @ run_8724 (profile.json#/p95)"
        );
    }
}
