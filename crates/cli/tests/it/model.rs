//! Model files on the command line.

use std::path::Path;

use crate::stage::Stage;

/// A stage with the named fixtures of the crate that reads them.
fn stage(fixtures: &[&str]) -> Stage {
    let stage = Stage::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supply/tests/fixtures");
    for fixture in fixtures {
        let bytes = std::fs::read(root.join(fixture)).unwrap();
        let name = Path::new(fixture).file_name().unwrap();
        std::fs::write(stage.path().join(name), bytes).unwrap();
    }
    stage
}

const HOSTILE: &str = "hostile/37_torch_archive.pt";

#[test]
fn a_hostile_model_is_told_in_every_format_and_exits_with_30() {
    let stage = stage(&[HOSTILE]);
    let mut told = String::new();
    for format in ["human", "json", "sarif"] {
        let arguments = ["model", "scan", "37_torch_archive.pt", "--format", format];
        assert_eq!(stage.code(&arguments), 30);
        told.push_str(&stage.outcome(&arguments));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_no_model_is_unknown_and_exits_with_20() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.outcome(&["model", "scan", "baseline.csv"]));
}

#[test]
fn a_plain_pickle_exits_with_0_and_a_missing_file_with_2() {
    let stage = Stage::new();
    std::fs::write(stage.path().join("plain.pkl"), b"\x80\x04]K\x01a.").unwrap();
    let plain = stage.outcome(&["model", "scan", "plain.pkl"]);
    let missing = stage.outcome(&["model", "scan", "plain.pkl", "none.pt"]);
    let folder = stage.outcome(&["model", "scan", "."]);
    insta::assert_snapshot!(format!("{plain}\n{missing}\n{folder}"));
}

#[test]
fn a_header_is_shown_and_a_broken_one_is_an_error_with_its_place() {
    let stage = stage(&["ordinary/matmul.onnx", "ordinary/tensors.safetensors"]);
    std::fs::write(
        stage.path().join("broken.safetensors"),
        b"\x10\0\0\0\0\0\0\0{}",
    )
    .unwrap();
    let mut told = String::new();
    for arguments in [
        ["model", "inspect", "matmul.onnx"].as_slice(),
        &[
            "model",
            "inspect",
            "tensors.safetensors",
            "--format",
            "json",
        ],
        &["model", "inspect", "broken.safetensors"],
        &["model", "inspect", "baseline.csv"],
    ] {
        told.push_str(&stage.outcome(arguments));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_vocabulary_whose_ids_moved_breaks_the_model() {
    let stage = Stage::new();
    stage.workspace.write("old/vocab.txt", "[PAD]\nthe\ncat\n");
    stage
        .workspace
        .write("new/vocab.txt", "[PAD]\ncat\nthe\ndog\n");
    let diff = |old: &str, new: &str| {
        stage.outcome(&["model", "diff", "--baseline", old, "--candidate", new])
    };
    let moved = diff("old/vocab.txt", "new/vocab.txt");
    let same = diff("old/vocab.txt", "old/vocab.txt");
    insta::assert_snapshot!(format!("{moved}\n{same}"));
}
