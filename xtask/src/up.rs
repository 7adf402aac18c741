//! `cargo xtask up`: the main job on the bundled example. Measures two versions of a search
//! service, runs the checks before traffic, asks the `release` gate, writes the report and checks
//! it. All of it happens in a repository of its own below `target/`.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::value_of;

/// Where the measurements and the report go, and what is noted about them.
const OUT: &str = "target/example";

/// What `adjutant` exits with when it has an answer: GO, SHADOW ONLY, PAUSE_AND_FIX, REJECT.
const VERDICTS: [i32; 4] = [0, 10, 20, 30];

/// What a driver's file is that a gate reads as it is.
const EVIDENCE: [&str; 4] = ["trec-run", "trec-qrels", "samples", "bmf"];

/// How a section of a report starts that nothing is known for.
const SECTION_WITHOUT_DATA: &str = "**NO DATA AVAILABLE";

/// What a change of the ranking is meant to change: which products are found, how many and with
/// which scores, and the version's name. Types, fields, encodings and everything else must stay.
const MEANT_TO_CHANGE: [&str; 12] = [
    "--ignore",
    "body.version",
    "--unordered",
    "body.results",
    "--tolerance",
    "body.results=1",
    "--tolerance",
    "body.results[*].score=1",
    "--text",
    "body.results[*].id=0",
    "--text",
    "body.results[*].title=0",
];

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    let candidate = value_of("--candidate", arguments)?.unwrap_or("candidate");
    let seconds = value_of("--seconds", arguments)?.unwrap_or("60");
    cmd!(
        shell,
        "cargo build --release --locked --package adjutant-cli --package adjutant-example-search"
    )
    .run()?;
    let root = shell.current_dir();
    let search = root.join("target/release/search");
    shell.create_dir(OUT)?;
    let _in_the_example = shell.push_dir(OUT);
    let example = Example {
        shell,
        adjutant: root.join("target/release/adjutant"),
        root,
    };
    example.set_up()?;

    eprintln!("measuring baseline and {candidate} for {seconds} s");
    let drive = cmd!(
        shell,
        "{search} drive --out . --seconds {seconds} --candidate {candidate}"
    );
    let measured = measured(&drive.quiet().read()?)?;
    let evidence = &example.evidence(&measured)?;
    let adjutant = &example.adjutant;
    answer(cmd!(shell, "{adjutant} gate release {evidence...}"))?;
    eprintln!("\nreport of this decision:");
    answer(cmd!(shell, "{adjutant} report deployment --gate release"))?;
    for report in ["deployment.md", "innovation_report.md"] {
        cmd!(shell, "{adjutant} verify {report}").quiet().run()?;
        let text = shell.read_file(report)?;
        ensure!(
            !text.contains(SECTION_WITHOUT_DATA),
            "a section of {OUT}/{report} has no data"
        );
    }
    eprintln!(
        "\nopen {OUT}/deployment.html, or check it again: \
         cd {OUT} && ../release/adjutant verify deployment.md"
    );
    Ok(())
}

/// The bundled example in a repository of its own.
struct Example<'a> {
    shell: &'a Shell,
    adjutant: PathBuf,
    root: PathBuf,
}

impl Example<'_> {
    /// A repository, and the tasks that the candidate comes from, once.
    fn set_up(&self) -> Result<()> {
        let (shell, adjutant) = (self.shell, &self.adjutant);
        cmd!(shell, "git init --quiet").quiet().run()?;
        let mut tasks = shell.read_dir(self.root.join("examples/search/tasks"))?;
        tasks.sort();
        cmd!(
            shell,
            "{adjutant} task add --key bundled-example --from {tasks...}"
        )
        .quiet()
        .ignore_stdout()
        .run()?;
        Ok(())
    }

    /// The gate's arguments: what was measured, and what the checks before traffic answer.
    fn evidence(&self, measured: &[MeasuredFile]) -> Result<Vec<String>> {
        let mut arguments = Vec::new();
        let mut give = |subject: &str, path: &str| {
            arguments.extend(["--evidence".to_owned(), format!("{subject}={path}")]);
        };
        for file in measured {
            if EVIDENCE.contains(&file.format.as_str()) {
                give(&file.subject, &file.path);
            }
        }
        for (name, check) in self.checks(measured)? {
            eprintln!("checking {name}");
            self.write_answer(name, &check)?;
            give("candidate", name);
        }
        Ok(arguments)
    }

    /// The checks, by the file that their answer goes to.
    fn checks(&self, measured: &[MeasuredFile]) -> Result<Vec<(&'static str, Vec<String>)>> {
        let find = |subject: &str, format: &str| {
            let mut files = measured.iter();
            let found = files.find(|file| file.subject == subject && file.format == format);
            let missing = || format!("the driver wrote no {format} of {subject}");
            found.map(|file| file.path.as_str()).with_context(missing)
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let contracts = (find("baseline", "openapi")?, find("candidate", "openapi")?);
        let contract = |direction| -> Vec<String> {
            let (old, new) = contracts;
            let both = ["--baseline", old, "--candidate", new];
            words(&[&["schema", "diff", "--direction", direction], &both[..]].concat())
        };
        let lock = &self.root.join("Cargo.lock").display().to_string();
        let records = &self.root.join("examples/search/osv").display().to_string();
        let locks = ["--baseline", lock, "--candidate", lock, "--osv", records];
        let recordings = [
            "--baseline",
            find("baseline", "recording")?,
            "--again",
            find("baseline", "recording-again")?,
            "--candidate",
            find("candidate", "recording")?,
        ];
        let shadow = [&["shadow", "compare"], &recordings[..], &MEANT_TO_CHANGE].concat();
        Ok(vec![
            ("contract.request.json", contract("request")),
            ("contract.response.json", contract("response")),
            (
                "dependencies.json",
                words(&[&["deps", "align"], &locks[..]].concat()),
            ),
            (
                "models.json",
                words(&["model", "scan", find("candidate", "model")?]),
            ),
            ("shadow.json", words(&shadow)),
        ])
    }

    /// Runs a check and keeps its answer, whatever it is.
    fn write_answer(&self, name: &str, check: &[String]) -> Result<()> {
        let adjutant = &self.adjutant;
        let command = cmd!(self.shell, "{adjutant} {check...} --format json");
        let mut command: std::process::Command = command.into();
        let output = command.stderr(std::process::Stdio::inherit()).output()?;
        let code = output.status.code();
        ensure!(
            code.is_some_and(|code| VERDICTS.contains(&code)),
            "no answer for {name}: exit code {code:?}"
        );
        self.shell.write_file(name, output.stdout)?;
        Ok(())
    }
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

/// A file that the driver wrote.
#[derive(Debug, PartialEq)]
struct MeasuredFile {
    subject: String,
    format: String,
    path: String,
}

/// The driver's list of files.
fn measured(listing: &str) -> Result<Vec<MeasuredFile>> {
    let listing: serde_json::Value =
        serde_json::from_str(listing).context("the driver lists its files as JSON")?;
    let files = listing["files"]
        .as_array()
        .context("the driver lists its files")?;
    let read = |file: &serde_json::Value| {
        let text = |key: &str| {
            let found = file[key].as_str().map(str::to_owned);
            found.with_context(|| format!("a listed file has no {key}"))
        };
        Ok(MeasuredFile {
            subject: text("subject")?,
            format: text("format")?,
            path: text("path")?,
        })
    };
    files.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drivers_list_is_read_whole_or_refused() {
        let listing =
            r#"{"files":[{"subject":"baseline","format":"samples","path":"out/baseline.csv"}]}"#;
        let expected = MeasuredFile {
            subject: "baseline".to_owned(),
            format: "samples".to_owned(),
            path: "out/baseline.csv".to_owned(),
        };
        assert_eq!(measured(listing).unwrap(), [expected]);
        assert!(measured(r#"{"files":[{"subject":"baseline"}]}"#).is_err());
    }
}
