//! Writes objectives for others: recording and alerting rules of Prometheus, routes of Alertmanager.

use std::collections::BTreeSet;

use adjutant_document::write_yaml;
use serde_json::{Value, json};

use crate::objective::{AlertSeverity, BurnAlert, Objective};
use crate::promql::{Counting, counting, duration_text};

/// The recorded share of good events of a moment.
const MOMENT: &str = "objective:moment:good";

/// How long a window may have no data before somebody is told: a restart is shorter.
const WITHOUT_DATA: &str = "10m";

/// The rules of the objectives that a Prometheus counts, as a rule file.
///
/// # Errors
/// When a query has no window, which [`crate::resolve`] refuses.
pub fn prometheus_rules(objectives: &[Objective]) -> Result<String, String> {
    let mut groups = Vec::new();
    for objective in objectives {
        if objective.evidence_subject().is_none() {
            groups.push(group(objective)?);
        }
    }
    Ok(write_yaml(&json!({ "groups": groups })))
}

fn group(objective: &Objective) -> Result<Value, String> {
    let labels = json!({ "objective": objective.name, "service": objective.service });
    let mut rules = Vec::new();
    for window in objective.windows() {
        let mut counting = counting(objective, window)?;
        // Moments are recorded once, so that no window has to look into them again.
        if let Counting::Moments { each, .. } = &mut counting {
            let recorded = format!("{MOMENT}{{objective=\"{}\"}}", objective.name);
            let each = std::mem::replace(each, recorded);
            if rules.is_empty() {
                rules.push(json!({ "record": MOMENT, "expr": each, "labels": labels }));
            }
        }
        let queries = counting.queries(window);
        rules.push(json!({
            "record": recorded(window),
            "expr": format!("1 - ({}) / ({})", queries.good, queries.total),
            "labels": labels,
        }));
    }
    let window = series(objective, objective.window_ms);
    rules.push(json!({
        "record": "objective:error_budget:remaining",
        "expr": format!("1 - {window} / (1 - {})", objective.target),
        "labels": labels,
    }));
    for alert in &objective.alerts {
        rules.push(alerting(objective, alert));
    }
    rules.push(exhausted(objective));
    rules.push(without_data(objective));
    Ok(json!({ "name": format!("objective:{}", objective.name), "rules": rules }))
}

/// The recorded share of bad events of a window.
fn recorded(window_ms: i64) -> String {
    format!("objective:error_ratio:window{}", duration_text(window_ms))
}

fn series(objective: &Objective, window_ms: i64) -> String {
    format!(
        "{}{{objective=\"{}\"}}",
        recorded(window_ms),
        objective.name
    )
}

fn alert_labels(objective: &Objective, severity: AlertSeverity, receivers: &[String]) -> Value {
    let mut labels = json!({
        "severity": severity.name(),
        "objective": objective.name,
        "service": objective.service,
    });
    if !receivers.is_empty()
        && let Some(map) = labels.as_object_mut()
    {
        // Commas on both ends, so that a route can look for one whole name.
        let told = format!(",{},", receivers.join(","));
        map.insert("receivers".to_owned(), json!(told));
    }
    labels
}

fn alerting(objective: &Objective, alert: &BurnAlert) -> Value {
    let burns = |window_ms| {
        format!(
            "{} >= {} * (1 - {})",
            series(objective, window_ms),
            alert.factor,
            objective.target
        )
    };
    let mut rule = json!({
        "alert": "ErrorBudgetBurn",
        "expr": format!("{} and {}", burns(alert.long_ms), burns(alert.short_ms)),
        "labels": alert_labels(objective, alert.severity, &alert.receivers),
        "annotations": {
            "summary": format!(
                "{} burns its error budget {} times faster than it lasts",
                objective.name, alert.factor
            ),
            "description": format!(
                "{}: over {} and over {}, {:.3} of the budget of {} is spent when this fires",
                alert.name,
                duration_text(alert.long_ms),
                duration_text(alert.short_ms),
                alert.budget_share(objective.window_ms),
                duration_text(objective.window_ms),
            ),
        },
    });
    if let Some(map) = rule.as_object_mut() {
        if let Some(labels) = map.get_mut("labels").and_then(Value::as_object_mut) {
            labels.insert("burn".to_owned(), json!(alert.name));
        }
        if alert.hold_ms > 0 {
            map.insert("for".to_owned(), json!(duration_text(alert.hold_ms)));
        }
    }
    rule
}

fn exhausted(objective: &Objective) -> Value {
    json!({
        "alert": "ErrorBudgetExhausted",
        "expr": format!("objective:error_budget:remaining{{objective=\"{}\"}} < 0", objective.name),
        "labels": alert_labels(objective, AlertSeverity::Ticket, &[]),
        "annotations": {
            "summary": format!("{} has spent its error budget", objective.name),
        },
    })
}

/// A series that is not there, or is NaN because there were no events, is told as well.
fn without_data(objective: &Objective) -> Value {
    let series = series(objective, objective.window_ms);
    json!({
        "alert": "ObjectiveWithoutData",
        "expr": format!("absent({series} >= 0)"),
        "for": WITHOUT_DATA,
        "labels": alert_labels(objective, AlertSeverity::Ticket, &[]),
        "annotations": {
            "summary": format!("{} has no data: nobody knows whether it is met", objective.name),
        },
    })
}

/// Routes and receivers for the alerts of the objectives, as a configuration of Alertmanager. How a
/// receiver is reached is for its owner to add.
pub fn alertmanager_routes(objectives: &[Objective]) -> String {
    let severities = [AlertSeverity::Page, AlertSeverity::Ticket];
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for alert in objectives.iter().flat_map(|objective| &objective.alerts) {
        named.extend(alert.receivers.iter().map(String::as_str));
    }
    let mut routes: Vec<Value> = named
        .iter()
        .map(|name| {
            json!({
                "matchers": [format!("receivers=~\".*,{},.*\"", escaped(name))],
                "receiver": name,
                "continue": true,
            })
        })
        .collect();
    for severity in severities {
        let repeat = match severity {
            AlertSeverity::Page => "1h",
            AlertSeverity::Ticket => "1d",
        };
        routes.push(json!({
            "matchers": [format!("severity=\"{}\"", severity.name()), "receivers=\"\""],
            "receiver": severity.name(),
            "repeat_interval": repeat,
        }));
    }
    named.extend(severities.map(AlertSeverity::name));
    let receivers: Vec<Value> = named.iter().map(|name| json!({ "name": name })).collect();
    write_yaml(&json!({
        "route": {
            "receiver": AlertSeverity::Ticket.name(),
            "group_by": ["objective"],
            "routes": routes,
        },
        "inhibit_rules": [{
            "source_matchers": ["severity=\"page\""],
            "target_matchers": ["severity=\"ticket\""],
            "equal": ["objective"],
        }],
        "receivers": receivers,
    }))
}

/// A name as a regular expression in the quotes of a matcher.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '-') {
            text.push(c);
        } else {
            text.push_str(&format!("[{c}]"));
        }
    }
    text
}
