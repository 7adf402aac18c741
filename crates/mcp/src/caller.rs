//! Who calls a tool.

use adjutant_domain::{AgentName, RoleName};
use adjutant_work::access::{Bearer, Right};

use crate::answer::Declined;

/// Who calls a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolCaller {
    /// Whoever started this server in a work tree, and could run any command there.
    Here {
        /// The agent that it was started for.
        agent: Option<AgentName>,
        /// The role it works in.
        role: Option<RoleName>,
    },
    /// Whoever shows a token, from anywhere.
    Remote(Bearer),
}

impl ToolCaller {
    /// Whether it may do such a thing at all.
    pub(crate) fn may(&self, right: Right) -> bool {
        match self {
            ToolCaller::Here { .. } => true,
            ToolCaller::Remote(bearer) => bearer.may(right),
        }
    }

    /// In words.
    pub(crate) fn told(&self) -> String {
        match self {
            ToolCaller::Here { .. } => "whoever started this server".to_owned(),
            ToolCaller::Remote(bearer) => bearer.told(),
        }
    }

    /// The agent that calls, and the role it works in.
    pub(crate) fn agent(&self) -> Result<(AgentName, Option<RoleName>), Declined> {
        match self {
            ToolCaller::Here {
                agent: Some(agent),
                role,
            } => Ok((agent.clone(), role.clone())),
            ToolCaller::Here { agent: None, .. } => Err(Declined::usage(
                "it is not said which agent works here",
                "Start the server with adjutant mcp --agent NAME, or set ADJUTANT_AGENT.",
            )),
            ToolCaller::Remote(Bearer::Agent { agent, role }) => {
                Ok((agent.clone(), Some(role.clone())))
            }
            ToolCaller::Remote(Bearer::Admin | Bearer::Reader | Bearer::Link) => {
                Err(Declined::usage(
                    format!("{} is no agent", self.told()),
                    "Use the token of one: adjutant token create NAME --agent AGENT --role ROLE.",
                ))
            }
        }
    }

    /// The role that the caller speaks for.
    pub(crate) fn role(&self) -> Result<RoleName, Declined> {
        match self {
            ToolCaller::Here {
                role: Some(role), ..
            }
            | ToolCaller::Remote(Bearer::Agent { role, .. }) => Ok(role.clone()),
            ToolCaller::Here { role: None, .. }
            | ToolCaller::Remote(Bearer::Admin | Bearer::Reader | Bearer::Link) => {
                Err(Declined::usage(
                    "it is not said for which role",
                    "Start the server with adjutant mcp --role NAME, or use the token of an agent.",
                ))
            }
        }
    }
}
