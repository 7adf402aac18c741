//! Counting votes.

use adjutant_domain::{Citation, Digest, Locator, RoleName, Subject};
use adjutant_gate::{Ballot, QuorumStanding, Vote, VoteSource, count_votes};
use proptest::prelude::*;

use crate::made::now;

const ROLES: [&str; 3] = [
    "infra-performance-monitor",
    "quality-safety-officer",
    "ai-operations-engineer",
];

fn roles(names: &[&str]) -> Vec<RoleName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn vote(role: &str, ballot: Ballot) -> Vote {
    let artifact = Digest::from_bytes([1; 32]);
    Vote {
        subject: Subject::candidate(),
        role: role.parse().unwrap(),
        ballot,
        because: "the table says so".to_owned(),
        evidence: vec![Citation {
            run: "run_1".parse().unwrap(),
            artifact,
            file: "load.json".to_owned(),
            locator: Locator::Pointer("/p95".to_owned()),
        }],
        seen: vec![artifact],
        decision: None,
        source: VoteSource::Person,
        at: now(),
    }
}

/// `G` says GO, `N` NO-GO, `A` abstains, `-` has not voted.
fn standing(ballots: &str) -> QuorumStanding {
    let names: Vec<String> = (0..ballots.len()).map(|at| format!("role-{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let votes: Vec<Vote> = ballots
        .chars()
        .zip(&names)
        .filter_map(|(ballot, role)| match ballot {
            'G' => Some(vote(role, Ballot::Go)),
            'N' => Some(vote(role, Ballot::NoGo)),
            'A' => Some(vote(role, Ballot::Abstain)),
            _ => None,
        })
        .collect();
    count_votes(&roles(&names), &votes).standing
}

#[test]
fn go_needs_two_thirds_of_all_voters() {
    for (ballots, expected) in [
        ("GGG", QuorumStanding::Go),
        ("GGA", QuorumStanding::Go),
        ("GG-", QuorumStanding::Go),
        ("GGN", QuorumStanding::Go),
        ("GAA", QuorumStanding::NoQuorum),
        ("G--", QuorumStanding::NoQuorum),
        ("GAN", QuorumStanding::NoQuorum),
        ("AAA", QuorumStanding::NoQuorum),
        ("---", QuorumStanding::NoQuorum),
        ("GNN", QuorumStanding::NoGo),
        ("NN-", QuorumStanding::NoGo),
        ("NNN", QuorumStanding::NoGo),
        ("GGGA", QuorumStanding::Go),
        ("GGAA", QuorumStanding::NoQuorum),
        ("GGGAA", QuorumStanding::NoQuorum),
        ("GGGGAA", QuorumStanding::Go),
        ("", QuorumStanding::NoQuorum),
    ] {
        assert_eq!(standing(ballots), expected, "{ballots:?}");
    }
}

#[test]
fn a_go_that_names_no_evidence_is_an_abstention() {
    let mut votes = ROLES.map(|role| vote(role, Ballot::Go));
    votes[0].evidence.clear();
    votes[1].evidence.clear();
    let counted = count_votes(&roles(&ROLES), &votes);
    assert_eq!(counted.standing, QuorumStanding::NoQuorum);
    let doubt = votes.map(|vote| Vote {
        ballot: Ballot::NoGo,
        ..vote
    });
    let counted = count_votes(&roles(&ROLES), &doubt);
    assert_eq!(counted.standing, QuorumStanding::NoGo, "doubt needs none");
}

#[test]
fn one_role_has_one_voice_and_its_last_vote_counts() {
    let twice = [ROLES[0], ROLES[0], ROLES[1], ROLES[2]];
    let votes = [
        vote(ROLES[0], Ballot::Go),
        vote(ROLES[0], Ballot::Go),
        vote(ROLES[1], Ballot::Go),
        vote(ROLES[1], Ballot::NoGo),
        vote("passer-by", Ballot::Go),
    ];
    let counted = count_votes(&roles(&twice), &votes);
    assert_eq!(counted.standing, QuorumStanding::NoQuorum);
    assert_eq!(counted.voters.len(), 3);
    assert_eq!(counted.not_counted, [vote("passer-by", Ballot::Go)]);
    assert_eq!(counted.voters[1].replaced, [vote(ROLES[1], Ballot::Go)]);
}

#[test]
fn a_vote_is_fresh_while_it_has_seen_everything_about_its_subject() {
    let cast = vote(ROLES[0], Ballot::Go);
    let [seen, newer] = [1, 2].map(|byte| Digest::from_bytes([byte; 32]));
    assert!(cast.is_fresh(&[seen]));
    assert!(!cast.is_fresh(&[seen, newer]));
    assert!(!cast.is_fresh(&[newer]));
    assert!(!cast.is_fresh(&[]), "there is nothing that it is about");
}

proptest! {
    #[test]
    fn taking_a_go_away_never_makes_a_quorum(ballots in "[GNA-]{1,12}", at in 0..12_usize) {
        let without: String = ballots
            .chars()
            .enumerate()
            .map(|(place, ballot)| if place == at && ballot == 'G' { '-' } else { ballot })
            .collect();
        if standing(&ballots) != QuorumStanding::Go {
            prop_assert_ne!(standing(&without), QuorumStanding::Go);
        }
    }
}
