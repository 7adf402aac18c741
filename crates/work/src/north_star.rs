//! North-star gates: the few measures that say whether the whole effort goes where it should, asked
//! once a week. A gate that was not met for some weeks pauses the beginning of new work.

use std::collections::BTreeMap;

use adjutant_domain::{
    GateName, Measured, NorthStarName, ObjectiveName, Outcome, Subject, Timestamp, Validity,
    Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::applications::{Application, ApplicationFilter};
use crate::calendar::Week;
use crate::{Pause, TaskKind};

/// A north-star gate, as `adjutant.toml` describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct NorthStar {
    /// Its name.
    pub name: NorthStarName,
    /// What it is for, in one sentence.
    pub title: String,
    /// What is asked every week.
    pub question: NorthStarQuestion,
    /// After how many weeks in a row that were not met the pauses begin.
    pub missed_weeks: u32,
    /// The kinds of work that nobody may begin then.
    pub pauses: Vec<TaskKind>,
}

/// What a north-star gate asks.
#[derive(Debug, Clone, PartialEq)]
pub enum NorthStarQuestion {
    /// Whether a measure of the week's evidence keeps its bound.
    Evidence(EvidenceQuestion),
    /// Whether the last decision of the week of this gate is GO.
    Gate(GateName),
    /// Whether this objective is met at the end of the week, or now.
    Objective(ObjectiveName),
    /// Whether enough applications of a table count.
    Applications(ApplicationsQuestion),
}

/// A measure of stored evidence against a bound, as a gate's criterion says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceQuestion {
    /// The statistic, such as `p95` or `mean:tokens`.
    pub measure: String,
    /// Whose.
    pub subject: Subject,
    /// Which side of the bound is demanded.
    pub side: BoundSide,
    /// The bound with its unit, such as `500ms`.
    pub bound: String,
    /// The level of the interval, where it is not the usual one.
    pub confidence: Option<String>,
}

/// On which side of a bound a measure must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundSide {
    /// Less.
    Below,
    /// Less or equal.
    AtMost,
    /// More.
    Above,
    /// More or equal.
    AtLeast,
}

/// A count over a table of applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationsQuestion {
    /// The table, from the top of the repository.
    pub path: String,
    /// Which states count; all when there are none.
    pub status: Vec<String>,
    /// Whether only those count that were touched in the week.
    pub touched_this_week: bool,
    /// How many there have to be.
    pub at_least: u64,
}

/// How a north-star gate stands in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is met.
    Met,
    /// It is missed.
    Missed,
    /// There is data, and it cannot tell.
    Undecided,
    /// There is no data. Not met.
    NoData,
}

/// What was seen of a north-star gate in a week. Never changed: a later look is another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// Which gate.
    pub gate: NorthStarName,
    /// Of which week.
    pub week: Week,
    /// When it was looked at.
    pub at: Timestamp,
    /// How it stands.
    pub standing: Standing,
    /// The value that was held against the bound, where there is one.
    pub value: Option<Measured>,
    /// Why it stands so, in one sentence.
    pub because: String,
    /// The command that would produce what is missing.
    pub command: Option<String>,
}

/// Weeks that were not met, and what they pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Misses {
    /// Which gate.
    pub gate: NorthStarName,
    /// The weeks in a row before this one, the oldest first.
    pub weeks: Vec<(Week, Standing)>,
    /// What nobody may begin now; empty while the weeks are too few.
    pub pauses: Vec<Pause>,
}

/// Whether enough applications of a week count: the standing, how many count, and why it stands so.
pub fn judge_applications(
    question: &ApplicationsQuestion,
    applications: &[Application],
    week: Week,
) -> (Standing, u64, String) {
    let filter = ApplicationFilter {
        status: question.status.clone(),
        touched_in: question.touched_this_week.then_some(week),
    };
    let count = applications
        .iter()
        .filter(|application| filter.accepts(application))
        .count() as u64;
    let standing = if count >= question.at_least {
        Standing::Met
    } else {
        Standing::Missed
    };
    let because = format!(
        "{count} of {} applications count, at least {} are wanted",
        applications.len(),
        question.at_least
    );
    (standing, count, because)
}

impl Standing {
    /// What a gate's verdict says.
    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Go => Standing::Met,
            Verdict::Reject | Verdict::ShadowOnly => Standing::Missed,
            Verdict::PauseAndFix => Standing::Undecided,
        }
    }

    /// What a criterion's answer says. Too few samples are data that cannot tell.
    pub fn of_answer(validity: Validity, outcome: Outcome) -> Self {
        match (validity, outcome) {
            (Validity::Valid, Outcome::Pass) => Standing::Met,
            (Validity::Valid, Outcome::Fail) => Standing::Missed,
            (Validity::Valid, Outcome::Inconclusive) | (Validity::Insufficient, _) => {
                Standing::Undecided
            }
            (
                Validity::NoData | Validity::Stale | Validity::SourceError | Validity::NotFinite,
                _,
            ) => Standing::NoData,
        }
    }
}

impl Observation {
    /// Whether it says the same as another one, but for the time of the look.
    pub fn repeats(&self, other: &Self) -> bool {
        let other = Self {
            at: self.at,
            ..other.clone()
        };
        *self == other
    }
}

impl BoundSide {
    /// The key of the bound in a gate's criterion.
    pub fn key(self) -> &'static str {
        match self {
            BoundSide::Below => "below",
            BoundSide::AtMost => "at_most",
            BoundSide::Above => "above",
            BoundSide::AtLeast => "at_least",
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Standing::Met => "MET",
            Standing::Missed => "MISSED",
            Standing::Undecided => "UNDECIDED",
            Standing::NoData => "NO DATA AVAILABLE",
        })
    }
}

/// The weeks in a row before the week of `now` in which `gate` was not met, and what follows.
///
/// Only weeks that began at or after `period_start` count, from the first that was looked at on; a
/// week after it that nobody looked at has no data. A week counts by its last look. As soon as
/// this week is met, nothing is paused.
pub fn misses(
    gate: &NorthStar,
    observations: &[Observation],
    period_start: Option<Timestamp>,
    now: Timestamp,
) -> Misses {
    let this_week = Week::of(now);
    let mut standings: BTreeMap<Week, &Observation> = BTreeMap::new();
    for seen in observations.iter().filter(|seen| seen.gate == gate.name) {
        let counts = period_start.is_none_or(|start| seen.week.start() >= start);
        let is_later = standings
            .get(&seen.week)
            .is_none_or(|other| seen.at >= other.at);
        if counts && is_later {
            standings.insert(seen.week, seen);
        }
    }
    let standing = |week: &Week| {
        standings
            .get(week)
            .map_or(Standing::NoData, |seen| seen.standing)
    };
    let mut weeks = Vec::new();
    if let Some((first, _)) = standings.first_key_value()
        && standing(&this_week) != Standing::Met
    {
        let mut week = this_week.previous();
        while week >= *first && standing(&week) != Standing::Met {
            weeks.push((week, standing(&week)));
            week = week.previous();
        }
    }
    weeks.reverse();
    let pauses = if weeks.len() >= gate.missed_weeks as usize {
        pauses(gate, &weeks)
    } else {
        vec![]
    };
    Misses {
        gate: gate.name.clone(),
        weeks,
        pauses,
    }
}

fn pauses(gate: &NorthStar, weeks: &[(Week, Standing)]) -> Vec<Pause> {
    const TOLD_MAX: usize = 4;
    let told: Vec<String> = weeks
        .iter()
        .rev()
        .take(TOLD_MAX)
        .rev()
        .map(|(week, standing)| format!("{week} {standing}"))
        .collect();
    let reason = format!(
        "the north-star gate {} was not met for {} weeks ({}); it goes on when this week is met",
        gate.name,
        weeks.len(),
        told.join(", "),
    );
    gate.pauses
        .iter()
        .map(|kind| Pause {
            kind: *kind,
            reason: reason.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star(missed_weeks: u32) -> NorthStar {
        NorthStar {
            name: "interviews".parse().unwrap(),
            title: String::new(),
            question: NorthStarQuestion::Gate("release".parse().unwrap()),
            missed_weeks,
            pauses: vec![TaskKind::Feature],
        }
    }

    fn seen(week: &str, hour: i64, standing: Standing) -> Observation {
        let week: Week = week.parse().unwrap();
        Observation {
            gate: "interviews".parse().unwrap(),
            week,
            at: Timestamp::from_unix_millis(week.start().unix_millis() + hour * 3_600_000),
            standing,
            value: None,
            because: String::new(),
            command: None,
        }
    }

    fn told(observations: &[Observation], period_start: Option<&str>) -> String {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let start = period_start.map(|text| text.parse().unwrap());
        let misses = misses(&star(2), observations, start, now);
        let weeks: Vec<_> = misses
            .weeks
            .iter()
            .map(|(week, standing)| format!("{week} {standing}"))
            .collect();
        let paused = if misses.pauses.is_empty() {
            ""
        } else {
            " PAUSED"
        };
        format!("{}{paused}", weeks.join(", "))
    }

    #[test]
    fn weeks_in_a_row_that_were_not_met_pause_new_features() {
        use Standing::{Met, Missed, NoData, Undecided};
        let missed = [seen("2026-W45", 1, Missed), seen("2026-W46", 1, Missed)];
        assert_eq!(
            told(&missed, None),
            "2026-W45 MISSED, 2026-W46 MISSED PAUSED"
        );
        let mended = [missed.as_slice(), &[seen("2026-W47", 1, Met)]].concat();
        assert_eq!(told(&mended, None), "");
        for other in [Missed, NoData, Undecided] {
            let still = [missed.as_slice(), &[seen("2026-W47", 1, other)]].concat();
            assert_eq!(
                told(&still, None),
                "2026-W45 MISSED, 2026-W46 MISSED PAUSED"
            );
        }
        let once = [seen("2026-W45", 1, Met), seen("2026-W46", 1, Undecided)];
        assert_eq!(told(&once, None), "2026-W46 UNDECIDED");
    }

    #[test]
    fn a_week_that_nobody_looked_at_has_no_data_and_is_not_met() {
        let long_ago = [seen("2026-W44", 1, Standing::Met)];
        assert_eq!(
            told(&long_ago, None),
            "2026-W45 NO DATA AVAILABLE, 2026-W46 NO DATA AVAILABLE PAUSED"
        );
    }

    #[test]
    fn a_gate_that_was_never_looked_at_pauses_nothing() {
        assert_eq!(told(&[], None), "");
        assert_eq!(told(&[seen("2026-W47", 1, Standing::Missed)], None), "");
    }

    #[test]
    fn the_last_look_of_a_week_counts() {
        let mended = [
            seen("2026-W45", 1, Standing::Missed),
            seen("2026-W46", 90, Standing::Met),
            seen("2026-W46", 1, Standing::Missed),
        ];
        assert_eq!(told(&mended, None), "");
    }

    #[test]
    fn no_data_and_no_decision_are_never_met() {
        for validity in [
            Validity::NoData,
            Validity::Insufficient,
            Validity::Stale,
            Validity::SourceError,
            Validity::NotFinite,
        ] {
            for outcome in [Outcome::Pass, Outcome::Fail, Outcome::Inconclusive] {
                assert_ne!(Standing::of_answer(validity, outcome), Standing::Met);
            }
        }
        for verdict in [Verdict::PauseAndFix, Verdict::Reject, Verdict::ShadowOnly] {
            assert_ne!(Standing::of_verdict(verdict), Standing::Met);
        }
    }

    #[test]
    fn a_new_period_forgets_what_was_missed_before() {
        let missed = [
            seen("2026-W45", 1, Standing::Missed),
            seen("2026-W46", 1, Standing::Missed),
        ];
        assert_eq!(
            told(&missed, Some("2026-11-05T00:00:00Z")),
            "2026-W46 MISSED"
        );
    }
}
