"""The script a user would write instead of `adjutant compare BASELINE CANDIDATE --measure p95`:
pandas reads both files, numpy draws from the exact bootstrap law.

Arguments: two CSV files. Prints the p95s, their difference and its interval.
"""

import sys

import numpy as np
import pandas as pd

P = 0.95
DRAWS = 10_000
random = np.random.default_rng(1)


def resampled_quantiles(path):
    values = np.sort(pd.read_csv(path)["latency_ms"].to_numpy())
    n = len(values)
    rank = (n - 1) * P
    k = int(rank)
    first = random.beta(k + 1, n - k, DRAWS)
    second = 1 - (1 - first) * random.random(DRAWS) ** (1 / (n - k - 1))
    at = [np.clip(np.ceil(n * u).astype(int) - 1, 0, n - 1) for u in (first, second)]
    drawn = values[at[0]] + (rank - k) * (values[at[1]] - values[at[0]])
    return np.quantile(values, P), drawn


baseline, baseline_drawn = resampled_quantiles(sys.argv[1])
candidate, candidate_drawn = resampled_quantiles(sys.argv[2])
low, high = np.quantile(candidate_drawn - baseline_drawn, [0.025, 0.975])
print(f"{baseline:.3f} {candidate:.3f} {candidate - baseline:.3f} [{low:.3f}, {high:.3f}]")
