//! What evidence says beside a decision, made by the functions that a report's facts come from.

use std::sync::LazyLock;

use adjutant_domain::{
    Confidence, Data, Digest, Evidence, Interval, Locator, Measured, Measurement, OwnMeasure,
    Scalar, Timestamp, Unit,
};
use adjutant_gate::{
    Direction, JudgedArtifact, Learning, directive_counts, integration_rows, task_counts,
};
use adjutant_report::deployment::DeploymentFacts;

/// A candidate with an answer of every check, tasks in two states, and one learning.
pub(crate) static FACTS: LazyLock<DeploymentFacts> = LazyLock::new(|| {
    let evidence = evidence();
    DeploymentFacts {
        integration: integration_rows(&evidence),
        artifact: Some(JudgedArtifact {
            file: "search-2.1".to_owned(),
            digest: Digest::from_bytes([0xc4; 32]),
        }),
        tasks: task_counts(&evidence),
        directives: directive_counts(&evidence),
        learnings: vec![learning(&evidence[0])],
    }
});

/// Nothing but a decision.
pub(crate) static NO_FACTS: LazyLock<DeploymentFacts> = LazyLock::new(DeploymentFacts::default);

fn scalar(
    measure: OwnMeasure,
    labels: &[(&str, &str)],
    place: &str,
    scalar: (f64, Option<(f64, f64)>, Option<u64>),
) -> Measurement {
    let (value, ends, n) = scalar;
    let labels = labels.iter();
    Measurement {
        measure: measure.name(),
        labels: labels
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        unit: if measure == OwnMeasure::ShadowRegression {
            Unit::Ratio
        } else if measure == OwnMeasure::MirroredTokens {
            Unit::Tokens
        } else {
            Unit::Count
        },
        locator: Locator::Pointer(place.to_owned()),
        data: Data::Scalar(Scalar {
            statistic: "count".to_owned(),
            value,
            interval: ends.map(|(low, high)| (Interval::new(low, high).unwrap(), 0.95)),
            n,
        }),
    }
}

fn count(measure: OwnMeasure, labels: &[(&str, &str)], place: &str, n: u64) -> Measurement {
    scalar(measure, labels, place, (n as f64, None, None))
}

fn file(subject: &str, file: &str, measurements: Vec<Measurement>) -> Evidence {
    let sum = file
        .bytes()
        .fold(7_u8, |sum, byte| sum.wrapping_mul(31) ^ byte);
    Evidence {
        subject: subject.parse().unwrap(),
        run: "run_8724".parse().unwrap(),
        artifact: Digest::from_bytes([sum; 32]),
        file: file.to_owned(),
        taken_at: Timestamp::from_unix_millis(1_795_255_100_000),
        measurements,
    }
}

fn evidence() -> Vec<Evidence> {
    use OwnMeasure::{
        DependenciesNotCompared, DependencyChanges, Directives, MirroredTokens, ModelChanges,
        ModelFiles, SchemaChanges, SchemaNotCompared, ShadowLosses, ShadowNotCompared,
        ShadowRegression, Tasks, VulnerabilityRecords,
    };
    let contract = [("contract", "openapi.yaml"), ("direction", "request")];
    let changes = |severity, n| {
        let labels = [&contract[..], &[("severity", severity)]].concat();
        count(SchemaChanges, &labels, &format!("/{severity}"), n)
    };
    let weighed = |measure, place, weight, n| count(measure, &[("weight", weight)], place, n);
    let scanned = |verdict, n| count(ModelFiles, &[("verdict", verdict)], "/files", n);
    let regression = (0.001_24, Some((-0.002_1, 0.004_3)), Some(1_750));
    vec![
        file(
            "candidate",
            "contract.json",
            vec![
                changes("breaking", 0),
                changes("risky", 3),
                changes("safe", 11),
                count(SchemaNotCompared, &contract, "/findings", 0),
            ],
        ),
        file(
            "candidate",
            "deps.json",
            vec![
                weighed(DependencyChanges, "/findings", "breaking", 1),
                weighed(DependencyChanges, "/findings", "risky", 2),
                weighed(DependencyChanges, "/findings", "safe", 14),
                count(DependenciesNotCompared, &[], "/findings", 0),
                count(VulnerabilityRecords, &[], "/osv_records", 1_208),
            ],
        ),
        file(
            "candidate",
            "scan.json",
            vec![
                scanned("executable", 0),
                scanned("unknown", 1),
                scanned("plain", 5),
            ],
        ),
        file(
            "candidate",
            "vocabulary.json",
            vec![
                weighed(ModelChanges, "/changes", "breaking", 0),
                weighed(ModelChanges, "/changes", "risky", 0),
                weighed(ModelChanges, "/changes", "safe", 2),
            ],
        ),
        file(
            "candidate",
            "shadow.json",
            vec![
                scalar(ShadowRegression, &[], "/whole/excess", regression),
                count(ShadowLosses, &[], "/paths", 0),
                count(ShadowNotCompared, &[], "", 0),
                scalar(
                    MirroredTokens,
                    &[],
                    "/tokens",
                    (91_250.0, None, Some(1_750)),
                ),
            ],
        ),
        file(
            "work",
            "tasks.json",
            vec![
                count(Tasks, &[("state", "open")], "/states/1/tasks", 12),
                count(Tasks, &[("state", "done")], "/states/4/tasks", 305),
                count(
                    Directives,
                    &[("state", "done")],
                    "/directives/0/directives",
                    7,
                ),
                count(
                    Directives,
                    &[("state", "begun")],
                    "/directives/3/directives",
                    1,
                ),
            ],
        ),
    ]
}

fn learning(evidence: &Evidence) -> Learning {
    let source = evidence.cite(&evidence.measurements[0]);
    let measured = |value, ends: Option<(f64, f64)>| {
        let ends = ends.map(|(low, high)| Interval::new(low, high).unwrap());
        Measured::new(value, Unit::One, ends, 175, vec![source.clone()]).unwrap()
    };
    Learning {
        criterion: "ndcg".parse().unwrap(),
        what: "nDCG@10".to_owned(),
        better: Direction::Higher,
        gain: measured(0.129, Some((0.091, 0.167))),
        confidence: Confidence::TWO_SIDED_95,
        arms: vec![
            ("baseline".parse().unwrap(), measured(0.612, None)),
            ("candidate".parse().unwrap(), measured(0.741, None)),
        ],
        method: "paired by query; BCa bootstrap".to_owned(),
    }
}
