//! Arguments of the form `NAME=TEXT`.

use adjutant_app::NamedSource;
use adjutant_domain::CriterionId;

/// `SUBJECT=FILE`.
pub(crate) fn named_source(argument: &str) -> Result<NamedSource, String> {
    let (subject, what) = split(argument, "candidate=latency.csv")?;
    Ok(NamedSource {
        subject: subject.parse().map_err(|error| format!("{error}"))?,
        what: what.to_owned(),
    })
}

/// `CRITERION=TEXT`.
pub(crate) fn reason(argument: &str) -> Result<(CriterionId, String), String> {
    let (criterion, text) = split(argument, "\"token-cost=prompts now cite their sources\"")?;
    let criterion = criterion.parse().map_err(|error| format!("{error}"))?;
    if text.trim().is_empty() {
        return Err("a reason needs words".to_owned());
    }
    Ok((criterion, text.to_owned()))
}

fn split<'a>(argument: &'a str, example: &str) -> Result<(&'a str, &'a str), String> {
    match argument.split_once('=') {
        Some((name, text)) if !name.is_empty() && !text.is_empty() => Ok((name, text)),
        Some(_) | None => Err(format!("write it as in {example}")),
    }
}
