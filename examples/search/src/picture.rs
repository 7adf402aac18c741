//! Product pictures: small RGBA images on a transparent ground, stored as PNG.
//!
//! `draw` makes them, once, from the labels. `palette`, `pattern` and `features` read them back
//! from the pixels alone, as the service does.

pub mod draw;
pub mod features;
pub mod lab;
pub mod matrix;
pub mod palette;
pub mod pattern;

use std::io::Cursor;

/// Width and height of every picture in pixels.
pub const SIDE: usize = 32;

/// Why bytes are not a picture of this shop.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The PNG reader refused them.
    #[error("not a readable PNG")]
    Decode(#[from] png::DecodingError),
    /// The PNG writer failed.
    #[error("cannot write the PNG")]
    Encode(#[from] png::EncodingError),
    /// A PNG, but not `SIDE` x `SIDE` pixels of 8-bit RGBA.
    #[error("{width} x {height} pixels of {color:?}, not {SIDE} x {SIDE} of 8-bit RGBA")]
    Shape {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// How colors are stored.
        color: png::ColorType,
    },
    /// No pixel is opaque.
    #[error("nothing but background")]
    Empty,
}

/// A picture in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Rows from the top, red, green, blue and alpha, `SIDE * SIDE` of them.
    pixels: Vec<[u8; 4]>,
}

impl Picture {
    /// A picture whose pixel at column x and row y is `paint(x, y)`.
    pub fn paint(mut paint: impl FnMut(usize, usize) -> [u8; 4]) -> Self {
        let places = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        Self {
            pixels: places.map(|(x, y)| paint(x, y)).collect(),
        }
    }

    /// Rows from the top, red, green, blue and alpha.
    #[must_use]
    pub fn pixels(&self) -> &[[u8; 4]] {
        &self.pixels
    }

    /// Reads a PNG.
    ///
    /// # Errors
    /// When it is no PNG, or not of the shop's shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, PictureError> {
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info()?;
        let info = reader.info();
        let (width, height, color) = (info.width, info.height, info.color_type);
        let expected = SIDE * SIDE * 4;
        let mut buffer = vec![0; expected];
        if reader.output_buffer_size() != Some(expected) || color != png::ColorType::Rgba {
            return Err(PictureError::Shape {
                width,
                height,
                color,
            });
        }
        reader.next_frame(&mut buffer)?;
        let pixels = buffer.as_chunks::<4>().0.to_vec();
        Ok(Self { pixels })
    }

    /// Writes a PNG.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode(&self) -> Result<Vec<u8>, PictureError> {
        let mut bytes = Vec::new();
        let side = u32::try_from(SIDE).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.pixels.as_flattened())?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_survives_its_file() {
        let picture = Picture::paint(|x, y| {
            let channel = |value: usize| u8::try_from(value).expect("below 256");
            [channel(x * 8), channel(y * 8), channel(x + y), 255]
        });
        let bytes = picture.encode().expect("a PNG");
        assert_eq!(Picture::decode(&bytes).expect("the same"), picture);
    }

    #[test]
    fn bytes_that_are_no_picture_are_refused() {
        assert!(matches!(
            Picture::decode(b"GIF89a"),
            Err(PictureError::Decode(_))
        ));
        let whole = Picture::paint(|_, _| [1, 2, 3, 255])
            .encode()
            .expect("a PNG");
        assert!(matches!(
            Picture::decode(&whole[..40]),
            Err(PictureError::Decode(_))
        ));
    }
}
