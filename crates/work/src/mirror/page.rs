//! One file of the mirror: a first line that is Adjutant's, and the task in the template's format.

use adjutant_domain::{Digest, TaskId, sha256};

use super::{Difference, Folder, MirrorPlace, Mirrored};
use crate::template::{self, Filled, Section};
use crate::{Intake, Link, Task, TaskState};

const OPENING: &str = "<!-- adjutant: ";

/// The longest slug, in letters: a file name stays readable in a list.
const SLUG_MAX: usize = 48;

/// The first line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) task: TaskId,
    /// The digest of what the file said when it was written.
    pub(super) base: Digest,
}

/// What a task asks for, in the one form in which texts are compared: as it reads once it was
/// written and read. What cannot be read back stays as it is written, and is told when it is read.
pub(super) fn canonical(intake: &Intake, links: &[Link]) -> String {
    let mut links = links.to_vec();
    links.sort_unstable();
    links.dedup();
    let text = template::render(intake, &links);
    match template::parse(&text) {
        Ok(read) => template::render(&read.intake, &read.links),
        Err(_) => text,
    }
}

pub(super) fn canonical_of(filled: &Filled) -> String {
    canonical(&filled.intake, &filled.links)
}

/// The file of a task, as the store has it.
pub fn render(mirrored: &Mirrored) -> String {
    let text = canonical(&mirrored.task.intake, &mirrored.links);
    format!("{}\n{text}", first_line(&mirrored.task, &text))
}

/// The same file under the first line of the task as it is now.
pub fn reheaded(text: &str, mirrored: &Mirrored) -> String {
    let asked = canonical(&mirrored.task.intake, &mirrored.links);
    let body = match text.split_once('\n') {
        Some((first, body)) if first.starts_with(OPENING) => body,
        Some(_) | None => text,
    };
    format!("{}\n{body}", first_line(&mirrored.task, &asked))
}

fn first_line(task: &Task, asked: &str) -> String {
    let state = match &task.state {
        TaskState::Leased(lease) => format!("leased by {}", lease.owner),
        TaskState::Proven(_)
        | TaskState::Draft
        | TaskState::Open
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => task.state.name().to_owned(),
    };
    let digest = sha256::digest_of(asked.as_bytes());
    format!(
        "{OPENING}{}, {state}; edit below, then: adjutant task mirror; sha256 {digest} -->",
        task.id
    )
}

/// The first line of a file, where it is one of Adjutant's.
pub(super) fn header(text: &str) -> Option<Header> {
    let line = text.lines().next()?.strip_prefix(OPENING)?;
    let (task, rest) = line.split_once(", ")?;
    let (_, digest) = rest.rsplit_once("sha256 ")?;
    Some(Header {
        task: task.parse().ok()?,
        base: digest.strip_suffix("-->")?.trim().parse().ok()?,
    })
}

/// The task that a file is named for: `T-17-cache.md`, `T-17.md`.
pub(super) fn named(name: &str) -> Option<TaskId> {
    let stem = name.strip_suffix(".md")?;
    let number = stem.strip_prefix("T-")?;
    let digits = number.split('-').next()?;
    format!("T-{digits}").parse().ok()
}

/// Where the file of a task belongs.
pub fn place(task: &Task) -> MirrorPlace {
    let folder = match &task.state {
        TaskState::Draft | TaskState::Open | TaskState::Quarantined { .. } => Folder::Pending,
        TaskState::Leased(_) | TaskState::Proven(_) => Folder::InProgress,
        TaskState::Done { .. } | TaskState::Dropped { .. } => Folder::Completed,
    };
    let id = task.id;
    let name = match slug(&task.intake.title) {
        slug if slug.is_empty() => format!("{id}.md"),
        slug => format!("{id}-{slug}.md"),
    };
    MirrorPlace { folder, name }
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars() {
        if slug.len() >= SLUG_MAX {
            break;
        }
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Where two texts in the template's format differ, part by part.
pub(super) fn differences(store: &str, file: &str) -> Vec<Difference> {
    let (store, file) = (parts(store), parts(file));
    let headings = Section::ALL.into_iter().map(Section::heading);
    [HEAD]
        .into_iter()
        .chain(headings)
        .zip(store.iter().zip(&file))
        .filter(|(_, (store, file))| store != file)
        .map(|(part, (store, file))| Difference {
            part: part.to_owned(),
            store: store.clone(),
            file: file.clone(),
        })
        .collect()
}

const HEAD: &str = "Title and fields";

/// The text above the first heading, and that under each, of a text that was rendered.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        let next = Section::ALL.get(parts.len() - 1);
        match next {
            Some(section) if line.strip_prefix("## ") == Some(section.heading()) => {
                parts.push(String::new());
            }
            Some(_) | None => {
                if let Some(part) = parts.last_mut() {
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
    }
    parts.into_iter().map(|it| it.trim().to_owned()).collect()
}
