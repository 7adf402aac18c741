#![no_main]

use adjutant_fuzz::supply::check_header;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_header("array.npy", bytes));
