//! Showing a service and its rollout.

use std::time::Duration;

use adjutant_app::{SeenService, look_at_service};
use adjutant_outbound::instance::InstanceState;
use adjutant_report::Terminal;
use adjutant_report::rollout::{self as written, ShownRollout};
use adjutant_rollout::{MetricResult, Turn};
use adjutant_wire::SeenServiceJson;
use adjutant_wire::rollout::turn;

use super::ground;
use crate::arguments::{Format, RolloutStatusArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

/// How often a watched rollout is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(500);

pub(super) fn status(
    arguments: &RolloutStatusArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ground = ground(&home, settings)?;
    complete(true, async {
        let store = open_store(&home).await?;
        let mut screen = Screen::new(arguments.watch, settings.terminal);
        loop {
            let seen = look_at_service(&store, &ground, &arguments.service).await?;
            if seen.last.is_none() {
                return Err(Failure::no_data(
                    format!("nothing was ever rolled out of {}", arguments.service),
                    format!(
                        "Begin: adjutant rollout start {} --artifact FILE.",
                        arguments.service
                    ),
                ));
            }
            let turn = turn(&seen);
            let is_over = turn.is_none();
            match arguments.format.format {
                Format::Json if arguments.watch => {
                    streams::print_json_line(&SeenServiceJson::of(&seen, turn.as_ref()))?;
                }
                Format::Json => streams::print_json(&SeenServiceJson::of(&seen, turn.as_ref()))?,
                Format::Human => {
                    let text = text_of(&seen, turn.as_ref(), settings.terminal);
                    if arguments.watch {
                        screen.print(&text)?;
                    } else {
                        streams::print(&text)?;
                    }
                }
            }
            if is_over || !arguments.watch {
                return Ok(Exit::Done);
            }
            tokio::time::sleep(WATCH_EVERY).await;
        }
    })
}

pub(super) fn text_of(seen: &SeenService, turn: Option<&Turn>, terminal: Terminal) -> String {
    let Some(last) = &seen.last else {
        return String::new();
    };
    let instances: Vec<_> = seen
        .instances
        .iter()
        .map(|instance| (instance.version, told(instance.state)))
        .collect();
    let rollout = seen.rollout.as_ref();
    let results: &[MetricResult] = turn.map_or(&[], |turn| &turn.results);
    let shown = ShownRollout {
        service: seen.service.as_str(),
        desired: &last.record.desired,
        rollout: rollout.map(|rollout| (rollout.id, &rollout.basis.plan)),
        state: last.record.state.as_ref(),
        last: (&last.record.told, last.at),
        waits_for: turn.and_then(|turn| turn.reasons.first()),
        traffic: &seen.measurements.traffic,
        results,
        instances: &instances,
        proof: rollout.and_then(|rollout| rollout.basis.proof.as_ref()),
        now: seen.read_at,
    };
    written::status(&shown, terminal)
}

fn told(state: Option<InstanceState>) -> &'static str {
    match state {
        None => "does not run",
        Some(InstanceState::Starting) => "starting",
        Some(InstanceState::Well) => "well",
        Some(InstanceState::Unwell) => "does not answer",
        Some(InstanceState::CrashLooping) => "ends again and again",
        Some(InstanceState::Stopping) => "stopping",
    }
}

/// A text that is shown again and again in the same place of a terminal.
pub(super) struct Screen {
    is_on: bool,
    lines: usize,
    terminal: Terminal,
}

impl Screen {
    pub(super) fn new(is_on: bool, terminal: Terminal) -> Self {
        Self {
            is_on,
            lines: 0,
            terminal,
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// On standard error, for a command whose answer comes at its end.
    pub(super) fn show(&mut self, text: &str) {
        let back = self.take_place_of_last(text);
        streams::tell_over(back, text.trim_end_matches('\n'));
    }

    /// On standard output.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Failure> {
        let back = self.take_place_of_last(text);
        streams::print_over(back, text)
    }

    /// How many lines the last text began above; none where the output is no terminal, so that one
    /// follows the other.
    fn take_place_of_last(&mut self, text: &str) -> usize {
        let back = match self.terminal.color {
            adjutant_report::Color::Always => self.lines,
            adjutant_report::Color::Never => 0,
        };
        self.lines = text.lines().count();
        back
    }
}
