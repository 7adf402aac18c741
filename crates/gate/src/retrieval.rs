//! Readings that come from ranked lists: nDCG, compliance@1, the drop by ablation, and the
//! correlation of two models' scores. The query is the unit that is resampled.

use std::collections::{BTreeMap, HashMap};

use adjutant_domain::{Data, Judgement, Measurement, Ranked, Unit, Validity};
use adjutant_stats::{Proportion, ranking};

use crate::pairing::{paired_values, per_key};
use crate::piece::{Missing, Piece, Pool, of_measure, unit_of};
use crate::reading::{Law, MeanClusters, Reading, Settings, correlation};
use crate::sampled::{not_finite, samples_of};

/// A number for each query.
#[derive(Debug, Clone)]
pub(crate) struct PerQuery<'a> {
    pub(crate) values: BTreeMap<String, f64>,
    pub(crate) used: Vec<Piece<'a>>,
    pub(crate) notes: Vec<String>,
}

impl PerQuery<'_> {
    fn mean(&self) -> f64 {
        self.values.values().sum::<f64>() / self.values.len() as f64
    }

    /// Whether every query is a plain yes or no.
    pub(crate) fn is_binary(&self) -> bool {
        self.values
            .values()
            .all(|&value| value == 0.0 || value == 1.0)
    }
}

/// nDCG@k of each judged query; a query that is missing from the run counts 0.
pub(crate) fn ndcg<'a>(
    k: usize,
    pieces: &[Piece<'a>],
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Result<PerQuery<'a>, Missing> {
    let Some(lists) = Lists::find(pieces, pool)? else {
        let name = format!("ndcg@{k}");
        return measured(&name, pieces, settings)?
            .ok_or_else(|| Missing::data("no ranking (TREC run) was given".to_owned()));
    };
    let values = ranking::ndcg_at(k, lists.run, &lists.judgements).ok_or_else(not_finite)?;
    lists.per_query(values)
}

/// Whether the first document of each judged query has at least the least grade that complies.
pub(crate) fn compliance<'a>(
    pieces: &[Piece<'a>],
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Result<PerQuery<'a>, Missing> {
    if let Some(given) = measured("compliance@1", pieces, settings)? {
        if given
            .values
            .values()
            .any(|value| !(0.0..=1.0).contains(value))
        {
            return Err(Missing::because(
                Validity::SourceError,
                "compliance@1 holds a value that is not a share of 0 to 1",
            ));
        }
        return Ok(given);
    }
    let lists = Lists::find(pieces, pool)?
        .ok_or_else(|| Missing::data("neither compliance@1 nor a ranking (TREC run) was given"))?;
    let mut grades: HashMap<(&str, &str), i32> = HashMap::new();
    for judgement in &lists.judgements {
        grades.insert((&judgement.query, &judgement.document), judgement.grade);
    }
    let first = first_documents(lists.run);
    let complies = |query: &str| {
        first
            .get(query)
            .and_then(|top| grades.get(&(query, top.document.as_str())))
            .is_some_and(|&grade| grade >= settings.grade_min)
    };
    let values = lists
        .judgements
        .iter()
        .map(|judgement| {
            let complies = f64::from(u8::from(complies(&judgement.query)));
            (judgement.query.clone(), complies)
        })
        .collect();
    lists.per_query(values)
}

/// The document of each query that ranks first: highest score, ties by document id descending as
/// in trec_eval.
fn first_documents(run: &[Ranked]) -> HashMap<&str, &Ranked> {
    let mut first: HashMap<&str, &Ranked> = HashMap::new();
    for line in run {
        let top = first.entry(&line.query).or_insert(line);
        if (line.score, &line.document) > (top.score, &top.document) {
            *top = line;
        }
    }
    first
}

/// The reading of a per-query mean. A yes or no of each query has the exact binomial interval.
pub(crate) fn mean_over_queries<'a>(per_query: PerQuery<'a>, unit: Unit) -> Reading<'a> {
    let value = per_query.mean();
    let n = per_query.values.len() as u64;
    let binary = per_query.is_binary() && unit == Unit::Ratio;
    let share = Proportion::new(per_query.values.values().sum::<f64>() as u64, n);
    let law = match (binary, share) {
        (true, Some(share)) => Law::Share(share),
        (true, None) | (false, _) => {
            let values: Vec<f64> = per_query.values.into_values().collect();
            Law::Means(MeanClusters::Each(values.into()))
        }
    };
    Reading {
        n,
        value,
        unit,
        law,
        used: per_query.used,
        notes: per_query.notes,
    }
}

/// How much nDCG is lost without what the ablation leaves out: `1 - ablated / whole`.
pub(crate) fn ablation_drop<'a>(
    k: usize,
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    if let Some(given) = measured("visual_ablation_drop", &pool.candidate, settings)? {
        return Ok(mean_over_queries(given, Unit::Ratio));
    }
    let whole = ndcg(k, &pool.candidate, pool, settings)?;
    let ablated = ndcg(k, &pool.ablation, pool, settings).map_err(|missing| Missing {
        reason: format!("of the subject ablation: {}", missing.reason),
        ..missing
    })?;
    let pairs: Vec<[f64; 3]> = whole
        .values
        .iter()
        .filter_map(|(query, &value)| Some([value, *ablated.values.get(query)?, 1.0]))
        .collect();
    let [whole_sum, ablated_sum] = pairs
        .iter()
        .fold([0.0, 0.0], |[w, a], [value, without, _]| {
            [w + value, a + without]
        });
    if whole_sum <= 0.0 {
        return Err(Missing::interval(
            "the candidate's nDCG is 0, so nothing can be lost",
        ));
    }
    let mut used = whole.used;
    used.extend(ablated.used);
    Ok(Reading {
        n: pairs.len() as u64,
        value: 1.0 - ablated_sum / whole_sum,
        unit: Unit::Ratio,
        law: Law::Drop(pairs),
        used,
        notes: vec![format!(
            "1 - nDCG@{k} without / nDCG@{k} with, over judged queries"
        )],
    })
}

/// Pearson's correlation of the scores that both models gave to the same query and document, or
/// of a measure named `score` that both have with pair keys.
pub(crate) fn score_correlation<'a>(
    pool: &Pool<'a>,
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let (pairs, clusters, used, notes) = match (
        latest(&of_measure(&pool.candidate, &["ranking"])?),
        latest(&of_measure(&pool.baseline, &["ranking"])?),
    ) {
        (Some(candidate), Some(baseline)) => {
            let (pairs, clusters) = shared_scores(lines(candidate), lines(baseline));
            let notes =
                vec!["over shared pairs of query and document, clustered by query".to_owned()];
            (pairs, clusters, vec![candidate, baseline], notes)
        }
        (None, Some(_)) | (Some(_), None) | (None, None) => scores_by_key(pool, settings)?,
    };
    if pairs.is_empty() {
        return Err(Missing::data("the two models scored no document in common"));
    }
    let sums = correlation_sums(&pairs, &clusters);
    let total = sums.iter().fold([0.0; 6], |mut total, cluster| {
        total
            .iter_mut()
            .zip(cluster)
            .for_each(|(sum, more)| *sum += more);
        total
    });
    let value = correlation(&total);
    if !value.is_finite() {
        return Err(Missing::interval(
            "scores without spread have no correlation",
        ));
    }
    let n = sums.len() as u64;
    Ok(Reading {
        n,
        value,
        unit: Unit::One,
        law: Law::Correlation(sums),
        used,
        notes,
    })
}

type ScorePairs<'a> = (Vec<(f64, f64)>, Vec<u32>, Vec<Piece<'a>>, Vec<String>);

fn scores_by_key<'a>(pool: &Pool<'a>, settings: &Settings<'_>) -> Result<ScorePairs<'a>, Missing> {
    let mut used = of_measure(&pool.candidate, &["score"])?;
    let of_baseline = of_measure(&pool.baseline, &["score"])?;
    let (Some(candidate), Some(baseline)) = (
        samples_of(&used, settings)?,
        samples_of(&of_baseline, settings)?,
    ) else {
        return Err(Missing::data(
            "neither a ranking (TREC run) nor a measure named score was given for both models",
        ));
    };
    used.extend(of_baseline);
    let joined = paired_values(&candidate, &baseline)?;
    Ok((joined.pairs, joined.units, used, vec![joined.note]))
}

fn shared_scores(candidate: &[Ranked], baseline: &[Ranked]) -> (Vec<(f64, f64)>, Vec<u32>) {
    let of_baseline: HashMap<(&str, &str), f64> = baseline
        .iter()
        .map(|line| ((line.query.as_str(), line.document.as_str()), line.score))
        .collect();
    let mut queries: HashMap<&str, u32> = HashMap::new();
    let (mut pairs, mut clusters) = (Vec::new(), Vec::new());
    for line in candidate {
        let key = (line.query.as_str(), line.document.as_str());
        if let Some(&score) = of_baseline.get(&key) {
            let next = queries.len() as u32;
            clusters.push(*queries.entry(&line.query).or_insert(next));
            pairs.push((line.score, score));
        }
    }
    (pairs, clusters)
}

/// The sums of each cluster, of scores that are centered first so that no digits cancel.
fn correlation_sums(pairs: &[(f64, f64)], clusters: &[u32]) -> Vec<[f64; 6]> {
    let n = pairs.len() as f64;
    let x_mean = pairs.iter().map(|(x, _)| x).sum::<f64>() / n;
    let y_mean = pairs.iter().map(|(_, y)| y).sum::<f64>() / n;
    let groups = clusters.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sums = vec![[0.0; 6]; groups];
    for (&(x, y), &cluster) in pairs.iter().zip(clusters) {
        let (x, y) = (x - x_mean, y - y_mean);
        let one = [1.0, x, y, x * x, y * y, x * y];
        let sum = &mut sums[cluster as usize];
        sum.iter_mut().zip(one).for_each(|(sum, more)| *sum += more);
    }
    sums
}

/// A measure that holds one number a query; `None` when it was not measured.
fn measured<'a>(
    name: &str,
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Option<PerQuery<'a>>, Missing> {
    let used = of_measure(pieces, &[name])?;
    if used.is_empty() {
        return Ok(None);
    }
    unit_of(&used)?;
    let column = samples_of(&used, settings)?.ok_or_else(|| {
        Missing::interval(format!("{name} is a summary: give its value of each query"))
    })?;
    if column.values.iter().any(|value| !value.is_finite()) {
        return Err(not_finite());
    }
    let mut notes = column.notes.clone();
    let values = match &column.pair {
        Some(keys) => per_key(&column.values, keys),
        None => {
            notes.push("no pair key: each value is taken as a query of its own".to_owned());
            let numbered = |(row, &value): (usize, &f64)| (format!("#{row}"), value);
            column.values.iter().enumerate().map(numbered).collect()
        }
    };
    Ok(Some(PerQuery {
        values,
        used,
        notes,
    }))
}

/// A ranking and the judgements it is held against.
struct Lists<'a> {
    run: &'a [Ranked],
    judgements: Vec<Judgement>,
    used: Vec<Piece<'a>>,
    notes: Vec<String>,
}

impl<'a> Lists<'a> {
    /// `None` when the subject has no ranking; an error when there is nothing to judge it by.
    fn find(pieces: &[Piece<'a>], pool: &Pool<'a>) -> Result<Option<Self>, Missing> {
        let rankings = of_measure(pieces, &["ranking"])?;
        let Some(ranking) = latest(&rankings) else {
            return Ok(None);
        };
        let mut notes = vec!["a query that is missing from the run counts 0".to_owned()];
        if rankings.len() > 1 {
            notes.push(format!("the latest of {} runs", rankings.len()));
        }
        let qrels = of_measure(&pool.judgements, &["judgements"])?;
        let judgements = latest(&qrels)
            .ok_or_else(|| Missing::data("no relevance judgements (TREC qrels) were given"))?;
        let run = lines(ranking);
        let held = held_judgements(judgements.measurement);
        if run.is_empty() || held.is_empty() {
            return Err(Missing::data("the ranking or the judgements hold no line"));
        }
        if run.iter().any(|line| !line.score.is_finite()) {
            return Err(not_finite());
        }
        let used = vec![ranking, judgements];
        Ok(Some(Self {
            run,
            judgements: held.to_vec(),
            used,
            notes,
        }))
    }

    fn per_query(self, values: BTreeMap<String, f64>) -> Result<PerQuery<'a>, Missing> {
        if values.is_empty() {
            return Err(Missing::data("the judgements hold no query"));
        }
        Ok(PerQuery {
            values,
            used: self.used,
            notes: self.notes,
        })
    }
}

/// The piece whose evidence was taken last; without evidence, the last that was given.
fn latest<'a>(pieces: &[Piece<'a>]) -> Option<Piece<'a>> {
    pieces
        .iter()
        .max_by_key(|piece| piece.evidence.map(|evidence| evidence.taken_at))
        .copied()
}

fn lines<'a>(piece: Piece<'a>) -> &'a [Ranked] {
    match &piece.measurement.data {
        Data::Ranking(lines) => lines,
        Data::Samples(_)
        | Data::Histogram(_)
        | Data::Proportion { .. }
        | Data::Scalar(_)
        | Data::Judgements(_)
        | Data::Absent(_) => &[],
    }
}

fn held_judgements(measurement: &Measurement) -> &[Judgement] {
    match &measurement.data {
        Data::Judgements(lines) => lines,
        Data::Samples(_)
        | Data::Histogram(_)
        | Data::Proportion { .. }
        | Data::Scalar(_)
        | Data::Ranking(_)
        | Data::Absent(_) => &[],
    }
}
