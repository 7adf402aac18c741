//! The roles that come with the program, each as the text that could stand in `adjutant.toml`.

use adjutant_domain::RoleName;

use super::{InvalidRole, Role, read_roles};

/// The presets: name and text.
pub const PRESETS: [(&str, &str); 8] = [
    (
        "architect-planner",
        include_str!("presets/architect-planner.toml"),
    ),
    ("infra-mlops", include_str!("presets/infra-mlops.toml")),
    (
        "genai-features",
        include_str!("presets/genai-features.toml"),
    ),
    ("qa-evals-docs", include_str!("presets/qa-evals-docs.toml")),
    ("ops-commander", include_str!("presets/ops-commander.toml")),
    (
        "infra-performance-monitor",
        include_str!("presets/infra-performance-monitor.toml"),
    ),
    (
        "quality-safety-officer",
        include_str!("presets/quality-safety-officer.toml"),
    ),
    (
        "ai-operations-engineer",
        include_str!("presets/ai-operations-engineer.toml"),
    ),
];

/// The preset of this name, if there is one. Its own tests exclude that it cannot be read.
pub fn preset(name: &RoleName) -> Option<Result<Role, InvalidRole>> {
    let (_, text) = PRESETS
        .iter()
        .find(|(preset, _)| *preset == name.as_str())?;
    read_roles(text)
        .map(|roles| roles.into_iter().next())
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::{ProposedChange, Reach, assess};
    use crate::{Boundaries, TaskKind};

    fn presets() -> Vec<Role> {
        PRESETS
            .iter()
            .map(|(name, _)| preset(&name.parse().unwrap()).unwrap().unwrap())
            .collect()
    }

    #[test]
    fn every_preset_says_everything_a_role_can_say() {
        for (role, (name, text)) in presets().iter().zip(PRESETS) {
            assert_eq!(role.name.as_str(), name);
            assert_eq!(read_roles(text).unwrap().len(), 1, "{name}");
            assert!(role.deliverables.len() >= 3, "{name}");
            assert!(role.definition_of_done.len() >= 3, "{name}");
            assert!(role.key_questions.len() >= 3, "{name}");
            assert!(role.prompt.trim().len() > 300, "{name}");
            assert_ne!(role.boundaries, Boundaries::default(), "{name}");
            assert!(!role.boundaries.notes.is_empty(), "{name}");
            assert!(
                !role.owns.paths.is_empty() && !role.owns.kinds.is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn no_preset_must_leave_what_it_owns() {
        for role in presets() {
            for kind in &role.owns.kinds {
                assert!(
                    !role.boundaries.kinds.contains(kind),
                    "{} {kind:?}",
                    role.name
                );
            }
            for ours in &role.owns.paths {
                let stopped = role
                    .boundaries
                    .paths
                    .iter()
                    .find(|path| path.overlaps(ours));
                assert_eq!(stopped, None, "{} {ours}", role.name);
            }
        }
    }

    #[test]
    fn every_kind_of_change_belongs_to_some_preset() {
        let presets = presets();
        for kind in TaskKind::ALL {
            assert!(
                presets.iter().any(|role| role.owns.kinds.contains(kind)),
                "{kind}"
            );
        }
    }

    #[test]
    fn what_one_preset_must_leave_another_may_do() {
        let presets = presets();
        for role in &presets {
            for path in &role.boundaries.paths {
                let change = ProposedChange {
                    kind: None,
                    reach: Reach::Declared(std::slice::from_ref(path)),
                };
                let answer = assess(role, &presets, change).unwrap_err();
                assert!(!answer.belongs_to.is_empty(), "{} {path}", role.name);
            }
        }
    }
}
