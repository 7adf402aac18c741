//! What the built-in voters ask of the evidence.

use adjutant_domain::{Confidence, OwnMeasure, Subject, Unit};

use crate::policy::{Ask, Demand, Side};
use crate::quantity::{Bound, Margin, Scale};
use crate::risk_asks::{self, Asked};
use crate::statistic::{Direction, Statistic};

/// How much more of a resource is accepted, in per cent.
const RESOURCE_RISE_PERCENT: f64 = 20.0;
/// How much of what the baseline is asked may fail for the environment to be taken as stable.
const BASELINE_ERRORS_MAX: f64 = 0.01;
/// What brings evidence of resources.
pub(crate) const RESOURCES_REMEDY: &str = "state memory_peak_bytes or processor_ms_per_request in \
    Bencher Metric Format, run `adjutant evidence add FILE --subject candidate --run RUN_ID`, and \
    the same for the baseline";

/// The environment is stable when what is in use today works in it.
pub(crate) fn environment() -> Asked {
    let bound = Bound {
        value: BASELINE_ERRORS_MAX,
        unit: Unit::Ratio,
    };
    Asked {
        ask: Ask {
            subject: Subject::baseline(),
            confidence: Confidence::OneSided(0.95),
            ..risk_asks::ask(Statistic::ErrorRate, None)
        },
        demand: Demand::Value(Side::AtMost, bound),
        margin: bound.value,
        words: "error rate of the baseline".to_owned(),
    }
}

/// What a request or the service takes; what is measured of it counts.
pub(crate) fn resources() -> [Asked; 2] {
    [OwnMeasure::MemoryPeak, OwnMeasure::ProcessorTime].map(resource)
}

fn resource(measure: OwnMeasure) -> Asked {
    let margin = Margin {
        value: RESOURCE_RISE_PERCENT,
        scale: Scale::Percent,
    };
    let statistic = Statistic::Value {
        measure: measure.name(),
    };
    Asked {
        ask: Ask {
            better: Direction::Lower,
            ..risk_asks::ask(statistic, None)
        },
        demand: Demand::Rise(Side::AtMost, margin),
        margin: margin.size(),
        words: format!("change of {}", measure.as_str()),
    }
}
