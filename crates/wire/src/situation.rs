//! The JSON of what an agent should know now, within a number of tokens.

use adjutant_app::{HandedOverTask, HeldTask, NearConflict, Situation};
use adjutant_work::Pause;
use adjutant_work::focus::{Compiled, FocusInputs, Plan, compile, plan, tokens_of};
use serde::Serialize;

/// Handoffs, conflicts and pauses that are told at most, each; the rest is counted.
const EACH_MAX: usize = 10;

/// What an agent should know now: what binds it first, then as much of its focus as fits.
#[derive(Serialize)]
pub struct SituationJson<'a> {
    agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    /// What it holds, with the epoch that every write carries.
    claims: Vec<HeldTaskJson<'a>>,
    handed_over: Vec<HandedOverJson<'a>>,
    /// Files that another work tree changes in another way; nothing outside a repository.
    conflicts: Option<Vec<NearConflictJson<'a>>>,
    /// There are work trees that could not be looked at.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    conflicts_not_all_seen: bool,
    /// What nobody may begin now.
    pauses: &'a [Pause],
    /// How many of each are not told here.
    #[serde(skip_serializing_if = "LeftOut::is_nothing")]
    left_out: LeftOut,
    /// The focus, as Markdown.
    focus: String,
    /// How many lines of it did not fit.
    focus_lines_left_out: usize,
}

#[derive(Serialize)]
struct HeldTaskJson<'a> {
    task: String,
    epoch: i64,
    title: &'a str,
    seconds_left: i64,
}

#[derive(Serialize)]
struct HandedOverJson<'a> {
    task: String,
    title: &'a str,
    from: String,
}

#[derive(Serialize)]
struct NearConflictJson<'a> {
    file: &'a str,
    branch: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
}

#[derive(Serialize, PartialEq, Eq, Default)]
struct LeftOut {
    handed_over: usize,
    conflicts: usize,
    pauses: usize,
}

impl LeftOut {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A situation as JSON of at most so many tokens, by [`tokens_of`]. What binds the agent, its claims,
/// is always told; then come handoffs, conflicts and pauses, and the focus fills the rest.
///
/// # Errors
/// When it cannot be written as JSON, which its types exclude.
pub fn within(situation: &Situation, tokens_max: usize) -> Result<String, serde_json::Error> {
    let steps = plan(&situation.inputs);
    let mut each = EACH_MAX;
    loop {
        let bare = written(situation, each, None)?;
        // Half of the room is the focus's, as long as there is something to leave out.
        if each == 0 || tokens_of(&bare) <= tokens_max / 2 {
            let room = tokens_max.saturating_sub(tokens_of(&bare));
            return filled(situation, each, (&steps, room), tokens_max);
        }
        each /= 2;
    }
}

/// With a focus of so many tokens, or of fewer: as JSON, a line break takes a byte more.
fn filled(
    situation: &Situation,
    each: usize,
    (steps, mut room): (&Plan, usize),
    tokens_max: usize,
) -> Result<String, serde_json::Error> {
    loop {
        let inputs = FocusInputs {
            tokens_max: room,
            ..situation.inputs.clone()
        };
        let focus = compile(&inputs, steps);
        // The headings alone may be more than the room.
        let focus = (focus.tokens <= room).then_some(focus);
        let text = written(situation, each, focus.as_ref())?;
        let beyond = tokens_of(&text).saturating_sub(tokens_max);
        if beyond == 0 || focus.is_none() {
            return Ok(text);
        }
        room = room.saturating_sub(beyond);
    }
}

fn written(
    situation: &Situation,
    each: usize,
    focus: Option<&Compiled>,
) -> Result<String, serde_json::Error> {
    let conflicts = situation.conflicts.as_ref();
    let pauses = &situation.inputs.pauses;
    let beyond = |count: usize| count.saturating_sub(each);
    serde_json::to_string(&SituationJson {
        agent: situation.agent.as_str(),
        role: situation.role.as_ref().map(|role| role.as_str()),
        claims: situation.held.iter().map(Into::into).collect(),
        handed_over: situation
            .handed_over
            .iter()
            .take(each)
            .map(Into::into)
            .collect(),
        conflicts: conflicts.map(|near| near.files.iter().take(each).map(Into::into).collect()),
        conflicts_not_all_seen: conflicts.is_some_and(|near| near.not_all_seen),
        pauses: pauses.get(..each).unwrap_or(pauses),
        left_out: LeftOut {
            handed_over: beyond(situation.handed_over.len()),
            conflicts: beyond(conflicts.map_or(0, |near| near.files.len())),
            pauses: beyond(pauses.len()),
        },
        focus: focus.map_or_else(String::new, |focus| focus.text.clone()),
        focus_lines_left_out: focus.map_or(0, |focus| focus.cut.iter().map(|(_, cut)| cut).sum()),
    })
}

impl<'a> From<&'a HeldTask> for HeldTaskJson<'a> {
    fn from(held: &'a HeldTask) -> Self {
        Self {
            task: held.task.id.to_string(),
            epoch: held.lease.epoch.number(),
            title: &held.task.intake.title,
            seconds_left: held.millis_left / 1_000,
        }
    }
}

impl<'a> From<&'a HandedOverTask> for HandedOverJson<'a> {
    fn from(handed: &'a HandedOverTask) -> Self {
        Self {
            task: handed.task.id.to_string(),
            title: &handed.task.intake.title,
            from: handed.from.to_string(),
        }
    }
}

impl<'a> From<&'a NearConflict> for NearConflictJson<'a> {
    fn from(conflict: &'a NearConflict) -> Self {
        Self {
            file: &conflict.path,
            branch: &conflict.branch,
            agent: conflict.agent.as_ref().map(|agent| agent.as_str()),
            task: conflict.task.map(|task| task.to_string()),
        }
    }
}
