//! A module is named for what it does, and a public type's name is taken once. (A wire shape may
//! bear the name of what it carries.)

use std::collections::BTreeMap;

use super::SourceFile;

const BANNED_MODULES: &[&str] = &[
    "utils", "util", "common", "helpers", "helper", "misc", "shared", "manager",
];

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut owners: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let parts = file
            .path
            .split('/')
            .map(|part| part.trim_end_matches(".rs"));
        let banned = parts.filter(|part| BANNED_MODULES.contains(part));
        problems.extend(
            banned.map(|part| format!("{}: name it for what it does, not {part:?}", file.path)),
        );
        let Some((layer, _)) = file
            .path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        if file.path.contains("/wire") {
            continue;
        }
        for name in public_types(&file.text) {
            match owners.get(name) {
                Some((owner, path)) if *owner != layer => {
                    problems.push(format!(
                        "{}: {name} is already a type of {path}: one word per concept",
                        file.path
                    ));
                }
                Some(_) => {}
                None => {
                    owners.insert(name, (layer, &file.path));
                }
            }
        }
    }
    problems
}

fn public_types(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let declared = line
            .strip_prefix("pub struct ")
            .or_else(|| line.strip_prefix("pub enum "))?;
        declared.split(|c: char| !c.is_alphanumeric()).next()
    })
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn a_module_that_is_named_for_nothing_is_a_problem() {
        assert_eq!(check(&[file("crates/gate/src/utils.rs", "")]).len(), 1);
        assert_eq!(
            check(&[file("crates/gate/src/common/time.rs", "")]).len(),
            1
        );
        assert!(check(&[file("crates/gate/src/policy.rs", "")]).is_empty());
    }

    #[test]
    fn a_type_name_in_two_crates_is_a_problem() {
        let declaration = "pub struct Task {\n}\n";
        let in_two = [
            file("crates/gate/src/a.rs", declaration),
            file("crates/work/src/a.rs", declaration),
        ];
        assert_eq!(check(&in_two).len(), 1);
        assert!(check(&in_two[..1]).is_empty());
    }
}
