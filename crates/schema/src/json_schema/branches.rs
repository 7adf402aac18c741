//! Schemas made of schemas: `allOf`, `anyOf`, `oneOf`, `not`, `if`.

use serde_json::Value;

use super::types::Types;
use super::{Comparison, Document, Pair, Spot};
use crate::finding::{Context, Effect};

/// How many branches are tested for overlap, each with each.
const BRANCHES_MAX: usize = 64;

/// The branches of both sides, as far as they belong together.
struct Matched<'a> {
    pairs: Vec<(Spot<'a>, Spot<'a>)>,
    removed: Vec<Spot<'a>>,
    added: Vec<Spot<'a>>,
}

impl<'a> Comparison<'a> {
    pub(super) fn compare_branches(&mut self, pair: &Pair<'a>) {
        let closed = pair.baseline.refuses_unevaluated() || pair.candidate.refuses_unevaluated();
        let context = Context {
            closed_around: pair.context.closed_around || closed,
            ..pair.context.clone()
        };
        self.compare_all_of(pair, &context);
        self.compare_any_of(pair, &context);
        self.compare_one_of(pair, &context);
        self.compare_not(pair);
        self.compare_conditions(pair, &context);
    }

    /// A schema wrapped in a union that holds it, or taken out of one.
    pub(super) fn compare_wrapped(&mut self, pair: &Pair<'a>) -> bool {
        for (keyword, wrapped, unwrapped) in [
            ("oneOf", "wrapped-in-one-of", "unwrapped-from-one-of"),
            ("anyOf", "wrapped-in-any-of", "unwrapped-from-any-of"),
        ] {
            let (old, new) = pair.both(keyword);
            let is_one_of = keyword == "oneOf";
            let effect = |plain| {
                if is_one_of {
                    Effect::Incomparable
                } else {
                    plain
                }
            };
            match (old, new) {
                (None, Some(union)) if is_pure(&pair.candidate, keyword) => {
                    if holds(&self.candidate, &union, &pair.baseline) {
                        let why = format!("what stood alone is one of several in {keyword} now");
                        let effect = effect(Effect::Widened);
                        self.report(&pair.context, wrapped, effect, pair.places(), why);
                        return true;
                    }
                }
                (Some(union), None) if is_pure(&pair.baseline, keyword) => {
                    if holds(&self.baseline, &union, &pair.candidate) {
                        let why = format!("what was one of several in {keyword} stands alone now");
                        let effect = effect(Effect::Narrowed);
                        self.report(&pair.context, unwrapped, effect, pair.places(), why);
                        return true;
                    }
                }
                (Some(_) | None, Some(_) | None) => {}
            }
        }
        false
    }

    fn compare_all_of(&mut self, pair: &Pair<'a>, context: &Context) {
        let members = |spot: &Spot<'a>, document: &Document<'a>| -> Vec<Spot<'a>> {
            let mut all: Vec<Spot<'a>> = spot.get("allOf").iter().flat_map(Spot::items).collect();
            // Where keywords beside a reference count, the reference is one more member.
            let beside = spot.text("$ref").filter(|_| document.counts_beside(spot));
            all.extend(beside.and_then(|reference| document.target(reference).ok()));
            all
        };
        self.tell_unresolved_beside(pair);
        let (old, new) = (
            members(&pair.baseline, &self.baseline),
            members(&pair.candidate, &self.candidate),
        );
        let matched = self.matched(old, new);
        self.queue_matched(&matched, context);
        for spot in &matched.added {
            let places = (Some(&pair.baseline.pointer), Some(&spot.pointer));
            let why = "one more schema must match now";
            self.report(&pair.context, "all-of-added", Effect::Narrowed, places, why);
        }
        for spot in &matched.removed {
            let places = (Some(&spot.pointer), Some(&pair.candidate.pointer));
            let why = "one schema less must match";
            self.report(
                &pair.context,
                "all-of-removed",
                Effect::Widened,
                places,
                why,
            );
        }
    }

    /// A reference beside other keywords that leads nowhere we can look.
    fn tell_unresolved_beside(&mut self, pair: &Pair<'a>) {
        let lost = |spot: &Spot<'a>, document: &Document<'a>| {
            let reference = spot.text("$ref").filter(|_| document.counts_beside(spot))?;
            document.target(reference).err()
        };
        let lost = lost(&pair.baseline, &self.baseline).or(lost(&pair.candidate, &self.candidate));
        if let Some(unresolved) = lost {
            let why = format!("not compared: {unresolved}");
            self.report(
                &pair.context,
                "not-compared",
                Effect::Undecided,
                pair.places(),
                why,
            );
        }
    }

    fn compare_any_of(&mut self, pair: &Pair<'a>, context: &Context) {
        let rules = ["any-of-branch-added", "any-of-branch-removed"];
        match pair.both("anyOf") {
            (None, None) => {}
            (None, Some(new)) => self.union_added(pair, "any-of-added", &new),
            (Some(old), None) => self.union_removed(pair, "any-of-removed", &old),
            (Some(old), Some(new)) => {
                let matched = self.matched(old.items().collect(), new.items().collect());
                self.queue_matched(&matched, context);
                self.branches_differ(pair, &pair.context.clone(), &matched, rules);
            }
        }
    }

    fn compare_one_of(&mut self, pair: &Pair<'a>, context: &Context) {
        let rules = ["one-of-branch-added", "one-of-branch-removed"];
        match pair.both("oneOf") {
            (None, None) => {}
            (None, Some(new)) => self.union_added(pair, "one-of-added", &new),
            (Some(old), None) => self.union_removed(pair, "one-of-removed", &old),
            (Some(old), Some(new)) => {
                let (old, new): (Vec<_>, Vec<_>) = (old.items().collect(), new.items().collect());
                // Values that two branches accept are refused: where branches may overlap, a
                // wider branch can also make the whole narrower.
                let apart =
                    are_disjoint(&self.baseline, &old) && are_disjoint(&self.candidate, &new);
                let overlapping = |context: &Context| Context {
                    overlapping: context.overlapping || !apart,
                    ..context.clone()
                };
                let matched = self.matched(old, new);
                self.queue_matched(&matched, &overlapping(context));
                self.branches_differ(pair, &overlapping(&pair.context), &matched, rules);
            }
        }
    }

    fn union_added(&mut self, pair: &Pair<'a>, rule: &'static str, union: &Spot<'a>) {
        let places = (Some(&pair.baseline.pointer), Some(&union.pointer));
        let why = "a value must match one of several schemas now";
        self.report(&pair.context, rule, Effect::Narrowed, places, why);
    }

    fn union_removed(&mut self, pair: &Pair<'a>, rule: &'static str, union: &Spot<'a>) {
        let places = (Some(&union.pointer), Some(&pair.candidate.pointer));
        let why = "a value had to match one of several schemas";
        self.report(&pair.context, rule, Effect::Widened, places, why);
    }

    fn branches_differ(
        &mut self,
        pair: &Pair<'a>,
        context: &Context,
        matched: &Matched<'a>,
        [added, removed]: [&'static str; 2],
    ) {
        for spot in &matched.added {
            let places = (Some(&pair.baseline.pointer), Some(&spot.pointer));
            let why = "a value may be one more thing now";
            self.report(context, added, Effect::Widened, places, why);
        }
        for spot in &matched.removed {
            let places = (Some(&spot.pointer), Some(&pair.candidate.pointer));
            let why = "a value may no longer be this";
            self.report(context, removed, Effect::Narrowed, places, why);
        }
    }

    fn compare_not(&mut self, pair: &Pair<'a>) {
        match pair.both("not") {
            (None, None) => {}
            (Some(old), Some(new)) => self.queue(old, new, pair.context.negated()),
            (None, Some(new)) => {
                let places = (Some(&pair.baseline.pointer), Some(&new.pointer));
                let why = "some values are excluded now";
                self.report(&pair.context, "not-added", Effect::Narrowed, places, why);
            }
            (Some(old), None) => {
                let places = (Some(&old.pointer), Some(&pair.candidate.pointer));
                let why = "some values were excluded";
                self.report(&pair.context, "not-removed", Effect::Widened, places, why);
            }
        }
    }

    fn compare_conditions(&mut self, pair: &Pair<'a>, context: &Context) {
        match pair.both("if") {
            (None, None) => {}
            (Some(old), Some(new)) => {
                self.queue(old, new, context.invariant());
                self.compare_optional(pair, "then", ["then-added", "then-removed"]);
                self.compare_optional(pair, "else", ["else-added", "else-removed"]);
            }
            (None, Some(new)) => {
                let places = (Some(&pair.baseline.pointer), Some(&new.pointer));
                let why = "more is demanded of some values now";
                self.report(&pair.context, "if-added", Effect::Narrowed, places, why);
            }
            (Some(old), None) => {
                let places = (Some(&old.pointer), Some(&pair.candidate.pointer));
                let why = "more was demanded of some values";
                self.report(&pair.context, "if-removed", Effect::Widened, places, why);
            }
        }
    }

    fn queue_matched(&mut self, matched: &Matched<'a>, context: &Context) {
        for (old, new) in &matched.pairs {
            self.queue(old.clone(), new.clone(), context.clone());
        }
    }

    /// Which branch became which: the same reference or the same text first, then what is called
    /// the same or looks alike.
    fn matched(&self, old: Vec<Spot<'a>>, new: Vec<Spot<'a>>) -> Matched<'a> {
        let mut matched = Matched {
            pairs: Vec::new(),
            removed: old,
            added: new,
        };
        take_pairs(&mut matched, |one, other| one.value == other.value);
        let name = |document: &Document<'a>, spot: &Spot<'a>| signature(document, spot);
        take_pairs(&mut matched, |one, other| {
            let (one, other) = (name(&self.baseline, one), name(&self.candidate, other));
            one.is_some() && one == other
        });
        let is_inline = |spot: &Spot<'_>| spot.text("$ref").is_none();
        let are_alone = matched.removed.len() == 1 && matched.added.len() == 1;
        take_pairs(&mut matched, |one, other| {
            are_alone && is_inline(one) && is_inline(other)
        });
        matched
    }
}

fn take_pairs<'a>(matched: &mut Matched<'a>, belong: impl Fn(&Spot<'a>, &Spot<'a>) -> bool) {
    let mut left = Vec::new();
    for old in std::mem::take(&mut matched.removed) {
        match matched.added.iter().position(|new| belong(&old, new)) {
            Some(at) => matched.pairs.push((old, matched.added.remove(at))),
            None => left.push(old),
        }
    }
    matched.removed = left;
}

/// What a branch is called: its reference, its title, or the constant that marks it.
fn signature(document: &Document<'_>, spot: &Spot<'_>) -> Option<String> {
    if let Some(reference) = spot.text("$ref") {
        return Some(format!("ref {reference}"));
    }
    if let Some(title) = spot.text("title") {
        return Some(format!("title {title}"));
    }
    let marks = marks(document, spot);
    let (name, value) = marks.first()?;
    Some(format!("mark {name} {value:?}"))
}

fn is_pure(spot: &Spot<'_>, keyword: &str) -> bool {
    const BESIDE: &[&str] = &[
        "title",
        "description",
        "discriminator",
        "example",
        "examples",
    ];
    let map = spot.value.as_object();
    map.is_some_and(|map| {
        map.keys()
            .all(|key| key == keyword || BESIDE.contains(&key.as_str()) || key.starts_with("x-"))
    })
}

fn holds<'a>(document: &Document<'a>, union: &Spot<'a>, alone: &Spot<'a>) -> bool {
    union.items().any(|branch| {
        document
            .follow(&branch)
            .is_ok_and(|branch| branch.value == alone.value)
    })
}

/// Whether no value can match two of the branches, as far as types and constants show it.
fn are_disjoint<'a>(document: &Document<'a>, branches: &[Spot<'a>]) -> bool {
    if branches.len() > BRANCHES_MAX {
        return false;
    }
    let followed: Result<Vec<Spot<'a>>, _> = branches.iter().map(|b| document.follow(b)).collect();
    let Ok(followed) = followed else {
        return false;
    };
    followed.iter().enumerate().all(|(at, one)| {
        let later = followed.iter().skip(at + 1);
        later
            .into_iter()
            .all(|other| are_apart(document, one, other))
    })
}

fn are_apart(document: &Document<'_>, one: &Spot<'_>, other: &Spot<'_>) -> bool {
    let types = |spot: &Spot<'_>| Types::of(spot.value, document.dialect);
    if !types(one).has_any(types(other)) {
        return true;
    }
    let objects_only = types(one).and(types(other)) == Types::OBJECT;
    let (mine, theirs) = (marks(document, one), marks(document, other));
    objects_only
        && mine.iter().any(|(name, values)| {
            theirs.iter().any(|(other, others)| {
                name == other && values.iter().all(|value| !others.contains(value))
            })
        })
}

/// The required properties that can only have listed values, by which branches are told apart.
fn marks<'a>(document: &Document<'a>, spot: &Spot<'a>) -> Vec<(&'a str, Vec<&'a Value>)> {
    let required = spot.value.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let properties = spot.get("properties");
    let listed = |property: Spot<'a>| {
        let property = document.follow(&property).ok()?;
        match (property.value.get("const"), property.value.get("enum")) {
            (Some(value), _) => Some(vec![value]),
            (None, Some(Value::Array(values))) => Some(values.iter().collect()),
            (None, _) => None,
        }
    };
    properties
        .iter()
        .flat_map(Spot::entries)
        .filter(|(name, _)| is_required(name))
        .filter_map(|(name, property)| Some((name, listed(property)?)))
        .collect()
}
