//! From answers to a verdict. The rule is one small table; `docs/gates.md` prints it.

use adjutant_domain::{Outcome, Validity, Verdict};

use crate::policy::Undecided;

/// What the rule needs to know of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) required: bool,
    pub(crate) validity: Validity,
    pub(crate) outcome: Outcome,
    pub(crate) weight: Weight,
    /// It watches live traffic: latency, errors, throughput.
    pub(crate) live: bool,
}

/// What an answer that does not pass weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It blocks; a failure rejects.
    Full,
    /// A failure blocks, and waits for a second one on other artifacts before it rejects.
    Unconfirmed,
    /// A recorded reason lifts the block.
    Lifted,
}

/// What the rule needs to know of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alarm {
    /// `None` when the evidence cannot tell.
    pub(crate) fired: Option<bool>,
    pub(crate) validity: Validity,
    pub(crate) live: bool,
}

impl Standing {
    /// Nothing about it stands in the way.
    pub(crate) fn passes(self) -> bool {
        self.validity == Validity::Valid
            && (self.outcome == Outcome::Pass || self.weight == Weight::Lifted)
    }

    /// It rejects the candidate.
    pub(crate) fn fails(self) -> bool {
        self.validity == Validity::Valid
            && self.outcome == Outcome::Fail
            && self.weight == Weight::Full
    }

    /// Undecided in a way that mirrored traffic can settle.
    fn is_mirrorable(self) -> bool {
        self.validity == Validity::Valid && self.outcome == Outcome::Inconclusive && !self.live
    }
}

/// The verdict.
pub(crate) fn verdict(
    standings: &[Standing],
    alarms: &[Alarm],
    undecided: Undecided,
    every_source_was_read: bool,
) -> Verdict {
    let required = || standings.iter().filter(|standing| standing.required);
    if required().any(|standing| standing.fails())
        || alarms.iter().any(|alarm| alarm.fired == Some(true))
    {
        return Verdict::Reject;
    }
    let is_calm = alarms.iter().all(|alarm| alarm.fired == Some(false));
    let all_pass = required().count() > 0 && required().all(|standing| standing.passes());
    if all_pass && is_calm && every_source_was_read {
        return Verdict::Go;
    }
    let live_pass = required().any(|standing| standing.live)
        && required()
            .filter(|standing| standing.live)
            .all(|standing| standing.passes());
    let rest_is_mirrorable =
        required().all(|standing| standing.passes() || standing.is_mirrorable());
    let alarms_are_mirrorable = alarms.iter().all(|alarm| {
        alarm.fired == Some(false) || (alarm.validity == Validity::Valid && !alarm.live)
    });
    let may_shadow = match undecided {
        Undecided::Pause => false,
        Undecided::Shadow => live_pass && rest_is_mirrorable && alarms_are_mirrorable,
    };
    if may_shadow && every_source_was_read {
        Verdict::ShadowOnly
    } else {
        Verdict::PauseAndFix
    }
}
