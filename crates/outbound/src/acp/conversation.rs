//! One session with an agent, message by message: what was said is taken, what is to be said is
//! put into a buffer. No stream and no clock is known here.

use std::collections::BTreeMap;
use std::path::Path;

use adjutant_work::{Permission, ToolKind, permit};
use serde_json::{Value, json};

use super::room::Room;
use super::wire::{self, Fault, Message};
use super::{RefusedCall, Session, SessionEnd, TurnEnd};

/// The most calls that are remembered at a time; the protocol has no end of a call to forget it by.
const CALLS_MAX: usize = 10_000;

/// The most refused calls that are told one by one.
const REFUSED_TOLD_MAX: usize = 100;

/// The members of a call's input that hold a path.
const PATH_MEMBERS: [&str; 10] = [
    "path",
    "file_path",
    "filePath",
    "abs_path",
    "absolute_path",
    "notebook_path",
    "dir_path",
    "directory",
    "cwd",
    "workdir",
];

/// What is to be agreed with an agent, and where it may work.
pub(super) struct Conversation {
    room: Room,
    prompt: String,
    step: Step,
    /// The session, once it is open.
    id: Option<String>,
    /// How the agent can be logged in to.
    login_methods: Vec<String>,
    calls: BTreeMap<String, Call>,
    /// Why the session is to end before the agent is done.
    stop: Option<SessionEnd>,
    allowed: u64,
    refused: u64,
    told: Vec<RefusedCall>,
    /// What is to be written to the agent.
    pub(super) outgoing: Vec<u8>,
    /// Both sides of the conversation, one message a line.
    pub(super) transcript: Vec<u8>,
}

/// Which answer is awaited; its place is the number of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Initialize,
    Open,
    Prompt,
}

/// What is known of a call of a tool.
#[derive(Debug, Default)]
struct Call {
    title: String,
    kind: Option<ToolKind>,
    /// Paths that stand where paths do.
    paths: Vec<String>,
    /// Texts of a command.
    texts: Vec<String>,
}

impl Step {
    fn number(self) -> u64 {
        match self {
            Step::Initialize => 0,
            Step::Open => 1,
            Step::Prompt => 2,
        }
    }
}

impl Conversation {
    /// Begins: the first message is in the buffer.
    pub(super) fn new(folder: &Path, prompt: &str) -> std::io::Result<Self> {
        let mut conversation = Self {
            room: Room::new(folder)?,
            prompt: prompt.to_owned(),
            step: Step::Initialize,
            id: None,
            login_methods: Vec::new(),
            calls: BTreeMap::new(),
            stop: None,
            allowed: 0,
            refused: 0,
            told: Vec::new(),
            outgoing: Vec::new(),
            transcript: Vec::new(),
        };
        let abilities = json!({
            "protocolVersion": wire::VERSION,
            "clientCapabilities": {
                "fs": {"readTextFile": true, "writeTextFile": true},
                "terminal": false,
            },
            "clientInfo": {"name": "adjutant", "version": env!("CARGO_PKG_VERSION")},
        });
        conversation.ask("initialize", &abilities);
        Ok(conversation)
    }

    /// The session as it stands.
    pub(super) fn ended(&mut self, end: SessionEnd) -> Session {
        Session {
            end,
            allowed: self.allowed,
            refused: self.refused,
            told: std::mem::take(&mut self.told),
        }
    }

    /// Asks the agent to end its turn, because of `why`. Whether there is a turn to end.
    pub(super) fn stop(&mut self, why: SessionEnd) -> bool {
        let Some(id) = &self.id else {
            return false;
        };
        let cancel = wire::notification("session/cancel", &json!({"sessionId": id}));
        self.stop = Some(why);
        self.say(&cancel);
        true
    }

    /// Why the session is to end, once that was asked for.
    pub(super) fn stopping(&self) -> Option<&SessionEnd> {
        self.stop.as_ref()
    }

    /// Takes one line of the agent; the end when it was the last one.
    pub(super) fn take(&mut self, line: &[u8]) -> Option<SessionEnd> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        self.keep("agent", line);
        match wire::read(line) {
            Some(Message::Request {
                id,
                method,
                parameters,
            }) => {
                let said = self.answer_to(&method, &parameters);
                self.say(&wire::answer(&id, said));
                None
            }
            Some(Message::Notification { method, parameters }) => {
                if method == "session/update" {
                    self.note_call(&parameters["update"]);
                }
                None
            }
            Some(Message::Answer { id, said }) if id == self.step.number() => match said {
                Ok(result) => self.go_on(&result),
                Err(fault) => Some(self.failed(&fault)),
            },
            Some(Message::Answer { .. }) => None,
            // A program that prints a notice is forgiven; one that speaks otherwise never answers.
            None => None,
        }
    }

    fn failed(&self, fault: &Fault) -> SessionEnd {
        if let Some(stop) = &self.stop {
            return stop.clone();
        }
        if fault.code == wire::LOGIN_NEEDED {
            return SessionEnd::LoginNeeded(self.login_methods.clone());
        }
        SessionEnd::Failed(fault.text())
    }

    /// The answer that was awaited: the next step.
    fn go_on(&mut self, result: &Value) -> Option<SessionEnd> {
        match self.step {
            Step::Initialize => {
                let version = &result["protocolVersion"];
                if version.as_u64() != Some(wire::VERSION) {
                    return Some(SessionEnd::OtherVersion(version.to_string()));
                }
                let methods = result["authMethods"].as_array();
                let names = methods.into_iter().flatten().filter_map(|method| {
                    let name = method["name"].as_str().or(method["id"].as_str());
                    name.map(str::to_owned)
                });
                self.login_methods = names.collect();
                self.step = Step::Open;
                let folder = self.room.folder().to_string_lossy().into_owned();
                self.ask("session/new", &json!({"cwd": folder, "mcpServers": []}));
                None
            }
            Step::Open => {
                let Some(id) = result["sessionId"].as_str() else {
                    return Some(SessionEnd::Failed("it opened no session".to_owned()));
                };
                self.id = Some(id.to_owned());
                self.step = Step::Prompt;
                let prompt = json!({
                    "sessionId": id,
                    "prompt": [{"type": "text", "text": self.prompt}],
                });
                self.ask("session/prompt", &prompt);
                None
            }
            Step::Prompt => Some(match (&self.stop, &result["stopReason"]) {
                (Some(stop), _) => stop.clone(),
                (None, reason) => match serde_json::from_value::<TurnEnd>(reason.clone()) {
                    Ok(end) => SessionEnd::Turn(end),
                    Err(_unknown) => {
                        SessionEnd::Failed(format!("it stopped for an unknown reason: {reason}"))
                    }
                },
            }),
        }
    }

    fn answer_to(&mut self, method: &str, parameters: &Value) -> Result<Value, Fault> {
        match method {
            "session/request_permission" => Ok(json!({"outcome": self.decide(parameters)})),
            "fs/read_text_file" => {
                let path = text(parameters, "path")?;
                let number = |name: &str| parameters[name].as_u64();
                let content = self.room.read(path, number("line"), number("limit"));
                Ok(
                    json!({"content": content.map_err(|why| Fault::new(wire::INTERNAL_ERROR, why))?}),
                )
            }
            "fs/write_text_file" => {
                let (path, content) = (text(parameters, "path")?, text(parameters, "content")?);
                let written = self.room.write(path, content);
                written.map_err(|why| Fault::new(wire::INTERNAL_ERROR, why))?;
                Ok(json!({}))
            }
            unknown => Err(Fault::new(
                wire::METHOD_NOT_FOUND,
                format!("{unknown} is not offered"),
            )),
        }
    }

    /// The answer to an agent that asks for permission.
    fn decide(&mut self, parameters: &Value) -> Value {
        if self.stop.is_some() {
            return json!({"outcome": "cancelled"});
        }
        let asked = &parameters["toolCall"];
        self.note_call(asked);
        let name = asked["toolCallId"].as_str().unwrap_or_default();
        let (title, permission) = match self.calls.get(name) {
            Some(call) => (call.title.clone(), self.permission(call)),
            None => (String::new(), permit(None, &[])),
        };
        // Once only: the next call may be another matter.
        let wanted = match permission {
            Permission::Allowed => ["allow_once", "allow_always"],
            Permission::Refused(_) => ["reject_once", "reject_always"],
        };
        let options = parameters["options"].as_array();
        let options: Vec<&Value> = options.into_iter().flatten().collect();
        let chosen = wanted.iter().find_map(|kind| {
            let option = options.iter().find(|option| option["kind"] == *kind)?;
            option.get("optionId")
        });
        match permission {
            Permission::Allowed => self.allowed += 1,
            Permission::Refused(denial) => {
                self.refused += 1;
                if self.told.len() < REFUSED_TOLD_MAX {
                    let reason = denial.to_string();
                    self.told.push(RefusedCall { title, reason });
                }
            }
        }
        match chosen {
            Some(option) => json!({"outcome": "selected", "optionId": option}),
            None => json!({"outcome": "cancelled"}),
        }
    }

    fn permission(&self, call: &Call) -> Permission {
        let mut places: Vec<_> = call
            .paths
            .iter()
            .map(|path| self.room.place(path))
            .collect();
        if call.kind == Some(ToolKind::Execute) {
            for text in call.texts.iter().chain([&call.title]) {
                places.extend(self.room.places_outside(text));
            }
        }
        permit(call.kind, &places)
    }

    /// Remembers what is said of a call: agents say its kind and its places before they ask, when
    /// they ask, or both.
    fn note_call(&mut self, said: &Value) {
        let Some(name) = said["toolCallId"].as_str() else {
            return;
        };
        if !self.calls.contains_key(name) && self.calls.len() >= CALLS_MAX {
            self.calls.clear();
        }
        let call = self.calls.entry(name.to_owned()).or_default();
        if let Some(title) = said["title"].as_str() {
            title.clone_into(&mut call.title);
        }
        if let Ok(kind) = serde_json::from_value(said["kind"].clone()) {
            call.kind = Some(kind);
        }
        let list = |name: &str| said[name].as_array().into_iter().flatten();
        let places = list("locations").chain(list("content"));
        let input = &said["rawInput"];
        let members = PATH_MEMBERS.iter().map(|name| &input[*name]);
        let mut paths: Vec<&str> = places
            .map(|place| &place["path"])
            .chain(members)
            .filter_map(Value::as_str)
            .collect();
        paths.sort_unstable();
        paths.dedup();
        if !paths.is_empty() {
            call.paths = paths.into_iter().map(str::to_owned).collect();
        }
        if !input.is_null() {
            call.texts.clear();
            texts_in(input, &mut call.texts);
        }
    }

    fn ask(&mut self, method: &str, parameters: &Value) {
        let request = wire::request(self.step.number(), method, parameters);
        self.say(&request);
    }

    fn say(&mut self, message: &Value) {
        let line = message.to_string();
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.push(b'\n');
        self.keep("adjutant", line.as_bytes());
    }

    /// Writes a message into the transcript as it was said, with who said it.
    fn keep(&mut self, who: &str, line: &[u8]) {
        let line = line.trim_ascii();
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
        let head = format!(
            "{{\"from\":\"{who}\",\"{}\":",
            if is_json { "message" } else { "text" }
        );
        self.transcript.extend_from_slice(head.as_bytes());
        if is_json {
            self.transcript.extend_from_slice(line);
        } else {
            let text = Value::from(String::from_utf8_lossy(line));
            self.transcript
                .extend_from_slice(text.to_string().as_bytes());
        }
        self.transcript.extend_from_slice(b"}\n");
    }
}

fn text<'a>(parameters: &'a Value, name: &str) -> Result<&'a str, Fault> {
    parameters[name]
        .as_str()
        .ok_or_else(|| Fault::new(wire::INVALID_PARAMETERS, format!("{name} is missing")))
}

/// Every text below `value`.
fn texts_in(value: &Value, texts: &mut Vec<String>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        texts.extend(value.as_str().map(str::to_owned));
        open.extend(value.as_array().into_iter().flatten());
        open.extend(
            value
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::values),
        );
    }
}

#[cfg(test)]
mod tests;
