//! nDCG@k of each query as `trec_eval -m ndcg_cut` computes it, except that a judged query that is
//! missing from the run counts 0.

use std::collections::BTreeMap;

use adjutant_domain::{Judgement, Ranked};

/// nDCG at `k` of every judged query, by query. Gain is the grade (negative grades gain 0), the
/// discount is `1/log2(rank+1)`, ties in score are ordered by document id, descending; the rank
/// column of a run is never used. A judged query that is missing from the run scores 0, and so does
/// one without a relevant document (as in trec_eval); a query that was not judged is left out (as
/// in trec_eval). `None` for `k` = 0, a score that is not finite, or a document that stands twice
/// in a query's ranking or judgements (trec_eval refuses the file).
pub fn ndcg_at(
    k: usize,
    run: &[Ranked],
    judgements: &[Judgement],
) -> Option<BTreeMap<String, f64>> {
    if k == 0 {
        return None;
    }
    let mut grades: BTreeMap<&str, BTreeMap<&str, i32>> = BTreeMap::new();
    for line in judgements {
        let of_query = grades.entry(&line.query).or_default();
        if of_query.insert(&line.document, line.grade).is_some() {
            return None;
        }
    }
    let mut rankings: BTreeMap<&str, Vec<(f64, &str)>> = BTreeMap::new();
    for line in run {
        if !line.score.is_finite() {
            return None;
        }
        rankings
            .entry(&line.query)
            .or_default()
            .push((line.score, &line.document));
    }
    for ranking in rankings.values_mut() {
        put_in_order(ranking)?;
    }
    let of_query = |(query, grades): (&str, BTreeMap<&str, i32>)| {
        let ranking = rankings.get(query).map_or(&[][..], Vec::as_slice);
        (query.to_owned(), ndcg(k, ranking, &grades))
    };
    Some(grades.into_iter().map(of_query).collect())
}

/// Best score first, equal scores by document id descending. `None` when a document stands twice.
fn put_in_order(ranking: &mut [(f64, &str)]) -> Option<()> {
    ranking.sort_unstable_by(|a, b| a.1.cmp(b.1));
    if ranking.windows(2).any(|pair| pair[0].1 == pair[1].1) {
        return None;
    }
    // -0 equals 0 here, unlike in `total_cmp`.
    ranking.sort_by(|a, b| {
        b.0.partial_cmp(&a.0)
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(b.1.cmp(a.1))
    });
    Some(())
}

fn ndcg(k: usize, ranking: &[(f64, &str)], grades: &BTreeMap<&str, i32>) -> f64 {
    let mut ideal: Vec<i32> = grades
        .values()
        .copied()
        .filter(|&grade| grade > 0)
        .collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = discounted_sum(ideal.into_iter().take(k));
    if ideal == 0.0 {
        return 0.0;
    }
    let found = ranking
        .iter()
        .take(k)
        .map(|(_, document)| grades.get(document).copied().unwrap_or(0));
    discounted_sum(found) / ideal
}

fn discounted_sum(grades: impl Iterator<Item = i32>) -> f64 {
    let gain = |(at, grade): (usize, i32)| f64::from(grade.max(0)) / libm::log2((at + 2) as f64);
    grades.enumerate().map(gain).sum()
}
