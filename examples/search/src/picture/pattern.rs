//! Which pattern a surface shows, from how its second color is laid out.
//!
//! The surface is reduced to a map of ground (-1) and figure (+1). Stripes are constant along one
//! direction; checks are a product of a row signal and a column signal; dots are neither, but
//! repeat themselves at some shift, which the autocorrelation shows.

use super::SIDE;
use super::palette::Palette;
use crate::look::Pattern;

/// The part of the picture looked at: its middle, away from the outline of the product.
const MARGIN: usize = 7;
const WINDOW: usize = SIDE - 2 * MARGIN;
/// Below this share of the second color the surface is plain.
const PLAIN_SHARE: f64 = 0.05;
/// Share of the variance that must lie between lines, or in the row-by-column product.
const REGULAR: f64 = 0.80;
/// Largest shift in pixels at which repetition is looked for.
const SHIFT_MAX: i64 = 12;

/// The pattern seen and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenPattern {
    /// The pattern.
    pub pattern: Pattern,
    /// 0 to 1: how much of the surface the pattern explains.
    pub confidence: f64,
}

/// Recognizes the pattern of a picture from its palette. (The shares of variance reach 1 but for
/// rounding.)
#[must_use]
pub fn recognize(palette: &Palette) -> SeenPattern {
    let surface = Surface::new(palette);
    let figure = surface.figure_share();
    if figure.min(1.0 - figure) < PLAIN_SHARE {
        return SeenPattern {
            pattern: Pattern::Plain,
            confidence: 1.0 - figure.min(1.0 - figure),
        };
    }
    let striped = surface.line_variance_share().min(1.0);
    if striped >= REGULAR {
        return SeenPattern {
            pattern: Pattern::Striped,
            confidence: striped,
        };
    }
    let checked = surface.product_share().min(1.0);
    if checked >= REGULAR {
        return SeenPattern {
            pattern: Pattern::Checked,
            confidence: checked,
        };
    }
    SeenPattern {
        pattern: Pattern::Dotted,
        confidence: surface.repetition().clamp(0.0, 1.0),
    }
}

/// The middle of a picture, one value per pixel: +1 where the most common color is not.
struct Surface {
    cells: [[f64; WINDOW]; WINDOW],
}

impl Surface {
    fn new(palette: &Palette) -> Self {
        let mut cells = [[-1.0; WINDOW]; WINDOW];
        for (y, row) in cells.iter_mut().enumerate() {
            for (x, cell) in row.iter_mut().enumerate() {
                let label = palette.label_at(x + MARGIN, y + MARGIN);
                *cell = if label.is_some_and(|label| label > 0) {
                    1.0
                } else {
                    -1.0
                };
            }
        }
        Self { cells }
    }

    fn places() -> impl Iterator<Item = (usize, usize)> {
        (0..WINDOW).flat_map(|y| (0..WINDOW).map(move |x| (x, y)))
    }

    fn figure_share(&self) -> f64 {
        let figure = Self::places()
            .filter(|&(x, y)| self.cells[y][x] > 0.0)
            .count();
        figure as f64 / (WINDOW * WINDOW) as f64
    }

    /// The largest share of variance that lies between the lines of one of four directions:
    /// rows, columns and both diagonals. 1 for perfect stripes.
    fn line_variance_share(&self) -> f64 {
        let directions: [fn(usize, usize) -> usize; 4] =
            [|_, y| y, |x, _| x, |x, y| x + y, |x, y| x + WINDOW - 1 - y];
        let share = |line_of: fn(usize, usize) -> usize| {
            let mut lines = vec![(0.0, 0.0); 2 * WINDOW];
            for (x, y) in Self::places() {
                let (sum, count) = &mut lines[line_of(x, y)];
                *sum += self.cells[y][x];
                *count += 1.0;
            }
            let total = (WINDOW * WINDOW) as f64;
            let mean = lines.iter().map(|line| line.0).sum::<f64>() / total;
            let used = lines.iter().filter(|line| line.1 > 0.0);
            let between: f64 = used
                .map(|(sum, count)| count * (sum / count - mean).powi(2))
                .sum();
            between / (total * (1.0 - mean * mean))
        };
        directions.into_iter().map(share).fold(0.0, f64::max)
    }

    /// How well the surface is a product of a row signal and a column signal: as signs (a chess
    /// board), or as the absence of figure or ground (bands that cross leave rectangles free).
    fn product_share(&self) -> f64 {
        let signs = |value: f64| value;
        let figure = |value: f64| (value + 1.0) / 2.0;
        let ground = |value: f64| (1.0 - value) / 2.0;
        let mapped: [&dyn Fn(f64) -> f64; 3] = [&signs, &figure, &ground];
        let centered = |map: &dyn Fn(f64) -> f64| {
            let cells = self.cells.map(|row| row.map(map));
            let (residual, total) = rank_one_residual(&cells);
            let mean = total.1 / (WINDOW * WINDOW) as f64;
            let variance = total.0 - mean * mean * (WINDOW * WINDOW) as f64;
            1.0 - residual / variance
        };
        mapped.into_iter().map(centered).fold(0.0, f64::max)
    }

    /// The highest autocorrelation at any shift of at least 3 pixels.
    fn repetition(&self) -> f64 {
        let mean = 2.0 * self.figure_share() - 1.0;
        let variance = 1.0 - mean * mean;
        let mut highest: f64 = 0.0;
        for down in 0..=SHIFT_MAX {
            for right in -SHIFT_MAX..=SHIFT_MAX {
                if down * down + right * right >= 9 {
                    highest = highest.max(self.covariance(right, down, mean) / variance);
                }
            }
        }
        highest
    }

    /// The mean product of the surface with itself shifted, over the pixels that overlap.
    fn covariance(&self, right: i64, down: i64, mean: f64) -> f64 {
        let side = WINDOW as i64;
        let (mut sum, mut count) = (0.0, 0.0);
        for y in 0..side - down {
            for x in (-right).max(0)..side.min(side - right) {
                let here = self.cells[y as usize][x as usize];
                let there = self.cells[(y + down) as usize][(x + right) as usize];
                sum += (here - mean) * (there - mean);
                count += 1.0;
            }
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }
}

/// What the best product of a column vector and a row vector leaves unexplained (sum of squares),
/// and the sum of squares and sum of the cells. The vectors come from power iteration.
fn rank_one_residual(cells: &[[f64; WINDOW]; WINDOW]) -> (f64, (f64, f64)) {
    const ROUNDS: usize = 40;
    let squares: f64 = cells.iter().flatten().map(|cell| cell * cell).sum();
    let sum: f64 = cells.iter().flatten().sum();
    // An uneven start, so that it is not orthogonal to the answer by symmetry.
    let mut row: Vec<f64> = (0..WINDOW).map(|x| 1.0 + (x * x % 7) as f64).collect();
    let mut strength = 0.0;
    for _ in 0..ROUNDS {
        let column: Vec<f64> = cells
            .iter()
            .map(|line| line.iter().zip(&row).map(|(a, b)| a * b).sum())
            .collect();
        row = (0..WINDOW)
            .map(|x| {
                cells
                    .iter()
                    .zip(&column)
                    .map(|(line, weight)| line[x] * weight)
                    .sum()
            })
            .collect();
        let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        if norm == 0.0 {
            break;
        }
        row.iter_mut().for_each(|value| *value /= norm);
        let seen = cells
            .iter()
            .map(|line| line.iter().zip(&row).map(|(a, b)| a * b).sum::<f64>());
        strength = seen.map(|value| value * value).sum();
    }
    ((squares - strength).max(0.0), (squares, sum))
}
