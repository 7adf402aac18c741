#![no_main]

use adjutant_fuzz::work::check_handoff;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| check_handoff(text));
