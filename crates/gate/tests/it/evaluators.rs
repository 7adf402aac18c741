//! The built-in voters, and votes in a decision.

use std::collections::BTreeMap;

use adjutant_domain::{Evidence, OwnMeasure, RoleName, Verdict};
use adjutant_gate::{Ballot, Case, Decision, QuorumStanding, Vote, VoteSource, decide, evaluate};

use crate::made::{
    REQUESTS, built_in, evidence, good_release, judgements, load, now, ranking, release_criteria,
    scalar,
};
use crate::risk::{dependency, schema};

const INFRA: &str = "infra-performance-monitor";
const QUALITY: &str = "quality-safety-officer";
const OPERATIONS: &str = "ai-operations-engineer";

/// Memory and processor time; the baseline takes 100 and 10.
fn resources(memory: f64, processor: f64) -> [Evidence; 2] {
    let of = |subject, artifact, memory, processor| {
        let stated = |measure: OwnMeasure, value| scalar(measure.as_str(), "value", value);
        let found = vec![
            stated(OwnMeasure::MemoryPeak, memory),
            stated(OwnMeasure::ProcessorTime, processor),
        ];
        evidence(subject, artifact, found)
    };
    [
        of("baseline", 50, 100.0, 10.0),
        of("candidate", 51, memory, processor),
    ]
}

/// Everything that the three evaluators look at, and nothing against the candidate.
fn complete() -> Vec<Evidence> {
    let mut all = good_release();
    all.extend(resources(110.0, 11.0));
    all.extend([schema(0, 0, 0), dependency(0, 0, 0, Some(1))]);
    all
}

/// `complete` without some files, by their numbers, and with others.
fn with(without: &[u8], more: Vec<Evidence>) -> Vec<Evidence> {
    let is_kept = |given: &Evidence| {
        let number = given
            .run
            .as_str()
            .trim_start_matches("run_")
            .parse()
            .unwrap();
        !without.contains(&number)
    };
    complete().into_iter().filter(is_kept).chain(more).collect()
}

fn asked<T>(evidence: &[Evidence], votes: &[Vote], ask: impl Fn(&Case<'_>) -> T) -> T {
    ask(&Case {
        evidence,
        failures: &[],
        history: &[],
        reasons: &BTreeMap::new(),
        votes,
        now: now(),
    })
}

fn vote(role: &str, evidence: &[Evidence]) -> Vote {
    let role: RoleName = role.parse().unwrap();
    asked(evidence, &[], |case| {
        evaluate(&built_in("release"), case, &role).unwrap()
    })
}

fn decided(evidence: &[Evidence], votes: &[Vote]) -> Decision {
    asked(evidence, votes, |case| decide(&built_in("release"), case))
}

#[test]
fn each_evaluator_votes_as_its_evidence_says_and_abstains_without_it() {
    let slow = || vec![evidence("candidate", 2, load(90.0, REQUESTS, 2, 12))];
    let broken = || vec![evidence("baseline", 1, load(60.0, REQUESTS, 600, 11))];
    let blind = || vec![evidence("candidate", 4, vec![ranking(60.0, 22)])];
    for (role, evidence, ballot, word) in [
        (INFRA, complete(), Ballot::Go, "resources"),
        (
            INFRA,
            with(&[1, 2], vec![]),
            Ballot::Abstain,
            "adjutant gate release --evidence",
        ),
        (
            INFRA,
            with(&[50, 51], vec![]),
            Ballot::Abstain,
            "adjutant evidence add",
        ),
        (INFRA, with(&[2], slow()), Ballot::NoGo, "latency"),
        (INFRA, with(&[1], broken()), Ballot::NoGo, "environment"),
        (
            INFRA,
            with(&[50, 51], resources(130.0, 10.0).to_vec()),
            Ballot::NoGo,
            "memory_peak_bytes",
        ),
        (QUALITY, complete(), Ballot::Go, "rollback"),
        (QUALITY, with(&[6], vec![]), Ballot::Abstain, "compliance"),
        (
            QUALITY,
            with(&[5], vec![]),
            Ballot::Abstain,
            "visual-ablation",
        ),
        (
            QUALITY,
            with(&[2], slow()),
            Ballot::NoGo,
            "objectives: p95-drift not kept",
        ),
        (QUALITY, with(&[4], blind()), Ballot::NoGo, "compliance"),
        (OPERATIONS, complete(), Ballot::Go, "risk: LOW"),
        (
            OPERATIONS,
            with(&[40], vec![]),
            Ballot::Abstain,
            "adjutant schema diff",
        ),
        (
            OPERATIONS,
            with(&[41], vec![]),
            Ballot::Abstain,
            "adjutant deps align",
        ),
        (
            OPERATIONS,
            with(&[40], vec![schema(1, 0, 0)]),
            Ballot::NoGo,
            "breaks",
        ),
        (
            OPERATIONS,
            with(&[41], vec![dependency(1, 0, 0, Some(1))]),
            Ballot::Abstain,
            "MEDIUM",
        ),
    ] {
        let vote = vote(role, &evidence);
        assert_eq!(vote.ballot, ballot, "{role}, {word}: {}", vote.because);
        assert!(vote.because.contains(word), "{role}: {}", vote.because);
        assert_eq!(vote.source, VoteSource::Evaluator);
        assert!(ballot != Ballot::Go || !vote.evidence.is_empty(), "{role}");
    }
}

#[test]
fn without_any_evidence_every_evaluator_abstains() {
    for role in [INFRA, QUALITY, OPERATIONS] {
        let vote = vote(role, &[]);
        assert_eq!((vote.ballot, vote.evidence), (Ballot::Abstain, vec![]));
    }
    let other: RoleName = "qa-evals-docs".parse().unwrap();
    assert_eq!(
        asked(&[], &[], |case| evaluate(
            &built_in("release"),
            case,
            &other
        )),
        None
    );
}

#[test]
fn a_complete_release_goes_and_loses_its_go_with_any_file_of_its_risk_or_votes() {
    assert_eq!(decided(&complete(), &[]).verdict, Verdict::Go);
    for file in [1, 2, 4, 40, 41] {
        let decision = decided(&with(&[file], vec![]), &[]);
        assert_ne!(decision.verdict, Verdict::Go, "without {file}");
    }
}

#[test]
fn what_mirrored_traffic_can_settle_goes_to_shadow_though_one_evaluator_abstains() {
    // Hardly better than the baseline: nDCG cannot tell, and so the objectives are not decided.
    let unsure = vec![evidence("candidate", 4, vec![ranking(6.8, 22)])];
    let decision = decided(&with(&[4], unsure), &[]);
    assert_eq!(
        decision.verdict,
        Verdict::ShadowOnly,
        "{:?}",
        decision.reasons
    );
    let voters = decision.joint.unwrap().quorum.unwrap().voters;
    let says: Vec<_> = voters
        .iter()
        .map(|voter| voter.vote.as_ref().unwrap().ballot)
        .collect();
    assert_eq!(says, [Ballot::Go, Ballot::Abstain, Ballot::Go]);
}

#[test]
fn a_persons_vote_replaces_the_evaluators_while_it_has_seen_everything() {
    let evidence = complete();
    let doubt = |seen_all: bool| {
        let mut doubts = [INFRA, QUALITY].map(|role| Vote {
            ballot: Ballot::NoGo,
            source: VoteSource::Person,
            ..vote(role, &evidence)
        });
        for doubt in &mut doubts {
            doubt.seen.truncate(if seen_all { usize::MAX } else { 1 });
        }
        doubts
    };
    let counted = decided(&evidence, &doubt(true));
    assert_eq!(counted.verdict, Verdict::Reject);
    let quorum = counted.joint.unwrap().quorum.unwrap();
    assert_eq!(quorum.standing, QuorumStanding::NoGo);
    assert_eq!(quorum.voters[0].replaced[0].source, VoteSource::Evaluator);
    assert!(
        counted.reasons[0].contains("NO-GO: 2 of 3"),
        "{:?}",
        counted.reasons
    );

    let overtaken = decided(&evidence, &doubt(false));
    assert_eq!(overtaken.verdict, Verdict::Go);
    assert_eq!(overtaken.joint.unwrap().quorum.unwrap().stale.len(), 2);
}

#[test]
fn a_policy_that_asks_for_neither_decides_and_is_kept_as_before() {
    let release = release_criteria();
    let doubt = Vote {
        ballot: Ballot::NoGo,
        ..vote(INFRA, &complete())
    };
    let decision = asked(&good_release(), &[doubt], |case| decide(&release, case));
    assert_eq!((decision.verdict, &decision.joint), (Verdict::Go, &None));
    let kept = serde_json::to_string(&decision).unwrap();
    assert!(!kept.contains("joint"));
    assert_eq!(serde_json::from_str::<Decision>(&kept).unwrap(), decision);
}

#[test]
fn judgements_alone_are_no_evidence_of_a_candidate() {
    let evidence = [evidence("qrels", 6, vec![judgements()])];
    let doubt = vote(INFRA, &evidence);
    assert_eq!(doubt.seen, []);
    let person = Vote {
        source: VoteSource::Person,
        ..doubt
    };
    let quorum = decided(&evidence, &[person]).joint.unwrap().quorum.unwrap();
    assert_eq!(quorum.stale.len(), 1);
}
