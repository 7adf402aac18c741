#![no_main]

use adjutant_traffic::{DesiredTraffic, PartChange, TrafficChange, WEIGHT_WHOLE};
use libfuzzer_sys::fuzz_target;

// What is read holds together, is read again as it was written, and can be changed.
fuzz_target!(|bytes: &[u8]| {
    let desired = match DesiredTraffic::read(bytes) {
        Ok(desired) => desired,
        Err(error) => {
            assert!(!error.problem.is_empty());
            return;
        }
    };
    let whole: u32 = desired.arms.iter().map(|arm| arm.weight).sum();
    assert_eq!(whole, WEIGHT_WHOLE);
    let written = serde_json::to_vec(&desired).unwrap_or_default();
    assert_eq!(DesiredTraffic::read(&written).as_ref(), Ok(&desired));
    let change = TrafficChange {
        mirror: PartChange::End,
        ..TrafficChange::default()
    };
    if let Ok(next) = change.of(Some(desired.clone())) {
        assert!(next.generation > desired.generation);
    }
});
