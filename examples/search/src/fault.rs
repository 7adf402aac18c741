//! Faults that can be planted into a version, for whoever tests what finds them, and a pace: this
//! catalogue is small enough to be searched in no time, and a fifth more of no time is nothing.

use serde::Serialize;
use serde_json::Value;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is wrong with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes a fifth longer.
    Slower,
    /// One answer in fifty is an error.
    Errors,
    /// It ends after some searches, and again after as many.
    Crash,
    /// After some searches none is answered any more. It still says that it is well.
    Hang,
    /// It keeps a piece of memory for each search, until it is given no more.
    Leak,
    /// A field of the answer is missing.
    DroppedField,
    /// A field of the answer has another type.
    OtherType,
}

/// Searches before a version crashes or hangs.
const GOOD_SEARCHES: u64 = 60;
/// How many times slower a slower version is.
const SLOWER: f64 = 1.2;
/// The share of errors.
const ERROR_SHARE: f64 = 0.02;
/// What each search keeps.
const LEAKED_BYTES: usize = 4 * 1024 * 1024;
/// How far the slow searches lie above the pace: the mean of their exponential tail, as a part of it.
const TAIL: f64 = 0.15;

impl Fault {
    const ALL: [Self; 7] = [
        Self::Slower,
        Self::Errors,
        Self::Crash,
        Self::Hang,
        Self::Leak,
        Self::DroppedField,
        Self::OtherType,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Errors => "errors",
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Leak => "leak",
            Self::DroppedField => "dropped-field",
            Self::OtherType => "other-type",
        }
    }

    /// The fault with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// How a version behaves beside what it answers.
#[derive(Debug)]
pub struct Conduct {
    fault: Option<Fault>,
    pace: Duration,
    seed: RandomState,
    searches: AtomicU64,
    leaked: Mutex<Vec<Vec<u8>>>,
}

/// A search that gets an error for an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Failed;

impl Conduct {
    /// A version with this fault that takes about so long for a search.
    #[must_use]
    pub fn new(fault: Option<Fault>, pace: Duration) -> Self {
        Self {
            fault,
            pace,
            seed: RandomState::new(),
            searches: AtomicU64::new(0),
            leaked: Mutex::default(),
        }
    }

    /// What happens before a search is answered.
    ///
    /// # Errors
    /// When the fault is that it fails.
    pub async fn before(&self) -> Result<(), Failed> {
        let search = self.searches.fetch_add(1, Ordering::Relaxed);
        let factor = match self.fault {
            Some(Fault::Slower) => SLOWER,
            Some(Fault::Crash) if search >= GOOD_SEARCHES => std::process::abort(),
            Some(Fault::Hang) if search >= GOOD_SEARCHES => std::future::pending().await,
            Some(Fault::Leak) => {
                let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
                leaked.push(vec![1; LEAKED_BYTES]);
                1.0
            }
            Some(Fault::Errors) if self.draw(&(search, "error")) < ERROR_SHARE => {
                return Err(Failed);
            }
            Some(
                Fault::Crash | Fault::Hang | Fault::Errors | Fault::DroppedField | Fault::OtherType,
            )
            | None => 1.0,
        };
        if self.pace > Duration::ZERO {
            let tail = -TAIL * (1.0 - self.draw(&(search, "pace"))).ln();
            tokio::time::sleep(self.pace.mul_f64(factor * (1.0 + tail))).await;
        }
        Ok(())
    }

    /// What is answered instead, when the fault is in the answer.
    ///
    /// # Errors
    /// When the answer is no JSON.
    pub fn falsified(&self, answer: &impl Serialize) -> serde_json::Result<Option<Value>> {
        let falsify = match self.fault {
            Some(Fault::DroppedField) => drop_query,
            Some(Fault::OtherType) => write_scores_as_text,
            Some(Fault::Slower | Fault::Errors | Fault::Crash | Fault::Hang | Fault::Leak)
            | None => return Ok(None),
        };
        let mut answer = serde_json::to_value(answer)?;
        falsify(&mut answer);
        Ok(Some(answer))
    }

    /// From 0 to less than 1.
    fn draw(&self, of: &(u64, &str)) -> f64 {
        (self.seed.hash_one(of) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn drop_query(answer: &mut Value) {
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("query");
    }
}

fn write_scores_as_text(answer: &mut Value) {
    for hit in answer["results"].as_array_mut().into_iter().flatten() {
        hit["score"] = Value::String(hit["score"].to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcomes(fault: Option<Fault>, searches: usize) -> Vec<Result<(), Failed>> {
        let conduct = Conduct::new(fault, Duration::ZERO);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut outcomes = Vec::new();
            for _ in 0..searches {
                let before = tokio::time::timeout(Duration::from_millis(100), conduct.before());
                match before.await {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(_hung) => break,
                }
            }
            outcomes
        })
    }

    #[test]
    fn a_fault_does_what_its_name_says() {
        assert!(outcomes(None, 100).iter().all(Result::is_ok));
        assert_eq!(outcomes(Some(Fault::Hang), 100).len(), 60);
        let failed = outcomes(Some(Fault::Errors), 10_000);
        let failed = failed.iter().filter(|outcome| outcome.is_err()).count();
        assert!((100..300).contains(&failed), "{failed} of 10,000");
    }

    #[test]
    fn a_fault_changes_only_what_its_name_says() {
        let answer = json!({"query": "a", "results": [{"score": 0.5}]});
        for (fault, expected) in [
            (
                Some(Fault::DroppedField),
                Some(json!({"results": [{"score": 0.5}]})),
            ),
            (
                Some(Fault::OtherType),
                Some(json!({"query": "a", "results": [{"score": "0.5"}]})),
            ),
            (Some(Fault::Errors), None),
            (None, None),
        ] {
            let conduct = Conduct::new(fault, Duration::ZERO);
            assert_eq!(conduct.falsified(&answer).unwrap(), expected);
        }
    }

    #[test]
    fn every_fault_is_known_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_name(fault.name()), Some(fault));
        }
        assert_eq!(Fault::from_name("flood"), None);
    }
}
