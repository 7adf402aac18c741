//! Lockfiles that the tools themselves wrote, before and after their dependencies moved.

use std::fmt::Write;
use std::path::Path;

use adjutant_supply::{DepsRule, Lockfile, align, read_lockfile};

const TOOLS: [(&str, &str); 12] = [
    ("berry", "yarn.lock"),
    ("cargo", "Cargo.lock"),
    ("go_mod", "go.mod"),
    ("go_sum", "go.sum"),
    ("npm1", "package-lock.json"),
    ("npm2", "package-lock.json"),
    ("npm3", "package-lock.json"),
    ("pip", "requirements.txt"),
    ("pnpm", "pnpm-lock.yaml"),
    ("poetry", "poetry.lock"),
    ("uv", "uv.lock"),
    ("yarn1", "yarn.lock"),
];

fn read(tool: &str, side: &str, file: &str) -> Lockfile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lock");
    let bytes = std::fs::read(root.join(tool).join(side).join(file)).unwrap();
    read_lockfile(file, &bytes).unwrap()
}

#[test]
fn the_lockfile_of_every_tool_is_read_and_compared() {
    let mut text = String::new();
    for (tool, file) in TOOLS {
        let (old, new) = (read(tool, "baseline", file), read(tool, "candidate", file));
        writeln!(text, "{tool}: {}, {}", new.format, new.ecosystem).unwrap();
        for package in new.packages.iter().take(4) {
            let version = package.version.as_deref().unwrap_or("any");
            let hashes = package.hashes.len();
            writeln!(text, "  has {} {version}, {hashes} checksums", package.name).unwrap();
        }
        for finding in align(&old, &new) {
            let sides = [finding.baseline.join(","), finding.candidate.join(",")];
            let rule = finding.rule.name();
            let package = &finding.package;
            writeln!(
                text,
                "  {} {rule} {package}: {}",
                finding.weight,
                sides.join(" -> ")
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_lockfile_held_against_itself_shows_no_change() {
    for (tool, file) in TOOLS {
        let lockfile = read(tool, "baseline", file);
        let changed: Vec<_> = align(&lockfile, &lockfile)
            .into_iter()
            .filter(|finding| finding.weight != adjutant_supply::ChangeWeight::Safe)
            .collect();
        assert_eq!(changed, [], "{tool}");
    }
}

#[test]
fn what_the_candidate_leaves_open_is_told() {
    for (file, old, new, expected) in [
        (
            "requirements.txt",
            "idna==3.4 --hash=sha256:aa\n",
            "idna>=3\n",
            vec![
                DepsRule::NotCompared,
                DepsRule::Unpinned,
                DepsRule::Unhashed,
            ],
        ),
        (
            "requirements.txt",
            "idna==3.4 --hash=sha256:aa\n",
            "idna==3.4\n",
            vec![DepsRule::Unhashed],
        ),
        (
            "requirements.txt",
            "idna==3.4 --hash=sha256:aa\n",
            "idna==3.4 --hash=sha256:bb\n",
            vec![DepsRule::OtherContent],
        ),
        (
            "requirements.txt",
            "idna==3.4 --hash=sha256:aa\n",
            "idna==3.4 --hash=sha256:aa\n-r more.txt\n",
            vec![DepsRule::NotFollowed],
        ),
        (
            "requirements.txt",
            "idna==3.4 --hash=sha256:aa\n",
            "idna==2.4 --hash=sha256:bb\n",
            vec![DepsRule::Downgraded],
        ),
        (
            "go.sum",
            "a.b/c v1.0.0 h1:x=\n",
            "a.b/c v1.0.1-0.20240101000000-abcdef123456 h1:y=\n",
            vec![DepsRule::Changed],
        ),
        (
            "Cargo.lock",
            "[[package]]\nname = \"a\"\nversion = \"0.1.2\"\nsource = \"r\"\nchecksum = \"x\"\n",
            "[[package]]\nname = \"a\"\nversion = \"0.1.2\"\nsource = \"r\"\nchecksum = \"x\"\n[[package]]\nname = \"a\"\nversion = \"0.2.0\"\nsource = \"r\"\nchecksum = \"y\"\n",
            vec![DepsRule::MajorStep, DepsRule::SeveralVersions],
        ),
    ] {
        let read = |text: &str| read_lockfile(file, text.as_bytes()).unwrap();
        let mut found: Vec<DepsRule> = align(&read(old), &read(new))
            .iter()
            .map(|finding| finding.rule)
            .collect();
        found.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(found, expected, "{new}");
    }
}
