//! Which measurements a question is about, and how those of several files become one column.
//! Does not compute statistics.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use adjutant_domain::{Data, Evidence, Keys, Measurement, Samples, Unit, Validity};
use adjutant_stats::bootstrap::CLUSTERS_MIN;

/// A measurement, and the evidence it belongs to where the question came with evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) evidence: Option<&'a Evidence>,
    pub(crate) measurement: &'a Measurement,
}

impl Piece<'_> {
    /// What tells the pieces of one evidence from those of another.
    fn origin(&self) -> Option<*const Evidence> {
        self.evidence.map(std::ptr::from_ref)
    }
}

/// Everything that one question may look at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool<'a> {
    pub(crate) candidate: Vec<Piece<'a>>,
    pub(crate) baseline: Vec<Piece<'a>>,
    pub(crate) ablation: Vec<Piece<'a>>,
    pub(crate) judgements: Vec<Piece<'a>>,
}

impl Pool<'_> {
    /// How many pieces there are.
    pub(crate) fn len(&self) -> usize {
        self.candidate.len() + self.baseline.len() + self.ablation.len() + self.judgements.len()
    }
}

/// Why a number or its interval cannot be had.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Missing {
    pub(crate) validity: Validity,
    /// A sentence with the remedy, without a full stop.
    pub(crate) reason: String,
    /// How many more observations an arm needs before an interval exists at all.
    pub(crate) needed: Option<u64>,
}

impl Missing {
    pub(crate) fn data(reason: impl Into<String>) -> Self {
        Self::because(Validity::NoData, reason)
    }

    pub(crate) fn interval(reason: impl Into<String>) -> Self {
        Self::because(Validity::Insufficient, reason)
    }

    pub(crate) fn because(validity: Validity, reason: impl Into<String>) -> Self {
        Self {
            validity,
            reason: reason.into(),
            needed: None,
        }
    }

    pub(crate) fn samples(reason: impl Into<String>, needed: u64) -> Self {
        Self {
            validity: Validity::Insufficient,
            reason: reason.into(),
            needed: Some(needed),
        }
    }
}

/// The pieces of the first of `names` that any piece has. An `Absent` answer among them is the
/// answer: other files of the same measure must not hide it. Where one evidence holds the whole
/// (no labels) and its parts (labels), the parts are left out: they would count twice.
pub(crate) fn of_measure<'a>(
    pieces: &[Piece<'a>],
    names: &[&str],
) -> Result<Vec<Piece<'a>>, Missing> {
    let mut chosen: Vec<Piece<'a>> = names
        .iter()
        .map(|name| {
            pieces
                .iter()
                .filter(|piece| piece.measurement.measure.as_str() == *name)
                .copied()
                .collect::<Vec<_>>()
        })
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    let wholes: BTreeSet<_> = chosen
        .iter()
        .filter(|piece| piece.measurement.labels.is_empty())
        .map(Piece::origin)
        .collect();
    chosen.retain(|piece| piece.measurement.labels.is_empty() || !wholes.contains(&piece.origin()));
    let absent = chosen
        .iter()
        .find_map(|piece| match &piece.measurement.data {
            Data::Absent(absence) => Some(absence),
            Data::Samples(_)
            | Data::Histogram(_)
            | Data::Proportion { .. }
            | Data::Scalar(_)
            | Data::Ranking(_)
            | Data::Judgements(_) => None,
        });
    match absent {
        Some(absence) => Err(Missing::because(absence.validity(), absence.to_string())),
        None => Ok(chosen),
    }
}

/// The one unit of all pieces. Counts and pure numbers agree with each other.
pub(crate) fn unit_of(pieces: &[Piece<'_>]) -> Result<Unit, Missing> {
    let mut units = pieces.iter().map(|piece| piece.measurement.unit);
    let first = units.next().unwrap_or(Unit::One);
    units.try_fold(first, |unit, other| {
        common_unit(unit, other).ok_or_else(|| {
            Missing::because(
                Validity::SourceError,
                format!("the files disagree about the unit: {unit:?} and {other:?}"),
            )
        })
    })
}

/// The unit in which values of both can be compared, if there is one.
pub(crate) fn common_unit(one: Unit, other: Unit) -> Option<Unit> {
    let is_plain = |unit| matches!(unit, Unit::Count | Unit::One);
    if one == other {
        Some(one)
    } else if is_plain(one) && is_plain(other) {
        Some(Unit::One)
    } else {
        None
    }
}

/// All observations of one measure of one subject.
#[derive(Debug, Clone)]
pub(crate) struct Column<'a> {
    pub(crate) values: Cow<'a, [f64]>,
    pub(crate) pair: Option<Arc<Keys>>,
    /// The cluster of each observation, as a small dense index.
    pub(crate) cluster: Option<Cow<'a, [u32]>>,
    /// How files were joined, where there were several.
    pub(crate) notes: Vec<String>,
}

/// The pieces that hold samples.
pub(crate) fn with_samples<'a>(pieces: &[Piece<'a>]) -> Vec<(Piece<'a>, &'a Samples)> {
    pieces
        .iter()
        .filter_map(|piece| match &piece.measurement.data {
            Data::Samples(samples) => Some((*piece, samples)),
            Data::Histogram(_)
            | Data::Proportion { .. }
            | Data::Scalar(_)
            | Data::Ranking(_)
            | Data::Judgements(_)
            | Data::Absent(_) => None,
        })
        .collect()
}

/// Refuses parts of one file that are told apart by labels, such as two benchmarked commands: their
/// mixture is no quantity of either.
pub(crate) fn one_whole(parts: &[(Piece<'_>, &Samples)]) -> Result<(), Missing> {
    let other_labels = |(piece, _): &(Piece<'_>, &Samples)| {
        parts.iter().any(|(other, _)| {
            other.origin() == piece.origin() && other.measurement.labels != piece.measurement.labels
        })
    };
    let Some((mixed, _)) = parts.iter().find(|part| other_labels(part)) else {
        return Ok(());
    };
    let labels = mixed.measurement.labels.iter();
    let named: Vec<String> = labels
        .map(|(label, value)| format!("{label}={value}"))
        .collect();
    Err(Missing::interval(format!(
        "one file holds several parts and no whole: choose one by its label, such as {}",
        named.join(" and ")
    )))
}

/// Joins the samples of several files into one column; one file is borrowed, not copied.
pub(crate) fn column<'a>(parts: &[(Piece<'a>, &'a Samples)]) -> Column<'a> {
    if let [(_, only)] = parts {
        return Column {
            values: Cow::Borrowed(&only.values),
            pair: only.pair.clone(),
            cluster: only.cluster.as_ref().map(|keys| dense_rows(keys)),
            notes: vec![],
        };
    }
    let values = parts
        .iter()
        .flat_map(|(_, samples)| samples.values.iter().copied())
        .collect();
    let mut notes = vec![format!("pooled from {} measurements", parts.len())];
    Column {
        values: Cow::Owned(values),
        pair: joined_pairs(parts),
        cluster: joined_clusters(parts, &mut notes).map(Cow::Owned),
        notes,
    }
}

/// The rows of a key column as a dense index. A reader may name keys that no row uses.
fn dense_rows(keys: &Keys) -> Cow<'_, [u32]> {
    let mut used = vec![false; keys.names.len()];
    keys.rows.iter().for_each(|&row| used[row as usize] = true);
    if used.iter().all(|&used| used) {
        return Cow::Borrowed(&keys.rows);
    }
    let mut next = 0;
    let index: Vec<u32> = used
        .iter()
        .map(|&used| {
            let at = next;
            next += u32::from(used);
            at
        })
        .collect();
    Cow::Owned(keys.rows.iter().map(|&row| index[row as usize]).collect())
}

/// Pair keys are the same thing in every file; files without them make the column unpaired.
fn joined_pairs(parts: &[(Piece<'_>, &Samples)]) -> Option<Arc<Keys>> {
    let mut joined = Keys::default();
    let mut index: HashMap<&str, u32> = HashMap::new();
    for (_, samples) in parts {
        for row in 0..samples.values.len() {
            let name = samples.pair.as_ref()?.of_row(row);
            let next = joined.names.len() as u32;
            let at = *index.entry(name).or_insert(next);
            if at == next {
                joined.names.push(name.to_owned());
            }
            joined.rows.push(at);
        }
    }
    Some(Arc::new(joined))
}

/// Clusters of different runs are different clusters. Without any cluster key the runs are the
/// clusters, if there are enough of them.
fn joined_clusters(parts: &[(Piece<'_>, &Samples)], notes: &mut Vec<String>) -> Option<Vec<u32>> {
    let run = |piece: &Piece<'_>| {
        piece
            .evidence
            .map(|evidence| evidence.run.as_str().to_owned())
    };
    let runs: BTreeSet<_> = parts.iter().map(|(piece, _)| run(piece)).collect();
    let keyed = parts.iter().any(|(_, samples)| samples.cluster.is_some());
    if !keyed && runs.len() < CLUSTERS_MIN {
        if runs.len() > 1 {
            notes.push(format!(
                "{} runs are too few to be clusters, so observations are taken as independent",
                runs.len()
            ));
        }
        return None;
    }
    if !keyed {
        notes.push(format!("clustered by run ({} runs)", runs.len()));
    }
    let mut index: HashMap<(Option<String>, Option<&str>, usize), u32> = HashMap::new();
    let mut rows = Vec::new();
    for (piece, samples) in parts {
        let run = run(piece);
        for row in 0..samples.values.len() {
            let key = match (&samples.cluster, keyed) {
                (Some(keys), _) => (run.clone(), Some(keys.of_row(row)), 0),
                (None, false) => (run.clone(), None, 0),
                // A file without keys among files with keys: each observation for itself.
                (None, true) => (run.clone(), None, rows.len() + 1),
            };
            let next = index.len() as u32;
            rows.push(*index.entry(key).or_insert(next));
        }
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use adjutant_domain::{Labels, Locator};

    fn requests(part: Option<&str>, trials: u64) -> Measurement {
        let part = part.map(|part| ("name".to_owned(), part.to_owned()));
        Measurement {
            measure: "error_rate".parse().unwrap(),
            labels: part.into_iter().collect::<Labels>(),
            unit: Unit::Ratio,
            locator: Locator::Whole,
            data: Data::Proportion { events: 0, trials },
        }
    }

    fn trials(measurements: &[Measurement]) -> Vec<Option<u64>> {
        let piece = |measurement| Piece {
            evidence: None,
            measurement,
        };
        let pieces: Vec<Piece<'_>> = measurements.iter().map(piece).collect();
        let chosen = of_measure(&pieces, &["error_rate"]).unwrap();
        chosen
            .iter()
            .map(|piece| piece.measurement.data.n())
            .collect()
    }

    #[test]
    fn parts_do_not_count_beside_their_whole() {
        let [whole, buy, search] = [(None, 30), (Some("buy"), 10), (Some("search"), 20)]
            .map(|(part, trials)| requests(part, trials));
        let parts = [buy.clone(), search.clone()];
        assert_eq!(trials(&[buy, whole, search]), [Some(30)]);
        assert_eq!(trials(&parts), [Some(10), Some(20)]);
    }
}
