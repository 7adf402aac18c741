//! Which changed files belong to a check's test, and which decide the check and must not change.

use crate::{Check, CheckRun, PathGlob, ProofKind};

/// The changed files that belong to the test itself: those that the check declares; when it
/// declares none, those that look like tests, and those that the check's own command names and
/// the base does not have.
pub fn test_files(check: &Check, changed: &[ChangedFile]) -> Vec<String> {
    let is_test = |file: &ChangedFile| {
        if check.tests.is_empty() {
            looks_like_test(&file.path) || (!file.in_base && is_argument(check, &file.path))
        } else {
            covered(&check.tests, &file.path)
        }
    };
    let tests = changed.iter().filter(|file| is_test(file));
    tests.map(|file| file.path.clone()).collect()
}

/// The changed files that decide the check, and must not change: those that it freezes, those that
/// its command names, and the file whose recipes `make` or `just` runs, unless it declares them as
/// tests. A folder that the command names is not frozen: tests are added there.
pub fn edited_check_files(check: &Check, changed: &[ChangedFile]) -> Vec<String> {
    let decides = |file: &ChangedFile| {
        covered(&check.frozen, &file.path)
            || (file.in_base
                && (is_argument(check, &file.path) || holds_recipes(check, &file.path))
                && !covered(&check.tests, &file.path))
    };
    let edited = changed.iter().filter(|file| decides(file));
    edited.map(|file| file.path.clone()).collect()
}

/// A file that differs between base and work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path.
    pub path: String,
    /// Whether the base has it.
    pub in_base: bool,
}

/// Whether a check has to fail on the base.
pub fn needs_red(check: &Check) -> bool {
    match (&check.proof, &check.run) {
        (ProofKind::GreenOnly { .. }, _) | (ProofKind::RedGreen, CheckRun::Gate { .. }) => false,
        (ProofKind::RedGreen, CheckRun::Command { .. }) => true,
    }
}

fn covered(globs: &[PathGlob], path: &str) -> bool {
    globs.iter().any(|glob| glob.covers(path))
}

fn is_argument(check: &Check, path: &str) -> bool {
    check.run.argv().iter().any(|argument| {
        argument.strip_prefix("./").unwrap_or(argument) == path
            || argument
                .split_whitespace()
                .any(|word| word.strip_prefix("./").unwrap_or(word) == path)
    })
}

/// Whether a check runs a script of a `package.json`.
pub fn runs_package_scripts(check: &Check) -> bool {
    const PROGRAMS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];
    programs(check).any(|program| PROGRAMS.contains(&program))
}

/// Whether a file holds the recipes that the check's program runs.
fn holds_recipes(check: &Check, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    programs(check).any(|program| match program {
        "make" | "gmake" => matches!(name.as_str(), "makefile" | "gnumakefile"),
        "just" => matches!(name.as_str(), "justfile" | ".justfile"),
        _other => false,
    })
}

/// The program of a check; of one that a shell or `env` runs, every word of it.
fn programs(check: &Check) -> impl Iterator<Item = &str> {
    let argv = check.run.argv();
    let path = argv.first().map_or("", String::as_str);
    let first = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let is_shell = matches!(first, "sh" | "bash" | "dash" | "zsh" | "env");
    let words = argv.iter().filter(move |_| is_shell);
    std::iter::once(first).chain(words.flat_map(|word| word.split_whitespace()))
}

/// Where tests lie, and how they are called, in the languages at large.
fn looks_like_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_folder = folders
        .split('/')
        .any(|folder| matches!(folder, "test" | "tests" | "__tests__" | "spec" | "specs"));
    let stem = name.split('.').next().unwrap_or(name);
    in_folder
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || name.contains(".test.")
        || name.contains(".spec.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(argv: &[&str], tests: &[&str], frozen: &[&str]) -> Check {
        let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Check {
            name: "unit".parse().unwrap(),
            run: CheckRun::Command {
                argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            },
            proof: ProofKind::RedGreen,
            tests: globs(tests),
            frozen: globs(frozen),
            seconds_max: 60,
        }
    }

    fn changed(files: &[(&str, bool)]) -> Vec<ChangedFile> {
        let one = |(path, in_base): &(&str, bool)| ChangedFile {
            path: (*path).to_owned(),
            in_base: *in_base,
        };
        files.iter().map(one).collect()
    }

    #[test]
    fn without_a_declaration_what_looks_like_a_test_is_one() {
        let files = changed(&[
            ("src/sum.py", true),
            ("tests/test_sum.py", false),
            ("src/sum.test.js", false),
            ("pkg/sum_test.go", true),
            ("verify.sh", false),
            ("contest/a.py", true),
        ]);
        assert_eq!(
            test_files(&check(&["sh", "./verify.sh"], &[], &[]), &files),
            [
                "tests/test_sum.py",
                "src/sum.test.js",
                "pkg/sum_test.go",
                "verify.sh"
            ]
        );
        assert_eq!(
            test_files(&check(&["sh"], &["src/sum.test.js"], &[]), &files),
            ["src/sum.test.js"]
        );
    }

    #[test]
    fn what_the_command_names_must_not_change_unless_it_is_declared_as_a_test() {
        let files = changed(&[("check.sh", true), ("Makefile", true), ("new.sh", false)]);
        for (argv, tests, frozen, edited) in [
            (&["sh", "check.sh"][..], &[][..], &[][..], &["check.sh"][..]),
            (&["sh", "check.sh"], &["check.sh"], &[], &[]),
            (&["sh", "-c", "sh ./check.sh"], &[], &[], &["check.sh"]),
            (&["sh", "new.sh"], &[], &[], &[]),
            (&["make"], &[], &["Makefile"], &["Makefile"]),
            (&["make", "test"], &[], &[], &["Makefile"]),
            (&["sh", "-c", "make test"], &[], &[], &["Makefile"]),
            (&["make"], &["Makefile"], &[], &[]),
            (&["remake"], &[], &[], &[]),
        ] {
            let check = check(argv, tests, frozen);
            assert_eq!(edited_check_files(&check, &files), edited, "{argv:?}");
        }
    }
}
