//! The words of Adjutant as types: names, digests, units, intervals, measurements, evidence,
//! and the three axes of every answer (validity, outcome, verdict).
//!
//! **Invariant.** No I/O, no clock, no randomness, no environment, no SQL, no text layout beyond
//! `Display`. A number that a person may see is a [`Measured`]: it cannot exist without a citation.

mod answer;
mod citation;
mod digest;
mod duration;
mod evidence;
mod interval;
mod measured;
mod measurement;
mod name;
mod object_id;
pub mod sha256;
mod task_id;
mod timestamp;
mod unit;

pub use answer::{Absence, Outcome, Validity, Verdict};
pub use citation::{Citation, Locator};
pub use digest::{Digest, InvalidDigest};
pub use duration::{InvalidDuration, read_duration};
pub use evidence::Evidence;
pub use interval::{Confidence, Interval, InvalidInterval};
pub use measured::{Measured, Uncited};
pub use measurement::{
    Bucket, Data, Histogram, Judgement, Keys, Labels, Measurement, Ranked, Samples, Scalar,
};
pub use name::{
    AgentName, CheckName, CriterionId, DirectiveId, GateName, InvalidName, MeasureName,
    NorthStarName, ObjectiveName, OwnMeasure, ReceiverName, RequestKey, RoleName, RunId,
    ServiceName, Subject, TokenName,
};
pub use object_id::{InvalidObjectId, ObjectId};
pub use task_id::{Epoch, InvalidTaskId, TaskId};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use unit::Unit;
