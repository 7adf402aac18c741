//! Asks every labelled query once and writes the ranking as a TREC run.

use super::client::Client;
use adjutant_example_search::judge::LabelledQuery;
use anyhow::{Context, Result};

/// Results per query in a run: well beyond the ten that count, so that the scores of two rankers
/// can be compared on the documents both found.
const RUN_DEPTH: usize = 50;

/// One line per product found: `query Q0 product rank score tag`.
pub(crate) async fn ask_all(
    client: &Client,
    address: &str,
    queries: &[LabelledQuery],
    tag: &str,
) -> Result<String> {
    let mut run = String::new();
    for query in queries {
        let answer = client
            .search(address, &query.text, RUN_DEPTH)
            .await
            .with_context(|| format!("{tag} failed on {}", query.id))?;
        for (index, found) in answer.results.iter().enumerate() {
            let (rank, score) = (index + 1, found.score);
            run.push_str(&format!(
                "{} Q0 {} {rank} {score} {tag}\n",
                query.id, found.id
            ));
        }
    }
    Ok(run)
}
