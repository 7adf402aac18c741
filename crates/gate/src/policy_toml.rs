//! Reads policies from the `[gate.NAME]` tables of `adjutant.toml`. A wrong type or a missing
//! threshold is an error with line and key; an unknown key is a warning, given back as a value.

use std::collections::BTreeSet;

use adjutant_domain::{Confidence, GateName, Subject, Unit, read_duration};
use toml::de::DeTable;

use crate::comparison::SuccessRange;
use crate::piece::common_unit;
use crate::policy::{Ask, Criterion, Demand, Policy, Side, Trigger, TriggerCondition, Undecided};
use crate::quantity::{Bound, Margin, Scale};
use crate::quorum_toml;
use crate::selector::Selector;
use crate::statistic::Statistic;
use crate::toml_keys::{InvalidPolicy, Keys, Text, line_at};

/// The policies of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    /// In order of appearance.
    pub policies: Vec<Policy>,
    /// Unknown keys, one sentence each with line and key.
    pub warnings: Vec<String>,
}

/// The policies that are part of the program: name and TOML text.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("release", include_str!("../builtin/release.toml")),
    ("merge", include_str!("../builtin/merge.toml")),
    ("quality", include_str!("../builtin/quality.toml")),
];

/// The text of a built-in policy, as `adjutant gate show` prints it.
pub fn built_in(name: &GateName) -> Option<&'static str> {
    BUILT_IN
        .iter()
        .find(|(built_in, _)| *built_in == name.as_str())
        .map(|(_, text)| *text)
}

/// Reads every `[gate.NAME]` of a TOML text; other tables are not looked at.
///
/// # Errors
/// When the text is not TOML, or a policy has a wrong type, an unreadable quantity, no criteria,
/// or a criterion without a threshold.
pub fn read_policies(text: &str) -> Result<Policies, InvalidPolicy> {
    let root = DeTable::parse(text).map_err(|cause| InvalidPolicy {
        line: line_at(text, cause.span().map_or(0, |span| span.start)),
        key: "the text is not TOML".to_owned(),
        problem: cause.message().to_owned(),
    })?;
    let mut found = Policies {
        policies: vec![],
        warnings: vec![],
    };
    let Some(gates) = Keys::of(text, &root).table("gate")? else {
        return Ok(found);
    };
    for name in gates.names() {
        if let Some(keys) = gates.table(name)? {
            let policy = policy(name, &keys, &mut found.warnings)?;
            found.policies.push(policy);
        }
    }
    Ok(found)
}

/// What a policy says once for all of its criteria.
struct Defaults {
    confidence: Confidence,
    success: SuccessRange,
    stale_after_ms: Option<i64>,
    samples_min: u64,
}

fn policy(
    name: &str,
    keys: &Keys<'_>,
    warnings: &mut Vec<String>,
) -> Result<Policy, InvalidPolicy> {
    let defaults = Defaults {
        confidence: read_or(
            keys.text("confidence")?,
            confidence,
            Confidence::TWO_SIDED_95,
        )?,
        success: read_or(
            keys.text("success_status")?,
            success_range,
            SuccessRange::default(),
        )?,
        stale_after_ms: keys
            .text("stale_after")?
            .map(|text| duration_ms(&text))
            .transpose()?,
        samples_min: keys.whole("samples_min", 0)?.unwrap_or(0) as u64,
    };
    let mut policy = Policy {
        name: name.parse().map_err(|cause| keys.invalid(cause))?,
        title: keys
            .text("title")?
            .map_or_else(String::new, |text| text.value.to_owned()),
        alpha: read_or(keys.text("alpha")?, share, 0.05)?,
        undecided: read_or(keys.text("undecided")?, undecided, Undecided::Pause)?,
        stale_after_ms: defaults.stale_after_ms,
        seed: keys.whole("seed", 0)?.unwrap_or(1) as u64,
        criteria: vec![],
        triggers: vec![],
        risk: keys.boolean("risk")?.unwrap_or(false),
        quorum: (keys.table("quorum")?)
            .map(|table| quorum_toml::read(&table, warnings))
            .transpose()?,
    };
    for table in keys.tables("criteria")? {
        policy
            .criteria
            .push(criterion(&table, &defaults, warnings)?);
    }
    for table in keys.tables("triggers")? {
        policy.triggers.push(trigger(&table, &defaults, warnings)?);
    }
    warnings.extend(keys.unknown());
    check(&policy, keys)?;
    Ok(policy)
}

/// Something is demanded, and no two things have the same name.
fn check(policy: &Policy, keys: &Keys<'_>) -> Result<(), InvalidPolicy> {
    if policy.criteria.is_empty() {
        return Err(keys.invalid(
            "a gate without criteria would let everything pass: add [[gate.NAME.criteria]] tables",
        ));
    }
    if policy.criteria.iter().all(|criterion| !criterion.required) {
        return Err(keys.invalid("a gate needs at least one required criterion"));
    }
    let mut ids = BTreeSet::new();
    let all = policy
        .criteria
        .iter()
        .map(|criterion| ("criterion", &criterion.id));
    for (kind, id) in all.chain(
        policy
            .triggers
            .iter()
            .map(|trigger| ("trigger", &trigger.id)),
    ) {
        if !ids.insert((kind, id)) {
            return Err(keys.invalid(format!("two {kind} tables have the id {id}")));
        }
    }
    Ok(())
}

fn criterion(
    keys: &Keys<'_>,
    defaults: &Defaults,
    warnings: &mut Vec<String>,
) -> Result<Criterion, InvalidPolicy> {
    let id = keys
        .text("id")?
        .ok_or_else(|| keys.invalid("a criterion needs an id"))?;
    let ask = ask(keys, defaults, warnings)?;
    let criterion = Criterion {
        id: id.read()?,
        demand: demand(keys, &ask.statistic)?,
        ask,
        required: keys.boolean("required")?.unwrap_or(true),
        reason_allowed: keys.boolean("reason_allowed")?.unwrap_or(false),
        confirm: keys.boolean("confirm")?.unwrap_or(false),
        holm: keys.text("holm")?.map(|text| text.value.to_owned()),
    };
    warnings.extend(keys.unknown());
    Ok(criterion)
}

fn trigger(
    keys: &Keys<'_>,
    defaults: &Defaults,
    warnings: &mut Vec<String>,
) -> Result<Trigger, InvalidPolicy> {
    let id = keys
        .text("id")?
        .ok_or_else(|| keys.invalid("a trigger needs an id"))?;
    let condition = if keys.boolean("any_criterion_fails")? == Some(true) {
        TriggerCondition::AnyFails
    } else {
        let ask = ask(keys, defaults, warnings)?;
        TriggerCondition::Holds {
            demand: demand(keys, &ask.statistic)?,
            ask: Box::new(ask),
        }
    };
    warnings.extend(keys.unknown());
    Ok(Trigger {
        id: id.read()?,
        condition,
    })
}

fn ask(
    keys: &Keys<'_>,
    defaults: &Defaults,
    warnings: &mut Vec<String>,
) -> Result<Ask, InvalidPolicy> {
    let measure = keys.text("measure")?.ok_or_else(|| {
        keys.invalid("it does not say what to measure: add measure = \"p95\" or another statistic")
    })?;
    let statistic: Statistic = measure.read()?;
    let better = keys.text("better")?.map(|text| text.read()).transpose()?;
    let stale = keys
        .text("stale_after")?
        .map(|text| duration_ms(&text))
        .transpose()?;
    Ok(Ask {
        aliases: keys
            .texts("aliases")?
            .iter()
            .map(Text::read)
            .collect::<Result<_, _>>()?,
        subject: keys
            .text("subject")?
            .map(|text| text.read())
            .transpose()?
            .unwrap_or_else(Subject::candidate),
        labels: selector(keys, warnings)?,
        confidence: read_or(keys.text("confidence")?, confidence, defaults.confidence)?,
        success: read_or(
            keys.text("success_status")?,
            success_range,
            defaults.success,
        )?,
        better: better.unwrap_or_else(|| statistic.better()),
        paired: keys.boolean("paired")?.unwrap_or(false),
        clustered: keys.boolean("clustered")?.unwrap_or(false),
        samples_min: keys
            .whole("samples_min", 0)?
            .map_or(defaults.samples_min, |least| least as u64),
        stale_after_ms: stale.or(defaults.stale_after_ms),
        grade_min: keys
            .whole("grade_at_least", 1)?
            .map_or(1, |grade| grade.min(1_000) as i32),
        statistic,
    })
}

fn selector(keys: &Keys<'_>, warnings: &mut Vec<String>) -> Result<Selector, InvalidPolicy> {
    let Some(labels) = keys.table("labels")? else {
        return Ok(Selector::default());
    };
    let mut globs = Vec::new();
    for label in labels.names() {
        let patterns = labels.texts(label)?;
        if patterns.is_empty() {
            return Err(labels.invalid(format!("{label} lists nothing, so nothing can match")));
        }
        let patterns = patterns.iter().map(|text| text.value.to_owned()).collect();
        globs.push((label.to_owned(), patterns));
    }
    warnings.extend(labels.unknown());
    Ok(Selector { globs })
}

/// Every key that states a threshold.
const THRESHOLDS: [&str; 14] = [
    "below",
    "at_most",
    "above",
    "at_least",
    "rise_below",
    "rise_at_most",
    "rise_above",
    "rise_at_least",
    "fall_below",
    "fall_at_most",
    "fall_above",
    "fall_at_least",
    "drift_within",
    "improves",
];

fn demand(keys: &Keys<'_>, statistic: &Statistic) -> Result<Demand, InvalidPolicy> {
    let mut found: Option<(&str, Demand)> = None;
    for key in THRESHOLDS {
        let Some(demand) = threshold(keys, key, statistic)? else {
            continue;
        };
        if let Some((other, _)) = found {
            return Err(keys.invalid(format!(
                "it has two thresholds, {other} and {key}: write two criteria"
            )));
        }
        found = Some((key, demand));
    }
    found.map(|(_, demand)| demand).ok_or_else(|| {
        keys.invalid(format!(
            "it has no threshold, so it could never fail: add one of {}",
            THRESHOLDS.join(", ")
        ))
    })
}

fn threshold(
    keys: &Keys<'_>,
    key: &str,
    statistic: &Statistic,
) -> Result<Option<Demand>, InvalidPolicy> {
    if key == "improves" {
        return match keys.boolean(key)? {
            None => Ok(None),
            Some(true) => changeable(statistic)
                .map(|()| Some(Demand::Improves))
                .map_err(|problem| keys.invalid(problem)),
            Some(false) => Err(keys.invalid("improves = false demands nothing: leave it out")),
        };
    }
    let Some(text) = keys.text(key)? else {
        return Ok(None);
    };
    let side = |word: &str| match word {
        "below" => Side::Below,
        "at_most" => Side::AtMost,
        "above" => Side::Above,
        _at_least => Side::AtLeast,
    };
    let demand = match key.split_once('_') {
        Some(("rise", word)) => Demand::Rise(side(word), margin(&text, statistic)?),
        Some(("fall", word)) => Demand::Fall(side(word), margin(&text, statistic)?),
        Some(("drift", _)) => Demand::Within(margin(&text, statistic)?),
        Some(_) | None => Demand::Value(side(key), bound(&text, statistic)?),
    };
    Ok(Some(demand))
}

/// A statistic that is one number of both models has no change.
fn changeable(statistic: &Statistic) -> Result<(), String> {
    match statistic {
        Statistic::AblationDrop | Statistic::Correlation => Err(format!(
            "{statistic} has no baseline to change from: state a bound"
        )),
        Statistic::Quantile { .. }
        | Statistic::Mean { .. }
        | Statistic::ErrorRate
        | Statistic::Throughput
        | Statistic::Ndcg { .. }
        | Statistic::ComplianceAtOne
        | Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => Ok(()),
    }
}

fn margin(text: &Text<'_>, statistic: &Statistic) -> Result<Margin, InvalidPolicy> {
    changeable(statistic).map_err(|problem| text.invalid(problem))?;
    let margin: Margin = text.read()?;
    let unit = match margin.scale {
        Scale::Percent => return Ok(margin),
        Scale::Points => Unit::Ratio,
        Scale::Unit(unit) => unit,
    };
    fits(text, unit, statistic)?;
    Ok(margin)
}

fn bound(text: &Text<'_>, statistic: &Statistic) -> Result<Bound, InvalidPolicy> {
    let bound: Bound = text.read()?;
    fits(text, bound.unit, statistic)?;
    Ok(bound)
}

/// Where the statistic itself fixes its unit, a threshold in another one is a mistake.
fn fits(text: &Text<'_>, unit: Unit, statistic: &Statistic) -> Result<(), InvalidPolicy> {
    match statistic.unit() {
        Some(fixed) if common_unit(fixed, unit).is_none() => {
            let wanted = match fixed {
                Unit::Ratio => "% (or points for a change)",
                Unit::PerSecond => "req/s",
                Unit::Count => "count",
                Unit::One => "score",
                Unit::Milliseconds | Unit::Bytes | Unit::Tokens => fixed.symbol(),
            };
            Err(text.invalid(format!("{statistic} is measured in {wanted}")))
        }
        Some(_) | None => Ok(()),
    }
}

fn read_or<'t, T>(
    text: Option<Text<'t>>,
    read: impl Fn(&Text<'t>) -> Result<T, InvalidPolicy>,
    otherwise: T,
) -> Result<T, InvalidPolicy> {
    text.map_or(Ok(otherwise), |text| read(&text))
}

/// `95%`, `95% two-sided` or `95% one-sided`.
fn confidence(text: &Text<'_>) -> Result<Confidence, InvalidPolicy> {
    let invalid = || text.invalid("write it as 95%, 95% two-sided or 95% one-sided");
    let (level, sides) = text.value.split_once('%').ok_or_else(invalid)?;
    let percent: f64 = level.trim().parse().map_err(|_unreadable| invalid())?;
    let level = percent / 100.0;
    if !(0.5..1.0).contains(&level) {
        return Err(text.invalid("a confidence lies from 50% to below 100%"));
    }
    match sides.trim() {
        "" | "two-sided" => Ok(Confidence::TwoSided(level)),
        "one-sided" => Ok(Confidence::OneSided(level)),
        _ => Err(invalid()),
    }
}

/// `5%`.
fn share(text: &Text<'_>) -> Result<f64, InvalidPolicy> {
    let bound: Bound = text.read()?;
    if bound.unit == Unit::Ratio && bound.value > 0.0 && bound.value < 1.0 {
        Ok(bound.value)
    } else {
        Err(text.invalid("write a share above 0% and below 100%"))
    }
}

fn undecided(text: &Text<'_>) -> Result<Undecided, InvalidPolicy> {
    match text.value {
        "pause" => Ok(Undecided::Pause),
        "shadow" => Ok(Undecided::Shadow),
        _ => Err(text.invalid("write pause or shadow")),
    }
}

/// `100-399`.
fn success_range(text: &Text<'_>) -> Result<SuccessRange, InvalidPolicy> {
    let ends = text.value.split_once('-').and_then(|(low, high)| {
        Some((
            low.trim().parse::<u16>().ok()?,
            high.trim().parse::<u16>().ok()?,
        ))
    });
    match ends {
        Some((low, high)) if low > 0 && low <= high => Ok(SuccessRange { low, high }),
        Some(_) | None => Err(text.invalid("write the lowest and the highest code, as in 100-399")),
    }
}

/// `90s`, `30m`, `24h`, `7d` in milliseconds.
fn duration_ms(text: &Text<'_>) -> Result<i64, InvalidPolicy> {
    let duration = read_duration(text.value).map_err(|error| text.invalid(error))?;
    Ok(duration.as_millis() as i64)
}
