//! What the rows of the database tell.

use adjutant_domain::Timestamp;
use adjutant_store::{AgentUsage, StoreFigures, UsageMeasure};

use super::exposition::{Exposition, Labels, Names};

pub(super) fn tell(exposition: &mut Exposition, figures: &StoreFigures) {
    let names = &mut Names::default();
    tell_work(exposition, figures);
    tell_gates(exposition, names, figures);
    tell_outbox(exposition, names, figures);
    tell_agents(exposition, names, figures);
    for (name, help, count) in [
        ("evidence", "Evidence that was stored", figures.evidence),
        ("journal_entries", "Entries of the journal", figures.journal),
    ] {
        exposition.counters(name, help, [(vec![], count as f64)]);
    }
}

/// A time as Prometheus writes times.
fn seconds(at: Timestamp) -> f64 {
    at.unix_millis() as f64 / 1_000.0
}

fn by(label: &'static str, counts: &[(String, u64)]) -> impl Iterator<Item = (Labels, f64)> {
    let labelled =
        move |(name, count): &(String, u64)| (vec![(label, name.clone())], *count as f64);
    counts.iter().map(labelled)
}

fn tell_work(exposition: &mut Exposition, figures: &StoreFigures) {
    exposition.gauges("tasks", "Tasks by state", by("state", &figures.tasks));
    exposition.gauge(
        "tasks_ready",
        "Tasks that can be claimed now",
        figures.ready as f64,
    );
    exposition.gauges(
        "tasks_ready_oldest_timestamp_seconds",
        "When the oldest task that can be claimed was filed; absent when there is none",
        figures.oldest_ready.map(|at| (vec![], seconds(at))),
    );
    exposition.gauge("leases", "Claims that go on", figures.leases as f64);
    exposition.counters(
        "claims",
        "Claims that ended, by what became of them",
        by("result", &figures.claims),
    );
}

fn tell_gates(exposition: &mut Exposition, names: &mut Names, figures: &StoreFigures) {
    let of = |names: &mut Names, gate: &str, verdict: &str| {
        vec![names.label("gate", gate), ("verdict", verdict.to_owned())]
    };
    let decisions = figures.decisions.iter();
    exposition.counters(
        "gate_decisions",
        "Decisions by gate and verdict",
        decisions.map(|(gate, verdict, count)| (of(names, gate, verdict), *count as f64)),
    );
    let last = figures.last_decisions.iter();
    exposition.gauges(
        "gate_last_verdict",
        "1 for the verdict of each gate's last decision",
        last.clone()
            .map(|(gate, verdict, _)| (of(names, gate, verdict), 1.0)),
    );
    exposition.gauges(
        "gate_last_decision_timestamp_seconds",
        "When each gate decided last",
        last.map(|(gate, _, at)| (vec![names.label("gate", gate)], seconds(*at))),
    );
}

fn tell_outbox(exposition: &mut Exposition, names: &mut Names, figures: &StoreFigures) {
    let deliveries = figures.deliveries.iter();
    exposition.gauges(
        "announcements",
        "Messages to receivers by how far they are",
        deliveries.clone().map(|of| {
            let labels = vec![
                names.label("receiver", &of.receiver),
                ("state", of.state.clone()),
            ];
            (labels, of.count as f64)
        }),
    );
    exposition.gauges(
        "announcements_oldest_waiting_timestamp_seconds",
        "When the oldest message happened that its receiver has not got",
        deliveries.filter_map(|of| {
            let labels = vec![names.label("receiver", &of.receiver)];
            Some((labels, seconds(of.oldest_waiting?)))
        }),
    );
}

/// The agent, and what it did.
fn labels(names: &mut Names, agent: &str, kind: Option<&str>) -> Labels {
    vec![
        names.label("agent", agent),
        ("job", kind.unwrap_or("none").to_owned()),
    ]
}

fn tell_agents(exposition: &mut Exposition, names: &mut Names, figures: &StoreFigures) {
    exposition.counters(
        "agent_runs",
        "Runs of agents, and whether they reported what they used",
        figures.runs.iter().map(|run| {
            let usage = if run.is_reported {
                "reported"
            } else {
                "unreported"
            };
            let mut labels = labels(names, &run.agent, run.kind.as_deref());
            labels.push(("usage", usage.to_owned()));
            (labels, run.count as f64)
        }),
    );
    let mut used = |what: fn(UsageMeasure) -> Option<&'static str>| {
        let series = |usage: &AgentUsage| {
            let kind = what(usage.measure)?;
            let mut labels = labels(names, &usage.agent, usage.kind.as_deref());
            if let Some(model) = &usage.model {
                labels.push(names.label("model", model));
            }
            if !kind.is_empty() {
                labels.push(("direction", kind.to_owned()));
            }
            Some((labels, usage.sum))
        };
        figures.usage.iter().filter_map(series).collect::<Vec<_>>()
    };
    let tokens = used(|measure| match measure {
        UsageMeasure::InputTokens => Some("input"),
        UsageMeasure::CachedInputTokens => Some("cached_input"),
        UsageMeasure::OutputTokens => Some("output"),
        UsageMeasure::CostUsd => None,
    });
    let cost = used(|measure| match measure {
        UsageMeasure::CostUsd => Some(""),
        UsageMeasure::InputTokens
        | UsageMeasure::CachedInputTokens
        | UsageMeasure::OutputTokens => None,
    });
    exposition.counters(
        "agent_tokens",
        "Tokens that agents reported; cached_input is a part of input",
        tokens,
    );
    exposition.counters("agent_cost_usd", "US dollars that agents reported", cost);
}
