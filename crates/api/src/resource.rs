//! The resources, one file each: what is asked for, the use case, the answer.

mod artifacts;
mod engines;
mod evidence;
mod gates;
mod holding;
mod incidents;
mod journal;
mod links;
mod north_stars;
mod objectives;
mod people;
mod reports;
mod rollouts;
mod self_test;
mod tasks;
mod votes;

use adjutant_domain::Subject;
use adjutant_store::SubjectPage;
use adjutant_work::access::Right;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::operation::Operation;
use crate::problem::Problem;
use crate::reply::Reply;

/// Records that a list gives at a time, where the request does not say.
const PAGE: usize = 100;

/// The most that it can ask for.
const PAGE_MAX: usize = 1_000;

pub(crate) fn operations() -> Vec<Operation> {
    [
        tasks::operations(),
        holding::operations(),
        people::operations(),
        evidence::operations(),
        artifacts::operations(),
        gates::operations(),
        engines::operations(),
        votes::operations(),
        rollouts::operations(),
        incidents::operations(),
        objectives::operations(),
        reports::operations(),
        journal::operations(),
        links::operations(),
        north_stars::operations(),
        self_test::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A part of a list.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// The record that was seen last; the list goes on after it.
    pub(crate) after: Option<i64>,
    /// How many records, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

impl PageQuery {
    pub(crate) fn limit(self) -> Result<usize, Problem> {
        limit_of(self.limit.map(u32::from))
    }
}

fn limit_of(asked: Option<u32>) -> Result<usize, Problem> {
    let limit = asked.map_or(PAGE, |limit| limit as usize);
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::malformed(
        format!("a limit of {limit} cannot be given"),
        format!("Ask for 1 to {PAGE_MAX}."),
    ))
}

/// A part of a list of records about subjects.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SubjectQuery {
    /// Only about this subject.
    subject: Option<String>,
    /// The record that was seen last; the list goes on after it.
    after: Option<i64>,
    /// How many records, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

/// What to read for such a part: one record more than it holds says whether there are more.
struct SubjectPart {
    subject: Option<Subject>,
    after: i64,
    limit: usize,
}

impl SubjectQuery {
    fn part(&self) -> Result<SubjectPart, Problem> {
        Ok(SubjectPart {
            subject: self.subject.as_deref().map(named).transpose()?,
            after: self.after.unwrap_or(0),
            limit: limit_of(self.limit.map(u32::from))?,
        })
    }
}

impl SubjectPart {
    fn page(&self) -> SubjectPage<'_> {
        SubjectPage {
            subject: self.subject.as_ref(),
            after: self.after,
            most: one_more(self.limit),
        }
    }
}

/// How many records to read, to know whether there are more than these.
pub(crate) fn one_more(limit: usize) -> u32 {
    u32::try_from(limit + 1).unwrap_or(u32::MAX)
}

/// Cuts what was read to the limit; what the last record is called if there are more.
pub(crate) fn cut<T, Id>(found: &mut Vec<T>, limit: usize, id: impl Fn(&T) -> Id) -> Option<Id> {
    let more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| more).map(id)
}

/// A name in the path.
fn named<T: std::str::FromStr>(text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        Problem::malformed(error.to_string(), "Use a name that a list gave.")
    })
}

/// A list as JSON, with where it goes on.
pub(crate) fn listed<T: serde::Serialize>(
    page: &[T],
    next: Option<impl ToString>,
) -> Result<Reply, Problem> {
    Ok(Reply::json(&page)?.continued_after(next))
}

/// What everybody with a token may look at.
const READ: Right = Right::Read;
