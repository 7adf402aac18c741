//! `cargo xtask test`: everything that must hold before a change is taken.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{prepare, tidy, web};

pub(crate) fn run(shell: &Shell) -> Result<()> {
    prepare::run(shell)?;
    step("formatting");
    cmd!(shell, "cargo fmt --all --check").quiet().run()?;
    step("tidy");
    tidy::run(shell)?;
    step("clippy");
    cmd!(
        shell,
        "cargo clippy --quiet --workspace --all-targets --locked -- --deny warnings"
    )
    .quiet()
    .run()?;
    if prepare::find("cargo-deny").is_some() {
        step("licences and sources of the dependencies");
        cmd!(
            shell,
            "cargo deny --log-level error check bans licenses sources"
        )
        .quiet()
        .run()?;
    } else {
        step("licences and sources of the dependencies: NOT CHECKED, cargo-deny is not installed");
    }
    step("tests");
    if prepare::find("cargo-nextest").is_some() {
        cmd!(shell, "cargo nextest run --workspace --locked")
            .quiet()
            .run()?;
    } else {
        cmd!(
            shell,
            "cargo test --quiet --workspace --locked --all-targets"
        )
        .quiet()
        .run()?;
    }
    step("dashboard");
    web::test(shell)
}

fn step(name: &str) {
    eprintln!("== {name}");
}
