//! Whether a change lies within a role's boundaries, and to which role it belongs when it does
//! not: STOP, ASSESS, RECOMMEND, HANDOFF.

use adjutant_domain::RoleName;
use serde::{Deserialize, Serialize};

use crate::{PathGlob, Role, TaskKind};

/// What is going to be done, or was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedChange<'a> {
    /// What sort of change it is, where that is known.
    pub kind: Option<TaskKind>,
    /// Which files.
    pub reach: Reach<'a>,
}

/// The files of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// What a task declares before it is begun: patterns, of which one file in common with a
    /// boundary is enough.
    Declared(&'a [PathGlob]),
    /// What a commit touches: files, relative to the top of the repository.
    Touched(&'a [String]),
}

/// A change that a role must leave to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// The role that must leave it.
    pub role: RoleName,
    /// What of it lies outside, one sentence each.
    pub because: Vec<String>,
    /// Whose it is: the best first. Empty when every role must leave it.
    pub belongs_to: Vec<Belonging>,
}

/// A role that may make the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belonging {
    /// Which.
    pub role: RoleName,
    /// Why it is advised, one sentence each.
    pub why: Vec<String>,
    /// As work of which kind, where the change's own kind is not its to make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TaskKind>,
}

/// The most sentences about files; a change that touches a thousand is told in this many.
const TOLD_MAX: usize = 10;

/// Within the role's boundaries, or what lies outside and whose it is. Notes of a boundary are
/// for readers; only files and kinds decide.
///
/// # Errors
/// When a part of the change lies outside.
pub fn assess(role: &Role, roles: &[Role], change: ProposedChange<'_>) -> Result<(), Box<Outside>> {
    let because = outside(role, change);
    if because.is_empty() {
        return Ok(());
    }
    Err(Box::new(Outside {
        role: role.name.clone(),
        because,
        belongs_to: belongs_to(&role.name, roles, change),
    }))
}

/// The other roles that may make all of the change: the best first. Where the kind stands in
/// everybody's way, those that may touch the files, as work of a kind that they do make.
pub fn belongs_to(role: &RoleName, roles: &[Role], change: ProposedChange<'_>) -> Vec<Belonging> {
    let fits = ranked(role, roles, change);
    if !fits.is_empty() || change.kind.is_none() {
        return fits;
    }
    let mut fits = ranked(
        role,
        roles,
        ProposedChange {
            kind: None,
            ..change
        },
    );
    for fit in &mut fits {
        let kinds = roles.iter().find(|other| other.name == fit.role);
        let kinds = kinds.map_or(&[][..], |other| &other.owns.kinds);
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        if !names.is_empty() {
            fit.why
                .push(format!("as work of kind {}", names.join(" or ")));
        }
        fit.kind = kinds.first().copied();
    }
    fits
}

fn ranked(role: &RoleName, roles: &[Role], change: ProposedChange<'_>) -> Vec<Belonging> {
    let mut ranked: Vec<(usize, Belonging)> = roles
        .iter()
        .filter(|other| other.name != *role && outside(other, change).is_empty())
        .map(|other| advice(other, change))
        .collect();
    ranked.sort_by(|(left, a), (right, b)| right.cmp(left).then_with(|| a.role.cmp(&b.role)));
    ranked.into_iter().map(|(_, belonging)| belonging).collect()
}

/// What of the change the role must not do, one sentence each; empty when it may do all of it.
pub fn outside(role: &Role, change: ProposedChange<'_>) -> Vec<String> {
    let mut because = Vec::new();
    if let Some(kind) = change.kind
        && role.boundaries.kinds.contains(&kind)
    {
        because.push(format!("{} makes no {kind} changes", role.name));
    }
    let bounds = &role.boundaries.paths;
    match change.reach {
        Reach::Declared(globs) => because.extend(globs.iter().filter_map(|glob| {
            let bound = bounds.iter().find(|bound| bound.overlaps(glob))?;
            Some(if bound == glob {
                format!("{} does not touch {bound}", role.name)
            } else {
                let name = &role.name;
                format!("{glob} reaches {bound}, which {name} does not touch")
            })
        })),
        Reach::Touched(files) => because.extend(files.iter().filter_map(|file| {
            let bound = bounds.iter().find(|bound| bound.covers(file))?;
            let name = &role.name;
            Some(if bound.as_str() == file {
                format!("{name} does not touch {file}")
            } else {
                format!("{file} is of {bound}, which {name} does not touch")
            })
        })),
    }
    let more = because.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        because.truncate(TOLD_MAX);
        because.push(format!("and {more} more"));
    }
    because
}

/// What of the files the role must leave alone: the patterns of its boundary, and the files.
pub fn forbidden(role: &Role, files: &[String]) -> (Vec<PathGlob>, Vec<String>) {
    let mut bounds = Vec::new();
    let mut outside = Vec::new();
    for file in files {
        let bound = role
            .boundaries
            .paths
            .iter()
            .find(|bound| bound.covers(file));
        if let Some(bound) = bound {
            outside.push(file.clone());
            if !bounds.contains(bound) {
                bounds.push(bound.clone());
            }
        }
    }
    (bounds, outside)
}

/// How well a role fits, and why: what it looks after counts twice what it usually makes.
fn advice(role: &Role, change: ProposedChange<'_>) -> (usize, Belonging) {
    let mut why = Vec::new();
    let mut score = 0;
    let owned: Vec<&PathGlob> = role
        .owns
        .paths
        .iter()
        .filter(|own| match change.reach {
            Reach::Declared(globs) => globs.iter().any(|glob| own.overlaps(glob)),
            Reach::Touched(files) => files.iter().any(|file| own.covers(file)),
        })
        .collect();
    if !owned.is_empty() {
        score += 2;
        let owned: Vec<&str> = owned.into_iter().map(PathGlob::as_str).collect();
        why.push(format!("it looks after {}", owned.join(", ")));
    }
    if let Some(kind) = change.kind
        && role.owns.kinds.contains(&kind)
    {
        score += 1;
        why.push(format!("it makes {kind} changes"));
    }
    if why.is_empty() {
        why.push("nothing in its boundaries forbids it".to_owned());
    }
    let belonging = Belonging {
        role: role.name.clone(),
        why,
        kind: None,
    };
    (score, belonging)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Boundaries, Territory};

    fn role(name: &str, owns: (&[&str], &[TaskKind]), bounds: (&[&str], &[TaskKind])) -> Role {
        let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Role {
            name: name.parse().unwrap(),
            scope: "x".to_owned(),
            deliverables: vec![],
            definition_of_done: vec!["y".to_owned()],
            owns: Territory {
                paths: globs(owns.0),
                kinds: owns.1.to_vec(),
            },
            boundaries: Boundaries {
                paths: globs(bounds.0),
                kinds: bounds.1.to_vec(),
                notes: vec![],
            },
            key_questions: vec![],
            prompt: String::new(),
        }
    }

    fn roles() -> Vec<Role> {
        vec![
            role(
                "coder",
                (&["src/**"], &[TaskKind::Fix]),
                (&["deploy/**"], &[TaskKind::Docs]),
            ),
            role(
                "writer",
                (&["docs/**"], &[TaskKind::Docs]),
                (&["src/**", "deploy/**"], &[]),
            ),
            role("helper", (&[], &[]), (&[], &[])),
            role(
                "operator",
                (&["deploy/**"], &[TaskKind::Infra]),
                (&["src/**"], &[TaskKind::Docs]),
            ),
        ]
    }

    fn told(role: usize, kind: Option<TaskKind>, reach: Reach<'_>) -> (Vec<String>, Vec<String>) {
        let roles = roles();
        match assess(&roles[role], &roles, ProposedChange { kind, reach }) {
            Ok(()) => (vec![], vec![]),
            Err(outside) => {
                let ranked = outside.belongs_to.iter();
                let ranked = ranked.map(|to| format!("{}: {}", to.role, to.why.join("; ")));
                (outside.because, ranked.collect())
            }
        }
    }

    fn globs(texts: &[&str]) -> Vec<PathGlob> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_change_within_the_boundaries_is_no_ones_business() {
        let declared = globs(&["src/**"]);
        let reach = Reach::Declared(&declared);
        assert_eq!(told(0, Some(TaskKind::Fix), reach), (vec![], vec![]));
        assert_eq!(told(0, None, Reach::Touched(&[])), (vec![], vec![]));
    }

    #[test]
    fn a_declared_path_that_reaches_over_a_boundary_goes_to_the_role_that_looks_after_it() {
        let declared = globs(&["src/a.rs", "deploy/**", "d*/chart"]);
        let (because, ranked) = told(0, Some(TaskKind::Infra), Reach::Declared(&declared));
        assert_eq!(
            because,
            [
                "coder does not touch deploy/**",
                "d*/chart reaches deploy/**, which coder does not touch"
            ]
        );
        // The operator must not touch src, the writer neither: nobody but the helper may do both.
        assert_eq!(ranked, ["helper: nothing in its boundaries forbids it"]);
        let declared = globs(&["deploy/chart"]);
        let (_, ranked) = told(0, Some(TaskKind::Infra), Reach::Declared(&declared));
        assert_eq!(
            ranked,
            [
                "operator: it looks after deploy/**; it makes infra changes",
                "helper: nothing in its boundaries forbids it"
            ]
        );
    }

    #[test]
    fn touched_files_and_the_kind_are_held_against_the_boundary() {
        let files = ["docs/a.md".to_owned(), "deploy/x.yaml".to_owned()];
        let (because, ranked) = told(0, Some(TaskKind::Docs), Reach::Touched(&files));
        assert_eq!(
            because,
            [
                "coder makes no docs changes",
                "deploy/x.yaml is of deploy/**, which coder does not touch"
            ]
        );
        assert_eq!(ranked, ["helper: nothing in its boundaries forbids it"]);
    }

    #[test]
    fn where_only_the_kind_is_in_the_way_the_files_say_whose_it_is() {
        let roles = &roles()[..2];
        let declared = globs(&["docs/a.md"]);
        let change = ProposedChange {
            kind: Some(TaskKind::Docs),
            reach: Reach::Declared(&declared),
        };
        let mut writer = roles[1].clone();
        writer.boundaries.kinds = vec![TaskKind::Docs];
        writer.owns.kinds = vec![TaskKind::Review];
        let ranked = belongs_to(&roles[0].name, &[roles[0].clone(), writer], change);
        assert_eq!(
            ranked[0].why,
            ["it looks after docs/**", "as work of kind review"]
        );
        assert_eq!(ranked[0].kind, Some(TaskKind::Review));
    }

    #[test]
    fn the_part_that_is_anothers_is_named_by_files_and_by_the_patterns_that_forbid_them() {
        let files = ["src/a.rs", "deploy/x", "docs/a.md", "deploy/y"].map(str::to_owned);
        let (bounds, outside) = forbidden(&roles()[0], &files);
        assert_eq!(bounds, globs(&["deploy/**"]));
        assert_eq!(outside, ["deploy/x", "deploy/y"]);
    }

    #[test]
    fn a_thousand_files_are_told_in_ten_sentences() {
        let files: Vec<String> = (0..1_000).map(|i| format!("deploy/{i}")).collect();
        let (because, _) = told(0, None, Reach::Touched(&files));
        assert_eq!(because.len(), 11);
        assert_eq!(because[10], "and 990 more");
    }
}
