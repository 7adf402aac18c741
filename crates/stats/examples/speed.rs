//! Times the quantile law and the mean on synthetic latencies: `cargo run --release -p
//! adjutant-stats --example speed [samples per arm]`.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::hint::black_box;
use std::time::Instant;

use adjutant_domain::Confidence;
use adjutant_stats::QuantileLaw;
use adjutant_stats::bootstrap::{self, Singles};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

fn latencies(n: usize, seed: u64) -> Vec<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut uniform = move || (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    (0..n)
        .map(|_| {
            let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
            (0.5 * radius * (std::f64::consts::TAU * uniform()).cos()).exp() * 100.0
        })
        .collect()
}

fn time<T>(label: &str, mut work: impl FnMut() -> T) {
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let start = Instant::now();
        black_box(work());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{label:<50} {:9.3} ms", best * 1e3);
}

fn read_both(a: &[f64], b: &[f64]) -> f64 {
    let sum = |values: &[f64]| {
        let mut lanes = [0.0; 8];
        for chunk in values.chunks_exact(8) {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += value;
            }
        }
        lanes.iter().sum::<f64>()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| sum(a));
        let here = sum(b);
        other.join().map_or(f64::NAN, |there| here + there)
    })
}

fn main() {
    let n = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let (baseline, candidate) = (latencies(n, 1), latencies(n, 2));
    time("reading both arrays, two threads", || {
        read_both(&candidate, &baseline)
    });
    for p in [0.5, 0.95, 0.99] {
        time(&format!("laws of both arms, p = {p}"), || {
            QuantileLaw::of_both(&candidate, &baseline, p)
        });
        time(&format!("interval of the difference, p = {p}"), || {
            let (candidate, baseline) = QuantileLaw::of_both(&candidate, &baseline, p)?;
            QuantileLaw::difference(&candidate, &baseline, Confidence::TWO_SIDED_95)
        });
    }
    time("interval of the mean difference", || {
        let (candidate, baseline) = (Singles(&candidate), Singles(&baseline));
        bootstrap::mean_difference(&candidate, &baseline, Confidence::TWO_SIDED_95, 1)
    });
}
