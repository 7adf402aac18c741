//! Who is told: reads `[announce.NAME]` of `adjutant.toml`.

use std::collections::BTreeSet;

use adjutant_document::{DocumentField, FieldKeys, FieldRead, read_toml};
use adjutant_domain::ReceiverName;

use crate::AnnouncementKind;

/// Where a deployment is, when the settings do not say.
const ENVIRONMENT: &str = "production";

/// Who sends, when the settings do not say.
const SOURCE: &str = "/adjutant";

/// Who is told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Its name.
    pub name: ReceiverName,
    /// Where messages are sent.
    pub url: String,
    /// How they are written.
    pub format: ReceiverFormat,
    /// What it is told of.
    pub events: BTreeSet<AnnouncementKind>,
    /// The environment variable that holds its secret.
    pub secret_env: String,
    /// What the deployments are called that it is told of.
    pub environment: String,
    /// Who sends, as a reference.
    pub source: String,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiverFormat {
    /// As CDEvents in CloudEvents.
    CdEvents,
    /// As an object with `type`, `timestamp` and `data`.
    Plain,
}

impl ReceiverFormat {
    /// The word of the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::CdEvents => "cdevents",
            Self::Plain => "plain",
        }
    }
}

/// A receiver of the settings that cannot be told anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {key}: {problem}")]
pub struct InvalidReceiver {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, such as `announce.chat.url`.
    pub key: String,
    /// What is wrong.
    pub problem: String,
}

/// The receivers of a settings text.
///
/// # Errors
/// When the text is not TOML, or a key is unknown or wrong.
pub fn read_receivers(file: &str, text: &str) -> Result<Vec<Receiver>, InvalidReceiver> {
    let at = |line, key: String, problem: String| InvalidReceiver {
        file: file.to_owned(),
        line,
        key,
        problem,
    };
    let read = read_toml(text).map_err(|error| {
        let line = usize::try_from(error.line()).unwrap_or(1);
        at(line, "announce".to_owned(), error.problem)
    })?;
    let Some(value) = read.value.get("announce") else {
        return Ok(Vec::new());
    };
    let table = DocumentField {
        value,
        pointer: "/announce".to_owned(),
    };
    receivers(&table).map_err(|complaint| {
        let line = read.line_of(&complaint.pointer);
        at(line, complaint.key(), complaint.problem)
    })
}

fn receivers(table: &DocumentField<'_>) -> FieldRead<Vec<Receiver>> {
    let keys = table.keys()?;
    let one = |name: &str| {
        let field = keys.need(name)?;
        let name = name.parse().map_err(|error| field.complain(error))?;
        receiver(name, &field.keys()?)
    };
    keys.names().into_iter().map(one).collect()
}

fn receiver(name: ReceiverName, keys: &FieldKeys<'_>) -> FieldRead<Receiver> {
    let text = |key: &str, otherwise: &str| match keys.get(key) {
        Some(field) => field.text().map(str::to_owned),
        None => Ok(otherwise.to_owned()),
    };
    let receiver = Receiver {
        name,
        url: url(&keys.need("url")?)?,
        format: match keys.get("format") {
            Some(field) => format(&field)?,
            None => ReceiverFormat::CdEvents,
        },
        events: match keys.get("events") {
            Some(field) => field.items()?.iter().map(kind).collect::<FieldRead<_>>()?,
            None => AnnouncementKind::ALL.into_iter().collect(),
        },
        secret_env: variable(&keys.need("secret_env")?)?,
        environment: text("environment", ENVIRONMENT)?,
        source: text("source", SOURCE)?,
    };
    keys.refuse_others()?;
    Ok(receiver)
}

fn url(field: &DocumentField<'_>) -> FieldRead<String> {
    let text = field.text()?;
    let rest = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match host {
        Some(host) if !host.is_empty() && !host.contains('@') => Ok(text.to_owned()),
        Some(_) | None => Err(field
            .complain("an address such as \"https://HOST/PATH\", without a user, is needed here")),
    }
}

fn format(field: &DocumentField<'_>) -> FieldRead<ReceiverFormat> {
    let text = field.text()?;
    let known = [ReceiverFormat::CdEvents, ReceiverFormat::Plain];
    let found = known.into_iter().find(|format| format.name() == text);
    found.ok_or_else(|| field.complain("\"cdevents\" or \"plain\" is needed here"))
}

fn kind(field: &DocumentField<'_>) -> FieldRead<AnnouncementKind> {
    let text = field.text()?;
    let found = AnnouncementKind::ALL
        .into_iter()
        .find(|kind| kind.name() == text);
    found.ok_or_else(|| {
        let known = AnnouncementKind::ALL.map(AnnouncementKind::name).join(", ");
        field.complain(format!("{text:?} is not announced; known are {known}"))
    })
}

fn variable(field: &DocumentField<'_>) -> FieldRead<String> {
    let text = field.text()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.is_empty() && text.chars().all(is_name) {
        return Ok(text.to_owned());
    }
    Err(field.complain("the name of an environment variable is needed here, not a secret"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_where_how_and_what() {
        let text = "[announce.chat]\nurl = \"https://chat.example.org/hooks/1\"\n\
                    format = \"plain\"\nevents = [\"incident.opened\", \"task.done\"]\n\
                    secret_env = \"CHAT_SECRET\"\nenvironment = \"staging\"\n\
                    [announce.events]\nurl = \"http://127.0.0.1:9000\"\nsecret_env = \"S\"\n";
        let read = read_receivers("adjutant.toml", text).unwrap();
        let [chat, events] = &read[..] else {
            panic!("{read:?}");
        };
        assert_eq!(chat.format, ReceiverFormat::Plain);
        let told = [AnnouncementKind::IncidentOpened, AnnouncementKind::TaskDone];
        assert_eq!(chat.events, BTreeSet::from(told));
        assert_eq!(chat.environment, "staging");
        assert_eq!(events.format, ReceiverFormat::CdEvents);
        assert_eq!(events.events.len(), AnnouncementKind::ALL.len());
        assert_eq!(
            (events.environment.as_str(), events.source.as_str()),
            (ENVIRONMENT, SOURCE)
        );
        assert_eq!(read_receivers("adjutant.toml", "[gate.x]\n"), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let good = "url = \"https://x.org\"\nsecret_env = \"S\"\n";
        for (text, line, key) in [
            ("secret_env = \"S\"\n", 1, "announce.a"),
            (
                "url = \"ftp://x.org\"\nsecret_env = \"S\"\n",
                2,
                "announce.a.url",
            ),
            (
                "url = \"https://me:pw@x.org\"\nsecret_env = \"S\"\n",
                2,
                "announce.a.url",
            ),
            (
                "url = \"https:///path\"\nsecret_env = \"S\"\n",
                2,
                "announce.a.url",
            ),
            (
                "url = \"https://x.org\"\nsecret_env = \"whsec_/+=\"\n",
                3,
                "announce.a.secret_env",
            ),
            (&format!("{good}format = \"xml\"\n"), 4, "announce.a.format"),
            (
                &format!("{good}events = [\"all\"]\n"),
                4,
                "announce.a.events.0",
            ),
            (&format!("{good}secret = \"x\"\n"), 4, "announce.a.secret"),
        ] {
            let refused = read_receivers("f", &format!("[announce.a]\n{text}")).unwrap_err();
            assert_eq!((refused.line, refused.key.as_str()), (line, key), "{text}");
        }
    }

    #[test]
    fn every_kind_is_written_by_its_word() {
        for kind in AnnouncementKind::ALL {
            let written = serde_json::to_value(kind).unwrap();
            assert_eq!(written, kind.name());
        }
    }
}
