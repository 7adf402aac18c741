//! Two contracts compared from the command line.

use serde_json::Value;

use crate::stage::Stage;

const BASELINE: &str = "\
openapi: 3.0.3
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Pet'}
      responses:
        '200':
          description: The pet
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Pet'}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string}
        kind: {type: string, enum: [cat, dog]}
";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.workspace.write("old.yaml", BASELINE);
    let harmful = BASELINE
        .replace("[cat, dog]", "[cat]")
        .replace("required: [name]", "required: [name, kind]");
    stage.workspace.write("harmful.yaml", harmful);
    let relaxed = BASELINE.replace("    post:", "    get:\n      responses: {}\n    post:");
    stage.workspace.write("relaxed.yaml", relaxed);
    let elsewhere = BASELINE.replace("'#/components/schemas/Pet'", "'other.yaml#/Pet'");
    stage.workspace.write("elsewhere.yaml", elsewhere);
    stage
}

fn arguments<'a>(candidate: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![
        "schema",
        "diff",
        "--baseline",
        "old.yaml",
        "--candidate",
        candidate,
    ];
    all.extend(more);
    all
}

#[test]
fn what_a_change_breaks_is_told_for_people_with_its_places() {
    let stage = stage();
    let mut told = String::new();
    for all in [
        arguments("harmful.yaml", &[]),
        arguments("harmful.yaml", &["--direction", "response"]),
        arguments("relaxed.yaml", &[]),
        arguments("elsewhere.yaml", &[]),
        arguments("old.yaml", &[]),
    ] {
        told.push_str(&format!(
            "$ adjutant {}\n{}\n",
            all.join(" "),
            stage.outcome(&all)
        ));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_answer_for_programs_code_scanning_tests_and_workflows_is_whole() {
    let stage = stage();
    for format in ["json", "sarif", "junit", "github"] {
        let outcome = stage.outcome(&arguments("harmful.yaml", &["--format", format]));
        insta::assert_snapshot!(format!("schema_as_{format}"), outcome);
    }
    let sarif = stage.answer(30, &arguments("harmful.yaml", &["--format", "sarif"]));
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
}

#[test]
fn what_was_not_looked_at_never_ends_with_zero() {
    let stage = stage();
    assert_eq!(stage.code(&arguments("relaxed.yaml", &[])), 0);
    assert_eq!(stage.code(&arguments("harmful.yaml", &[])), 30);
    assert_eq!(stage.code(&arguments("elsewhere.yaml", &[])), 20);
    stage.workspace.write("broken.yaml", "openapi: [3\n");
    stage
        .workspace
        .write("swagger.json", r#"{"swagger": "2.0"}"#);
    stage.workspace.write("type.json", r#"{"type": "object"}"#);
    stage
        .workspace
        .write("twice.yaml", "openapi: 3.0.3\npaths: {}\npaths: {}\n");
    let mut told = String::new();
    for candidate in [
        "missing.yaml",
        "broken.yaml",
        "swagger.json",
        "type.json",
        "twice.yaml",
    ] {
        let all = arguments(candidate, &[]);
        told.push_str(&format!(
            "$ adjutant {}\n{}\n",
            all.join(" "),
            stage.outcome(&all)
        ));
    }
    insta::assert_snapshot!(told);
}
