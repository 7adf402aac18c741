//! Risk and votes as a gate keeps them beside a decision.

use adjutant_domain::{
    Citation, Digest, Interval, Measured, Subject, Timestamp, Unit, Validity, Verdict,
};
use adjutant_gate::{
    Ballot, CompositeRisk, FactorResult, FactorValue, Joint, RiskFactor, RiskLevel, Vote,
    VoteSource, count_votes,
};

/// A medium risk with a factor that nothing is known of, and votes of every kind: by an evaluator,
/// by a person in its place, stale, without a voice, and missing.
pub(crate) fn joint(source: &Citation) -> Joint {
    Joint {
        own: Verdict::Reject,
        risk: Some(risk(source)),
        quorum: Some(quorum(source)),
    }
}

fn risk(source: &Citation) -> CompositeRisk {
    let counted = Measured::new(3.0, Unit::Count, None, 3, vec![source.clone()]).unwrap();
    let slower = Interval::new(0.214, 0.387).unwrap();
    let change = Measured::new(
        0.061_3,
        Unit::Ratio,
        Some(slower),
        12_000,
        vec![source.clone()],
    );
    let factor = |factor: RiskFactor, level: (f64, f64), observed| FactorResult {
        factor,
        weight_tenths: factor.weight_tenths(),
        level: Interval::new(level.0, level.1).unwrap(),
        validity: Validity::Valid,
        reason: "nothing stands against it".to_owned(),
        observed,
    };
    let value = |what: &str, measured| FactorValue {
        what: what.to_owned(),
        measured,
    };
    CompositeRisk {
        score: Interval::new(0.342_8, 0.477_4).unwrap(),
        level: Some(RiskLevel::Medium),
        veto: Some(false),
        factors: vec![
            factor(RiskFactor::Schema, (0.0, 0.0), vec![]),
            factor(
                RiskFactor::Dependency,
                (1.0, 1.0),
                vec![value("dependency_changes breaking", counted)],
            ),
            factor(
                RiskFactor::Latency,
                (0.214, 0.387),
                vec![value("change of p95 of latency_ms", change.unwrap())],
            ),
            FactorResult {
                validity: Validity::NoData,
                reason: "no ranking was given: run `adjutant shadow compare`".to_owned(),
                ..factor(RiskFactor::Output, (0.0, 1.0), vec![])
            },
        ],
    }
}

fn quorum(source: &Citation) -> adjutant_gate::Quorum {
    let roles = ["platform", "quality", "operations", "owner"].map(|role| role.parse().unwrap());
    let vote = |role: &str, ballot, by| Vote {
        subject: Subject::candidate(),
        role: role.parse().unwrap(),
        ballot,
        because: format!("{role} looked at 7 of 8 dashboards | all of them"),
        evidence: vec![source.clone()],
        seen: vec![Digest::from_bytes([9; 32])],
        decision: None,
        source: by,
        at: Timestamp::from_unix_millis(1_795_255_100_000),
    };
    let unfounded = Vote {
        evidence: vec![],
        ..vote("operations", Ballot::Go, VoteSource::Person)
    };
    let mut quorum = count_votes(
        &roles,
        &[
            vote("platform", Ballot::NoGo, VoteSource::Evaluator),
            vote("platform", Ballot::Go, VoteSource::Person),
            vote("quality", Ballot::NoGo, VoteSource::Evaluator),
            unfounded,
            vote("passer-by", Ballot::Go, VoteSource::Person),
        ],
    );
    quorum.stale = vec![vote("owner", Ballot::Go, VoteSource::Person)];
    quorum
}
