//! `cargo xtask up`: the main job on the bundled example. Measures two versions of a search
//! service, asks the `release` gate, writes the report and checks it.

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::value_of;

/// Where the measurements and the report go.
const OUT: &str = "target/example";

/// What `adjutant` exits with when it has an answer: GO, SHADOW ONLY, PAUSE_AND_FIX, REJECT.
const VERDICTS: [i32; 4] = [0, 10, 20, 30];

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    let candidate = value_of("--candidate", arguments)?.unwrap_or("candidate");
    let seconds = value_of("--seconds", arguments)?.unwrap_or("60");
    cmd!(
        shell,
        "cargo build --release --locked --package adjutant-cli --package adjutant-example-search"
    )
    .run()?;
    let programs = shell.current_dir().join("target/release");
    let (search, adjutant) = (programs.join("search"), programs.join("adjutant"));

    eprintln!("measuring baseline and {candidate} for {seconds} s");
    let drive = cmd!(
        shell,
        "{search} drive --out {OUT} --seconds {seconds} --candidate {candidate}"
    );
    let evidence = &evidence_of(&drive.quiet().read()?)?;
    answer(cmd!(shell, "{adjutant} gate release {evidence...}"))?;
    eprintln!("\nreport of this decision:");
    answer(cmd!(
        shell,
        "{adjutant} report deployment --gate release --out {OUT}"
    ))?;
    cmd!(shell, "{adjutant} verify {OUT}/deployment.md")
        .quiet()
        .run()?;
    eprintln!(
        "\nopen {OUT}/deployment.html, or check it again: target/release/adjutant verify {OUT}/deployment.md"
    );
    Ok(())
}

/// Runs a command whose exit code is a verdict: any verdict is an answer.
fn answer(command: xshell::Cmd<'_>) -> Result<()> {
    let mut command: std::process::Command = command.into();
    let code = command.status()?.code();
    ensure!(
        code.is_some_and(|code| VERDICTS.contains(&code)),
        "no verdict: exit code {code:?}"
    );
    Ok(())
}

/// The driver's list of files as the gate's arguments.
fn evidence_of(listing: &str) -> Result<Vec<String>> {
    let listing: serde_json::Value =
        serde_json::from_str(listing).context("the driver lists its files as JSON")?;
    let files = listing["files"]
        .as_array()
        .context("the driver lists its files")?;
    let mut arguments = Vec::new();
    for file in files {
        let text = |key: &str| {
            file[key]
                .as_str()
                .with_context(|| format!("a listed file has no {key}"))
        };
        arguments.extend([
            "--evidence".to_owned(),
            format!("{}={}", text("subject")?, text("path")?),
        ]);
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drivers_files_become_evidence() {
        let listing =
            r#"{"files":[{"subject":"baseline","format":"samples","path":"out/baseline.csv"}]}"#;
        assert_eq!(
            evidence_of(listing).unwrap(),
            ["--evidence", "baseline=out/baseline.csv"]
        );
        assert!(evidence_of(r#"{"files":[{"subject":"baseline"}]}"#).is_err());
    }
}
