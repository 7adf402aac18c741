//! `adjutant gate self-test`: how a gate behaves where the truth is known.

use adjutant_gate::{CriterionSelfTest, Rate, SelfTest};
use adjutant_report::number;

use super::policy;
use crate::arguments::{Format, SelfTestArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::find_home;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn self_test(
    arguments: &SelfTestArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let found = policy::policy_of(&home, &arguments.name, arguments.policy.as_deref())?;
    let mut told = 0;
    let mut progress = |done: u64, all: u64| {
        let percent = (done * 100).checked_div(all).unwrap_or(100);
        if settings.is_watched && percent >= told + 10 {
            told = percent;
            streams::tell(&format!("{percent} % of {all} trials"));
        }
    };
    let tested = adjutant_gate::self_test(&found.policy, arguments.seeds, &mut progress);
    match arguments.format.format {
        Format::Json => streams::print_json(&tested)?,
        Format::Human => streams::print(&human(&tested))?,
    }
    Ok(if tested.has_vote {
        Exit::Done
    } else {
        Exit::Rejected
    })
}

fn human(tested: &SelfTest) -> String {
    let head = [
        "criterion",
        "false alarms",
        "false passes",
        "power",
        "planted regression",
        "evidence",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(tested.criteria.iter().map(row));
    let vote = if tested.has_vote {
        "keeps its error rates and may vote"
    } else {
        "does not keep its error rates and has no vote"
    };
    format!(
        "{}: {vote}\n{} seeds a criterion, at most {} false alarms allowed\n\n{}",
        tested.gate,
        number::count(tested.seeds),
        percent(tested.alpha),
        table(&rows)
    )
}

fn row(criterion: &CriterionSelfTest) -> Vec<String> {
    vec![
        criterion.id.to_string(),
        rate(criterion.false_alarm),
        rate(criterion.false_pass),
        rate(criterion.power),
        criterion.planted.clone(),
        criterion.evidence.clone(),
    ]
}

/// `4.1 % [3.0, 5.5]`.
fn rate(rate: Rate) -> String {
    if rate.trials == 0 {
        return "not tried".to_owned();
    }
    let share = percent(rate.events as f64 / rate.trials as f64);
    match rate.interval {
        Some(interval) => format!(
            "{share} [{:.1}, {:.1}]",
            interval.low() * 100.0,
            interval.high() * 100.0
        ),
        None => share,
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
