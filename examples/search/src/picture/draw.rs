//! Draws a product's picture from its labels. Run by hand through `search prepare`; the service
//! never draws.

use super::{Picture, SIDE};
use crate::catalogue::Attributes;
use crate::look::{Color, Pattern};

/// The outline of a product against the transparent ground.
#[derive(Clone, Copy)]
enum Outline {
    Sheet,
    Round,
    Garment,
    Vessel,
    Long,
}

/// Draws the picture. The same labels always give the same pixels.
#[must_use]
pub fn draw(labels: &Attributes) -> Picture {
    let mut chance = Chance::new(labels.id.as_str());
    let ground = shade(labels.colors.first().copied(), &mut chance);
    let figure = shade(
        labels.colors.get(1).or(labels.colors.first()).copied(),
        &mut chance,
    );
    let layout = Layout::choose(&mut chance);
    let outline = outline_of(&labels.kind);
    Picture::paint(|x, y| {
        let noise = chance.below(3) as i16 * 4 - 4;
        if !is_inside(outline, x, y) {
            return [0, 0, 0, 0];
        }
        let [red, green, blue] = if layout.is_figure(labels.pattern, x, y) {
            figure
        } else {
            ground
        };
        let light = layout.light(x, y) + noise;
        let lit = |channel: u8| {
            let value = i16::from(channel).saturating_add(light).clamp(0, 255);
            u8::try_from(value).unwrap_or(u8::MAX)
        };
        [lit(red), lit(green), lit(blue), 255]
    })
}

fn shade(color: Option<Color>, chance: &mut Chance) -> [u8; 3] {
    let shades = color.map_or(&[] as &[[u8; 3]], Color::shades);
    shades
        .get(chance.below(shades.len().max(1)))
        .copied()
        .unwrap_or([0, 0, 0])
}

fn outline_of(kind: &str) -> Outline {
    match kind {
        "sweater" | "shirt" | "t-shirt" | "dress" | "raincoat" | "pyjamas" | "apron" => {
            Outline::Garment
        }
        "mug" | "teapot" | "jug" | "jar" | "kettle" | "vase" | "basket" | "candle" | "lamp"
        | "bag" => Outline::Vessel,
        "plate" | "bowl" | "clock" | "hat" | "umbrella" | "pan" => Outline::Round,
        "scarf" | "socks" | "gloves" | "oven glove" | "board" | "slippers" => Outline::Long,
        _ => Outline::Sheet,
    }
}

fn is_inside(outline: Outline, x: usize, y: usize) -> bool {
    let middle = (SIDE - 1) as f64 / 2.0;
    let (across, down) = (x as f64 - middle, y as f64 - middle);
    match outline {
        Outline::Sheet => across.abs() < 14.0 && down.abs() < 13.0,
        Outline::Round => across.hypot(down) < 15.0,
        Outline::Garment => {
            let body = across.abs() < 10.0 && down.abs() < 15.0;
            let sleeves = across.abs() < 15.5 && (-13.0..-4.0).contains(&down);
            let neck = across.hypot(down + 15.0) < 4.0;
            (body || sleeves) && !neck
        }
        Outline::Vessel => {
            let body = across.abs() < 10.5 + down / 10.0 && down.abs() < 14.0;
            let handle = (across - 11.0).hypot(down) < 5.0 && (across - 11.0).hypot(down) > 2.5;
            body || handle
        }
        Outline::Long => across.abs() < 9.5 && down.abs() < 15.5,
    }
}

/// The measures of a pattern and of the light on one picture.
struct Layout {
    /// Width of a band, a square or half the distance between dots, in pixels.
    band: usize,
    /// Where the pattern starts.
    offset: usize,
    /// Which of the pattern's forms: upright or level stripes, squares or crossing bands.
    form: usize,
    /// Width of the folds that shade the cloth.
    fold: usize,
}

impl Layout {
    fn choose(chance: &mut Chance) -> Self {
        Self {
            band: 3 + chance.below(2),
            offset: chance.below(5),
            form: chance.below(3),
            fold: 5 + chance.below(4),
        }
    }

    fn is_figure(&self, pattern: Pattern, x: usize, y: usize) -> bool {
        let (x, y) = (x + self.offset, y + self.offset);
        match pattern {
            Pattern::Plain => false,
            Pattern::Striped => {
                let along = match self.form {
                    0 => x,
                    1 => y,
                    _ => x + y,
                };
                (along / self.band) % 2 == 1
            }
            Pattern::Checked if self.form == 0 => {
                x % (2 * self.band) < 2 || y % (2 * self.band) < 2
            }
            Pattern::Checked => (x / self.band + y / self.band) % 2 == 1,
            Pattern::Dotted => {
                let step = 2 * self.band;
                let row = y / self.band;
                let shifted = if row % 2 == 1 { x + self.band } else { x };
                let (across, down) = ((shifted % step) as f64, (y % self.band) as f64);
                let middle = (self.band - 1) as f64 / 2.0;
                (across - middle).hypot(down - middle) < middle + 0.1
            }
        }
    }

    /// How much lighter or darker the cloth is here, in steps of an 8-bit channel.
    fn light(&self, x: usize, y: usize) -> i16 {
        match ((x + y / 3) / self.fold) % 3 {
            0 => 6,
            1 => 0,
            _ => -8,
        }
    }
}

/// A small deterministic generator (SplitMix64) started from a product's id.
struct Chance(u64);

impl Chance {
    fn new(seed: &str) -> Self {
        // FNV-1a spreads the few letters of an id over the whole state.
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// A number from 0 to below `limit`, which must not be 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
