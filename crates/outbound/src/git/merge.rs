//! Trees merged in memory: what git would make of them, without touching any work tree.

use adjutant_domain::ObjectId;

use super::{Git, GitError, ObjectFolder, object_id, path_text, unreadable};

const COMMAND: &str = "merge-tree";

/// A merge to try.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TreeMerge {
    /// The tree or commit that both sides grew from. `None` lets git find it in the history: then
    /// both sides are commits.
    pub base: Option<ObjectId>,
    /// One side, a tree or a commit.
    pub ours: ObjectId,
    /// The other.
    pub theirs: ObjectId,
}

/// What became of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Whether it merged without a conflict.
    pub clean: bool,
    /// The merged tree; with conflicts, its files hold conflict markers.
    pub tree: ObjectId,
    /// The sides of each conflict. Empty when it is clean.
    pub entries: Vec<ConflictedEntry>,
    /// What git says about it.
    pub messages: Vec<MergeMessage>,
}

/// One side of a conflicted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictedEntry {
    /// The file.
    pub path: String,
    /// 1 the base, 2 ours, 3 theirs.
    pub stage: u8,
    /// Its mode, such as `100644`.
    pub mode: String,
    /// Its content.
    pub id: ObjectId,
}

/// What git says about files of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeMessage {
    /// The files.
    pub paths: Vec<String>,
    /// A stable name, such as `CONFLICT (contents)`.
    pub kind: String,
    /// The sentence.
    pub text: String,
}

impl Git {
    /// Tries merges, all in one process; the answers are in the same order. New objects go to
    /// `objects`, or into the repository when that is `None`.
    ///
    /// # Errors
    /// When git cannot do one of them: a missing object, unrelated histories.
    pub fn merge_trees(
        &self,
        merges: &[TreeMerge],
        objects: Option<&ObjectFolder>,
    ) -> Result<Vec<Merged>, GitError> {
        if merges.is_empty() {
            return Ok(vec![]);
        }
        let mut command = self.command(&[COMMAND, "--write-tree", "--stdin", "-z", "--messages"]);
        if let Some(objects) = objects {
            objects.apply(&mut command);
        }
        let input: String = merges.iter().map(line_of).collect();
        let answer = self.finish(command, input.as_bytes())?;
        let mut fields = answer.split(|byte| *byte == 0);
        merges
            .iter()
            .map(|_| parse_merged(&mut fields).unwrap_or_else(|| Err(unreadable(COMMAND, &answer))))
            .collect()
    }

    /// The same, with an answer for each: a merge at which git fails does not take the others with
    /// it.
    pub fn merge_trees_each(
        &self,
        merges: &[TreeMerge],
        objects: Option<&ObjectFolder>,
    ) -> Vec<Result<Merged, GitError>> {
        match self.merge_trees(merges, objects) {
            Ok(merged) => merged.into_iter().map(Ok).collect(),
            Err(error) if merges.len() <= 1 => vec![Err(error)],
            Err(_) => {
                let (first, second) = merges.split_at(merges.len() / 2);
                let mut answers = self.merge_trees_each(first, objects);
                answers.extend(self.merge_trees_each(second, objects));
                answers
            }
        }
    }
}

fn line_of(merge: &TreeMerge) -> String {
    let TreeMerge { base, ours, theirs } = merge;
    match base {
        Some(base) => format!("{base} -- {ours} {theirs}\n"),
        None => format!("{ours} {theirs}\n"),
    }
}

/// One answer; `None` when it breaks off.
fn parse_merged<'a>(
    fields: &mut impl Iterator<Item = &'a [u8]>,
) -> Option<Result<Merged, GitError>> {
    let clean = match fields.next()? {
        b"1" => true,
        b"0" => false,
        other => return Some(Err(unreadable(COMMAND, other))),
    };
    let tree = match object_id(COMMAND, fields.next()?) {
        Ok(tree) => tree,
        Err(error) => return Some(Err(error)),
    };
    let mut entries = Vec::new();
    loop {
        match fields.next()? {
            b"" => break,
            field => match parse_entry(field) {
                Some(entry) => entries.push(entry),
                None => return Some(Err(unreadable(COMMAND, field))),
            },
        }
    }
    let mut messages = Vec::new();
    loop {
        let field = fields.next()?;
        if field.is_empty() {
            break;
        }
        let Some(count) = number(field) else {
            return Some(Err(unreadable(COMMAND, field)));
        };
        let mut paths = Vec::new();
        for _ in 0..count {
            paths.push(path_text(fields.next()?));
        }
        let kind = String::from_utf8_lossy(fields.next()?).into_owned();
        let text = String::from_utf8_lossy(fields.next()?)
            .trim_end()
            .to_owned();
        messages.push(MergeMessage { paths, kind, text });
    }
    Some(Ok(Merged {
        clean,
        tree,
        entries,
        messages,
    }))
}

fn number(field: &[u8]) -> Option<usize> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// `<mode> <object> <stage>\t<path>`
fn parse_entry(field: &[u8]) -> Option<ConflictedEntry> {
    let tab = field.iter().position(|byte| *byte == b'\t')?;
    let mut words = std::str::from_utf8(&field[..tab]).ok()?.split(' ');
    Some(ConflictedEntry {
        mode: words.next()?.to_owned(),
        id: words.next()?.parse().ok()?,
        stage: words.next()?.parse().ok()?,
        path: path_text(&field[tab + 1..]),
    })
}
