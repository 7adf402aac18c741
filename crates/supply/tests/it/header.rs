//! Headers of files that real tools wrote; what breaks them; what changed between two.

use std::path::Path;

use adjutant_supply::{
    ChangeWeight, Dimension, ModelHeader, TensorHeader, diff_models, diff_tokenizers,
    inspect_model, read_lockfile, read_tokenizer, scan_model,
};
use proptest::prelude::*;

fn bytes(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ordinary");
    std::fs::read(root.join(name)).unwrap()
}

const FILES: [&str; 6] = [
    "array.npy",
    "arrays.npz",
    "arrays_compressed.npz",
    "matmul.onnx",
    "tensors.safetensors",
    "tiny.gguf",
];

#[test]
fn the_header_of_every_format_is_read() {
    let headers = FILES.map(|name| inspect_model(name, &bytes(name).as_slice()).unwrap());
    insta::assert_debug_snapshot!(headers);
}

#[test]
fn a_header_cut_off_anywhere_is_an_error_or_a_whole_header() {
    for name in FILES {
        let whole = bytes(name);
        for length in 0..whole.len().min(700) {
            let cut = &whole[..length];
            if let Err(error) = inspect_model(name, &cut) {
                assert!(
                    error.offset <= whole.len() as u64,
                    "{name} {length}: {error}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        mut data in prop::collection::vec(any::<u8>(), 0..300),
        kind in 0_usize..8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        if let Some(name) = FILES.get(kind) {
            data = bytes(name);
            for (place, value) in changes {
                let place = place.index(data.len());
                data[place] = value;
            }
        }
        for name in ["a.onnx", "a.pkl", "a.bin"] {
            drop(inspect_model(name, &data.as_slice()));
            scan_model(name, &data.as_slice());
        }
        for name in ["tokenizer.json", "vocab.txt", "merges.txt"] {
            drop(read_tokenizer(name, &data));
        }
        for name in ["go.sum", "go.mod", "requirements.txt", "Cargo.lock", "yarn.lock"] {
            drop(read_lockfile(name, &data));
        }
    }
}

fn model(name: &str, data_type: &str, sizes: &[u64]) -> ModelHeader {
    ModelHeader {
        format: "test",
        tensors: vec![TensorHeader {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            shape: Some(sizes.iter().copied().map(Dimension::Size).collect()),
        }],
        ..ModelHeader::default()
    }
}

#[test]
fn a_tensor_that_is_gone_new_reshaped_or_retyped_breaks() {
    let old = model("w", "F32", &[2, 3]);
    for (new, reasons) in [
        (model("w", "F32", &[2, 3]), 0),
        (model("v", "F32", &[2, 3]), 2),
        (model("w", "F32", &[3, 2]), 1),
        (model("w", "F16", &[2, 3]), 1),
    ] {
        let changes = diff_models(&old, &new);
        assert_eq!(changes.len(), reasons, "{new:?}");
        assert!(
            changes
                .iter()
                .all(|change| change.weight == ChangeWeight::Breaking)
        );
    }
}

#[test]
fn a_tokenizer_tells_moved_ids_new_tokens_and_other_merges() {
    let file = |vocab: &str, merges: &str, normalizer: &str| {
        let text = format!(
            r#"{{"version": "1.0", "normalizer": {normalizer}, "added_tokens": [{{"id": 9, "content": "<s>"}}],
            "model": {{"type": "BPE", "vocab": {vocab}, "merges": {merges}}}}}"#
        );
        read_tokenizer("tokenizer.json", text.as_bytes()).unwrap()
    };
    let old = file(r#"{"a": 0, "b": 1}"#, r#"["a b", "b a"]"#, "null");
    let changes = |new| -> Vec<(String, ChangeWeight)> {
        let changes = diff_tokenizers(&old, &new).into_iter();
        changes.map(|change| (change.what, change.weight)).collect()
    };
    assert_eq!(changes(old.clone()), []);
    assert_eq!(
        changes(file(
            r#"{"a": 0, "b": 2, "c": 3}"#,
            r#"["a b", "b a"]"#,
            "null"
        )),
        [
            (r#"token "b""#.to_owned(), ChangeWeight::Breaking),
            (r#"token "c""#.to_owned(), ChangeWeight::Risky)
        ]
    );
    let pairs = r#"[["a", "b"], ["b", "a"], ["a", "a"]]"#;
    assert_eq!(
        changes(file(r#"{"a": 0, "b": 1}"#, pairs, r#"{"type": "NFC"}"#)),
        [
            (r#"merge "a a""#.to_owned(), ChangeWeight::Risky),
            ("normalizer".to_owned(), ChangeWeight::Breaking)
        ]
    );
    assert_eq!(
        changes(file(r#"{"a": 0, "b": 1}"#, r#"["b a", "a b"]"#, "null")).len(),
        2
    );
}
