//! Listing and showing roles.

use crate::stage::Stage;

#[test]
fn the_presets_and_the_roles_of_the_settings_are_listed_and_shown() {
    let stage = Stage::new();
    let settings = "\
[role.tester]
like = \"qa-evals-docs\"
boundaries = { paths = [\"api/**\"] }

[role.qa-evals-docs]
scope = \"Ours.\"
definition_of_done = [\"Seen.\"]
";
    stage.workspace.write("adjutant.toml", settings);
    let mut told = String::new();
    for arguments in [
        ["role", "list"].as_slice(),
        &["role", "show", "tester"],
        &["role", "show", "qa-evals-docs", "--format", "json"],
        &["role", "show", "nobody"],
    ] {
        told.push_str(&format!("$ adjutant {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(arguments));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_role_that_cannot_be_followed_is_named_with_its_line() {
    let stage = Stage::new();
    stage
        .workspace
        .write("adjutant.toml", "\n[role.a]\nscopes = 1\n");
    insta::assert_snapshot!(stage.outcome(&["role", "list"]));
}
