//! Reads a strategy document: any Markdown, in which headings, list items and two small marks mean
//! something. It never fails: what it does not understand says nothing.
//!
//! The convention. Text under a heading that speaks of mission, vision, purpose or identity is the
//! mission. List items under a heading that speaks of services or ownership are services. Every
//! other list item is a goal. An item may end with marks in parentheses: `(owner: qa-evals-docs)`
//! says whose it is, `(gate: release)` what proves it. A ticked box `- [x]` is an item that is
//! done. Code, comments, front matter, tables and quotations are skipped.

use adjutant_domain::{GateName, RoleName};

/// A strategy document, as far as it speaks in the convention.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strategy {
    /// What it says, in its order.
    pub items: Vec<StrategyItem>,
}

/// One thing that the strategy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyItem {
    /// What sort of thing it is.
    pub kind: StrategyKind,
    /// The headings above it, the outermost first.
    pub under: Vec<String>,
    /// What it says, without the marks.
    pub text: String,
    /// The role it belongs to; nobody's in particular when there is none.
    pub owner: Option<RoleName>,
    /// The gate, or the north-star gate, that proves it.
    pub gate: Option<GateName>,
    /// Whether its box is ticked.
    pub is_done: bool,
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// The lines as they stand in the document: what a change is seen by.
    pub raw: String,
}

/// What sort of thing a line of the strategy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyKind {
    /// What the team is for.
    Mission,
    /// What it runs.
    Service,
    /// What it wants to reach.
    Goal,
}

/// Words in a heading that make what is below it the mission.
const MISSION_WORDS: [&str; 4] = ["mission", "vision", "purpose", "identity"];

/// Words in a heading that make the list items below it services.
const SERVICE_WORDS: [&str; 4] = ["service", "ownership", "owned", "owns"];

/// More items than these are no strategy; the rest is not read.
const ITEMS_MAX: usize = 2_000;

/// Reads a strategy document.
pub fn read_strategy(text: &str) -> Strategy {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        reader.line(number, line.trim_end());
    }
    reader.end_item();
    Strategy {
        items: reader.items,
    }
}

#[derive(Default)]
struct Reader {
    items: Vec<StrategyItem>,
    headings: Vec<(usize, String)>,
    skipping: Option<Skipped>,
    open: Option<Open>,
}

/// What is skipped until its end is seen.
enum Skipped {
    Fence(String),
    Comment,
    FrontMatter,
}

/// An item or paragraph that the next line may continue.
struct Open {
    line: usize,
    raw: String,
    text: String,
    is_item: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let trimmed = line.trim_start();
        if self.skips(number, trimmed) || trimmed.is_empty() {
            self.end_item();
        } else if let Some((level, heading)) = heading(trimmed) {
            self.end_item();
            self.headings.retain(|(above, _)| *above < level);
            self.headings.push((level, heading.to_owned()));
        } else if is_underline(trimmed) {
            self.underline(trimmed);
        } else if let Some(text) = item(trimmed) {
            self.end_item();
            self.begin(number, line, text, true);
        } else if trimmed.starts_with(['|', '>']) {
            self.end_item();
        } else if let Some(open) = &mut self.open {
            open.raw.push('\n');
            open.raw.push_str(line);
            open.text.push(' ');
            open.text.push_str(trimmed);
        } else {
            self.begin(number, line, trimmed, false);
        }
    }

    /// Whether the line lies inside something that is skipped, or begins it.
    fn skips(&mut self, number: usize, line: &str) -> bool {
        match &self.skipping {
            Some(Skipped::Fence(mark)) => {
                if line.starts_with(mark.as_str()) {
                    self.skipping = None;
                }
                true
            }
            Some(Skipped::Comment) => {
                if line.contains("-->") {
                    self.skipping = None;
                }
                true
            }
            Some(Skipped::FrontMatter) => {
                if line == "---" || line == "..." {
                    self.skipping = None;
                }
                true
            }
            None if number == 1 && line == "---" => {
                self.skipping = Some(Skipped::FrontMatter);
                true
            }
            None if line.starts_with("```") || line.starts_with("~~~") => {
                self.skipping = Some(Skipped::Fence(line[..3].to_owned()));
                true
            }
            None if line.starts_with("<!--") => {
                if !line.contains("-->") {
                    self.skipping = Some(Skipped::Comment);
                }
                true
            }
            None => false,
        }
    }

    fn begin(&mut self, line: usize, raw: &str, text: &str, is_item: bool) {
        self.open = Some(Open {
            line,
            raw: raw.to_owned(),
            text: text.to_owned(),
            is_item,
        });
    }

    /// A paragraph above `===` or `---` was a heading; otherwise the line is a rule.
    fn underline(&mut self, line: &str) {
        match self.open.take() {
            Some(open) if !open.is_item => {
                let level = if line.starts_with('=') { 1 } else { 2 };
                self.headings.retain(|(above, _)| *above < level);
                self.headings.push((level, open.text));
            }
            other => {
                self.open = other;
                self.end_item();
            }
        }
    }

    fn end_item(&mut self) {
        let Some(open) = self.open.take() else { return };
        let says = |words: &[&str]| {
            self.headings.iter().any(|(_, heading)| {
                let heading = heading.to_lowercase();
                words.iter().any(|word| heading.contains(word))
            })
        };
        let kind = if says(&MISSION_WORDS) {
            StrategyKind::Mission
        } else if says(&SERVICE_WORDS) {
            StrategyKind::Service
        } else {
            StrategyKind::Goal
        };
        let is_told = open.is_item || kind == StrategyKind::Mission;
        if !is_told || self.items.len() >= ITEMS_MAX {
            return;
        }
        let (is_done, text) = unticked(&open.text);
        let mut item = StrategyItem {
            kind,
            under: self.headings.iter().map(|(_, text)| text.clone()).collect(),
            text: text.to_owned(),
            owner: None,
            gate: None,
            is_done,
            line: open.line,
            raw: open.raw,
        };
        while take_mark(&mut item) {}
        if !item.text.is_empty() {
            self.items.push(item);
        }
    }
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = line.get(level..)?.strip_prefix(' ')?;
    (1..=6)
        .contains(&level)
        .then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

fn is_underline(line: &str) -> bool {
    line.len() >= 3 && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
}

fn item(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ "]
        .iter()
        .find_map(|bullet| line.strip_prefix(bullet));
    bullet.or_else(|| {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.get(digits..)?;
        let rest = rest
            .strip_prefix(". ")
            .or_else(|| rest.strip_prefix(") "))?;
        (1..=9).contains(&digits).then_some(rest)
    })
}

fn unticked(text: &str) -> (bool, &str) {
    let text = text.trim();
    for (mark, is_done) in [("[ ] ", false), ("[x] ", true), ("[X] ", true)] {
        if let Some(rest) = text.strip_prefix(mark) {
            return (is_done, rest.trim());
        }
    }
    (false, text)
}

/// Takes one mark off the end of the text; a mark that names nothing stays part of the text.
fn take_mark(item: &mut StrategyItem) -> bool {
    let Some((text, mark)) = item
        .text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
    else {
        return false;
    };
    let Some((key, value)) = mark.split_once(':') else {
        return false;
    };
    let value = value.trim();
    let taken = match key.trim().to_lowercase().as_str() {
        "owner" => match value.parse() {
            Ok(owner) => {
                item.owner = Some(owner);
                true
            }
            Err(_no_name) => false,
        },
        "gate" => match value.parse() {
            Ok(gate) => {
                item.gate = Some(gate);
                true
            }
            Err(_no_name) => false,
        },
        _ => false,
    };
    if taken {
        item.text = text.trim_end().to_owned();
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRATEGY: &str = "\
---
title: x
---
# Search

## Mission
Answers in half a second,
for everyone.

## Services
- search-api: answers queries (owner: infra-mlops)
* index builder

Goals
-----
1. [ ] p95 below 500 ms (gate: release) (owner: infra-mlops)
2. [x] Ship the dashboard
3. A longer goal that
   goes on (see page 3)

```
- not an item
```
<!-- - nor this -->
| - | table |
> - quoted
Just text.
";

    #[test]
    fn headings_items_and_marks_mean_something() {
        let told: Vec<_> = read_strategy(STRATEGY)
            .items
            .iter()
            .map(|item| {
                let owner = item.owner.as_ref().map_or("-", RoleName::as_str);
                let gate = item.gate.as_ref().map_or("-", GateName::as_str);
                format!(
                    "{} {:?} {} | {} | {owner} {gate} {}",
                    item.line,
                    item.kind,
                    item.under.join(" > "),
                    item.text,
                    if item.is_done { "done" } else { "open" },
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "7 Mission Search > Mission | Answers in half a second, for everyone. | - - open",
                "11 Service Search > Services | search-api: answers queries | infra-mlops - open",
                "12 Service Search > Services | index builder | - - open",
                "16 Goal Search > Goals | p95 below 500 ms | infra-mlops release open",
                "17 Goal Search > Goals | Ship the dashboard | - - done",
                "18 Goal Search > Goals | A longer goal that goes on (see page 3) | - - open",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_and_every_item_stands_on_its_line(
            text in "([-*+#>|`~=x\\[\\]():.0-9a-zA-Z \r\n<!é]|- |\\(owner: |\n){0,200}"
        ) {
            let lines: Vec<&str> = text.lines().collect();
            for item in read_strategy(&text).items {
                let first = item.raw.lines().next().unwrap_or_default();
                proptest::prop_assert_eq!(lines[item.line - 1].trim_end(), first);
            }
        }
    }
}
