//! Reads plans: `[rollout.NAME]` of `adjutant.toml`, and the strategy of a YAML file, ours or one of
//! Argo Rollouts. What is not supported is refused by name and place.

mod cluster;
mod metric;
mod service;
mod steps;
mod target;

use adjutant_document::{
    Complaint, DocumentField, FieldKeys, FieldRead, Unreadable, YamlPart, read_toml, yaml_parts,
};
use adjutant_domain::{GateName, InvalidName};
use serde_json::Value;

use crate::plan::{
    Metric, MetricDemand, MetricQuantity, RecoveryTiming, RolloutAnalysis, RolloutPlan, RolloutStep,
};
use adjutant_gate::{Margin, Scale};
use cluster::CLUSTER;
pub use cluster::{ClusterAccess, ClusterPlace, ClusterPlan, PrometheusPlan};
pub use service::{EntrancePlan, ProcessPlan, ProxyPlan, ServicePlan};
use steps::{Reading, Steps};
use target::ReadTarget;
pub use target::{EnginePlan, HaproxyPlan, HaproxyWeights, NginxPlan};

/// The defaults of a plan.
const ALPHA: f64 = 0.05;
const DEADLINE_MS: i64 = 600_000;
const REQUESTS_MIN: u64 = 100;
const GATE: &str = "release";

/// A plan that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadPlan {
    /// What to do.
    pub plan: RolloutPlan,
    /// How the service is started here, where the plan says so.
    pub service: Option<ServicePlan>,
    /// The gate whose GO about a version that was taken back lifts its block.
    pub gate: GateName,
    /// What was read and no step follows from.
    pub notes: Vec<PlanNote>,
}

/// Something that a plan says and Adjutant leaves to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanNote {
    /// Where it stands.
    pub pointer: String,
    /// What becomes of it.
    pub note: String,
}

/// A plan that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: {key}: {problem}")]
pub struct InvalidPlan {
    /// The file, as the caller calls it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// The key's path, such as `rollout.search.strategy.canary.steps.2`.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// A file with a strategy: what it is called, and its text.
#[derive(Debug, Clone, Copy)]
pub struct StrategyFile<'f> {
    /// As the caller calls it.
    pub file: &'f str,
    /// What it holds.
    pub text: &'f str,
}

/// The names of the plans of a settings text.
///
/// # Errors
/// When the text is not TOML, or `rollout` no table.
pub fn rollout_names(settings: StrategyFile<'_>) -> Result<Vec<String>, InvalidPlan> {
    let read = read_toml(settings.text).map_err(|error| unreadable(settings.file, &error))?;
    let Some(tables) = read.value.get("rollout") else {
        return Ok(Vec::new());
    };
    let tables = DocumentField {
        value: tables,
        pointer: "/rollout".to_owned(),
    };
    let keys = tables.keys();
    let names = keys.map(|keys| keys.names().into_iter().map(str::to_owned).collect());
    names.map_err(|complaint| placed_in_toml(settings, complaint))
}

/// The file that `[rollout.NAME]` names as the one with its strategy.
///
/// # Errors
/// As [`read_plan`].
pub fn strategy_file(
    settings: StrategyFile<'_>,
    name: &str,
) -> Result<Option<String>, InvalidPlan> {
    let read = read_toml(settings.text).map_err(|error| unreadable(settings.file, &error))?;
    let found = table(&read.value, name)
        .and_then(|table| table.keys())
        .and_then(|keys| keys.get("file").map(|file| file.text()).transpose())
        .map(|file| file.map(str::to_owned));
    found.map_err(|complaint| placed_in_toml(settings, complaint))
}

/// Reads `[rollout.NAME]`. Its strategy comes from `strategy` where a file gives it.
///
/// # Errors
/// When a text cannot be read, or the plan asks for something that is not supported.
pub fn read_plan(
    settings: StrategyFile<'_>,
    name: &str,
    strategy: Option<StrategyFile<'_>>,
) -> Result<ReadPlan, InvalidPlan> {
    let read = read_toml(settings.text).map_err(|error| unreadable(settings.file, &error))?;
    let in_settings = |complaint| placed_in_toml(settings, complaint);
    let table = table(&read.value, name).map_err(in_settings)?;
    let body = Body::of(&table).map_err(in_settings)?;
    let mut notes = Vec::new();
    let steps = match (strategy, body.strategy.as_ref()) {
        (Some(file), None) => from_yaml(file, &body.templates, &mut notes)?,
        (None, Some(field)) => {
            let mut reading = Reading {
                templates: &body.templates,
                notes: &mut notes,
            };
            let steps = steps::strategy(field, &mut reading).and_then(|steps| {
                steps::refuse_without_data(&steps.steps, field)?;
                Ok(steps)
            });
            steps.map_err(in_settings)?
        }
        (Some(_), Some(field)) => {
            return Err(in_settings(
                field.complain("file gives the strategy already"),
            ));
        }
        (None, None) => return Err(in_settings(table.complain("strategy is missing"))),
    };
    let usual = || usual_monitor(&body);
    let plan = RolloutPlan {
        strategy: steps.strategy,
        steps: steps.steps,
        monitor: body.monitor.clone().or(steps.monitor).unwrap_or_else(usual),
        alpha: body.alpha,
        deadline_ms: body.deadline_ms,
        requests_min: body.requests_min,
        timing: body.timing,
    };
    body.refuse_what_cannot_be_carried_out(&plan, &table)
        .map_err(in_settings)?;
    Ok(ReadPlan {
        plan,
        service: body.service,
        gate: body.gate,
        notes,
    })
}

fn table<'v>(root: &'v Value, name: &str) -> FieldRead<DocumentField<'v>> {
    let pointer = format!("/rollout/{}", name.replace('~', "~0").replace('/', "~1"));
    match root.pointer(&pointer) {
        Some(value) => Ok(DocumentField { value, pointer }),
        None => Err(Complaint {
            pointer: String::new(),
            problem: format!("there is no [rollout.{name}]"),
        }),
    }
}

/// What `[rollout.NAME]` says beside its strategy.
struct Body<'v> {
    strategy: Option<DocumentField<'v>>,
    templates: Vec<RolloutAnalysis>,
    monitor: Option<Vec<Metric>>,
    alpha: f64,
    deadline_ms: i64,
    requests_min: u64,
    timing: RecoveryTiming,
    service: Option<ServicePlan>,
    gate: GateName,
}

impl<'v> Body<'v> {
    fn of(table: &DocumentField<'v>) -> FieldRead<Self> {
        let keys = table.keys()?;
        keys.get("file");
        let mut templates = Vec::new();
        if let Some(field) = keys.get("templates") {
            let named = field.keys()?;
            for name in named.names() {
                templates.push(metric::template(name, &named.need(name)?)?);
            }
        }
        let monitor = match keys.get("monitor") {
            Some(field) => {
                let table = field.keys()?;
                let metrics = metric::metrics(&table)?;
                table.refuse_others()?;
                if metrics.iter().all(|metric| metric.dry_run) {
                    return Err(field.complain("a monitor that decides nothing takes nothing back"));
                }
                Some(metrics)
            }
            None => None,
        };
        let body = Self {
            strategy: keys.get("strategy"),
            templates,
            monitor,
            alpha: alpha(&keys)?,
            deadline_ms: keys
                .get("deadline")
                .map_or(Ok(DEADLINE_MS), |field| field.duration_ms())?,
            requests_min: keys
                .get("requestsMin")
                .map_or(Ok(REQUESTS_MIN), |field| field.whole(1, 1_000_000_000))?,
            timing: keys
                .get("recovery")
                .map_or(Ok(RecoveryTiming::default()), |f| timing(&f))?,
            service: service_of(&keys)?,
            gate: gate(table, &keys)?,
        };
        keys.refuse_others()?;
        Ok(body)
    }

    fn refuse_what_cannot_be_carried_out(
        &self,
        plan: &RolloutPlan,
        table: &DocumentField<'_>,
    ) -> FieldRead<()> {
        let mirrors = |step: &RolloutStep| matches!(step, RolloutStep::SetMirrorRoute(_));
        let lack = match &self.service {
            None => None,
            Some(ServicePlan::Cluster(_)) => target::lack(plan, CLUSTER),
            Some(ServicePlan::Processes(processes)) => match &processes.traffic {
                EntrancePlan::Engine(engine) => engine.lack(plan),
                EntrancePlan::Proxy(proxy)
                    if plan.steps.iter().any(mirrors) && proxy.mirror_allow.is_empty() =>
                {
                    Some(
                        "setMirrorRoute copies requests: say which in service.traffic.mirrorAllow, \
                         such as [\"GET /search*\"]"
                            .to_owned(),
                    )
                }
                EntrancePlan::Proxy(_) => None,
            },
        };
        lack.map_or(Ok(()), |lack| Err(table.complain(lack)))
    }

    /// Whether what takes the requests tells enough to measure this.
    fn measures(&self, quantity: MetricQuantity) -> bool {
        match &self.service {
            Some(ServicePlan::Cluster(_)) => CLUSTER.measures(quantity),
            Some(service) => service
                .engine()
                .is_none_or(|engine| engine.skills().measures(quantity)),
            None => true,
        }
    }
}

/// Where the versions run, as `service` and `target` say together.
fn service_of(keys: &FieldKeys<'_>) -> FieldRead<Option<ServicePlan>> {
    let service = keys.get("service");
    let Some(target) = keys.get("target") else {
        let service = service.map(|field| service::service(&field, None));
        return Ok(service.transpose()?.map(ServicePlan::Processes));
    };
    match (target::read(&target)?, service) {
        (ReadTarget::Engine(engine), Some(field)) => {
            let processes = service::service(&field, Some(engine))?;
            Ok(Some(ServicePlan::Processes(processes)))
        }
        (ReadTarget::Engine(_), None) => Err(target.complain(
            "the versions behind it are started here: service is missing, with command and health",
        )),
        (ReadTarget::Cluster(cluster), None) => Ok(Some(ServicePlan::Cluster(cluster))),
        (ReadTarget::Cluster(_), Some(field)) => {
            Err(field.complain("the versions run in the cluster; service is of this machine"))
        }
    }
}

fn gate(table: &DocumentField<'_>, keys: &FieldKeys<'_>) -> FieldRead<GateName> {
    let field = keys.get("gate");
    let name = field.as_ref().map(DocumentField::text).transpose()?;
    let place = field.as_ref().unwrap_or(table);
    let read = name.unwrap_or(GATE).parse();
    read.map_err(|error: InvalidName| place.complain(error.to_string()))
}

fn alpha(keys: &FieldKeys<'_>) -> FieldRead<f64> {
    let Some(field) = keys.get("alpha") else {
        return Ok(ALPHA);
    };
    let alpha = field.number()?;
    if (1e-6..=0.5).contains(&alpha) {
        Ok(alpha)
    } else {
        Err(field.complain("a probability from 0.000001 to 0.5 is needed, such as 0.05"))
    }
}

fn timing(field: &DocumentField<'_>) -> FieldRead<RecoveryTiming> {
    let keys = field.keys()?;
    let usual = RecoveryTiming::default();
    let duration = |key: &str, default: i64| match keys.get(key) {
        Some(field) => field.duration_ms().map(|ms| ms.max(50)),
        None => Ok(default),
    };
    let timing = RecoveryTiming {
        tick_ms: duration("tick", usual.tick_ms)?,
        request_timeout_ms: duration("requestTimeout", usual.request_timeout_ms)?,
        decision_ms_max: duration("decisionMax", usual.decision_ms_max)?,
        actuation_ms_max: duration("actuationMax", usual.actuation_ms_max)?,
        verification_ms_max: duration("verificationMax", usual.verification_ms_max)?,
    };
    keys.refuse_others()?;
    Ok(timing)
}

/// What watches a rollout whose plan names nothing: a hundredth more errors, a quarter more p95.
/// What cannot be measured there is left out.
fn usual_monitor(body: &Body<'_>) -> Vec<Metric> {
    let metric = |name: &str, quantity, margin| {
        Some(Metric {
            name: name.parse().ok()?,
            quantity,
            demand: MetricDemand::Margin(margin),
            detects: metric::default_detects(quantity),
            dry_run: false,
        })
    };
    let points = Margin {
        value: 1.0,
        scale: Scale::Points,
    };
    let percent = Margin {
        value: 25.0,
        scale: Scale::Percent,
    };
    [
        metric("errors", MetricQuantity::Errors, points),
        metric("p95", MetricQuantity::Latency(0.95), percent),
    ]
    .into_iter()
    .flatten()
    .filter(|metric: &Metric| body.measures(metric.quantity))
    .collect()
}

/// What of an Argo Rollout describes the workload.
const SPEC_IN_THE_CLUSTER: &[&str] = &[
    "replicas",
    "selector",
    "template",
    "workloadRef",
    "revisionHistoryLimit",
    "minReadySeconds",
    "progressDeadlineSeconds",
    "progressDeadlineAbort",
    "rollbackWindow",
];

/// The strategy of a YAML text: a `kind: Rollout` of Argo, or a table with `strategy`.
fn from_yaml(
    file: StrategyFile<'_>,
    templates: &[RolloutAnalysis],
    notes: &mut Vec<PlanNote>,
) -> Result<Steps, InvalidPlan> {
    let parts = yaml_parts(file.text).map_err(|error| unreadable(file.file, &error))?;
    let mut found = None;
    for part in &parts {
        let read = from_part(part, templates, notes);
        let steps = read.map_err(|complaint| placed_in_yaml(file.file, part, complaint))?;
        match (steps, &found) {
            (Some(_), Some(_)) => {
                let complaint = Complaint {
                    pointer: String::new(),
                    problem: "a second rollout starts here; keep one a file".to_owned(),
                };
                return Err(placed_in_yaml(file.file, part, complaint));
            }
            (Some(steps), None) => found = Some(steps),
            (None, _) => {}
        }
    }
    found.ok_or_else(|| InvalidPlan {
        file: file.file.to_owned(),
        line: 1,
        key: String::new(),
        problem: "there is no rollout in it: neither a kind: Rollout nor a strategy".to_owned(),
    })
}

fn from_part(
    part: &YamlPart<'_>,
    templates: &[RolloutAnalysis],
    notes: &mut Vec<PlanNote>,
) -> FieldRead<Option<Steps>> {
    let root = DocumentField {
        value: &part.value,
        pointer: String::new(),
    };
    let keys = root.keys()?;
    let kind = keys.get("kind").map(|kind| kind.text()).transpose()?;
    let strategy = match kind {
        Some("Rollout") => {
            steps::leave_to_the_cluster(&keys, &["apiVersion", "metadata", "status"], notes);
            let spec = keys.need("spec")?.keys()?;
            steps::leave_to_the_cluster(&spec, SPEC_IN_THE_CLUSTER, notes);
            let strategy = spec.need("strategy")?;
            if let Some(paused) = spec.get("paused") {
                return Err(
                    paused.complain("paused is a command, not a plan: adjutant rollout pause")
                );
            }
            spec.refuse_others()?;
            strategy
        }
        Some("AnalysisTemplate" | "ClusterAnalysisTemplate") => {
            let name = part.value.pointer("/metadata/name").and_then(Value::as_str);
            let given = templates
                .iter()
                .any(|known| Some(known.name.as_str()) == name);
            if given {
                notes.push(PlanNote {
                    pointer: "/metadata/name".to_owned(),
                    note: format!(
                        "{} is described in adjutant.toml, and that is what is judged",
                        name.unwrap_or_default()
                    ),
                });
                return Ok(None);
            }
            return Err(root.complain(format!(
                "the queries of an AnalysisTemplate are not run: describe {} under templates in \
                 adjutant.toml, by what Adjutant measures itself",
                name.unwrap_or("it")
            )));
        }
        Some(other) => {
            return Err(root.complain(format!("kind {other} is no part of a rollout; take it out")));
        }
        None => {
            let strategy = keys.need("strategy")?;
            keys.refuse_others()?;
            strategy
        }
    };
    let mut reading = Reading { templates, notes };
    let steps = steps::strategy(&strategy, &mut reading)?;
    steps::refuse_without_data(&steps.steps, &strategy)?;
    Ok(Some(steps))
}

fn placed_in_toml(settings: StrategyFile<'_>, complaint: Complaint) -> InvalidPlan {
    let line = match read_toml(settings.text) {
        Ok(read) => read.line_of(&complaint.pointer) as u64,
        Err(_) => 1,
    };
    InvalidPlan {
        file: settings.file.to_owned(),
        line,
        key: complaint.key(),
        problem: complaint.problem,
    }
}

fn placed_in_yaml(file: &str, part: &YamlPart<'_>, complaint: Complaint) -> InvalidPlan {
    InvalidPlan {
        file: file.to_owned(),
        line: part.line_of(&complaint.pointer),
        key: complaint.key(),
        problem: complaint.problem,
    }
}

fn unreadable(file: &str, error: &Unreadable) -> InvalidPlan {
    InvalidPlan {
        file: file.to_owned(),
        line: error.line(),
        key: String::new(),
        problem: format!("{}; {}", error.problem, error.remedy),
    }
}
