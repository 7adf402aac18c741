//! `adjutant up`: everything on one machine, with nothing to configure.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

fn up(workspace: &Workspace) -> Command {
    let arguments = ["up", "--listen", "127.0.0.1:0", "--format", "json"];
    program::command(PROGRAM, workspace.path(), &arguments)
}

/// Starts it, and gives what it told.
fn start(workspace: &Workspace) -> (Child, Value) {
    let mut child = up(workspace).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_empty_repository_is_served_with_nothing_to_configure() {
    let workspace = Workspace::repository();
    let (server, told) = start(&workspace);
    assert!(workspace.path().join("adjutant.toml").is_file());
    assert!(workspace.path().join(".git/adjutant/adjutant.db").is_file());
    assert!(told["token"].as_str().unwrap().starts_with("adj_"));

    let second = up(&workspace).output().unwrap();
    assert_eq!(second.status.code(), Some(0), "{second:?}");
    let again: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(again["server"], told["server"]);
    assert_ne!(again["link"], told["link"]);
    assert_eq!(again["token"], Value::Null);
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("a server runs already"), "{said}");

    // A server that was killed runs no more.
    end(server);
    let (server, told) = start(&workspace);
    assert_ne!(told["server"], again["server"]);
    assert_eq!(told["token"], Value::Null, "it is shown once");
    end(server);
}
