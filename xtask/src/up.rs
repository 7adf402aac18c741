//! `cargo xtask up`: the main job on the bundled example. `adjutant run` carries its directives out
//! while visitors use the service through Adjutant's proxy: two versions are measured, the checks
//! before traffic run, the `release` gate decides, the good candidate gets everything step by step,
//! and the slow one is taken back. Then every report is checked, and it is told what happened. All
//! of it happens in a repository of its own below `target/`.

mod told;
mod visitors;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;
use xshell::{Shell, cmd};

use crate::{value_of, web};
use told::{Told, expected_of};
use visitors::Visitors;

/// The example's repository.
const OUT: &str = "target/example";

/// Where the visitors go, as the example's settings say.
const ENTRANCE: &str = "127.0.0.1:18080";

/// The door of staging, as the example's settings say.
const STAGING: &str = "127.0.0.1:18081";

/// The services of the example's settings.
const SERVICES: [&str; 2] = ["search", "search-staging"];

/// What is said of a section of a report that nothing is known for.
const SECTION_WITHOUT_DATA: &str = "**NO DATA AVAILABLE";

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    let candidate = value_of("--candidate", arguments)?.unwrap_or("candidate");
    let (directives, expected) = expected_of(candidate)?;
    let seconds = value_of("--seconds", arguments)?.unwrap_or("60");
    let root = shell.current_dir();
    web::build(shell)?;
    cmd!(
        shell,
        "cargo build --release --locked --package adjutant-cli --package adjutant-example-search"
    )
    .run()?;
    let began = Instant::now();
    let programs = programs(&root)?;
    shell.create_dir(OUT)?;
    let _in_the_example = shell.push_dir(OUT);
    let _with_programs = shell.push_env("PATH", with_programs(&programs)?);
    let example = Example { shell, root: &root };
    example.lay_out(seconds)?;

    let visitors = Visitors::start(&programs.join("search"), &format!("http://{ENTRANCE}"))?;
    let ran = example.carry_out(directives);
    let visited = visitors.leave();
    let told = ran.and_then(|directives| {
        let incidents = example.post_mortems()?;
        example.verify()?;
        Ok(Told {
            directives,
            incidents,
        })
    });
    example.down()?;
    let told = told?;
    eprintln!("\n{}", told.summary(&visited?, began.elapsed()));
    eprintln!(
        "\nopen {OUT}/reports/deployment.html; everything else lies beside it, and the store \
         answers on:\ncd {OUT} && {}/adjutant rollout history search",
        programs.display()
    );
    told.hold_against(expected)
}

/// Where the built programs are.
fn programs(root: &Path) -> Result<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let programs = root.join(target).join("release");
    ensure!(
        programs.join("adjutant").is_file(),
        "{} holds no adjutant",
        programs.display()
    );
    Ok(programs)
}

/// The search path with the built programs first: the directives name them without a folder.
fn with_programs(programs: &Path) -> Result<std::ffi::OsString> {
    let known = std::env::var_os("PATH").unwrap_or_default();
    let folders = [programs.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&known));
    std::env::join_paths(folders).context("the search path cannot be extended")
}

/// The bundled example in a repository of its own.
struct Example<'a> {
    shell: &'a Shell,
    root: &'a Path,
}

impl Example<'_> {
    /// An empty repository with the example's settings, directives and tasks.
    fn lay_out(&self, seconds: &str) -> Result<()> {
        let shell = self.shell;
        if shell.path_exists(".git") {
            self.down()?;
        }
        let here = shell.current_dir();
        shell.remove_path(&here)?;
        shell.create_dir(&here)?;
        for address in [ENTRANCE, STAGING] {
            let taken =
                || format!("{address} is taken: the example needs it; end what listens there");
            TcpListener::bind(address).with_context(taken)?;
        }
        cmd!(shell, "git init --quiet").quiet().run()?;
        let source = self.root.join("examples/search");
        for file in ["adjutant.toml", "checks.sh"] {
            shell.copy_file(source.join(file), here.join(file))?;
        }
        shell.copy_file(self.root.join("Cargo.lock"), here.join("Cargo.lock"))?;
        shell.create_dir("osv")?;
        for record in shell.read_dir(source.join("osv"))? {
            shell.copy_file(record, here.join("osv"))?;
        }
        for file in shell.read_dir(source.join("reports/handoff"))? {
            let text = shell.read_file(&file)?;
            let usual = r#""--seconds", "60"]"#;
            ensure!(
                text.contains(usual),
                "{} measures for another time",
                file.display()
            );
            let name = file.file_name().context("a file has a name")?;
            let asked = format!(r#""--seconds", "{seconds}"]"#);
            shell.write_file(
                here.join("reports/handoff").join(name),
                text.replace(usual, &asked),
            )?;
        }
        let mut tasks = shell.read_dir(source.join("tasks"))?;
        tasks.sort();
        cmd!(
            shell,
            "adjutant task add --key bundled-example --from {tasks...}"
        )
        .quiet()
        .ignore_stdout()
        .run()?;
        Ok(())
    }

    /// Carries the directives out; every exit code with an answer is one.
    fn carry_out(&self, file: &str) -> Result<Json> {
        let shell = self.shell;
        cmd!(shell, "adjutant run {file} --dry-run").run()?;
        let mut command: std::process::Command =
            cmd!(shell, "adjutant run {file} --format json").into();
        let output = command.stderr(std::process::Stdio::inherit()).output()?;
        match output.status.code() {
            Some(0 | 20 | 30) => {}
            code => bail!("the directives were not carried out: exit code {code:?}"),
        }
        serde_json::from_slice(&output.stdout).context("the progress is no JSON")
    }

    /// Writes the post-mortem of each incident.
    fn post_mortems(&self) -> Result<Vec<Json>> {
        let shell = self.shell;
        let listed = cmd!(shell, "adjutant incident list --format json")
            .quiet()
            .read()?;
        let incidents: Vec<Json> = serde_json::from_str(&listed).context("the list is no JSON")?;
        for incident in &incidents {
            let id = incident["id"].as_str().context("an incident has an id")?;
            let text = cmd!(shell, "adjutant incident show {id}").quiet().read()?;
            let file = format!("reports/post-mortem-{}.md", id.replace(':', "-"));
            shell.write_file(file, text + "\n")?;
        }
        Ok(incidents)
    }

    /// Recomputes every report, and refuses one with a section that nothing is known for.
    fn verify(&self) -> Result<()> {
        let shell = self.shell;
        for report in [
            "deployment.md",
            "deployment.html",
            "deployment.json",
            "innovation_report.md",
        ] {
            let report = format!("reports/{report}");
            cmd!(shell, "adjutant verify {report}")
                .quiet()
                .ignore_stdout()
                .run()?;
            let text = shell.read_file(&report)?;
            ensure!(
                !text.contains(SECTION_WITHOUT_DATA),
                "a section of {OUT}/{report} has no data"
            );
        }
        cmd!(shell, "adjutant journal verify")
            .quiet()
            .ignore_stdout()
            .run()?;
        Ok(())
    }

    /// Ends what runs.
    fn down(&self) -> Result<()> {
        let shell = self.shell;
        for service in SERVICES {
            cmd!(shell, "adjutant rollout down {service}")
                .quiet()
                .ignore_stdout()
                .run()?;
        }
        Ok(())
    }
}
