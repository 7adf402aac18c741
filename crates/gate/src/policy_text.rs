//! What of a settings text its policies are: other tables may hold addresses with secrets in them, and
//! a record is kept for ever.

use crate::read_policies;

/// A settings text with only the lines of its `[gate…]` tables; every line stays at its number. Where
/// lines alone do not tell which those are, it is the whole text: it has to be decided on again.
pub fn policy_lines(text: &str) -> String {
    let mut is_gate = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if let Some(header) = line.trim_start().strip_prefix('[') {
            is_gate = names_gate(header);
        }
        match (is_gate, line.ends_with('\n')) {
            (true, _) => kept.push_str(line),
            (false, true) => kept.push('\n'),
            (false, false) => {}
        }
    }
    if read_policies(&kept) == read_policies(text) {
        kept
    } else {
        text.to_owned()
    }
}

/// Whether a header, without its first bracket, is that of the table `gate` or of one below it.
fn names_gate(header: &str) -> bool {
    let name = header.trim_start_matches('[').trim_start();
    let quoted = ["gate", "\"gate\"", "'gate'"].into_iter();
    let mut rest = quoted.filter_map(|word| name.strip_prefix(word));
    rest.any(|rest| rest.trim_start().starts_with(['.', ']']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = r#"# token: s1
[announce.chat]
url = "https://hooks.example.org/s2"
[gate.fast] # the only one
title = "Is it fast?"
[[gate.fast.criteria]]
id = "p95"
measure = "p95"
at_most = "40 ms"
[gates]
key = "s3"
["gate".slow]
[[ gate . slow . criteria ]]
id = "p99"
measure = "p99"
at_most = "90 ms"
"#;

    #[test]
    fn only_policies_are_kept_each_at_its_line() {
        let kept = policy_lines(SETTINGS);
        assert_eq!(read_policies(&kept).unwrap().policies.len(), 2);
        assert_eq!(kept.lines().nth(3), Some("[gate.fast] # the only one"));
        assert_eq!(kept.lines().count(), SETTINGS.lines().count());
        for secret in ["s1", "s2", "s3"] {
            assert!(!kept.contains(secret), "{kept}");
        }
    }

    #[test]
    fn a_text_that_lines_do_not_tell_apart_stays_whole() {
        let dotted =
            "gate.fast.criteria = [{ id = \"a\", measure = \"p95\", at_most = \"1 ms\" }]\n";
        assert_eq!(policy_lines(dotted), dotted);
        let broken = "[gate.fast\n";
        assert_eq!(policy_lines(broken), broken);
    }
}
