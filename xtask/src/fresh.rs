//! `cargo xtask fresh`: what a new user does. Clones this repository's last commit into an empty
//! folder and runs there the commands that README's first example shows.

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

pub(crate) fn run(shell: &Shell) -> Result<()> {
    let source = shell.current_dir();
    let folder = shell.create_temp_dir()?;
    let clone = folder.path().join("adjutant");
    cmd!(shell, "git clone --quiet {source} {clone}").run()?;
    let readme = shell.read_file(clone.join("README.md"))?;
    let commands = first_example(&readme);
    ensure!(
        commands.len() == 2,
        "README's first example should hold two commands, it holds {commands:?}"
    );
    let _in_the_clone = shell.push_dir(&clone);
    for command in commands {
        let arguments = command.split_whitespace().skip(1);
        cmd!(shell, "cargo {arguments...}")
            .env_remove("CARGO_TARGET_DIR")
            .run()?;
    }
    Ok(())
}

/// The `cargo` commands of the first fenced block, without their comments.
fn first_example(readme: &str) -> Vec<&str> {
    let block = readme.split("```").nth(1).unwrap_or("");
    let commands = block.lines().filter(|line| line.starts_with("cargo "));
    commands
        .map(|line| line.split('#').next().unwrap_or(line).trim())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_those_of_the_first_example() {
        let readme = "# A\n```sh\ncargo xtask up     # run\ncargo xtask test\n```\n```sh\ncargo other\n```\n";
        assert_eq!(
            first_example(readme),
            ["cargo xtask up", "cargo xtask test"]
        );
    }
}
