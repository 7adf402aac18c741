//! `adjutant role`.

use adjutant_domain::RoleName;
use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Lists the roles of adjutant.toml and the presets.
    #[command(after_help = "Example:\n  adjutant role list")]
    List(FormatArguments),
    /// Shows a role: scope, definition of done, boundaries, key questions, prompt.
    Show(ShowRoleArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant role show qa-evals-docs
  adjutant role show qa-evals-docs --format json")]
pub(crate) struct ShowRoleArguments {
    /// The role.
    pub(crate) role: RoleName,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
