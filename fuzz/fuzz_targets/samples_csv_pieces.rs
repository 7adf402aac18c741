#![no_main]

use adjutant_formats::samples::Syntax;
use adjutant_fuzz::check_pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_pieces(Syntax::Csv, bytes));
