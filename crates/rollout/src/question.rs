//! Questions of other delivery engines: Argo Rollouts asks for a measurement, Flagger calls hooks.
//! Both are answered from the last decision of a gate about the build that the question names.
//!
//! **Invariant.** Without a decision about this build, or with one that is too old, nothing advances
//! and nothing is taken back.

use adjutant_document::{Complaint, DocumentField, FieldRead, Unreadable};
use adjutant_domain::{Digest, GateName, Outcome, Timestamp, Validity, Verdict};
use adjutant_gate::JudgedArtifact;
use schemars::JsonSchema;
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
    /// About which build: its SHA-256.
    pub artifact: Option<Digest>,
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
    /// It never did, about this build.
    Never,
    /// The question names no build.
    Unnamed,
}

impl GateQuestion {
    /// A question without a bound of its own.
    pub fn about(gate: GateName) -> Self {
        Self {
            gate,
            artifact: None,
            age_ms_max: AGE_MS_MAX,
        }
    }

    /// What the gate says now, by its last decision about the build that is asked about.
    pub fn standing(&self, last: Option<LastVerdict>, now: Timestamp) -> VerdictStanding {
        if self.artifact.is_none() {
            return VerdictStanding::Unnamed;
        }
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
        match self.artifact {
            Some(artifact) => format!("adjutant gate {} --artifact sha256:{artifact}", self.gate),
            None => "name the build: artifact=sha256:…".to_owned(),
        }
    }
}

/// The answer to the `web` provider of Argo Rollouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnalysisAnswer {
    /// The gate.
    pub gate: GateName,
    /// The build.
    pub artifact: Option<Digest>,
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
        VerdictStanding::Never | VerdictStanding::Unnamed => {
            (None, Validity::NoData, Outcome::Inconclusive)
        }
    };
    AnalysisAnswer {
        gate: question.gate.clone(),
        artifact: question.artifact,
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
    /// What its `metadata` asks: `gate`, `artifact` as `NAME@sha256:…`, and `maxAge` as `15m`.
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
        let mut question = GateQuestion::about(gate.parsed()?);
        if let Some(field) = keys.get("artifact") {
            let build = JudgedArtifact::named(field.text()?);
            let build = build.ok_or_else(|| field.complain("sha256:… or NAME@sha256:… is needed"));
            question.artifact = Some(build?.digest);
        }
        if let Some(age) = keys.get("maxAge") {
            question.age_ms_max = age.duration_ms()?;
        }
        Ok(Some(question))
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
            says: format!(
                "{gate}: NO DATA AVAILABLE about this build; {}",
                question.next()
            ),
        },
        VerdictStanding::Unnamed => HookAnswer {
            is_success: false,
            says: format!(
                "{gate}: {} names no build: add metadata.artifact to the webhook",
                hook.name()
            ),
        },
    }
}

#[cfg(test)]
mod tests;
