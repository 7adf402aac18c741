//! Reads the two servers out of `show stat`, which is CSV with a line of names.

use adjutant_rollout::HaproxyPlan;
use serde::{Deserialize, Serialize};

use super::NAME;
use super::runtime::{unreadable, words};
use crate::EngineError;

/// A server of the backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) address: String,
    /// As it was set, whatever its health check makes of it.
    pub(super) weight: u16,
    /// Requests on it that have not ended.
    pub(super) in_flight: u64,
    pub(super) tally: Tally,
}

/// Counts that only rise for as long as HAProxy runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Requests that ended.
    pub(super) requests: u64,
    /// Those of them that failed.
    pub(super) failures: u64,
    /// How often it was chosen by weight.
    pub(super) chosen: u64,
}

impl Tally {
    /// What was added since; `None` when the counts began anew in between.
    pub(super) fn since(self, before: Self) -> Option<Self> {
        let requests = self.requests.checked_sub(before.requests)?;
        Some(Self {
            requests,
            failures: self.failures.checked_sub(before.failures)?.min(requests),
            chosen: self.chosen.checked_sub(before.chosen)?,
        })
    }
}

pub(super) fn read(plan: &HaproxyPlan, stat: &str) -> Result<[Server; 2], EngineError> {
    let mut lines = stat.lines();
    let names: Vec<&str> = match lines.next().and_then(|line| line.strip_prefix("# ")) {
        Some(names) => names.split(',').collect(),
        None => {
            return Err(EngineError::Disobeyed {
                engine: NAME,
                words: words(stat),
            });
        }
    };
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let of = |name: &String| {
        let row = rows.iter().find(|row| {
            let field = |wanted: &str| value(&names, row, wanted);
            field("pxname") == Some(&plan.backend) && field("svname") == Some(name)
        });
        let row = row.ok_or_else(|| EngineError::NotSetUp {
            engine: NAME,
            lack: format!("backend {} has no server {name}", plan.backend),
        })?;
        server(&names, row)
    };
    let [first, second] = &plan.servers;
    Ok([of(first)?, of(second)?])
}

fn value<'r>(names: &[&str], row: &[&'r str], wanted: &str) -> Option<&'r str> {
    let place = names.iter().position(|name| *name == wanted)?;
    row.get(place).copied()
}

fn server(names: &[&str], row: &[&str]) -> Result<Server, EngineError> {
    let text = |wanted: &str| {
        value(names, row, wanted)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                unreadable(format!(
                    "show stat has no {wanted}; the socket needs level admin, the backend mode http"
                ))
            })
    };
    // Counters of 2^40 are those of no HAProxy, and their sums still are numbers.
    let number = |wanted: &str| {
        let count = text(wanted)?.parse::<u64>().ok();
        count
            .filter(|count| *count < 1 << 40)
            .ok_or_else(|| unreadable(format!("{wanted} is no number")))
    };
    let answered = [
        "hrsp_1xx",
        "hrsp_2xx",
        "hrsp_3xx",
        "hrsp_4xx",
        "hrsp_5xx",
        "hrsp_other",
    ];
    let all = |names: &[&str]| {
        let counts = names.iter().map(|name| number(name));
        counts.sum::<Result<u64, EngineError>>()
    };
    let answered = all(&answered)?;
    // Refused; broken off, by whom ever; and sent to the other server because this one refused.
    let unanswered = all(&["econ", "eresp", "wredis"])?;
    Ok(Server {
        name: text("svname")?.to_owned(),
        address: text("addr")?.to_owned(),
        weight: u16::try_from(number("uweight")?)
            .map_err(|_too_great| unreadable("uweight is no weight"))?,
        in_flight: number("scur")?,
        tally: Tally {
            requests: answered + unanswered,
            failures: number("hrsp_5xx")? + unanswered + number("cli_abrt")?,
            chosen: number("lbtot")?,
        },
    })
}
