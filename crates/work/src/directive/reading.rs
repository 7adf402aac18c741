//! Reads `pending_actions.json`. A directive that cannot be carried out is refused with its place,
//! and the others go on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use adjutant_domain::{Digest, DirectiveId, GateName, RoleName, sha256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Segment;

use super::{
    Directive, DirectiveAction, DirectiveKind, ProgramRun, SuccessCheck, SuccessCriterion,
};
use crate::Priority;

/// More directives than these nobody plans at once.
pub const DIRECTIVES_MAX: usize = 1_000;

const DONE_OTHERWISE: &str =
    "a directive of this id was carried out, and said something else: give this one another id";

/// What a file of directives holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadDirectives {
    /// Those that can be carried out, in the order of the file.
    pub directives: Vec<Directive>,
    /// Those that cannot.
    pub refused: Vec<RefusedDirective>,
}

/// A directive that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedDirective {
    /// Its name, as far as it can be read.
    pub id: Option<DirectiveId>,
    /// The JSON pointer of what is wrong, as in RFC 6901.
    pub pointer: String,
    /// What is wrong.
    pub problem: String,
}

/// A file that is no list of directives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableDirectives {
    /// It is not JSON.
    #[error("this is not JSON: {0}")]
    NotJson(String),
    /// It has another shape.
    #[error("a file of directives is an object with a list of actions; {0}")]
    Shape(String),
    /// It holds too many.
    #[error("{0} actions are more than the {DIRECTIVES_MAX} that are read at once")]
    TooMany(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDirective {
    id: DirectiveId,
    title: String,
    priority: Priority,
    owner: RoleName,
    #[serde(deserialize_with = "super::duration")]
    estimate: Duration,
    kind: DirectiveKind,
    parameters: Json,
    success_criteria: Vec<Json>,
    #[serde(default)]
    dependencies: Vec<DirectiveId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    text: String,
    command: Option<Vec<String>>,
    gate: Option<GateName>,
    file: Option<String>,
}

/// Reads a file of directives. `done` are those that were carried out already, with the digest of
/// what was written then: others may depend on them though the file no longer holds them.
///
/// # Errors
/// When it holds no list of actions. A bad action is no error: it is refused, and the rest goes on.
pub fn read_directives(
    bytes: &[u8],
    done: &BTreeMap<DirectiveId, Digest>,
) -> Result<ReadDirectives, UnreadableDirectives> {
    let whole: Json = serde_json::from_slice(bytes)
        .map_err(|error| UnreadableDirectives::NotJson(error.to_string()))?;
    let actions = match whole.get("actions") {
        Some(Json::Array(actions)) => actions,
        Some(_) => return Err(UnreadableDirectives::Shape("/actions is no list".into())),
        None => return Err(UnreadableDirectives::Shape("/actions is missing".into())),
    };
    if actions.len() > DIRECTIVES_MAX {
        return Err(UnreadableDirectives::TooMany(actions.len()));
    }
    let mut read = ReadDirectives::default();
    let mut places: BTreeMap<DirectiveId, usize> = BTreeMap::new();
    for (at, action) in actions.iter().enumerate() {
        let directive = read_one(action).and_then(|directive| match places.get(&directive.id) {
            Some(first) => Err(Wrong::at(
                "/id",
                format!("/actions/{first} has this id too"),
            )),
            None => match done.get(&directive.id) {
                Some(then) if *then != directive.digest => Err(Wrong::at("/id", DONE_OTHERWISE)),
                Some(_) | None => Ok(directive),
            },
        });
        match directive {
            Ok(directive) => {
                places.insert(directive.id.clone(), at);
                read.directives.push(directive);
            }
            Err(wrong) => read.refused.push(RefusedDirective {
                id: action
                    .get("id")
                    .and_then(Json::as_str)
                    .and_then(|id| id.parse().ok()),
                pointer: format!("/actions/{at}{}", wrong.pointer),
                problem: wrong.problem,
            }),
        }
    }
    refuse_impossible(&mut read, &places, done);
    Ok(read)
}

struct Wrong {
    pointer: String,
    problem: String,
}

impl Wrong {
    fn at(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            problem: problem.into(),
        }
    }
}

fn read_one(action: &Json) -> Result<Directive, Wrong> {
    let written: WrittenDirective = read_value(action, "")?;
    if written.title.trim().is_empty() || written.title.contains('\n') {
        return Err(Wrong::at("/title", "write one line"));
    }
    if written.success_criteria.is_empty() {
        let problem = "name at least one: without it nobody can tell that this is done";
        return Err(Wrong::at("/success_criteria", problem));
    }
    let parameters = &written.parameters;
    let action_of = match written.kind {
        DirectiveKind::Deploy => DirectiveAction::Deploy(parameters_of(parameters)?),
        DirectiveKind::CollectBaseline => {
            DirectiveAction::CollectBaseline(parameters_of(parameters)?)
        }
        DirectiveKind::Experiment => DirectiveAction::Experiment(parameters_of(parameters)?),
        DirectiveKind::SmokeTest => DirectiveAction::SmokeTest(parameters_of(parameters)?),
        DirectiveKind::GenerateReport => {
            DirectiveAction::GenerateReport(parameters_of(parameters)?)
        }
        DirectiveKind::Command => DirectiveAction::Command(parameters_of(parameters)?),
    };
    check_action(&action_of)?;
    let criteria = written.success_criteria.iter().enumerate();
    Ok(Directive {
        id: written.id,
        title: written.title,
        priority: written.priority,
        owner: written.owner,
        estimate: written.estimate,
        action: action_of,
        success_criteria: criteria
            .map(|(at, criterion)| criterion_of(at, criterion))
            .collect::<Result<_, _>>()?,
        dependencies: written.dependencies,
        digest: sha256::digest_of(action.to_string().as_bytes()),
    })
}

fn parameters_of<T: DeserializeOwned>(parameters: &Json) -> Result<T, Wrong> {
    read_value(parameters, "/parameters")
}

/// Reads a value, and says where it is wrong.
fn read_value<T: DeserializeOwned>(value: &Json, above: &str) -> Result<T, Wrong> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut pointer = above.to_owned();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Map { key } => {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                // These stand for no place in the text.
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        Wrong::at(pointer, error.inner().to_string())
    })
}

/// What a type cannot say: a program has a name, and evidence is at least one file.
fn check_action(action: &DirectiveAction) -> Result<(), Wrong> {
    let command = match action {
        DirectiveAction::CollectBaseline(collect) => {
            if collect.evidence.is_empty() {
                let problem = "name at least one file: without it nothing is collected";
                return Err(Wrong::at("/parameters/evidence", problem));
            }
            Some(&collect.command)
        }
        DirectiveAction::Experiment(experiment) => experiment.command.as_ref(),
        DirectiveAction::SmokeTest(program) | DirectiveAction::Command(program) => {
            Some(&program.command)
        }
        DirectiveAction::Deploy(_) | DirectiveAction::GenerateReport(_) => None,
    };
    match command {
        Some(command) => check_program(command, "/parameters/command"),
        None => Ok(()),
    }
}

fn check_program(command: &[String], pointer: &str) -> Result<(), Wrong> {
    if command.first().is_none_or(String::is_empty) {
        return Err(Wrong::at(pointer, "name a program and its arguments"));
    }
    if command.iter().any(|word| word.contains('\0')) {
        return Err(Wrong::at(pointer, "a program's argument holds no NUL"));
    }
    Ok(())
}

fn criterion_of(at: usize, written: &Json) -> Result<SuccessCriterion, Wrong> {
    let pointer = format!("/success_criteria/{at}");
    let WrittenCheck {
        text,
        command,
        gate,
        file,
    } = match written.as_str() {
        Some(text) => {
            let text = text.to_owned();
            return Ok(SuccessCriterion { text, check: None });
        }
        None => read_value(written, &pointer)?,
    };
    let check = match (command, gate, file) {
        (None, None, None) => None,
        (Some(command), None, None) => {
            check_program(&command, &format!("{pointer}/command"))?;
            Some(SuccessCheck::Program(ProgramRun {
                command,
                time_max: super::time_max(),
            }))
        }
        (None, Some(gate), None) => Some(SuccessCheck::Gate(gate)),
        (None, None, Some(file)) => Some(SuccessCheck::File(file)),
        (Some(_) | None, ..) => {
            let problem = "one criterion has one check: command, gate or file";
            return Err(Wrong::at(pointer, problem));
        }
    };
    Ok(SuccessCriterion { text, check })
}

/// Refuses what depends on what is nowhere, and what waits for itself. What depends on a refused
/// directive stays: it waits until that one is mended.
fn refuse_impossible(
    read: &mut ReadDirectives,
    places: &BTreeMap<DirectiveId, usize>,
    done: &BTreeMap<DirectiveId, Digest>,
) {
    let refused: BTreeSet<DirectiveId> = read
        .refused
        .iter()
        .filter_map(|one| one.id.clone())
        .collect();
    let graph: BTreeMap<&DirectiveId, &[DirectiveId]> = read
        .directives
        .iter()
        .map(|one| (&one.id, one.dependencies.as_slice()))
        .collect();
    let impossible: BTreeMap<DirectiveId, RefusedDirective> = read
        .directives
        .iter()
        .filter_map(|one| {
            let nowhere = one.dependencies.iter().position(|id| {
                !graph.contains_key(id) && !refused.contains(id) && !done.contains_key(id)
            });
            let problem = match nowhere {
                Some(at) => (
                    format!("/dependencies/{at}"),
                    format!("there is no {}, here or done", one.dependencies[at]),
                ),
                None if waits_for_itself(&one.id, &graph) => (
                    "/dependencies".to_owned(),
                    format!("{} would wait for itself", one.id),
                ),
                None => return None,
            };
            let place = places.get(&one.id)?;
            let refusal = RefusedDirective {
                id: Some(one.id.clone()),
                pointer: format!("/actions/{place}{}", problem.0),
                problem: problem.1,
            };
            Some((one.id.clone(), refusal))
        })
        .collect();
    read.directives
        .retain(|one| !impossible.contains_key(&one.id));
    read.refused.extend(impossible.into_values());
}

fn waits_for_itself(id: &DirectiveId, graph: &BTreeMap<&DirectiveId, &[DirectiveId]>) -> bool {
    let mut seen = BTreeSet::new();
    let mut left: Vec<&DirectiveId> = graph.get(id).into_iter().copied().flatten().collect();
    while let Some(next) = left.pop() {
        if next == id {
            return true;
        }
        if seen.insert(next) {
            left.extend(graph.get(next).into_iter().copied().flatten());
        }
    }
    false
}
