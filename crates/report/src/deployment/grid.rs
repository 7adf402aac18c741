//! A table of a report, laid out as Markdown and as HTML from the same cells.

use crate::markup::{markdown_cell, xml};

/// A table.
pub(crate) struct Grid {
    pub(crate) heads: &'static [&'static str],
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A cell; the first of a row names the row.
pub(crate) enum Cell {
    /// Words.
    Words(String),
    /// A number.
    Number(String),
    /// A standing, and the class of its color.
    Standing(String, &'static str),
    /// The sources of the row's numbers.
    Sources(Vec<String>),
}

impl Grid {
    /// The table as Markdown, with a blank line behind it.
    pub(crate) fn markdown(&self) -> String {
        let rule = self.heads.iter().map(|_| "---|").collect::<String>();
        let mut text = format!("| {} |\n|{rule}\n", self.heads.join(" | "));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(Cell::markdown).collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text + "\n"
    }

    /// The table as HTML.
    pub(crate) fn html(&self) -> String {
        let heads: String = self
            .heads
            .iter()
            .map(|head| format!("<th>{head}</th>"))
            .collect();
        let rows: String = self.rows.iter().map(|row| self.html_row(row)).collect();
        format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>")
    }

    fn html_row(&self, row: &[Cell]) -> String {
        let mut text = "<tr>\n".to_owned();
        for (at, (head, cell)) in self.heads.iter().zip(row).enumerate() {
            let content = cell.html();
            text.push_str(&match (at, cell) {
                (0, _) => format!("<th scope=\"row\">{content}</th>\n"),
                (_, Cell::Number(_)) => {
                    format!("<td data-label=\"{head}\" class=\"number\">{content}</td>\n")
                }
                (_, Cell::Sources(_)) => {
                    format!("<td data-label=\"{head}\" class=\"evidence\">{content}</td>\n")
                }
                (_, Cell::Words(_) | Cell::Standing(..)) => {
                    format!("<td data-label=\"{head}\">{content}</td>\n")
                }
            });
        }
        text + "</tr>\n"
    }
}

impl Cell {
    fn markdown(&self) -> String {
        match self {
            Self::Words(text) | Self::Number(text) | Self::Standing(text, _) => markdown_cell(text),
            Self::Sources(sources) => markdown_cell(&sources.join("; ")),
        }
    }

    fn html(&self) -> String {
        match self {
            Self::Words(text) | Self::Number(text) => xml(text),
            Self::Standing(text, class) => {
                format!("<span class=\"status {class}\">{}</span>", xml(text))
            }
            Self::Sources(sources) => {
                let cites = sources
                    .iter()
                    .map(|source| format!("<cite>{}</cite>", xml(source)));
                cites.collect::<Vec<String>>().join("\n")
            }
        }
    }
}
