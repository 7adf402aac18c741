//! Evidence made by hand for tests: small, deterministic, with values that vary.

use std::collections::BTreeMap;
use std::sync::Arc;

use adjutant_domain::{
    Data, Digest, Evidence, Judgement, Keys, Labels, Locator, Measurement, Ranked, Samples, Scalar,
    Timestamp, Unit,
};
use adjutant_gate::{BUILT_IN, Case, Decision, PastDecision, Policy, SourceFailure, read_policies};

pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// The same draws on every machine.
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64, in `(0, 1)`.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Log-logistic latencies around `median`.
    pub(crate) fn latencies(&mut self, median: f64, n: usize) -> Vec<f64> {
        (0..n)
            .map(|_| {
                let u = self.uniform();
                median * (u / (1.0 - u)).powf(0.15)
            })
            .collect()
    }
}

pub(crate) fn keys<T: ToString>(names: impl IntoIterator<Item = T>) -> Arc<Keys> {
    let mut keys = Keys::default();
    for name in names {
        let name = name.to_string();
        let at = keys
            .names
            .iter()
            .position(|known| *known == name)
            .unwrap_or_else(|| {
                keys.names.push(name);
                keys.names.len() - 1
            });
        keys.rows.push(at as u32);
    }
    Arc::new(keys)
}

pub(crate) fn measurement(measure: &str, unit: Unit, data: Data) -> Measurement {
    Measurement {
        measure: measure.parse().unwrap(),
        labels: Labels::new(),
        unit,
        locator: Locator::Rows {
            first: 2,
            last: 1_000,
            column: measure.to_owned(),
        },
        data,
    }
}

pub(crate) fn labelled(mut measurement: Measurement, labels: &[(&str, &str)]) -> Measurement {
    for (label, value) in labels {
        measurement
            .labels
            .insert((*label).to_owned(), (*value).to_owned());
    }
    measurement
}

pub(crate) fn samples(measure: &str, unit: Unit, values: Vec<f64>) -> Measurement {
    measurement(
        measure,
        unit,
        Data::Samples(Samples {
            values,
            pair: None,
            cluster: None,
        }),
    )
}

pub(crate) fn keyed(
    measure: &str,
    unit: Unit,
    values: Vec<f64>,
    pair: Option<Arc<Keys>>,
    cluster: Option<Arc<Keys>>,
) -> Measurement {
    measurement(
        measure,
        unit,
        Data::Samples(Samples {
            values,
            pair,
            cluster,
        }),
    )
}

pub(crate) fn latency(values: Vec<f64>) -> Measurement {
    samples("latency_ms", Unit::Milliseconds, values)
}

pub(crate) fn status(n: usize, failed: usize) -> Measurement {
    let values = (0..n)
        .map(|row| if row < failed { 500.0 } else { 200.0 })
        .collect();
    samples("status", Unit::One, values)
}

/// `rate` requests in each second.
pub(crate) fn timestamps(n: usize, rate: f64, seed: u64) -> Measurement {
    let mut draws = Draws::of(seed);
    let mut at = 1_700_000_000_000.0;
    let values = (0..n)
        .map(|_| {
            at -= draws.uniform().ln() * 1_000.0 / rate;
            at
        })
        .collect();
    samples("timestamp_ms", Unit::Milliseconds, values)
}

pub(crate) fn scalar(measure: &str, statistic: &str, value: f64) -> Measurement {
    let scalar = Scalar {
        statistic: statistic.to_owned(),
        value,
        interval: None,
        n: None,
    };
    measurement(measure, Unit::One, Data::Scalar(scalar))
}

pub(crate) fn proportion(measure: &str, events: u64, trials: u64) -> Measurement {
    measurement(measure, Unit::Ratio, Data::Proportion { events, trials })
}

pub(crate) fn findings(tool: &str, severity: &str, count: f64) -> Measurement {
    let scalar = Scalar {
        statistic: "count".to_owned(),
        value: count,
        interval: None,
        n: None,
    };
    let counted = measurement("findings", Unit::Count, Data::Scalar(scalar));
    labelled(counted, &[("tool", tool), ("severity", severity)])
}

pub(crate) const QUERIES: usize = 150;

/// Ten judged documents a query: three of grade 3, 2 and 1, the rest of grade 0.
pub(crate) fn judgements() -> Measurement {
    let lines = (0..QUERIES)
        .flat_map(|query| {
            (0..10).map(move |document| Judgement {
                query: format!("q{query}"),
                document: format!("d{query}-{document}"),
                grade: [3, 2, 1, 0, 0, 0, 0, 0, 0, 0][document],
            })
        })
        .collect();
    measurement("judgements", Unit::One, Data::Judgements(lines))
}

/// A model that scores by grade plus noise: less noise ranks better.
pub(crate) fn ranking(noise: f64, seed: u64) -> Measurement {
    let mut draws = Draws::of(seed);
    let lines = (0..QUERIES)
        .flat_map(|query| (0..10).map(move |document| (query, document)))
        .map(|(query, document)| Ranked {
            query: format!("q{query}"),
            document: format!("d{query}-{document}"),
            score: [3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0][document]
                + noise * (draws.uniform() - 0.5),
        })
        .collect();
    measurement("ranking", Unit::One, Data::Ranking(lines))
}

/// Evidence of one file; every call with another `artifact` is another file.
pub(crate) fn evidence(subject: &str, artifact: u8, measurements: Vec<Measurement>) -> Evidence {
    Evidence {
        subject: subject.parse().unwrap(),
        run: format!("run_{artifact}").parse().unwrap(),
        artifact: Digest::from_bytes([artifact; 32]),
        file: format!("{subject}-{artifact}.csv"),
        taken_at: now(),
        measurements,
    }
}

/// One arm's load: latency, status and time of `n` requests.
pub(crate) fn load(median: f64, n: usize, failed: usize, seed: u64) -> Vec<Measurement> {
    vec![
        latency(Draws::of(seed).latencies(median, n)),
        status(n, failed),
        timestamps(n, 150.0, seed),
    ]
}

pub(crate) const REQUESTS: usize = 6_000;

/// Evidence that the criteria of the built-in release gate let go.
pub(crate) fn good_release() -> Vec<Evidence> {
    vec![
        evidence("baseline", 1, load(60.0, REQUESTS, 3, 11)),
        evidence("candidate", 2, load(60.0, REQUESTS, 2, 12)),
        evidence("baseline", 3, vec![ranking(7.0, 21)]),
        evidence("candidate", 4, vec![ranking(2.0, 22)]),
        evidence("ablation", 5, vec![ranking(7.0, 23)]),
        evidence("qrels", 6, vec![judgements()]),
    ]
}

pub(crate) fn built_in(name: &str) -> Policy {
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    policy(text)
}

/// The criteria and triggers of the built-in release gate, without risk and votes.
pub(crate) fn release_criteria() -> Policy {
    Policy {
        risk: false,
        quorum: None,
        ..built_in("release")
    }
}

pub(crate) fn policy(text: &str) -> Policy {
    let read = read_policies(text).unwrap();
    assert_eq!(read.warnings, Vec::<String>::new());
    read.policies.into_iter().next().unwrap()
}

/// A gate of one criterion.
pub(crate) fn gate_of(criterion: &str) -> Policy {
    policy(&format!(
        "[gate.g]\n[[gate.g.criteria]]\nid = \"it\"\n{criterion}\n"
    ))
}

pub(crate) fn decide(policy: &Policy, evidence: &[Evidence]) -> Decision {
    decide_with(policy, evidence, &[], &[], &[])
}

pub(crate) fn decide_with(
    policy: &Policy,
    evidence: &[Evidence],
    failures: &[SourceFailure],
    history: &[PastDecision],
    reasons: &[(&str, &str)],
) -> Decision {
    let reasons: BTreeMap<_, _> = reasons
        .iter()
        .map(|(id, reason)| (id.parse().unwrap(), (*reason).to_owned()))
        .collect();
    let case = Case {
        evidence,
        failures,
        history,
        reasons: &reasons,
        votes: &[],
        now: now(),
    };
    adjutant_gate::decide(policy, &case)
}

/// A decision without its intervals, whose digits are the business of the statistics.
pub(crate) fn told(decision: &Decision) -> String {
    let without_interval = |line: &str| match (line.find(" ["), line.find("] n=")) {
        (Some(from), Some(to)) => format!("{}{}", &line[..from], &line[to + 1..]),
        (_, _) => line.to_owned(),
    };
    shown(decision)
        .lines()
        .map(without_interval)
        .collect::<Vec<_>>()
        .join("\n")
}

/// One line a criterion: what a reader of a failing test needs.
pub(crate) fn shown(decision: &Decision) -> String {
    let mut lines = vec![format!("{}", decision.verdict)];
    for result in &decision.criteria {
        let observed = result
            .observed
            .as_ref()
            .map_or("nothing".to_owned(), |observed| {
                let interval = observed.interval().map_or(String::new(), |i| {
                    format!(" [{:.4}, {:.4}]", i.low(), i.high())
                });
                format!("{:.4}{interval} n={}", observed.value(), observed.n())
            });
        lines.push(format!(
            "{}: {} -> {observed}, {} {}: {}",
            result.id, result.target, result.validity, result.outcome, result.reason
        ));
    }
    for trigger in &decision.triggers {
        let fired = trigger
            .fired
            .map_or("?".to_owned(), |fired| fired.to_string());
        lines.push(format!(
            "trigger {}: {} fired={fired}",
            trigger.id, trigger.condition
        ));
    }
    lines.extend(decision.reasons.iter().map(|reason| format!("- {reason}")));
    lines.join("\n")
}
