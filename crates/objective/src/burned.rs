//! How much of an objective's budget a stretch of time burned, such as an incident.

use adjutant_domain::{Measured, ObjectiveName, Unit, Validity};

use crate::assess::{EventCount, WindowAnswer, WindowCount, window_answer};
use crate::objective::Objective;

/// What a stretch of time burned.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetBurn {
    /// Of which objective.
    pub objective: ObjectiveName,
    /// The share of good events that is promised.
    pub target: f64,
    /// The time that the budget is for; it ends with the stretch.
    pub window_ms: i64,
    /// What the stretch says.
    pub during: WindowAnswer,
    /// The share of the whole budget that it burned, and its bad events; nothing where one of the
    /// two times has no valid data.
    pub burned: Option<(Measured, Measured)>,
    /// Why nobody knows; empty where it is known.
    pub reason: String,
}

/// What a stretch of time burned of an objective's budget. Both counts end at the same time.
pub fn budget_burned(
    objective: &Objective,
    during: &WindowCount,
    window: &WindowCount,
) -> BudgetBurn {
    let told = window_answer(objective, during.window_ms, Some(during));
    let whole = window_answer(objective, objective.window_ms, Some(window));
    let unknown = [&told, &whole]
        .into_iter()
        .find(|answer| answer.validity != Validity::Valid)
        .map(|answer| format!("{}: {}", answer.validity, answer.reason));
    let burned = match (unknown, &during.counted, &window.counted) {
        (Some(reason), _, _) => Err(reason),
        (None, Ok(during), Ok(window)) => share(objective, during, window),
        (None, Err(uncounted), _) | (None, _, Err(uncounted)) => {
            Err(format!("{}: {}", uncounted.validity, uncounted.reason))
        }
    };
    let (burned, reason) = match burned {
        Ok(burned) => (Some(burned), String::new()),
        Err(reason) => (None, reason),
    };
    BudgetBurn {
        objective: objective.name.clone(),
        target: objective.target,
        window_ms: objective.window_ms,
        during: told,
        burned,
        reason,
    }
}

fn share(
    objective: &Objective,
    during: &EventCount,
    window: &EventCount,
) -> Result<(Measured, Measured), String> {
    let bad = (during.total - during.good).max(0.0);
    let allowed = window.total * (1.0 - objective.target);
    if allowed <= 0.0 {
        let window = "the whole window allows no bad event, so that no share of them burned";
        return Err(format!("{}: {window}", Validity::NoData));
    }
    let n = during.total.round().max(0.0) as u64;
    let both = [during.sources.as_slice(), &window.sources].concat();
    let measured = |value, unit, sources| {
        Measured::new(value, unit, None, n, sources)
            .map_err(|error| format!("{}: {error}", Validity::NoData))
    };
    Ok((
        measured(bad / allowed, Unit::Ratio, both)?,
        measured(bad, Unit::Count, during.sources.clone())?,
    ))
}

#[cfg(test)]
mod tests {
    use adjutant_domain::Citation;

    use super::*;
    use crate::assess::UncountedWindow;
    use crate::{read_openslo, resolve};

    const TEXT: &str = "apiVersion: openslo/v1
kind: SLO
metadata: { name: search }
spec:
  service: search
  indicator:
    metadata: { name: ok }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: Prometheus, spec: { query: good } } }
        total: { metricSource: { type: Prometheus, spec: { query: all } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
";

    fn objective() -> Objective {
        let documents = read_openslo("slo.yaml", TEXT.as_bytes()).unwrap();
        resolve(&documents).unwrap().remove(0)
    }

    fn counted(window_ms: i64, good: f64, total: f64) -> WindowCount {
        let source = Citation {
            run: "run_1".parse().unwrap(),
            artifact: adjutant_domain::sha256::digest_of(b"x"),
            file: "x".to_owned(),
            locator: adjutant_domain::Locator::Pointer("/a".to_owned()),
        };
        WindowCount {
            window_ms,
            counted: Ok(EventCount {
                good,
                total,
                sources: vec![source],
            }),
        }
    }

    #[test]
    fn bad_events_burn_their_share_of_what_the_whole_window_allows() {
        let objective = objective();
        let during = counted(60_000, 940.0, 1_000.0);
        let window = counted(objective.window_ms, 999_900.0, 1_000_000.0);
        let burn = budget_burned(&objective, &during, &window);
        let (share, bad) = burn.burned.unwrap();
        assert!((share.value() - 60.0 / 10_000.0).abs() < 1e-12, "{share:?}");
        assert_eq!((bad.value(), bad.n()), (60.0, 1_000));
        assert_eq!(burn.reason, "");
    }

    #[test]
    fn without_data_of_either_time_nobody_knows() {
        let objective = objective();
        let window = counted(objective.window_ms, 99.0, 100.0);
        let nothing = WindowCount {
            window_ms: 60_000,
            counted: Err(UncountedWindow {
                validity: Validity::NoData,
                reason: "no evidence was taken in it".to_owned(),
            }),
        };
        let burn = budget_burned(&objective, &nothing, &window);
        assert_eq!(
            (&burn.burned, burn.reason.as_str()),
            (&None, "NO_DATA: no evidence was taken in it")
        );
        let empty = counted(objective.window_ms, 0.0, 0.0);
        let during = counted(60_000, 9.0, 10.0);
        assert_eq!(budget_burned(&objective, &during, &empty).burned, None);
    }

    #[test]
    fn a_share_that_is_not_known_has_a_reason() {
        let count = |good, total| counted(60_000, good, total).counted.unwrap();
        let strict = Objective {
            target: 1.0,
            ..objective()
        };
        let uncited = EventCount {
            sources: vec![],
            ..count(9.0, 10.0)
        };
        for (objective, during, window, reason) in [
            (&strict, count(9.0, 10.0), count(99.0, 100.0), "allows no"),
            (&objective(), count(9.0, 10.0), count(0.0, 0.0), "allows no"),
            (&objective(), uncited.clone(), uncited, "NO_DATA: "),
        ] {
            let told = share(objective, &during, &window).unwrap_err();
            assert!(told.contains(reason) && told.len() > 20, "{told}");
        }
    }
}
