//! The journal, directives, and the server's own health.

use adjutant_app::Depth;
use adjutant_outbound::clock;
use adjutant_wire::{
    DirectiveAttemptJson, Failure, FindingJson, JournalCheckJson, JournalEntryJson,
};
use adjutant_work::access::Right;
use axum::extract::State;

use super::{PageQuery, READ, cut, listed, one_more};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::Asked;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("read_journal", "/journal"),
            "Lists what happened, oldest first.",
            READ,
            entries,
        )
        .asks::<PageQuery>()
        .paged()
        .answers::<Vec<JournalEntryJson<'_>>>(),
        get(
            ("check_journal", "/journal/check"),
            "Recomputes the chain of the journal.",
            Right::Administer,
            check,
        )
        .answers::<JournalCheckJson<'_>>(),
        get(
            ("list_directives", "/directives"),
            "Lists the attempts to carry out directives, oldest first.",
            READ,
            directives,
        )
        .asks::<PageQuery>()
        .paged()
        .answers::<Vec<DirectiveAttemptJson<'_>>>(),
        get(
            ("doctor", "/doctor"),
            "Looks at Adjutant's own health.",
            Right::Administer,
            doctor,
        )
        .answers::<Vec<FindingJson>>(),
    ]
}

async fn entries(State(api): State<Api>, Asked(page): Asked<PageQuery>) -> Result<Reply, Problem> {
    let limit = page.limit()?;
    let reply = api.desks().read(async move |store| {
        let after = page.after.unwrap_or(0);
        let mut found = store.journal_after(after, one_more(limit)).await?;
        let next = cut(&mut found, limit, |entry| entry.position);
        let json = found.iter().map(JournalEntryJson::try_from);
        let json: Result<Vec<_>, _> = json.collect();
        listed(&json.map_err(|error| Problem::defect(&error))?, next)
    });
    reply.await
}

/// Reads all there is, so it has a thread of its own.
async fn check(State(api): State<Api>) -> Result<Reply, Problem> {
    api.desks()
        .act(async |store| {
            let check = store.verify_journal().await?;
            Reply::json(&JournalCheckJson::from(&check))
        })
        .await
}

async fn directives(
    State(api): State<Api>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, Problem> {
    let limit = page.limit()?;
    let reply = api.desks().read(async move |store| {
        let after = page.after.unwrap_or(0);
        let found = store.directive_attempts_after(after, one_more(limit));
        let mut found = found.await?;
        let next = cut(&mut found, limit, |(id, _)| *id);
        let attempts = found.iter().map(|(_, attempt)| attempt);
        let json: Vec<_> = attempts.map(DirectiveAttemptJson::from).collect();
        listed(&json, next)
    });
    reply.await
}

async fn doctor(State(api): State<Api>) -> Result<Reply, Problem> {
    let (home, environment) = (api.home().clone(), api.environment());
    api.desks()
        .act(async move |_store| {
            let now = clock::now();
            let mut findings = adjutant_app::examine(&home, now).await?;
            let checks =
                adjutant_app::examine_checks(&home, &environment, Depth::Programs, now).await;
            findings.extend(checks.map_err(Failure::from)?);
            let json: Vec<FindingJson> = findings.iter().map(Into::into).collect();
            Reply::json(&json)
        })
        .await
}
