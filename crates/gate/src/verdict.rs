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

#[cfg(test)]
mod tests {
    use super::*;

    const VALIDITIES: [Validity; 6] = [
        Validity::Valid,
        Validity::NoData,
        Validity::Insufficient,
        Validity::Stale,
        Validity::SourceError,
        Validity::NotFinite,
    ];
    const OUTCOMES: [Outcome; 3] = [Outcome::Pass, Outcome::Fail, Outcome::Inconclusive];
    const WEIGHTS: [Weight; 3] = [Weight::Full, Weight::Unconfirmed, Weight::Lifted];

    fn standings() -> Vec<Standing> {
        let mut all = vec![];
        for validity in VALIDITIES {
            for outcome in OUTCOMES {
                for weight in WEIGHTS {
                    for required in [true, false] {
                        for live in [true, false] {
                            all.push(Standing {
                                required,
                                validity,
                                outcome,
                                weight,
                                live,
                            });
                        }
                    }
                }
            }
        }
        all
    }

    fn passing(live: bool) -> Standing {
        Standing {
            required: true,
            validity: Validity::Valid,
            outcome: Outcome::Pass,
            weight: Weight::Full,
            live,
        }
    }

    fn quiet(live: bool) -> Alarm {
        Alarm {
            fired: Some(false),
            validity: Validity::Valid,
            live,
        }
    }

    /// The table of docs/gates.md: a passing live criterion, one more criterion of every kind.
    #[test]
    fn every_kind_of_answer_beside_a_passing_live_criterion_gives_the_verdict_of_the_table() {
        for one in standings() {
            for undecided in [Undecided::Pause, Undecided::Shadow] {
                let valid = one.validity == Validity::Valid;
                let expected = match (one.required, valid, one.outcome, one.weight) {
                    (false, ..) => Verdict::Go,
                    (true, true, Outcome::Pass, _) => Verdict::Go,
                    (true, true, _, Weight::Lifted) => Verdict::Go,
                    (true, true, Outcome::Fail, Weight::Full) => Verdict::Reject,
                    (true, true, Outcome::Fail, Weight::Unconfirmed) => Verdict::PauseAndFix,
                    (true, true, Outcome::Inconclusive, _)
                        if undecided == Undecided::Shadow && !one.live =>
                    {
                        Verdict::ShadowOnly
                    }
                    (true, true, Outcome::Inconclusive, _) => Verdict::PauseAndFix,
                    (true, false, ..) => Verdict::PauseAndFix,
                };
                let found = verdict(&[passing(true), one], &[quiet(true)], undecided, true);
                assert_eq!(found, expected, "{one:?} {undecided:?}");
            }
        }
    }

    #[test]
    fn any_two_answers_go_only_if_each_alone_goes() {
        for one in standings() {
            for other in standings() {
                let go = |standings: &[Standing]| {
                    verdict(standings, &[], Undecided::Shadow, true) == Verdict::Go
                };
                let beside = |standing: Standing| go(&[passing(true), standing]);
                assert_eq!(
                    go(&[passing(true), one, other]),
                    beside(one) && beside(other)
                );
                let rejects = |standings: &[Standing]| {
                    verdict(standings, &[], Undecided::Shadow, true) == Verdict::Reject
                };
                assert_eq!(rejects(&[one, other]), rejects(&[one]) || rejects(&[other]));
            }
        }
    }

    #[test]
    fn every_trigger_and_every_unread_source_is_weighed() {
        for fired in [Some(true), Some(false), None] {
            for validity in VALIDITIES {
                for live in [true, false] {
                    let alarm = Alarm {
                        fired,
                        validity,
                        live,
                    };
                    let expected = match fired {
                        Some(true) => Verdict::Reject,
                        Some(false) => Verdict::Go,
                        None if validity == Validity::Valid && !live => Verdict::ShadowOnly,
                        None => Verdict::PauseAndFix,
                    };
                    let found = verdict(&[passing(true)], &[alarm], Undecided::Shadow, true);
                    assert_eq!(found, expected, "{alarm:?}");
                    let unread = verdict(&[passing(true)], &[alarm], Undecided::Shadow, false);
                    let at_best_paused = if fired == Some(true) {
                        Verdict::Reject
                    } else {
                        Verdict::PauseAndFix
                    };
                    assert_eq!(unread, at_best_paused, "{alarm:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_at_all_and_nothing_live_are_not_enough() {
        assert_eq!(
            verdict(&[], &[], Undecided::Shadow, true),
            Verdict::PauseAndFix
        );
        let undecided = Standing {
            outcome: Outcome::Inconclusive,
            ..passing(false)
        };
        let found = verdict(&[passing(false), undecided], &[], Undecided::Shadow, true);
        assert_eq!(found, Verdict::PauseAndFix);
    }

    #[test]
    fn no_answer_that_is_undecided_goes_whatever_risk_and_votes_say() {
        use crate::joint::joint_verdict;
        use crate::quorum::QuorumStanding as Votes;
        use crate::risk::RiskStanding as Risk;
        let risks = [
            Risk::Low,
            Risk::Medium,
            Risk::Undecided,
            Risk::High,
            Risk::Veto,
        ];
        let risks = || [None].into_iter().chain(risks.map(Some));
        let votes = [Votes::Go, Votes::NoQuorum, Votes::NoGo];
        let votes = || [None].into_iter().chain(votes.map(Some));
        for one in standings() {
            for undecided in [Undecided::Pause, Undecided::Shadow] {
                let gate = verdict(&[passing(true), one], &[], undecided, true);
                for risk in risks() {
                    for vote in votes() {
                        let goes = joint_verdict(gate, risk, vote) == Verdict::Go;
                        let favoured = matches!(risk, None | Some(Risk::Low))
                            && matches!(vote, None | Some(Votes::Go));
                        let expected = (one.passes() || !one.required) && favoured;
                        assert_eq!(goes, expected, "{one:?} {risk:?} {vote:?}");
                    }
                }
            }
        }
    }
}
