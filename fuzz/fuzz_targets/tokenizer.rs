#![no_main]

use adjutant_fuzz::supply::check_tokenizer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_tokenizer(bytes));
