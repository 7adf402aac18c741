//! An interval drawn against the values that its criterion accepts, as inline SVG: the accepted
//! side shaded, the limits as lines, the interval as a bar, the value as a dot.

use adjutant_gate::{Accepted, CriterionResult};

use crate::gate::{interval, observed};
use crate::markup::xml;
use crate::standing::Standing;

const WIDTH: f64 = 168.0;
const HEIGHT: f64 = 22.0;
const MIDDLE: f64 = HEIGHT / 2.0;
/// The share of the width that is left free on each side of what is drawn.
const FREE: f64 = 0.12;

/// The values of the left and the right edge.
#[derive(Debug, Clone, Copy)]
struct Scale {
    left: f64,
    right: f64,
}

/// The picture of a criterion; `None` when there is no value.
pub(crate) fn picture(criterion: &CriterionResult) -> Option<String> {
    let measured = criterion.observed.as_ref()?;
    let (low, high) = measured
        .interval()
        .map_or((measured.value(), measured.value()), |i| {
            (i.low(), i.high())
        });
    let limits: Vec<f64> = [criterion.accepted.low, criterion.accepted.high]
        .into_iter()
        .flatten()
        .filter(|limit| limit.is_finite())
        .collect();
    let scale = Scale::around(&[low, high, measured.value()], &limits)?;
    let class = match Standing::of(criterion) {
        Standing::Pass => "good",
        Standing::Fail => "bad",
        Standing::Inconclusive | Standing::NoAnswer(_) => "open",
    };
    let label = format!(
        "observed {}, interval {}, target {}",
        observed(criterion),
        interval(criterion),
        criterion.target
    );
    let mut svg = format!(
        "<svg class=\"picture {class}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{}\">",
        xml(&label)
    );
    svg.push_str(&accepted_side(criterion.accepted, scale));
    svg.push_str(&line("axis", 0.0, MIDDLE, WIDTH, MIDDLE));
    for limit in limits {
        let x = scale.x(limit);
        svg.push_str(&line("limit", x, 1.0, x, HEIGHT - 1.0));
    }
    let (from, to) = (scale.x(low), scale.x(high));
    svg.push_str(&line("bar", from, MIDDLE, to, MIDDLE));
    for end in [from, to] {
        svg.push_str(&line("cap", end, MIDDLE - 4.0, end, MIDDLE + 4.0));
    }
    svg.push_str(&format!(
        "<circle cx=\"{:.1}\" cy=\"{MIDDLE}\" r=\"3.2\"/></svg>",
        scale.x(measured.value())
    ));
    Some(svg)
}

fn accepted_side(accepted: Accepted, scale: Scale) -> String {
    if accepted.low.is_none() && accepted.high.is_none() {
        return String::new();
    }
    let from = accepted.low.map_or(0.0, |low| scale.x(low));
    let to = accepted.high.map_or(WIDTH, |high| scale.x(high));
    format!(
        "<rect class=\"accepted\" x=\"{from:.1}\" y=\"1\" width=\"{:.1}\" height=\"{}\"/>",
        (to - from).max(0.0),
        HEIGHT - 2.0
    )
}

fn line(class: &str, x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    format!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}

impl Scale {
    /// A scale that shows the values and the limits with free room on both sides.
    fn around(values: &[f64], limits: &[f64]) -> Option<Self> {
        let all = || values.iter().chain(limits).copied();
        let low = all().min_by(f64::total_cmp)?;
        let high = all().max_by(f64::total_cmp)?;
        let span = if high > low {
            high - low
        } else {
            low.abs().max(1e-9)
        };
        Some(Self {
            left: low - span * FREE,
            right: high + span * FREE,
        })
    }

    fn x(self, value: f64) -> f64 {
        ((value - self.left) / (self.right - self.left) * WIDTH).clamp(0.0, WIDTH)
    }
}
