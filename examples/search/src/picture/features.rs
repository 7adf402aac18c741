//! What the service knows of a picture: how much of each basic color it shows, and its pattern.

use super::lab::Lab;
use super::palette::find_palette;
use super::pattern::{SeenPattern, recognize};
use super::{Picture, PictureError};
use crate::look::Color;
use std::sync::LazyLock;

/// The shades of [`Color::shades`] in L*a*b*.
static SHADES: LazyLock<Vec<(Color, Lab)>> = LazyLock::new(|| {
    let of = |color: Color| {
        color
            .shades()
            .iter()
            .map(move |&rgb| (color, Lab::from_srgb(rgb)))
    };
    Color::ALL.into_iter().flat_map(of).collect()
});

/// What is seen in one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// The share of the product's surface in each color that it shows, most common first.
    pub colors: Vec<(Color, f64)>,
    /// The pattern.
    pub pattern: SeenPattern,
}

impl Features {
    /// Looks at a picture's file.
    ///
    /// # Errors
    /// When it is no picture, or shows nothing.
    pub fn see(png: &[u8]) -> Result<Self, PictureError> {
        let palette = find_palette(&Picture::decode(png)?);
        let mut colors: Vec<(Color, f64)> = Vec::new();
        for &(lab, share) in &palette.colors {
            let Some(color) = name_color(lab) else {
                continue;
            };
            match colors.iter_mut().find(|(known, _)| *known == color) {
                Some((_, total)) => *total += share,
                None => colors.push((color, share)),
            }
        }
        if colors.is_empty() {
            return Err(PictureError::Empty);
        }
        Ok(Self {
            colors,
            pattern: recognize(&palette),
        })
    }

    /// The share of the surface in this color, 0 to 1.
    #[must_use]
    pub fn share_of(&self, color: Color) -> f64 {
        self.colors
            .iter()
            .find(|(known, _)| *known == color)
            .map_or(0.0, |(_, share)| *share)
    }
}

/// The basic color whose typical shade is nearest.
fn name_color(lab: Lab) -> Option<Color> {
    let distance = |shade: &&(Color, Lab)| shade.1.squared_distance(lab);
    let nearest = SHADES
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.map(|(color, _)| *color)
}
