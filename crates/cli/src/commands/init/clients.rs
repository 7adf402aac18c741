//! What makes agents find Adjutant: the settings of their clients, and a section of AGENTS.md.

use std::io::ErrorKind;
use std::path::Path;

use adjutant_outbound::files;
use serde_json::json;

use crate::client_config::{Joined, join_json, join_section, join_toml};
use crate::failure::Failure;
use crate::streams;

/// What agents are told to do.
const SECTION: &str = include_str!("../../starter/agents-section.txt");

/// What tells that the section is there.
const MARK: &str = "<!-- adjutant -->";

/// Codex passes on only those variables that are named.
const CODEX: &str = "\
command = \"adjutant\"
args = [\"mcp\"]
env_vars = [\"ADJUTANT_AGENT\", \"ADJUTANT_DATABASE_URL\"]
";

/// Puts the server into the settings of Claude Code, Cursor, Gemini CLI and Codex, and the section into
/// AGENTS.md.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn join(top: &Path) -> Result<(), Failure> {
    let plain = json!({ "command": "adjutant", "args": ["mcp"] });
    for name in [".mcp.json", ".cursor/mcp.json", ".gemini/settings.json"] {
        join_file(top, name, |text| join_json(text, &plain))?;
    }
    join_file(top, ".codex/config.toml", |text| join_toml(text, CODEX))?;
    join_file(top, "AGENTS.md", |text| join_section(text, MARK, SECTION))
}

fn join_file(top: &Path, name: &str, join: impl Fn(&str) -> Joined) -> Result<(), Failure> {
    let path = top.join(name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(Failure::usage(
                format!("{} cannot be read: {error}", path.display()),
                "Mend the file, or move it away.",
            ));
        }
    };
    match join(&text) {
        Joined::Text(text) => {
            files::replace(&path, &text)?;
            streams::print(&format!("{}\n", path.display()))
        }
        Joined::There => {
            streams::tell(&format!("{} is there already", path.display()));
            Ok(())
        }
        Joined::ByHand(ours) => {
            let path = path.display();
            streams::tell(&format!("{path} stays as it is; add this to it: {ours}"));
            Ok(())
        }
    }
}
