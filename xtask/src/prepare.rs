//! What the tests need of the machine. Installs Debian packages where it may; otherwise says
//! exactly what is missing.

mod clients;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// A program the tests run for real, and the Debian package that holds it.
struct Tool {
    program: &'static str,
    package: &'static str,
    purpose: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        program: "git",
        package: "git",
        purpose: "worktrees",
    },
    Tool {
        program: "cc",
        package: "gcc",
        purpose: "the bundled SQLite",
    },
    Tool {
        program: "initdb",
        package: "postgresql",
        purpose: "the store's contract on PostgreSQL",
    },
    Tool {
        program: "prometheus",
        package: "prometheus",
        purpose: "the Prometheus reader",
    },
    Tool {
        program: "haproxy",
        package: "haproxy",
        purpose: "rollouts behind HAProxy",
    },
    Tool {
        program: "nginx",
        package: "nginx-light",
        purpose: "rollouts behind nginx",
    },
    Tool {
        program: "openssl",
        package: "openssl",
        purpose: "the certificate of the tests' API server",
    },
    Tool {
        program: "python3",
        package: "python3-venv",
        purpose: "the MLflow reader, schemathesis and an MCP client",
    },
    Tool {
        program: "npm",
        package: "npm",
        purpose: "the MCP Inspector",
    },
];

/// The MLflow server that the tests ask, whose reader was written against this version; and what makes
/// requests from the OpenAPI document.
const PYTHON_TOOLS: [&str; 2] = ["mlflow==3.17.2", "schemathesis==4.32.5"];

/// Makes sure of the tools and of the Python environment.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    install_tools(shell)?;
    install_python_tools(shell)?;
    clients::install(shell)
}

fn install_tools(shell: &Shell) -> Result<()> {
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| find(tool.program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    let by_hand = format!("apt-get install {}", packages.join(" "));
    let is_root = cmd!(shell, "id -u")
        .quiet()
        .read()
        .is_ok_and(|id| id == "0");
    if is_root && find("apt-get").is_some() {
        eprintln!("installing {}", packages.join(" "));
        cmd!(shell, "apt-get update")
            .quiet()
            .ignore_stdout()
            .run()?;
        let install = cmd!(
            shell,
            "apt-get install --yes --no-install-recommends {packages...}"
        );
        install
            .env("DEBIAN_FRONTEND", "noninteractive")
            .quiet()
            .ignore_stdout()
            .run()?;
    }
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| find(tool.program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = missing
        .iter()
        .map(|tool| format!("  {} (for {})", tool.program, tool.purpose))
        .collect();
    bail!(
        "the tests need these programs:\n{}\ninstall them, on Debian with: {by_hand}",
        lines.join("\n")
    )
}

/// PostgreSQL's server programs are not on Debian's PATH, and others only on the administrator's, so
/// these folders are searched too.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let postgresql = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let folders =
        std::env::split_paths(&path).chain(postgresql.map(|version| version.path().join("bin")));
    let folders = folders.chain([PathBuf::from("/usr/sbin")]);
    folders
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

fn install_python_tools(shell: &Shell) -> Result<()> {
    let environment = shell.current_dir().join(".venv");
    let stamp = environment.join("installed.txt");
    let wanted = PYTHON_TOOLS.join(" ");
    if shell
        .read_file(&stamp)
        .is_ok_and(|installed| installed == wanted)
    {
        return Ok(());
    }
    eprintln!("installing {wanted} into .venv");
    let needed = "a Python environment with pip: on Debian, apt-get install python3-venv";
    cmd!(shell, "python3 -m venv {environment}")
        .quiet()
        .run()
        .context(needed)?;
    let pip = pip_of(&environment);
    cmd!(
        shell,
        "{pip} install --quiet --disable-pip-version-check {PYTHON_TOOLS...}"
    )
    .quiet()
    .run()?;
    shell.write_file(stamp, wanted)?;
    Ok(())
}

fn pip_of(environment: &Path) -> PathBuf {
    environment.join("bin").join("pip")
}
