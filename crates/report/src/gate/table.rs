//! The table of a gate's criteria on a terminal. It is laid out for the width there is: with
//! validity and outcome apart, with both in one column, or not at all.

use adjutant_gate::{CriterionResult, Decision};

use crate::number;
use crate::standing::{self, NO_DATA_AVAILABLE, Standing};
use crate::terminal::{columns, left, right};

/// Between two columns.
const GAP: &str = "  ";

/// The widths of a table that fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    shape: Shape,
    id: usize,
    observed: usize,
    interval: usize,
    n: usize,
    state: [usize; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Validity and outcome have a column each.
    Apart,
    /// One column says both.
    Together,
}

/// The texts of the columns between the criterion's name and its state.
struct Value {
    observed: String,
    interval: String,
    n: String,
}

impl Table {
    /// The widest table that fits into `width` columns; `None` when none does.
    pub(crate) fn fitting(decision: &Decision, width: usize) -> Option<Self> {
        [Shape::Apart, Shape::Together]
            .into_iter()
            .map(|shape| Self::of(decision, shape))
            .find(|table| columns(&table.heading()) <= width)
    }

    fn of(decision: &Decision, shape: Shape) -> Self {
        let criteria = &decision.criteria;
        let values: Vec<Value> = criteria.iter().filter_map(Value::of).collect();
        let widest = |heading: &str, texts: Vec<String>| {
            let all = texts.iter().map(|text| columns(text));
            all.chain([columns(heading)]).max().unwrap_or(0)
        };
        let of_values = |heading, text: fn(&Value) -> String| {
            widest(heading, values.iter().map(text).collect())
        };
        let observed = of_values("OBSERVED", |value| value.observed.clone());
        let n = of_values("N", |value| value.n.clone());
        let interval = of_values("INTERVAL", |value| value.interval.clone());
        let has_gap = criteria
            .iter()
            .any(|criterion| criterion.observed.is_none());
        let no_data = if has_gap {
            columns(NO_DATA_AVAILABLE)
        } else {
            0
        };
        let headings = shape.headings();
        Self {
            shape,
            id: widest(
                "CRITERION",
                criteria.iter().map(|c| c.id.to_string()).collect(),
            ),
            observed,
            interval: interval.max(no_data.saturating_sub(observed + n + 2 * GAP.len())),
            n,
            state: std::array::from_fn(|at| {
                let texts = criteria.iter().map(|c| shape.state(c)[at].clone());
                widest(headings[at], texts.collect())
            }),
        }
    }

    /// The line of headings.
    pub(crate) fn heading(&self) -> String {
        let value = Value {
            observed: "OBSERVED".to_owned(),
            interval: "INTERVAL".to_owned(),
            n: "N".to_owned(),
        };
        let state = self.shape.headings().map(str::to_owned);
        self.line(" ", "CRITERION", &self.value_block(&value), &state)
    }

    /// The line of a criterion.
    pub(crate) fn row(&self, criterion: &CriterionResult) -> String {
        let value = Value::of(criterion).map_or_else(
            || {
                let width = self.observed + self.interval + self.n + 2 * GAP.len();
                left(NO_DATA_AVAILABLE, width)
            },
            |value| self.value_block(&value),
        );
        let mark = Standing::of(criterion).mark();
        self.line(
            mark,
            criterion.id.as_str(),
            &value,
            &self.shape.state(criterion),
        )
    }

    fn value_block(&self, value: &Value) -> String {
        [
            right(&value.observed, self.observed),
            left(&value.interval, self.interval),
            right(&value.n, self.n),
        ]
        .join(GAP)
    }

    fn line(&self, mark: &str, id: &str, value: &str, state: &[String; 3]) -> String {
        let mut cells = vec![left(id, self.id), value.to_owned()];
        for (text, width) in state.iter().zip(self.state).filter(|(_, width)| *width > 0) {
            cells.push(left(text, width));
        }
        format!("{mark} {}", cells.join(GAP)).trim_end().to_owned()
    }
}

impl Shape {
    fn headings(self) -> [&'static str; 3] {
        match self {
            Self::Apart => ["VALIDITY", "OUTCOME", "TREND"],
            Self::Together => ["", "STATUS", "TREND"],
        }
    }

    fn state(self, criterion: &CriterionResult) -> [String; 3] {
        let trend = standing::trend(&criterion.trend).to_owned();
        match self {
            Self::Apart => [
                criterion.validity.to_string(),
                criterion.outcome.to_string(),
                trend,
            ],
            Self::Together => [String::new(), Standing::of(criterion).words(), trend],
        }
    }
}

impl Value {
    fn of(criterion: &CriterionResult) -> Option<Self> {
        let observed = criterion.observed.as_ref()?;
        Some(Self {
            observed: number::measured(observed),
            interval: named_interval(criterion),
            n: number::count(observed.n()),
        })
    }
}

/// The interval behind its name, because no heading says 95 %.
pub(crate) fn named_interval(criterion: &CriterionResult) -> String {
    let ends = criterion
        .observed
        .as_ref()
        .and_then(number::measured_interval);
    match ends {
        None => "no interval".to_owned(),
        Some(ends) if ends == number::EXACT => ends,
        Some(ends) => format!("{} {ends}", number::interval_name(criterion.confidence)),
    }
}
