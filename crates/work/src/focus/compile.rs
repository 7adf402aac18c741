//! Writes the document: the lines that fit the budget, in sections, with their sources as
//! footnotes at its end.

use std::collections::BTreeMap;

use super::budget::{Asks, fitting, tokens_of};
use super::draft::{Draft, digest_of};
use super::plan::Plan;
use super::sections::draft;
use super::{Compiled, FocusInputs, FocusLine, FocusSource, Section};

/// What every document says above its sections.
const INTRODUCTION: &str = "\
<!-- Compiled by adjutant focus. Write anywhere: a sync keeps your lines. [^…] names a line's \
source. -->";

/// The longest notice of what was cut, with its line break and room for the numbers.
const CUT_NOTICE_BYTES: usize = 48;

/// Writes the document for a plan.
pub fn compile(inputs: &FocusInputs, plan: &Plan) -> Compiled {
    let draft = draft(inputs, plan);
    let title = format!("# AGENT_FOCUS: {}\n{INTRODUCTION}\n", inputs.agent);
    let frame: usize = Section::ALL
        .iter()
        .map(|section| section.heading().len() + "\n## \n\n".len() + CUT_NOTICE_BYTES)
        .sum();
    let room = inputs
        .tokens_max
        .saturating_sub((title.len() + frame).div_ceil(4));
    let fits = fitting(&asks(&draft), room);
    let mut lines = Vec::new();
    let mut cut: BTreeMap<Section, usize> = BTreeMap::new();
    for (ranked, fits) in draft.lines.into_iter().zip(fits) {
        if fits {
            lines.push(ranked.line);
        } else {
            *cut.entry(ranked.line.section).or_default() += 1;
        }
    }
    let sources: Vec<FocusSource> = draft
        .sources
        .into_iter()
        .filter(|source| lines.iter().any(|line| line.source == source.label))
        .collect();
    let cut: Vec<(Section, usize)> = cut.into_iter().collect();
    let text = written(&title, &lines, &sources, &cut);
    Compiled {
        tokens: tokens_of(&text),
        lines,
        sources,
        cut,
        text,
    }
}

fn asks(draft: &Draft) -> Vec<Asks> {
    let footnotes: BTreeMap<&str, (usize, usize)> = draft
        .sources
        .iter()
        .enumerate()
        .map(|(at, source)| (source.label.as_str(), (at, footnote(source).len() + 1)))
        .collect();
    draft
        .lines
        .iter()
        .map(|ranked| Asks {
            rank: ranked.rank,
            bytes: marked(&ranked.line).len() + 1,
            source: footnotes
                .get(ranked.line.source.as_str())
                .copied()
                .unwrap_or((usize::MAX, 0)),
        })
        .collect()
}

fn marked(line: &FocusLine) -> String {
    format!("- {} [^{}]", line.text, line.source)
}

/// A source of which nothing could be read has no digest to show.
fn footnote(source: &FocusSource) -> String {
    let (label, place) = (&source.label, &source.place);
    if source.digest == digest_of("") {
        format!("[^{label}]: {place}")
    } else {
        format!("[^{label}]: {place} {}", source.short_digest())
    }
}

fn written(
    title: &str,
    lines: &[FocusLine],
    sources: &[FocusSource],
    cut: &[(Section, usize)],
) -> String {
    let mut text = title.to_owned();
    for section in Section::ALL {
        text.push_str(&format!("\n## {}\n", section.heading()));
        let mut below: String = lines
            .iter()
            .filter(|line| line.section == section)
            .map(|line| format!("{}\n", marked(line)))
            .collect();
        if let Some((_, lines)) = cut.iter().find(|(of, _)| *of == section) {
            below.push_str(&format!("(cut to fit the budget: {lines} more)\n"));
        }
        if section == Section::Sources {
            for source in sources {
                below.push_str(&footnote(source));
                below.push('\n');
            }
        }
        if !below.is_empty() {
            text.push('\n');
            text.push_str(&below);
        }
    }
    text
}
