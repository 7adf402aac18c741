//! A Rust file that no other file declares is never compiled, so its tests never run.

use std::collections::BTreeSet;

use super::SourceFile;

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        if is_second_test_binary(&file.path) {
            problems.push(format!(
                "{}: move it into tests/it/, one test binary a crate",
                file.path
            ));
        }
        let Some((parents, module)) = declared_in(&file.path) else {
            continue;
        };
        let declaration = format!("mod {module};");
        let declares = |parent: &String| {
            files
                .iter()
                .any(|other| other.path == *parent && other.text.contains(&declaration))
        };
        if !parents.iter().any(declares) {
            let parent = parents
                .iter()
                .find(|parent| paths.contains(parent.as_str()));
            let place = parent.or(parents.first()).map_or("", String::as_str);
            problems.push(format!(
                "{}: {place} does not say `{declaration}`",
                file.path
            ));
        }
    }
    problems
}

fn is_second_test_binary(path: &str) -> bool {
    let Some((_, below)) = path.split_once("/tests/") else {
        return false;
    };
    path.starts_with("crates/") && !below.contains('/')
}

/// The files that may declare this one as a module, and the module's name. `None` for the root
/// of a binary, a library or a test.
fn declared_in(path: &str) -> Option<(Vec<String>, String)> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_root = matches!(name, "main.rs" | "lib.rs" | "build.rs")
        || [
            "/bin",
            "/examples",
            "/benches",
            "/fuzz_targets",
            "/tests/programs",
        ]
        .iter()
        .any(|ending| folder.ends_with(ending))
        || folder == "fuzz_targets"
        || folder.ends_with("/tests");
    if is_root {
        return None;
    }
    let (folder, module) = match name {
        "mod.rs" => folder.rsplit_once('/')?,
        _ => (folder, name.trim_end_matches(".rs")),
    };
    let candidates = ["main.rs", "lib.rs", "mod.rs"].map(|root| format!("{folder}/{root}"));
    let sibling = format!("{folder}.rs");
    Some((
        candidates.into_iter().chain([sibling]).collect(),
        module.to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn a_test_file_that_nobody_declares_is_a_problem() {
        let main = file("crates/gate/tests/it/main.rs", "mod policy;\n");
        let policy = file("crates/gate/tests/it/policy.rs", "");
        let forgotten = file("crates/gate/tests/it/verdict.rs", "");
        assert_eq!(
            check(&[main, policy, forgotten]),
            [
                "crates/gate/tests/it/verdict.rs: crates/gate/tests/it/main.rs does not say `mod verdict;`"
            ]
        );
    }

    #[test]
    fn a_module_in_a_folder_is_declared_by_the_file_of_the_folders_name() {
        let parent = file("crates/gate/src/policy.rs", "mod target;\n");
        let root = file("crates/gate/src/lib.rs", "pub mod policy;\n");
        assert!(check(&[root, parent, file("crates/gate/src/policy/target.rs", "")]).is_empty());
    }

    #[test]
    fn a_second_test_binary_is_a_problem() {
        assert_eq!(check(&[file("crates/gate/tests/more.rs", "")]).len(), 1);
    }
}
