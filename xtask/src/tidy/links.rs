//! Links between documents lead somewhere, and a document has one title.

use std::collections::{BTreeMap, BTreeSet};

use super::SourceFile;

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let folders = files.iter().flat_map(|file| folders_of(&file.path));
    let places: BTreeSet<String> = files
        .iter()
        .map(|file| file.path.clone())
        .chain(folders)
        .collect();
    let documents: Vec<&SourceFile> = files
        .iter()
        .filter(|file| file.path.ends_with(".md"))
        .collect();
    let headings: BTreeMap<&str, BTreeSet<String>> = documents
        .iter()
        .map(|file| {
            (
                file.path.as_str(),
                prose(&file.text).filter_map(anchor_of).collect(),
            )
        })
        .collect();
    let mut problems = Vec::new();
    for document in &documents {
        let titles = prose(&document.text)
            .filter(|line| line.starts_with("# "))
            .count();
        if titles != 1 {
            problems.push(format!(
                "{} has {titles} titles; a document has one `# Title`",
                document.path
            ));
        }
        for link in prose(&document.text).flat_map(links_of) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link
                .split_once('#')
                .map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() {
                document.path.clone()
            } else {
                resolve(&document.path, path)
            };
            if !places.contains(&target) {
                problems.push(format!("{}: there is no {target}", document.path));
            } else if let (Some(anchor), Some(headings)) = (anchor, headings.get(target.as_str()))
                && !headings.contains(anchor)
            {
                problems.push(format!(
                    "{}: {target} has no heading #{anchor}",
                    document.path
                ));
            }
        }
    }
    problems
}

/// The lines outside fenced code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    })
}

/// The targets of `[text](target)` on a line.
fn links_of(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
}

/// A heading's anchor, as code forges make it.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line
        .strip_prefix('#')?
        .trim_start_matches('#')
        .strip_prefix(' ')?;
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>();
    Some(kept.replace(' ', "-"))
}

fn folders_of(path: &str) -> Vec<String> {
    path.match_indices('/')
        .map(|(at, _)| path[..at].to_owned())
        .collect()
}

/// `link` as seen from `document`, both from the repository's root.
fn resolve(document: &str, link: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn a_link_to_nowhere_is_a_problem() {
        let document = |link: &str| file("docs/a.md", &format!("# A\n[b]({link})\n"));
        let other = || file("docs/b.md", "# B\n## What it costs, and why\n");
        assert!(check(&[document("b.md"), other()]).is_empty());
        assert!(check(&[document("../docs/b.md#what-it-costs-and-why"), other()]).is_empty());
        assert_eq!(
            check(&[document("c.md"), other()]),
            ["docs/a.md: there is no docs/c.md"]
        );
        assert_eq!(
            check(&[document("b.md#gone"), other()]),
            ["docs/a.md: docs/b.md has no heading #gone"]
        );
    }

    #[test]
    fn a_document_has_one_title() {
        assert_eq!(check(&[file("a.md", "# A\n# B\n")]).len(), 1);
        assert!(check(&[file("a.md", "# A\n```sh\n# not a title\n```\n")]).is_empty());
    }
}
