//! Who may do what over HTTP and MCP. The command line is not asked: whoever can run it can read the
//! database.

use adjutant_domain::{AgentName, Digest, RoleName, Timestamp, TokenName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who shows a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "bearer", rename_all = "snake_case")]
pub enum Bearer {
    /// A person who may do everything.
    Admin,
    /// Someone who looks, and changes nothing.
    Reader,
    /// An agent, in one role.
    Agent {
        /// Which.
        agent: AgentName,
        /// The role it works in.
        role: RoleName,
    },
    /// A link that opens the dashboard once. It is changed for a session, and can do nothing else.
    Link,
}

/// A kind of thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Looking at records.
    Read,
    /// Opening an artifact; which ones, is decided one by one.
    OpenArtifact,
    /// Claiming a task, and what its holder does with it.
    Work,
    /// Filing a task.
    File,
    /// Submitting evidence.
    Submit,
    /// Voting; for which role, is decided one by one.
    Vote,
    /// Asking a gate for a decision that is kept.
    Decide,
    /// Steering rollouts.
    Steer,
    /// Giving out and revoking tokens.
    Administer,
}

/// A token as it is kept: never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: TokenName,
    /// Who shows it.
    pub bearer: Bearer,
    /// The SHA-256 of the secret.
    pub digest: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` for one that lasts until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Whether a token opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStanding {
    /// It does.
    Good,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl TokenStanding {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            TokenStanding::Good => "good",
            TokenStanding::Expired => "expired",
            TokenStanding::Revoked => "revoked",
        }
    }
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::OpenArtifact,
        Self::Work,
        Self::File,
        Self::Submit,
        Self::Vote,
        Self::Decide,
        Self::Steer,
        Self::Administer,
    ];

    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Right::Read => "read",
            Right::OpenArtifact => "open_artifact",
            Right::Work => "work",
            Right::File => "file",
            Right::Submit => "submit",
            Right::Vote => "vote",
            Right::Decide => "decide",
            Right::Steer => "steer",
            Right::Administer => "administer",
        }
    }
}

impl Bearer {
    /// Whether this bearer may do such a thing at all.
    pub fn may(&self, right: Right) -> bool {
        match self {
            Bearer::Admin => true,
            Bearer::Reader => matches!(right, Right::Read | Right::OpenArtifact),
            Bearer::Agent { .. } => matches!(
                right,
                Right::Read
                    | Right::OpenArtifact
                    | Right::Work
                    | Right::File
                    | Right::Submit
                    | Right::Vote
            ),
            Bearer::Link => false,
        }
    }

    /// In words.
    pub fn told(&self) -> String {
        match self {
            Bearer::Admin => "an administrator".to_owned(),
            Bearer::Reader => "a reader".to_owned(),
            Bearer::Agent { agent, role } => format!("agent {agent} in the role {role}"),
            Bearer::Link => "a link that opens the dashboard once".to_owned(),
        }
    }
}

impl AccessToken {
    /// Whether it opens anything now.
    pub fn standing(&self, now: Timestamp) -> TokenStanding {
        if self.revoked_at.is_some() {
            TokenStanding::Revoked
        } else if self.expires_at.is_some_and(|at| at <= now) {
            TokenStanding::Expired
        } else {
            TokenStanding::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent() -> Bearer {
        Bearer::Agent {
            agent: "ada".parse().unwrap(),
            role: "search".parse().unwrap(),
        }
    }

    fn rights(bearer: &Bearer) -> Vec<&'static str> {
        let may = Right::ALL.into_iter().filter(|right| bearer.may(*right));
        may.map(Right::name).collect()
    }

    #[test]
    fn an_agent_works_and_neither_decides_nor_steers() {
        let work = ["read", "open_artifact", "work", "file", "submit", "vote"];
        assert_eq!(rights(&agent()), work);
        assert_eq!(rights(&Bearer::Reader), ["read", "open_artifact"]);
        assert!(rights(&Bearer::Link).is_empty());
        assert_eq!(rights(&Bearer::Admin).len(), Right::ALL.len());
    }

    #[test]
    fn a_token_ends_at_its_time_and_when_it_is_revoked() {
        let at = Timestamp::from_unix_millis;
        let mut token = AccessToken {
            id: 1,
            name: "ci".parse().unwrap(),
            bearer: agent(),
            digest: adjutant_domain::sha256::digest_of(b"secret"),
            created_at: at(0),
            expires_at: Some(at(1_000)),
            revoked_at: None,
        };
        assert_eq!(token.standing(at(999)), TokenStanding::Good);
        assert_eq!(token.standing(at(1_000)), TokenStanding::Expired);
        token.revoked_at = Some(at(500));
        assert_eq!(token.standing(at(999)), TokenStanding::Revoked);
    }
}
