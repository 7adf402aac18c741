//! An agent as it was added: who it is, in which role, and how its program is started.

use adjutant_domain::{AgentName, RoleName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An agent that can be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agent {
    /// Its name.
    pub name: AgentName,
    /// The role in which it claims tasks.
    pub role: RoleName,
    /// How it is started.
    pub launch: Launch,
    /// Variables that it gets from the caller's environment, beside those that every program gets:
    /// keys and addresses of its model. Their values are never stored.
    #[serde(default)]
    pub variables: Vec<String>,
}

/// How an agent is started and told its task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Launch {
    /// A program that works until it ends. Its arguments may hold placeholders.
    Command {
        /// The program and its arguments, never given to a shell.
        argv: Vec<String>,
    },
    /// A program that speaks the Agent Client Protocol over its standard streams, and is told its
    /// task in a session.
    Acp {
        /// The program and its arguments, never given to a shell.
        argv: Vec<String>,
    },
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholders<'a> {
    /// `{brief_file}`: the path of the brief.
    pub brief_file: &'a str,
    /// `{worktree}`: the path of the agent's work tree.
    pub worktree: &'a str,
    /// `{task}`: the task's id.
    pub task: &'a str,
    /// `{prompt}`: one sentence that leads to the brief.
    pub prompt: &'a str,
}

/// A way to start a well-known agent without questions, in a form whose transcript is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "names of programs")]
pub enum AgentPreset {
    ClaudeCode,
    Codex,
    GeminiCli,
}

/// A command that cannot start an agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the command {given:?} cannot be used: {problem}")]
pub struct InvalidCommand {
    /// The text that was given.
    pub given: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The names between braces that a command may hold.
const PLACEHOLDERS: [&str; 4] = ["brief_file", "worktree", "task", "prompt"];

/// The longest command.
const COMMAND_BYTES_MAX: usize = 8 * 1_024;

impl AgentPreset {
    /// How its program is started.
    pub fn launch(self) -> Launch {
        let argv: &[&str] = match self {
            AgentPreset::ClaudeCode => &[
                "claude",
                "-p",
                "{prompt}",
                "--output-format",
                "stream-json",
                "--verbose",
                "--permission-mode",
                "acceptEdits",
                "--allowedTools",
                "Bash,Edit,Write,Read,Glob,Grep",
            ],
            // Its sandbox lets it write in the work tree only: what it changed is committed for it.
            AgentPreset::Codex => &[
                "codex",
                "exec",
                "--json",
                "--sandbox",
                "workspace-write",
                "{prompt}",
            ],
            AgentPreset::GeminiCli => &[
                "gemini",
                "-p",
                "{prompt}",
                "--approval-mode",
                "yolo",
                "--skip-trust",
                "--output-format",
                "stream-json",
            ],
        };
        Launch::Command {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// The variables with which its program finds its model.
    pub fn variables(self) -> Vec<String> {
        let names: &[&str] = match self {
            AgentPreset::ClaudeCode => &[
                "ANTHROPIC_API_KEY",
                "ANTHROPIC_AUTH_TOKEN",
                "ANTHROPIC_BASE_URL",
                "CLAUDE_CODE_OAUTH_TOKEN",
            ],
            AgentPreset::Codex => &["CODEX_API_KEY", "CODEX_HOME", "OPENAI_API_KEY"],
            AgentPreset::GeminiCli => {
                &["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"]
            }
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}

impl Launch {
    /// A command as a person writes it: words between spaces, with `'…'`, `"…"` and `\` as in a
    /// shell, but no shell runs it.
    ///
    /// # Errors
    /// When a quote stays open, a placeholder is unknown, or there is no word at all.
    pub fn command(given: &str) -> Result<Self, InvalidCommand> {
        Ok(Launch::Command { argv: argv(given)? })
    }

    /// The same for a program that speaks the Agent Client Protocol.
    ///
    /// # Errors
    /// As [`Launch::command`].
    pub fn acp(given: &str) -> Result<Self, InvalidCommand> {
        Ok(Launch::Acp { argv: argv(given)? })
    }

    /// The program and its arguments as they were given.
    pub fn argv(&self) -> &[String] {
        match self {
            Launch::Command { argv } | Launch::Acp { argv } => argv,
        }
    }

    /// The program and its arguments, with each placeholder replaced inside its argument: what it
    /// stands for never becomes two arguments.
    pub fn filled(&self, with: &Placeholders<'_>) -> Vec<String> {
        self.argv().iter().map(|word| fill(word, with)).collect()
    }
}

fn argv(given: &str) -> Result<Vec<String>, InvalidCommand> {
    let invalid = |problem: String| InvalidCommand {
        given: given.to_owned(),
        problem,
    };
    if given.len() > COMMAND_BYTES_MAX {
        return Err(invalid(format!(
            "it is longer than {COMMAND_BYTES_MAX} bytes"
        )));
    }
    let argv = words(given).map_err(|problem| invalid(problem.to_owned()))?;
    if argv.first().is_none_or(String::is_empty) {
        return Err(invalid("it names no program".to_owned()));
    }
    for word in &argv {
        for name in names_in_braces(word) {
            if !PLACEHOLDERS.contains(&name) {
                let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
                return Err(invalid(format!("{{{name}}} is none of {known}")));
            }
        }
    }
    Ok(argv)
}

/// One pass from left to right: what a placeholder stands for is not searched again.
fn fill(word: &str, with: &Placeholders<'_>) -> String {
    let pairs = [
        ("{brief_file}", with.brief_file),
        ("{worktree}", with.worktree),
        ("{task}", with.task),
        ("{prompt}", with.prompt),
    ];
    let mut filled = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        match pairs.iter().find(|(name, _)| from.starts_with(name)) {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &from[name.len()..];
            }
            None => {
                filled.push('{');
                rest = &from[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The names that stand as `{name}`; braces around anything else are plain text.
fn names_in_braces(word: &str) -> Vec<&str> {
    let is_name =
        |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    word.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .filter(is_name)
        .collect()
}

/// Splits as a POSIX shell does, without any expansion.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some('\'') => break,
                        Some(inside) => word.push(inside),
                        None => return Err("a ' stays open"),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some('"') => break,
                        Some('\\') => match characters.next() {
                            Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => return Err("a \" stays open"),
                        },
                        Some(inside) => word.push(inside),
                        None => return Err("a \" stays open"),
                    }
                }
            }
            '\\' => match characters.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err("it ends with a \\"),
            },
            '\0' => return Err("it holds a NUL"),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH: Placeholders<'_> = Placeholders {
        brief_file: "/w/a b/brief.md",
        worktree: "/w/a b",
        task: "T-17",
        prompt: "Do {task}; echo $HOME",
    };

    fn filled(command: &str) -> Vec<String> {
        Launch::command(command).unwrap().filled(&WITH)
    }

    #[test]
    fn a_placeholder_stays_inside_its_argument_and_is_not_searched_again() {
        assert_eq!(
            filled("agent --in={worktree}/x '{prompt}' {task}{task}"),
            [
                "agent",
                "--in=/w/a b/x",
                "Do {task}; echo $HOME",
                "T-17T-17"
            ]
        );
    }

    #[test]
    fn a_command_is_split_as_a_shell_does_without_expansion() {
        for (command, argv) in [
            (r#"a "b c" d\ e"#, vec!["a", "b c", "d e"]),
            (r#"a '' "x\"y" 'z"'"#, vec!["a", "", "x\"y", "z\""]),
            (
                "sh -c 'echo {\"a\": 1} $HOME'",
                vec!["sh", "-c", "echo {\"a\": 1} $HOME"],
            ),
            ("  a\tb\n", vec!["a", "b"]),
        ] {
            assert_eq!(filled(command), argv, "{command}");
        }
    }

    #[test]
    fn a_command_that_cannot_start_an_agent_is_refused() {
        for (command, problem) in [
            ("", "it names no program"),
            ("   ", "it names no program"),
            ("'' x", "it names no program"),
            ("a 'b", "a ' stays open"),
            ("a \"b", "a \" stays open"),
            ("a \\", "it ends with a \\"),
            (
                "a {breif_file}",
                "{breif_file} is none of {brief_file}, {worktree}, {task}, {prompt}",
            ),
        ] {
            assert_eq!(Launch::command(command).unwrap_err().problem, problem);
        }
    }

    #[test]
    fn every_preset_tells_its_program_the_prompt() {
        for preset in [
            AgentPreset::ClaudeCode,
            AgentPreset::Codex,
            AgentPreset::GeminiCli,
        ] {
            let argv = preset.launch().filled(&WITH);
            assert!(argv.contains(&WITH.prompt.to_owned()), "{argv:?}");
        }
    }
}
