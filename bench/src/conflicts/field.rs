//! The work trees that are looked at.

use std::collections::BTreeSet;
use std::fs::{OpenOptions, create_dir_all, read_to_string, remove_dir_all, write};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::python::succeed;

/// A large repository that everybody can get.
const ADDRESS: &str = "https://github.com/symfony/symfony.git";

/// A folder or address to take it from instead.
const SOURCE: &str = "ADJUTANT_BENCH_REPOSITORY";

/// The main work tree and the linked ones.
const TREES: usize = 30;
const TREES_QUICK: usize = 6;

/// The fewest files that count as large.
const FILES_MIN: usize = 10_000;

/// Files that each linked work tree changes in commits, and without.
const FILES_EDITED: usize = 5;

/// The file that two work trees change in commits, in the same line.
pub(super) const COMMITTED: &str = "LICENSE";

/// The file that two others change without committing.
pub(super) const UNCOMMITTED: &str = "README.md";

/// The repository with its work trees.
pub(super) struct Field {
    main: PathBuf,
    linked: Vec<PathBuf>,
    commit: String,
    source: String,
    files: Vec<String>,
}

impl Field {
    /// Lays everything out anew, but takes the repository only once.
    pub(super) fn lay_out(folder: &Path, is_quick: bool) -> Result<Self> {
        let source = std::env::var(SOURCE).unwrap_or_else(|_| ADDRESS.to_owned());
        let origin = folder.join("origin.git");
        create_dir_all(folder)?;
        if !origin.is_dir() {
            eprintln!("taking {source}, once");
            let mut clone = Command::new("git");
            clone.args(["clone", "--quiet", "--bare", &source]);
            succeed(clone.arg(&origin)).with_context(|| {
                format!("a large repository is needed: set {SOURCE} to a clone of {ADDRESS}")
            })?;
        }
        let root = folder.join("trees");
        if root.exists() {
            remove_dir_all(&root)?;
        }
        create_dir_all(&root)?;
        let main = root.join("main");
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet", "--shared"]);
        succeed(clone.arg(&origin).arg(&main))?;
        let listed = git(&main, &["ls-files"])?;
        let files: Vec<String> = listed.lines().map(str::to_owned).collect();
        ensure!(
            is_quick || files.len() >= FILES_MIN,
            "{source} has only {} files",
            files.len()
        );
        let mut field = Self {
            commit: git(&main, &["rev-parse", "HEAD"])?,
            main,
            linked: vec![],
            source: ADDRESS.to_owned(),
            files,
        };
        let trees = if is_quick { TREES_QUICK } else { TREES };
        for number in 1..trees {
            eprintln!("laying out work tree {number} of {trees}");
            field.add_tree(&root, number)?;
        }
        field.let_it_settle();
        Ok(field)
    }

    /// Every work tree has a commit of its own, edits that are not committed, and a new file; a
    /// few files are edited in more than one.
    fn add_tree(&mut self, root: &Path, number: usize) -> Result<()> {
        let name = format!("agent-{number:02}");
        let path = root.join(&name);
        let place = path.display().to_string();
        git(
            &self.main,
            &["worktree", "add", "--quiet", "-b", &name, &place],
        )?;
        for file in self.some_files(number * 7_919) {
            append(&path.join(file), &format!("committed by {name}\n"))?;
        }
        if number <= 2 {
            put_first(&path.join(COMMITTED), &format!("changed by {name}"))?;
        }
        let commit = [
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=bench@example.org",
        ];
        git(
            &path,
            &[&commit[..], &["commit", "--quiet", "--all", "-m", "Work"]].concat(),
        )?;
        for file in self.some_files(number * 104_729) {
            append(&path.join(file), &format!("edited by {name}\n"))?;
        }
        if (3..=4).contains(&number) {
            put_first(&path.join(UNCOMMITTED), &format!("edited by {name}"))?;
        }
        write(path.join(format!("notes-of-{name}.md")), "untracked\n")?;
        self.linked.push(path);
        Ok(())
    }

    fn some_files(&self, from: usize) -> BTreeSet<&str> {
        let source = |file: &&String| file.ends_with(".php");
        let sources: Vec<&String> = self.files.iter().filter(source).collect();
        let nth = |nth: usize| sources.get((from + nth * 31) % sources.len().max(1));
        let some = (0..FILES_EDITED).filter_map(nth);
        some.map(|file| file.as_str()).collect()
    }

    pub(super) fn trees(&self) -> usize {
        self.linked.len() + 1
    }

    pub(super) fn main(&self) -> &Path {
        &self.main
    }

    /// Lets the next look be the first.
    pub(super) fn forget(&self) -> Result<()> {
        let memory = self.main.join(".git/adjutant/conflicts");
        if memory.exists() {
            remove_dir_all(memory)?;
        }
        Ok(())
    }

    /// What was written a moment ago is read again by the next look; agents pause longer.
    pub(super) fn let_it_settle(&self) {
        std::thread::sleep(Duration::from_millis(300));
    }

    pub(super) fn edit_one(&self, round: usize) -> Result<()> {
        let tree = &self.linked[round % self.linked.len()];
        append(&tree.join(COMMITTED), &format!("edit {round}\n"))
    }

    /// How it was measured.
    pub(super) fn method(&self) -> String {
        format!(
            "{} work trees of {} at {} ({} files each). Each linked one has a commit of its own \
             with {FILES_EDITED} files, {FILES_EDITED} more edited without committing, and an \
             untracked file. Whole processes in the main work tree: `adjutant task conflicts \
             --format json` with its memory removed before, again with nothing changed, and \
             again after one file was edited; `clash status --json`. The files are in the \
             system's cache.",
            self.trees(),
            self.source,
            self.commit.get(..12).unwrap_or(&self.commit),
            self.files.len()
        )
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    let output = succeed(git.current_dir(folder).args(arguments))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn append(file: &Path, line: &str) -> Result<()> {
    let failed = || format!("{}", file.display());
    let mut file = OpenOptions::new()
        .append(true)
        .open(file)
        .with_context(failed)?;
    Ok(file.write_all(line.as_bytes())?)
}

/// Replaces the first line.
fn put_first(file: &Path, line: &str) -> Result<()> {
    let text = read_to_string(file).with_context(|| format!("{}", file.display()))?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    Ok(write(file, format!("{line}\n{rest}"))?)
}
