#![no_main]

use adjutant_fuzz::work::check_directives;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_directives(bytes));
