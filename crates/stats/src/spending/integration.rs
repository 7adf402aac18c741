//! The recursion of Armitage, McPherson and Rowe (1969): the density of the score process on the
//! paths that have not yet crossed, carried from look to look by quadrature.

use crate::normal;

/// Beyond this many standard deviations the normal density is nothing.
const REACH: f64 = 8.5;

/// Positive nodes and weights of the Gauss-Legendre rule of order 8 on [-1, 1].
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];

/// A point of the score process, with its density times its quadrature weight.
struct Point {
    at: f64,
    mass: f64,
}

/// The boundary of each look `(fraction, error to spend on each side)`.
pub(super) fn boundaries(looks: &[(f64, f64)], is_two_sided: bool) -> Vec<f64> {
    let mut boundaries = Vec::with_capacity(looks.len());
    // Before the first look the process stands at zero.
    let mut paths = vec![Point { at: 0.0, mass: 1.0 }];
    let mut before = 0.0;
    for &(fraction, increment) in looks {
        let deviation = (fraction - before).sqrt();
        let crossing = crossing(&paths, deviation, fraction.sqrt(), increment);
        boundaries.push(crossing / fraction.sqrt());
        let lowest = if is_two_sided {
            -crossing
        } else {
            -REACH * fraction.sqrt()
        };
        paths = carry(&paths, deviation, lowest, crossing);
        before = fraction;
    }
    boundaries
}

/// The score above which the paths end with probability `increment`.
fn crossing(paths: &[Point], deviation: f64, scale: f64, increment: f64) -> f64 {
    let above = |score: f64| -> f64 {
        paths
            .iter()
            .map(|path| path.mass * normal::survival((score - path.at) / deviation))
            .sum()
    };
    // No boundary lies beyond 38 deviations: the normal tail ends there in floats.
    let (mut low, mut high) = (-REACH * scale, 38.0 * scale);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if above(middle) > increment {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The density at the next look, on panels no wider than the step's deviation.
fn carry(paths: &[Point], deviation: f64, lowest: f64, highest: f64) -> Vec<Point> {
    const PANELS_MAX: f64 = 2_000.0;
    let panels = ((highest - lowest) / deviation)
        .ceil()
        .clamp(8.0, PANELS_MAX);
    let half = (highest - lowest) / (2.0 * panels);
    let mut next = Vec::with_capacity(8 * panels as usize);
    let mut first = 0;
    for panel in 0..panels as usize {
        let middle = lowest + half * (2 * panel + 1) as f64;
        // Paths ascend, so those too far below stay behind for good.
        while first < paths.len() && paths[first].at < middle - half - REACH * deviation {
            first += 1;
        }
        let near = || {
            paths[first..]
                .iter()
                .take_while(|path| path.at <= middle + half + REACH * deviation)
        };
        let mut add = |node: f64, weight: f64| {
            let at = middle + half * node;
            let density: f64 = near()
                .map(|path| path.mass * normal::density((at - path.at) / deviation))
                .sum();
            next.push(Point {
                at,
                mass: weight * half * density / deviation,
            });
        };
        NODES
            .iter()
            .rev()
            .for_each(|&(node, weight)| add(-node, weight));
        NODES.iter().for_each(|&(node, weight)| add(node, weight));
    }
    next
}
