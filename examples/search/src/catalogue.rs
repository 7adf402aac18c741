//! The catalogue: what the service may know of a product, and the labels that only the judging
//! rule and the drawing of the pictures may see.

use crate::ids::ProductId;
use crate::look::{Color, Pattern};
use crate::table::{DataError, line_problem, read_table};
use std::fs;
use std::path::{Path, PathBuf};

/// A product as the shop publishes it.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub title: String,
    /// Price in cents.
    pub price_cents: u32,
    /// What it is made of, in words.
    pub material: String,
    /// The text of its page.
    pub description: String,
    /// The bytes of its picture, a PNG.
    pub picture: Vec<u8>,
}

/// The labels of a product. No ranker reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The product.
    pub id: ProductId,
    /// What it is, for example `scarf`.
    pub kind: String,
    /// Its colors, the ground first.
    pub colors: Vec<Color>,
    /// Its pattern.
    pub pattern: Pattern,
    /// What and whom it is for.
    pub uses: Vec<String>,
    /// The class of its material, for example `wool` for cashmere.
    pub material: String,
}

/// Where a product's picture lies.
#[must_use]
pub fn picture_path(data: &Path, id: &ProductId) -> PathBuf {
    data.join("pictures").join(format!("{id}.png"))
}

/// Reads all products with their pictures, in the order of the table.
///
/// # Errors
/// When a file is missing or a line is malformed.
pub fn read_products(data: &Path) -> Result<Vec<Product>, DataError> {
    let path = data.join("products.tsv");
    let columns = ["id", "title", "price", "material", "description"];
    let mut products = Vec::new();
    for row in read_table(&path, columns)? {
        let [id, title, price, material, description] = row.cells;
        let id = ProductId::new(&id);
        let price_cents = read_price(&price)
            .ok_or_else(|| line_problem(&path, row.line, format!("{price:?} is not a price")))?;
        let picture_path = picture_path(data, &id);
        let picture = fs::read(&picture_path).map_err(|source| DataError::Read {
            path: picture_path,
            source,
        })?;
        products.push(Product {
            id,
            title,
            price_cents,
            material,
            description,
            picture,
        });
    }
    Ok(products)
}

/// Reads the labels of all products, in the order of the table.
///
/// # Errors
/// When the file is missing or a line is malformed.
pub fn read_attributes(data: &Path) -> Result<Vec<Attributes>, DataError> {
    let path = data.join("attributes.tsv");
    let columns = ["id", "kind", "colors", "pattern", "uses", "material"];
    let mut labels = Vec::new();
    for row in read_table(&path, columns)? {
        let [id, kind, colors, pattern, uses, material] = row.cells;
        let unknown = |word: &str| line_problem(&path, row.line, format!("unknown label {word:?}"));
        let colors = colors
            .split(',')
            .map(|label| Color::from_label(label).ok_or_else(|| unknown(label)))
            .collect::<Result<Vec<_>, _>>()?;
        let pattern = Pattern::from_label(&pattern).ok_or_else(|| unknown(&pattern))?;
        labels.push(Attributes {
            id: ProductId::new(&id),
            kind,
            colors,
            pattern,
            uses: uses.split(',').map(str::to_owned).collect(),
            material,
        });
    }
    Ok(labels)
}

/// Reads `12.50` as 1250.
fn read_price(text: &str) -> Option<u32> {
    let (whole, cents) = text.split_once('.')?;
    if cents.len() != 2 {
        return None;
    }
    whole
        .parse::<u32>()
        .ok()?
        .checked_mul(100)?
        .checked_add(cents.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_two_digits_after_the_point() {
        for (text, cents) in [
            ("12.50", Some(1250)),
            ("0.05", Some(5)),
            ("12.5", None),
            ("12", None),
            ("x.50", None),
        ] {
            assert_eq!(read_price(text), cents, "{text}");
        }
    }
}
