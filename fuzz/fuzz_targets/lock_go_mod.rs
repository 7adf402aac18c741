#![no_main]

use adjutant_fuzz::supply::check_lockfile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_lockfile("go.mod", bytes));
