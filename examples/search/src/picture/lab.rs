//! The CIE L*a*b* color space, in which distance is roughly what the eye calls difference.

/// A color: lightness 0 to 100, then green-red and blue-yellow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lab {
    /// Lightness.
    pub l: f64,
    /// From green (negative) to red.
    pub a: f64,
    /// From blue (negative) to yellow.
    pub b: f64,
}

impl Lab {
    /// Converts from 8-bit sRGB with the D65 white point (IEC 61966-2-1, CIE 15).
    #[must_use]
    pub fn from_srgb([red, green, blue]: [u8; 3]) -> Self {
        let (r, g, b) = (linear(red), linear(green), linear(blue));
        let x = 0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b;
        let y = 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175_0 * b;
        let z = 0.019_333_9 * r + 0.119_192_0 * g + 0.950_304_1 * b;
        let (fx, fy, fz) = (bend(x / 0.950_47), bend(y), bend(z / 1.088_83));
        Self {
            l: 116.0 * fy - 16.0,
            a: 500.0 * (fx - fy),
            b: 200.0 * (fy - fz),
        }
    }

    /// The squared CIE76 difference.
    #[must_use]
    pub fn squared_distance(self, other: Self) -> f64 {
        (self.l - other.l).powi(2) + (self.a - other.a).powi(2) + (self.b - other.b).powi(2)
    }

    /// The mean of two colors, with weights.
    #[must_use]
    pub fn blend(self, weight: f64, other: Self, other_weight: f64) -> Self {
        let share = other_weight / (weight + other_weight);
        let mix = |own: f64, others: f64| own + (others - own) * share;
        Self {
            l: mix(self.l, other.l),
            a: mix(self.a, other.a),
            b: mix(self.b, other.b),
        }
    }
}

fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

fn bend(value: f64) -> f64 {
    const LIMIT: f64 = 6.0 / 29.0;
    if value > LIMIT.powi(3) {
        value.cbrt()
    } else {
        value / (3.0 * LIMIT * LIMIT) + 4.0 / 29.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are those of scikit-image 0.26.0, `skimage.color.rgb2lab`.
    #[test]
    fn known_colors_have_their_published_coordinates() {
        for (rgb, [l, a, b]) in [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [53.24, 80.09, 67.20]),
            ([0, 0, 255], [32.30, 79.19, -107.86]),
            ([38, 82, 164], [36.23, 14.92, -48.66]),
        ] {
            let lab = Lab::from_srgb(rgb);
            let distance = lab.squared_distance(Lab { l, a, b }).sqrt();
            assert!(distance < 0.05, "{rgb:?}: {lab:?}");
        }
    }
}
