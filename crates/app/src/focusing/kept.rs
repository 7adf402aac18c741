//! What was compiled into a work tree's focus file last: the base of the next merge.

use std::path::PathBuf;

use adjutant_domain::{AgentName, RoleName, Timestamp};
use adjutant_outbound::{files, focus_file};
use adjutant_work::focus::{Compiled, Plan};
use serde::{Deserialize, Serialize};

use super::FocusError;
use crate::Home;

/// The newest version of the file's JSON.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    version: u32,
    pub(super) agent: AgentName,
    pub(super) role: Option<RoleName>,
    pub(super) compiled_at: Timestamp,
    pub(super) plan: Plan,
    pub(super) compiled: Compiled,
}

impl Kept {
    pub(super) fn new(
        agent: AgentName,
        role: Option<RoleName>,
        (plan, compiled): (Plan, Compiled),
        compiled_at: Timestamp,
    ) -> Self {
        Self {
            version: VERSION,
            agent,
            role,
            compiled_at,
            plan,
            compiled,
        }
    }

    fn path(home: &Home) -> PathBuf {
        home.private.join("focus.json")
    }

    pub(super) fn read(home: &Home) -> Result<Option<Self>, FocusError> {
        let path = Self::path(home);
        let Some(text) = focus_file::read(&path)? else {
            return Ok(None);
        };
        let wrong = |problem: String| FocusError::Kept {
            path: path.clone(),
            problem,
        };
        let kept: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if kept.version > VERSION {
            return Err(wrong("a newer Adjutant wrote it".to_owned()));
        }
        Ok(Some(kept))
    }

    pub(super) fn write(&self, home: &Home) -> Result<(), FocusError> {
        let path = Self::path(home);
        let text = serde_json::to_string(self).map_err(|error| FocusError::Kept {
            path: path.clone(),
            problem: error.to_string(),
        })?;
        Ok(files::replace(&path, &text)?)
    }
}
