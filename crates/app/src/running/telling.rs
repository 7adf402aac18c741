//! What a trace tells of an agent's work, in the words of OpenTelemetry's conventions for generative AI.

use adjutant_domain::{AgentName, Data, Measurement, TaskId};
use tracing::field::Empty;
use tracing::{Span, info, info_span};

/// The span of an agent that works on a task. What it used is known when it has ended, if at all.
pub(super) fn span(agent: &AgentName, task: TaskId) -> Span {
    let agent = agent.as_str();
    info_span!(
        "invoke_agent",
        otel.name = format!("invoke_agent {agent}"),
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = agent,
        gen_ai.provider.name = Empty,
        gen_ai.response.model = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        adjutant.cost_usd = Empty,
        adjutant.task = %task,
    )
}

/// Tells what a transcript of this format says that the agent used.
pub(super) fn tell_usage(span: &Span, format: &str, used: &[Measurement]) {
    match format {
        "claude-code" => span.record("gen_ai.provider.name", "anthropic"),
        "codex" => span.record("gen_ai.provider.name", "openai"),
        "gemini-cli" => span.record("gen_ai.provider.name", "gcp.gemini"),
        _ => span,
    };
    for (measure, field) in [
        ("input_tokens", "gen_ai.usage.input_tokens"),
        ("output_tokens", "gen_ai.usage.output_tokens"),
    ] {
        if let Some(tokens) = sum(used, measure) {
            span.record(field, tokens as i64);
        }
    }
    if let Some(cost) = sum(used, "cost_usd") {
        span.record("adjutant.cost_usd", cost);
    }
    let written = used
        .iter()
        .filter(|one| one.measure.as_str() == "output_tokens");
    let models = written.filter_map(|one| one.labels.get("model"));
    let models: Vec<&str> = models.map(String::as_str).collect();
    if !models.is_empty() {
        span.record("gen_ai.response.model", models.join(", "));
    }
    let _inside = span.enter();
    info!("an agent told what it used");
}

fn sum(used: &[Measurement], measure: &str) -> Option<f64> {
    let of_it = used.iter().filter(|one| one.measure.as_str() == measure);
    let values = of_it.filter_map(|one| match &one.data {
        Data::Scalar(scalar) => Some(scalar.value),
        Data::Samples(_)
        | Data::Histogram(_)
        | Data::Proportion { .. }
        | Data::Ranking(_)
        | Data::Judgements(_)
        | Data::Absent(_) => None,
    });
    values.reduce(|sum, value| sum + value)
}
