//! The exit codes, all in one place. Anything undecided is never 0.

use adjutant_domain::{Outcome, Validity, Verdict};
use adjutant_objective::ObjectiveState;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, GO, PASS.
    Done = 0,
    /// Something inside failed.
    Internal = 1,
    /// The command line, a named file or the settings cannot be used. clap uses the same code.
    Usage = 2,
    /// SHADOW ONLY.
    ShadowOnly = 10,
    /// PAUSE_AND_FIX, INCONCLUSIVE, or no valid data.
    Undecided = 20,
    /// REJECT, FAIL, or a report or journal that does not hold.
    Rejected = 30,
    /// Refused: a lease, a boundary, a conflict, or not ready.
    Refused = 40,
}

impl Exit {
    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Go => Exit::Done,
            Verdict::ShadowOnly => Exit::ShadowOnly,
            Verdict::PauseAndFix => Exit::Undecided,
            Verdict::Reject => Exit::Rejected,
        }
    }

    /// An answer that is not valid is undecided, whatever its outcome says.
    pub fn of_answer(validity: Validity, outcome: Outcome) -> Self {
        match (validity, outcome) {
            (Validity::Valid, Outcome::Pass) => Exit::Done,
            (Validity::Valid, Outcome::Fail) => Exit::Rejected,
            (Validity::Valid, Outcome::Inconclusive)
            | (
                Validity::NoData
                | Validity::Insufficient
                | Validity::Stale
                | Validity::SourceError
                | Validity::NotFinite,
                _,
            ) => Exit::Undecided,
        }
    }

    /// The worst of them; met is only what all are.
    pub fn of_objectives(states: impl Iterator<Item = ObjectiveState>) -> Self {
        let mut exit = Exit::Done;
        for state in states {
            exit = match (state, exit) {
                (ObjectiveState::Exhausted | ObjectiveState::BurningFast, _) => Exit::Rejected,
                (ObjectiveState::Undecided, Exit::Done) => Exit::Undecided,
                (ObjectiveState::Undecided | ObjectiveState::Met, before) => before,
            };
        }
        exit
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_go_and_a_valid_pass_are_zero() {
        for verdict in [Verdict::ShadowOnly, Verdict::PauseAndFix, Verdict::Reject] {
            assert_ne!(Exit::of_verdict(verdict), Exit::Done);
        }
        let invalid = [
            Validity::NoData,
            Validity::Insufficient,
            Validity::Stale,
            Validity::SourceError,
            Validity::NotFinite,
        ];
        for validity in invalid {
            for outcome in [Outcome::Pass, Outcome::Fail, Outcome::Inconclusive] {
                assert_eq!(Exit::of_answer(validity, outcome), Exit::Undecided);
            }
        }
        assert_eq!(
            Exit::of_answer(Validity::Valid, Outcome::Inconclusive),
            Exit::Undecided
        );
    }
}
