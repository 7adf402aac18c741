#![no_main]

use adjutant_fuzz::check_recognition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_recognition(bytes));
