//! `adjutant routine`.

use adjutant_app::{Evening, Monthly, Morning, ProgressCommit, Routined, Weekly};
use adjutant_outbound::clock;
use adjutant_work::north_star::Observation;
use adjutant_work::routine::{ScoreLine, Scoreboard};
use adjutant_work::{Blocker, Task};

use super::focus::{plan_text, who};
use super::north_star::{north_star_lines, observation_line};
use super::task::conflicts;
use crate::arguments::{
    EveningArguments, Format, FormatArguments, MorningArguments, RoutineCommand, WeeklyArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::focus_refusal;
use crate::home::{find_home, open_store};
use crate::routine_json::{EveningJson, MonthlyJson, MorningJson, WeeklyJson};
use crate::runtime::{ASKS_NORTH_STARS, complete};
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn run(command: RoutineCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        RoutineCommand::Morning(arguments) => morning(&arguments, settings),
        RoutineCommand::Evening(arguments) => evening(&arguments, settings),
        RoutineCommand::Weekly(arguments) => weekly(&arguments, settings),
        RoutineCommand::Monthly(format) => monthly(format, settings),
    }
}

fn morning(arguments: &MorningArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let who = who(&arguments.who, settings)?;
    let format = arguments.format.format;
    let routined = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::morning(&store, &home, &who, clock::now()).await?)
    })?;
    match (routined, format) {
        (Routined::Refused(refusal), _) => return focus_refusal::tell_routine(&refusal, format),
        (Routined::Done(morning), Format::Json) => {
            streams::print_json(&MorningJson::from(morning.as_ref()))?;
        }
        (Routined::Done(morning), Format::Human) => streams::print(&morning_text(&morning))?,
    }
    Ok(Exit::Done)
}

fn morning_text(morning: &Morning) -> String {
    let again = again_text(morning.again, "this morning");
    let mut text = format!(
        "good morning, {}: the focus is fresh{again}\n",
        morning.standing.agent
    );
    text.push_str(&plan_text(&morning.standing.plan));
    if morning.blocked.is_empty() {
        text.push_str("blocked: nothing\n");
    }
    for (task, blockers) in &morning.blocked {
        text.push_str(&blocked_line(task, blockers));
    }
    match &morning.conflicts {
        Some(found) => text.push_str(&conflicts::brief(found)),
        None => text.push_str("conflicts: NO DATA AVAILABLE: this is no git repository\n"),
    }
    text
}

fn blocked_line(task: &Task, blockers: &[Blocker]) -> String {
    let waits: Vec<String> = blockers
        .iter()
        .map(|blocker| format!("{} {} ({})", blocker.task, blocker.title, blocker.state))
        .collect();
    format!(
        "blocked: {} {} waits for {}\n",
        task.id,
        task.intake.title,
        waits.join(", ")
    )
}

fn evening(arguments: &EveningArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let who = who(&arguments.who, settings)?;
    let format = arguments.format.format;
    let routined = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        let how = (arguments.notes.as_slice(), arguments.commit);
        Ok(adjutant_app::evening(&store, &home, &who, how, clock::now()).await?)
    })?;
    match (routined, format) {
        (Routined::Refused(refusal), _) => return focus_refusal::tell_routine(&refusal, format),
        (Routined::Done(evening), Format::Json) => {
            streams::print_json(&EveningJson::from(evening.as_ref()))?;
        }
        (Routined::Done(evening), Format::Human) => streams::print(&evening_text(&evening))?,
    }
    Ok(Exit::Done)
}

fn evening_text(evening: &Evening) -> String {
    let again = again_text(evening.again, "this evening");
    let mut text = format!("good evening, {}{again}\n", evening.focus.agent);
    if evening.tasks.is_empty() {
        text.push_str("today: no task was claimed or ended\n");
    }
    for task in &evening.tasks {
        let (id, title) = (task.id, &task.intake.title);
        text.push_str(&format!("today: {id} {title}: {}\n", task.state.name()));
    }
    for seen in &evening.north_stars {
        text.push_str(&north_star_lines(seen));
    }
    match &evening.commit {
        None => {}
        Some(ProgressCommit::Committed { commit, files }) => text.push_str(&format!(
            "committed {}: {}\n",
            commit.short(),
            files.join(", ")
        )),
        Some(ProgressCommit::Nothing {
            is_configured: false,
            ..
        }) => text.push_str("committed nothing: [focus] progress names no file\n"),
        Some(ProgressCommit::Nothing { untracked, .. }) => {
            text.push_str("committed nothing: no progress file that git tracks has changed");
            if !untracked.is_empty() {
                text.push_str(&format!("; not tracked: {}", untracked.join(", ")));
            }
            text.push('\n');
        }
    }
    text
}

fn weekly(arguments: &WeeklyArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let routined = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::weekly(&store, &home, &arguments.goals, clock::now()).await?)
    })?;
    match (routined, format) {
        (Routined::Refused(refusal), _) => return focus_refusal::tell_routine(&refusal, format),
        (Routined::Done(weekly), Format::Json) => {
            streams::print_json(&WeeklyJson::from(weekly.as_ref()))?;
        }
        (Routined::Done(weekly), Format::Human) => streams::print(&weekly_text(&weekly))?,
    }
    Ok(Exit::Done)
}

fn weekly_text(weekly: &Weekly) -> String {
    let again = again_text(weekly.again, "this week");
    let mut text = format!("{}{again}\n", weekly.week);
    if weekly.record.goals.is_empty() {
        text.push_str(
            "goals: NO DATA AVAILABLE: give --goal, or write open goals into the strategy\n",
        );
    }
    for goal in &weekly.record.goals {
        text.push_str(&format!("goal: {goal}\n"));
    }
    for board in [&weekly.record.scoreboard, &weekly.so_far] {
        text.push_str(&board_text(board));
    }
    for seen in &weekly.north_stars {
        text.push_str(&north_star_lines(seen));
    }
    text
}

fn board_text(board: &Scoreboard) -> String {
    if board.lines.is_empty() {
        return format!("{}: NO DATA AVAILABLE: nobody claimed a task\n", board.week);
    }
    let head = [
        "agent",
        "n",
        "merged",
        "proven",
        "rejected",
        "lost",
        "given back",
        "running",
        "rework",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(board.lines.iter().map(score_row));
    format!("{}, claims:\n{}", board.week, table(&rows))
}

fn score_row(line: &ScoreLine) -> Vec<String> {
    let counts = [
        line.n,
        line.merged,
        line.proven,
        line.rejected,
        line.lost,
        line.given_back,
        line.running,
        line.rework,
    ];
    let mut row = vec![line.agent.to_string()];
    row.extend(counts.map(|count| count.to_string()));
    row
}

fn monthly(arguments: FormatArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let monthly = complete(ASKS_NORTH_STARS, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::monthly(&store, &home, clock::now()).await?)
    })?;
    match arguments.format {
        Format::Json => streams::print_json(&MonthlyJson::from(&monthly))?,
        Format::Human => streams::print(&monthly_text(&monthly))?,
    }
    Ok(Exit::Done)
}

fn monthly_text(monthly: &Monthly) -> String {
    let again = again_text(monthly.again, "this month");
    let mut text = format!(
        "{}: weeks that began before {} no longer count{again}\n",
        monthly.month, monthly.record.period_start
    );
    if monthly.record.north_stars.is_empty() {
        text.push_str("no north-star gate is set: [north_star.NAME] in adjutant.toml sets one\n");
        return text;
    }
    let old: Vec<String> = monthly
        .record
        .north_stars
        .iter()
        .map(|seen: &Observation| {
            format!("at the end of the old period: {}", observation_line(seen))
        })
        .collect();
    text.push_str(&old.concat());
    for seen in &monthly.north_stars {
        text.push_str(&north_star_lines(seen));
    }
    text
}

fn again_text(again: bool, when: &str) -> String {
    if again {
        format!(" (it ran before {when}; what it stored then stays)")
    } else {
        String::new()
    }
}
