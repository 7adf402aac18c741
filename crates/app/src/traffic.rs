//! A running proxy seen and steered. Who serves is a process of its own.

use std::path::Path;

use adjutant_outbound::files::{self, FileError};
use adjutant_traffic::{
    DesiredTraffic, InvalidDesired, MirrorComparison, ObservedTraffic, TrafficChange,
    TrafficControl, TrafficControlError, TrafficMeasurements,
};

/// Everything that a proxy says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenTraffic {
    /// What it does.
    pub observed: ObservedTraffic,
    /// What it measured.
    pub measurements: TrafficMeasurements,
    /// How mirrored answers differ; missing when nothing is mirrored.
    pub comparison: Option<MirrorComparison>,
}

/// A proxy that could not be seen or steered.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// The proxy did not answer, or said no.
    #[error(transparent)]
    Control(#[from] TrafficControlError),
    /// The state does not hold.
    #[error(transparent)]
    Invalid(#[from] InvalidDesired),
    /// The file with the state cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Asks a proxy for everything.
///
/// # Errors
/// When it does not answer.
pub async fn look_at_traffic(control: &TrafficControl) -> Result<SeenTraffic, TrafficError> {
    Ok(SeenTraffic {
        observed: control.observe().await?,
        measurements: control.measurements(None).await?,
        comparison: control.comparison().await?,
    })
}

/// Changes what a proxy does; the state that is in force then.
///
/// # Errors
/// When it would not hold, when somebody else changed it meanwhile, or when nobody answers.
pub async fn change_traffic(
    control: &TrafficControl,
    change: TrafficChange,
) -> Result<DesiredTraffic, TrafficError> {
    let next = change.of(control.observe().await?.desired)?;
    control.apply(&next).await?;
    Ok(next)
}

/// Puts the state of a file into force.
///
/// # Errors
/// When it cannot be read or does not hold, or a newer one is in force, or nobody answers.
pub async fn replace_traffic(
    control: &TrafficControl,
    file: &Path,
) -> Result<DesiredTraffic, TrafficError> {
    let desired = DesiredTraffic::read(&files::read(file)?.bytes)?;
    control.apply(&desired).await?;
    Ok(desired)
}
