//! An HTTPRoute as JSON: which weights it has, and the part of it that makes them others.

use adjutant_rollout::{ClusterPlan, RolloutWeight};
use serde_json::{Map, Value, json};

use super::NAME;
use crate::EngineError;
use crate::order::EngineOrder;

const GENERATION: &str = "adjutant.dev/generation";
const SINCE: &str = "adjutant.dev/since";
const BASELINE: &str = "adjutant.dev/baseline";
const CANDIDATE: &str = "adjutant.dev/candidate";
const WEIGHTS: &str = "adjutant.dev/weights";

/// The order that a route and its gateway follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) generation: u64,
    /// Since when, in milliseconds since 1970.
    pub(super) since: i64,
    /// The Service of the version in use.
    pub(super) baseline: String,
    /// That of the one that asks to replace it.
    pub(super) candidate: Option<String>,
}

/// The generation that was applied last, whether it is in effect or not.
pub(super) fn ordered(route: &Value) -> Option<u64> {
    annotation(route, GENERATION)?.parse().ok()
}

fn annotation<'r>(route: &'r Value, name: &str) -> Option<&'r str> {
    let annotations = route.pointer("/metadata/annotations")?;
    annotations
        .get(name)?
        .as_str()
        .filter(|text| !text.is_empty())
}

/// The order in effect: applied, its weights untouched since, and accepted by every gateway.
pub(super) fn standing(plan: &ClusterPlan, route: &Value) -> Result<Option<Standing>, EngineError> {
    let read = || {
        Some(Standing {
            generation: ordered(route)?,
            since: annotation(route, SINCE)?.parse().ok()?,
            baseline: annotation(route, BASELINE)?.to_owned(),
            candidate: annotation(route, CANDIDATE).map(str::to_owned),
        })
    };
    let weights = weights(plan, route)?;
    let applied = annotation(route, WEIGHTS) == Some(told(weights).as_str());
    Ok(read().filter(|_| applied && is_accepted(route)))
}

fn told(weights: [u64; 2]) -> String {
    format!("{}/{}", weights[0], weights[1])
}

/// Whether every parent has accepted the route as it is now, and found its Services.
fn is_accepted(route: &Value) -> bool {
    let now = route
        .pointer("/metadata/generation")
        .and_then(Value::as_u64);
    let parents = route.pointer("/status/parents").and_then(Value::as_array);
    let holds = |parent: &Value, wanted: &str| {
        let conditions = parent.get("conditions").and_then(Value::as_array);
        conditions.into_iter().flatten().any(|condition| {
            condition.get("type").and_then(Value::as_str) == Some(wanted)
                && condition.get("status").and_then(Value::as_str) == Some("True")
                && condition.get("observedGeneration").and_then(Value::as_u64) >= now
        })
    };
    parents.is_some_and(|parents| {
        !parents.is_empty()
            && parents
                .iter()
                .all(|parent| holds(parent, "Accepted") && holds(parent, "ResolvedRefs"))
    })
}

/// The rules that send requests to our Services.
fn rules(plan: &ClusterPlan, route: &Value) -> Result<Vec<usize>, EngineError> {
    let lack = |lack: String| EngineError::NotSetUp { engine: NAME, lack };
    let all = route.pointer("/spec/rules").and_then(Value::as_array);
    let mut ours = Vec::new();
    for (index, rule) in all.into_iter().flatten().enumerate() {
        let names: Vec<&str> = backends(rule).map(name_of).collect();
        let is_ours = |name: &&str| plan.places.iter().any(|place| place.service == **name);
        if !names.iter().any(is_ours) {
            continue;
        }
        if let Some(other) = names.iter().find(|name| !is_ours(name)) {
            return Err(lack(format!(
                "rule {index} of HTTPRoute {} sends requests to {other} as well",
                plan.route
            )));
        }
        ours.push(index);
    }
    if ours.is_empty() {
        return Err(lack(format!(
            "no rule of HTTPRoute {} sends requests to {} or {}",
            plan.route, plan.places[0].service, plan.places[1].service
        )));
    }
    Ok(ours)
}

fn backends(rule: &Value) -> impl Iterator<Item = &Value> {
    let listed = rule.get("backendRefs").and_then(Value::as_array);
    listed.into_iter().flatten()
}

fn name_of(backend: &Value) -> &str {
    backend.get("name").and_then(Value::as_str).unwrap_or("?")
}

/// The weights of the two Services, which have to be the same in all rules.
pub(super) fn weights(plan: &ClusterPlan, route: &Value) -> Result<[u64; 2], EngineError> {
    let mut found = Vec::new();
    for index in rules(plan, route)? {
        let rule = &route["spec"]["rules"][index];
        found.push(plan.places.each_ref().map(|place| {
            // A backend without a weight has 1.
            let weight = |backend: &Value| backend.get("weight").map_or(Some(1), Value::as_u64);
            let of_place = backends(rule).filter(|backend| name_of(backend) == place.service);
            of_place.filter_map(weight).sum::<u64>()
        }));
    }
    match found.as_slice() {
        [first, rest @ ..] if rest.iter().all(|weights| weights == first) => Ok(*first),
        // They differ: none of them is what was ordered.
        [_, ..] | [] => Ok([1, 1]),
    }
}

/// Whether the route has the weights of an order, and says so.
pub(super) fn is_as(
    plan: &ClusterPlan,
    route: &Value,
    order: &EngineOrder,
) -> Result<bool, EngineError> {
    let wanted = wanted(plan, order);
    Ok(
        weights(plan, route)? == wanted
            && annotation(route, WEIGHTS) == Some(told(wanted).as_str()),
    )
}

fn wanted(plan: &ClusterPlan, order: &EngineOrder) -> [u64; 2] {
    plan.places.each_ref().map(|place| {
        let of_place = order.arms().filter(|arm| arm.address == place.service);
        of_place
            .map(|arm| u64::from(arm.weight.basis_points()))
            .sum()
    })
}

/// The part of the route that is ours under an order: all rules, because the Gateway API replaces
/// that list whole, and what says which order it is.
pub(super) fn part(
    plan: &ClusterPlan,
    route: &Value,
    order: &EngineOrder,
    since: i64,
) -> Result<Value, EngineError> {
    let ours = rules(plan, route)?;
    let wanted = wanted(plan, order);
    let mut all = route["spec"]["rules"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for (index, rule) in all.iter_mut().enumerate() {
        if !ours.contains(&index) {
            continue;
        }
        // What else a backend says (port, filters) holds for both: they are the same service.
        let like = backends(rule).next().cloned().unwrap_or_default();
        let listed = plan.places.iter().zip(wanted).map(|(place, weight)| {
            let known = backends(rule).find(|backend| name_of(backend) == place.service);
            let mut backend = known.unwrap_or(&like).clone();
            backend["name"] = json!(place.service);
            backend["weight"] = json!(weight);
            backend
        });
        let listed: Vec<Value> = listed.collect();
        rule["backendRefs"] = Value::Array(listed);
    }
    let candidate = order.candidate.as_ref();
    let annotations = Map::from_iter([
        (GENERATION.to_owned(), json!(order.generation.to_string())),
        (SINCE.to_owned(), json!(since.to_string())),
        (BASELINE.to_owned(), json!(order.baseline.address)),
        (
            CANDIDATE.to_owned(),
            json!(candidate.map_or("", |arm| arm.address.as_str())),
        ),
        (WEIGHTS.to_owned(), json!(told(wanted))),
    ]);
    debug_assert_eq!(
        wanted.iter().sum::<u64>(),
        u64::from(RolloutWeight::ALL.basis_points())
    );
    Ok(json!({
        "apiVersion": route["apiVersion"],
        "kind": "HTTPRoute",
        "metadata": {
            "name": plan.route,
            "namespace": plan.namespace,
            "resourceVersion": route["metadata"]["resourceVersion"],
            "annotations": annotations,
        },
        "spec": { "rules": all },
    }))
}
