//! Ranked results and relevance judgements, as trec_eval reads them. Nothing is scored here.

mod columns;
pub(crate) mod trec_qrels;
pub(crate) mod trec_run;

#[cfg(test)]
mod tests;
