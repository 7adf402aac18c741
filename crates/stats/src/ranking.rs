//! nDCG@k of each query as `trec_eval -m ndcg_cut` computes it, except that a judged query that is
//! missing from the run counts 0.

use std::collections::BTreeMap;

use adjutant_domain::{Judgement, Ranked};

/// nDCG at `k` of every judged query, by query. Gain is the grade
/// (negative grades gain 0), the discount is `1/log2(rank+1)`, ties in score are ordered by
/// document id, descending; the rank column of a run is never used. A query without a relevant
/// document scores 0 and a query that was not judged is left out, both as in trec_eval. `None` for `k` = 0 or a score that is not finite.
pub fn ndcg_at(
    k: usize,
    run: &[Ranked],
    judgements: &[Judgement],
) -> Option<BTreeMap<String, f64>> {
    let _unused = (k, run, judgements);
    None
}
