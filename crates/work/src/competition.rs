//! A competition: several agents do the same task, each in its own work tree. The checks say whose
//! work is proven; among those, what gates measured decides, then the smaller change, then the
//! order in which the agents were named.

use adjutant_domain::{AgentName, CheckName, CriterionId, Interval};
use serde::{Deserialize, Serialize};

/// An entry whose work is proven.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvenEntry {
    /// Whose.
    pub agent: AgentName,
    /// What the gates of its checks measured, in the order of checks and criteria.
    pub measures: Vec<EntryMeasure>,
    /// How many lines it adds and removes.
    pub lines: u64,
}

/// What a gate measured about an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryMeasure {
    /// The check that ran.
    pub check: CheckName,
    /// The criterion of its gate.
    pub criterion: CriterionId,
    /// The observed value.
    pub value: f64,
    /// Its interval; a value without one cannot tell two entries apart.
    pub interval: Option<Interval>,
    /// Which side is better.
    pub better: Better,
}

/// Which values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Smaller ones.
    Lower,
    /// Larger ones.
    Higher,
}

/// A step of the ruling: why some entries are out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum RulingStep {
    /// Their intervals lie wholly on the worse side of the best entry's.
    Measured {
        /// The check.
        check: CheckName,
        /// The criterion.
        criterion: CriterionId,
        /// Who has the best value.
        best: AgentName,
        /// Who is out.
        out: Vec<AgentName>,
    },
    /// They change more lines.
    LargerChange {
        /// The lines of the smallest change.
        lines: u64,
        /// Who is out.
        out: Vec<AgentName>,
    },
    /// They were named later.
    NamedLater {
        /// Who is out.
        out: Vec<AgentName>,
    },
}

/// Who won, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The winner.
    pub winner: AgentName,
    /// The steps that left it alone; none when no other entry was proven.
    pub steps: Vec<RulingStep>,
}

/// Judges proven entries, which come in the order in which their agents were named. None without
/// an entry.
///
/// Measure by measure, an entry is out when its interval lies wholly on the worse side of the
/// interval of the entry with the best value: a difference that the intervals do not show is none.
pub fn judge(entries: &[ProvenEntry]) -> Option<Ruling> {
    let mut left: Vec<&ProvenEntry> = entries.iter().collect();
    let first = *left.first()?;
    let mut steps = Vec::new();
    for measure in &first.measures {
        if let Some(best) = best_of(&left, measure) {
            let (stay, out): (Vec<_>, Vec<_>) = left
                .iter()
                .partition(|entry| !is_shown_worse(entry, best, measure));
            if !out.is_empty() {
                steps.push(RulingStep::Measured {
                    check: measure.check.clone(),
                    criterion: measure.criterion.clone(),
                    best: best.agent.clone(),
                    out: names(&out),
                });
                left = stay;
            }
        }
    }
    let lines = left.iter().map(|entry| entry.lines).min()?;
    let (stay, out): (Vec<_>, Vec<_>) = left.iter().partition(|entry| entry.lines == lines);
    if !out.is_empty() {
        let out = names(&out);
        steps.push(RulingStep::LargerChange { lines, out });
    }
    let (winner, later) = stay.split_first()?;
    if !later.is_empty() {
        let out = names(later);
        steps.push(RulingStep::NamedLater { out });
    }
    Some(Ruling {
        winner: winner.agent.clone(),
        steps,
    })
}

fn names(entries: &[&ProvenEntry]) -> Vec<AgentName> {
    entries.iter().map(|entry| entry.agent.clone()).collect()
}

/// The same measure of another entry.
fn same<'a>(entry: &'a ProvenEntry, measure: &EntryMeasure) -> Option<&'a EntryMeasure> {
    let its = entry.measures.iter();
    its.clone()
        .find(|its| its.check == measure.check && its.criterion == measure.criterion)
}

/// The entry with the best value; none when an entry lacks the measure.
fn best_of<'a>(left: &[&'a ProvenEntry], measure: &EntryMeasure) -> Option<&'a ProvenEntry> {
    let mut best: Option<(&ProvenEntry, f64)> = None;
    for entry in left {
        let value = match measure.better {
            Better::Lower => same(entry, measure)?.value,
            Better::Higher => -same(entry, measure)?.value,
        };
        if best.is_none_or(|(_, least)| value < least) {
            best = Some((entry, value));
        }
    }
    best.map(|(entry, _)| entry)
}

fn is_shown_worse(entry: &ProvenEntry, best: &ProvenEntry, measure: &EntryMeasure) -> bool {
    let interval = |of| same(of, measure).and_then(|its| its.interval);
    match (interval(entry), interval(best)) {
        (Some(its), Some(best)) => match measure.better {
            Better::Lower => its.low() > best.high(),
            Better::Higher => its.high() < best.low(),
        },
        (Some(_) | None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(agent: &str, lines: u64, measures: &[(&str, f64, f64)]) -> ProvenEntry {
        ProvenEntry {
            agent: agent.parse().unwrap(),
            measures: measures
                .iter()
                .map(|(criterion, low, high)| EntryMeasure {
                    check: "speed".parse().unwrap(),
                    criterion: criterion.parse().unwrap(),
                    value: f64::midpoint(*low, *high),
                    interval: Interval::new(*low, *high).ok(),
                    better: if *criterion == "recall" {
                        Better::Higher
                    } else {
                        Better::Lower
                    },
                })
                .collect(),
            lines,
        }
    }

    fn told(entries: &[ProvenEntry]) -> String {
        let Some(ruling) = judge(entries) else {
            return "nobody".to_owned();
        };
        let steps = ruling.steps.iter().map(|step| match step {
            RulingStep::Measured { criterion, out, .. } => format!("; {criterion}: -{out:?}"),
            RulingStep::LargerChange { out, .. } => format!("; lines: -{out:?}"),
            RulingStep::NamedLater { out } => format!("; named: -{out:?}"),
        });
        let text = format!("{}{}", ruling.winner, steps.collect::<String>());
        text.replace("AgentName(\"", "").replace("\")", "")
    }

    #[test]
    fn what_was_measured_comes_before_the_smaller_change_and_that_before_the_order() {
        for (entries, expected) in [
            (vec![], "nobody"),
            (vec![entry("a", 9, &[])], "a"),
            (
                vec![entry("a", 9, &[]), entry("b", 3, &[])],
                "b; lines: -[a]",
            ),
            (
                vec![entry("a", 3, &[]), entry("b", 3, &[])],
                "a; named: -[b]",
            ),
            // A difference that the intervals do not show is none.
            (
                vec![
                    entry("a", 9, &[("p95", 1.0, 3.0)]),
                    entry("b", 3, &[("p95", 2.0, 4.0)]),
                    entry("c", 1, &[("p95", 5.0, 6.0)]),
                ],
                "b; p95: -[c]; lines: -[a]",
            ),
            (
                vec![
                    entry("a", 1, &[("p95", 1.0, 2.0), ("recall", 0.5, 0.6)]),
                    entry("b", 9, &[("p95", 1.0, 2.0), ("recall", 0.7, 0.8)]),
                ],
                "b; recall: -[a]",
            ),
            // What one of them lacks cannot be compared.
            (
                vec![entry("a", 9, &[("p95", 9.0, 9.0)]), entry("b", 3, &[])],
                "b; lines: -[a]",
            ),
        ] {
            assert_eq!(told(&entries), expected);
        }
    }

    proptest! {
        /// Everyone but the winner is out, by one step each; the winner never is.
        #[test]
        fn each_loser_is_out_for_one_reason(
            given in prop::collection::vec((0_u64..4, 0.0..9.0_f64, 0.0..3.0_f64), 1..6)
        ) {
            let entries: Vec<_> = given
                .iter()
                .enumerate()
                .map(|(at, (lines, low, wide))| {
                    entry(&format!("a{at}"), *lines, &[("p95", *low, low + wide)])
                })
                .collect();
            let ruling = judge(&entries).unwrap();
            let mut out: Vec<_> = ruling
                .steps
                .iter()
                .flat_map(|step| match step {
                    RulingStep::Measured { out, .. }
                    | RulingStep::LargerChange { out, .. }
                    | RulingStep::NamedLater { out } => out.clone(),
                })
                .collect();
            out.push(ruling.winner);
            out.sort();
            let mut all: Vec<_> = entries.into_iter().map(|entry| entry.agent).collect();
            all.sort();
            prop_assert_eq!(out, all);
        }
    }
}
