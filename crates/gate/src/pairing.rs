//! Joins the observations of two subjects by their pair keys, and finds the units that are
//! independent of each other: whole clusters where pairs lie in clusters, otherwise the pairs.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use adjutant_domain::Keys;
use adjutant_stats::bootstrap::PairSums;

use crate::piece::{Column, Missing};

/// One value of each matched pair: the mean of its observations.
#[derive(Debug, Clone)]
pub(crate) struct PairedValues {
    /// `(candidate, baseline)`.
    pub(crate) pairs: Vec<(f64, f64)>,
    /// The independent unit of each pair, a small dense index.
    pub(crate) units: Vec<u32>,
    pub(crate) note: String,
}

/// All observations of matched pairs.
#[derive(Debug, Clone)]
pub(crate) struct PairedColumns<'a> {
    pub(crate) candidate: Column<'a>,
    pub(crate) baseline: Column<'a>,
    pub(crate) note: String,
}

/// The keys that both have, with what could not be matched.
struct Matched {
    /// For each key of the candidate, the index of the pair.
    of_candidate: Vec<Option<u32>>,
    of_baseline: Vec<Option<u32>>,
    /// The independent unit of each pair.
    units: Vec<u32>,
    note: String,
}

/// The mean of the observations of each key.
pub(crate) fn per_key(values: &[f64], keys: &Keys) -> BTreeMap<String, f64> {
    let sums = sums_by_key(values, keys);
    keys.names
        .iter()
        .zip(sums)
        .filter(|(_, (_, n))| *n > 0.0)
        .map(|(name, (sum, n))| (name.clone(), sum / n))
        .collect()
}

fn sums_by_key(values: &[f64], keys: &Keys) -> Vec<(f64, f64)> {
    let mut sums = vec![(0.0, 0.0); keys.names.len()];
    for (&value, &row) in values.iter().zip(&keys.rows) {
        let (sum, n) = &mut sums[row as usize];
        *sum += value;
        *n += 1.0;
    }
    sums
}

fn keys_of<'c>(column: &'c Column<'_>, whose: &str) -> Result<&'c Keys, Missing> {
    column.pair.as_deref().ok_or_else(|| {
        Missing::interval(format!(
            "pairs were demanded and the {whose} has no pair key: add a column named pair"
        ))
    })
}

fn matched(candidate: &Column<'_>, baseline: &Column<'_>) -> Result<Matched, Missing> {
    let candidate_keys = keys_of(candidate, "candidate")?;
    let baseline_keys = keys_of(baseline, "baseline")?;
    let present = |keys: &Keys| {
        let mut present = vec![false; keys.names.len()];
        keys.rows
            .iter()
            .for_each(|&row| present[row as usize] = true);
        present
    };
    let (in_candidate, in_baseline) = (present(candidate_keys), present(baseline_keys));
    let at: HashMap<&str, usize> = baseline_keys
        .names
        .iter()
        .enumerate()
        .filter(|(row, _)| in_baseline[*row])
        .map(|(row, name)| (name.as_str(), row))
        .collect();
    let mut of_candidate = vec![None; candidate_keys.names.len()];
    let mut of_baseline = vec![None; baseline_keys.names.len()];
    let mut pairs = 0;
    for (row, name) in candidate_keys.names.iter().enumerate() {
        if let (true, Some(&other)) = (in_candidate[row], at.get(name.as_str())) {
            of_candidate[row] = Some(pairs);
            of_baseline[other] = Some(pairs);
            pairs += 1;
        }
    }
    if pairs == 0 {
        return Err(Missing::interval(
            "no pair key of the candidate is one of the baseline's: compare without pairs, or \
             measure the same items with both",
        ));
    }
    let count = |present: &[bool]| present.iter().filter(|&&is| is).count() as u32;
    let unmatched = (count(&in_candidate) - pairs, count(&in_baseline) - pairs);
    let mut note = format!("paired by key: {pairs} pairs");
    if unmatched != (0, 0) {
        note.push_str(&format!(
            ", left out as unmatched {} keys of the candidate and {} of the baseline",
            unmatched.0, unmatched.1
        ));
    }
    let units = units(candidate, &of_candidate, pairs, &mut note);
    Ok(Matched {
        of_candidate,
        of_baseline,
        units,
        note,
    })
}

/// Pairs that lie wholly inside one cluster of the candidate's are resampled with their cluster;
/// where pairs and clusters cross, the pair is the unit.
fn units(
    candidate: &Column<'_>,
    pair_of_key: &[Option<u32>],
    pairs: u32,
    note: &mut String,
) -> Vec<u32> {
    let alone: Vec<u32> = (0..pairs).collect();
    let (Some(keys), Some(clusters)) = (&candidate.pair, &candidate.cluster) else {
        return alone;
    };
    let mut cluster_of: Vec<Option<u32>> = vec![None; pairs as usize];
    for (&key, &cluster) in keys.rows.iter().zip(clusters.iter()) {
        let Some(pair) = pair_of_key[key as usize] else {
            continue;
        };
        let known = cluster_of[pair as usize].get_or_insert(cluster);
        if *known != cluster {
            note.push_str("; pairs cross clusters, so the pair is the independent unit");
            return alone;
        }
    }
    let mut index: HashMap<u32, u32> = HashMap::new();
    let units: Vec<u32> = cluster_of
        .into_iter()
        .flatten()
        .map(|cluster| {
            let next = index.len() as u32;
            *index.entry(cluster).or_insert(next)
        })
        .collect();
    if index.len() < units.len() {
        note.push_str(&format!(" in {} clusters", index.len()));
    }
    units
}

/// The mean of each matched pair.
pub(crate) fn paired_values(
    candidate: &Column<'_>,
    baseline: &Column<'_>,
) -> Result<PairedValues, Missing> {
    let matched = matched(candidate, baseline)?;
    let mut pairs = vec![(0.0, 0.0); matched.units.len()];
    if let (Some(candidate_keys), Some(baseline_keys)) = (&candidate.pair, &baseline.pair) {
        let of_candidate = sums_by_key(&candidate.values, candidate_keys);
        for ((sum, n), pair) in of_candidate.into_iter().zip(&matched.of_candidate) {
            if let Some(pair) = pair {
                pairs[*pair as usize].0 = sum / n;
            }
        }
        let of_baseline = sums_by_key(&baseline.values, baseline_keys);
        for ((sum, n), pair) in of_baseline.into_iter().zip(&matched.of_baseline) {
            if let Some(pair) = pair {
                pairs[*pair as usize].1 = sum / n;
            }
        }
    }
    Ok(PairedValues {
        pairs,
        units: matched.units,
        note: matched.note,
    })
}

impl PairedValues {
    /// The sums of each independent unit.
    pub(crate) fn sums(&self) -> Vec<PairSums> {
        let count = self.units.iter().max().map_or(0, |&last| last as usize + 1);
        let mut sums = vec![[0.0; 3]; count];
        for (&(candidate, baseline), &unit) in self.pairs.iter().zip(&self.units) {
            let sum = &mut sums[unit as usize];
            sum[0] += candidate;
            sum[1] += baseline;
            sum[2] += 1.0;
        }
        sums
    }
}

/// All observations of matched pairs; the independent unit is the cluster of both columns.
pub(crate) fn paired_columns(
    candidate: &Column<'_>,
    baseline: &Column<'_>,
) -> Result<PairedColumns<'static>, Missing> {
    let matched = matched(candidate, baseline)?;
    let kept = |column: &Column<'_>, pair_of_key: &[Option<u32>]| {
        let mut kept = (Vec::new(), Vec::new());
        if let Some(keys) = &column.pair {
            for (&value, &key) in column.values.iter().zip(&keys.rows) {
                if let Some(pair) = pair_of_key[key as usize] {
                    kept.0.push(value);
                    kept.1.push(matched.units[pair as usize]);
                }
            }
        }
        Column {
            values: Cow::Owned(kept.0),
            pair: None,
            cluster: Some(Cow::Owned(kept.1)),
            notes: vec![],
        }
    };
    Ok(PairedColumns {
        candidate: kept(candidate, &matched.of_candidate),
        baseline: kept(baseline, &matched.of_baseline),
        note: matched.note.clone(),
    })
}
