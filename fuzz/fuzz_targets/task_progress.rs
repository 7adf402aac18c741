#![no_main]

use adjutant_formats::Format;
use adjutant_fuzz::check_format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_format(Format::TaskProgress, bytes));
