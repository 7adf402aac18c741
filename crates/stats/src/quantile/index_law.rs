//! Which order statistics a bootstrap resample's quantile lands on, and with what probability.
//!
//! With `I` the index of the resample's k-th and `J` of its (k+1)-th order statistic:
//! `P(I <= i) = P(Beta(k, n-k+1) <= i/n)`, and for `j > i`
//! `P(I = i, J = j) = C(n,k) [(i/n)^k - ((i-1)/n)^k] [((n-j+1)/n)^(n-k) - ((n-j)/n)^(n-k)]`,
//! since exactly k draws lie at or below i, one of them at i, and the others at or above j, one of
//! them at j. The rest of `P(I = i)` is `J = i`. Given `I = i` and `J > i`, the gap has no memory:
//! `P(J > m | J >= m) = ((n-m)/(n-m+1))^(n-k)`, which makes every sum below a recursion.

use super::combine::Atoms;

/// Up to this variance of the rank, every pair (I, J) is an atom of its own. Above, the atoms of
/// one I are merged at their mean. Merging removes `g^2 Var(x_J | I)`, at most about two squared
/// spacings, from a variance of `np(1-p)` squared spacings: less than 0.1 % of the width (9,999
/// resamples of a bootstrap leave 2 % to chance).
const PAIRS_VARIANCE_MAX: f64 = 1_000.0;

/// Pairs lighter than this are dropped: together less than 1e-8.
const WEIGHT_MIN: f64 = 1e-13;

/// The ranks (1-based) that carry the law of one quantile.
pub(super) struct Window {
    n: usize,
    variance: f64,
    /// k: the lower of the two ranks that type 7 interpolates between.
    pub(super) rank: usize,
    /// g: how far it interpolates towards rank k+1.
    pub(super) gap_share: f64,
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Window {
    pub(super) fn around(n: usize, p: f64) -> Self {
        const DEVIATIONS: f64 = 6.25;
        const SPARE: f64 = 40.0;
        let position = (n - 1) as f64 * p;
        let rank = position.floor() as usize + 1;
        let variance = n as f64 * p * (1.0 - p);
        let reach = (DEVIATIONS * variance.sqrt() + SPARE).ceil() as usize;
        Self {
            n,
            variance,
            rank,
            gap_share: position - position.floor(),
            first: rank.saturating_sub(reach).max(1),
            last: (rank + reach).min(n),
        }
    }

    /// The law of the resample's quantile, given the order statistics `first ..= last`.
    pub(super) fn law(&self, kept: &[f64]) -> Atoms {
        let weights = IndexWeights::of(self);
        if self.gap_share == 0.0 || self.rank == self.n {
            return Atoms::ascending(kept.iter().copied().zip(weights.at).collect());
        }
        if self.variance <= PAIRS_VARIANCE_MAX {
            self.law_of_pairs(kept, &weights)
        } else {
            self.law_of_means(kept, &weights)
        }
    }

    fn law_of_pairs(&self, kept: &[f64], weights: &IndexWeights) -> Atoms {
        let mut atoms = Vec::with_capacity(kept.len() * 16);
        for (at, &value) in kept.iter().enumerate() {
            let apart = weights.apart[at];
            atoms.push((value, weights.at[at] - apart));
            let mut rest = apart;
            for (other, &next) in kept.iter().enumerate().skip(at + 1) {
                let is_last = other + 1 == kept.len();
                let weight = if is_last {
                    rest
                } else {
                    rest * (1.0 - self.beyond(other))
                };
                if weight > WEIGHT_MIN {
                    atoms.push((value + self.gap_share * (next - value), weight));
                }
                rest -= weight;
                if rest <= WEIGHT_MIN {
                    break;
                }
            }
        }
        atoms.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Atoms::ascending(atoms)
    }

    fn law_of_means(&self, kept: &[f64], weights: &IndexWeights) -> Atoms {
        let mut atoms = vec![(0.0, 0.0); kept.len()];
        let mut next_mean = kept[kept.len() - 1];
        for at in (0..kept.len()).rev() {
            let value = kept[at];
            let weight = weights.at[at];
            let share_apart = if weight > 0.0 {
                weights.apart[at] / weight
            } else {
                0.0
            };
            let mean = value + self.gap_share * share_apart * (next_mean - value);
            atoms[at] = (mean, weight);
            next_mean = value + self.beyond(at) * (next_mean - value);
        }
        Atoms::ascending(atoms)
    }

    /// P(J > m | J >= m) for the order statistic at `at` in the window.
    fn beyond(&self, at: usize) -> f64 {
        let above = (self.n - (self.first + at)) as f64;
        let draws = (self.n - self.rank) as f64;
        libm::exp(draws * libm::log1p(-1.0 / (above + 1.0)))
    }
}

/// P(I = i) and P(I = i, J > i) for each index of the window.
struct IndexWeights {
    at: Vec<f64>,
    apart: Vec<f64>,
}

/// Positive nodes and their weights of the Gauss-Legendre rule on [-1, 1]. The density changes less
/// within a cell the larger the variance of the rank, so fewer nodes do.
fn nodes_for(variance: f64) -> &'static [(f64, f64)] {
    const TWO: [(f64, f64); 1] = [(0.577_350_269_189_625_8, 1.0)];
    const FOUR: [(f64, f64); 2] = [
        (0.339_981_043_584_856_3, 0.652_145_154_862_546_1),
        (0.861_136_311_594_052_6, 0.347_854_845_137_453_8),
    ];
    const EIGHT: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
    ];
    if variance > 10_000.0 {
        &TWO
    } else if variance > 100.0 {
        &FOUR
    } else {
        &EIGHT
    }
}

impl IndexWeights {
    /// `P(I = i)` is the Beta(k, n-k+1) density integrated over `(i-1)/n .. i/n`.
    fn of(window: &Window) -> Self {
        let n = window.n as f64;
        let k = window.rank as f64;
        let center = ((k - 0.5) / n).clamp(0.5 / n, 1.0 - 0.5 / n);
        let density = |x: f64| {
            let below = (k - 1.0) * libm::log1p((x - center) / center);
            let above = (n - k) * libm::log1p((center - x) / (1.0 - center));
            // 0 * ln 0 arises at the ends, where the factor's power is 0.
            let or_zero = |log: f64| if log.is_nan() { 0.0 } else { log };
            libm::exp(or_zero(below) + or_zero(above))
        };
        let nodes = nodes_for(window.variance);
        let half = 0.5 / n;
        let count = window.last - window.first + 1;
        let mut at = Vec::with_capacity(count);
        let mut apart = Vec::with_capacity(count);
        for index in window.first..=window.last {
            let i = index as f64;
            let middle = (i - 0.5) / n;
            let sum = |&(node, weight): &(f64, f64)| {
                weight * (density(middle + half * node) + density(middle - half * node))
            };
            at.push(half * nodes.iter().map(sum).sum::<f64>());
            // C(n,k) (i/n)^k ((n-i)/n)^(n-k) [1 - (1-1/i)^k]
            let edge = i / n;
            apart.push(density(edge) * edge / k * -libm::expm1(k * libm::log1p(-1.0 / i)));
        }
        let total: f64 = at.iter().sum();
        at.iter_mut()
            .chain(&mut apart)
            .for_each(|weight| *weight /= total);
        Self { at, apart }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beta;

    #[test]
    fn the_index_weights_are_differences_of_the_beta_law() {
        for (n, p) in [
            (72, 0.95),
            (100, 0.5),
            (368, 0.99),
            (10_000, 0.95),
            (1_000_000, 0.99),
        ] {
            let window = Window::around(n, p);
            let weights = IndexWeights::of(&window);
            let (k, n) = (window.rank as f64, n as f64);
            for (at, weight) in weights.at.iter().enumerate().step_by(7) {
                let i = (window.first + at) as f64;
                let exact =
                    beta::cdf(i / n, k, n - k + 1.0) - beta::cdf((i - 1.0) / n, k, n - k + 1.0);
                assert!(
                    (weight - exact).abs() < 1e-11,
                    "n {n} p {p} i {i}: {weight} {exact}"
                );
            }
        }
    }

    #[test]
    fn merged_atoms_have_the_mean_of_the_pairs_they_stand_for() {
        let window = Window::around(3_000, 0.9);
        let kept: Vec<f64> = (window.first..=window.last)
            .map(|i| (i as f64 / 300.0).exp())
            .collect();
        let weights = IndexWeights::of(&window);
        let pairs = window.law_of_pairs(&kept, &weights);
        let means = window.law_of_means(&kept, &weights);
        assert!((pairs.mean() / means.mean() - 1.0).abs() < 1e-9);
        assert!((pairs.total() - 1.0).abs() < 1e-8);
        assert!((means.total() - 1.0).abs() < 1e-12);
    }
}
