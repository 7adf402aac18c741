//! Order statistics of a narrow window of ranks, in one pass over the sample and without sorting
//! it: some ten thousand probes bracket the window, the pass counts what lies below the bracket and
//! gathers what lies inside, and only the gathered values are sorted.

/// Below this a copy and a selection cost less than probing.
const PROBED_MIN: usize = 32_768;

/// How many probes bracket the window: their rank error is about `n / sqrt(PROBES)`, so that the
/// bracket holds about one per cent of a large sample.
const PROBES: usize = 16_384;

/// How far the bracket reaches beyond the window, in standard errors of a probe's rank. Once in a
/// thousand it misses; the next attempt is wider, the last takes everything.
const REACHES: [f64; 3] = [3.3, 12.0, f64::INFINITY];

/// The order statistics of ranks `first ..= last` (0-based, `last < values.len()`), ascending.
/// `None` when a value is NaN or infinite.
pub(crate) fn order_statistics(values: &[f64], first: usize, last: usize) -> Option<Vec<f64>> {
    if values.len() < PROBED_MIN {
        return pick(gather_all(values)?, first, last);
    }
    let mut probes = probe(values);
    for reach in REACHES {
        let (low, high) = bracket(&mut probes, values.len(), first, last, reach);
        let pass = gather(values, low, high)?;
        if first >= pass.below && last < pass.below + pass.inside.len() {
            return pick(pass.inside, first - pass.below, last - pass.below);
        }
    }
    None
}

fn gather_all(values: &[f64]) -> Option<Vec<f64>> {
    values
        .iter()
        .all(|value| value.is_finite())
        .then(|| values.to_vec())
}

/// Selects ranks `first ..= last` and sorts only them.
fn pick(mut values: Vec<f64>, first: usize, last: usize) -> Option<Vec<f64>> {
    if last >= values.len() || first > last {
        return None;
    }
    if last + 1 < values.len() {
        values.select_nth_unstable_by(last, f64::total_cmp);
        values.truncate(last + 1);
    }
    if first > 0 {
        values.select_nth_unstable_by(first, f64::total_cmp);
        values.drain(..first);
    }
    values.sort_unstable_by(f64::total_cmp);
    Some(values)
}

/// Values at positions spread by the golden ratio, so that no period of the data matches them.
fn probe(values: &[f64]) -> Vec<f64> {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let n = values.len() as u128;
    let count = PROBES.min(values.len() / 8) as u64;
    (1..=count)
        .map(|i| values[((u128::from(i.wrapping_mul(GOLDEN)) * n) >> 64) as usize])
        .collect()
}

/// Values that probably enclose the window.
fn bracket(probes: &mut [f64], n: usize, first: usize, last: usize, reach: f64) -> (f64, f64) {
    let count = probes.len() as f64;
    let mut at = |rank: usize, side: f64| {
        let share = rank as f64 / n as f64;
        let spread = (count * share * (1.0 - share)).sqrt();
        let position = share * count + side * (reach * spread + 2.0);
        if position < 0.0 || position >= count {
            return side * f64::INFINITY;
        }
        let (_, value, _) = probes.select_nth_unstable_by(position as usize, f64::total_cmp);
        *value
    };
    (at(first, -1.0), at(last, 1.0))
}

struct Pass {
    below: usize,
    inside: Vec<f64>,
}

/// One pass: counts the values below `low`, keeps those in `low ..= high`. A block is first counted
/// without branches, which the compiler turns into vector instructions; only a block with a value
/// inside is looked at again, also without branches.
#[expect(
    clippy::eq_op,
    reason = "the difference tells finite values from others"
)]
fn gather(values: &[f64], low: f64, high: f64) -> Option<Pass> {
    const BLOCK: usize = 32;
    const BUFFER: usize = 1_024;
    let mut below = 0;
    let mut not_finite: u64 = 0;
    let mut inside = Vec::with_capacity(values.len() / 64);
    let mut buffer = [0.0; BUFFER];
    let mut buffered = 0;
    let (blocks, rest) = values.as_chunks::<BLOCK>();
    for block in blocks {
        let (mut lower, mut upper) = (0, 0);
        for &value in block {
            lower += u64::from(value < low);
            upper += u64::from(value > high);
            // The difference of a finite value to itself is 0, of any other NaN.
            not_finite |= (value - value).to_bits();
        }
        below += lower as usize;
        if lower + upper == BLOCK as u64 {
            continue;
        }
        if buffered + BLOCK > BUFFER {
            inside.extend_from_slice(&buffer[..buffered]);
            buffered = 0;
        }
        for &value in block {
            buffer[buffered % BUFFER] = value;
            buffered += usize::from(low <= value) & usize::from(value <= high);
        }
    }
    inside.extend_from_slice(&buffer[..buffered]);
    for &value in rest {
        not_finite |= (value - value).to_bits();
        below += usize::from(value < low);
        if low <= value && value <= high {
            inside.push(value);
        }
    }
    (not_finite == 0).then_some(Pass { below, inside })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(values: &[f64]) -> Vec<f64> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    }

    /// Shapes that defeat probes: constants, few distinct values, periods, trends, outliers.
    fn shapes(n: usize) -> Vec<(&'static str, Vec<f64>)> {
        let each = |f: &dyn Fn(usize) -> f64| (0..n).map(f).collect::<Vec<f64>>();
        vec![
            ("constant", each(&|_| 7.0)),
            (
                "sums that overflow",
                each(&|i| if i % 3 == 0 { 1.7e308 } else { i as f64 }),
            ),
            ("ascending", each(&|i| i as f64)),
            ("descending", each(&|i| -(i as f64))),
            ("two values", each(&|i| f64::from(u8::from(i % 20 == 0)))),
            (
                "period of two",
                each(&|i| if i % 2 == 0 { i as f64 } else { 0.0 }),
            ),
            (
                "scattered",
                each(&|i| ((i as u64).wrapping_mul(0x5851_F42D_4C95_7F2D) >> 40) as f64),
            ),
            (
                "a step at the end",
                each(&|i| {
                    if i > n / 100 * 99 {
                        1e9 + i as f64
                    } else {
                        i as f64
                    }
                }),
            ),
        ]
    }

    #[test]
    fn the_window_is_what_a_sort_gives() {
        for n in [1, 2, 1_000, PROBED_MIN - 1, PROBED_MIN, 200_003] {
            for (shape, values) in shapes(n) {
                let sorted = sorted(&values);
                for share in [0.0, 0.05, 0.5, 0.95, 0.999] {
                    let first = (share * n as f64) as usize;
                    let last = (first + n / 50).min(n - 1);
                    assert_eq!(
                        order_statistics(&values, first, last).as_deref(),
                        Some(&sorted[first..=last]),
                        "{shape}, n = {n}, from {first}"
                    );
                }
            }
        }
    }

    #[test]
    fn one_value_that_is_not_finite_anywhere_gives_nothing() {
        for n in [100, 100_001] {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                for at in [0, n / 2, n - 1] {
                    let mut values: Vec<f64> = (0..n).map(|i| i as f64).collect();
                    values[at] = bad;
                    assert_eq!(
                        order_statistics(&values, 10, 20),
                        None,
                        "{bad} at {at} of {n}"
                    );
                }
            }
        }
    }
}
