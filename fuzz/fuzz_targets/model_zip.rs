#![no_main]

use adjutant_fuzz::supply::check_scan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_scan("model.zip", bytes));
