//! `adjutant task conflicts`: what is in each other's way, for a person or as JSON.

use adjutant_app::{
    ConflictStanding, Conflicts, NotCompared, NotMerged, PairConflict, SeenWorkTree,
    find_conflicts, read_held_tasks,
};
use adjutant_outbound::clock;
use adjutant_outbound::conflict_memory::FileConflict;
use adjutant_outbound::git::NotLooked;
use adjutant_work::{ConflictHunk, DeclaredOverlap, DeclaredSide, Drift, HunkSide, MergeReason};

use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use adjutant_wire::ConflictsJson;

pub(super) fn conflicts(format: Format, settings: &Settings) -> Result<Exit, Failure> {
    let found = look(settings)?;
    match format {
        Format::Json => streams::print_json(&ConflictsJson::from(&found))?,
        Format::Human => streams::print(&told(&found))?,
    }
    Ok(match found.standing() {
        ConflictStanding::Clear => Exit::Done,
        ConflictStanding::Conflicts => Exit::Refused,
        ConflictStanding::NotAllSeen => Exit::Undecided,
    })
}

/// One look at everything.
pub(super) fn look(settings: &Settings) -> Result<Conflicts, Failure> {
    let home = find_home(settings)?;
    let tasks = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(read_held_tasks(&store).await?)
    })?;
    Ok(find_conflicts(&home, &tasks, clock::now())?)
}

/// The files and the owners, without the lines: what a person wants to know in the morning.
pub(in crate::commands) fn brief(found: &Conflicts) -> String {
    let mut text = String::new();
    for pair in &found.pairs {
        let (ours, theirs) = owners(found, pair);
        let files: Vec<String> = pair.files.iter().map(|file| plain(&file.path)).collect();
        text.push_str(&format!(
            "conflict: {ours} and {theirs} in {}\n",
            files.join(", ")
        ));
    }
    text.push_str(&overlapping(found));
    text.push_str(&unseen(found));
    match found.standing() {
        ConflictStanding::Clear => text.push_str("conflicts: none\n"),
        ConflictStanding::Conflicts | ConflictStanding::NotAllSeen => {
            text.push_str("more: adjutant task conflicts\n");
        }
    }
    text
}

fn told(found: &Conflicts) -> String {
    let parts = [
        conflicting(found),
        overlapping(found),
        drifting(found),
        unseen(found),
        ordered(found),
        summary(found),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

fn conflicting(found: &Conflicts) -> String {
    found
        .pairs
        .iter()
        .flat_map(|pair| pair.files.iter().map(move |file| (pair, file)))
        .map(|(pair, file)| file_told(found, pair, file))
        .collect()
}

fn file_told(found: &Conflicts, pair: &PairConflict, file: &FileConflict) -> String {
    let (ours, theirs) = owners(found, pair);
    let mut text = format!("CONFLICT {}: {ours} and {theirs}\n", plain(&file.path));
    for sentence in &file.said {
        text.push_str(&format!("  {}\n", plain(sentence)));
    }
    for ConflictHunk {
        ours: left,
        theirs: right,
    } in &file.hunks
    {
        text.push_str(&side_told(&ours, left));
        text.push_str(&side_told(&theirs, right));
    }
    if file.hunks_left_out > 0 {
        text.push_str(&format!("  and {} more places\n", file.hunks_left_out));
    }
    text
}

fn side_told(owner: &str, side: &HunkSide) -> String {
    let first = side.first_line;
    let mut text = match side.lines {
        0 => format!("  {owner}: removed before line {first}\n"),
        1 => format!("  {owner}: line {first}\n"),
        lines => format!("  {owner}: lines {first} to {}\n", first + lines - 1),
    };
    for line in &side.text {
        text.push_str(&format!("    | {}\n", plain(line)));
    }
    let hidden = (side.lines as usize).saturating_sub(side.text.len());
    if hidden > 0 {
        text.push_str(&format!("    | and {hidden} more lines\n"));
    }
    text
}

/// What a person calls both sides of a pair.
pub(super) fn owners(found: &Conflicts, pair: &PairConflict) -> (String, String) {
    (
        owner(&found.work_trees[pair.ours]),
        owner(&found.work_trees[pair.theirs]),
    )
}

/// The agent and its task, or the branch.
pub(super) fn owner(tree: &SeenWorkTree) -> String {
    match &tree.holder {
        Some(seen) if seen.live => format!("{} ({})", seen.holder.agent, seen.holder.task),
        Some(seen) => {
            let (agent, task) = (&seen.holder.agent, seen.holder.task);
            format!("{agent} ({task}, lease lost)")
        }
        None => plain(&tree.name),
    }
}

/// Text of files and commits without what would move a terminal's cursor or change its colours.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn overlapping(found: &Conflicts) -> String {
    let mut text: String = found.overlaps.iter().map(overlap_told).collect();
    if found.open_tasks_left_out {
        text.push_str("more open tasks than were compared with the held ones\n");
    }
    text
}

pub(super) fn overlap_told(overlap: &DeclaredOverlap) -> String {
    let side = |side: &DeclaredSide| {
        let owner = side.owner.as_ref().map_or("open", |owner| owner.as_str());
        format!("{} ({owner}) declares {}", side.task, side.path)
    };
    let (held, other) = (side(&overlap.held), side(&overlap.other));
    if overlap.other.owner.is_some() {
        format!("OVERLAP {held}, {other}\n")
    } else {
        format!("overlap ahead: {held}, {other}\n")
    }
}

fn drifting(found: &Conflicts) -> String {
    found.work_trees.iter().filter_map(drift_told).collect()
}

pub(super) fn drift_told(tree: &SeenWorkTree) -> Option<String> {
    match tree.seen.as_ref().ok()?.drift.as_ref()? {
        Drift::Outside { paths } => {
            const SHOWN_MAX: usize = 10;
            let shown: Vec<String> = paths
                .iter()
                .take(SHOWN_MAX)
                .map(|path| plain(path))
                .collect();
            let more = match paths.len().saturating_sub(SHOWN_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let owner = owner(tree);
            Some(format!(
                "DRIFT {owner} touched what its task does not declare: {}{more}\n",
                shown.join(", ")
            ))
        }
        Drift::NothingDeclared => {
            let owner = owner(tree);
            Some(format!(
                "no drift can be seen: the task of {owner} declares no paths\n"
            ))
        }
        Drift::Within => None,
    }
}

fn unseen(found: &Conflicts) -> String {
    let mut text = String::new();
    for tree in &found.work_trees {
        text.extend(unseen_told(tree));
        let Ok(seen) = &tree.seen else { continue };
        let path = tree.path.display();
        for inner in &seen.inner {
            let inner = plain(inner);
            text.push_str(&format!(
                "not looked into: the repository {inner} in {path}\n"
            ));
        }
        if seen.left_out > 0 {
            let files = match seen.left_out {
                1 => "1 file is".to_owned(),
                files => format!("{files} files are"),
            };
            text.push_str(&format!("{files} left out of {path}: taken as unchanged\n"));
        }
    }
    text.extend(
        found
            .not_compared
            .iter()
            .map(|pair| not_compared(found, pair)),
    );
    text
}

pub(super) fn not_compared(found: &Conflicts, pair: &NotCompared) -> String {
    let name = |at: usize| owner(&found.work_trees[at]);
    let (ours, theirs) = (name(pair.ours), name(pair.theirs));
    match &pair.because {
        NotMerged::Unrelated => {
            format!("NOT COMPARED {ours} and {theirs}: they share no history\n")
        }
        NotMerged::GitFailed { problem } => {
            let problem = plain(problem);
            format!("NOT COMPARED {ours} and {theirs}: git broke down: {problem}\n")
        }
    }
}

pub(super) fn unseen_told(tree: &SeenWorkTree) -> Option<String> {
    let path = tree.path.display();
    let why = match tree.seen.as_ref().err()? {
        NotLooked::Bare => return None,
        NotLooked::Missing => "its folder is gone (git worktree prune forgets it)".to_owned(),
        NotLooked::Unborn => "it has no commit yet".to_owned(),
        NotLooked::UnderWay { what } => format!("a {what} is under way in it"),
        NotLooked::Unmerged { .. } => "conflicts are still in its index".to_owned(),
        NotLooked::Unreadable { problem } => plain(problem),
    };
    Some(format!("NOT LOOKED AT {path}: {why}\n"))
}

fn ordered(found: &Conflicts) -> String {
    let mut text = String::new();
    for (at, step) in found.order.iter().enumerate() {
        if at == 0 {
            text.push_str("advised order of merging:\n");
        }
        let why = match &step.reason {
            MergeReason::OnlyOneLeft => "the last one".to_owned(),
            MergeReason::OthersDependOnIt => "the others depend on it".to_owned(),
            MergeReason::FewestConflicts { conflicts } => {
                format!("conflicts with the fewest of the rest: {conflicts}")
            }
            MergeReason::MoreUrgent { priority } => format!("wanted sooner: {priority}"),
            MergeReason::Smaller { files } => format!("the smaller change: {files} files"),
            MergeReason::ByName => "by name, nothing else tells them apart".to_owned(),
        };
        let owner = owner(&found.work_trees[step.piece]);
        text.push_str(&format!("  {}. {owner}: {why}\n", at + 1));
    }
    text
}

fn summary(found: &Conflicts) -> String {
    let seen = found.work_trees.iter().filter(|tree| tree.seen.is_ok());
    format!(
        "{} of {} work trees looked at; pairs: {} merged, {} cannot meet, {} in conflict\n",
        seen.count(),
        found.work_trees.len(),
        found.merged,
        found.apart,
        found.pairs.len()
    )
}
