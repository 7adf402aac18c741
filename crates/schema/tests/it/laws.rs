//! A false "safe" is a bug. The judge is another program: a JSON Schema validator. Where a value is
//! accepted by the baseline and refused by the candidate, the comparison for requests must say more
//! than safe; the other way round, the comparison for responses must.

use adjutant_schema::{SchemaDirection, SchemaQuestion, SchemaSeverity, SunsetDay, diff};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Values that the small schemas below can tell apart.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(1.5),
        json!(""),
        json!("a"),
        json!("b"),
        json!("ab"),
        json!("abc"),
        json!([]),
        json!({}),
    ];
    let simple = values.clone();
    for one in &simple {
        values.push(json!([one]));
        values.push(json!({"a": one}));
        values.push(json!({"b": one}));
        values.push(json!({"c": one}));
        for other in &simple[..9] {
            values.push(json!([one, other]));
            values.push(json!({"a": one, "b": other}));
            values.push(json!({"a": one, "c": other}));
        }
    }
    values
}

/// Keywords about single values.
fn simple_keyword() -> impl Strategy<Value = (&'static str, Value)> {
    let kind = prop_oneof![
        Just("string"),
        Just("integer"),
        Just("number"),
        Just("object"),
        Just("array"),
        Just("null")
    ];
    let value = prop_oneof![
        Just(json!("a")),
        Just(json!("b")),
        Just(json!(1)),
        Just(json!(null))
    ];
    prop_oneof![
        4 => kind.clone().prop_map(|kind| ("type", json!(kind))),
        2 => (kind.clone(), kind).prop_map(|(one, other)| if one == other {
            ("type", json!(one))
        } else {
            ("type", json!([one, other]))
        }),
        2 => prop::collection::btree_set(0..4_usize, 1..3).prop_map(|set| {
            let all = [json!("a"), json!("b"), json!(1), json!({"a": 1})];
            ("enum", set.into_iter().map(|at| all[at].clone()).collect())
        }),
        1 => value.prop_map(|value| ("const", value)),
        1 => (0..4).prop_map(|n| ("minimum", json!(n))),
        1 => (0..4).prop_map(|n| ("maximum", json!(n))),
        1 => (0..4).prop_map(|n| ("exclusiveMinimum", json!(n))),
        1 => (1..3).prop_map(|n| ("multipleOf", json!(n))),
        1 => (0..3).prop_map(|n| ("minLength", json!(n))),
        1 => (0..3).prop_map(|n| ("maxLength", json!(n))),
        1 => (0..3).prop_map(|n| ("minItems", json!(n))),
        1 => (0..3).prop_map(|n| ("maxProperties", json!(n))),
        1 => any::<bool>().prop_map(|unique| ("uniqueItems", json!(unique))),
        1 => prop_oneof![Just("^a"), Just("b$"), Just(".*")].prop_map(|p| ("pattern", json!(p))),
        2 => prop::collection::btree_set(prop_oneof![Just("a"), Just("b")], 0..3)
            .prop_map(|names| ("required", json!(names))),
        1 => Just(("dependentRequired", json!({"a": ["b"]}))),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::Bool),
        6 => prop::collection::vec(simple_keyword(), 0..3).prop_map(object_of),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let properties = prop::collection::btree_map(
            prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(str::to_owned),
            inner.clone(),
            0..3,
        );
        let list = prop::collection::vec(inner.clone(), 1..3);
        let nested = prop_oneof![
            4 => properties.clone().prop_map(|map| ("properties", json!(map))),
            2 => inner.clone().prop_map(|one| ("additionalProperties", one)),
            1 => inner.clone().prop_map(|one| ("unevaluatedProperties", one)),
            1 => inner.clone().prop_map(|one| ("patternProperties", json!({"^a": one}))),
            1 => inner.clone().prop_map(|one| ("propertyNames", one)),
            1 => inner.clone().prop_map(|one| ("dependentSchemas", json!({"a": one}))),
            2 => inner.clone().prop_map(|one| ("items", one)),
            1 => list.clone().prop_map(|all| ("prefixItems", json!(all))),
            1 => inner.clone().prop_map(|one| ("contains", one)),
            1 => (0..3).prop_map(|n| ("minContains", json!(n))),
            1 => (0..3).prop_map(|n| ("maxContains", json!(n))),
            1 => inner.clone().prop_map(|one| ("unevaluatedItems", one)),
            2 => list.clone().prop_map(|all| ("allOf", json!(all))),
            2 => list.clone().prop_map(|all| ("anyOf", json!(all))),
            2 => list.prop_map(|all| ("oneOf", json!(all))),
            1 => inner.clone().prop_map(|one| ("not", one)),
            1 => inner.clone().prop_map(|one| ("if", one)),
            1 => inner.clone().prop_map(|one| ("then", one)),
            1 => inner.prop_map(|one| ("else", one)),
        ];
        (
            prop::collection::vec(nested, 0..3),
            prop::collection::vec(simple_keyword(), 0..2),
        )
            .prop_map(|(nested, simple)| object_of(nested.into_iter().chain(simple).collect()))
    })
}

fn object_of(keywords: Vec<(&'static str, Value)>) -> Value {
    keywords
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// A schema and what became of it: another one, or itself with one part exchanged.
fn change() -> impl Strategy<Value = (Value, Value)> {
    (schema(), schema(), any::<prop::sample::Index>(), 0..4_u8).prop_map(
        |(old, other, at, kind)| match (kind, &old, &other) {
            (0, _, _) => (old.clone(), other),
            (1, Value::Object(map), Value::Object(new)) => {
                let mut map = map.clone();
                map.extend(new.clone());
                (old.clone(), Value::Object(map))
            }
            (2, Value::Object(map), _) if !map.is_empty() => {
                let mut map = map.clone();
                let key = map.keys().nth(at.index(map.len())).cloned().unwrap();
                map.remove(&key);
                (old.clone(), Value::Object(map))
            }
            (_, Value::Object(map), Value::Object(new)) if !new.is_empty() => {
                let mut map = map.clone();
                let (key, value) = new.iter().nth(at.index(new.len())).unwrap();
                map.insert(key.clone(), value.clone());
                (old.clone(), Value::Object(map))
            }
            (_, _, _) => (old.clone(), other),
        },
    )
}

/// The worst that the comparison says.
fn worst(old: &Value, new: &Value, direction: SchemaDirection) -> SchemaSeverity {
    let question = SchemaQuestion {
        direction,
        format: Some(adjutant_schema::ContractFormat::JsonSchema),
        today: SunsetDay::of_unix_millis(0),
        sunset_days: 0,
    };
    let (old, new) = (old.to_string(), new.to_string());
    let found = diff(old.as_bytes(), new.as_bytes(), &question).unwrap();
    let severities = found.findings.iter().map(|finding| finding.severity);
    severities.max().unwrap_or(SchemaSeverity::Safe)
}

fn check((old, new): (Value, Value)) -> Result<(), TestCaseError> {
    let (before, after) = (
        jsonschema::draft202012::new(&old).unwrap(),
        jsonschema::draft202012::new(&new).unwrap(),
    );
    let mut lost = None;
    let mut gained = None;
    for value in values() {
        match (before.is_valid(&value), after.is_valid(&value)) {
            (true, false) => lost = Some(value),
            (false, true) => gained = Some(value),
            (true, true) | (false, false) => {}
        }
    }
    for (witness, direction) in [
        (lost, SchemaDirection::Request),
        (gained, SchemaDirection::Response),
    ] {
        if let Some(witness) = witness {
            let said = worst(&old, &new, direction);
            prop_assert!(
                said > SchemaSeverity::Safe,
                "{direction:?}: {witness} tells them apart, and it is said to be safe:\n{old}\n{new}"
            );
            prop_assert!(worst(&old, &new, SchemaDirection::Both) > SchemaSeverity::Safe);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn what_a_validator_tells_apart_is_never_said_to_be_safe(pair in change()) {
        check(pair)?;
    }

    #[test]
    fn a_schema_compared_with_itself_has_no_finding(one in schema()) {
        let (text, question) = (one.to_string(), SchemaQuestion {
            direction: SchemaDirection::Both,
            format: Some(adjutant_schema::ContractFormat::JsonSchema),
            today: SunsetDay::of_unix_millis(0),
            sunset_days: 0,
        });
        let found = diff(text.as_bytes(), text.as_bytes(), &question).unwrap().findings;
        prop_assert!(found.is_empty(), "{text}\n{found:?}");
    }

    #[test]
    fn any_bytes_give_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let question = SchemaQuestion {
            direction: SchemaDirection::Both,
            format: None,
            today: SunsetDay::of_unix_millis(0),
            sunset_days: 0,
        };
        if let Err(error) = diff(&bytes, b"{}", &question) {
            prop_assert!(!error.problem.is_empty() && !error.remedy.is_empty());
        }
    }
}
