//! North-star gates: looking at them, keeping what was seen, and what they pause.

use std::collections::BTreeMap;
use std::path::PathBuf;

use adjutant_domain::{
    Citation, Digest, Evidence, Locator, Measured, ObjectiveName, RunId, Timestamp, Unit, sha256,
};
use adjutant_gate::{Case, InvalidPolicy, Policy, decide, read_policies};
use adjutant_outbound::check_room;
use adjutant_outbound::files::{self, FileError, FileProblem};
use adjutant_outbound::git::{Git, GitError, Head};
use adjutant_outbound::repository::{self, RepositoryError};
use adjutant_store::{NewObservation, Store, StoreError};
use adjutant_work::applications::read_applications;
use adjutant_work::calendar::Week;
use adjutant_work::north_star::{
    ApplicationsQuestion, EvidenceQuestion, Misses, NorthStar, NorthStarQuestion, Observation,
    Standing, judge_applications, misses,
};
use adjutant_work::routine::{MonthlyRecord, Routine};
use adjutant_work::{FocusSettings, InvalidFocusSettings, Pause, read_focus_settings};

use crate::filing::{IntakeError, read_text};
use crate::objectives::{ObjectiveError, find_objectives, objective_standings};
use crate::{Home, RecordedInput, SETTINGS_FILE, target};

/// A north-star gate that cannot be looked at. Missing data is not among these: it is a standing.
#[derive(Debug, thiserror::Error)]
pub enum NorthStarError {
    /// The settings cannot be read.
    #[error(transparent)]
    Text(#[from] IntakeError),
    /// The settings cannot be followed.
    #[error("{}: {problem}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong.
        problem: InvalidFocusSettings,
    },
    /// What a gate asks of the evidence cannot be asked.
    #[error("north_star.{gate}: {problem}")]
    Question {
        /// The gate.
        gate: String,
        /// What is wrong.
        problem: String,
    },
    /// A table of applications is there and cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// Git gave no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The repository cannot be found.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objectives cannot be had.
    #[error(transparent)]
    Objective(#[from] Box<ObjectiveError>),
    /// What a routine stored cannot be read.
    #[error("what a routine stored cannot be read")]
    Routine(#[source] serde_json::Error),
}

/// A north-star gate and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenNorthStar {
    /// The gate.
    pub star: NorthStar,
    /// What was seen.
    pub observation: Observation,
    /// Whether it was stored as something new; `None` when it was only looked at.
    pub is_new: Option<bool>,
    /// The weeks before this one that were not met, and what they pause.
    pub misses: Misses,
}

/// What was seen, and the file it was seen in, where that is not in the store anyway.
struct Look {
    observation: Observation,
    input: Option<(Digest, Vec<u8>)>,
}

/// The settings of focus, portfolio and north-star gates; the defaults where there is no file.
///
/// # Errors
/// When the file cannot be read or followed.
pub(crate) fn focus_settings(home: &Home) -> Result<FocusSettings, NorthStarError> {
    let (path, text) = match &home.settings {
        Some(path) => (path.clone(), read_text(path)?),
        None => (PathBuf::new(), String::new()),
    };
    read_focus_settings(&text).map_err(|problem| NorthStarError::Settings { path, problem })
}

/// How every north-star gate stands in a week, without storing anything.
///
/// # Errors
/// When the settings, a table or the store cannot be read.
pub async fn look_at_north_stars(
    store: &Store,
    home: &Home,
    week: Week,
    now: Timestamp,
) -> Result<Vec<SeenNorthStar>, NorthStarError> {
    let settings = focus_settings(home)?;
    let mut seen = Vec::new();
    for star in settings.north_stars {
        let look = look(store, home, &star, week, now).await?;
        seen.push((star, look.observation, None));
    }
    with_misses(store, seen, now).await
}

/// Looks at every north-star gate and stores what is new.
///
/// # Errors
/// When the settings, a table or the store cannot be read or written.
pub async fn observe_north_stars(
    store: &Store,
    home: &Home,
    week: Week,
    now: Timestamp,
) -> Result<Vec<SeenNorthStar>, NorthStarError> {
    let settings = focus_settings(home)?;
    let mut looks = Vec::new();
    for star in &settings.north_stars {
        looks.push(look(store, home, star, week, now).await?);
    }
    let batch: Vec<NewObservation<'_>> = looks
        .iter()
        .map(|look| NewObservation {
            observation: &look.observation,
            input: look
                .input
                .as_ref()
                .map(|(digest, bytes)| (*digest, bytes.as_slice())),
        })
        .collect();
    let stored = store.observe_north_stars(&batch, now).await?;
    let seen = settings
        .north_stars
        .into_iter()
        .zip(looks)
        .zip(stored)
        .map(|((star, look), is_new)| (star, look.observation, Some(is_new)))
        .collect();
    with_misses(store, seen, now).await
}

/// The kinds of work that nobody may begin now, because a north-star gate was not met for too
/// long. Every claim is given these. The gates are those of the default branch's settings and
/// those of the work tree: an agent that takes a gate out of its own work tree still meets it.
///
/// # Errors
/// When the settings or the store cannot be read.
pub async fn pauses(
    store: &Store,
    home: &Home,
    now: Timestamp,
) -> Result<Vec<Pause>, NorthStarError> {
    let observations = store.north_star_observations().await?;
    // A gate that nobody ever looked at pauses nothing, and git need not be asked about it.
    if observations.is_empty() {
        return Ok(vec![]);
    }
    let mut stars = focus_settings(home)?.north_stars;
    for star in house_stars(home)? {
        if !stars.contains(&star) {
            stars.push(star);
        }
    }
    let start = period_start(store).await?;
    Ok(stars
        .iter()
        .flat_map(|star| misses(star, &observations, start, now).pauses)
        .collect())
}

/// The gates of the default branch's settings.
fn house_stars(home: &Home) -> Result<Vec<NorthStar>, NorthStarError> {
    if repository::discover(&home.folder)?.is_none() {
        return Ok(vec![]);
    }
    let git = target::repository(home)?;
    let text = target::house_settings::<NorthStarError>(&git)?.text;
    let path = git.folder().join(SETTINGS_FILE);
    let settings =
        read_focus_settings(&text).map_err(|problem| NorthStarError::Settings { path, problem })?;
    Ok(settings.north_stars)
}

async fn with_misses(
    store: &Store,
    seen: Vec<(NorthStar, Observation, Option<bool>)>,
    now: Timestamp,
) -> Result<Vec<SeenNorthStar>, NorthStarError> {
    let observations = store.north_star_observations().await?;
    let start = period_start(store).await?;
    Ok(seen
        .into_iter()
        .map(|(star, observation, is_new)| SeenNorthStar {
            misses: misses(&star, &observations, start, now),
            star,
            observation,
            is_new,
        })
        .collect())
}

/// When the period of the gates began: the last monthly routine says so.
async fn period_start(store: &Store) -> Result<Option<Timestamp>, NorthStarError> {
    let Some(run) = store.last_routine(Routine::Monthly).await? else {
        return Ok(None);
    };
    let record: MonthlyRecord =
        serde_json::from_str(&run.content).map_err(NorthStarError::Routine)?;
    Ok(Some(record.period_start))
}

/// What is found, before it is dated and named.
struct Found {
    standing: Standing,
    value: Option<Measured>,
    because: String,
    command: Option<String>,
    input: Option<(Digest, Vec<u8>)>,
}

impl Found {
    fn nothing(because: String, command: String) -> Self {
        Self {
            standing: Standing::NoData,
            value: None,
            because,
            command: Some(command),
            input: None,
        }
    }
}

async fn look(
    store: &Store,
    home: &Home,
    star: &NorthStar,
    week: Week,
    now: Timestamp,
) -> Result<Look, NorthStarError> {
    let found = match &star.question {
        NorthStarQuestion::Evidence(question) => evidence(store, star, question, week, now).await?,
        NorthStarQuestion::Gate(gate) => {
            const LOOKED_AT_MAX: u32 = 200;
            let decisions = store.recent_decisions(gate, LOOKED_AT_MAX).await?;
            let last = decisions
                .into_iter()
                .rfind(|decision| week.contains(decision.decided_at));
            match last {
                Some(decision) => Found {
                    standing: Standing::of_verdict(decision.verdict),
                    value: None,
                    because: format!(
                        "the gate {gate} said {} at {}",
                        decision.verdict, decision.decided_at
                    ),
                    command: None,
                    input: None,
                },
                None => Found::nothing(
                    format!("the gate {gate} was not asked in {week}"),
                    format!("adjutant gate {gate}"),
                ),
            }
        }
        NorthStarQuestion::Objective(name) => objective(store, home, name, week, now).await?,
        NorthStarQuestion::Applications(question) => {
            applications(home, question, week, Week::of(now))?
        }
    };
    Ok(Look {
        observation: Observation {
            gate: star.name.clone(),
            week,
            at: now,
            standing: found.standing,
            value: found.value,
            because: found.because,
            command: found.command,
        },
        input: found.input,
    })
}

/// How an objective stands now, or stood at the end of a week that is over.
async fn objective(
    store: &Store,
    home: &Home,
    name: &ObjectiveName,
    week: Week,
    now: Timestamp,
) -> Result<Found, NorthStarError> {
    let found = find_objectives(home, &[]).map_err(Box::new)?;
    let at = now.min(week.end());
    let standings = objective_standings(store, &found, std::slice::from_ref(name), at, now)
        .await
        .map_err(Box::new)?;
    let command = format!("adjutant objective status {name}");
    let Some(standing) = standings.into_iter().next() else {
        return Ok(Found::nothing(
            format!("there is no objective {name}"),
            command,
        ));
    };
    let seen = Standing::of_answer(standing.window.validity, standing.outcome());
    let because = if standing.window.reason.is_empty() {
        format!("the objective {name} is {}", standing.state)
    } else {
        format!("the objective {name}: {}", standing.window.reason)
    };
    let lacks_data = matches!(seen, Standing::NoData | Standing::Undecided);
    Ok(Found {
        standing: seen,
        value: standing.window.attained,
        because,
        command: lacks_data.then_some(command),
        input: None,
    })
}

/// Asks the latest run of the week.
async fn evidence(
    store: &Store,
    star: &NorthStar,
    question: &EvidenceQuestion,
    week: Week,
    now: Timestamp,
) -> Result<Found, NorthStarError> {
    let policy = policy_of(star, question)?;
    let stored: Vec<_> = store
        .list_evidence(Some(&question.subject))
        .await?
        .into_iter()
        .filter(|evidence| week.contains(evidence.taken_at))
        .collect();
    let command = format!(
        "adjutant evidence add FILE --subject {} --run RUN_ID",
        question.subject
    );
    let Some(run) = stored.last().map(|evidence| evidence.run.clone()) else {
        let because = format!("{week} has no evidence about {}", question.subject);
        return Ok(Found::nothing(because, command));
    };
    let mut opened: Vec<Evidence> = Vec::new();
    for evidence in stored.into_iter().filter(|evidence| evidence.run == run) {
        let input = RecordedInput {
            subject: evidence.subject,
            run: evidence.run,
            artifact: evidence.artifact,
            file: evidence.file,
            format: evidence.format,
            named: evidence.named,
            taken_at: evidence.taken_at,
        };
        match input.open(store) {
            Ok(evidence) => opened.push(evidence),
            Err(error) => return Ok(Found::nothing(error.to_string(), command)),
        }
    }
    let decision = decide(
        &policy,
        &Case {
            evidence: &opened,
            failures: &[],
            history: &[],
            reasons: &BTreeMap::new(),
            votes: &[],
            now,
        },
    );
    let Some(answer) = decision.criteria.into_iter().next() else {
        return Ok(Found::nothing("nothing was asked".to_owned(), command));
    };
    let standing = Standing::of_answer(answer.validity, answer.outcome);
    // The gate has no name that a command could ask; more evidence is what tells more.
    let lacks_data = matches!(standing, Standing::NoData | Standing::Undecided);
    Ok(Found {
        standing,
        value: answer.observed,
        because: format!("{}: {}", answer.target, answer.reason),
        command: lacks_data.then_some(command),
        input: None,
    })
}

/// A gate with this one criterion, so that a north-star gate decides as every gate does.
fn policy_of(star: &NorthStar, question: &EvidenceQuestion) -> Result<Policy, NorthStarError> {
    let mut text = format!(
        "[[gate.north-star.criteria]]\nid = \"bound\"\nmeasure = {:?}\nsubject = {:?}\n{} = {:?}\n",
        question.measure,
        question.subject.as_str(),
        question.side.key(),
        question.bound,
    );
    if let Some(confidence) = &question.confidence {
        text.push_str(&format!("confidence = {confidence:?}\n"));
    }
    let wrong = |problem: &InvalidPolicy| NorthStarError::Question {
        gate: star.name.to_string(),
        problem: problem.problem.clone(),
    };
    let policies = read_policies(&text).map_err(|problem| wrong(&problem))?;
    let mut policies = policies.policies.into_iter();
    policies.next().ok_or_else(|| NorthStarError::Question {
        gate: star.name.to_string(),
        problem: "it asks nothing".to_owned(),
    })
}

fn applications(
    home: &Home,
    question: &ApplicationsQuestion,
    week: Week,
    this_week: Week,
) -> Result<Found, NorthStarError> {
    let path = &question.path;
    if week != this_week && !question.touched_this_week {
        return Ok(Found::nothing(
            format!("{path} says what is, not what was in {week}"),
            "adjutant north-star observe".to_owned(),
        ));
    }
    let bytes = match files::read(&table_folder(home)?.join(path)) {
        Ok(content) => content.bytes,
        Err(error) if matches!(error.problem, FileProblem::Missing) => {
            return Ok(Found::nothing(
                format!("there is no {path}"),
                format!(
                    "write {path}, beginning with: company,role,contact,last touch,next step,status"
                ),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let digest = sha256::digest_of(&bytes);
    let applications = match read_applications(&bytes) {
        Ok(applications) => applications,
        Err(problem) => {
            let mut nothing = Found::nothing(
                format!("{path}: {problem}"),
                format!("mend {path}, then adjutant north-star observe"),
            );
            nothing.input = Some((digest, bytes));
            return Ok(nothing);
        }
    };
    let (standing, count, because) = judge_applications(question, &applications, week);
    Ok(Found {
        standing,
        value: counted(count, applications.len() as u64, digest, path),
        because,
        command: None,
        input: Some((digest, bytes)),
    })
}

/// Where tables of applications lie: in the main work tree, so that an agent's own work tree,
/// which may hold an older one or none, says nothing about the week.
fn table_folder(home: &Home) -> Result<PathBuf, NorthStarError> {
    if repository::discover(&home.folder)?.is_none() {
        return Ok(home.top.clone());
    }
    let trees = check_room::work_trees(&Git::at(&home.top))?;
    // A bare repository has no main work tree.
    let main = trees.into_iter().next();
    let main = main.filter(|main| !matches!(main.head, Head::Bare));
    Ok(main.map_or_else(|| home.top.clone(), |main| main.path))
}

/// A count over a whole file. Its run is named after the file's digest.
fn counted(count: u64, rows: u64, digest: Digest, path: &str) -> Option<Measured> {
    let run: RunId = format!("run_{}", digest.short()).parse().ok()?;
    let source = Citation {
        run,
        artifact: digest,
        file: path.to_owned(),
        locator: Locator::Whole,
    };
    Measured::new(count as f64, Unit::Count, None, rows, vec![source]).ok()
}
