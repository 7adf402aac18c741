//! Questions of other delivery engines: Argo Rollouts asks for a measurement, Flagger calls hooks.
//! Both are answered from the last decision of a gate.
//!
//! **Invariant.** Without a decision, or with one that is too old, nothing advances and nothing is
//! taken back.

use adjutant_document::{Complaint, DocumentField, FieldRead, Unreadable};
use adjutant_domain::{Digest, GateName, Outcome, Timestamp, Validity, Verdict};
use serde::Serialize;

/// How old a decision may be that a question does not bound.
const AGE_MS_MAX: i64 = 3_600_000;

/// Flagger's calls have some hundred bytes.
const CALL_BYTES_MAX: usize = 64 * 1_024;

/// What is asked of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateQuestion {
    /// Which gate.
    pub gate: GateName,
    /// How old its decision may be, in milliseconds.
    pub age_ms_max: i64,
}

/// The last decision of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastVerdict {
    /// What it says.
    pub verdict: Verdict,
    /// When it was made.
    pub decided_at: Timestamp,
    /// The digest of its record.
    pub record: Digest,
}

/// What a gate says at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictStanding {
    /// It decided, and lately enough.
    Decided(LastVerdict),
    /// It decided too long ago.
    Stale(LastVerdict),
    /// It never did.
    Never,
}

impl GateQuestion {
    /// A question without a bound of its own.
    pub fn about(gate: GateName) -> Self {
        Self {
            gate,
            age_ms_max: AGE_MS_MAX,
        }
    }

    /// What the gate says now, by its last decision.
    pub fn standing(&self, last: Option<LastVerdict>, now: Timestamp) -> VerdictStanding {
        let Some(last) = last else {
            return VerdictStanding::Never;
        };
        let age_ms = now.unix_millis() - last.decided_at.unix_millis();
        if age_ms <= self.age_ms_max {
            VerdictStanding::Decided(last)
        } else {
            VerdictStanding::Stale(last)
        }
    }

    fn next(&self) -> String {
        format!("adjutant gate {}", self.gate)
    }
}

/// The answer to the `web` provider of Argo Rollouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnalysisAnswer {
    /// The gate.
    pub gate: GateName,
    /// What `successCondition` and `failureCondition` look at: neither holds for INCONCLUSIVE.
    pub outcome: Outcome,
    /// Whether there is a decision that may answer.
    pub validity: Validity,
    /// The decision, also when it is too old.
    pub verdict: Option<Verdict>,
    /// When it was made.
    pub decided_at: Option<Timestamp>,
    /// The digest of its record.
    pub record: Option<Digest>,
    /// The command that would bring a new one.
    pub next: Option<String>,
}

/// Answers the `web` provider.
pub fn answer_analysis(question: &GateQuestion, standing: VerdictStanding) -> AnalysisAnswer {
    let (last, validity, outcome) = match standing {
        VerdictStanding::Decided(last) => {
            let outcome = match last.verdict {
                Verdict::Go => Outcome::Pass,
                Verdict::Reject => Outcome::Fail,
                Verdict::ShadowOnly | Verdict::PauseAndFix => Outcome::Inconclusive,
            };
            (Some(last), Validity::Valid, outcome)
        }
        VerdictStanding::Stale(last) => (Some(last), Validity::Stale, Outcome::Inconclusive),
        VerdictStanding::Never => (None, Validity::NoData, Outcome::Inconclusive),
    };
    AnalysisAnswer {
        gate: question.gate.clone(),
        outcome,
        validity,
        verdict: last.map(|last| last.verdict),
        decided_at: last.map(|last| last.decided_at),
        record: last.map(|last| last.record),
        next: (validity != Validity::Valid).then(|| question.next()),
    }
}

/// A hook of Flagger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlaggerHook {
    /// Before the canary is scaled up.
    ConfirmRollout,
    /// Before it gets requests.
    PreRollout,
    /// At each iteration of the analysis.
    Rollout,
    /// Before its weight rises.
    ConfirmTrafficIncrease,
    /// Before it is promoted.
    ConfirmPromotion,
    /// After it was promoted or taken back.
    PostRollout,
    /// While it runs: a success takes it back.
    Rollback,
    /// Whatever Flagger does.
    Event,
}

impl FlaggerHook {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ConfirmRollout,
        Self::PreRollout,
        Self::Rollout,
        Self::ConfirmTrafficIncrease,
        Self::ConfirmPromotion,
        Self::PostRollout,
        Self::Rollback,
        Self::Event,
    ];

    /// The `type` of a webhook.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfirmRollout => "confirm-rollout",
            Self::PreRollout => "pre-rollout",
            Self::Rollout => "rollout",
            Self::ConfirmTrafficIncrease => "confirm-traffic-increase",
            Self::ConfirmPromotion => "confirm-promotion",
            Self::PostRollout => "post-rollout",
            Self::Rollback => "rollback",
            Self::Event => "event",
        }
    }

    /// The hook of a `type`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }

    /// Whether it only tells: whatever is answered changes nothing.
    pub fn only_tells(self) -> bool {
        match self {
            Self::PostRollout | Self::Event => true,
            Self::ConfirmRollout
            | Self::PreRollout
            | Self::Rollout
            | Self::ConfirmTrafficIncrease
            | Self::ConfirmPromotion
            | Self::Rollback => false,
        }
    }
}

/// What Flagger sends with a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlaggerCall {
    /// The canary.
    pub canary: String,
    /// Its namespace.
    pub namespace: String,
    /// Its phase.
    pub phase: String,
    /// What its `metadata` asks: `gate`, and `maxAge` as `15m`.
    pub question: Option<GateQuestion>,
}

/// A call that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {problem}")]
pub struct InvalidCall {
    /// Where in the call.
    pub pointer: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl From<Complaint> for InvalidCall {
    fn from(complaint: Complaint) -> Self {
        Self {
            pointer: complaint.pointer,
            problem: complaint.problem,
        }
    }
}

impl From<Unreadable> for InvalidCall {
    fn from(error: Unreadable) -> Self {
        Self {
            pointer: String::new(),
            problem: error.problem,
        }
    }
}

/// Reads what Flagger sends. Keys that are not ours are Flagger's own.
///
/// # Errors
/// When it is no call of Flagger's, or its metadata asks for no gate that can be.
pub fn read_flagger_call(bytes: &[u8]) -> Result<FlaggerCall, InvalidCall> {
    if bytes.len() > CALL_BYTES_MAX {
        return Err(InvalidCall {
            pointer: String::new(),
            problem: format!("this has more than {CALL_BYTES_MAX} bytes"),
        });
    }
    let value = adjutant_document::read(bytes)?;
    let root = DocumentField {
        value: &value,
        pointer: String::new(),
    };
    Ok(call(&root)?)
}

fn call(root: &DocumentField<'_>) -> FieldRead<FlaggerCall> {
    let keys = root.keys()?;
    let text = |key: &str| keys.need(key)?.text().map(str::to_owned);
    let metadata = keys.get("metadata").filter(|field| !field.value.is_null());
    let question = metadata.map_or(Ok(None), |field| {
        let keys = field.keys()?;
        let Some(gate) = keys.get("gate") else {
            return Ok(None);
        };
        let usual = GateQuestion::about(gate.parsed()?);
        Ok(Some(match keys.get("maxAge") {
            Some(age) => GateQuestion {
                age_ms_max: age.duration_ms()?,
                ..usual
            },
            None => usual,
        }))
    })?;
    Ok(FlaggerCall {
        canary: text("name")?,
        namespace: text("namespace")?,
        phase: text("phase")?,
        question,
    })
}

/// The answer to a hook: a success is status 200, anything else 403.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// Whether it is a success, which lets Flagger go on, and take back at [`FlaggerHook::Rollback`].
    pub is_success: bool,
    /// Why. Flagger puts it into its events.
    pub says: String,
}

/// Answers a hook by what the gate says that its metadata names.
pub fn answer_hook(
    hook: FlaggerHook,
    asked: Option<(&GateQuestion, VerdictStanding)>,
) -> HookAnswer {
    if hook.only_tells() {
        return HookAnswer {
            is_success: true,
            says: format!("{} is heard", hook.name()),
        };
    }
    let Some((question, standing)) = asked else {
        return HookAnswer {
            is_success: false,
            says: format!(
                "{} names no gate: add metadata.gate to the webhook",
                hook.name()
            ),
        };
    };
    let wanted = match hook {
        FlaggerHook::Rollback => Verdict::Reject,
        FlaggerHook::ConfirmRollout
        | FlaggerHook::PreRollout
        | FlaggerHook::Rollout
        | FlaggerHook::ConfirmTrafficIncrease
        | FlaggerHook::ConfirmPromotion
        | FlaggerHook::PostRollout
        | FlaggerHook::Event => Verdict::Go,
    };
    let gate = &question.gate;
    match standing {
        VerdictStanding::Decided(last) => HookAnswer {
            is_success: last.verdict == wanted,
            says: format!("{gate}: {} @ {}", last.verdict, last.record.short()),
        },
        VerdictStanding::Stale(last) => HookAnswer {
            is_success: false,
            says: format!(
                "{gate}: NO DATA AVAILABLE: {} of {} is too old; {}",
                last.verdict,
                last.decided_at,
                question.next()
            ),
        },
        VerdictStanding::Never => HookAnswer {
            is_success: false,
            says: format!("{gate}: NO DATA AVAILABLE; {}", question.next()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_millis(10_000_000)
    }

    fn question() -> GateQuestion {
        GateQuestion::about("release".parse().unwrap())
    }

    fn decided(verdict: Verdict, ago_ms: i64) -> VerdictStanding {
        let last = LastVerdict {
            verdict,
            decided_at: Timestamp::from_unix_millis(now().unix_millis() - ago_ms),
            record: Digest::from_bytes([7; 32]),
        };
        question().standing(Some(last), now())
    }

    const VERDICTS: [Verdict; 4] = [
        Verdict::Go,
        Verdict::ShadowOnly,
        Verdict::PauseAndFix,
        Verdict::Reject,
    ];

    #[test]
    fn only_a_decision_passes_or_fails_an_analysis() {
        let outcome = |standing| answer_analysis(&question(), standing).outcome;
        assert_eq!(
            VERDICTS.map(|verdict| outcome(decided(verdict, 1))),
            [
                Outcome::Pass,
                Outcome::Inconclusive,
                Outcome::Inconclusive,
                Outcome::Fail
            ]
        );
        for verdict in VERDICTS {
            let old = answer_analysis(&question(), decided(verdict, AGE_MS_MAX + 1));
            assert_eq!(
                (old.outcome, old.validity, old.verdict),
                (Outcome::Inconclusive, Validity::Stale, Some(verdict))
            );
        }
        let never = answer_analysis(&question(), VerdictStanding::Never);
        let told = serde_json::to_value(&never).unwrap();
        assert_eq!(told["outcome"], "INCONCLUSIVE");
        assert_eq!(told["validity"], "NO_DATA");
        assert_eq!(told["next"], "adjutant gate release");
    }

    #[test]
    fn no_hook_advances_or_takes_back_without_a_decision() {
        let question = question();
        for hook in FlaggerHook::ALL {
            assert_eq!(FlaggerHook::named(hook.name()), Some(hook));
            let success = |standing| answer_hook(hook, Some((&question, standing))).is_success;
            let undecided = [
                success(VerdictStanding::Never),
                success(decided(Verdict::Go, AGE_MS_MAX + 1)),
                success(decided(Verdict::Reject, AGE_MS_MAX + 1)),
                success(decided(Verdict::PauseAndFix, 1)),
                success(decided(Verdict::ShadowOnly, 1)),
                answer_hook(hook, None).is_success,
            ];
            assert_eq!(undecided, [hook.only_tells(); 6], "{}", hook.name());
        }
        let success =
            |hook, verdict| answer_hook(hook, Some((&question, decided(verdict, 1)))).is_success;
        assert!(success(FlaggerHook::ConfirmPromotion, Verdict::Go));
        assert!(!success(FlaggerHook::ConfirmPromotion, Verdict::Reject));
        assert!(success(FlaggerHook::Rollback, Verdict::Reject));
        assert!(!success(FlaggerHook::Rollback, Verdict::Go));
    }

    #[test]
    fn a_call_of_flagger_is_read_and_what_its_metadata_asks() {
        let call = br#"{"name": "podinfo", "namespace": "test", "phase": "Progressing",
            "checksum": "85d557f47b", "metadata": {"gate": "release", "maxAge": "15m", "x": "1"}}"#;
        let read = read_flagger_call(call).unwrap();
        assert_eq!(
            (read.canary.as_str(), read.phase.as_str()),
            ("podinfo", "Progressing")
        );
        assert_eq!(read.question.unwrap().age_ms_max, 900_000);
        for without in [
            r#"{"name": "p", "namespace": "t", "phase": "Failed"}"#,
            r#"{"name": "p", "namespace": "t", "phase": "Failed", "metadata": null}"#,
            r#"{"name": "p", "namespace": "t", "phase": "Failed", "metadata": {"some": "data"}}"#,
        ] {
            assert_eq!(
                read_flagger_call(without.as_bytes()).unwrap().question,
                None
            );
        }
        for (text, expected) in [
            (r#"{"name": "p"}"#, "namespace is missing"),
            (r#"[]"#, ""),
            (r#"{"name": 1, "namespace": "t", "phase": "x"}"#, "/name"),
            (
                r#"{"name": "p", "namespace": "t", "phase": "x", "metadata": {"gate": "a b"}}"#,
                "/metadata/gate",
            ),
            (
                r#"{"name": "p", "namespace": "t", "phase": "x",
                    "metadata": {"gate": "a", "maxAge": "soon"}}"#,
                "/metadata/maxAge",
            ),
        ] {
            let refused = read_flagger_call(text.as_bytes()).unwrap_err();
            assert!(refused.to_string().contains(expected), "{refused}");
        }
        assert!(read_flagger_call(&vec![b' '; CALL_BYTES_MAX + 1]).is_err());
    }
}
