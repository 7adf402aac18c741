//! The verdict of gate, risk and votes together, held against the table that docs/gates.md prints.

use adjutant_domain::Verdict;
use adjutant_gate::{QuorumStanding, RiskStanding, joint_verdict};

const GATES: [Verdict; 4] = [
    Verdict::Go,
    Verdict::ShadowOnly,
    Verdict::PauseAndFix,
    Verdict::Reject,
];
const RISKS: [Option<RiskStanding>; 6] = [
    None,
    Some(RiskStanding::Low),
    Some(RiskStanding::Medium),
    Some(RiskStanding::Undecided),
    Some(RiskStanding::High),
    Some(RiskStanding::Veto),
];
const QUORUMS: [Option<QuorumStanding>; 4] = [
    None,
    Some(QuorumStanding::Go),
    Some(QuorumStanding::NoQuorum),
    Some(QuorumStanding::NoGo),
];

/// The rows of the table below `Gate, risk and votes together`: gate, risk, and a verdict for each
/// state of the votes.
fn documented() -> Vec<[String; 6]> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gates.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (_, section) = text
        .split_once("## Gate, risk and votes together\n")
        .unwrap();
    section
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<String> = line
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect();
            cells.try_into().unwrap()
        })
        .collect()
}

fn word(risk: Option<RiskStanding>) -> String {
    risk.map_or_else(|| "not asked".to_owned(), |risk| risk.to_string())
}

#[test]
fn every_combination_of_gate_risk_and_votes_has_the_one_verdict_that_the_table_prints() {
    let rows = documented();
    assert_eq!(rows.len(), GATES.len() * RISKS.len());
    for gate in GATES {
        for risk in RISKS {
            let fits = |row: &&[String; 6]| row[0] == gate.to_string() && row[1] == word(risk);
            let fitting: Vec<_> = rows.iter().filter(fits).collect();
            assert_eq!(fitting.len(), 1, "{gate} {risk:?}");
            for (quorum, expected) in QUORUMS.into_iter().zip(&fitting[0][2..]) {
                let found = joint_verdict(gate, risk, quorum);
                assert_eq!(found.to_string(), *expected, "{gate} {risk:?} {quorum:?}");
            }
        }
    }
}

#[test]
fn only_what_is_decided_in_favour_on_every_axis_goes() {
    for gate in GATES {
        for risk in RISKS {
            for quorum in QUORUMS {
                let favoured = gate == Verdict::Go
                    && matches!(risk, None | Some(RiskStanding::Low))
                    && matches!(quorum, None | Some(QuorumStanding::Go));
                let goes = joint_verdict(gate, risk, quorum) == Verdict::Go;
                assert_eq!(goes, favoured, "{gate} {risk:?} {quorum:?}");
            }
        }
    }
}

#[test]
fn a_worse_answer_on_any_axis_never_lets_more_through() {
    let strictness = |verdict| GATES.iter().position(|known| *known == verdict);
    let verdict = |at: [usize; 3]| joint_verdict(GATES[at[0]], RISKS[at[1]], QUORUMS[at[2]]);
    for gate in 0..GATES.len() {
        for risk in 0..RISKS.len() {
            for quorum in 0..QUORUMS.len() {
                let here = strictness(verdict([gate, risk, quorum]));
                for worse in [[1, 0, 0], [0, 1, 0], [0, 0, 1]] {
                    let at = [gate + worse[0], risk + worse[1], quorum + worse[2]];
                    let inside = at[0] < GATES.len() && at[1] < RISKS.len();
                    if inside && at[2] < QUORUMS.len() {
                        assert!(strictness(verdict(at)) >= here, "{at:?}");
                    }
                }
            }
        }
    }
}
