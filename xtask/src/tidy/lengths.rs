//! Files and functions stay short. Both limits are ratchets: what is longer must be listed with
//! its length in `.config/lengths.txt`, and may only shrink.

use std::collections::BTreeMap;

use super::SourceFile;

const FILE_LINES_MAX: usize = 500;
const TEST_FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const RATCHET: &str = ".config/lengths.txt";

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let ratchet = files
        .iter()
        .find(|file| file.path == RATCHET)
        .map(|file| file.text.as_str());
    let mut allowed = parse_ratchet(ratchet.unwrap_or(""));
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let limit = if file.is_test() {
            TEST_FILE_LINES_MAX
        } else {
            FILE_LINES_MAX
        };
        let mut judge = |name: String, lines: usize, limit: usize| {
            let bound = allowed.remove(&name).unwrap_or(limit);
            if lines > bound {
                problems.push(format!(
                    "{name} has {lines} lines; at most {bound} are allowed: split it"
                ));
            } else if bound > limit && lines < bound {
                problems.push(format!(
                    "{name} shrank to {lines} lines: lower its entry in {RATCHET}"
                ));
            }
        };
        judge(file.path.clone(), file.text.lines().count(), limit);
        if !file.is_test() {
            for function in functions(&file.text) {
                judge(
                    format!("{}:{}", file.path, function.name),
                    function.lines,
                    FUNCTION_LINES_MAX,
                );
            }
        }
    }
    problems.extend(
        allowed
            .keys()
            .map(|name| format!("{RATCHET} lists {name}, which is gone: remove the entry")),
    );
    problems
}

fn parse_ratchet(text: &str) -> BTreeMap<String, usize> {
    let entry = |line: &str| {
        let (name, lines) = line.rsplit_once(' ')?;
        Some((name.to_owned(), lines.parse().ok()?))
    };
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(entry)
        .collect()
}

struct Function {
    name: String,
    lines: usize,
}

/// Functions of a formatted file: from the line with `fn` to the line that closes it, which
/// rustfmt puts at the same indentation.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let indentation = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indentation}}}");
        if let Some(length) = lines[at..].iter().position(|later| *later == closing) {
            found.push(Function {
                name,
                lines: length + 1,
            });
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let line = line.trim_start();
    let (before, after) = line.split_once("fn ")?;
    let is_declaration = before.split_whitespace().all(|word| {
        word.starts_with("pub")
            || word.ends_with(')')
            || matches!(word, "async" | "const" | "unsafe" | "extern" | "in")
    });
    let opens = !line.ends_with(';') && !line.ends_with('}');
    let name: String = after
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    (is_declaration && opens && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn function_of(lines: usize) -> String {
        format!(
            "pub(crate) fn long() {{\n{}}}\n",
            "    step();\n".repeat(lines - 2)
        )
    }

    #[test]
    fn a_function_longer_than_a_screen_is_a_problem() {
        assert!(check(&[file("a.rs", &function_of(70))]).is_empty());
        assert_eq!(
            check(&[file("a.rs", &function_of(71))]),
            ["a.rs:long has 71 lines; at most 70 are allowed: split it"]
        );
    }

    #[test]
    fn a_listed_length_may_only_shrink() {
        let listed = |lines| {
            [
                file("a.rs", &function_of(80)),
                file(RATCHET, &format!("a.rs:long {lines}\n")),
            ]
        };
        assert!(check(&listed(80)).is_empty());
        assert_eq!(check(&listed(79)).len(), 1);
        assert_eq!(
            check(&listed(90)),
            ["a.rs:long shrank to 80 lines: lower its entry in .config/lengths.txt"]
        );
    }

    #[test]
    fn a_file_past_its_limit_is_a_problem() {
        assert_eq!(check(&[file("a.rs", &"\n".repeat(501))]).len(), 1);
        assert!(check(&[file("crates/a/tests/it/a.rs", &"\n".repeat(501))]).is_empty());
    }
}
