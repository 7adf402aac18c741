//! What is to be done about every task and every file.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::{TaskId, sha256};

use super::page::{self, canonical, canonical_of, differences, header, named, place, reheaded};
use super::{
    Changed, FileFound, MirrorPlace, Mirrored, Resolution, Step, Trouble, Why, decide, render,
};
use crate::template::{self, Filled};

/// Compares the files with the tasks. `known` are the tasks whose files were here before: one that
/// is missing now was deleted. What is in step needs nothing. The same input gives the same steps.
pub fn plan(
    tasks: &[Mirrored],
    files: &[FileFound],
    known: &BTreeSet<TaskId>,
    resolution: &Resolution,
) -> Vec<Step> {
    let by_id: BTreeMap<TaskId, &Mirrored> = tasks.iter().map(|it| (it.task.id, it)).collect();
    let mut steps = Vec::new();
    let mut seen: BTreeMap<TaskId, &MirrorPlace> = BTreeMap::new();
    let mut owned = Vec::new();
    for file in files {
        match owner(file) {
            Err(trouble) => steps.push(trouble_with(file, trouble)),
            Ok(None) => steps.push(new_task(file)),
            Ok(Some(task)) => match seen.get(&task) {
                Some(other) => {
                    let other = (*other).clone();
                    steps.push(trouble_with(file, Trouble::TwoFiles { task, other }));
                }
                None => {
                    seen.insert(task, &file.place);
                    owned.push((task, file));
                }
            },
        }
    }
    // Of two files neither is taken.
    let doubled: BTreeSet<TaskId> = steps.iter().filter_map(doubled).collect();
    for (task, file) in owned {
        if doubled.contains(&task) {
            continue;
        }
        match by_id.get(&task) {
            None => steps.push(trouble_with(file, Trouble::UnknownTask(task))),
            Some(mirrored) => steps.extend(compare(mirrored, file, resolution)),
        }
    }
    for mirrored in tasks {
        let task = mirrored.task.id;
        if seen.contains_key(&task) {
            continue;
        }
        let to = place(&mirrored.task);
        steps.push(if known.contains(&task) && !resolution.restore {
            Step::Deleted { task, place: to }
        } else {
            let text = render(mirrored);
            Step::Write { task, to, text }
        });
    }
    steps
}

fn doubled(step: &Step) -> Option<TaskId> {
    match step {
        Step::Trouble {
            trouble: Trouble::TwoFiles { task, .. },
            ..
        } => Some(*task),
        Step::Write { .. }
        | Step::Rewrite { .. }
        | Step::Edit { .. }
        | Step::File { .. }
        | Step::Deleted { .. }
        | Step::Conflict { .. }
        | Step::Trouble { .. } => None,
    }
}

fn trouble_with(file: &FileFound, trouble: Trouble) -> Step {
    Step::Trouble {
        from: file.place.clone(),
        trouble,
    }
}

/// The task that a file is of: its first line says so, else its name.
fn owner(file: &FileFound) -> Result<Option<TaskId>, Trouble> {
    let name = named(&file.place.name);
    let header = file.text.as_deref().ok().and_then(header);
    match (name, header.map(|header| header.task)) {
        (Some(name), Some(header)) if name != header => Err(Trouble::TwoTasks { name, header }),
        (_, Some(task)) | (Some(task), None) => Ok(Some(task)),
        (None, None) => Ok(None),
    }
}

fn read(file: &FileFound) -> Result<(Filled, &str), Trouble> {
    let text = file.text.as_ref().map_err(|error| error.clone());
    let text = text.map_err(Trouble::Invalid)?;
    let filled = template::parse(text).map_err(Trouble::Invalid)?;
    Ok((filled, text))
}

fn new_task(file: &FileFound) -> Step {
    let (filled, text) = match read(file) {
        Ok(read) => read,
        Err(trouble) => return trouble_with(file, trouble),
    };
    let missing = filled.intake.missing();
    if !missing.is_empty() {
        return trouble_with(file, Trouble::Incomplete { missing });
    }
    Step::File {
        filled: Box::new(filled),
        from: file.place.clone(),
        text: text.to_owned(),
    }
}

fn compare(mirrored: &Mirrored, file: &FileFound, resolution: &Resolution) -> Option<Step> {
    let task = mirrored.task.id;
    let takes_store = resolution.take_store.contains(&task);
    let from = file.place.clone();
    let (filled, text) = match read(file) {
        Ok(read) => read,
        Err(_) if takes_store => return Some(rewrite(mirrored, from, Why::TaskChanged)),
        Err(trouble) => return Some(trouble_with(file, trouble)),
    };
    let store = canonical(&mirrored.task.intake, &mirrored.links);
    let ours = canonical_of(&filled);
    let digest = |text: &str| sha256::digest_of(text.as_bytes());
    let base = page::header(text).map(|header| header.base);
    let verdict = match decide(base, digest(&ours), digest(&store)) {
        Changed::File | Changed::Both if takes_store => Changed::Store,
        Changed::Both if resolution.take_file.contains(&task) => Changed::File,
        verdict @ (Changed::Neither | Changed::Store | Changed::File | Changed::Both) => verdict,
    };
    match verdict {
        Changed::Neither => settle(mirrored, from, text),
        Changed::Store => Some(rewrite(mirrored, from, Why::TaskChanged)),
        Changed::File => Some(Step::Edit {
            task,
            revision: mirrored.task.revision,
            filled: Box::new(filled),
            from,
            text: text.to_owned(),
        }),
        Changed::Both => Some(Step::Conflict {
            task,
            from,
            differences: differences(&store, &ours),
        }),
    }
}

fn rewrite(mirrored: &Mirrored, from: MirrorPlace, why: Why) -> Step {
    Step::Rewrite {
        task: mirrored.task.id,
        from,
        to: place(&mirrored.task),
        text: render(mirrored),
        why,
    }
}

/// Both say the same: the words of the file stay, its first line and its place may be stale.
fn settle(mirrored: &Mirrored, from: MirrorPlace, text: &str) -> Option<Step> {
    let to = place(&mirrored.task);
    let settled = reheaded(text, mirrored);
    if to == from && settled == text {
        return None;
    }
    let why = if settled == text {
        Why::FileMoved
    } else {
        Why::TaskMoved
    };
    Some(Step::Rewrite {
        task: mirrored.task.id,
        from,
        to,
        text: settled,
        why,
    })
}
