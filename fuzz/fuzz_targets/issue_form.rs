#![no_main]

use adjutant_fuzz::work::check_issue_form;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| check_issue_form(text));
