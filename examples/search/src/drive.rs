//! The driver: runs the services as processes of their own, asks them the labelled queries, puts
//! open-loop load on baseline and candidate at once, and writes what it saw into files.
//!
//! It measures and does not judge: the gate does.

pub(crate) mod client;
mod cost;
mod files;
pub(crate) mod load;
mod quality;
pub(crate) mod schedule;
mod service;
mod shadow;

use crate::arguments::DriveSettings;
use crate::say;
use adjutant_example_search::catalogue::read_products;
use adjutant_example_search::judge::{LabelledQuery, read_queries};
use adjutant_example_search::picture::matrix::color_shares;
use adjutant_example_search::rank::{Sight, Version};
use anyhow::{Context, Result};
use client::Client;
use files::Files;
use load::Sent;
use schedule::{Arm, Load};
use service::RunningService;
use std::time::Duration;

/// Load that is sent before the measurement and not recorded: connections open, caches fill. Never
/// longer than the measurement.
const WARM_UP_MAX: Duration = Duration::from_secs(3);
/// Threads that send and receive.
const WORKER_THREADS: usize = 2;
/// A driver whose sends are later than this at the 99th percentile says so.
const LATENESS_WORTH_A_WORD_MS: f64 = 10.0;

pub(crate) fn run(settings: &DriveSettings) -> Result<()> {
    runtime()?.block_on(measure(settings))
}

/// What sends and receives.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

async fn measure(settings: &DriveSettings) -> Result<()> {
    let queries = read_queries(&settings.data)?;
    let mut files = Files::new(&settings.out)?;
    let client = Client::new();

    let start = |version, sight| RunningService::start(&settings.data, version, sight);
    let baseline = start(Version::Baseline, Sight::Pictures)?;
    let candidate = start(settings.candidate, Sight::Pictures)?;
    let ablation = start(settings.candidate, Sight::TextOnly)?;

    say(&format!(
        "asking {} labelled queries of three services",
        queries.len()
    ));
    let ranked = [&baseline, &candidate, &ablation];
    rank(&client, ranked, &queries, &mut files).await?;
    files.copy(
        "judgements",
        "trec-qrels",
        "judgements.qrels",
        &settings.data,
    )?;
    ablation.stop()?;
    before_traffic(
        settings,
        &client,
        [&baseline, &candidate],
        &queries,
        &mut files,
    )
    .await?;

    let arms = [(Arm::Baseline, &baseline), (Arm::Candidate, &candidate)];
    let addresses = arms.map(|(_, service)| service.address().to_owned());
    let load = |length, seed| Load {
        length,
        rate: settings.rate,
        seed,
    };
    let length = Duration::from_secs(u64::from(settings.seconds));
    let warm_up = WARM_UP_MAX.min(length);
    say(&format!("warming up for {} s", warm_up.as_secs()));
    let warm_up = schedule::plan(&load(warm_up, settings.seed.wrapping_add(1)), queries.len());
    load::send(&client, &addresses, &queries, warm_up).await?;

    say(&format!(
        "open-loop load for {} s: {} requests per second on each of baseline and {}",
        settings.seconds,
        settings.rate,
        settings.candidate.name()
    ));
    let before = arms.map(|(_, service)| cost::read(service.process()));
    let shots = schedule::plan(&load(length, settings.seed), queries.len());
    let sent = load::send(&client, &addresses, &queries, shots).await?;
    let after = arms.map(|(_, service)| cost::read(service.process()));

    warn_of_lateness(&sent);
    for (index, (arm, _)) in arms.iter().enumerate() {
        let samples = files::samples_csv(&sent, *arm, &queries);
        let subject = arm.subject();
        files.write(subject, "samples", &format!("{subject}.csv"), &samples)?;
        let requests = sent.iter().filter(|sent| sent.shot.arm == *arm).count();
        write_cost(&mut files, subject, &before[index], &after[index], requests)?;
    }
    baseline.stop()?;
    candidate.stop()?;
    files.print()
}

/// The ranking of each version as a TREC run.
async fn rank(
    client: &Client,
    services: [&RunningService; 3],
    queries: &[LabelledQuery],
    files: &mut Files,
) -> Result<()> {
    let subjects = ["baseline", "candidate", "ablation"];
    for (subject, service) in subjects.into_iter().zip(services) {
        let run = quality::ask_all(client, service.address(), queries, subject).await?;
        files.write(subject, "trec-run", &format!("{subject}.run"), &run)?;
    }
    Ok(())
}

/// What the checks before traffic read: each version's description, what it answers (the baseline
/// twice, to know its noise), and what the candidate ranks by.
async fn before_traffic(
    settings: &DriveSettings,
    client: &Client,
    [baseline, candidate]: [&RunningService; 2],
    queries: &[LabelledQuery],
    files: &mut Files,
) -> Result<()> {
    for (subject, service) in [("baseline", baseline), ("candidate", candidate)] {
        let uri = format!("{}/openapi.json", service.address());
        let page = client.get(uri.parse()?).await?;
        let name = format!("{subject}.openapi.json");
        files.write(subject, "openapi", &name, &page.body)?;
    }
    say("recording what both answer");
    for (subject, format, name, service) in [
        ("baseline", "recording", "baseline.ndjson", baseline),
        (
            "baseline",
            "recording-again",
            "baseline.again.ndjson",
            baseline,
        ),
        ("candidate", "recording", "candidate.ndjson", candidate),
    ] {
        let lines = shadow::record(client, service.address(), queries).await?;
        files.write(subject, format, name, &lines)?;
    }
    let products = read_products(&settings.data)?;
    let shares = color_shares(&products).context("cannot look at a picture")?;
    files.write("candidate", "model", "candidate.colors.npy", &shares)
}

/// What the requests cost, where this machine can tell.
fn write_cost(
    files: &mut Files,
    subject: &str,
    before: &Result<cost::Cost>,
    after: &Result<cost::Cost>,
    requests: usize,
) -> Result<()> {
    match (before, after) {
        (Ok(before), Ok(after)) => {
            let spent = cost::as_metric_format(before, after, requests)?;
            files.write(subject, "bmf", &format!("{subject}.cost.json"), &spent)
        }
        (Err(error), _) | (_, Err(error)) => {
            say(&format!("the cost of {subject} is not known: {error:#}"));
            Ok(())
        }
    }
}

/// Latency counts from the intended time, so a late driver makes the services look slow.
fn warn_of_lateness(sent: &[Sent]) {
    let mut lateness: Vec<f64> = sent.iter().map(|sent| sent.late_ms).collect();
    lateness.sort_by(f64::total_cmp);
    let at = |share: f64| {
        lateness
            .get((lateness.len() as f64 * share) as usize)
            .copied()
    };
    if let (Some(median), Some(high)) = (at(0.5), at(0.99)) {
        say(&format!(
            "the driver sent {median:.2} ms late at the median, {high:.2} ms at p99"
        ));
        if high > LATENESS_WORTH_A_WORD_MS {
            say("that is a lot: the machine is busy, and both arms look slower than they are");
        }
    }
}
