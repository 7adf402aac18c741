//! The PromQL that counts the events of a window. Good and all events are two expressions, so that
//! "no events" and "only bad ones" stay apart.

use crate::objective::{BudgetMethod, Indicator, IndicatorSource, Objective, RatioPart};
use crate::openslo::ThresholdOp;

/// What stands in a query for the length of the window.
const WINDOW: &str = "{{.window}}";

/// How often a value that has no events of its own counts as one.
const POINT_MS: i64 = 60_000;

/// What counts the events of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowQueries {
    /// How many good ones there were.
    pub good: String,
    /// How many there were.
    pub total: String,
}

/// How the events of a window come about.
pub(crate) enum Counting {
    /// By two queries.
    Events(WindowQueries),
    /// From moments, each of which counts as one event.
    Moments {
        /// How good a moment is, 0 to 1; nothing where it has no events.
        each: String,
        /// How far moments lie apart.
        step_ms: i64,
    },
}

/// The queries of an objective for a window that ends now; `None` where stored evidence is counted.
///
/// # Errors
/// When a query is neither a selector nor says where the window stands.
pub fn window_queries(
    objective: &Objective,
    window_ms: i64,
) -> Result<Option<WindowQueries>, String> {
    if objective.evidence_subject().is_some() {
        return Ok(None);
    }
    Ok(Some(counting(objective, window_ms)?.queries(window_ms)))
}

/// How the events of a window come about, by its Prometheus.
pub(crate) fn counting(objective: &Objective, window_ms: i64) -> Result<Counting, String> {
    match objective.method {
        BudgetMethod::Occurrences => events(&objective.indicator, window_ms),
        BudgetMethod::Timeslices { slice_ms, target } => {
            let share = share(&objective.indicator, slice_ms)?;
            Ok(Counting::Moments {
                each: format!("({share} >= bool {target})"),
                step_ms: slice_ms,
            })
        }
        BudgetMethod::RatioTimeslices { slice_ms } => Ok(Counting::Moments {
            each: share(&objective.indicator, slice_ms)?,
            step_ms: slice_ms,
        }),
    }
}

impl Counting {
    /// The queries for a window.
    pub(crate) fn queries(self, window_ms: i64) -> WindowQueries {
        match self {
            Counting::Events(queries) => queries,
            Counting::Moments { each, step_ms } => {
                let (window, step) = (duration_text(window_ms), duration_text(step_ms));
                WindowQueries {
                    good: format!("sum_over_time({each}[{window}:{step}])"),
                    total: format!("count_over_time({each}[{window}:{step}])"),
                }
            }
        }
    }
}

fn events(indicator: &Indicator, window_ms: i64) -> Result<Counting, String> {
    match indicator {
        Indicator::Ratio {
            part,
            counted,
            total,
            is_counter,
        } => {
            let counted = counted_over(query_of(counted), window_ms, *is_counter)?;
            let total = counted_over(query_of(total), window_ms, *is_counter)?;
            let good = match part {
                RatioPart::Good => counted,
                RatioPart::Bad => format!("{total} - {counted}"),
            };
            Ok(Counting::Events(WindowQueries { good, total }))
        }
        Indicator::RawRatio { part, source } => {
            let query = query_of(source);
            let share = match part {
                RatioPart::Good => format!("({query})"),
                RatioPart::Bad => format!("(1 - ({query}))"),
            };
            Ok(points(share))
        }
        Indicator::Threshold { source, op, bound } => {
            let op = match op {
                ThresholdOp::Lte => "<=",
                ThresholdOp::Gte => ">=",
                ThresholdOp::Lt => "<",
                ThresholdOp::Gt => ">",
            };
            // Any comparison with NaN is false; what is equal to itself is a number.
            let query = query_of(source);
            let kept = format!("((({query}) == ({query})) {op} bool {bound})");
            Ok(points(kept))
        }
    }
}

/// The share of good events of a slice. A slice without events has none: 0/0 is not at least 0.
fn share(indicator: &Indicator, slice_ms: i64) -> Result<String, String> {
    let WindowQueries { good, total } = events(indicator, slice_ms)?.queries(slice_ms);
    Ok(format!("((({good}) / ({total})) >= 0)"))
}

fn points(each: String) -> Counting {
    Counting::Moments {
        each,
        step_ms: POINT_MS,
    }
}

fn query_of(source: &IndicatorSource) -> &str {
    match source {
        IndicatorSource::Prometheus { query, .. } => query,
        IndicatorSource::Evidence { .. } => "",
    }
}

fn counted_over(query: &str, window_ms: i64, is_counter: bool) -> Result<String, String> {
    let window = duration_text(window_ms);
    if query.contains(WINDOW) {
        return Ok(format!("({})", query.replace(WINDOW, &window)));
    }
    let inner = query
        .strip_prefix("sum(")
        .and_then(|rest| rest.strip_suffix(')'))
        .map_or(query, str::trim);
    if !is_selector(inner) {
        return Err(format!(
            "{query:?} is neither a selector such as requests_total{{code=~\"5..\"}} nor says by \
             {WINDOW} where the window stands"
        ));
    }
    let counts = if is_counter {
        "increase"
    } else {
        "sum_over_time"
    };
    Ok(format!("sum({counts}({inner}[{window}]))"))
}

/// A metric's name, labels in braces, or both.
fn is_selector(query: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let (name, labels) = match query.find('{') {
        Some(at) => query.split_at(at),
        None => (query, ""),
    };
    let name = name.trim();
    let is_name = name.chars().all(of_name) && !name.starts_with(|c: char| c.is_ascii_digit());
    is_name
        && if labels.is_empty() {
            !name.is_empty()
        } else {
            closes_at_end(labels)
        }
}

/// Whether the first brace is closed by the last character, texts left out.
fn closes_at_end(labels: &str) -> bool {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in labels.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(open) if c == '\\' && open != '`' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == '}' => return at + 1 == labels.len(),
            None => {}
        }
    }
    false
}

/// A length of time as Prometheus writes it: `5m`, `30d`.
pub fn duration_text(millis: i64) -> String {
    let units = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    let whole = units.iter().find(|(_, one)| millis % one == 0);
    match whole {
        Some((unit, one)) => format!("{}{unit}", millis / one),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_its_window_or_is_a_selector() {
        for (query, counted) in [
            ("a_total", Some("sum(increase(a_total[5m]))")),
            ("a{x=\"}\"}", Some("sum(increase(a{x=\"}\"}[5m]))")),
            ("sum( a{b='c'} )", Some("sum(increase(a{b='c'}[5m]))")),
            (
                "sum(rate(a[{{.window}}])) * 2",
                Some("(sum(rate(a[5m])) * 2)"),
            ),
            ("rate(a[5m])", None),
            ("a + b", None),
            ("a{} + b{}", None),
            ("", None),
            ("1", None),
        ] {
            let found = counted_over(query, 300_000, true);
            assert_eq!(found.as_deref().ok(), counted, "{query}");
        }
    }

    #[test]
    fn lengths_of_time_are_written_in_their_largest_unit() {
        for (millis, text) in [
            (300_000, "5m"),
            (3_600_000, "1h"),
            (2_592_000_000, "30d"),
            (5_400_000, "90m"),
            (1_500, "1500ms"),
        ] {
            assert_eq!(duration_text(millis), text);
        }
    }
}
