#![no_main]

use adjutant_fuzz::supply::check_osv;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_osv(bytes));
