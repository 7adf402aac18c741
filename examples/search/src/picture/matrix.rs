//! What the candidate ranks by, as a NumPy file: a row a product, a column a color, and in each
//! cell the share of the picture that shows it.

use super::PictureError;
use super::features::Features;
use crate::catalogue::Product;
use crate::look::Color;

/// NumPy's format 1.0 aligns the data to this many bytes.
const ALIGNMENT: usize = 64;
/// Magic, version and the length of the header.
const PREFIX_BYTES: usize = 10;

/// The colors of all pictures as an array of doubles, `products x colors`.
///
/// # Errors
/// When a picture cannot be read.
pub fn color_shares(products: &[Product]) -> Result<Vec<u8>, PictureError> {
    let mut cells = Vec::new();
    for product in products {
        let features = Features::see(&product.picture)?;
        let shares = Color::ALL.map(|color| features.share_of(color));
        cells.extend(shares.iter().flat_map(|share| share.to_le_bytes()));
    }
    let mut file = header(products.len(), Color::ALL.len());
    file.append(&mut cells);
    Ok(file)
}

/// The header of a little-endian array of doubles, padded with blanks and ended by a line break.
fn header(rows: usize, columns: usize) -> Vec<u8> {
    let told =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let whole = (PREFIX_BYTES + told.len() + 1).next_multiple_of(ALIGNMENT);
    let length = whole - PREFIX_BYTES;
    let padded = format!("{told:<width$}\n", width = length - 1);
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    file.extend(padded.bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_aligned_and_says_the_shape() {
        let header = header(204, 12);
        assert_eq!(header.len() % ALIGNMENT, 0);
        assert_eq!(usize::from(header[8]) + PREFIX_BYTES, header.len());
        let text = String::from_utf8_lossy(&header);
        assert!(
            text.contains("'shape': (204, 12)") && text.ends_with('\n'),
            "{text}"
        );
    }
}
