//! How grave a result is: by its rule's `security-severity` (GitHub's convention), else by its
//! level (SARIF 2.1.0, section 3.27.10).

use std::collections::HashMap;

use serde_json::Value;

use crate::FormatError;
use crate::json::Node;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Critical,
    High,
    Medium,
    Low,
    None,
}

impl Severity {
    pub(super) const ALL: [Self; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::None,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::None => "none",
        }
    }

    /// GitHub's bands of a CVSS score.
    fn of_score(score: f64) -> Self {
        match score {
            score if score >= 9.0 => Self::Critical,
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            score if score > 0.0 => Self::Low,
            _zero => Self::None,
        }
    }

    fn of_level(level: &Node<'_>) -> Result<Self, FormatError> {
        match level.text()? {
            "error" => Ok(Self::High),
            "warning" => Ok(Self::Medium),
            "note" => Ok(Self::Low),
            "none" => Ok(Self::None),
            unknown => Err(level.wrong(
                format!("{unknown:?} is not a level"),
                "SARIF knows error, warning, note and none.",
            )),
        }
    }
}

/// The rules of one run: of the driver and of every extension.
pub(super) struct Rules<'a> {
    driver: Component<'a>,
    extensions: Vec<Component<'a>>,
}

struct Component<'a> {
    rules: Vec<Node<'a>>,
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Component<'a> {
    fn of(component: &Node<'a>) -> Result<Self, FormatError> {
        let rules: Vec<_> = match component.get("rules") {
            Some(rules) => rules.items()?.collect(),
            None => Vec::new(),
        };
        let mut by_id = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            if let Some(id) = rule.get("id") {
                by_id.entry(id.text()?).or_insert(index);
            }
        }
        Ok(Self { rules, by_id })
    }

    /// A rule by its id; `base/sub` is a finer name of the rule `base` (section 3.27.5).
    fn named(&self, id: &str) -> Option<&Node<'a>> {
        let mut id = id;
        loop {
            if let Some(rule) = self.by_id.get(id).and_then(|at| self.rules.get(*at)) {
                return Some(rule);
            }
            (id, _) = id.rsplit_once('/')?;
        }
    }
}

impl<'a> Rules<'a> {
    /// The rules of a run.
    pub(super) fn of(run: &Node<'a>) -> Result<Self, FormatError> {
        let tool = run.need("tool")?;
        let driver = Component::of(&tool.need("driver")?)?;
        let extensions = match tool.get("extensions") {
            Some(extensions) => extensions
                .items()?
                .map(|extension| Component::of(&extension))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self { driver, extensions })
    }

    /// How grave a result of the run is.
    ///
    /// # Errors
    /// When it points to a rule that is not there, or its level or score is not one.
    pub(super) fn severity(&self, result: &Node<'a>) -> Result<Severity, FormatError> {
        let rule = self.rule_of(result)?;
        if let Some(score) = rule
            .and_then(|rule| rule.get("properties"))
            .and_then(|properties| properties.get("security-severity"))
        {
            return Ok(Severity::of_score(score_of(&score)?));
        }
        if let Some(level) = result.get("level") {
            return Severity::of_level(&level);
        }
        if let Some(kind) = result.get("kind")
            && kind.text()? != "fail"
        {
            return Ok(Severity::None);
        }
        match rule
            .and_then(|rule| rule.get("defaultConfiguration"))
            .and_then(|configuration| configuration.get("level"))
        {
            Some(level) => Severity::of_level(&level),
            None => Ok(Severity::Medium),
        }
    }

    fn rule_of(&self, result: &Node<'a>) -> Result<Option<&Node<'a>>, FormatError> {
        let reference = result.get("rule");
        let component = match reference
            .as_ref()
            .and_then(|rule| rule.get("toolComponent"))
        {
            Some(component) => match component.get("index") {
                Some(index) => self.extension(&index)?,
                None => &self.driver,
            },
            None => &self.driver,
        };
        let index = match result.get("ruleIndex") {
            Some(index) => Some(index),
            None => reference.as_ref().and_then(|rule| rule.get("index")),
        };
        // -1 stands for "no index" (section 3.27.6).
        if let Some(index) = index.filter(|index| index.value.as_i64() != Some(-1)) {
            let at = usize::try_from(index.count()?).ok();
            let rule = at.and_then(|at| component.rules.get(at));
            return rule.map(Some).ok_or_else(|| dangling(&index, "rule"));
        }
        let id = match result.get("ruleId") {
            Some(id) => Some(id),
            None => reference.as_ref().and_then(|rule| rule.get("id")),
        };
        let Some(id) = id else { return Ok(None) };
        let id = id.text()?;
        let elsewhere = || self.extensions.iter().find_map(|part| part.named(id));
        Ok(component.named(id).or_else(elsewhere))
    }

    fn extension(&self, index: &Node<'a>) -> Result<&Component<'a>, FormatError> {
        let at = usize::try_from(index.count()?).ok();
        at.and_then(|at| self.extensions.get(at))
            .ok_or_else(|| dangling(index, "extension"))
    }
}

fn dangling(index: &Node<'_>, what: &str) -> FormatError {
    index.wrong(
        format!("the tool describes no {what} of this index"),
        "Give the whole file as the tool wrote it.",
    )
}

fn score_of(score: &Node<'_>) -> Result<f64, FormatError> {
    let number = match score.value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_f64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number
        .filter(|score: &f64| (0.0..=10.0).contains(score))
        .ok_or_else(|| {
            score.wrong(
                "the security severity is not a score from 0 to 10",
                "Let the tool write a CVSS score, such as \"7.5\".",
            )
        })
}
