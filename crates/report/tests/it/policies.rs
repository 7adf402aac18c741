//! The published schema of policies says the same as their reader.

use adjutant_gate::{BUILT_IN, read_policies};
use adjutant_report::schema::Published;
use serde_json::Value;

use crate::schemas::errors;

const CRITERION: &str = "id = \"it\"\nmeasure = \"p95\"\n";

/// A gate with these keys and one criterion with those.
fn gate(keys: &str, criterion: &str) -> String {
    format!("[gate.g]\n{keys}\n[[gate.g.criteria]]\n{CRITERION}{criterion}\n")
}

/// Whether the reader follows a text without a word.
fn is_followed(text: &str) -> bool {
    read_policies(text).is_ok_and(|read| read.warnings.is_empty())
}

fn is_described(text: &str) -> Vec<String> {
    let json: Value = toml::from_str(text).unwrap();
    errors(Published::Policy, &json.to_string())
}

#[test]
fn the_built_in_policies_are_what_the_schema_describes() {
    for (name, text) in BUILT_IN {
        assert_eq!(is_described(text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn reader_and_schema_agree_about_every_key() {
    let bound = "below = \"1 s\"";
    let quorum = |keys: &str| gate("", bound) + "[gate.g.quorum]\n" + keys;
    let trigger = |keys: &str| gate("", bound) + "[[gate.g.triggers]]\nid = \"t\"\n" + keys;
    for (is_good, text) in [
        (true, gate("", bound)),
        (true, "[role.tester]\nscope = \"tests\"\n".to_owned()),
        (
            true,
            gate(
                "title = \"a\"\nconfidence = \"95% one-sided\"\nalpha = \"1%\"",
                bound,
            ),
        ),
        (
            true,
            gate("stale_after = \"24h\"\nsuccess_status = \"200-299\"", bound),
        ),
        (
            true,
            gate(
                "samples_min = 3\nundecided = \"shadow\"\nseed = 7\nrisk = true",
                bound,
            ),
        ),
        (true, quorum("")),
        (
            true,
            quorum("roles = [\"owner\"]\nsubject = \"canary\"\nevaluators = false"),
        ),
        (
            true,
            gate(
                "",
                "rise_at_most = \"10%\"\naliases = \"p\"\nsubject = \"canary\"",
            ),
        ),
        (
            true,
            gate(
                "",
                "fall_below = \"2 ms\"\nlabels = { a = [\"x*\"], b = \"y\" }",
            ),
        ),
        (
            true,
            gate(
                "",
                "drift_within = \"5 ms\"\nbetter = \"lower\"\npaired = true",
            ),
        ),
        (
            true,
            gate(
                "",
                "improves = true\nclustered = true\ngrade_at_least = 2\nholm = \"f\"",
            ),
        ),
        (
            true,
            gate(
                "",
                "at_most = \"1 s\"\nconfirm = true\nreason_allowed = true",
            ),
        ),
        (
            true,
            gate("", "above = \"1 s\"\nstale_after = \"7d\"\nsamples_min = 0"),
        ),
        (true, trigger("any_criterion_fails = true")),
        (true, trigger("measure = \"p95\"\nabove = \"2 s\"")),
        (false, gate("", "")),
        (false, gate("", "below = \"1 s\"\nabove = \"1 ms\"")),
        (false, gate("", "below = 500")),
        (false, gate("", "improves = false")),
        (false, gate("colour = \"red\"", bound)),
        (false, gate("", "below = \"1 s\"\ncolour = \"red\"")),
        (false, gate("confidence = \"sure\"", bound)),
        (false, gate("stale_after = \"24\"", bound)),
        (false, gate("undecided = \"go\"", bound)),
        (false, gate("risk = \"yes\"", bound)),
        (false, gate("seed = -1", bound)),
        (false, "[gate.g]\ntitle = \"nothing\"\n".to_owned()),
        (false, quorum("roles = []")),
        (false, quorum("voters = [\"owner\"]")),
        (false, quorum("evaluators = \"all\"")),
        (false, trigger("any_criterion_fails = false")),
        (false, trigger("measure = \"p95\"")),
        (
            false,
            trigger("any_criterion_fails = true\nmeasure = \"p95\""),
        ),
    ] {
        assert_eq!(is_followed(&text), is_good, "{text}");
        let errors = is_described(&text);
        assert_eq!(errors.is_empty(), is_good, "{text}\n{errors:?}");
    }
}
