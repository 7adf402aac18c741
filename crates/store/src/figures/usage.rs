//! What agents reported to have used: the measurements that were read from their transcripts. A run
//! whose transcript says nothing about it is counted as such, never as nothing used.

use std::collections::BTreeMap;

use adjutant_domain::Labels;

use super::OPERATION;
use crate::StoreError;
use crate::session::Session;

/// Runs of an agent on tasks of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRunFigure {
    /// Which agent.
    pub agent: String,
    /// The kind of its tasks.
    pub kind: Option<String>,
    /// Whether the runs reported what they used.
    pub is_reported: bool,
    /// How many.
    pub count: u64,
}

/// What an agent used for tasks of one kind, as far as it was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentUsage {
    /// Which agent.
    pub agent: String,
    /// The kind of its tasks.
    pub kind: Option<String>,
    /// Which model, where the agent tells models apart.
    pub model: Option<String>,
    /// What was used.
    pub measure: UsageMeasure,
    /// How much.
    pub sum: f64,
}

/// What is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UsageMeasure {
    /// Tokens that a model read.
    InputTokens,
    /// Those of them that came from a cache.
    CachedInputTokens,
    /// Tokens that a model wrote.
    OutputTokens,
    /// US dollars.
    CostUsd,
}

impl UsageMeasure {
    const ALL: [Self; 4] = [
        Self::InputTokens,
        Self::CachedInputTokens,
        Self::OutputTokens,
        Self::CostUsd,
    ];

    /// Its name as a measure.
    pub fn name(self) -> &'static str {
        match self {
            Self::InputTokens => "input_tokens",
            Self::CachedInputTokens => "cached_input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::CostUsd => "cost_usd",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }
}

pub(super) async fn runs(session: &mut Session<'_>) -> Result<Vec<AgentRunFigure>, StoreError> {
    let sql = "SELECT q.agent, q.kind, q.reported, COUNT(*) FROM (SELECT r.agent, r.kind, \
               CASE WHEN EXISTS (SELECT 1 FROM evidence e WHERE e.artifact = r.transcript \
               AND e.subject = r.agent) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END \
               AS reported FROM agent_run r) q GROUP BY q.agent, q.kind, q.reported \
               ORDER BY q.agent, q.kind, q.reported";
    let rows = session.query(OPERATION, sql, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(AgentRunFigure {
                agent: row.text(0)?.to_owned(),
                kind: row.optional_text(1)?.map(str::to_owned),
                is_reported: row.integer(2)? == 1,
                count: row.integer(3)?.unsigned_abs(),
            })
        })
        .collect()
}

type Spender = (String, Option<String>, Option<String>, UsageMeasure);

pub(super) async fn reported(session: &mut Session<'_>) -> Result<Vec<AgentUsage>, StoreError> {
    let measures = UsageMeasure::ALL.map(|measure| format!("'{}'", measure.name()));
    let sql = format!(
        "SELECT r.agent, r.kind, m.labels, m.measure, SUM(m.value) \
         FROM (SELECT agent, transcript, MIN(kind) AS kind FROM agent_run \
         GROUP BY agent, transcript) r \
         JOIN evidence e ON e.artifact = r.transcript AND e.subject = r.agent \
         JOIN measurement m ON m.evidence = e.id \
         WHERE m.measure IN ({}) AND m.value IS NOT NULL \
         GROUP BY r.agent, r.kind, m.labels, m.measure",
        measures.join(", ")
    );
    let mut sums: BTreeMap<Spender, f64> = BTreeMap::new();
    for row in session.query(OPERATION, &sql, &[]).await? {
        let measure = UsageMeasure::named(row.text(3)?).ok_or_else(|| row.foreign(3))?;
        let spender = (
            row.text(0)?.to_owned(),
            row.optional_text(1)?.map(str::to_owned),
            row.json::<Labels>(2)?.remove("model"),
            measure,
        );
        let sum = row.optional_real(4)?.ok_or_else(|| row.foreign(4))?;
        *sums.entry(spender).or_default() += sum;
    }
    let usage = sums.into_iter();
    Ok(usage
        .map(|((agent, kind, model, measure), sum)| AgentUsage {
            agent,
            kind,
            model,
            measure,
            sum,
        })
        .collect())
}
