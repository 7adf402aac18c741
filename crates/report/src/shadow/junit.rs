//! As JUnit XML: one test case for the whole answer and one for each path that disagreed.

use adjutant_domain::Outcome;
use adjutant_shadow::ShadowPath;

use super::{ShownShadow, told, verdict};
use crate::markup::xml;

/// The answer as JUnit XML, with a final newline.
pub fn junit(shown: ShownShadow<'_>) -> String {
    let found = shown.found;
    let whole = body(found.outcome, verdict(found), &found.reasons.join("; "));
    let mut outcomes = vec![found.outcome];
    let mut cases = case("the whole response", &whole);
    for path in &found.paths {
        let outcome = outcome_of(path);
        let details: Vec<String> = path.kinds.iter().map(told).collect();
        let word = match outcome {
            Outcome::Pass => "PASS",
            Outcome::Fail => "FAIL",
            Outcome::Inconclusive => "INCONCLUSIVE",
        };
        outcomes.push(outcome);
        cases.push_str(&case(&path.path, &body(outcome, word, &details.join("; "))));
    }
    let number = |wanted| {
        outcomes
            .iter()
            .filter(|outcome| **outcome == wanted)
            .count()
    };
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\"",
        outcomes.len(),
        number(Outcome::Fail),
        number(Outcome::Inconclusive)
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"adjutant\" {counts}>\n  \
         <testsuite name=\"shadow\" {counts}>\n    \
         <properties>\n      \
         <property name=\"baseline\" value=\"{}\"/>\n      \
         <property name=\"candidate\" value=\"{}\"/>\n    \
         </properties>\n{cases}  </testsuite>\n</testsuites>\n",
        xml(shown.baseline),
        xml(shown.candidate)
    )
}

/// A structural loss fails whatever its rate is.
fn outcome_of(path: &ShadowPath) -> Outcome {
    let mut kinds = path.kinds.iter();
    if kinds.any(|kind| kind.kind.is_structural_loss() && kind.pairs > 0) {
        Outcome::Fail
    } else {
        path.rate.outcome
    }
}

fn body(outcome: Outcome, word: &str, message: &str) -> String {
    let element = match outcome {
        Outcome::Pass => return format!("      <system-out>{}</system-out>\n", xml(message)),
        Outcome::Fail => "failure",
        Outcome::Inconclusive => "error",
    };
    format!(
        "      <{element} type=\"{word}\" message=\"{}\"/>\n",
        xml(message)
    )
}

fn case(name: &str, body: &str) -> String {
    format!(
        "    <testcase classname=\"adjutant.shadow\" name=\"{}\">\n{body}    </testcase>\n",
        xml(name)
    )
}
