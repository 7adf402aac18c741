//! Nothing unfinished and nothing of one machine is left in the tree.

use super::SourceFile;

/// Built from halves, so that this file does not find itself.
fn markers() -> Vec<String> {
    [
        ("TO", "DO"),
        ("FIX", "ME"),
        ("X", "XX"),
        ("HA", "CK"),
        ("dbg", "!("),
        ("todo", "!("),
        ("unimplemented", "!("),
    ]
    .map(|(head, tail)| format!("{head}{tail}"))
    .to_vec()
}

/// Folders that exist on one machine only.
fn machine_paths() -> Vec<String> {
    ["/work", "/root", "/farm", "/home"]
        .map(|folder| format!("{folder}/"))
        .to_vec()
}

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let (markers, machine_paths) = (markers(), machine_paths());
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| !file.path.ends_with(".lock")) {
        for (number, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, number + 1);
            if let Some(marker) = markers.iter().find(|marker| has_word(line, marker)) {
                problems.push(format!(
                    "{place}: {marker} is left over: finish it, or open an issue"
                ));
            }
            if let Some(path) = machine_paths.iter().find(|path| has_path(line, path)) {
                problems.push(format!("{place}: {path} is a folder of one machine"));
            }
        }
    }
    problems
}

fn has_word(line: &str, word: &str) -> bool {
    stands_alone(
        line,
        word,
        |before| before.is_alphanumeric() || before == '_',
        |after| {
            word.ends_with(|c: char| c.is_alphabetic()) && (after.is_alphanumeric() || after == '_')
        },
    )
}

fn has_path(line: &str, path: &str) -> bool {
    stands_alone(
        line,
        path,
        |before| before.is_alphanumeric() || "_.-/}$*~>".contains(before),
        |after| !after.is_alphabetic(),
    )
}

/// Whether `word` stands in `line` with neither neighbour spoiling it.
fn stands_alone(
    line: &str,
    word: &str,
    spoils_before: impl Fn(char) -> bool,
    spoils_after: impl Fn(char) -> bool,
) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(&spoils_before) && !after.is_some_and(&spoils_after)
    })
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn a_leftover_marker_is_a_problem() {
        for marker in markers() {
            let line = format!("let x = 1; // {marker} later\n");
            assert_eq!(check(&[file("a.rs", &line)]).len(), 1, "{marker}");
        }
        assert!(check(&[file("a.rs", "// a mastodon is not a marker\n")]).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_a_problem() {
        let line = format!("see {}someone/notes\n", machine_paths()[3]);
        assert_eq!(check(&[file("a.md", &line)]).len(), 1);
        assert!(check(&[file("a.md", "docs/work/queue\n")]).is_empty());
    }
}
