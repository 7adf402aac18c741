//! A report is compared with its recomputed self.

use std::sync::LazyLock;

use adjutant_report::deployment::{self, Deployment};
use adjutant_report::verify::{Discrepancy, ReportFormat, check, format_of, record_of};
use proptest::prelude::*;

use crate::decisions;
use crate::deployments::of;

fn reports(deployment: Deployment<'_>) -> [(ReportFormat, String); 4] {
    [
        (ReportFormat::Markdown, deployment::markdown(deployment)),
        (ReportFormat::Html, deployment::html(deployment)),
        (ReportFormat::Json, deployment::json(deployment).unwrap()),
        (ReportFormat::Innovation, deployment::innovation(deployment)),
    ]
}

/// Every decision in every format, rendered once.
static ALL: LazyLock<Vec<(ReportFormat, String)>> = LazyLock::new(|| {
    let decisions = decisions::all();
    decisions
        .iter()
        .flat_map(|(_, decision)| reports(of(decision)))
        .collect()
});

#[test]
fn a_report_that_was_not_touched_has_no_discrepancy() {
    for (format, report) in ALL.iter() {
        assert_eq!(check(report, report), vec![], "{format:?}");
        assert_eq!(format_of(report), *format);
        assert_eq!(record_of(report), Some(decisions::record()), "{format:?}");
    }
}

#[test]
fn line_ends_and_blanks_do_not_count() {
    for (format, report) in ALL.iter() {
        let windows = report.replace('\n', "\r\n");
        assert_eq!(check(&windows, report), vec![], "{format:?}");
        let wrapped_anew = report.replace(". ", ".\n");
        assert_eq!(check(&wrapped_anew, report), vec![], "{format:?}");
    }
}

#[test]
fn every_single_changed_digit_is_found_and_named() {
    for (format, report) in ALL.iter() {
        let digits = report
            .bytes()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_digit());
        for (at, digit) in digits {
            let mut changed = report.clone().into_bytes();
            changed[at] = b'0' + (digit - b'0' + 1) % 10;
            let changed = String::from_utf8(changed).unwrap();
            let line = 1 + report[..at].matches('\n').count();
            let found = check(&changed, report);
            let is_named = |discrepancy: &Discrepancy| match discrepancy {
                Discrepancy::ChangedNumber { line: at, .. }
                | Discrepancy::ChangedWords { line: at, .. } => *at == line,
                Discrepancy::UncitedNumber { .. }
                | Discrepancy::MissingNumber { .. }
                | Discrepancy::MissingCitation { .. }
                | Discrepancy::AnotherReport { .. } => false,
            };
            assert_eq!(found.len(), 1, "{format:?} line {line}: {found:?}");
            assert!(
                found.iter().all(is_named),
                "{format:?} line {line}: {found:?}"
            );
        }
    }
}

#[test]
fn a_changed_value_an_added_number_and_a_lost_source_are_told_apart() {
    let decision = decisions::go();
    let report = deployment::markdown(of(&decision));
    let edits = [
        (
            "| 463.21 ms |",
            "| 453.21 ms |",
            "line 11: 453.21 stands where the evidence gives 463.21",
        ),
        (
            "Every number names",
            "It is 20 % faster. Every number names",
            "line 5: the number 20 has no evidence",
        ),
        (
            " @ run_8724 (lcov.info)",
            "",
            "line 13: the citation run_8724 (lcov.info) is missing",
        ),
        (
            "the whole interval lies below 505 ms",
            "the whole interval lies below",
            "line 23: the number 505 is missing",
        ),
        (
            "[GO] all",
            "[GO] almost all",
            "line 93: the words \"almost\" were added",
        ),
        (
            "## DEPLOYMENT SUMMARY\n\nGO. Ship",
            "## DEPLOYMENT SUMMARY\n\nREJECT. Ship",
            "line 5: \"REJECT\" stands where the decision gives \"GO\"",
        ),
    ];
    for (from, to, expected) in edits {
        assert_eq!(report.matches(from).count(), 1, "{from}");
        let found: Vec<String> = check(&report.replace(from, to), &report)
            .iter()
            .map(Discrepancy::to_string)
            .collect();
        assert!(
            found.iter().any(|said| said == expected),
            "{expected}: {found:#?}"
        );
    }
}

#[test]
fn a_report_that_lost_its_record_names_none() {
    let decision = decisions::go();
    for (format, report) in reports(of(&decision)) {
        let cut = report.replace(&decisions::record().to_string(), "sha256:unknown");
        assert_eq!(record_of(&cut), None, "{format:?}");
        let artifact = decision.inputs[0].artifact;
        let elsewhere = format!("{cut}\n\n\n{}{artifact}", "-".repeat(200));
        assert_eq!(record_of(&elsewhere), None, "{format:?}");
    }
}

#[test]
fn another_report_is_called_so() {
    let decision = decisions::reject();
    let report = deployment::markdown(of(&decision));
    let other: String = (0..5_000).map(|number| format!("{number} ")).collect();
    let found = check(&other, &report);
    assert!(
        matches!(found[..], [Discrepancy::AnotherReport { .. }]),
        "{found:?}"
    );
}

proptest! {
    #[test]
    fn a_number_added_anywhere_is_found(
        number in 0_u32..100_000,
        which in 0_usize..16,
        place in 0.0_f64..1.0,
    ) {
        let (_, report) = &ALL[which];
        let mut at = (place * report.len() as f64) as usize;
        while !report.is_char_boundary(at) {
            at -= 1;
        }
        let added = format!("{} {number} {}", &report[..at], &report[at..]);
        let found = check(&added, report);
        prop_assert!(!found.is_empty());
        let inside_a_token = report[..at].ends_with(char::is_alphanumeric)
            && report[at..].starts_with(|c: char| c.is_alphanumeric() || c == '.' || c == ',');
        if !inside_a_token {
            let named = |d: &Discrepancy| d.to_string().contains(&number.to_string());
            prop_assert!(found.iter().any(named), "{:?}", found);
        }
    }

    #[test]
    fn a_number_appended_to_a_report_has_no_evidence(number in "[0-9]{1,9}(\\.[0-9]{1,4})?") {
        for (_, report) in ALL.iter() {
            let found = check(&format!("{report}{number}"), report);
            let expected = Discrepancy::UncitedNumber {
                line: report.lines().count() + 1,
                found: number.clone(),
            };
            prop_assert!(found.contains(&expected), "{:?}", found);
        }
    }
}
