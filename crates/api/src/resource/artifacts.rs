//! Artifacts: the bytes that a number was read from, whole or at a place.

use std::ops::RangeInclusive;

use adjutant_domain::Digest;
use adjutant_store::StoreError;
use adjutant_work::access::{Bearer, Right};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::named;
use crate::Api;
use crate::access::Caller;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named};

const BYTES: &str = "application/octet-stream";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("open_artifact", "/artifacts/{digest}"),
            "Gives the bytes of an artifact, whole or at a place inside it.",
            Right::OpenArtifact,
            open,
        )
        .asks::<PlaceQuery>()
        .answers_with(&[BYTES]),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlaceQuery {
    /// A place as reports name it, without the hash: a JSON pointer (`/p95`), a line (`L12`), or
    /// lines (`L2-101`).
    at: Option<String>,
}

/// A place inside an artifact.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Pointer(String),
    Lines(RangeInclusive<usize>),
}

async fn open(
    State(api): State<Api>,
    axum::Extension(caller): axum::Extension<Caller>,
    Named(digest): Named<String>,
    Asked(query): Asked<PlaceQuery>,
) -> Result<Reply, Problem> {
    let digest: Digest = named(&digest)?;
    let place = place_of(query.at.as_deref().unwrap_or_default())?;
    let reply = api.desks().read(async move |store| {
        if let Bearer::Agent { agent, .. } = &caller.token.bearer
            && !store.is_own_artifact(digest, agent).await?
        {
            return Err(Problem::forbidden(
                format!("artifact {} is not one of {agent}'s", digest.short()),
                "An agent opens what it submitted, and the proofs of its work.",
            ));
        }
        let bytes = match store.artifact(digest) {
            Ok(bytes) => bytes,
            Err(error @ StoreError::ArtifactMissing(_)) => {
                return Err(Problem::unknown(error.to_string(), "See /api/v1/evidence."));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Reply::bytes(BYTES, at(bytes, &place)?).download())
    });
    reply.await
}

fn place_of(text: &str) -> Result<Place, Problem> {
    let unreadable = || {
        Problem::malformed(
            format!("{text:?} is no place in an artifact"),
            "Use a JSON pointer (/p95), a line (L12) or lines (L2-101).",
        )
    };
    let text = text.trim_start_matches('#');
    if text.is_empty() {
        return Ok(Place::Whole);
    }
    if text.starts_with('/') {
        return Ok(Place::Pointer(text.to_owned()));
    }
    let lines = text.strip_prefix('L').ok_or_else(unreadable)?;
    // A column may follow, which a whole line holds.
    let lines = lines.split(':').next().unwrap_or(lines);
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if (1..=last).contains(&first) => Ok(Place::Lines(first..=last)),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Err(unreadable()),
    }
}

fn at(bytes: Vec<u8>, place: &Place) -> Result<Vec<u8>, Problem> {
    let nothing =
        |what: &str| Problem::unknown(format!("the artifact {what}"), "See the whole of it.");
    match place {
        Place::Whole => Ok(bytes),
        Place::Pointer(pointer) => {
            let value: Value =
                serde_json::from_slice(&bytes).map_err(|_other| nothing("is no JSON"))?;
            let found = value
                .pointer(pointer)
                .ok_or_else(|| nothing("holds nothing there"))?;
            serde_json::to_vec(found).map_err(|error| Problem::defect(&error))
        }
        Place::Lines(lines) => {
            let found: Vec<&[u8]> = bytes
                .split_inclusive(|byte| *byte == b'\n')
                .skip(lines.start() - 1)
                .take(lines.end() - lines.start() + 1)
                .collect();
            if found.is_empty() {
                return Err(nothing("has no such line"));
            }
            Ok(found.concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_pointer_or_lines() {
        for (text, place) in [
            ("", Place::Whole),
            ("#/p95", Place::Pointer("/p95".to_owned())),
            ("L12", Place::Lines(12..=12)),
            ("#L2-101:latency", Place::Lines(2..=101)),
        ] {
            assert_eq!(place_of(text).unwrap(), place, "{text}");
        }
        for text in ["p95", "L0", "L5-2", "L", "Lx", "../../etc/passwd"] {
            assert!(place_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lines_are_given_as_they_stand() {
        let bytes = b"a\nb\r\nc".to_vec();
        assert_eq!(at(bytes.clone(), &Place::Lines(2..=3)).unwrap(), b"b\r\nc");
        assert_eq!(at(bytes.clone(), &Place::Lines(3..=9)).unwrap(), b"c");
        assert!(at(bytes, &Place::Lines(4..=4)).is_err());
    }
}
