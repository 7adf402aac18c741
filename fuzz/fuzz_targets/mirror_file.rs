#![no_main]

use adjutant_fuzz::work::check_mirror;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| check_mirror(text));
