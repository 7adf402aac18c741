//! `adjutant traffic`: a proxy served, seen and steered.

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use adjutant_app::{SeenTraffic, change_traffic, look_at_traffic, replace_traffic};
use adjutant_domain::Unit;
use adjutant_outbound::clock;
use adjutant_report::number;
use adjutant_stats::LogHistogram;
use adjutant_traffic::{
    ArmMinute, DesiredTraffic, MirrorComparison, MirrorRule, ObservedTraffic, PartChange,
    ServeOptions, StickyRule, TrafficChange, TrafficControl, TrafficLane, TrafficMeasurements,
};
use serde::Serialize;

use crate::arguments::{
    Format, ServeTrafficArguments, SetTrafficArguments, TrafficCommand, TrafficStatusArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn run(command: TrafficCommand, _settings: &Settings) -> Result<Exit, Failure> {
    match command {
        TrafficCommand::Serve(arguments) => serve(arguments),
        TrafficCommand::Status(arguments) => status(&arguments),
        TrafficCommand::Set(arguments) => set(*arguments),
    }
}

#[derive(Serialize)]
struct ServingJson<'a> {
    listen: String,
    control: &'a Path,
}

fn serve(arguments: ServeTrafficArguments) -> Result<Exit, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let control = std::path::absolute(&arguments.control).map_err(|error| {
        let problem = format!("the control socket cannot be placed: {error}");
        Failure::usage(problem, "Name a path.")
    })?;
    let options = ServeOptions {
        listen: arguments.listen,
        control,
        workers: arguments.workers.map_or(cores, usize::from),
        trusts_forwarded: arguments.trust_forwarded,
        drain: Duration::from_secs(u64::from(arguments.drain)),
        clock: clock::now,
    };
    let mut told = Ok(());
    adjutant_traffic::serve(&options, |listen| {
        told = match arguments.format.format {
            Format::Json => streams::print_json_line(&ServingJson {
                listen: listen.to_string(),
                control: &options.control,
            }),
            Format::Human => streams::print(&format!(
                "serving http://{listen}, controlled at {}\n",
                options.control.display()
            )),
        };
    })?;
    told?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct StatusJson<'a> {
    observed: &'a ObservedTraffic,
    measurements: &'a TrafficMeasurements,
    comparison: &'a Option<MirrorComparison>,
}

fn status(arguments: &TrafficStatusArguments) -> Result<Exit, Failure> {
    let control = TrafficControl::at(&arguments.control);
    let seen = complete(true, async { Ok(look_at_traffic(&control).await?) })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&StatusJson {
            observed: &seen.observed,
            measurements: &seen.measurements,
            comparison: &seen.comparison,
        })?,
        Format::Human => streams::print(&shown(&seen, &arguments.control))?,
    }
    Ok(match seen.observed.desired {
        Some(_) => Exit::Done,
        None => Exit::Undecided,
    })
}

fn shown(seen: &SeenTraffic, control: &Path) -> String {
    let observed = &seen.observed;
    let mut text = format!(
        "proxy {} at {} since {}{}\n",
        observed.process,
        observed.listen,
        observed.started_at,
        if observed.is_draining { ", ending" } else { "" }
    );
    let Some(desired) = &observed.desired else {
        text.push_str(&format!(
            "NO DATA AVAILABLE: no arm is configured\nremedy: adjutant traffic set --control {} \
             --arm baseline=HOST:PORT\n",
            control.display()
        ));
        return text;
    };
    text.push_str(&format!("generation {}\n\n", desired.generation));
    text.push_str(&table(&arm_rows(desired, seen)));
    if let Some(comparison) = &seen.comparison {
        text.push_str(&mirror_lines(observed, comparison));
    }
    text
}

fn arm_rows(desired: &DesiredTraffic, seen: &SeenTraffic) -> Vec<Vec<String>> {
    let head = [
        "arm",
        "weight",
        "in flight",
        "requests",
        "failures",
        "cancelled",
        "p50",
        "p95",
        "p99",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for arm in &desired.arms {
        let in_flight = seen
            .observed
            .arms
            .iter()
            .find(|known| known.name == arm.name && known.version == arm.version)
            .map_or(0, |known| known.in_flight);
        for lane in [TrafficLane::Live, TrafficLane::Mirrored] {
            let minutes: Vec<&ArmMinute> = seen
                .measurements
                .minutes
                .iter()
                .flat_map(|minute| &minute.arms)
                .filter(|one| {
                    one.name == arm.name && one.version == arm.version && one.lane == lane
                })
                .collect();
            let (name, weight, in_flight) = match lane {
                TrafficLane::Mirrored if minutes.is_empty() => continue,
                TrafficLane::Mirrored => (
                    format!("{} (mirrored)", arm.name),
                    String::new(),
                    String::new(),
                ),
                TrafficLane::Live => {
                    let weight = f64::from(arm.weight) / f64::from(adjutant_traffic::WEIGHT_WHOLE);
                    let weight = number::value(weight, None, Unit::Ratio);
                    (arm.name.clone(), weight, number::count(in_flight))
                }
            };
            let mut row = vec![name, weight, in_flight];
            row.extend(counted(&minutes));
            rows.push(row);
        }
    }
    rows
}

fn counted(minutes: &[&ArmMinute]) -> Vec<String> {
    let sum = |count: fn(&ArmMinute) -> u64| minutes.iter().map(|minute| count(minute)).sum();
    let mut latencies = LogHistogram::default();
    for minute in minutes {
        latencies.merge(&minute.whole_ms.0);
    }
    let quantile = |p: f64| match latencies.quantile(p) {
        Some(millis) => number::value(millis, None, Unit::Milliseconds),
        None => "no data".to_owned(),
    };
    vec![
        number::count(sum(|minute| minute.started)),
        number::count(sum(|minute| minute.errors.failures())),
        number::count(sum(|minute| minute.errors.cancelled)),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
    ]
}

fn mirror_lines(observed: &ObservedTraffic, comparison: &MirrorComparison) -> String {
    let counts = observed.mirrors;
    let dropped = counts.dropped_busy
        + counts.dropped_queue
        + counts.dropped_long
        + counts.dropped_encoded
        + counts.dropped_unanswered;
    let mut text = format!(
        "\nmirror: {} of {} pairs disagree, {} dropped: {}\n",
        number::count(comparison.disagreements),
        number::count(comparison.pairs),
        number::count(dropped),
        comparison.outcome,
    );
    for reason in &comparison.reasons {
        text.push_str(&format!("  {reason}\n"));
    }
    text
}

fn set(arguments: SetTrafficArguments) -> Result<Exit, Failure> {
    let control = TrafficControl::at(&arguments.control);
    let format = arguments.format;
    let desired = complete(true, async {
        Ok(match &arguments.file {
            Some(file) => replace_traffic(&control, file).await?,
            None => change_traffic(&control, change_of(arguments)).await?,
        })
    })?;
    match format {
        Format::Json => streams::print_json(&desired)?,
        Format::Human => {
            let weights = desired.arms.iter().map(|arm| {
                let weight = f64::from(arm.weight) / f64::from(adjutant_traffic::WEIGHT_WHOLE);
                format!("{} {}", arm.name, number::value(weight, None, Unit::Ratio))
            });
            let weights: Vec<String> = weights.collect();
            let generation = desired.generation;
            streams::print(&format!(
                "generation {generation}: {}\n",
                weights.join(", ")
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn change_of(arguments: SetTrafficArguments) -> TrafficChange {
    let sticky = match (arguments.sticky_cookie, arguments.sticky_header) {
        (Some(name), _) => PartChange::To(StickyRule::Cookie { name, issue: true }),
        (None, Some(name)) => PartChange::To(StickyRule::Header { name }),
        (None, None) if arguments.no_sticky => PartChange::End,
        (None, None) => PartChange::Keep,
    };
    let mirror = match arguments.mirror {
        Some((from, to)) => PartChange::To(MirrorRule {
            again: arguments.again,
            share: arguments.share,
            ignore: arguments.ignore.into_iter().collect(),
            ..MirrorRule::between(from, to, arguments.allow)
        }),
        None if arguments.no_mirror => PartChange::End,
        None => PartChange::Keep,
    };
    TrafficChange {
        upstreams: arguments.arm.into_iter().collect(),
        versions: arguments.build.into_iter().collect(),
        weights: arguments.weight.into_iter().collect(),
        removed: arguments.remove,
        sticky,
        mirror,
    }
}
