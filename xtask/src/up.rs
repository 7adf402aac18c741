//! `cargo xtask up`: the main job on the bundled example. Measures two versions of a search
//! service, asks the `release` gate, writes the report and checks it.

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::value_of;

/// Where the measurements and the report go.
const OUT: &str = "target/example";

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    let candidate = value_of("--candidate", arguments)?.unwrap_or("candidate");
    let seconds = value_of("--seconds", arguments)?.unwrap_or("60");
    cmd!(
        shell,
        "cargo build --release --locked --package adjutant-cli --package adjutant-example-search"
    )
    .run()?;
    eprintln!("measuring baseline and {candidate} for {seconds} s");
    let search = "target/release/search";
    cmd!(
        shell,
        "{search} drive --out {OUT} --seconds {seconds} --candidate {candidate}"
    )
    .quiet()
    .ignore_stdout()
    .run()?;
    let adjutant = "target/release/adjutant";
    let evidence = &evidence_arguments();
    let report = cmd!(
        shell,
        "{adjutant} report deployment --gate release {evidence...} --out {OUT}"
    );
    let decided = report.quiet().ignore_status().output()?;
    let code = decided.status.code();
    cmd!(shell, "{adjutant} gate release {evidence...}")
        .quiet()
        .ignore_status()
        .run()?;
    if !matches!(code, Some(0 | 10 | 20 | 30)) {
        bail!(
            "the report failed: {}",
            String::from_utf8_lossy(&decided.stderr)
        );
    }
    cmd!(shell, "{adjutant} verify {OUT}/deployment_report.md")
        .quiet()
        .run()?;
    println!("\nReport: {OUT}/deployment_report.md, .html and .json");
    println!("Check it yourself: {adjutant} verify {OUT}/deployment_report.md");
    Ok(())
}

fn evidence_arguments() -> Vec<String> {
    let files = [
        ("baseline", "baseline.csv"),
        ("baseline", "baseline.run"),
        ("candidate", "candidate.csv"),
        ("candidate", "candidate.run"),
        ("ablation", "ablation.run"),
        ("qrels", "queries.qrels"),
    ];
    files
        .iter()
        .flat_map(|(subject, file)| ["--evidence".to_owned(), format!("{subject}={OUT}/{file}")])
        .collect()
}
