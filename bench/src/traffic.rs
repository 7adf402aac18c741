//! `adjutant traffic serve` beside nginx and HAProxy: throughput of one processor, latency at equal
//! load, and what mirroring costs the client.

mod contender;
mod load;

use std::path::Path;

use anyhow::Result;

use crate::machine;
use crate::process::is_realtime;
use crate::results::{Demand, Section, number, page, time};
use crate::timing::median;
use crate::{FULL, Scale};

use contender::{Contender, Contenders, Mirroring};
pub(crate) use load::Load;

/// Connections that are busy all the time.
const CONNECTIONS: u32 = 32;

/// The load of the latency comparison, as a part of what nginx bears.
const PART_OF_CAPACITY: f64 = 0.5;

/// The load of the mirroring comparison: each request is asked twice, and compared.
const MIRRORED_PART_OF_CAPACITY: f64 = 0.15;

/// Compares, and returns the page.
pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let is_full = scale.rounds == FULL.rounds;
    let load = Load {
        folder: folder.to_owned(),
        seconds: if is_full { 5 } else { 1 },
    };
    let rounds = if is_full { 5 } else { 1 };
    let contenders = Contenders::start(folder, adjutant)?;
    let machine = machine::describe(&contender::versions()?)?;
    let throughput = throughput(&contenders, &load, rounds)?;
    let [_, nginx, _] = throughput.medians;
    let latency = latency(&contenders, &load, rounds, nginx * PART_OF_CAPACITY)?;
    let mirroring = mirroring(
        &contenders,
        &load,
        rounds,
        nginx * MIRRORED_PART_OF_CAPACITY,
    )?;
    Ok(page(
        "Results: traffic",
        "cargo xtask bench traffic",
        &machine,
        &[throughput.section, latency, mirroring],
    ))
}

/// The medians of contenders in their order, with the section that tells them.
struct Compared {
    medians: [f64; 3],
    section: Section,
}

/// Measures each contender in turns.
fn in_turns(
    contenders: &[Contender],
    rounds: usize,
    mut measure: impl FnMut(&Contender) -> Result<f64>,
) -> Result<Vec<Vec<f64>>> {
    let mut measured = vec![Vec::new(); contenders.len()];
    for round in 0..rounds {
        for (place, contender) in contenders.iter().enumerate() {
            let figure = measure(contender)?;
            eprintln!("round {}: {} {figure:.4}", round + 1, contender.name);
            measured[place].push(figure);
        }
    }
    Ok(measured)
}

fn throughput(contenders: &Contenders, load: &Load, rounds: usize) -> Result<Compared> {
    let all = contenders.all();
    let measured = in_turns(&all, rounds, |contender| {
        load.closed(&contender.url(), CONNECTIONS)
    })?;
    let medians = [0, 1, 2].map(|place: usize| median(&measured[place]));
    let [ours, nginx, _haproxy] = medians;
    let mut figures = figures(&all, &measured, |rate| format!("{rate:.0} requests/s"));
    let direct = load.closed(&contenders.upstream(), CONNECTIONS)?;
    figures.push((
        "no proxy: the upstream itself".to_owned(),
        format!("{direct:.0} requests/s"),
    ));
    Ok(Compared {
        medians,
        section: Section {
            title: "Throughput of one processor",
            method: format!(
                "Each proxy has one worker on the first processor; upstream (nginx, a fixed answer \
                 of {} bytes) and load (`wrk -t1 -c{CONNECTIONS}`, {} s a turn) have the second. \
                 Adjutant measures every request; nginx and HAProxy write no log.{}",
                contender::ANSWER_BYTES,
                load.seconds,
                realtime()
            ),
            figures,
            demands: vec![Demand::at_least(
                "throughput, against nginx",
                0.8,
                ours / nginx,
            )],
        },
    })
}

fn latency(contenders: &Contenders, load: &Load, rounds: usize, rate: f64) -> Result<Section> {
    let all = contenders.all();
    let measured = in_turns(&all, rounds, |contender| {
        load.open_p99(&contender.url(), rate, &[])
    })?;
    let [ours, nginx] = [0, 1].map(|place: usize| median(&measured[place]));
    Ok(Section {
        title: "Latency at equal load",
        method: format!(
            "The same set-up under {rate:.0} requests/s (`h2load --h1 --rps`, 16 connections, {} s \
             a turn): the 99th percentile of all requests, as the client sees it.{}",
            load.seconds,
            realtime()
        ),
        figures: figures(&all, &measured, time),
        demands: vec![at_most(
            "p99 at equal load, against nginx",
            1.3,
            ours / nginx,
        )],
    })
}

fn mirroring(contenders: &Contenders, load: &Load, rounds: usize, rate: f64) -> Result<Section> {
    let both = [
        contenders.ours("without mirroring"),
        contenders.ours("with mirroring and comparing"),
    ];
    let (mut compared, mut dropped) = (0, 0);
    let measured = in_turns(&both, rounds, |contender| {
        if contender.name != both[1].name {
            contenders.mirror(Mirroring::Off)?;
            return load.open_p99(&contender.url(), rate, &[]);
        }
        contenders.mirror(Mirroring::On)?;
        let p99 = load.open_p99(&contender.url(), rate, &[])?;
        let copies = contenders.copies()?;
        compared += copies.compared;
        dropped = copies.dropped;
        Ok(p99)
    })?;
    contenders.mirror(Mirroring::Off)?;
    let share = compared as f64 / (compared + dropped) as f64;
    let [without, with] = [0, 1].map(|place: usize| median(&measured[place]));
    let mut figures = figures(&both, &measured, time);
    figures.push(("copies compared".to_owned(), compared.to_string()));
    figures.push(("copies dropped".to_owned(), dropped.to_string()));
    Ok(Section {
        title: "What mirroring costs the client",
        method: format!(
            "Adjutant alone, {rate:.0} requests/s, with every request asked again of a second \
             upstream and both answers compared as JSON, on the proxy's one processor. The second \
             upstream is a process of its own that gives way (`nice`) to the load on its \
             processor: a candidate stands on another machine than the clients.{}",
            realtime()
        ),
        figures,
        demands: vec![
            at_most("p99 with mirroring and comparing", 1.2, with / without),
            Demand {
                what: "copies that were compared, and not dropped".to_owned(),
                demand: "≥ 95 %".to_owned(),
                measured: format!("{} %", number(share * 100.0)),
                is_met: share >= 0.95,
            },
        ],
    })
}

fn figures(
    contenders: &[Contender],
    measured: &[Vec<f64>],
    written: impl Fn(f64) -> String,
) -> Vec<(String, String)> {
    let each = contenders.iter().zip(measured);
    each.map(|(contender, values)| {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        let figure = format!(
            "{} (n = {}, {} to {})",
            written(median(values)),
            values.len(),
            written(least),
            written(most)
        );
        (contender.name.to_owned(), figure)
    })
    .collect()
}

/// A ratio that is to be at most `most`.
fn at_most(what: &str, most: f64, measured: f64) -> Demand {
    Demand {
        what: what.to_owned(),
        demand: format!("≤ {}×", number(most)),
        measured: format!("{}×", number(measured)),
        is_met: measured <= most,
    }
}

fn realtime() -> &'static str {
    if is_realtime() {
        " Every process had real-time priority, because other work kept the machine busy."
    } else {
        ""
    }
}
