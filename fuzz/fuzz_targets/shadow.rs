#![no_main]

use adjutant_shadow::{ShadowArm, ShadowComparer, ShadowRules};
use libfuzzer_sys::fuzz_target;

// Lines in turns for three recordings, and each line compared with itself: no panic, and no
// difference of a line from itself.
fuzz_target!(|bytes: &[u8]| {
    let arms = [ShadowArm::Baseline, ShadowArm::Again, ShadowArm::Candidate];
    let mut turns = ShadowComparer::new(ShadowRules::default());
    for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if let Err(error) = turns.feed(arms[place % 3], place as u64 + 1, line) {
            assert!(!error.problem.is_empty());
        }
        let mut same = ShadowComparer::new(ShadowRules::default());
        for arm in arms {
            if same.feed(arm, 1, line).is_err() {
                break;
            }
        }
        let found = same.finish();
        assert!(found.paths.is_empty(), "{found:?}");
    }
    let found = turns.finish();
    assert!(!found.reasons.is_empty());
    assert!(found.whole.disagreements <= found.whole.pairs);
});
