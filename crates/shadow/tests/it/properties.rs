//! What holds for any response.

use adjutant_domain::Outcome;
use adjutant_shadow::ShadowRules;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{compare, exchange, summary};

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-d.\"é ]{0,3}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every value inside, with itself.
fn places(value: &mut Value) -> Vec<*const Value> {
    let mut found: Vec<*const Value> = vec![value];
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| found.extend(places(item))),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| found.extend(places(member))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}

/// Replaces the value at the place that `nth` chooses.
fn plant(value: &mut Value, nth: &mut usize, change: &dyn Fn(&Value) -> Value) {
    if *nth == 0 {
        *value = change(value);
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, nth, change)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| plant(member, nth, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Another value: of another type, another number or text, or with one part less.
fn changed(value: &Value, how: usize) -> Value {
    match value {
        Value::Array(items) if how == 1 && !items.is_empty() => Value::from(items[1..].to_vec()),
        Value::Object(members) if how == 1 && !members.is_empty() => {
            Value::Object(members.clone().into_iter().skip(1).collect())
        }
        Value::Bool(value) if how == 1 => Value::from(!value),
        Value::Number(number) if how == 1 => match number.as_i64() {
            Some(number) => Value::from(number ^ 1),
            None => Value::from(number.as_f64().unwrap_or_default() + 1000.5),
        },
        Value::String(text) if how == 1 => Value::from(format!("{text}!")),
        Value::Null => json!(1),
        Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => Value::Null,
    }
}

proptest! {
    #[test]
    fn a_recording_compared_with_itself_has_no_difference(
        bodies in prop::collection::vec(any_value(), 1..8), repeats in 1..3_usize
    ) {
        let lines: Vec<String> = bodies
            .iter()
            .enumerate()
            .map(|(i, body)| exchange(i / repeats, body))
            .collect();
        let found = compare(ShadowRules::default(), &lines, &lines, &lines);
        prop_assert_eq!(summary(&found), "");
        prop_assert_eq!(found.whole.disagreements, 0);
        prop_assert_eq!(found.whole.pairs, lines.len() as u64);
        prop_assert_ne!(found.outcome, Outcome::Fail);
    }

    #[test]
    fn a_single_planted_change_is_found_wherever_it_is(
        body in any_value(), nth in any::<prop::sample::Index>(), how in 0..2_usize
    ) {
        let mut candidate = body.clone();
        let mut nth = nth.index(places(&mut candidate).len());
        plant(&mut candidate, &mut nth, &|value| changed(value, how));
        prop_assume!(candidate != body);
        let (one, other) = ([exchange(1, &body)], [exchange(1, &candidate)]);
        let found = compare(ShadowRules::default(), &one, &[], &other);
        prop_assert_ne!(summary(&found), "", "{} {}", body, candidate);
    }

    #[test]
    fn the_noise_floor_never_hides_a_dropped_field(
        noise in prop::collection::vec(any_value(), 1..6), at in any::<prop::sample::Index>()
    ) {
        // The baseline disagrees with itself in any way; the candidate drops one field once.
        let with = |i: usize, noise: &Value| exchange(i, json!({"kept": 1, "noise": noise}));
        let baseline: Vec<String> =
            noise.iter().enumerate().map(|(i, noise)| with(i, noise)).collect();
        let again: Vec<String> = (0..noise.len())
            .map(|i| if i % 2 == 0 { exchange(i, json!({"noise": i})) } else { with(i, &json!(i)) })
            .collect();
        let mut candidate = baseline.clone();
        let at = at.index(noise.len());
        candidate[at] = exchange(at, json!({"noise": noise[at]}));
        let found = compare(ShadowRules::default(), &baseline, &again, &candidate);
        prop_assert_eq!(summary(&found), "body.kept missing");
        prop_assert_eq!(found.outcome, Outcome::Fail);
        let path = found.paths.iter().find(|path| path.path == "body.kept").unwrap();
        prop_assert_eq!(&path.kinds[0].requests, &[at.to_string()]);
    }

    #[test]
    fn the_order_of_lines_within_the_window_does_not_matter(
        bodies in prop::collection::vec(any_value(), 1..10), seed in any::<u64>()
    ) {
        let line = |(i, body): (usize, &Value)| exchange(i, body);
        let baseline: Vec<String> = bodies.iter().enumerate().map(line).collect();
        let mut candidate = baseline.clone();
        candidate[0] = exchange(0, json!({"other": true}));
        let straight = compare(ShadowRules::default(), &baseline, &baseline, &candidate);
        candidate.sort_by_key(|line| (line.len() as u64).wrapping_mul(seed));
        let shuffled = compare(ShadowRules::default(), &baseline, &baseline, &candidate);
        prop_assert_eq!(straight, shuffled);
    }
}
