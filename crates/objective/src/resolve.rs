//! Puts documents together: what a name refers to stands in the objective afterwards.

use adjutant_domain::ObjectiveName;

use crate::objective::{
    AlertSeverity, BudgetMethod, BurnAlert, Indicator, IndicatorSource, Objective, RatioPart,
};
use crate::openslo::{
    AlertConditionSpec, AlertPolicySpec, BudgetingMethod, ConditionUse, DataSourceSpec,
    IndicatorUse, MetricUse, OpenSloSpec, PolicyUse, RatioParts, RawType, SliSpec, SloObjective,
    SloSpec, SourceSpec,
};
use crate::promql::window_queries;
use crate::reading::{InvalidOpenSlo, PlacedDocument, is_source_kind};

/// What is wrong, and at which key of the document.
type Resolved<T> = Result<T, (&'static str, String)>;

/// The objectives of some documents, in their order. A document with several objectives gives one
/// each, named `NAME/1`, `NAME/2` and so on.
///
/// # Errors
/// When a name refers to nothing, two documents of a kind have one name, or an indicator does not
/// fit its objective.
pub fn resolve(documents: &[PlacedDocument]) -> Result<Vec<Objective>, InvalidOpenSlo> {
    let all = Documents(documents);
    let mut objectives: Vec<Objective> = Vec::new();
    for placed in documents {
        let wrong = |(key, problem): (&str, String)| InvalidOpenSlo {
            file: placed.file.clone(),
            line: placed.line,
            key: key.to_owned(),
            problem,
        };
        all.refuse_a_second(placed).map_err(wrong)?;
        if let OpenSloSpec::Slo(spec) = &placed.document.spec {
            for at in 0..spec.objectives.len() {
                objectives.push(all.objective(placed, spec, at).map_err(wrong)?);
            }
        }
    }
    Ok(objectives)
}

struct Documents<'d>(&'d [PlacedDocument]);

impl<'d> Documents<'d> {
    fn refuse_a_second(&self, placed: &PlacedDocument) -> Resolved<()> {
        let is_same = |other: &&PlacedDocument| {
            let (one, two) = (&placed.document, &other.document);
            one.metadata.name == two.metadata.name
                && std::mem::discriminant(&one.spec) == std::mem::discriminant(&two.spec)
        };
        let first = self.0.iter().find(is_same);
        match first.filter(|first| !std::ptr::eq(*first, placed)) {
            None => Ok(()),
            Some(first) => Err((
                "metadata.name",
                format!(
                    "{} stands in {}, line {} already",
                    placed.document.metadata.name, first.file, first.line
                ),
            )),
        }
    }

    fn named<T>(
        &self,
        key: &'static str,
        name: &ObjectiveName,
        of: impl Fn(&'d OpenSloSpec) -> Option<T>,
    ) -> Resolved<T> {
        let mut named = self.0.iter().filter(|d| d.document.metadata.name == *name);
        let found = named.find_map(|placed| of(&placed.document.spec));
        found.ok_or_else(|| (key, format!("no document that was read is called {name}")))
    }

    fn objective(&self, placed: &PlacedDocument, spec: &SloSpec, at: usize) -> Resolved<Objective> {
        let promise = &spec.objectives[at];
        let metadata = &placed.document.metadata;
        let name = if spec.objectives.len() == 1 {
            metadata.name.clone()
        } else {
            let numbered = format!("{}/{}", metadata.name, at + 1);
            numbered
                .parse()
                .map_err(|error| ("metadata.name", format!("{error}")))?
        };
        let title = promise.display_name.as_ref();
        let title = title.or(metadata.display_name.as_ref());
        let indicator = match &spec.indicator {
            IndicatorUse::Indicator { spec, .. } => self.indicator(spec, promise)?,
            IndicatorUse::IndicatorRef(name) => {
                let found = self.named("spec.indicatorRef", name, |spec| match spec {
                    OpenSloSpec::Sli(spec) => Some(spec),
                    OpenSloSpec::Service(_)
                    | OpenSloSpec::Slo(_)
                    | OpenSloSpec::AlertPolicy(_)
                    | OpenSloSpec::AlertCondition(_)
                    | OpenSloSpec::DataSource(_) => None,
                })?;
                self.indicator(found, promise)?
            }
        };
        let window_ms = spec.time_window[0].duration.millis;
        let mut objective = Objective {
            name,
            service: spec.service.clone(),
            title: title.map_or_else(String::new, Clone::clone),
            target: promise.target,
            window_ms,
            method: method(spec.budgeting_method, promise)?,
            indicator,
            alerts: vec![],
        };
        if let Some(slice_ms) = objective.slice_ms()
            && window_ms % slice_ms != 0
        {
            return Err((
                "spec.objectives",
                "the window is not a whole number of slices".to_owned(),
            ));
        }
        objective.alerts = self.alerts(spec, &objective)?;
        for window in objective.windows() {
            window_queries(&objective, window).map_err(|problem| ("spec.indicator", problem))?;
        }
        Ok(objective)
    }

    fn indicator(&self, spec: &SliSpec, promise: &SloObjective) -> Resolved<Indicator> {
        let bound = promise.op.zip(promise.value);
        let indicator = match (spec, bound) {
            (SliSpec::ThresholdMetric(metric), Some((op, bound))) => Indicator::Threshold {
                source: self.source(metric)?,
                op,
                bound,
            },
            (SliSpec::ThresholdMetric(_), None) => {
                let problem = "a thresholdMetric needs op and value".to_owned();
                return Err(("spec.objectives", problem));
            }
            (SliSpec::RatioMetric(_), _) if promise.op.is_some() || promise.value.is_some() => {
                let problem = "op and value belong to a thresholdMetric".to_owned();
                return Err(("spec.objectives", problem));
            }
            (SliSpec::RatioMetric(metric), _) => {
                let ratio = |part, counted, total| {
                    Ok(Indicator::Ratio {
                        part,
                        counted: self.source(counted)?,
                        total: self.source(total)?,
                        is_counter: metric.counter,
                    })
                };
                match &metric.parts {
                    RatioParts::Good { good, total } => ratio(RatioPart::Good, good, total)?,
                    RatioParts::Bad { bad, total } => ratio(RatioPart::Bad, bad, total)?,
                    RatioParts::Raw { raw_type, raw } => Indicator::RawRatio {
                        part: match raw_type {
                            RawType::Success => RatioPart::Good,
                            RawType::Failure => RatioPart::Bad,
                        },
                        source: self.source(raw)?,
                    },
                }
            }
        };
        fits_together(&indicator)?;
        Ok(indicator)
    }

    fn source(&self, metric: &MetricUse) -> Resolved<IndicatorSource> {
        const KEY: &str = "spec.indicator";
        let source = &metric.metric_source;
        let named = match &source.metric_source_ref {
            None => None,
            Some(name) => Some(self.named(KEY, name, data_source)?),
        };
        let kind = source.kind.as_deref();
        let kind = kind.or(named.map(|named| named.kind.as_str()));
        let kind = kind.unwrap_or(match source.spec {
            SourceSpec::Query { .. } => "Prometheus",
            SourceSpec::Evidence { .. } => "Adjutant",
        });
        let wrong = |problem: String| Err((KEY, problem));
        if !is_source_kind(kind) {
            return wrong(format!(
                "type {kind} is not supported; Prometheus and Adjutant are"
            ));
        }
        match &source.spec {
            SourceSpec::Query { query } if kind.eq_ignore_ascii_case("prometheus") => {
                let url = named.and_then(|named| named.connection_details.get("url"));
                Ok(IndicatorSource::Prometheus {
                    server: url.and_then(|url| url.as_str()).map(str::to_owned),
                    query: query.clone(),
                })
            }
            SourceSpec::Evidence { measure, subject } if kind.eq_ignore_ascii_case("adjutant") => {
                Ok(IndicatorSource::Evidence {
                    measure: measure.clone(),
                    subject: subject.clone(),
                })
            }
            SourceSpec::Query { .. } => wrong("type Adjutant needs measure and subject".to_owned()),
            SourceSpec::Evidence { .. } => wrong("type Prometheus needs a query".to_owned()),
        }
    }

    fn alerts(&self, spec: &SloSpec, objective: &Objective) -> Resolved<Vec<BurnAlert>> {
        if spec.alert_policies.is_empty() {
            // Evidence is added now and then: only who writes the policies knows which windows hold any.
            let usual = objective.evidence_subject().is_none();
            return Ok(if usual {
                BurnAlert::usual(objective.window_ms)
            } else {
                vec![]
            });
        }
        let mut alerts = Vec::new();
        for policy in &spec.alert_policies {
            let policy = match policy {
                PolicyUse::Inline { spec, .. } => spec,
                PolicyUse::Named { name } => {
                    self.named("spec.alertPolicies", name, alert_policy)?
                }
            };
            for condition in &policy.conditions {
                let (name, condition) = match condition {
                    ConditionUse::Inline { metadata, spec } => (&metadata.name, spec),
                    ConditionUse::Named { name } => {
                        let found = self.named("spec.alertPolicies", name, alert_condition)?;
                        (name, found)
                    }
                };
                alerts.push(burn_alert(name, condition, policy, objective.window_ms)?);
            }
        }
        Ok(alerts)
    }
}

fn data_source(spec: &OpenSloSpec) -> Option<&DataSourceSpec> {
    match spec {
        OpenSloSpec::DataSource(spec) => Some(spec),
        OpenSloSpec::Service(_)
        | OpenSloSpec::Sli(_)
        | OpenSloSpec::Slo(_)
        | OpenSloSpec::AlertPolicy(_)
        | OpenSloSpec::AlertCondition(_) => None,
    }
}

fn alert_policy(spec: &OpenSloSpec) -> Option<&AlertPolicySpec> {
    match spec {
        OpenSloSpec::AlertPolicy(spec) => Some(spec),
        OpenSloSpec::Service(_)
        | OpenSloSpec::Sli(_)
        | OpenSloSpec::Slo(_)
        | OpenSloSpec::AlertCondition(_)
        | OpenSloSpec::DataSource(_) => None,
    }
}

fn alert_condition(spec: &OpenSloSpec) -> Option<&AlertConditionSpec> {
    match spec {
        OpenSloSpec::AlertCondition(spec) => Some(spec),
        OpenSloSpec::Service(_)
        | OpenSloSpec::Sli(_)
        | OpenSloSpec::Slo(_)
        | OpenSloSpec::AlertPolicy(_)
        | OpenSloSpec::DataSource(_) => None,
    }
}

fn burn_alert(
    name: &ObjectiveName,
    spec: &AlertConditionSpec,
    policy: &AlertPolicySpec,
    window_ms: i64,
) -> Resolved<BurnAlert> {
    const MINUTE: i64 = 60_000;
    /// The workbook's short windows are a twelfth of the long ones.
    const SHORT_PART: i64 = 12;
    let condition = &spec.condition;
    let long_ms = condition.lookback_window.millis;
    if long_ms > window_ms {
        let problem = format!("{name} looks back further than the objective's window");
        return Err(("spec.alertPolicies", problem));
    }
    let severity = if spec.severity.eq_ignore_ascii_case("page") {
        AlertSeverity::Page
    } else {
        AlertSeverity::Ticket
    };
    let targets = policy.notification_targets.iter();
    Ok(BurnAlert {
        name: name.to_string(),
        severity,
        factor: condition.threshold,
        long_ms,
        short_ms: (long_ms / SHORT_PART / MINUTE * MINUTE).max(MINUTE),
        hold_ms: condition
            .alert_after
            .as_ref()
            .map_or(0, |after| after.millis),
        receivers: targets
            .map(|target| target.target_ref.to_string())
            .collect(),
    })
}

fn method(method: BudgetingMethod, promise: &SloObjective) -> Resolved<BudgetMethod> {
    const KEY: &str = "spec.objectives";
    let slice_ms = promise.time_slice_window.as_ref().map(|slice| slice.millis);
    match (method, slice_ms, promise.time_slice_target) {
        (BudgetingMethod::Occurrences, None, None) => Ok(BudgetMethod::Occurrences),
        (BudgetingMethod::Timeslices, Some(slice_ms), Some(target)) => {
            Ok(BudgetMethod::Timeslices { slice_ms, target })
        }
        (BudgetingMethod::RatioTimeslices, Some(slice_ms), None) => {
            Ok(BudgetMethod::RatioTimeslices { slice_ms })
        }
        (BudgetingMethod::Occurrences, _, _) => Err((
            KEY,
            "timeSliceWindow and timeSliceTarget belong to Timeslices".to_owned(),
        )),
        (BudgetingMethod::Timeslices, _, _) => Err((
            KEY,
            "Timeslices need timeSliceWindow and timeSliceTarget".to_owned(),
        )),
        (BudgetingMethod::RatioTimeslices, _, _) => Err((
            KEY,
            "RatioTimeslices need timeSliceWindow, and no timeSliceTarget".to_owned(),
        )),
    }
}

/// Both sources of a ratio are of one kind and count the same thing.
fn fits_together(indicator: &Indicator) -> Resolved<()> {
    let fits = match indicator.sources().as_slice() {
        [
            IndicatorSource::Prometheus { server: one, .. },
            IndicatorSource::Prometheus { server: two, .. },
        ] => one == two,
        [
            IndicatorSource::Evidence { subject: one, .. },
            IndicatorSource::Evidence { subject: two, .. },
        ] => one == two,
        [_] => true,
        _mixed => false,
    };
    if fits {
        Ok(())
    } else {
        Err((
            "spec.indicator",
            "both metrics must come from one Prometheus, or from the evidence of one subject"
                .to_owned(),
        ))
    }
}
