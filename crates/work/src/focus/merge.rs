//! Puts a newly compiled document in the place of the last one and keeps every line that was
//! typed in between.

/// The longest document that is merged: notes beyond this belong into files of their own.
pub const FOCUS_LINES_MAX: usize = 10_000;

/// Replaces what was compiled in `current` by `fresh` and keeps what was typed: each run of lines
/// that `base` did not have stays behind the same line of the document, or behind the nearest one
/// before it that is still there. Without a base, every line that `fresh` has not counts as typed.
///
/// A line of a checklist that was ticked by hand, and that `fresh` now ticks itself, is not said
/// twice. Lines are compared without blanks at their ends.
pub fn merge(base: Option<&str>, current: &str, fresh: &str) -> String {
    let base = base.unwrap_or(fresh);
    let (base, current, fresh): (Vec<&str>, Vec<&str>, Vec<&str>) = (
        base.lines().collect(),
        current.lines().collect(),
        fresh.lines().collect(),
    );
    let kept = matches(&base, &current);
    let landed = matches(&base, &fresh);
    // Behind which line of `fresh` each typed line goes; 0 is before the first.
    let mut behind: Vec<Vec<&str>> = vec![vec![]; fresh.len() + 1];
    let mut place = 0;
    let mut next_base = 0;
    for (at, line) in current.iter().enumerate() {
        let in_base = kept.iter().find(|(_, in_current)| *in_current == at);
        match in_base {
            Some((in_base, _)) => {
                // Lines of the base that were deleted by hand still say where one is.
                for passed in next_base..=*in_base {
                    place = landing(&landed, passed).unwrap_or(place);
                }
                next_base = in_base + 1;
            }
            None if is_ticked(line) && fresh.iter().any(|said| same(said, line)) => {}
            None => behind[place].push(line),
        }
    }
    let mut text = String::new();
    let mut put = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    behind[0].iter().for_each(|line| put(line));
    for (at, line) in fresh.iter().enumerate() {
        put(line);
        behind[at + 1].iter().for_each(|line| put(line));
    }
    text
}

/// The place behind the line of `fresh` that is the same as this line of the base.
fn landing(landed: &[(usize, usize)], in_base: usize) -> Option<usize> {
    landed
        .binary_search_by_key(&in_base, |(base, _)| *base)
        .ok()
        .map(|at| landed[at].1 + 1)
}

fn same(left: &str, right: &str) -> bool {
    left.trim_end() == right.trim_end()
}

fn is_ticked(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("- [x] ") || line.starts_with("- [X] ")
}

/// Pairs of equal lines in order: a longest common subsequence.
fn matches(left: &[&str], right: &[&str]) -> Vec<(usize, usize)> {
    let start = (0..left.len().min(right.len()))
        .take_while(|at| same(left[*at], right[*at]))
        .count();
    let (ours, theirs) = (&left[start..], &right[start..]);
    let end = (0..ours.len().min(theirs.len()))
        .take_while(|back| same(ours[ours.len() - 1 - back], theirs[theirs.len() - 1 - back]))
        .count();
    let (ours, theirs) = (&ours[..ours.len() - end], &theirs[..theirs.len() - end]);
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    pairs.extend(
        longest_common(ours, theirs)
            .into_iter()
            .map(|(left, right)| (start + left, start + right)),
    );
    pairs.extend((0..end).map(|at| (left.len() - end + at, right.len() - end + at)));
    pairs
}

/// The textbook table: `length[i][j]` is the longest of what begins at `i` and `j`.
fn longest_common(ours: &[&str], theirs: &[&str]) -> Vec<(usize, usize)> {
    let width = theirs.len() + 1;
    let mut length = vec![0_u32; (ours.len() + 1) * width];
    for i in (0..ours.len()).rev() {
        for j in (0..theirs.len()).rev() {
            length[i * width + j] = if same(ours[i], theirs[j]) {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < ours.len() && j < theirs.len() {
        if same(ours[i], theirs[j]) {
            pairs.push((i, j));
            i += 1;
            j += 1;
        } else if length[(i + 1) * width + j] >= length[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str =
        "# A\n\n## Sprint\n\n- [ ] T-1 one\n- [ ] T-2 two\n\n## Notes\n\n## Sources\n";

    #[test]
    fn what_was_typed_stays_where_it_was_typed() {
        let fresh = BASE.replace("- [ ] T-1 one\n", "- [x] T-1 one\n- [ ] T-3 three\n");
        for (typed, merged) in [
            (BASE.to_owned(), fresh.clone()),
            (
                BASE.replace("## Notes\n", "## Notes\n\n- learned\n  more\n"),
                fresh.replace("## Notes\n", "## Notes\n\n- learned\n  more\n"),
            ),
            (
                BASE.replace("two\n", "two\nmine\n"),
                fresh.replace("two\n", "two\nmine\n"),
            ),
            // Ticked by hand, and now ticked anyway.
            (BASE.replace("[ ] T-1", "[x] T-1"), fresh.clone()),
            // Below a line that is no longer there: below the one before it.
            (
                BASE.replace("one\n", "one\n  - mine\n"),
                fresh.replace("## Sprint\n\n", "## Sprint\n\n  - mine\n"),
            ),
            (format!("mine\n{BASE}"), format!("mine\n{fresh}")),
            (
                BASE.replace('\n', "\r\n")
                    .replace("## Notes\r\n", "## Notes\r\nmine\r\n"),
                fresh.replace("## Notes\n", "## Notes\nmine\n"),
            ),
        ] {
            assert_eq!(merge(Some(BASE), &typed, &fresh), merged, "{typed}");
        }
    }

    #[test]
    fn without_a_base_nothing_is_lost() {
        let current = BASE.replace("## Notes\n", "## Notes\nmine\n");
        let merged = merge(None, &current, "# A\n\n## Notes\n");
        assert!(merged.contains("## Notes\nmine\n"), "{merged}");
        assert!(merged.contains("- [ ] T-2 two"), "{merged}");
    }

    fn document() -> impl proptest::strategy::Strategy<Value = Vec<String>> {
        proptest::collection::vec("(## A|## B|- \\[ \\] t|- \\[x\\] t|c|d|e|)", 0..14)
    }

    /// What a person does to a document: lines typed in and taken out, at random.
    fn edited(base: &[String], edits: &[(usize, Option<String>)]) -> Vec<String> {
        let mut lines = base.to_vec();
        for (at, typed) in edits {
            let at = at % (lines.len() + 1);
            match typed {
                Some(line) => lines.insert(at, line.clone()),
                None if at < lines.len() => {
                    lines.remove(at);
                }
                None => {}
            }
        }
        lines
    }

    fn text(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn typed_lines(text: &str) -> Vec<&str> {
        text.lines()
            .filter(|line| line.starts_with("mine"))
            .collect()
    }

    proptest::proptest! {
        #[test]
        fn notes_survive_any_sync_in_their_order(
            base in document(),
            edits in proptest::collection::vec(
                (0_usize..40, proptest::option::weighted(0.7, "mine [a-c]{0,2}")), 0..12),
            later in proptest::collection::vec(document(), 1..4),
        ) {
            let mut current = text(&edited(&base, &edits));
            let mut base = text(&base);
            let typed: Vec<String> = typed_lines(&current).iter().map(|&l| l.to_owned()).collect();
            for fresh in later {
                let fresh = text(&fresh);
                let merged = merge(Some(&base), &current, &fresh);
                proptest::prop_assert_eq!(typed_lines(&merged), typed.clone());
                // A second sync of the same changes nothing.
                proptest::prop_assert_eq!(merge(Some(&fresh), &merged, &fresh), merged.clone());
                (base, current) = (fresh, merged);
            }
        }

        #[test]
        fn a_line_typed_twice_stays_twice_even_when_it_was_compiled_too(
            base in document(), fresh in document(), at in 0_usize..20
        ) {
            let typed = edited(&base, &[(at, Some("c".to_owned()))]);
            let merged = merge(Some(&text(&base)), &text(&typed), &text(&fresh));
            let count = |lines: &str| lines.lines().filter(|line| *line == "c").count();
            proptest::prop_assert_eq!(count(&merged), count(&text(&fresh)) + 1);
        }

        #[test]
        fn what_nobody_edited_becomes_what_was_compiled(base in document(), fresh in document()) {
            let (base, fresh) = (text(&base), text(&fresh));
            proptest::prop_assert_eq!(merge(Some(&base), &base, &fresh), fresh);
        }
    }
}
