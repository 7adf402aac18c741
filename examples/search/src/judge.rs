//! The labelled queries and the rule that grades products for them.
//!
//! The rule sees the labels of the catalogue and the wishes written down with each query. It
//! never sees a ranker's output; `data/README.md` states it in prose.

use crate::catalogue::Attributes;
use crate::ids::{ProductId, QueryId};
use crate::look::{Color, Pattern};
use crate::table::{DataError, line_problem, read_table};
use std::path::Path;

/// A wish that a product meets or does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It has this color.
    Color(Color),
    /// It has this pattern.
    Pattern(Pattern),
    /// It is made of this class of material.
    Material(String),
    /// It is for this use.
    Use(String),
    /// It is this very product.
    Product(ProductId),
}

impl Wish {
    fn read(text: &str) -> Option<Self> {
        let (key, value) = text.split_once('=')?;
        match key {
            "color" => Color::from_label(value).map(Self::Color),
            "pattern" => Pattern::from_label(value).map(Self::Pattern),
            "material" => Some(Self::Material(value.to_owned())),
            "use" => Some(Self::Use(value.to_owned())),
            "product" => Some(Self::Product(ProductId::new(value))),
            _ => None,
        }
    }

    fn is_met_by(&self, product: &Attributes) -> bool {
        match self {
            Self::Color(color) => product.colors.contains(color),
            Self::Pattern(pattern) => product.pattern == *pattern,
            Self::Material(material) => product.material == *material,
            Self::Use(wanted) => product.uses.contains(wanted),
            Self::Product(id) => product.id == *id,
        }
    }
}

/// A query with what its author meant by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledQuery {
    /// Its id.
    pub id: QueryId,
    /// What sort of question it is: `look`, `material`, `use`, `name` or `synonym`.
    pub sort: String,
    /// The kind of product meant.
    pub kind: String,
    /// Another kind that would serve, if there is one.
    pub related_kind: Option<String>,
    /// The wishes, at least one.
    pub wishes: Vec<Wish>,
    /// The words typed.
    pub text: String,
}

/// Reads the labelled queries, in the order of the table.
///
/// # Errors
/// When the file is missing or a line is malformed.
pub fn read_queries(data: &Path) -> Result<Vec<LabelledQuery>, DataError> {
    let path = data.join("queries.tsv");
    let mut queries = Vec::new();
    for row in read_table(&path, ["id", "type", "kind", "related", "wants", "text"])? {
        let [id, sort, kind, related, wants, text] = row.cells;
        let wishes = wants
            .split(',')
            .map(|want| {
                Wish::read(want)
                    .ok_or_else(|| line_problem(&path, row.line, format!("{want:?} is not a wish")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let related_kind = (!related.is_empty()).then_some(related);
        queries.push(LabelledQuery {
            id: QueryId::new(&id),
            sort,
            kind,
            related_kind,
            wishes,
            text,
        });
    }
    Ok(queries)
}

/// The grade of a product for a query, 0 to 3. A grade of 2 or more is an acceptable answer.
///
/// * 3: the kind meant, and every wish met;
/// * 2: the kind meant, at least two wishes, and all but one met;
/// * 1: the kind meant otherwise, or the related kind with every wish met;
/// * 0: anything else.
#[must_use]
pub fn grade(query: &LabelledQuery, product: &Attributes) -> u8 {
    let unmet = query
        .wishes
        .iter()
        .filter(|wish| !wish.is_met_by(product))
        .count();
    if product.kind == query.kind {
        match unmet {
            0 => 3,
            1 if query.wishes.len() >= 2 => 2,
            _ => 1,
        }
    } else {
        u8::from(unmet == 0 && query.related_kind.as_deref() == Some(product.kind.as_str()))
    }
}

/// All judgements as TREC qrels: `query 0 product grade`, grades above 0 only.
#[must_use]
pub fn write_qrels(queries: &[LabelledQuery], products: &[Attributes]) -> String {
    let mut qrels = String::new();
    for query in queries {
        for product in products {
            let grade = grade(query, product);
            if grade > 0 {
                qrels.push_str(&format!("{} 0 {} {grade}\n", query.id, product.id));
            }
        }
    }
    qrels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scarf(colors: &[Color], pattern: Pattern) -> Attributes {
        Attributes {
            id: ProductId::new("p1"),
            kind: "scarf".to_owned(),
            colors: colors.to_vec(),
            pattern,
            uses: vec!["winter".to_owned()],
            material: "wool".to_owned(),
        }
    }

    fn query(kind: &str, related: Option<&str>, wishes: &[&str]) -> LabelledQuery {
        LabelledQuery {
            id: QueryId::new("q1"),
            sort: "look".to_owned(),
            kind: kind.to_owned(),
            related_kind: related.map(str::to_owned),
            wishes: wishes
                .iter()
                .map(|wish| Wish::read(wish).expect("a wish"))
                .collect(),
            text: "words".to_owned(),
        }
    }

    #[test]
    fn a_grade_counts_the_wishes_that_are_met() {
        let red_stripes = scarf(&[Color::Red, Color::White], Pattern::Striped);
        for (kind, related, wishes, expected) in [
            ("scarf", None, &["color=red", "pattern=striped"][..], 3),
            ("scarf", None, &["color=blue", "pattern=striped"][..], 2),
            ("scarf", None, &["color=blue", "pattern=dotted"][..], 1),
            ("scarf", None, &["color=blue"][..], 1),
            ("scarf", None, &["use=winter", "material=wool"][..], 3),
            ("hat", Some("scarf"), &["color=red"][..], 1),
            ("hat", Some("scarf"), &["color=blue"][..], 0),
            ("hat", None, &["color=red"][..], 0),
            ("scarf", None, &["product=p1"][..], 3),
            ("scarf", None, &["product=p2"][..], 1),
        ] {
            assert_eq!(
                grade(&query(kind, related, wishes), &red_stripes),
                expected,
                "{wishes:?}"
            );
        }
    }
}
