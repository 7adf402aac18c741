# Writes r.json: what R, boot and exact lm-free formulas in base R say. Versions and the command
# stand in README.md. Nothing here calls Adjutant.
library(boot)
library(jsonlite)

out <- list()

# Holm.
p <- c(0.01, 0.04, 0.03, 0.005, 0.5, 0.012)
out$holm <- list(p = p, adjusted = p.adjust(p, "holm"))

# ABC: the analytic form of BCa (weights form of the statistic, as boot::abc.ci wants it).
set.seed(7)
x <- round(rlnorm(60, 0, 0.7), 4)
y <- round(0.5 * x + rexp(60), 4)
pairs <- data.frame(x = x, y = y)
corr_w <- function(d, w) {
  w <- w / sum(w)
  mx <- sum(w * d$x); my <- sum(w * d$y)
  sum(w * (d$x - mx) * (d$y - my)) / sqrt(sum(w * (d$x - mx)^2) * sum(w * (d$y - my)^2))
}
abc <- function(f) abc.ci(pairs, f, conf = c(0.9, 0.95))[, 2:3]
out$abc <- list(
  x = x, y = y,
  mean = abc(function(d, w) sum(d$x * w) / sum(w)),
  ratio = abc(function(d, w) sum(d$y * w) / sum(d$x * w)),
  correlation = abc(corr_w)
)

# BCa by boot, the jackknife's acceleration.
set.seed(11)
b <- boot(x, function(d, i) mean(d[i]), R = 99999)
l <- empinf(data = x, statistic = function(d, i) mean(d[i]), type = "jack", stype = "i")
out$bca_mean <- boot.ci(b, conf = 0.95, type = "bca", L = l)$bca[4:5]

# Sizes of samples.
out$power_t <- sapply(c(0.1, 0.5, 1), function(d) power.t.test(delta = d, sd = 1, power = 0.8)$n)
out$power_t_paired <- sapply(c(0.1, 0.5, 1), function(d) power.t.test(delta = d, sd = 1, power = 0.9, type = "paired")$n)
out$power_prop <- sapply(c(0.012, 0.02, 0.05), function(q) power.prop.test(p1 = 0.01, p2 = q, power = 0.8)$n)
out$power_prop_one_sided <- power.prop.test(p1 = 0.8, p2 = 0.85, power = 0.9, sig.level = 0.05, alternative = "one.sided")$n

# Nyblom's interpolated order statistics (1992), written from the paper with base R's binomial law.
nyblom <- function(x, p, level) {
  x <- sort(x); n <- length(x); b <- (1 - level) / 2
  end <- function(x, p) {
    r <- max(which(pbinom(0:(n - 1), n, p) <= b))
    miss <- pbinom(r - 1, n, p); more <- pbinom(r, n, p)
    share <- 1 / (1 + r * (1 - p) * (more - b) / ((n - r) * p * (b - miss)))
    (1 - share) * x[r] + share * x[r + 1]
  }
  c(end(x, p), -end(sort(-x), 1 - p))
}
set.seed(13)
sample <- round(rlnorm(400, 4, 0.5), 4)
out$nyblom <- list(
  sample = sample,
  cases = lapply(list(c(72, 0.95, 0.95), c(100, 0.95, 0.95), c(100, 0.5, 0.9), c(400, 0.99, 0.95), c(400, 0.9, 0.99)), function(c)
    list(n = c[1], p = c[2], level = c[3], ends = nyblom(sample[1:c[1]], c[2], c[3])))
)

write_json(out, "r.json", digits = NA, auto_unbox = TRUE)
