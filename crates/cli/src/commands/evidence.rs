//! `adjutant evidence`: adding, listing, showing.

use adjutant_app::{AddRequest, AddedEvidence, ShownEvidence};
use adjutant_outbound::{clock, inquiry};
use adjutant_report::number;
use adjutant_store::{StoredEvidence, StoredMeasurement};

use crate::arguments::{
    AddArguments, EvidenceCommand, Format, ListArguments, ShowEvidenceArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;
use adjutant_wire::{self as wire, EvidenceJson};

pub(super) fn run(command: EvidenceCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        EvidenceCommand::Add(arguments) => add(arguments, settings),
        EvidenceCommand::List(arguments) => list(&arguments, settings),
        EvidenceCommand::Show(arguments) => show(&arguments, settings),
    }
}

fn add(arguments: AddArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let network = settings.database_url.is_some()
        || arguments
            .sources
            .iter()
            .any(|what| inquiry::is_address(what));
    let request = AddRequest {
        sources: arguments.sources,
        subject: arguments.subject,
        run: arguments.run,
        format: arguments.as_format,
        named: arguments.measure,
    };
    let added = complete(network, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::add_evidence(&store, &request, clock::now()).await?)
    })?;
    match format {
        Format::Json => {
            let json: Vec<EvidenceJson> = added.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human => {
            let lines: String = added.iter().map(added_line).collect();
            streams::print(&lines)?;
        }
    }
    Ok(Exit::Done)
}

fn added_line(added: &AddedEvidence) -> String {
    let (id, is_new) = wire::number(added.added);
    let evidence = &added.evidence;
    let measures: Vec<&str> = evidence
        .measurements
        .iter()
        .map(|measurement| measurement.measure.as_str())
        .collect();
    let note = if is_new { "" } else { " (was there already)" };
    format!(
        "evidence {id}: {} of {}, {}, {}: {}{note}\n",
        evidence.file,
        evidence.subject,
        evidence.run,
        added.format,
        shortened(&measures),
    )
}

/// Names once each, and not more of them than fit on a line.
fn shortened(measures: &[&str]) -> String {
    const SHOWN_MAX: usize = 6;
    let mut names: Vec<&str> = Vec::new();
    for name in measures {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(SHOWN_MAX);
    names.truncate(SHOWN_MAX);
    let listed = names.join(", ");
    if more > 0 {
        format!("{listed} and {more} more")
    } else {
        listed
    }
}

fn list(arguments: &ListArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let subject = arguments.subject.as_ref();
    let listed = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::list_evidence(&store, subject).await?)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<EvidenceJson> = listed.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human if listed.is_empty() => {
            streams::tell("NO DATA AVAILABLE: nothing is stored yet");
            streams::tell(
                "remedy: Run adjutant evidence add FILE --subject candidate --run RUN_ID.",
            );
        }
        Format::Human => streams::print(&list_table(&listed))?,
    }
    Ok(Exit::Done)
}

fn list_table(listed: &[StoredEvidence]) -> String {
    let head = [
        "id", "subject", "run", "file", "format", "sha256", "taken at",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(listed.iter().map(|evidence| {
        vec![
            evidence.id.to_string(),
            evidence.subject.to_string(),
            evidence.run.to_string(),
            evidence.file.clone(),
            evidence.format.clone(),
            evidence.artifact.short(),
            evidence.taken_at.to_string(),
        ]
    }));
    table(&rows)
}

fn show(arguments: &ShowEvidenceArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let shown = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::show_evidence(&store, &arguments.which).await?)
    })?;
    if shown.is_empty() {
        return Err(Failure::usage(
            format!("no evidence is called {}", arguments.which),
            "See adjutant evidence list.",
        ));
    }
    match arguments.format.format {
        Format::Json => {
            let json: Vec<EvidenceJson> = shown.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human => {
            let texts: Vec<String> = shown.iter().map(show_one).collect();
            streams::print(&texts.join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

fn show_one(shown: &ShownEvidence) -> String {
    let evidence = &shown.evidence;
    let head = format!(
        "evidence {}: {} of {}, {}\nsha256    {}\nread as   {}\ntaken at  {}\nadded at  {}\n",
        evidence.id,
        evidence.file,
        evidence.subject,
        evidence.run,
        evidence.artifact,
        evidence.format,
        evidence.taken_at,
        evidence.added_at,
    );
    let titles = ["measure", "labels", "shape", "n", "value", "place"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    rows.extend(shown.measurements.iter().map(measurement_row));
    format!("{head}\n{}", table(&rows))
}

fn measurement_row(measurement: &StoredMeasurement) -> Vec<String> {
    let labels: Vec<String> = measurement
        .labels
        .iter()
        .map(|(label, value)| format!("{label}={value}"))
        .collect();
    let value = measurement
        .value
        .map(|value| number::value(value, None, measurement.unit));
    let statistic = measurement.statistic.as_deref().unwrap_or_default();
    vec![
        measurement.measure.to_string(),
        labels.join(" "),
        measurement.shape.clone(),
        measurement.n.map(|n| n.to_string()).unwrap_or_default(),
        format!("{statistic} {}", value.unwrap_or_default())
            .trim()
            .to_owned(),
        measurement.locator.to_string(),
    ]
}
