//! Pairs of answers, compared on a thread of their own as recordings are. What does not fit into
//! its queue is dropped and counted: a slow comparison never holds up a client.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};

use adjutant_outbound::precedence;
use adjutant_shadow::{ShadowArm, ShadowComparer, ShadowComparison, ShadowRules};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::mirror::{Answer, Side};
use crate::observed::{MirrorComparison, MirrorCounts, MirrorPath};
use crate::plan::Mirror;
use crate::upstream::held;

/// How many requests may wait to be compared.
const QUEUE_MAX: usize = 1_024;

/// How many bytes of answers may wait to be compared.
const QUEUED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The answers to one request. When nobody holds it any more, it is compared.
#[derive(Debug)]
pub(crate) struct Pair {
    comparisons: Arc<Comparisons>,
    comparison: u64,
    pub(crate) body_bytes_max: usize,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    baseline: Option<Answer>,
    candidate: Option<Answer>,
    again: Option<Answer>,
    is_too_long: bool,
    is_encoded: bool,
}

impl Pair {
    pub(crate) fn new(comparisons: &Arc<Comparisons>, rule: &Mirror) -> Self {
        Self {
            comparisons: comparisons.clone(),
            comparison: rule.comparison,
            body_bytes_max: rule.body_bytes_max,
            answers: Mutex::default(),
        }
    }

    pub(crate) fn answered(&self, side: Side, answer: Answer) {
        let mut answers = held(&self.answers);
        match side {
            Side::Baseline => answers.baseline = Some(answer),
            Side::Candidate => answers.candidate = Some(answer),
            Side::Again => answers.again = Some(answer),
        }
    }

    pub(crate) fn was_too_long(&self) {
        held(&self.answers).is_too_long = true;
    }

    pub(crate) fn was_encoded(&self) {
        held(&self.answers).is_encoded = true;
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let answers = std::mem::take(&mut *held(&self.answers));
        self.comparisons.submit(self.comparison, answers);
    }
}

impl Answers {
    fn bytes(&self) -> usize {
        let each = [&self.baseline, &self.candidate, &self.again];
        let bodies = each.into_iter().flatten().flat_map(|answer| &answer.body);
        bodies.map(bytes::Bytes::len).sum()
    }
}

struct Job {
    comparison: u64,
    answers: Answers,
    bytes: usize,
}

/// The comparison in force, and the way to it.
#[derive(Debug)]
pub(crate) struct Comparisons {
    queue: SyncSender<Option<Job>>,
    queued_bytes: AtomicUsize,
    counts: Mutex<MirrorCounts>,
    number: AtomicU64,
    current: Mutex<Option<ShadowComparer>>,
}

/// The queue's other end, for the thread that compares.
#[derive(Debug)]
pub(crate) struct Queue(Receiver<Option<Job>>);

impl Comparisons {
    pub(crate) fn new() -> (Arc<Self>, Queue) {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let comparisons = Arc::new(Self {
            queue,
            queued_bytes: AtomicUsize::new(0),
            counts: Mutex::default(),
            number: AtomicU64::new(0),
            current: Mutex::default(),
        });
        (comparisons, Queue(jobs))
    }

    /// Begins anew, by other rules; the number of the new comparison.
    pub(crate) fn begin(&self, rules: Option<ShadowRules>) -> u64 {
        let mut current = held(&self.current);
        *current = rules.map(ShadowComparer::new);
        self.number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn counts(&self) -> MirrorCounts {
        *held(&self.counts)
    }

    /// What was found so far; `None` when nothing is mirrored.
    pub(crate) fn found(&self) -> Option<MirrorComparison> {
        held(&self.current)
            .as_ref()
            .map(|comparer| observed(&comparer.so_far()))
    }

    fn submit(&self, comparison: u64, answers: Answers) {
        let mut counts = held(&self.counts);
        if answers.is_too_long {
            counts.dropped_long += 1;
        } else if answers.is_encoded {
            counts.dropped_encoded += 1;
        } else if answers.baseline.is_none() {
            counts.dropped_unanswered += 1;
        } else {
            let bytes = answers.bytes();
            let queued = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
            let job = Job {
                comparison,
                answers,
                bytes,
            };
            let is_full = queued + bytes > QUEUED_BYTES_MAX
                || matches!(
                    self.queue.try_send(Some(job)),
                    Err(TrySendError::Full(_) | TrySendError::Disconnected(_))
                );
            if is_full {
                self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                counts.dropped_queue += 1;
            }
        }
    }

    /// Ends [`Comparisons::work`] after what waits.
    pub(crate) fn stop(&self) {
        // Nobody works any more when nobody can take this.
        drop(self.queue.send(None));
    }

    /// Compares until [`Comparisons::stop`].
    pub(crate) fn work(&self, queue: &Queue) {
        let mut id = 0;
        while let Ok(Some(job)) = queue.0.recv() {
            precedence::step_aside();
            self.queued_bytes.fetch_sub(job.bytes, Ordering::Relaxed);
            id += 1;
            let lines = lines_of(id, &job.answers);
            let mut current = held(&self.current);
            let is_current = self.number() == job.comparison;
            let Some(comparer) = current.as_mut().filter(|_| is_current) else {
                continue;
            };
            let is_compared = lines
                .iter()
                .all(|(arm, line)| comparer.feed(*arm, id, line).is_ok());
            drop(current);
            let mut counts = held(&self.counts);
            if is_compared {
                counts.compared += 1;
            } else {
                counts.dropped_encoded += 1;
            }
        }
    }
}

/// An answer as a recording's line.
#[derive(Serialize)]
struct Line<'a> {
    request: RequestId,
    status: u16,
    headers: std::collections::BTreeMap<&'a str, String>,
    body: LineBody<'a>,
}

#[derive(Serialize)]
struct RequestId {
    id: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LineBody<'a> {
    Json(&'a RawValue),
    Text(String),
}

fn lines_of(id: u64, answers: &Answers) -> Vec<(ShadowArm, Vec<u8>)> {
    [
        (ShadowArm::Baseline, &answers.baseline),
        (ShadowArm::Again, &answers.again),
        (ShadowArm::Candidate, &answers.candidate),
    ]
    .into_iter()
    .filter_map(|(arm, answer)| Some((arm, line_of(id, answer.as_ref()?)?)))
    .collect()
}

fn line_of(id: u64, answer: &Answer) -> Option<Vec<u8>> {
    let body = answer.body.concat();
    let json = serde_json::from_slice::<&RawValue>(&body).ok();
    let mut headers = std::collections::BTreeMap::new();
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let known: &mut String = headers.entry(name.as_str()).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(&value);
    }
    let line = Line {
        request: RequestId { id },
        status: answer.status,
        headers,
        body: match json {
            Some(json) => LineBody::Json(json),
            None => LineBody::Text(text_of(&body)),
        },
    };
    serde_json::to_vec(&line).ok()
}

/// Bytes that are no text are written as hexadecimal digits.
fn text_of(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => body.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn observed(found: &ShadowComparison) -> MirrorComparison {
    MirrorComparison {
        outcome: found.outcome,
        validity: found.validity,
        reasons: found.reasons.clone(),
        pairs: found.whole.pairs,
        disagreements: found.whole.disagreements,
        noise_pairs: found.whole.noise_pairs,
        noise_disagreements: found.whole.noise_disagreements,
        paths: found
            .paths
            .iter()
            .map(|path| MirrorPath {
                path: path.path.clone(),
                disagreements: path.rate.disagreements,
                noise_disagreements: path.rate.noise_disagreements,
                outcome: path.rate.outcome,
                is_structural_loss: path
                    .kinds
                    .iter()
                    .any(|kind| kind.kind.is_structural_loss() && kind.pairs > 0),
                kinds: path
                    .kinds
                    .iter()
                    .map(|kind| (kind.kind.to_string(), kind.pairs))
                    .collect(),
            })
            .collect(),
    }
}
