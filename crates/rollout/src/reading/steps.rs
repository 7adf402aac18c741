//! Reads the steps of a canary and of a blue-green, under the names that Argo Rollouts gives them.

use super::PlanNote;
use super::metric::mark_dry;
use crate::RolloutWeight;
use crate::plan::{Metric, RolloutAnalysis, RolloutStep, RolloutStrategy};
use adjutant_document::{Complaint, DocumentField, FieldKeys, FieldRead};

/// The most steps of one plan.
const STEPS_MAX: usize = 200;

/// What a strategy says.
pub(super) struct Steps {
    pub(super) strategy: RolloutStrategy,
    pub(super) steps: Vec<RolloutStep>,
    /// The metrics of the background analysis.
    pub(super) monitor: Option<Vec<Metric>>,
}

/// What a strategy is read with.
pub(super) struct Reading<'r> {
    /// The templates that it may name.
    pub(super) templates: &'r [RolloutAnalysis],
    /// What was left to the cluster.
    pub(super) notes: &'r mut Vec<PlanNote>,
}

/// What describes the workload in a cluster and says nothing about steps.
const CANARY_IN_THE_CLUSTER: &[&str] = &[
    "canaryService",
    "stableService",
    "canaryMetadata",
    "stableMetadata",
    "trafficRouting",
    "maxSurge",
    "maxUnavailable",
    "antiAffinity",
    "dynamicStableScale",
    "minPodsPerReplicaSet",
    "scaleDownDelaySeconds",
    "scaleDownDelayRevisionLimit",
    "abortScaleDownDelaySeconds",
];
const BLUE_GREEN_IN_THE_CLUSTER: &[&str] = &[
    "activeService",
    "previewService",
    "activeMetadata",
    "previewMetadata",
    "previewReplicaCount",
    "maxUnavailable",
    "antiAffinity",
    "scaleDownDelaySeconds",
    "scaleDownDelayRevisionLimit",
    "abortScaleDownDelaySeconds",
];

pub(super) fn strategy(field: &DocumentField<'_>, reading: &mut Reading<'_>) -> FieldRead<Steps> {
    let keys = field.keys()?;
    let steps = match (keys.get("canary"), keys.get("blueGreen")) {
        (Some(body), None) => canary(&body, reading)?,
        (None, Some(body)) => blue_green(&body, reading)?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(field.complain("give either canary or blueGreen"));
        }
    };
    keys.refuse_others()?;
    Ok(steps)
}

/// Notes the keys that only a cluster can follow.
pub(super) fn leave_to_the_cluster(
    keys: &FieldKeys<'_>,
    names: &[&str],
    notes: &mut Vec<PlanNote>,
) {
    for name in names {
        if let Some(field) = keys.get(name) {
            notes.push(PlanNote {
                pointer: field.pointer,
                note: format!(
                    "{name} describes the workload in the cluster; no step follows from it"
                ),
            });
        }
    }
}

fn canary(field: &DocumentField<'_>, reading: &mut Reading<'_>) -> FieldRead<Steps> {
    let keys = field.keys()?;
    leave_to_the_cluster(&keys, CANARY_IN_THE_CLUSTER, reading.notes);
    let listed = keys.need("steps")?;
    let items = listed.items()?;
    if items.len() > STEPS_MAX {
        return Err(listed.complain(format!("there are more than {STEPS_MAX} steps")));
    }
    let steps = items
        .iter()
        .map(|item| step(item, reading))
        .collect::<FieldRead<Vec<_>>>()?;
    let monitor = match keys.get("analysis") {
        Some(field) => Some(background(&field, reading)?),
        None => None,
    };
    keys.refuse_others()?;
    Ok(Steps {
        strategy: RolloutStrategy::Canary,
        steps: completed(steps),
        monitor,
    })
}

/// Starts with nobody on the candidate, ends with everybody.
fn completed(mut steps: Vec<RolloutStep>) -> Vec<RolloutStep> {
    if steps.first() != Some(&RolloutStep::SetWeight(RolloutWeight::NONE)) {
        steps.insert(0, RolloutStep::SetWeight(RolloutWeight::NONE));
    }
    let last = steps.iter().rev().find_map(|step| match step {
        RolloutStep::SetWeight(weight) => Some(*weight),
        RolloutStep::SetMirrorRoute(_) | RolloutStep::Pause { .. } | RolloutStep::Analysis(_) => {
            None
        }
    });
    if last != Some(RolloutWeight::ALL) {
        steps.push(RolloutStep::SetWeight(RolloutWeight::ALL));
    }
    steps
}

fn step(field: &DocumentField<'_>, reading: &Reading<'_>) -> FieldRead<RolloutStep> {
    let keys = field.keys()?;
    let names = keys.names();
    let [name] = names.as_slice() else {
        return Err(
            field.complain("a step has one key: setWeight, pause, analysis or setMirrorRoute")
        );
    };
    let body = keys.need(name)?;
    match *name {
        "setWeight" => Ok(RolloutStep::SetWeight(weight(&body)?)),
        "setMirrorRoute" => mirror_route(&body),
        "pause" => pause(&body),
        "analysis" => analysis(&body, reading).map(RolloutStep::Analysis),
        "setCanaryScale" | "setHeaderRoute" | "experiment" | "plugin" | "replicaProgressThreshold" => {
            Err(body.complain(format!(
                "{name} is a step that Adjutant does not carry out; take it out, or let Argo Rollouts run this plan"
            )))
        }
        other => Err(body.complain(format!(
            "{other} is no step; there are setWeight, pause, analysis and setMirrorRoute"
        ))),
    }
}

fn weight(field: &DocumentField<'_>) -> FieldRead<RolloutWeight> {
    RolloutWeight::from_percent(field.number()?).map_err(|error| field.complain(error))
}

/// The keys of a step; what is none gets an example of what is right.
fn keys_of<'v>(field: &DocumentField<'v>, example: &str) -> FieldRead<FieldKeys<'v>> {
    let keys = field.keys();
    keys.map_err(|_no_table| field.complain(format!("a table is needed here, such as {example}")))
}

fn mirror_route(field: &DocumentField<'_>) -> FieldRead<RolloutStep> {
    let keys = keys_of(field, "setMirrorRoute = { percentage = 25 }")?;
    // Argo's name of the managed route; here there is one mirror.
    keys.get("name");
    let share = match keys.get("percentage") {
        Some(field) => weight(&field)?,
        None => RolloutWeight::ALL,
    };
    if let Some(matched) = keys.get("match") {
        return Err(matched.complain(
            "match is not supported in a plan; which requests may be copied stands in [traffic]",
        ));
    }
    keys.refuse_others()?;
    Ok(RolloutStep::SetMirrorRoute(share))
}

fn pause(field: &DocumentField<'_>) -> FieldRead<RolloutStep> {
    let keys = keys_of(field, "pause = { duration = \"30s\" }")?;
    let duration_ms = keys
        .get("duration")
        .map(|field| field.duration_ms())
        .transpose()?;
    keys.refuse_others()?;
    Ok(RolloutStep::Pause { duration_ms })
}

/// One analysis of the templates that it names, all of which must pass.
fn analysis(field: &DocumentField<'_>, reading: &Reading<'_>) -> FieldRead<RolloutAnalysis> {
    let example = "analysis = { templates = [{ templateName = \"users\" }] }";
    let keys = keys_of(field, example)?;
    let mut named = templates(&keys, reading)?;
    if let Some(args) = keys.get("args") {
        return Err(args.complain(
            "args are not supported: Adjutant measures both versions itself and needs no query",
        ));
    }
    let dry = keys.get("dryRun");
    keys.refuse_others()?;
    let Some(first) = named.pop() else {
        return Err(field.complain("an analysis without templates would let everything pass"));
    };
    let mut all = named.into_iter().try_fold(first, |mut all, next| {
        let twice = next
            .metrics
            .iter()
            .find(|m| all.metrics.iter().any(|k| k.name == m.name));
        if let Some(metric) = twice {
            let problem = format!("two of its templates have a metric {}", metric.name);
            return Err(field.complain(problem));
        }
        all.name = format!("{}+{}", next.name, all.name);
        all.metrics.extend(next.metrics);
        all.requests = all.requests.max(next.requests);
        all.looks = all.looks.min(next.looks);
        all.deadline_ms = all.deadline_ms.max(next.deadline_ms);
        Ok(all)
    })?;
    if let Some(dry) = dry {
        mark_dry(&dry, &mut all.metrics)?;
        if all.metrics.iter().all(|metric| metric.dry_run) {
            return Err(dry.complain("an analysis that decides nothing would let everything pass"));
        }
    }
    Ok(all)
}

fn templates(keys: &FieldKeys<'_>, reading: &Reading<'_>) -> FieldRead<Vec<RolloutAnalysis>> {
    let mut named = Vec::new();
    for item in keys.need("templates")?.items()? {
        let template = item.keys()?;
        let name = template.need("templateName")?;
        template.refuse_others()?;
        let wanted = name.text()?;
        let found = reading.templates.iter().find(|known| known.name == wanted);
        named.push(
            found
                .cloned()
                .ok_or_else(|| unknown_template(&name, wanted))?,
        );
    }
    Ok(named)
}

fn unknown_template(field: &DocumentField<'_>, name: &str) -> Complaint {
    field.complain(format!(
        "there is no template {name}: describe it under templates.{name}, with its metrics"
    ))
}

/// The background analysis of Argo: the metrics of its templates watch the whole rollout.
fn background(field: &DocumentField<'_>, reading: &mut Reading<'_>) -> FieldRead<Vec<Metric>> {
    let keys = field.keys()?;
    if let Some(field) = keys.get("startingStep") {
        reading.notes.push(PlanNote {
            pointer: field.pointer,
            note: "startingStep is not needed: the monitor watches from the first request on"
                .to_owned(),
        });
    }
    let named = templates(&keys, reading)?;
    let mut metrics: Vec<Metric> = named.into_iter().flat_map(|t| t.metrics).collect();
    if let Some(dry) = keys.get("dryRun") {
        mark_dry(&dry, &mut metrics)?;
    }
    keys.refuse_others()?;
    Ok(metrics)
}

fn blue_green(field: &DocumentField<'_>, reading: &mut Reading<'_>) -> FieldRead<Steps> {
    let keys = field.keys()?;
    leave_to_the_cluster(&keys, BLUE_GREEN_IN_THE_CLUSTER, reading.notes);
    let mut steps = vec![RolloutStep::SetWeight(RolloutWeight::NONE)];
    if let Some(field) = keys.get("prePromotionAnalysis") {
        // Before its promotion the candidate answers nobody: it is judged on copies.
        steps.push(RolloutStep::SetMirrorRoute(RolloutWeight::ALL));
        steps.push(RolloutStep::Analysis(analysis(&field, reading)?));
    }
    let automatic = keys
        .get("autoPromotionEnabled")
        .map_or(Ok(true), |field| field.boolean())?;
    let seconds = keys
        .get("autoPromotionSeconds")
        .map(|field| field.duration_ms())
        .transpose()?;
    if !automatic || seconds.is_some() {
        steps.push(RolloutStep::Pause {
            duration_ms: seconds,
        });
    }
    steps.push(RolloutStep::SetWeight(RolloutWeight::ALL));
    if let Some(field) = keys.get("postPromotionAnalysis") {
        let analysis = analysis(&field, reading)?;
        steps.push(RolloutStep::Analysis(analysis));
    }
    keys.refuse_others()?;
    Ok(Steps {
        strategy: RolloutStrategy::BlueGreen,
        steps,
        monitor: None,
    })
}

/// Refuses an analysis that could never have what it needs.
pub(super) fn refuse_without_data(steps: &[RolloutStep], at: &DocumentField<'_>) -> FieldRead<()> {
    let mut exposure = crate::Exposure::default();
    for step in steps {
        exposure = exposure.after(step);
        let RolloutStep::Analysis(analysis) = step else {
            continue;
        };
        let blind = analysis
            .metrics
            .iter()
            .find(|metric| !metric.has_data_under(exposure));
        if let Some(metric) = blind {
            return Err(at.complain(format!(
                "analysis {}: {} can never be measured with {} of the requests and {} of copies: \
                 {}",
                analysis.name,
                metric.name,
                exposure.weight,
                exposure.mirror,
                if exposure.is_any() {
                    "use a limit in place of a margin once the baseline serves nobody, and \
                     disagreements only under setMirrorRoute"
                } else {
                    "put it after setWeight or setMirrorRoute"
                }
            )));
        }
    }
    Ok(())
}
