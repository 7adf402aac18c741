//! A decision as JUnit XML, for CI servers. The suite is green exactly when the verdict is GO: the
//! verdict is a test case of its own, so an empty or undecided gate can never look green.

use adjutant_domain::Verdict;
use adjutant_gate::{CriterionResult, Decision, TriggerResult};

use crate::deployment::needed;
use crate::gate::markdown::{evidence, interval, observed};
use crate::markup::xml;
use crate::standing::{self, Standing};

/// A test case: its XML and what it counts as.
struct Case {
    name: String,
    class: String,
    result: CaseResult,
    details: String,
}

enum CaseResult {
    Passed,
    Failure { kind: String, message: String },
    Error { kind: String, message: String },
    Skipped { message: String },
}

/// The decision as JUnit XML, with a final newline.
pub fn junit(decision: &Decision) -> String {
    let mut cases = vec![verdict_case(decision)];
    let gate = &decision.gate;
    cases.extend(
        decision
            .criteria
            .iter()
            .map(|c| criterion_case(gate.as_str(), c)),
    );
    cases.extend(
        decision
            .triggers
            .iter()
            .map(|t| trigger_case(gate.as_str(), t)),
    );
    let counted = |is: fn(&CaseResult) -> bool| cases.iter().filter(|c| is(&c.result)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        counted(|result| matches!(result, CaseResult::Failure { .. })),
        counted(|result| matches!(result, CaseResult::Error { .. })),
        counted(|result| matches!(result, CaseResult::Skipped { .. })),
    );
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"adjutant\" {counts}>\n  \
         <testsuite name=\"gate {}\" {counts} timestamp=\"{}\">\n    \
         <properties>\n      <property name=\"verdict\" value=\"{}\"/>\n",
        xml(gate.as_str()),
        decision.decided_at,
        decision.verdict
    );
    for input in &decision.inputs {
        text.push_str(&format!(
            "      <property name=\"input\" value=\"{} {} {} sha256:{}\"/>\n",
            xml(input.subject.as_str()),
            xml(input.run.as_str()),
            xml(&input.file),
            input.artifact
        ));
    }
    text.push_str("    </properties>\n");
    for case in &cases {
        text.push_str(&case_xml(case));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn verdict_case(decision: &Decision) -> Case {
    let message = decision
        .reasons
        .first()
        .cloned()
        .unwrap_or_else(|| standing::meaning(decision.verdict).to_owned());
    let kind = decision.verdict.to_string();
    Case {
        name: "verdict".to_owned(),
        class: format!("adjutant.{}", decision.gate),
        result: match decision.verdict {
            Verdict::Go => CaseResult::Passed,
            Verdict::Reject => CaseResult::Failure { kind, message },
            Verdict::ShadowOnly | Verdict::PauseAndFix => CaseResult::Error { kind, message },
        },
        details: decision.reasons.join("\n"),
    }
}

fn criterion_case(gate: &str, criterion: &CriterionResult) -> Case {
    let standing = Standing::of(criterion);
    let kind = match standing {
        Standing::NoAnswer(validity) => validity.to_string(),
        Standing::Pass | Standing::Fail | Standing::Inconclusive => standing.words(),
    };
    let message = criterion.reason.clone();
    let result = match standing {
        Standing::Pass => CaseResult::Passed,
        Standing::Fail | Standing::Inconclusive | Standing::NoAnswer(_)
            if !standing::blocks(criterion) =>
        {
            CaseResult::Skipped {
                message: format!("{}: {message}", standing::words(criterion)),
            }
        }
        Standing::Fail => CaseResult::Failure { kind, message },
        Standing::Inconclusive | Standing::NoAnswer(_) => CaseResult::Error { kind, message },
    };
    let mut details = vec![
        format!("target: {}", criterion.target),
        format!("observed: {}", observed(criterion)),
        format!("interval: {}", interval(criterion)),
        format!("validity: {}", criterion.validity),
        format!("outcome: {}", criterion.outcome),
        format!("reason: {}", criterion.reason),
        format!("trend: {}", standing::trend(&criterion.trend)),
        format!("method: {}", criterion.method),
        format!("evidence: {}", evidence(criterion)),
    ];
    details.extend(standing::bypass(criterion));
    details.extend(needed(criterion));
    Case {
        name: criterion.id.to_string(),
        class: format!("adjutant.{gate}.criteria"),
        result,
        details: details.join("\n"),
    }
}

fn trigger_case(gate: &str, trigger: &TriggerResult) -> Case {
    Case {
        name: trigger.id.to_string(),
        class: format!("adjutant.{gate}.triggers"),
        result: match trigger.fired {
            Some(false) => CaseResult::Passed,
            Some(true) => CaseResult::Failure {
                kind: "ROLLBACK".to_owned(),
                message: trigger.reason.clone(),
            },
            None => CaseResult::Error {
                kind: "UNKNOWN".to_owned(),
                message: trigger.reason.clone(),
            },
        },
        details: format!(
            "fires when: {}\nreason: {}",
            trigger.condition, trigger.reason
        ),
    }
}

fn case_xml(case: &Case) -> String {
    let opening = format!(
        "    <testcase classname=\"{}\" name=\"{}\">\n",
        xml(&case.class),
        xml(&case.name)
    );
    let details = xml(&case.details);
    let body = match &case.result {
        CaseResult::Passed => format!("      <system-out>{details}</system-out>\n"),
        CaseResult::Failure { kind, message } => format!(
            "      <failure type=\"{}\" message=\"{}\">{details}</failure>\n",
            xml(kind),
            xml(message)
        ),
        CaseResult::Error { kind, message } => format!(
            "      <error type=\"{}\" message=\"{}\">{details}</error>\n",
            xml(kind),
            xml(message)
        ),
        CaseResult::Skipped { message } => format!(
            "      <skipped message=\"{}\"/>\n      <system-out>{details}</system-out>\n",
            xml(message)
        ),
    };
    format!("{opening}{body}    </testcase>\n")
}
