//! Every pair of work trees merged in memory, as git would merge them if both committed now.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::ObjectId;
use adjutant_outbound::conflict_memory::{ConflictMemory, FileConflict, MergeAnswer};
use adjutant_outbound::git::{
    Change, CommitText, ConflictedEntry, Git, GitError, Merged, ObjectFolder, TreeMerge,
};
use adjutant_work::{ChangeKind, ChangedPath, can_meet, conflict_hunks};

use super::looking::{LookedWorkTree, Seen, in_parallel};
use super::{ConflictError, NotCompared, NotMerged, PairConflict};

/// The most places of one file that are told.
const HUNKS_MAX: usize = 10;

/// The largest file whose lines are compared, 4 MiB: what is larger is data.
const TEXT_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// How many merges one git process is given: enough to pay for its start.
const MERGES_A_PROCESS: usize = 60;

/// What became of the pairs.
pub(super) struct Merges {
    pub(super) pairs: Vec<PairConflict>,
    pub(super) not_compared: Vec<NotCompared>,
    pub(super) merged: usize,
    pub(super) apart: usize,
    /// For each work tree the files that differ from where it left the main one's history.
    pub(super) touched: Vec<Vec<String>>,
}

/// Two work trees that were seen, and where they began.
struct Pair<'a> {
    places: (usize, usize),
    ours: &'a Seen,
    theirs: &'a Seen,
    bases: Vec<ObjectId>,
}

/// A merge that has to be made.
struct Wanted {
    pair: usize,
    key: String,
    merge: TreeMerge,
}

pub(super) fn merge_pairs(
    git: &Git,
    objects: &ObjectFolder,
    memory: &mut ConflictMemory,
    looked: &[LookedWorkTree],
) -> Result<Merges, ConflictError> {
    let seen: Vec<(usize, &Seen)> = looked
        .iter()
        .enumerate()
        .filter_map(|(at, tree)| Some((at, tree.seen.as_ref().ok()?)))
        .collect();
    let main = match looked.first().and_then(|tree| tree.seen.as_ref().ok()) {
        Some(seen) => Some(seen.commit.clone()),
        None => git.rev_parse("HEAD", "commit")?,
    };
    let pairs = begin_pairs(git, memory, &seen)?;
    let begun = begin_from_main(git, memory, &seen, main.as_ref())?;
    let known = ask_for_changes(git, objects, memory, &pairs, &begun, &seen)?;
    let mut merges = Merges {
        pairs: vec![],
        not_compared: vec![],
        merged: 0,
        apart: 0,
        touched: vec![vec![]; looked.len()],
    };
    for (from, (at, seen)) in begun.iter().zip(&seen) {
        let changes = known.changes(from, seen).iter();
        merges.touched[*at] = changes.map(|change| change.path.clone()).collect();
    }
    let mut wanted = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let (ours, theirs) = pair.places;
        if pair.bases.is_empty() {
            merges.not_compared.push(NotCompared {
                ours,
                theirs,
                because: NotMerged::Unrelated,
            });
        } else if is_apart(pair, &known) {
            merges.apart += 1;
        } else {
            wanted.push(want(git, objects, at, pair, &known.trees)?);
        }
    }
    for (at, answer) in run(git, objects, memory, wanted)? {
        merges.take(pairs[at].places, answer);
    }
    Ok(merges)
}

impl Merges {
    fn take(&mut self, (ours, theirs): (usize, usize), answer: MergeAnswer) {
        match answer {
            Ok(files) => {
                self.merged += 1;
                if !files.is_empty() {
                    self.pairs.push(PairConflict {
                        ours,
                        theirs,
                        files,
                    });
                }
            }
            Err(problem) => self.not_compared.push(NotCompared {
                ours,
                theirs,
                because: NotMerged::GitFailed { problem },
            }),
        }
    }
}

/// Whether a merge of the two would be clean for sure.
fn is_apart(pair: &Pair<'_>, known: &Known) -> bool {
    pair.ours.looked.tree == pair.theirs.looked.tree
        || matches!(pair.bases.as_slice(), [base]
            if !can_meet(known.changes(base, pair.ours), known.changes(base, pair.theirs)))
}

/// The trees of commits, and what differs between trees.
struct Known {
    trees: BTreeMap<ObjectId, ObjectId>,
    changes: Changes,
}

impl Known {
    /// What a work tree changed since a commit that was asked for.
    fn changes(&self, since: &ObjectId, seen: &Seen) -> &[ChangedPath] {
        &self.changes[&(self.trees[since].clone(), seen.looked.tree.clone())]
    }
}

/// What each work tree changed since it left the main one, and both of a pair since they parted.
fn ask_for_changes(
    git: &Git,
    objects: &ObjectFolder,
    memory: &mut ConflictMemory,
    pairs: &[Pair<'_>],
    begun: &[ObjectId],
    seen: &[(usize, &Seen)],
) -> Result<Known, GitError> {
    let single = pairs.iter().filter(|pair| pair.bases.len() == 1);
    let commits: BTreeSet<&ObjectId> = single
        .clone()
        .map(|pair| &pair.bases[0])
        .chain(begun)
        .collect();
    let trees = trees_of(git, memory, &commits)?;
    let mut asked: BTreeSet<(ObjectId, ObjectId)> = BTreeSet::new();
    for pair in single {
        for side in [pair.ours, pair.theirs] {
            asked.insert((trees[&pair.bases[0]].clone(), side.looked.tree.clone()));
        }
    }
    for (from, (_, seen)) in begun.iter().zip(seen) {
        asked.insert((trees[from].clone(), seen.looked.tree.clone()));
    }
    let changes = changes_of(git, objects, memory, asked)?;
    Ok(Known { trees, changes })
}

/// All pairs, with the commits from which each grew.
fn begin_pairs<'a>(
    git: &Git,
    memory: &mut ConflictMemory,
    seen: &[(usize, &'a Seen)],
) -> Result<Vec<Pair<'a>>, GitError> {
    let mut pairs = Vec::new();
    for (nth, &(ours_at, ours)) in seen.iter().enumerate() {
        for &(theirs_at, theirs) in &seen[nth + 1..] {
            pairs.push(Pair {
                places: (ours_at, theirs_at),
                ours,
                theirs,
                bases: vec![],
            });
        }
    }
    let commits: Vec<(&ObjectId, &ObjectId)> = pairs
        .iter()
        .map(|pair| (&pair.ours.commit, &pair.theirs.commit))
        .collect();
    let bases = bases_of(git, memory, &commits)?;
    for (pair, bases) in pairs.iter_mut().zip(bases) {
        pair.bases = bases;
    }
    Ok(pairs)
}

/// Where each work tree left the history of the main one: its own commit when they share none.
fn begin_from_main(
    git: &Git,
    memory: &mut ConflictMemory,
    seen: &[(usize, &Seen)],
    main: Option<&ObjectId>,
) -> Result<Vec<ObjectId>, GitError> {
    let commits: Vec<(&ObjectId, &ObjectId)> = seen
        .iter()
        .map(|(_, seen)| (main.unwrap_or(&seen.commit), &seen.commit))
        .collect();
    let bases = bases_of(git, memory, &commits)?;
    let own = seen.iter().map(|(_, seen)| seen.commit.clone());
    Ok(bases
        .into_iter()
        .zip(own)
        .map(|(bases, own)| bases.into_iter().next().unwrap_or(own))
        .collect())
}

fn bases_of(
    git: &Git,
    memory: &mut ConflictMemory,
    commits: &[(&ObjectId, &ObjectId)],
) -> Result<Vec<Vec<ObjectId>>, GitError> {
    let mut known: BTreeMap<(&ObjectId, &ObjectId), Vec<ObjectId>> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for &(ours, theirs) in commits {
        if ours == theirs {
            known.insert((ours, theirs), vec![ours.clone()]);
        } else if let Some(bases) = memory.bases(ours, theirs) {
            known.insert((ours, theirs), bases);
        } else {
            unknown.insert((ours, theirs));
        }
    }
    let unknown: Vec<_> = unknown.into_iter().collect();
    let answers = in_parallel(&unknown, |(ours, theirs)| git.merge_bases(ours, theirs));
    for ((ours, theirs), answer) in unknown.into_iter().zip(answers) {
        let bases = answer?;
        memory.keep_bases(ours, theirs, bases.clone());
        known.insert((ours, theirs), bases);
    }
    Ok(commits.iter().map(|pair| known[pair].clone()).collect())
}

fn trees_of(
    git: &Git,
    memory: &mut ConflictMemory,
    commits: &BTreeSet<&ObjectId>,
) -> Result<BTreeMap<ObjectId, ObjectId>, GitError> {
    let key = |commit: &ObjectId| format!("commit {commit}");
    let mut trees = BTreeMap::new();
    let mut unknown = Vec::new();
    for &commit in commits {
        match memory.tree(&key(commit)) {
            Some(tree) => {
                memory.keep_tree(key(commit), tree.clone());
                trees.insert(commit.clone(), tree);
            }
            None => unknown.push(commit.clone()),
        }
    }
    for (commit, tree) in unknown.iter().zip(git.trees_of(&unknown)?) {
        memory.keep_tree(key(commit), tree.clone());
        trees.insert(commit.clone(), tree);
    }
    Ok(trees)
}

type Changes = BTreeMap<(ObjectId, ObjectId), Vec<ChangedPath>>;

fn changes_of(
    git: &Git,
    objects: &ObjectFolder,
    memory: &mut ConflictMemory,
    asked: BTreeSet<(ObjectId, ObjectId)>,
) -> Result<Changes, GitError> {
    let mut known = Changes::new();
    let mut unknown = Vec::new();
    for (before, after) in asked {
        if before == after {
            known.insert((before, after), vec![]);
        } else if let Some(changes) = memory.changes(&before, &after) {
            known.insert((before, after), changes);
        } else {
            unknown.push((before, after));
        }
    }
    let answers = git.changes_of_pairs(&unknown, Some(objects))?;
    for ((before, after), changes) in unknown.into_iter().zip(answers) {
        let changes: Vec<ChangedPath> = changes.into_iter().map(changed_path).collect();
        memory.keep_changes(&before, &after, &changes);
        known.insert((before, after), changes);
    }
    Ok(known)
}

fn changed_path(change: Change) -> ChangedPath {
    ChangedPath {
        kind: match (&change.before, &change.after) {
            (None, _) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Deleted,
            (Some(_), Some(_)) => ChangeKind::Modified,
        },
        path: change.path,
    }
}

/// With one base, its tree and those of both sides are merged. Histories that were merged
/// crosswise have several; then git has to see commits, to merge the bases first.
fn want(
    git: &Git,
    objects: &ObjectFolder,
    at: usize,
    pair: &Pair<'_>,
    trees: &BTreeMap<ObjectId, ObjectId>,
) -> Result<Wanted, GitError> {
    let (ours, theirs) = (&pair.ours.looked.tree, &pair.theirs.looked.tree);
    if let [base] = pair.bases.as_slice() {
        let base = &trees[base];
        return Ok(Wanted {
            pair: at,
            key: format!("{base} {ours} {theirs}"),
            merge: TreeMerge {
                base: Some(base.clone()),
                ours: ours.clone(),
                theirs: theirs.clone(),
            },
        });
    }
    let commit = |seen: &Seen| {
        let text = CommitText {
            message: "a look at a work tree",
            name: "adjutant",
            email: "adjutant@localhost",
            unix_seconds: 0,
        };
        let parents = std::slice::from_ref(&seen.commit);
        git.commit_tree_in(&seen.looked.tree, parents, &text, Some(objects))
    };
    let (ours_at, theirs_at) = (&pair.ours.commit, &pair.theirs.commit);
    Ok(Wanted {
        pair: at,
        key: format!("{ours_at}:{ours} {theirs_at}:{theirs}"),
        merge: TreeMerge {
            base: None,
            ours: commit(pair.ours)?,
            theirs: commit(pair.theirs)?,
        },
    })
}

/// What became of each pair, by its place.
fn run(
    git: &Git,
    objects: &ObjectFolder,
    memory: &mut ConflictMemory,
    wanted: Vec<Wanted>,
) -> Result<BTreeMap<usize, MergeAnswer>, GitError> {
    let mut answers = BTreeMap::new();
    let mut to_do = Vec::new();
    for wanted in wanted {
        match memory.merge(&wanted.key) {
            Some(answer) => {
                answers.insert(wanted.pair, answer);
            }
            None => to_do.push(wanted),
        }
    }
    let merges: Vec<TreeMerge> = to_do.iter().map(|wanted| wanted.merge.clone()).collect();
    let portions: Vec<&[TreeMerge]> = merges.chunks(MERGES_A_PROCESS).collect();
    let merge = |merges: &&[TreeMerge]| git.merge_trees_each(merges, Some(objects));
    let merged: Vec<_> = in_parallel(&portions, merge)
        .into_iter()
        .flatten()
        .collect();
    let texts = texts_of(git, objects, merged.iter().flatten())?;
    for (wanted, merged) in to_do.into_iter().zip(merged) {
        let answer = match merged {
            Ok(merged) => Ok(file_conflicts(&merged, &texts)),
            // Git broke down over these trees, and would again.
            Err(GitError::Failed {
                code: None, said, ..
            }) => Err(said),
            Err(error) => return Err(error),
        };
        memory.keep_merge(wanted.key, answer.clone());
        answers.insert(wanted.pair, answer);
    }
    Ok(answers)
}

type Texts = BTreeMap<ObjectId, Vec<u8>>;

/// What the sides of conflicted files hold.
fn texts_of<'a>(
    git: &Git,
    objects: &ObjectFolder,
    merged: impl Iterator<Item = &'a Merged>,
) -> Result<Texts, GitError> {
    let is_file = |entry: &&ConflictedEntry| entry.mode.starts_with("100");
    let ids: BTreeSet<ObjectId> = merged
        .flat_map(|merged| &merged.entries)
        .filter(is_file)
        .map(|entry| entry.id.clone())
        .collect();
    let ids: Vec<ObjectId> = ids.into_iter().collect();
    let blobs = git.blobs(&ids, Some(objects))?;
    Ok(ids
        .into_iter()
        .zip(blobs)
        .filter_map(|(id, blob)| Some((id, blob?)))
        .collect())
}

fn file_conflicts(merged: &Merged, texts: &Texts) -> Vec<FileConflict> {
    if merged.clean {
        return vec![];
    }
    let conflicts: Vec<_> = merged
        .messages
        .iter()
        .filter(|message| message.kind.starts_with("CONFLICT"))
        .collect();
    // A folder that was torn apart conflicts without any file that does.
    let told = conflicts.iter().filter_map(|message| message.paths.first());
    let entries = merged.entries.iter().map(|entry| &entry.path);
    let mut paths: BTreeSet<&String> = entries.collect();
    for path in told {
        let is_known = conflicts.iter().any(|message| {
            message.paths.contains(path) && message.paths.iter().any(|path| paths.contains(path))
        });
        if !is_known {
            paths.insert(path);
        }
    }
    paths
        .into_iter()
        .map(|path| {
            let said = conflicts
                .iter()
                .filter(|message| message.paths.contains(path))
                .map(|message| message.text.clone())
                .collect();
            let mut hunks = hunks_of(merged, path, texts);
            let hunks_left_out = hunks.len().saturating_sub(HUNKS_MAX);
            hunks.truncate(HUNKS_MAX);
            FileConflict {
                path: path.clone(),
                said,
                hunks,
                hunks_left_out,
            }
        })
        .collect()
}

/// The places where two texts conflict; none when one side has no text of that name,
/// or one that is too large.
fn hunks_of(merged: &Merged, path: &str, texts: &Texts) -> Vec<adjutant_work::ConflictHunk> {
    let entry = |stage: u8| {
        merged
            .entries
            .iter()
            .find(|entry| entry.path == path && entry.stage == stage)
    };
    let text = |entry: &ConflictedEntry| {
        let text = texts.get(&entry.id)?;
        (text.len() <= TEXT_BYTES_MAX).then_some(text.as_slice())
    };
    // A file that both sides added has no base, and conflicts as if it had been empty.
    let base = entry(1).map_or(Some([].as_slice()), text);
    let (Some(base), Some(ours), Some(theirs)) =
        (base, entry(2).and_then(text), entry(3).and_then(text))
    else {
        return vec![];
    };
    conflict_hunks(base, ours, theirs).unwrap_or_default()
}

#[cfg(test)]
mod tests;
