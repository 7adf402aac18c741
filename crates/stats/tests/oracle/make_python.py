"""Writes python.json: what scipy, statsmodels, pytrec_eval and exact arithmetic say.

Versions and the command stand in README.md. Nothing here calls Adjutant.
"""

import json
import math
from fractions import Fraction
from math import comb

import mpmath
import numpy as np
import pytrec_eval
from scipy import optimize, special, stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

mpmath.mp.dps = 40
rng = np.random.default_rng(20260101)
out = {}


def rounded(values):
    return [round(float(value), 4) for value in values]


# --- laws -----------------------------------------------------------------------------------
out["normal_cdf"] = [[z, float(mpmath.ncdf(z))] for z in (-30.0, -8.0, -2.5, -0.1, 0.0, 0.7, 3.3, 6.0)]


def beta_cdf(x, a, b):
    # 40 digits where that is feasible, else the continued fractions of Boost.
    if max(a, b) < 1000:
        return float(mpmath.betainc(a, b, 0, mpmath.mpf(x), regularized=True))
    return float(special.betainc(a, b, x))


out["beta_cdf"] = [
    [x, a, b, beta_cdf(x, a, b)]
    for x, a, b in (
        (0.3, 0.5, 0.5), (0.01, 2.5, 3.5), (0.9, 30, 4), (0.5, 300, 300), (0.94, 950, 51),
        (0.951, 9500, 501), (0.9497, 950000, 50001), (1e-4, 1, 20000), (0.25, 3, 0.7),
    )
]
out["beta_quantile"] = [
    [p, a, b, float(stats.beta.ppf(p, a, b))]
    for p in (1e-5, 0.025, 0.5, 0.975)
    for a, b in ((1, 300), (3, 98), (50, 51), (9500, 501), (500000, 9500001), (0.5, 0.5))
]
out["binomial_mass"] = [
    [k, n, p, float(mpmath.exp(mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1) + k * mpmath.log(mpmath.mpf(p)) + (n - k) * mpmath.log(1 - mpmath.mpf(p))))]
    for k, n, p in ((0, 72, 0.95), (3, 10, 0.3), (72, 72, 0.95), (95, 100, 0.95), (950123, 1000000, 0.95), (17, 20, 0.999))
]
out["student_upper_quantile"] = [
    [tail, df, float(stats.t.isf(tail, df))] for tail in (0.4, 0.05, 0.025, 1e-5) for df in (1, 2.5, 9, 99, 10000)
]

# --- one share, two shares ------------------------------------------------------------------
out["clopper_pearson"] = []
out["wilson"] = []
for events, trials in ((0, 1), (0, 299), (1, 20), (7, 50), (50, 100), (299, 299), (123, 100000)):
    for level in (0.8, 0.95, 0.999):
        exact = proportion_confint(events, trials, alpha=1 - level, method="beta")
        wilson = proportion_confint(events, trials, alpha=1 - level, method="wilson")
        clean = lambda ends: [0.0 if math.isnan(ends[0]) else float(ends[0]), 1.0 if math.isnan(ends[1]) else float(ends[1])]
        out["clopper_pearson"].append([events, trials, level, *clean(exact)])
        out["wilson"].append([events, trials, level, *clean(wilson)])
def score_difference(c, n, b, m, level):
    """Miettinen and Nurminen by maximizing the likelihood under each difference numerically.

    statsmodels 0.15.0 is no oracle here: its cubic for method="score", compare="diff" has `count0`
    where Miettinen and Nurminen (1985, appendix I) have `nobs0`, and its ends differ from these.
    """
    z = stats.norm.isf((1 - level) / 2)
    observed = c / n - b / m

    def score(delta):
        low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
        slope = lambda p: (
            special.xlogy(c, p + delta) + special.xlog1py(n - c, -p - delta) + special.xlogy(b, p) + special.xlog1py(m - b, -p)
        )
        span = high - low
        p = optimize.minimize_scalar(lambda p: -slope(p), bounds=(low, high), method="bounded", options={"xatol": 1e-13 * span}).x
        variance = ((p + delta) * (1 - p - delta) / n + p * (1 - p) / m) * (n + m) / (n + m - 1)
        return (observed - delta) / math.sqrt(variance)

    return (
        float(optimize.brentq(lambda d: score(d) - z, -1 + 1e-6, observed, xtol=1e-12)),
        float(optimize.brentq(lambda d: score(d) + z, observed, 1 - 1e-6, xtol=1e-12)),
    )


out["miettinen_nurminen"] = []
out["newcombe"] = []
out["score_ratio"] = []
for c, n, b, m in ((56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (10, 1000, 25, 1000), (3, 5000, 9, 4000), (400, 401, 390, 401)):
    for level in (0.9, 0.95, 0.99):
        case = [c, n, b, m, level]
        out["miettinen_nurminen"].append([*case, *score_difference(*case)])
        low, high = confint_proportions_2indep(c, n, b, m, method="newcomb", compare="diff", alpha=1 - level)
        out["newcombe"].append([*case, float(low), float(high)])
        if b > 0:
            try:
                low, high = confint_proportions_2indep(c, n, b, m, method="score", compare="ratio", alpha=1 - level, correction=True)
            except ValueError:
                continue  # Its bracket for the root search misses some of these.
            out["score_ratio"].append([*case, float(low), float(high)])

# --- correlations ---------------------------------------------------------------------------
x = rng.normal(size=60)
y = 0.6 * x + 0.8 * rng.standard_t(5, size=60)
x, y = np.array(rounded(x)), np.array(rounded(y))
y[:6] = y[6:12]  # ties
pearson = stats.pearsonr(x, y)
ends = pearson.confidence_interval(0.95)
spearman = float(stats.spearmanr(x, y).statistic)
error = math.sqrt((1 + spearman**2 / 2) / (len(x) - 3))
bca = stats.bootstrap(
    (x, y), lambda a, b, axis=-1: stats.pearsonr(a, b, axis=axis).statistic, paired=True, vectorized=True,
    n_resamples=39_999, batch=2_000, method="BCa", random_state=np.random.default_rng(1),
).confidence_interval
out["correlation"] = {
    "x": x.tolist(), "y": y.tolist(), "pearson": float(pearson.statistic), "fisher": [float(ends.low), float(ends.high)],
    "spearman": spearman,
    "bonett_wright": [math.tanh(math.atanh(spearman) + s * stats.norm.ppf(0.975) * error) for s in (-1, 1)],
    "bca": [float(bca.low), float(bca.high)],
}

# --- BCa ------------------------------------------------------------------------------------
a = np.array(rounded(rng.lognormal(0, 0.8, size=40)))
b = np.array(rounded(rng.lognormal(0.2, 0.8, size=55)))


def bca_of(data, statistic, **options):
    result = stats.bootstrap(
        data, statistic, n_resamples=99_999, batch=5_000, method="BCa", random_state=np.random.default_rng(2), **options
    )
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


out["bca"] = {
    "a": a.tolist(), "b": b.tolist(),
    "mean": bca_of((a,), np.mean),
    "mean_difference": bca_of((a, b), lambda u, v, axis=-1: np.mean(u, axis=axis) - np.mean(v, axis=axis)),
    "mean_ratio": bca_of((a, b), lambda u, v, axis=-1: np.mean(u, axis=axis) / np.mean(v, axis=axis)),
    "paired_ratio": bca_of((a, b[:40]), lambda u, v, axis=-1: np.mean(u, axis=axis) / np.mean(v, axis=axis), paired=True),
}

# --- the bootstrap law of a quantile, from first principles -----------------------------------


def bootstrap_law(sample, p):
    """All values the type-7 quantile of a resample can take, with exact probabilities.

    P(I <= i, J <= j) for i <= j is counted as trinomial sums in integers: at least k draws among the
    first i order statistics and at least k+1 among the first j.
    """
    n = len(sample)
    values = np.sort(sample)
    position = Fraction(p).limit_denominator(10**6) * (n - 1)
    k = int(position) + 1
    g = float(position - int(position))
    joint = {}

    def at_most(i, j):
        count = 0
        for low in range(k, n + 1):
            for middle in range(max(0, k + 1 - low), n - low + 1):
                count += comb(n, low) * i**low * comb(n - low, middle) * (j - i) ** middle * (n - j) ** (n - low - middle)
        return count

    for i in range(k - 30 if k > 30 else 0, n + 1):
        for j in range(i, n + 1):
            joint[i, j] = at_most(i, j)
    weights = {}
    for (i, j), value in joint.items():
        # P(I = i, J = j) by inclusion and exclusion; P(I <= i, J <= j) = P(I <= j, J <= j) for i > j.
        get = lambda i, j: joint.get((min(i, j), j), 0)
        exact = Fraction(get(i, j) - get(i - 1, j) - get(i, j - 1) + get(i - 1, j - 1), n**n)
        if exact > 0 and i > 0:
            weights[i, j] = float(exact)
    atoms = [((1 - g) * values[i - 1] + g * values[j - 1], w) for (i, j), w in weights.items()]
    return sorted(atoms)


def combined(candidate, baseline, combine, level):
    pairs = sorted((combine(c, b), v * w) for c, v in candidate for b, w in baseline)
    total = np.cumsum([w for _, w in pairs])
    tail = (1 - level) / 2
    return [pairs[int(np.searchsorted(total, q))][0] for q in (tail, 1 - tail)]


out["quantile_law"] = []
for n, m, p in ((72, 80, 0.95), (30, 25, 0.75)):
    candidate = np.array(rounded(rng.lognormal(0.1, 0.5, size=n)))
    baseline = np.array(rounded(rng.lognormal(0, 0.5, size=m)))
    laws = bootstrap_law(candidate, p), bootstrap_law(baseline, p)
    out["quantile_law"].append({
        "p": p, "candidate": candidate.tolist(), "baseline": baseline.tolist(),
        "values": [float(np.quantile(s, p)) for s in (candidate, baseline)],
        "difference": combined(*laws, lambda c, b: c - b, 0.95),
        "ratio": combined(*laws, lambda c, b: c / b, 0.95),
    })

# The same by drawing, with scipy, where the exact count would take too long.
candidate = np.array(rounded(rng.lognormal(0.05, 0.5, size=1000)))
baseline = np.array(rounded(rng.lognormal(0, 0.5, size=1000)))
drawn = stats.bootstrap(
    (candidate, baseline),
    lambda c, b, axis=-1: np.quantile(c, 0.95, axis=axis) - np.quantile(b, 0.95, axis=axis),
    n_resamples=9_999, batch=500, method="percentile", random_state=np.random.default_rng(3),
)
out["quantile_drawn"] = {
    "candidate": candidate.tolist(), "baseline": baseline.tolist(), "p": 0.95,
    "difference": [float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)],
    "standard_error": float(drawn.standard_error),
}

# --- the distribution-free interval of one quantile --------------------------------------------
out["order_statistics"] = []
for n, p in ((72, 0.95), (100, 0.95), (368, 0.99), (500, 0.5), (1000, 0.9)):
    for level in (0.8, 0.95):
        tail = (1 - level) / 2
        test = stats.quantile_test(np.arange(1, n + 1), p=p)
        ends = test.confidence_interval(level)
        out["order_statistics"].append([n, p, level, float(ends.low), float(ends.high)])

# --- planned looks: boundaries found one by one on the multivariate normal law (Genz) --------------


def crossing_chance(fractions, boundaries, two_sided):
    t = np.array(fractions)
    covariance = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    upper = np.array(boundaries)
    lower = -upper if two_sided else np.full(len(t), -np.inf)
    law = stats.multivariate_normal(cov=covariance)
    law.abseps = law.releps = 1e-8
    law.maxpts = 4_000_000
    return 1 - float(law.cdf(upper, lower_limit=lower))


def planned(fractions, spend, tail, two_sided):
    boundaries = []
    for look, fraction in enumerate(fractions):
        wanted = spend(tail, fraction) * (2 if two_sided else 1)
        if look == 0:
            boundaries.append(float(stats.norm.isf(spend(tail, fraction))))
            continue
        excess = lambda c: crossing_chance(fractions[: look + 1], [*boundaries, c], two_sided) - wanted
        boundaries.append(float(optimize.brentq(excess, 1.0, 8.0, xtol=1e-6)))
    return boundaries


def obrien_fleming(tail, t):
    return 2 * stats.norm.sf(stats.norm.isf(tail / 2) / math.sqrt(t))


def pocock(tail, t):
    return tail * math.log(1 + (math.e - 1) * t)


out["spending"] = [
    {"fractions": fractions, "shape": name, "two_sided": two_sided, "tail": tail,
     "boundaries": planned(fractions, spend, tail, two_sided)}
    for fractions in ([0.5, 1.0], [0.25, 0.6, 1.0], [0.2, 0.5, 0.7])
    for name, spend in (("obrien_fleming", obrien_fleming), ("pocock", pocock))
    for two_sided, tail in ((True, 0.025), (False, 0.05))
]

# --- nDCG ---------------------------------------------------------------------------------------
qrels, run = {}, {}
for q in range(12):
    documents = [f"d{i:02d}" for i in range(25)]
    judged = rng.choice(documents, size=12, replace=False)
    grades = rng.choice([-1, 0, 0, 1, 2, 3], size=12)
    qrels[f"q{q}"] = {d: int(g) for d, g in zip(judged, grades)}
    listed = rng.choice(documents, size=int(rng.integers(3, 25)), replace=False)
    run[f"q{q}"] = {d: float(s) for d, s in zip(listed, rng.integers(0, 6, size=len(listed)) / 2)}
qrels["nothing relevant"] = {"d00": 0, "d01": 0}
run["nothing relevant"] = {"d00": 1.0}
qrels["all grades negative or zero but one"] = {"d00": -2, "d01": 0, "d02": 1}
run["all grades negative or zero but one"] = {"d00": 3.0, "d01": 2.0, "d02": 1.0}
evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.1,3,10"})
scores = evaluator.evaluate(run)
out["ndcg"] = {
    "qrels": qrels, "run": run,
    "scores": {str(k): {q: s[f"ndcg_cut_{k}"] for q, s in scores.items()} for k in (1, 3, 10)},
}

# --- Robbins' beta-binomial sequence, in 40 digits ------------------------------------------------


def betting_ends(events, trials, alpha):
    others = trials - events
    log_mix = mpmath.log(mpmath.beta(0.5 + events, 0.5 + others)) - mpmath.log(mpmath.beta(0.5, 0.5))
    excess = lambda p: log_mix - events * mpmath.log(p) - others * mpmath.log(1 - p) + mpmath.log(alpha)
    value = mpmath.mpf(events) / trials
    ends = []
    for edge in (mpmath.mpf(10) ** -12, 1 - mpmath.mpf(10) ** -12):
        if (edge < 0.5 and events == 0) or (edge > 0.5 and events == trials):
            ends.append(0.0 if edge < 0.5 else 1.0)
            continue
        outside, inside = edge, value
        for _ in range(120):
            middle = (outside + inside) / 2
            outside, inside = (middle, inside) if excess(middle) > 0 else (outside, middle)
        ends.append(float(inside))
    return ends


out["beta_binomial_sequence"] = [
    [events, trials, alpha, *betting_ends(events, trials, alpha)]
    for events, trials, alpha in ((0, 50, 0.05), (3, 100, 0.05), (50, 100, 0.1), (990, 1000, 0.05), (700, 1000, 0.01))
]

# --- predictable plug-in empirical Bernstein, vectorized from the paper's formulas ------------------
bounded = np.array(rounded(rng.beta(2, 5, size=300)))
alpha = 0.05
t = np.arange(1, 301)
mean = (0.5 + np.cumsum(bounded)) / (t + 1)
variance = (0.25 + np.cumsum((bounded - mean) ** 2)) / (t + 1)
before = np.concatenate([[0.25], variance[:-1]])
bets = np.minimum(np.sqrt(2 * np.log(2 / alpha) / (before * t * np.log(1 + t))), 0.5)
errors = 4 * (bounded - np.concatenate([[0.5], mean[:-1]])) ** 2
psi = (-np.log(1 - bets) - bets) / 4
center = np.cumsum(bets * bounded) / np.cumsum(bets)
reach = (np.log(2 / alpha) + np.cumsum(errors * psi)) / np.cumsum(bets)
out["empirical_bernstein"] = {"values": bounded.tolist(), "at_50": [float(center[49] - reach[49]), float(center[49] + reach[49])],
                              "at_300": [float(center[-1] - reach[-1]), float(center[-1] + reach[-1])]}

with open("python.json", "w") as file:
    json.dump(out, file, indent=None, separators=(",", ":"))
