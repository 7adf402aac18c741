//! Dependencies point one way, and pure crates stay pure. ARCHITECTURE.md draws this table.

use super::SourceFile;

/// The crates from the ground up: each may depend on those before it that its row names.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("stats", &["domain"]),
    ("formats", &["domain"]),
    ("gate", &["domain", "stats"]),
    ("work", &["domain", "stats"]),
    ("supply", &["domain"]),
    ("document", &["domain"]),
    ("schema", &["document"]),
    ("shadow", &["domain", "stats"]),
    ("rollout", &["document", "domain", "gate", "stats"]),
    ("objective", &["document", "domain"]),
    ("announce", &["document", "domain", "rollout"]),
    (
        "report",
        &[
            "domain",
            "stats",
            "gate",
            "work",
            "rollout",
            "objective",
            "announce",
            "schema",
            "supply",
            "shadow",
        ],
    ),
    ("store", &["announce", "domain", "gate", "rollout", "work"]),
    (
        "outbound",
        &["announce", "domain", "formats", "work", "supply", "shadow"],
    ),
    ("traffic", &["domain", "stats", "shadow", "outbound"]),
    ("engine", &["document", "outbound", "rollout"]),
    (
        "app",
        &[
            "domain",
            "stats",
            "formats",
            "gate",
            "work",
            "schema",
            "supply",
            "shadow",
            "rollout",
            "objective",
            "announce",
            "report",
            "store",
            "outbound",
            "traffic",
            "engine",
        ],
    ),
    (
        "wire",
        &[
            "domain",
            "gate",
            "work",
            "rollout",
            "objective",
            "store",
            "outbound",
            "traffic",
            "app",
        ],
    ),
    (
        "mcp",
        &[
            "domain", "gate", "work", "report", "store", "outbound", "app", "wire",
        ],
    ),
    (
        "api",
        &[
            "domain", "gate", "work", "rollout", "report", "store", "outbound", "app", "wire",
            "mcp",
        ],
    ),
    (
        "cli",
        &[
            "domain",
            "stats",
            "formats",
            "gate",
            "work",
            "schema",
            "supply",
            "shadow",
            "rollout",
            "objective",
            "announce",
            "report",
            "store",
            "outbound",
            "traffic",
            "app",
            "wire",
            "mcp",
            "api",
        ],
    ),
    ("testkit", &["domain", "work", "store"]),
];

/// Crates that compute and nothing else.
const PURE: &[&str] = &[
    "domain",
    "stats",
    "formats",
    "gate",
    "work",
    "document",
    "schema",
    "supply",
    "shadow",
    "rollout",
    "objective",
    "announce",
    "report",
];

/// A foreign crate, and the only crates of ours that may know it.
const KEEPERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("tokio-postgres", &["store", "testkit"]),
    ("reqwest", &["outbound"]),
    ("clap", &["cli"]),
    ("axum", &["api"]),
    ("rmcp", &["mcp"]),
    ("hyper", &["traffic", "api"]),
    (
        "tokio",
        &[
            "store", "outbound", "traffic", "engine", "app", "mcp", "api", "cli", "testkit",
        ],
    ),
];

/// What a pure crate never says.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::net",
    "SystemTime",
    "Instant::now",
];

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        let Some((layer, rest)) = file
            .path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        if rest == "Cargo.toml" {
            problems.extend(check_manifest(layer, file));
        } else if PURE.contains(&layer) && rest.starts_with("src/") {
            let said = IMPURE
                .iter()
                .filter(|word| code_of(&file.text).any(|line| line.contains(**word)));
            problems.extend(said.map(|word| format!("{} says {word}: {layer} is pure", file.path)));
        }
    }
    problems
}

fn check_manifest(layer: &str, file: &SourceFile) -> Vec<String> {
    let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!(
            "{}: add {layer} to LAYERS in xtask and to ARCHITECTURE.md",
            file.path
        )];
    };
    let manifest: toml::Table = match toml::from_str(&file.text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("{}: {error}", file.path)],
    };
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let mut problems = Vec::new();
    for name in dependencies.into_iter().flat_map(toml::Table::keys) {
        if let Some(ours) = name.strip_prefix("adjutant-") {
            if !below.contains(&ours) {
                problems.push(format!(
                    "{} depends on {ours}, which is not below {layer}",
                    file.path
                ));
            }
        } else if let Some((_, keepers)) = KEEPERS.iter().find(|(foreign, _)| foreign == name)
            && !keepers.contains(&layer)
        {
            problems.push(format!(
                "{} depends on {name}, which only {} may know",
                file.path,
                keepers.join(", ")
            ));
        }
    }
    problems
}

fn code_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn a_dependency_that_points_up_is_a_problem() {
        let manifest = "[dependencies]\nadjutant-gate.workspace = true\n";
        assert_eq!(
            check(&[file("crates/stats/Cargo.toml", manifest)]),
            ["crates/stats/Cargo.toml depends on gate, which is not below stats"]
        );
        assert!(check(&[file("crates/report/Cargo.toml", manifest)]).is_empty());
    }

    #[test]
    fn only_the_store_knows_the_database() {
        let manifest = "[dependencies]\nrusqlite = \"0.41\"\n";
        assert_eq!(check(&[file("crates/app/Cargo.toml", manifest)]).len(), 1);
        assert!(check(&[file("crates/store/Cargo.toml", manifest)]).is_empty());
    }

    #[test]
    fn a_pure_crate_that_reads_a_file_is_a_problem() {
        let reading = "fn read() { std::fs::read(\"x\"); }\n";
        assert_eq!(check(&[file("crates/gate/src/a.rs", reading)]).len(), 1);
        assert!(check(&[file("crates/outbound/src/a.rs", reading)]).is_empty());
        assert!(check(&[file("crates/gate/src/a.rs", "// std::fs is for others\n")]).is_empty());
    }
}
