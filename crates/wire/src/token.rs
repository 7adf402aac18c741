//! The JSON of tokens: never a secret, nor its digest.

use adjutant_domain::Timestamp;
use adjutant_work::access::{AccessToken, Bearer};
use schemars::JsonSchema;
use serde::Serialize;

/// A token as it is listed.
#[derive(Serialize, JsonSchema)]
pub struct AccessTokenJson<'a> {
    id: i64,
    name: &'a str,
    #[serde(flatten)]
    bearer: &'a Bearer,
    /// `good`, `expired` or `revoked`.
    standing: &'static str,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl<'a> AccessTokenJson<'a> {
    /// As it stands now.
    pub fn of(token: &'a AccessToken, now: Timestamp) -> Self {
        Self {
            id: token.id,
            name: token.name.as_str(),
            bearer: &token.bearer,
            standing: token.standing(now).name(),
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.map(|at| at.to_string()),
            revoked_at: token.revoked_at.map(|at| at.to_string()),
        }
    }
}
