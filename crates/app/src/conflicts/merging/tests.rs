use super::*;

const BASE: u8 = 1;
const OURS: u8 = 2;
const THEIRS: u8 = 3;

/// The places of a conflict whose sides have these contents.
fn places(sides: &[(u8, Vec<u8>)]) -> usize {
    let mut texts = Texts::new();
    let mut entries = vec![];
    for (stage, content) in sides {
        let id: ObjectId = format!("{stage:040}").parse().unwrap();
        texts.insert(id.clone(), content.clone());
        entries.push(ConflictedEntry {
            path: "list.txt".to_owned(),
            stage: *stage,
            mode: "100644".to_owned(),
            id,
        });
    }
    let merged = Merged {
        clean: false,
        tree: "0".repeat(40).parse().unwrap(),
        entries,
        messages: vec![],
    };
    hunks_of(&merged, "list.txt", &texts).len()
}

#[test]
fn a_base_too_large_to_be_compared_is_not_taken_for_an_empty_one() {
    let (ours, theirs) = (b"ours\n".to_vec(), b"theirs\n".to_vec());
    let sides = |base: Option<Vec<u8>>| {
        let base = base.map(|base| (BASE, base));
        let others = [(OURS, ours.clone()), (THEIRS, theirs.clone())];
        places(&base.into_iter().chain(others).collect::<Vec<_>>())
    };
    assert_eq!(sides(None), 1);
    assert_eq!(sides(Some(b"base\n".to_vec())), 1);
    assert_eq!(sides(Some(vec![b'\n'; TEXT_BYTES_MAX + 1])), 0);
}
