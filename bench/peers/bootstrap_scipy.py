"""The interval of the p95 difference by scipy.stats.bootstrap, percentile method.

9,999 resamples of a million take a quarter of an hour, so two smaller numbers of resamples are
timed and the line through both is drawn on: printed as `seconds_of` (resamples -> seconds).

Arguments: two files of raw f64, and the two numbers. Prints one JSON object.
"""

import json
import sys
import time

import numpy as np
from scipy import stats


def difference(candidate, baseline, axis=-1):
    return np.quantile(candidate, 0.95, axis=axis) - np.quantile(baseline, 0.95, axis=axis)


def main():
    baseline, candidate = (np.fromfile(path) for path in sys.argv[1:3])
    seconds_of = {}
    for resamples in sys.argv[3:]:
        start = time.perf_counter()
        answer = stats.bootstrap(
            (candidate, baseline),
            difference,
            n_resamples=int(resamples),
            method="percentile",
            vectorized=True,
            batch=1,
            rng=np.random.default_rng(1),
        )
        seconds_of[resamples] = time.perf_counter() - start
    interval = answer.confidence_interval
    print(json.dumps({"seconds_of": seconds_of, "low": interval.low, "high": interval.high}))


main()
