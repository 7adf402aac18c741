//! `adjutant north-star`.

use adjutant_app::SeenNorthStar;
use adjutant_outbound::clock;
use adjutant_wire::NorthStarJson;
use adjutant_work::calendar::Week;
use adjutant_work::north_star::Observation;

use crate::arguments::{Format, FormatArguments, NorthStarCommand, ObserveArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::{ASKS_NORTH_STARS, complete};
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: NorthStarCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        NorthStarCommand::List(format) => list(format, settings),
        NorthStarCommand::Observe(arguments) => observe(&arguments, settings),
    }
}

fn list(arguments: FormatArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let seen = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        let now = clock::now();
        Ok(adjutant_app::look_at_north_stars(&store, &home, Week::of(now), now).await?)
    })?;
    told(&seen, arguments.format)
}

fn observe(arguments: &ObserveArguments, settings: &Settings) -> Result<Exit, Failure> {
    let now = clock::now();
    let this_week = Week::of(now);
    let week = arguments.week.unwrap_or(this_week);
    if week > this_week {
        return Err(Failure::usage(
            format!("{week} has not begun: this is {this_week}"),
            "Name this week, or one before it.",
        ));
    }
    let home = find_home(settings)?;
    let seen = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::observe_north_stars(&store, &home, week, now).await?)
    })?;
    told(&seen, arguments.format.format)
}

fn told(seen: &[SeenNorthStar], format: Format) -> Result<Exit, Failure> {
    match format {
        Format::Json => {
            let json: Vec<NorthStarJson<'_>> = seen.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human if seen.is_empty() => {
            streams::tell("NO DATA AVAILABLE: no north-star gate is set");
            streams::tell(
                "remedy: Write [north_star.NAME] into adjutant.toml; docs/work/focus.md.",
            );
        }
        Format::Human => {
            let lines: String = seen.iter().map(north_star_lines).collect();
            streams::print(&lines)?;
        }
    }
    Ok(Exit::Done)
}

/// A gate with the weeks that it was not met before, and what that pauses.
pub(super) fn north_star_lines(seen: &SeenNorthStar) -> String {
    let mut text = observation_line(&seen.observation);
    if !seen.misses.weeks.is_empty() {
        let weeks: Vec<String> = seen
            .misses
            .weeks
            .iter()
            .map(|(week, standing)| format!("{week} {standing}"))
            .collect();
        text.push_str(&format!("  not met before: {}\n", weeks.join(", ")));
    }
    for pause in &seen.misses.pauses {
        text.push_str(&format!("  paused: {} tasks\n", pause.kind.name()));
    }
    text
}

/// How a gate stands in a week, its value with its source, and what to do about missing data.
pub(super) fn observation_line(seen: &Observation) -> String {
    let value = seen.value.as_ref().map_or_else(String::new, |value| {
        format!(" ({})", adjutant_report::focus::measured(value))
    });
    let command = seen
        .command
        .as_ref()
        .map_or_else(String::new, |command| format!("; {command}"));
    format!(
        "north star {}, {}: {}: {}{value}{command}\n",
        seen.gate, seen.week, seen.standing, seen.because
    )
}
