//! The composite risk of a candidate: four factors between 0 (nothing speaks against it) and
//! 1 (surely past what is accepted), 0.5 being the edge of what is accepted. `docs/risk.md` prints
//! the rules. What is not known stands at 0 and at 1, so that the score is an interval; no factor
//! is ever left out and the rest weighed again.

use adjutant_domain::{Interval, Measured, Outcome, Validity};
use serde::{Deserialize, Serialize};

use crate::evaluate::{Case, Detail};
use crate::policy::Ask;
use crate::prepared::{Answer, prepare};
use crate::risk_asks::{self, Asked};
use crate::statistic::Direction;

/// From here on a risk is medium, in tenths so that 0.3 is exact.
const MEDIUM_TENTHS: f64 = 3.0;
/// From here on it is high.
const HIGH_TENTHS: f64 = 6.0;
/// The factor of what may break somebody, and of a worsening that is just accepted.
const EDGE: f64 = 0.5;

/// What a risk is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskFactor {
    /// What a change of the contract breaks.
    Schema,
    /// What the build is made of.
    Dependency,
    /// How much slower it is.
    Latency,
    /// How much worse its answers are.
    Output,
}

/// How risky, where the whole interval says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskLevel {
    /// Below 0.3.
    Low,
    /// From 0.3, below 0.6.
    Medium,
    /// From 0.6.
    High,
}

/// How a risk stands before the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskStanding {
    /// Below 0.3, and nothing breaks the contract.
    Low,
    /// From 0.3, below 0.6, and nothing breaks the contract.
    Medium,
    /// The interval holds more than one level, or it cannot be told whether the contract breaks.
    Undecided,
    /// From 0.6.
    High,
    /// The contract breaks: a veto, whatever the score.
    Veto,
}

/// One factor with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorResult {
    /// Which.
    pub factor: RiskFactor,
    /// Its weight in the score, in tenths.
    pub weight_tenths: u8,
    /// Where it lies; 0 to 1 when nothing is known.
    pub level: Interval,
    /// What it follows from, such as how many changes break somebody, or how much slower it is.
    pub observed: Vec<FactorValue>,
    /// Whether the evidence can answer.
    pub validity: Validity,
    /// One sentence: why, and what to do where something is missing.
    pub reason: String,
}

/// A value that a factor follows from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorValue {
    /// What it is, such as `schema_changes breaking`.
    pub what: String,
    /// The value with its evidence.
    pub measured: Measured,
}

/// A composite risk: a pure function of the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompositeRisk {
    /// Where the score lies: the weighted sum of the factors' ends.
    pub score: Interval,
    /// Its level, where the whole interval has one.
    pub level: Option<RiskLevel>,
    /// Whether a change breaks the contract; `None` when it cannot be told.
    pub veto: Option<bool>,
    /// The four factors, the heaviest first.
    pub factors: Vec<FactorResult>,
}

impl RiskFactor {
    /// All, the heaviest first.
    pub const ALL: [Self; 4] = [Self::Schema, Self::Dependency, Self::Latency, Self::Output];

    /// Its weight in tenths of the score; together they are 10.
    pub fn weight_tenths(self) -> u8 {
        match self {
            Self::Schema => 4,
            Self::Dependency => 3,
            Self::Latency => 2,
            Self::Output => 1,
        }
    }
}

impl std::fmt::Display for RiskFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Schema => "schema",
            Self::Dependency => "dependency",
            Self::Latency => "latency",
            Self::Output => "output",
        })
    }
}

impl std::fmt::Display for RiskStanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::Undecided => "UNDECIDED",
            Self::High => "HIGH",
            Self::Veto => "VETO",
        })
    }
}

impl FactorResult {
    /// Whether it keeps the risk from being low: it lies at the edge of what is accepted or beyond,
    /// or might.
    pub fn weighs(&self) -> bool {
        self.level.high() >= EDGE
    }
}

impl CompositeRisk {
    /// How it stands before the verdict. A high score stays high whatever else is unknown.
    pub fn standing(&self) -> RiskStanding {
        match (self.veto, self.level) {
            (Some(true), _) => RiskStanding::Veto,
            (_, Some(RiskLevel::High)) => RiskStanding::High,
            (None, _) | (_, None) => RiskStanding::Undecided,
            (Some(false), Some(RiskLevel::Medium)) => RiskStanding::Medium,
            (Some(false), Some(RiskLevel::Low)) => RiskStanding::Low,
        }
    }
}

/// The risk that the evidence of a case shows. Evidence older than `stale_after_ms` shows nothing.
pub fn assess_risk(case: &Case<'_>, stale_after_ms: Option<i64>) -> CompositeRisk {
    let look = Look {
        case,
        stale_after_ms,
    };
    let schema = findings(&risk_asks::schema(), &look);
    let veto = match (schema.breaks, schema.is_whole) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    let factors = vec![
        schema.factor(RiskFactor::Schema),
        findings(&risk_asks::dependency(), &look).factor(RiskFactor::Dependency),
        worst(RiskFactor::Latency, &[risk_asks::p95()], &look),
        output(&look),
    ];
    let tenths = |end: fn(Interval) -> f64| -> f64 {
        let weigh = |factor: &FactorResult| f64::from(factor.weight_tenths) * end(factor.level);
        factors.iter().map(weigh).sum()
    };
    let (low, high) = (tenths(Interval::low), tenths(Interval::high));
    CompositeRisk {
        score: span(low / 10.0, high / 10.0),
        level: (level(low) == level(high)).then(|| level(low)),
        veto,
        factors,
    }
}

/// The level of a score in tenths.
fn level(tenths: f64) -> RiskLevel {
    if tenths < MEDIUM_TENTHS {
        RiskLevel::Low
    } else if tenths < HIGH_TENTHS {
        RiskLevel::Medium
    } else {
        RiskLevel::High
    }
}

/// Ends that are no numbers tell nothing: all of it.
fn span(low: f64, high: f64) -> Interval {
    Interval::new(low, high).unwrap_or(Interval::ZERO_TO_ONE)
}

/// What is looked at.
struct Look<'a> {
    case: &'a Case<'a>,
    stale_after_ms: Option<i64>,
}

/// What counted findings say.
struct Findings {
    breaks: bool,
    /// Everything was looked at.
    is_whole: bool,
    level: Interval,
    observed: Vec<FactorValue>,
    validity: Validity,
    reason: String,
}

impl Findings {
    fn factor(self, factor: RiskFactor) -> FactorResult {
        FactorResult {
            factor,
            weight_tenths: factor.weight_tenths(),
            level: self.level,
            observed: self.observed,
            validity: self.validity,
            reason: self.reason,
        }
    }
}

/// A factor from counts: something breaks 1, something may break 0.5, nothing 0. What was not
/// looked at could break: up to 1.
fn findings(asked: &risk_asks::Findings, look: &Look<'_>) -> Findings {
    let count = |ask: &Asked| answer(ask, look);
    let breaking: Vec<Answer> = asked.breaking.iter().map(count).collect();
    let risky: Vec<Answer> = asked.risky.iter().map(count).collect();
    let looked_at = |list: &[(Asked, &'static str)]| -> Vec<(Answer, &'static str)> {
        let counted = |(ask, remedy): &(Asked, &'static str)| (count(ask), *remedy);
        list.iter().map(counted).collect()
    };
    let open = looked_at(&asked.looked_at);
    let open_if_any = looked_at(&asked.looked_at_if_any);
    let number = |answer: &Answer| answer.observed.as_ref().map(Measured::value);
    let is_some = |answer: &Answer| number(answer).is_some_and(|found| found > 0.0);
    let breaks = breaking.iter().any(is_some);
    let mut needed = breaking.iter().take(1).chain(risky.iter().take(1));
    let invalid = needed.find(|answer| answer.validity != Validity::Valid);
    let is_left_out = |(answer, _): &&(Answer, &str)| {
        answer.validity != Validity::Valid || answer.outcome != Outcome::Pass
    };
    let if_any = open_if_any.iter();
    let if_any = if_any.filter(|(answer, _)| answer.validity == Validity::Valid);
    let unseen = open.iter().chain(if_any).find(is_left_out);
    let least = if risky.iter().any(is_some) { EDGE } else { 0.0 };
    let (level, reason) = match (breaks, invalid, unseen) {
        (true, _, _) => (span(1.0, 1.0), asked.says_breaking.to_owned()),
        (false, Some(answer), _) => (
            span(least, 1.0),
            format!("{}: {}", answer.reason, asked.remedy),
        ),
        (false, None, Some((_, remedy))) => (span(least, 1.0), (*remedy).to_owned()),
        (false, None, None) if least > 0.0 => (span(least, least), asked.says_risky.to_owned()),
        (false, None, None) => (span(0.0, 0.0), asked.says_nothing.to_owned()),
    };
    let validity = match (breaks, invalid, unseen) {
        (true, _, _) | (false, None, None) => Validity::Valid,
        (false, Some(answer), _) => answer.validity,
        (false, None, Some(_)) => Validity::Insufficient,
    };
    Findings {
        breaks,
        is_whole: invalid.is_none() && unseen.is_none(),
        level,
        observed: (asked.breaking.iter().chain(&asked.risky))
            .chain(asked.looked_at.iter().map(|(ask, _)| ask))
            .chain(asked.looked_at_if_any.iter().map(|(ask, _)| ask))
            .zip(
                (breaking.into_iter().chain(risky))
                    .chain(open.into_iter().map(|(answer, _)| answer))
                    .chain(open_if_any.into_iter().map(|(answer, _)| answer)),
            )
            .filter_map(|(ask, answer)| Some(value(ask, answer.observed?)))
            .collect(),
        validity,
        reason,
    }
}

/// The factor of the output: what was recorded and had no partner could be worse, up to 1.
fn output(look: &Look<'_>) -> FactorResult {
    let mut result = worst(RiskFactor::Output, &risk_asks::output(), look);
    let (asked, remedy) = risk_asks::output_looked_at();
    let found = answer(&asked, look);
    if found.validity == Validity::Valid && found.outcome != Outcome::Pass {
        result.level = span(result.level.low(), 1.0);
        result.validity = Validity::Insufficient;
        result.reason = remedy.to_owned();
    }
    (result.observed).extend(found.observed.map(|observed| value(&asked, observed)));
    result
}

/// A factor from how much worse the candidate is: 0 when it is not worse, 0.5 at the accepted
/// margin, 1 from twice the margin on. Of several questions that have evidence the worst counts.
fn worst(factor: RiskFactor, asked: &[Asked], look: &Look<'_>) -> FactorResult {
    let mut result = FactorResult {
        factor,
        weight_tenths: factor.weight_tenths(),
        level: Interval::ZERO_TO_ONE,
        observed: vec![],
        validity: Validity::NoData,
        reason: String::new(),
    };
    let mut known: Option<Interval> = None;
    let mut reasons = vec![];
    let mut worst_validity = None;
    for one in asked {
        let found = answer(one, look);
        if found.validity == Validity::NoData {
            reasons.push(found.reason);
            continue;
        }
        let level = worsening(one, &found);
        if found.validity != Validity::Valid || worst_validity.is_none() {
            worst_validity = Some(found.validity);
            result.reason = format!("{}: {}", one.words, found.reason);
        }
        result
            .observed
            .extend(found.observed.map(|observed| value(one, observed)));
        known = Some(known.map_or(level, |so_far| {
            span(
                so_far.low().max(level.low()),
                so_far.high().max(level.high()),
            )
        }));
    }
    match (known, worst_validity) {
        (Some(level), Some(validity)) => FactorResult {
            level,
            validity,
            ..result
        },
        (_, _) => FactorResult {
            reason: format!("{}: {}", reasons.join("; "), risk_asks::remedy(factor)),
            ..result
        },
    }
}

fn value(asked: &Asked, measured: Measured) -> FactorValue {
    let what = asked.words.clone();
    FactorValue { what, measured }
}

/// Where the factor lies by one answer: 0.5 at the accepted margin, 1 from twice the margin on.
fn worsening(asked: &Asked, found: &Answer) -> Interval {
    let ramp = |change: f64| (change / asked.margin * EDGE).clamp(0.0, 1.0);
    let ends = found.observed.as_ref().and_then(Measured::interval);
    match (found.validity, ends, asked.ask.better) {
        (Validity::Valid, Some(ends), Direction::Lower) => {
            span(ramp(ends.low()), ramp(ends.high()))
        }
        (Validity::Valid, Some(ends), Direction::Higher) => {
            span(ramp(-ends.high()), ramp(-ends.low()))
        }
        (_, _, _) => Interval::ZERO_TO_ONE,
    }
}

fn answer(asked: &Asked, look: &Look<'_>) -> Answer {
    let ask = Ask {
        stale_after_ms: look.stale_after_ms,
        ..asked.ask.clone()
    };
    prepare(&ask, asked.demand, risk_asks::SEED, look.case).answer(ask.confidence, Detail::Judged)
}
