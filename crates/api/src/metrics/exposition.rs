//! Series and their labels, written as OpenMetrics. Names that users choose are labels, and so are
//! bounded here: what is beyond the bound counts as `other`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};

use crate::problem::Problem;

/// Names that get series of their own: gates, services, agents and the like. Thirty agents on ten
/// kinds of tasks with three models are a thousand series.
const NAMES_MAX: usize = 100;

pub(super) type Labels = Vec<(&'static str, String)>;

/// The text of all series.
pub(crate) struct Exposition(Registry);

impl Exposition {
    pub(super) fn new() -> Self {
        Self(Registry::with_prefix("adjutant"))
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    /// Series that say how much there is; equal labels are added up.
    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in series {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    /// Series that only grow; equal labels are added up.
    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
        for (labels, value) in series {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    /// What was counted elsewhere.
    pub(crate) fn kept(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.0.register(name, help, metric);
    }

    pub(super) fn text(self) -> Result<String, Problem> {
        let mut text = String::new();
        encode(&mut text, &self.0).map_err(|error| Problem::defect(&error))?;
        Ok(text)
    }
}

/// The names of each label that have series of their own.
#[derive(Default)]
pub(super) struct Names(BTreeMap<&'static str, BTreeSet<String>>);

impl Names {
    /// The label of a name: the name, or `other` when there are too many.
    pub(super) fn label(&mut self, label: &'static str, name: &str) -> (&'static str, String) {
        let known = self.0.entry(label).or_default();
        if known.len() < NAMES_MAX || known.contains(name) {
            known.insert(name.to_owned());
            return (label, name.to_owned());
        }
        (label, "other".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let mut names = Names::default();
        let many: Vec<_> = (0..NAMES_MAX + 20)
            .map(|n| (vec![names.label("gate", &format!("gate-{n}"))], 1.0))
            .collect();
        assert_eq!(names.label("gate", "gate-0").1, "gate-0");
        assert_eq!(names.label("service", "gate-119").1, "gate-119");
        let mut exposition = Exposition::new();
        exposition.counters("decisions", "All", many);
        let text = exposition.text().unwrap();
        assert_eq!(text.matches("gate=\"gate-").count(), NAMES_MAX, "{text}");
        assert!(
            text.contains("adjutant_decisions_total{gate=\"other\"} 20.0\n"),
            "{text}"
        );
    }
}
