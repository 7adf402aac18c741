#![no_main]

use std::time::Duration;

use adjutant_announce::{SigningSecrets, read_receivers, retry_after};
use adjutant_domain::Timestamp;
use libfuzzer_sys::fuzz_target;

/// More seconds than a header with nine digits asks for, and than any date lies ahead.
const WAIT_MAX: Duration = Duration::from_secs(400_000_000_000);

// What a receiver's header asks for has an end; what settings hold is refused with its line.
fuzz_target!(|text: &str| {
    let now = Timestamp::from_unix_millis(1_700_000_000_000);
    if let Some(wait) = retry_after(text, now) {
        assert!(wait < WAIT_MAX, "{wait:?}");
    }
    if let Ok(secrets) = text.parse::<SigningSecrets>() {
        assert!(!format!("{secrets:?}").contains(text));
    }
    match read_receivers("here", text) {
        Ok(receivers) => {
            for receiver in receivers {
                assert!(receiver.url.starts_with("http"), "{receiver:?}");
            }
        }
        Err(error) => assert!(error.line >= 1),
    }
});
