//! What holds and what does not.

use super::*;

/// A state with one thing changed.
fn read_with(pointer: &str, value: serde_json::Value) -> Result<DesiredTraffic, InvalidDesired> {
    let mut state = serde_json::json!({
        "generation": 1,
        "arms": [
            {"name": "baseline", "upstreams": ["127.0.0.1:1"], "weight": 9_000},
            {"name": "candidate", "upstreams": ["[::1]:2", "shop:3"], "weight": 1_000},
        ],
        "sticky": {"by": "header", "name": "x-user"},
        "mirror": {"from": "baseline", "to": "candidate", "allow": ["GET /a*"]},
        "patience": {"connect_ms": 5},
    });
    if let Some(place) = state.pointer_mut(pointer) {
        *place = value;
    }
    DesiredTraffic::read(state.to_string().as_bytes())
}

#[test]
fn what_is_not_said_has_its_usual_value() {
    let state = read_with("/nothing", serde_json::json!(0)).unwrap();
    assert_eq!(
        state.patience,
        Patience {
            connect_ms: 5,
            ..Patience::default()
        }
    );
    let usual = MirrorRule::between(
        "baseline".into(),
        "candidate".into(),
        vec!["GET /a*".into()],
    );
    assert_eq!(state.mirror, Some(usual));
}

#[test]
fn what_does_not_hold_is_told_with_its_place() {
    for (pointer, value, expected) in [
        ("/generation", serde_json::json!(0), "/generation"),
        ("/generation", serde_json::json!(u64::MAX), "/generation"),
        ("/arms", serde_json::json!([]), "/arms"),
        ("/arms/0/weight", serde_json::json!(9_001), "/arms"),
        ("/arms/0/weight", serde_json::json!(u32::MAX), "/arms"),
        (
            "/arms/1/name",
            serde_json::json!("baseline"),
            "/arms/1/name",
        ),
        ("/arms/1/name", serde_json::json!("a b"), "/arms/1/name"),
        (
            "/arms/1/upstreams",
            serde_json::json!([]),
            "/arms/1/upstreams",
        ),
        (
            "/arms/1/upstreams/1",
            serde_json::json!("shop"),
            "/arms/1/upstreams/1",
        ),
        (
            "/arms/1/upstreams/1",
            serde_json::json!("a/b:1"),
            "/arms/1/upstreams/1",
        ),
        ("/sticky/name", serde_json::json!("a b"), "/sticky/name"),
        ("/mirror/to", serde_json::json!("baseline"), "/mirror/to"),
        ("/mirror/to", serde_json::json!("nobody"), "/mirror/to"),
        ("/mirror/allow", serde_json::json!([]), "/mirror/allow"),
        (
            "/mirror/allow/0",
            serde_json::json!("POST /a"),
            "/mirror/allow/0",
        ),
        (
            "/mirror/allow/0",
            serde_json::json!("GET a"),
            "/mirror/allow/0",
        ),
        (
            "/mirror/allow/0",
            serde_json::json!("GET /*/a"),
            "/mirror/allow/0",
        ),
        ("/patience/connect_ms", serde_json::json!(0), "/patience"),
        ("/patience/connect_ms", serde_json::json!("1s"), ""),
    ] {
        let found = read_with(pointer, value.clone()).map_err(|invalid| invalid.pointer);
        assert_eq!(found, Err(expected.to_owned()), "{pointer} {value}");
    }
    assert!(DesiredTraffic::read(&vec![b' '; DESIRED_BYTES_MAX + 1]).is_err());
    assert!(DesiredTraffic::read("[".repeat(10_000).as_bytes()).is_err());
}
