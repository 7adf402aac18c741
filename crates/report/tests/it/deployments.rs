//! The deployment report in every format.

use adjutant_gate::Decision;
use adjutant_report::deployment::{self, Deployment};
use proptest::prelude::*;

use crate::decisions;
use crate::facts::{FACTS, NO_FACTS};

/// The sections in the order that the report promises.
const SECTIONS: [&str; 8] = [
    "DEPLOYMENT SUMMARY",
    "SLO STATUS TABLE",
    "SAFETY GATE STATUS",
    "INTEGRATION COMPATIBILITY MATRIX",
    "TEAM CONSENSUS",
    "EXECUTION PROGRESS",
    "FINAL VERDICT",
    "RELAY NOTE",
];

pub(crate) fn of(decision: &Decision) -> Deployment<'_> {
    Deployment {
        decision,
        record: decisions::record(),
        facts: if decision.inputs.is_empty() {
            &NO_FACTS
        } else {
            &FACTS
        },
    }
}

#[test]
fn a_report_is_written_in_every_format() {
    for (name, decision) in decisions::all() {
        let report = of(&decision);
        insta::assert_snapshot!(
            format!("report_{name}_markdown"),
            deployment::markdown(report)
        );
        insta::assert_snapshot!(
            format!("report_{name}_json"),
            deployment::json(report).unwrap()
        );
    }
    for (name, decision) in [
        ("go", decisions::go()),
        ("nothing", decisions::pause_without_data()),
    ] {
        let text = deployment::innovation(of(&decision));
        insta::assert_snapshot!(format!("innovation_{name}"), text);
    }
    let page = deployment::html(of(&decisions::reject()));
    insta::assert_snapshot!("report_reject_html", page);
}

#[test]
fn the_sections_stand_in_the_promised_order_and_the_verdict_closes() {
    for (name, decision) in decisions::all() {
        let markdown = deployment::markdown(of(&decision));
        let titles: Vec<&str> = markdown
            .lines()
            .filter_map(|l| l.strip_prefix("## "))
            .collect();
        assert_eq!(titles, SECTIONS, "{name}");
        let last = markdown.lines().last().unwrap();
        let closing = format!("**Ops Commander Final Verdict:** [{}] ", decision.verdict);
        assert!(last.starts_with(&closing), "{name}: {last}");
        let page = deployment::html(of(&decision));
        let places: Vec<usize> = SECTIONS
            .iter()
            .map(|title| page.find(&format!("<h2>{title}</h2>")).unwrap())
            .collect();
        assert!(places.is_sorted(), "{name}: {places:?}");
    }
}

#[test]
fn the_summary_never_has_more_than_200_words() {
    let mut decision = decisions::reject();
    for words in [0, 1, 60, 120, 150, 170, 199, 200, 400] {
        decision.reasons = vec!["word ".repeat(words), "and another reason".to_owned()];
        let json = deployment::json(of(&decision)).unwrap();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let summary = report["deployment_summary"].as_str().unwrap();
        let count = summary.split_whitespace().count();
        assert!(count <= 200, "{words} words in a reason gave {count}");
    }
}

#[test]
fn a_page_asks_nobody_for_anything() {
    for (name, decision) in decisions::all() {
        let page = deployment::html(of(&decision));
        for outside in [
            "http:", "https:", "src=", "href=", "url(", "@import", "<script",
        ] {
            assert!(!page.contains(outside), "{name}: {outside}");
        }
    }
}

#[test]
fn words_from_outside_do_not_become_markup() {
    let mut decision = decisions::go();
    let hostile = "<img src=x onerror=alert(1)> & `</code>` | **bold** [a](http://b) \u{1b}[2J";
    decision.reasons = vec![hostile.to_owned()];
    decision.inputs[0].file = hostile.to_owned();
    let page = deployment::html(of(&decision));
    assert!(!page.contains("<img"), "{page}");
    assert!(!page.contains('\u{1b}'));
    let markdown = deployment::markdown(of(&decision));
    assert!(markdown.contains("\\<img src=x onerror=alert(1)> & `</code>` \\| \\*\\*bold"));
    assert!(markdown.contains("[a\\](http://b)"), "{markdown}");
    let junit = adjutant_report::gate::junit(&decision);
    assert!(!junit.contains("<img") && !junit.contains('\u{1b}'));
}

/// A decision in which every text that comes from outside is `text`.
fn with_text(text: &str) -> Decision {
    let mut decision = decisions::reject();
    decision.reasons = vec![text.to_owned()];
    for criterion in &mut decision.criteria {
        criterion.target = text.to_owned();
        criterion.reason = text.to_owned();
        criterion.bypass = Some(text.to_owned());
        criterion.needed.command = None;
    }
    for trigger in &mut decision.triggers {
        trigger.condition = text.to_owned();
        trigger.reason = text.to_owned();
    }
    for input in &mut decision.inputs {
        input.file = text.to_owned();
    }
    decision
}

/// The bars that divide a row of a Markdown table into cells.
fn bars(row: &str) -> usize {
    row.matches('|').count() - row.matches("\\|").count()
}

proptest! {
    #[test]
    fn no_text_from_outside_changes_the_structure(text in "\\PC{1,40}|[|`<>&\"'\\\\\n\r\u{1b}*_#\\[\\]() a]{1,40}") {
        let (plain, given) = (with_text("x"), with_text(&text));
        let (plain_page, page) = (deployment::html(of(&plain)), deployment::html(of(&given)));
        let tags = |page: &str| page.matches('<').count() - page.matches("<code>").count() * 2;
        prop_assert_eq!(tags(&plain_page), tags(&page));
        let (plain, given) = (deployment::markdown(of(&plain)), deployment::markdown(of(&given)));
        prop_assert_eq!(plain.lines().count(), given.lines().count());
        for (plain, given) in plain.lines().zip(given.lines()) {
            if plain.starts_with('|') {
                prop_assert_eq!(bars(plain), bars(given), "{}", given);
            }
        }
    }
}
