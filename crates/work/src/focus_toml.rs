//! Reads the tables `[focus]`, `[portfolio]` and `[north_star.NAME]` of `adjutant.toml`. Other
//! tables are not looked at; an unknown key in these is an error with its line.

use std::collections::BTreeMap;

use adjutant_domain::Subject;
use serde::Deserialize;

use crate::north_star::{
    ApplicationsQuestion, BoundSide, EvidenceQuestion, NorthStar, NorthStarQuestion,
};
use crate::portfolio::PortfolioItem;
use crate::{PathGlob, TaskKind};

/// What the settings say about focus.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusSettings {
    /// The strategy document, from the top of the repository.
    pub strategy: String,
    /// The budget of the compiled document, in tokens.
    pub tokens_max: usize,
    /// Tracked files that `routine evening --commit` commits, from the top of the repository.
    pub progress: Vec<String>,
    /// The portfolio.
    pub portfolio: Vec<PortfolioItem>,
    /// The north-star gates, by name.
    pub north_stars: Vec<NorthStar>,
}

/// Settings that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidFocusSettings {
    /// The line in the text, counted from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// Where the strategy is unless the settings say otherwise.
const STRATEGY: &str = "docs/STRATEGY.md";

/// The budget unless the settings say otherwise: what an agent can read at every start.
const TOKENS_MAX: usize = 2_000;

/// The least budget: below it the headings and one line of each section do not fit.
pub const TOKENS_LEAST: usize = 400;

/// The largest budget: more is a book.
const TOKENS_MOST: usize = 20_000;

/// Weeks that may be missed unless the settings say otherwise.
const MISSED_WEEKS: u32 = 2;

#[derive(Deserialize, Default)]
struct File {
    #[serde(default)]
    focus: FocusTable,
    #[serde(default)]
    portfolio: PortfolioTable,
    #[serde(default)]
    north_star: BTreeMap<String, toml::Spanned<NorthStarTable>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FocusTable {
    strategy: Option<toml::Spanned<String>>,
    tokens_max: Option<toml::Spanned<u64>>,
    #[serde(default)]
    progress: Vec<toml::Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct PortfolioTable {
    #[serde(default)]
    items: Vec<toml::Spanned<ItemTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemTable {
    name: String,
    path: String,
    size_min: Option<u64>,
    age_max: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NorthStarTable {
    #[serde(default)]
    title: String,
    evidence: Option<EvidenceTable>,
    gate: Option<String>,
    objective: Option<String>,
    applications: Option<ApplicationsTable>,
    missed_weeks: Option<u32>,
    pauses: Option<Vec<TaskKind>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceTable {
    measure: String,
    subject: Option<String>,
    below: Option<String>,
    at_most: Option<String>,
    above: Option<String>,
    at_least: Option<String>,
    confidence: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationsTable {
    path: String,
    #[serde(default)]
    status: Vec<String>,
    #[serde(default)]
    touched_this_week: bool,
    at_least: u64,
}

/// Reads the three tables of a settings text.
///
/// # Errors
/// When the text is not TOML, a key is unknown or has a wrong type, a path leads out of the
/// repository, or a north-star gate asks nothing or several things.
pub fn read_focus_settings(text: &str) -> Result<FocusSettings, InvalidFocusSettings> {
    let at = |offset: usize, problem: String| InvalidFocusSettings {
        line: text.get(..offset).unwrap_or(text).matches('\n').count() + 1,
        problem,
    };
    let file: File = toml::from_str(text).map_err(|cause| {
        let offset = cause.span().map_or(0, |span| span.start);
        at(offset, cause.message().to_owned())
    })?;
    let strategy = match file.focus.strategy {
        Some(path) => inside(path.get_ref()).map_err(|told| at(path.span().start, told))?,
        None => STRATEGY.to_owned(),
    };
    let tokens_max = match file.focus.tokens_max {
        Some(tokens) => usize::try_from(*tokens.get_ref())
            .ok()
            .filter(|tokens| (TOKENS_LEAST..=TOKENS_MOST).contains(tokens))
            .ok_or_else(|| {
                let told = format!("tokens_max must lie between {TOKENS_LEAST} and {TOKENS_MOST}");
                at(tokens.span().start, told)
            })?,
        None => TOKENS_MAX,
    };
    let mut settings = FocusSettings {
        strategy,
        tokens_max,
        progress: vec![],
        portfolio: vec![],
        north_stars: vec![],
    };
    for path in file.focus.progress {
        let start = path.span().start;
        let path = inside(path.get_ref()).map_err(|told| at(start, told))?;
        settings.progress.push(path);
    }
    for item in file.portfolio.items {
        let start = item.span().start;
        let item = portfolio_item(item.into_inner()).map_err(|told| at(start, told))?;
        settings.portfolio.push(item);
    }
    for (name, table) in file.north_star {
        let start = table.span().start;
        let gate = north_star(&name, table.into_inner())
            .map_err(|told| at(start, format!("north_star.{name}: {told}")))?;
        settings.north_stars.push(gate);
    }
    Ok(settings)
}

/// A path that stays in the repository.
fn inside(path: &str) -> Result<String, String> {
    match path.parse::<PathGlob>() {
        Ok(glob) if !path.contains(['*', '?']) => Ok(glob.as_str().to_owned()),
        Ok(_) => Err(format!("{path:?} must name one file, without * and ?")),
        Err(cause) => Err(cause.to_string()),
    }
}

fn portfolio_item(table: ItemTable) -> Result<PortfolioItem, String> {
    if table.name.trim().is_empty() {
        return Err("an item of the portfolio needs a name".to_owned());
    }
    Ok(PortfolioItem {
        name: table.name,
        path: inside(&table.path)?,
        size_min: table.size_min.unwrap_or(1),
        age_days_max: table.age_max.as_deref().map(days).transpose()?,
    })
}

fn days(text: &str) -> Result<u32, String> {
    text.strip_suffix('d')
        .and_then(|days| days.trim().parse().ok())
        .ok_or_else(|| format!("age_max {text:?} is not a number of days: write it as \"30d\""))
}

fn north_star(name: &str, table: NorthStarTable) -> Result<NorthStar, String> {
    let question = match (
        table.evidence,
        table.gate,
        table.objective,
        table.applications,
    ) {
        (Some(evidence), None, None, None) => {
            NorthStarQuestion::Evidence(evidence_question(evidence)?)
        }
        (None, Some(gate), None, None) => {
            NorthStarQuestion::Gate(gate.parse().map_err(|cause| format!("{cause}"))?)
        }
        (None, None, Some(objective), None) => {
            NorthStarQuestion::Objective(objective.parse().map_err(|cause| format!("{cause}"))?)
        }
        (None, None, None, Some(applications)) => {
            NorthStarQuestion::Applications(ApplicationsQuestion {
                path: inside(&applications.path)?,
                status: applications.status,
                touched_this_week: applications.touched_this_week,
                at_least: applications.at_least,
            })
        }
        (_, _, _, _) => {
            return Err(
                "say exactly one of evidence = {…}, gate = \"…\", objective = \"…\" and applications = {…}"
                    .to_owned(),
            );
        }
    };
    let missed_weeks = table.missed_weeks.unwrap_or(MISSED_WEEKS);
    if missed_weeks == 0 {
        return Err("missed_weeks must be at least 1; pauses = [] pauses nothing".to_owned());
    }
    Ok(NorthStar {
        name: name.parse().map_err(|cause| format!("{cause}"))?,
        title: table.title,
        question,
        missed_weeks,
        pauses: table.pauses.unwrap_or_else(|| vec![TaskKind::Feature]),
    })
}

fn evidence_question(table: EvidenceTable) -> Result<EvidenceQuestion, String> {
    let mut bounds = [
        (BoundSide::Below, table.below),
        (BoundSide::AtMost, table.at_most),
        (BoundSide::Above, table.above),
        (BoundSide::AtLeast, table.at_least),
    ]
    .into_iter()
    .filter_map(|(side, bound)| Some((side, bound?)));
    let (Some((side, bound)), None) = (bounds.next(), bounds.next()) else {
        return Err(
            "say exactly one bound, with its unit: below, at_most, above or at_least = \"500ms\""
                .to_owned(),
        );
    };
    let subject = match table.subject {
        Some(subject) => subject.parse().map_err(|cause| format!("{cause}"))?,
        None => Subject::candidate(),
    };
    Ok(EvidenceQuestion {
        measure: table.measure,
        subject,
        side,
        bound,
        confidence: table.confidence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_say_nothing_mean_the_defaults() {
        let settings = read_focus_settings("[gate.x]\ntitle = \"other\"\n").unwrap();
        assert_eq!(settings.strategy, "docs/STRATEGY.md");
        assert_eq!(settings.tokens_max, 2_000);
        assert!(settings.portfolio.is_empty() && settings.north_stars.is_empty());
    }

    #[test]
    fn the_examples_of_the_manual_are_read() {
        let manual = include_str!("../../../docs/work/focus.md");
        let blocks = manual.split("```toml\n").skip(1);
        let text: String = blocks
            .map(|block| block.split("```").next().unwrap())
            .collect();
        let settings = read_focus_settings(&text).unwrap();
        assert_eq!(settings.portfolio.len(), 2);
        assert_eq!(settings.north_stars.len(), 3);
        assert_eq!(settings.progress, ["docs/PROGRESS.md"]);
    }

    #[test]
    fn all_three_tables_are_read() {
        let settings = read_focus_settings(
            r#"
[focus]
strategy = "docs/PLAN.md"
tokens_max = 1500
progress = ["docs/PROGRESS.md"]

[portfolio]
items = [
  { name = "demo video", path = "docs/demo.mp4", size_min = 1000, age_max = "30d" },
  { name = "dashboard", path = "docs/dashboard.png" },
]

[north_star.fast]
evidence = { measure = "p95", at_most = "500ms" }
missed_weeks = 3
pauses = ["feature", "experiment"]

[north_star.hired]
title = "Somebody answers"
applications = { path = "docs/applications.csv", status = ["interview"], touched_this_week = true, at_least = 2 }

[north_star.kept]
objective = "search-availability"

[north_star.shipped]
gate = "release"
"#,
        )
        .unwrap();
        assert_eq!(settings.portfolio[0].age_days_max, Some(30));
        assert_eq!(settings.portfolio[1].size_min, 1);
        let told: Vec<_> = settings
            .north_stars
            .iter()
            .map(|gate| format!("{} {} {:?}", gate.name, gate.missed_weeks, gate.pauses))
            .collect();
        assert_eq!(
            told,
            [
                "fast 3 [Feature, Experiment]",
                "hired 2 [Feature]",
                "kept 2 [Feature]",
                "shipped 2 [Feature]",
            ]
        );
    }

    #[test]
    fn what_cannot_be_followed_is_told_with_its_line() {
        for (text, told) in [
            ("[focus]\ncolour = 1\n", "line 2: unknown field `colour`"),
            (
                "[focus]\ntokens_max = 10\n",
                "line 2: tokens_max must lie between 400 and 20000",
            ),
            (
                "[focus]\nstrategy = \"../x\"\n",
                "line 2: \"../x\" is not a path pattern",
            ),
            (
                "[focus]\nstrategy = \"*.md\"\n",
                "line 2: \"*.md\" must name one file",
            ),
            (
                "[portfolio]\nitems = [{ name = \"a\", path = \"b\", age_max = \"1w\" }]\n",
                "line 2: age_max \"1w\" is not a number of days",
            ),
            (
                "[north_star.a]\ntitle = \"x\"\n",
                "line 1: north_star.a: say exactly one of",
            ),
            (
                "\n[north_star.a]\nevidence = { measure = \"p95\" }\n",
                "line 2: north_star.a: say exactly one bound",
            ),
            (
                "[north_star.a]\ngate = \"b\"\nmissed_weeks = 0\n",
                "line 1: north_star.a: missed_weeks must be at least 1",
            ),
            (
                "[north_star.a]\ngate = \"b\"\npauses = [\"dancing\"]\n",
                "line 3: unknown variant `dancing`",
            ),
            ("[focus\n", "line 1: "),
        ] {
            let error = read_focus_settings(text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
