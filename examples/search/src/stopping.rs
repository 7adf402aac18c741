//! Whoever started this program ends it by closing its standard input.

use std::io::Read;

/// Does something, on a thread of its own, when standard input ends or breaks.
pub(crate) fn at_end_of_input(stop: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        let mut ignored = [0; 256];
        while matches!(std::io::stdin().read(&mut ignored), Ok(count) if count > 0) {}
        stop();
    });
}
