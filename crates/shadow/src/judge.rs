//! From counts to an answer.

use adjutant_domain::{Confidence, Interval, Outcome, Validity};
use adjutant_stats::Proportion;
use adjutant_stats::paired_proportion::PairedProportion;
use adjutant_stats::planning::samples_to_decide;
use adjutant_stats::proportion::trials_needed_without_events;

use crate::answer::{ShadowAccounts, ShadowComparison, ShadowKindCount, ShadowPath, ShadowRate};
use crate::comparer::Unpaired;
use crate::rules::ShadowRules;
use crate::tally::{PathTally, Tallies};

/// How many paths a sentence names.
const PATHS_NAMED_MAX: usize = 5;

pub(crate) fn judge(
    rules: &ShadowRules,
    tallies: &Tallies,
    unpaired: Unpaired,
    accounts: ShadowAccounts,
) -> ShadowComparison {
    let tested = tallies.of_path.len() as f64;
    let rate = |tally: &PathTally| rate_of(rules, tallies, tally, tested);
    let mut paths: Vec<ShadowPath> = Vec::new();
    for (id, tally) in tallies.of_path.iter().enumerate() {
        let is_whole = id == 0;
        if tally.kinds.is_empty() {
            continue;
        }
        let name = if is_whole {
            "(paths too many to tell apart)"
        } else {
            tallies.paths.name(id as u32)
        };
        paths.push(ShadowPath {
            path: name.to_owned(),
            rate: rate(tally),
            kinds: kinds_of(tally),
            size_max: tally.size_max,
        });
    }
    let is_lost = |path: &ShadowPath| {
        let mut kinds = path.kinds.iter();
        kinds.any(|kind| kind.kind.is_structural_loss() && kind.pairs > 0)
    };
    paths.sort_by(|one, other| {
        let lost = is_lost(other).cmp(&is_lost(one));
        let excess = other.rate.excess.total_cmp(&one.rate.excess);
        lost.then(excess).then_with(|| one.path.cmp(&other.path))
    });
    let mut comparison = ShadowComparison {
        validity: if tallies.pairs > 0 {
            Validity::Valid
        } else {
            Validity::NoData
        },
        outcome: Outcome::Inconclusive,
        reasons: vec![],
        confidence: rules.confidence,
        regression_max: rules.regression_max,
        whole: rate(&tallies.of_path[0]),
        paths,
        untold: tallies.paths.untold,
        ignored: tallies.ignored,
        unanswered: unpaired.unanswered,
        unasked: unpaired.unasked,
        unmatched_again: unpaired.unmatched_again,
        accounts,
    };
    (comparison.outcome, comparison.reasons) = conclude(&comparison);
    comparison
}

fn kinds_of(tally: &PathTally) -> Vec<ShadowKindCount> {
    let each = tally.kinds.iter().map(|(kind, counted)| ShadowKindCount {
        kind: *kind,
        pairs: counted.pairs,
        noise_pairs: counted.noise,
        requests: counted.requests.clone(),
    });
    each.collect()
}

fn rate_of(rules: &ShadowRules, tallies: &Tallies, tally: &PathTally, tested: f64) -> ShadowRate {
    let (pairs, noise_pairs) = (tallies.pairs, tallies.noise_pairs);
    let share = |events: u64, trials: u64| {
        if trials == 0 {
            0.0
        } else {
            events as f64 / trials as f64
        }
    };
    let noise = share(tally.noise, noise_pairs);
    let excess = share(tally.pairs, pairs) - noise;
    let interval = interval_of(tallies, tally, rules.confidence);
    let is_saturated = noise_pairs > 0 && noise + rules.regression_max >= 1.0;
    // One of many paths is soon far off by chance: to fail takes an interval for all of them.
    let surely_worse = |interval: Interval| {
        interval.low() > rules.regression_max
            && interval_of(tallies, tally, for_all(rules.confidence, tested))
                .is_some_and(|interval| interval.low() > rules.regression_max)
    };
    let outcome = match interval {
        Some(_) if is_saturated => Outcome::Inconclusive,
        Some(interval) if interval.high() <= rules.regression_max => Outcome::Pass,
        Some(interval) if surely_worse(interval) => Outcome::Fail,
        Some(_) | None => Outcome::Inconclusive,
    };
    let needed = match (outcome, interval) {
        (Outcome::Inconclusive, Some(interval)) if !is_saturated => {
            let n = if noise_pairs > 0 {
                pairs.min(noise_pairs)
            } else {
                pairs
            };
            let total = if tally.pairs == 0 && tally.noise == 0 {
                trials_needed_without_events(rules.regression_max, rules.confidence)
            } else {
                samples_to_decide(n, excess, interval, rules.regression_max)
            };
            total.map(|total| total.saturating_sub(n).max(1))
        }
        (Outcome::Pass | Outcome::Fail | Outcome::Inconclusive, _) => None,
    };
    ShadowRate {
        disagreements: tally.pairs,
        pairs,
        noise_disagreements: tally.noise,
        noise_pairs,
        excess,
        interval,
        outcome,
        is_saturated,
        needed,
    }
}

/// The level that each of `tested` intervals needs, so that all of them hold together (Bonferroni).
fn for_all(confidence: Confidence, tested: f64) -> Confidence {
    let level = 1.0 - (1.0 - confidence.level()) / tested;
    match confidence {
        Confidence::TwoSided(_) => Confidence::TwoSided(level),
        Confidence::OneSided(_) => Confidence::OneSided(level),
    }
}

/// Paired where every request was compared both ways; otherwise Newcombe's; without a noise floor
/// Clopper and Pearson's of the share itself.
fn interval_of(tallies: &Tallies, tally: &PathTally, confidence: Confidence) -> Option<Interval> {
    let (n, m) = (tallies.pairs, tallies.noise_pairs);
    let candidate = Proportion::new(tally.pairs, n)?;
    if m == 0 {
        return candidate.interval(confidence);
    }
    if tallies.joint == n && tallies.joint == m {
        let only_candidate = tally.pairs - tally.both;
        let only_noise = tally.noise - tally.both;
        let neither = n - tally.both - only_candidate - only_noise;
        return PairedProportion::new(tally.both, only_candidate, only_noise, neither)?
            .difference(confidence);
    }
    let noise = Proportion::new(tally.noise, m)?;
    Proportion::difference_newcombe(candidate, noise, confidence)
}

/// What all of it says, and why.
fn conclude(found: &ShadowComparison) -> (Outcome, Vec<String>) {
    if found.whole.pairs == 0 {
        let reason = "no request was answered in both recordings".to_owned();
        return (Outcome::Inconclusive, vec![reason]);
    }
    let mut losses: Vec<&str> = found.structural_losses().map(|(path, _)| path).collect();
    losses.dedup();
    let mut against = Vec::new();
    if !losses.is_empty() {
        against.push(format!(
            "what readers of the baseline rely on is gone or of another kind at {}",
            named(&losses)
        ));
    }
    let with = |outcome: Outcome| -> Vec<&str> {
        let whole = std::iter::once(("the whole response", &found.whole));
        let paths = found
            .paths
            .iter()
            .map(|path| (path.path.as_str(), &path.rate));
        let all = whole.chain(paths);
        all.filter(|(_, rate)| rate.outcome == outcome && !rate.is_saturated)
            .map(|(path, _)| path)
            .collect()
    };
    let worse = with(Outcome::Fail);
    if !worse.is_empty() {
        against.push(format!(
            "it disagrees more often than acceptable at {}: the whole interval says so",
            named(&worse)
        ));
    }
    let open = open_points(found, &with(Outcome::Inconclusive));
    if !against.is_empty() {
        against.extend(open);
        (Outcome::Fail, against)
    } else if !open.is_empty() {
        (Outcome::Inconclusive, open)
    } else {
        let reason = "it does not disagree more often than acceptable anywhere: every interval \
                      says so";
        (Outcome::Pass, vec![reason.to_owned()])
    }
}

/// What keeps the answer from being PASS.
fn open_points(found: &ShadowComparison, undecided: &[&str]) -> Vec<String> {
    let mut open = Vec::new();
    if !undecided.is_empty() {
        open.push(format!(
            "there are too few pairs to tell at {}",
            named(undecided)
        ));
    }
    let whole = std::iter::once(("the whole response", &found.whole));
    let paths = found
        .paths
        .iter()
        .map(|path| (path.path.as_str(), &path.rate));
    let saturated: Vec<&str> = whole
        .chain(paths)
        .filter(|(_, rate)| rate.is_saturated)
        .map(|(path, _)| path)
        .collect();
    if !saturated.is_empty() {
        open.push(format!(
            "the baseline disagrees with itself so often that nothing can be told at {}",
            named(&saturated)
        ));
    }
    for (unpaired, problem) in [
        (&found.unanswered, "the candidate did not answer"),
        (&found.unasked, "only the candidate answered"),
        (&found.unmatched_again, "only the second recording answered"),
    ] {
        if unpaired.count > 0 {
            let requests: Vec<&str> = unpaired.requests.iter().map(String::as_str).collect();
            open.push(format!(
                "{problem} {}: {}",
                count_of(unpaired.count),
                named(&requests)
            ));
        }
    }
    if found.untold > 0 {
        open.push("there are more paths than are told apart".to_owned());
    }
    open
}

fn count_of(requests: u64) -> String {
    match requests {
        1 => "1 request".to_owned(),
        many => format!("{many} requests"),
    }
}

fn named(paths: &[&str]) -> String {
    let listed = paths[..paths.len().min(PATHS_NAMED_MAX)].join(", ");
    match paths.len().saturating_sub(PATHS_NAMED_MAX) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}
