//! Findings, and the one place where their severity is decided.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::pointer::Pointer;

/// Which way the data of a contract travels, seen from those who call the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SchemaDirection {
    /// Callers write it and the service reads it: it must not accept less than before.
    Request,
    /// The service writes it and callers read it: it must not hold more than before.
    Response,
    /// Both: stored data, messages, types used on both sides.
    Both,
}

/// How bad a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SchemaSeverity {
    /// Whoever follows the baseline is served by the candidate too.
    Safe,
    /// It may break somebody; the contracts alone cannot tell.
    Risky,
    /// Somebody who follows the baseline stops working.
    Breaking,
}

/// Who stops working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Breaks {
    /// Those who read data by the baseline's contract.
    Reader,
    /// Those who write data by the baseline's contract.
    Writer,
    /// Both.
    Both,
}

/// One change and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFinding {
    /// Which rule it is, such as `enum-value-removed`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: SchemaSeverity,
    /// Where it is in the baseline; `None` when it is not there.
    pub baseline: Option<String>,
    /// Where it is in the candidate; `None` when it is not there.
    pub candidate: Option<String>,
    /// The line of `baseline`, counted from 1, where it is known.
    pub baseline_line: Option<u64>,
    /// The line of `candidate`, counted from 1, where it is known.
    pub candidate_line: Option<u64>,
    /// The first place that uses it, such as `POST /pets, request body`; empty for the whole.
    pub used_by: String,
    /// What changed, and why that breaks or does not.
    pub why: String,
    /// Who breaks; `None` when it is safe.
    pub breaks: Option<Breaks>,
    /// Whether the comparison was given up here, so that nothing is known.
    pub undecided: bool,
}

/// What a change does to the set of accepted values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Values that were accepted no longer are.
    Narrowed,
    /// As `Narrowed`, but only values that nobody had a reason to write.
    NarrowedSoftly,
    /// Values are accepted that were not.
    Widened,
    /// As `Widened`, but only values that a reader has no reason to stumble over.
    WidenedSoftly,
    /// Both at once, or it cannot be told which.
    Incomparable,
    /// The set stays; what the values mean may not.
    Risky,
    /// Nothing that anybody depends on.
    Harmless,
    /// It was not compared.
    Undecided,
}

/// How a change inside a part acts on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Variance {
    /// A wider part makes a wider whole.
    Covariant,
    /// A wider part makes a narrower whole, as inside `not`.
    Contravariant,
    /// Any change of the part can do both to the whole, as inside `if`.
    Invariant,
}

/// Where a comparison stands.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) direction: SchemaDirection,
    pub(crate) variance: Variance,
    /// A change can also act the other way round, as in a branch of `oneOf` that overlaps another.
    pub(crate) overlapping: bool,
    /// A schema around this one forbids properties that nobody declares.
    pub(crate) closed_around: bool,
    /// Whether this is a parameter, whose defaults are part of what a call means.
    pub(crate) is_parameter: bool,
    /// Whose schema it is.
    pub(crate) used_by: Rc<str>,
}

impl Context {
    pub(crate) fn new(direction: SchemaDirection, used_by: &str) -> Self {
        Self {
            direction,
            variance: Variance::Covariant,
            overlapping: false,
            closed_around: false,
            is_parameter: false,
            used_by: used_by.into(),
        }
    }

    pub(crate) fn negated(&self) -> Self {
        let variance = match self.variance {
            Variance::Covariant => Variance::Contravariant,
            Variance::Contravariant => Variance::Covariant,
            Variance::Invariant => Variance::Invariant,
        };
        Self {
            variance,
            ..self.clone()
        }
    }

    pub(crate) fn invariant(&self) -> Self {
        Self {
            variance: Variance::Invariant,
            ..self.clone()
        }
    }
}

impl Effect {
    fn under(self, variance: Variance) -> Self {
        match (variance, self) {
            (Variance::Covariant, effect) => effect,
            (Variance::Contravariant, Self::Narrowed) => Self::Widened,
            (Variance::Contravariant, Self::NarrowedSoftly) => Self::WidenedSoftly,
            (Variance::Contravariant, Self::Widened) => Self::Narrowed,
            (Variance::Contravariant, Self::WidenedSoftly) => Self::NarrowedSoftly,
            (
                Variance::Invariant,
                Self::Narrowed | Self::NarrowedSoftly | Self::Widened | Self::WidenedSoftly,
            ) => Self::Incomparable,
            (
                Variance::Contravariant | Variance::Invariant,
                Self::Incomparable | Self::Risky | Self::Harmless | Self::Undecided,
            ) => self,
        }
    }

    /// The severity of the effect on data that travels in this direction, and who breaks.
    fn judged(self, direction: SchemaDirection) -> (SchemaSeverity, Option<Breaks>) {
        use SchemaDirection::{Both, Request, Response};
        use SchemaSeverity::{Breaking, Risky, Safe};
        let party = match direction {
            Request => Breaks::Writer,
            Response => Breaks::Reader,
            Both => Breaks::Both,
        };
        match (self, direction) {
            (Self::Narrowed, Request | Both) => (Breaking, Some(Breaks::Writer)),
            (Self::NarrowedSoftly, Request | Both) => (Risky, Some(Breaks::Writer)),
            (Self::Widened, Response | Both) => (Breaking, Some(Breaks::Reader)),
            (Self::WidenedSoftly, Response | Both) => (Risky, Some(Breaks::Reader)),
            (Self::Incomparable, _) => (Breaking, Some(party)),
            (Self::Risky | Self::Undecided, _) => (Risky, Some(party)),
            (Self::Narrowed | Self::NarrowedSoftly, Response)
            | (Self::Widened | Self::WidenedSoftly, Request)
            | (Self::Harmless, _) => (Safe, None),
        }
    }
}

/// The findings of a comparison. The same change reached on two ways is one finding.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: Vec<SchemaFinding>,
    known: BTreeMap<(&'static str, Option<String>, Option<String>), usize>,
}

impl Findings {
    pub(crate) fn report(
        &mut self,
        context: &Context,
        rule: &'static str,
        effect: Effect,
        places: (Option<&Pointer>, Option<&Pointer>),
        why: impl Into<String>,
    ) {
        let (mut severity, mut breaks) = effect.under(context.variance).judged(context.direction);
        let acts_both_ways = context.overlapping && effect != Effect::Harmless;
        if acts_both_ways && severity == SchemaSeverity::Safe {
            severity = SchemaSeverity::Risky;
            breaks = Some(Breaks::Both);
        }
        let finding = SchemaFinding {
            rule,
            severity,
            baseline: places.0.map(ToString::to_string),
            candidate: places.1.map(ToString::to_string),
            baseline_line: None,
            candidate_line: None,
            used_by: context.used_by.to_string(),
            why: why.into(),
            breaks,
            undecided: effect == Effect::Undecided,
        };
        let key = (rule, finding.baseline.clone(), finding.candidate.clone());
        match self.known.get(&key).and_then(|&at| self.found.get_mut(at)) {
            Some(known) => merge(known, finding),
            None => {
                self.known.insert(key, self.found.len());
                self.found.push(finding);
            }
        }
    }

    /// The worst first, then as they stand in the baseline.
    pub(crate) fn finish(mut self) -> Vec<SchemaFinding> {
        self.found.sort_by(|one, other| {
            let key = |finding: &SchemaFinding| {
                (
                    finding.baseline.clone().or(finding.candidate.clone()),
                    finding.rule,
                    finding.candidate.clone(),
                )
            };
            (other.severity.cmp(&one.severity)).then_with(|| key(one).cmp(&key(other)))
        });
        self.found
    }
}

/// The same change on another way: the worse of the two counts.
fn merge(known: &mut SchemaFinding, again: SchemaFinding) {
    known.undecided |= again.undecided;
    match again.severity.cmp(&known.severity) {
        std::cmp::Ordering::Greater => {
            let undecided = known.undecided;
            *known = again;
            known.undecided = undecided;
        }
        std::cmp::Ordering::Equal => {
            known.breaks = match (known.breaks, again.breaks) {
                (Some(one), Some(other)) if one != other => Some(Breaks::Both),
                (one, other) => one.or(other),
            };
        }
        std::cmp::Ordering::Less => {}
    }
}
