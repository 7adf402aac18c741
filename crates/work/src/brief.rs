//! What an agent is told about its task, as Markdown.

use crate::{CheckRun, Intake, Role, Task};

/// The brief of a task for an agent in a role.
pub fn brief(task: &Task, role: &Role) -> String {
    let intake = &task.intake;
    let mut text = format!("# {}: {}\n", task.id, intake.title);
    paragraph(&mut text, "Your role", &role.prompt);
    about_task(&mut text, intake);
    list(&mut text, "Definition of done", &role.definition_of_done);
    let boundaries = &role.boundaries;
    let forbidden: Vec<String> = boundaries
        .paths
        .iter()
        .map(|path| format!("Do not touch `{}`.", path.as_str()))
        .chain(boundaries.notes.iter().cloned())
        .collect();
    list(&mut text, "Boundaries", &forbidden);
    let checks: Vec<String> = intake
        .checks
        .iter()
        .map(|check| {
            let (CheckRun::Command { argv } | CheckRun::Gate { argv, .. }) = &check.run;
            format!("{}: `{}`", check.name, argv.join(" "))
        })
        .collect();
    list(&mut text, "Checks", &checks);
    text.push_str(
        "\n## How to end\n\n\
         Work in this work tree only. Commit your work on the branch that is checked out. The \
         checks are run by Adjutant, not by you: what you say about them does not count. If the \
         work belongs to another role, stop, and hand it off with `adjutant handoff`.\n",
    );
    text
}

fn about_task(text: &mut String, intake: &Intake) {
    paragraph(text, "Goal", &intake.goal);
    paragraph(text, "Context", &intake.context);
    list(text, "Success criteria", &intake.success_criteria);
    list(text, "Deliverables", &intake.deliverables);
    list(text, "Non-goals", &intake.non_goals);
    let risks: Vec<String> = intake
        .risks
        .iter()
        .map(|risk| format!("{} ({})", risk.risk, risk.mitigation))
        .collect();
    list(text, "Risks", &risks);
    list(text, "Test hooks and metrics", &intake.test_hooks);
    let paths: Vec<String> = intake
        .paths
        .iter()
        .map(|path| format!("`{}`", path.as_str()))
        .collect();
    list(text, "Files you declared", &paths);
}

fn paragraph(text: &mut String, title: &str, content: &str) {
    if !content.trim().is_empty() {
        text.push_str(&format!("\n## {title}\n\n{}\n", content.trim()));
    }
}

fn list(text: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        text.push_str(&format!("\n## {title}\n\n"));
        for item in items {
            text.push_str(&format!("- {item}\n"));
        }
    }
}
