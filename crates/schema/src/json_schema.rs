//! Two JSON Schemas compared: which values the candidate accepts that the baseline did not, and
//! the other way round. OpenAPI uses the same comparison for every schema it holds.
//!
//! The comparison is a list of pairs that are still to be compared, not a recursion: a schema may
//! refer to itself, and a chain of references may be long.

mod array;
mod branches;
mod dependent;
mod limits;
mod object;
mod resolve;
mod text;
mod types;
mod unknown;
mod values;

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value};

pub(crate) use resolve::{Dialect, Document};

use crate::finding::{Context, Effect, Findings, SchemaDirection, Variance};
use crate::openapi::lifecycle;
use crate::pointer::Pointer;
use crate::sunset_day::SunsetDay;
use types::Types;

/// How many pairs of schemas are compared before the comparison gives up. Every pair of two places
/// is compared once for each way of using it; a contract of 20,000 lines has some ten thousand.
const PAIRS_MAX: usize = 2_000_000;

/// The schema that accepts everything: what a missing keyword means.
pub(crate) static ANYTHING: Value = Value::Bool(true);

/// A value and where it stands in its document.
#[derive(Debug, Clone)]
pub(crate) struct Spot<'a> {
    pub(crate) value: &'a Value,
    pub(crate) pointer: Pointer,
}

impl<'a> Spot<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self {
            value,
            pointer: Pointer::root(),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        Some(Self {
            value: self.value.get(key)?,
            pointer: self.pointer.key(key),
        })
    }

    /// The schema under a keyword, or else the one that accepts everything.
    fn schema(&self, key: &str) -> Self {
        self.get(key).unwrap_or_else(|| Self {
            value: &ANYTHING,
            pointer: self.pointer.clone(),
        })
    }

    /// The entries of an object, in the order of their names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let pointer = self.pointer.clone();
        let map: Option<&'a Map<String, Value>> = self.value.as_object();
        map.into_iter().flatten().map(move |(key, value)| {
            let spot = Self {
                value,
                pointer: pointer.key(key),
            };
            (key.as_str(), spot)
        })
    }

    /// The elements of an array.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let pointer = self.pointer.clone();
        let list: Option<&'a Vec<Value>> = self.value.as_array();
        list.into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, value)| Self {
                value,
                pointer: pointer.index(index),
            })
    }

    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key).and_then(Value::as_str)
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// Whether what no keyword evaluates can be refused here.
    fn refuses_unevaluated(&self) -> bool {
        ["unevaluatedProperties", "unevaluatedItems"]
            .iter()
            .any(|keyword| !self.schema(keyword).accepts_everything())
    }

    fn accepts_everything(&self) -> bool {
        match self.value {
            Value::Bool(accepts) => *accepts,
            Value::Object(map) => map.is_empty(),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
        }
    }
}

/// A schema of each side, to be compared.
#[derive(Debug, Clone)]
struct Task<'a> {
    baseline: Spot<'a>,
    candidate: Spot<'a>,
    context: Context,
}

/// Both sides of one schema, with references followed.
#[derive(Debug)]
struct Pair<'a> {
    baseline: Spot<'a>,
    candidate: Spot<'a>,
    types: (Types, Types),
    /// What a missing value means, where it is said; a union that only adds null may say it.
    defaults: (Option<&'a Value>, Option<&'a Value>),
    /// What tells this pair from others: where both sides stood before such a union was opened.
    addresses: (usize, usize),
    context: Context,
    /// For the values inside: what makes a change act both ways here does not reach them.
    within: Context,
}

impl<'a> Pair<'a> {
    /// Both sides of a keyword.
    fn both(&self, key: &str) -> (Option<Spot<'a>>, Option<Spot<'a>>) {
        (self.baseline.get(key), self.candidate.get(key))
    }

    fn places(&self) -> (Option<&Pointer>, Option<&Pointer>) {
        (Some(&self.baseline.pointer), Some(&self.candidate.pointer))
    }

    /// Whether both sides accept values of one of these types, so that a keyword about them can
    /// change anything.
    fn concerns(&self, types: Types) -> bool {
        self.types.0.and(self.types.1).has_any(types)
    }
}

/// A comparison under way.
pub(crate) struct Comparison<'a> {
    pub(crate) baseline: Document<'a>,
    pub(crate) candidate: Document<'a>,
    pub(crate) findings: Findings,
    pub(crate) today: SunsetDay,
    pub(crate) sunset_days: u32,
    seen: BTreeSet<(usize, usize, (SchemaDirection, u8))>,
    queue: VecDeque<Task<'a>>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(
        baseline: Document<'a>,
        candidate: Document<'a>,
        today: SunsetDay,
        sunset_days: u32,
    ) -> Self {
        Self {
            baseline,
            candidate,
            findings: Findings::default(),
            today,
            sunset_days,
            seen: BTreeSet::new(),
            queue: VecDeque::new(),
        }
    }

    /// Puts two schemas on the list.
    pub(crate) fn queue(&mut self, baseline: Spot<'a>, candidate: Spot<'a>, context: Context) {
        self.queue.push_back(Task {
            baseline,
            candidate,
            context,
        });
    }

    /// Compares what is on the list, and what that puts on it.
    pub(crate) fn run(&mut self) {
        while let Some(task) = self.queue.pop_front() {
            if self.seen.len() > PAIRS_MAX {
                let why =
                    "not compared: the contracts hold more pairs of schemas than are compared";
                let places = (Some(&task.baseline.pointer), Some(&task.candidate.pointer));
                self.findings.report(
                    &task.context,
                    "not-compared",
                    Effect::Undecided,
                    places,
                    why,
                );
                self.queue.clear();
                return;
            }
            self.compare(task);
        }
    }

    pub(crate) fn report(
        &mut self,
        context: &Context,
        rule: &'static str,
        effect: Effect,
        places: (Option<&Pointer>, Option<&Pointer>),
        why: impl Into<String>,
    ) {
        self.findings.report(context, rule, effect, places, why);
    }

    fn compare(&mut self, task: Task<'a>) {
        let Some(pair) = self.resolved(task) else {
            return;
        };
        if !self.seen.insert(key_of(&pair)) {
            return;
        }
        match (pair.baseline.value, pair.candidate.value) {
            (Value::Bool(false), Value::Bool(false)) => {}
            (Value::Bool(false), _) => {
                let why = "nothing was accepted here, and now something is";
                self.report(
                    &pair.context,
                    "now-allowed",
                    Effect::Widened,
                    pair.places(),
                    why,
                );
            }
            (_, Value::Bool(false)) => {
                let why = "something was accepted here, and now nothing is";
                self.report(
                    &pair.context,
                    "now-forbidden",
                    Effect::Narrowed,
                    pair.places(),
                    why,
                );
            }
            (Value::Bool(true) | Value::Object(_), Value::Bool(true) | Value::Object(_)) => {
                self.compare_keywords(&pair);
            }
            _ => {
                let why = "not compared: a schema is an object, true or false";
                self.report(
                    &pair.context,
                    "not-compared",
                    Effect::Undecided,
                    pair.places(),
                    why,
                );
            }
        }
    }

    /// Follows the references of both sides, and takes `null` out of a union that only adds it.
    fn resolved(&mut self, task: Task<'a>) -> Option<Pair<'a>> {
        let context = task.context;
        let followed = (
            self.baseline.follow(&task.baseline),
            self.candidate.follow(&task.candidate),
        );
        let (baseline, candidate) = match followed {
            (Ok(baseline), Ok(candidate)) => (baseline, candidate),
            (Err(unresolved), _) | (_, Err(unresolved)) => {
                let places = (Some(&task.baseline.pointer), Some(&task.candidate.pointer));
                let why = format!("not compared: {unresolved}");
                self.report(&context, "not-compared", Effect::Undecided, places, why);
                return None;
            }
        };
        let address = |spot: &Spot<'_>| std::ptr::from_ref(spot.value).addr();
        let addresses = (address(&baseline), address(&candidate));
        let outer = (
            baseline.value.get("default"),
            candidate.value.get("default"),
        );
        let (baseline, baseline_null) = self.baseline.without_null_branch(baseline);
        let (candidate, candidate_null) = self.candidate.without_null_branch(candidate);
        let types = (
            Types::of(baseline.value, self.baseline.dialect).with_null(baseline_null),
            Types::of(candidate.value, self.candidate.dialect).with_null(candidate_null),
        );
        // What a schema demands of the unevaluated depends on what its other keywords evaluate: one
        // more of them demands more, and leaves less to be refused.
        let both_ways = context.closed_around
            || baseline.refuses_unevaluated()
            || candidate.refuses_unevaluated();
        Some(Pair {
            defaults: (
                outer.0.or(baseline.value.get("default")),
                outer.1.or(candidate.value.get("default")),
            ),
            addresses,
            baseline,
            candidate,
            types,
            within: Context {
                closed_around: false,
                ..context.clone()
            },
            context: Context {
                overlapping: context.overlapping || both_ways,
                ..context
            },
        })
    }

    fn compare_keywords(&mut self, pair: &Pair<'a>) {
        if self.compare_wrapped(pair) {
            return;
        }
        self.compare_types(pair);
        self.compare_values(pair);
        self.compare_limits(pair);
        self.compare_text(pair);
        self.compare_object(pair);
        self.compare_array(pair);
        self.compare_branches(pair);
        self.compare_discriminator(pair);
        self.compare_evaluated(pair);
        self.compare_unknown(pair);
    }

    fn compare_discriminator(&mut self, pair: &Pair<'a>) {
        let (baseline, candidate) = pair.both("discriminator");
        if baseline.as_ref().map(|spot| spot.value) == candidate.as_ref().map(|spot| spot.value) {
            return;
        }
        let places = (
            baseline.as_ref().map(|spot| &spot.pointer),
            candidate.as_ref().map(|spot| &spot.pointer),
        );
        let why = "the discriminator, which tells a decoder what a value is, changed";
        self.report(
            &pair.context,
            "discriminator-changed",
            Effect::Risky,
            places,
            why,
        );
    }

    /// The sunset and the stability of a schema, which only OpenAPI knows.
    fn compare_lifecycle(&mut self, baseline: &Spot<'a>, candidate: &Spot<'a>, context: &Context) {
        let is_openapi = matches!(
            self.candidate.dialect,
            Dialect::OpenApi30 | Dialect::OpenApi31
        );
        if is_openapi {
            lifecycle::compare(self, baseline, candidate, context);
        }
    }
}

/// What tells one comparison of two schemas from another of the same two.
fn key_of(pair: &Pair<'_>) -> (usize, usize, (SchemaDirection, u8)) {
    let variance = match pair.context.variance {
        Variance::Covariant => 0,
        Variance::Contravariant => 1,
        Variance::Invariant => 2,
    };
    let flags = variance
        | u8::from(pair.context.overlapping) << 2
        | u8::from(pair.context.closed_around) << 3
        | u8::from(pair.context.is_parameter) << 4;
    let nulls = u8::from(pair.types.0.has_any(Types::NULL)) << 5
        | u8::from(pair.types.1.has_any(Types::NULL)) << 6;
    let way = (pair.context.direction, flags | nulls);
    (pair.addresses.0, pair.addresses.1, way)
}

/// Compares two JSON Schemas as wholes.
pub(crate) fn compare(
    baseline: &Value,
    candidate: &Value,
    direction: SchemaDirection,
    today: SunsetDay,
) -> Findings {
    let mut comparison = Comparison::new(
        Document::new(baseline, Dialect::of_schema(baseline)),
        Document::new(candidate, Dialect::of_schema(candidate)),
        today,
        0,
    );
    let context = Context::new(direction, "");
    comparison.queue(Spot::root(baseline), Spot::root(candidate), context);
    comparison.run();
    comparison.findings
}
