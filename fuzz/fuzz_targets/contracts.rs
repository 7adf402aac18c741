#![no_main]

use adjutant_schema::{ContractFormat, SchemaDirection, SchemaQuestion, SunsetDay, diff};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the format, or leaves it to be recognised; a zero byte divides the rest
// into the two contracts.
fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, rest)) = bytes.split_first() else {
        return;
    };
    let at = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
    let (baseline, candidate) = rest.split_at(at);
    let candidate = candidate.get(1..).unwrap_or(baseline);
    let question = SchemaQuestion {
        direction: SchemaDirection::Both,
        format: ContractFormat::ALL.get(usize::from(choice)).copied(),
        today: SunsetDay::of_unix_millis(0),
        sunset_days: 0,
    };
    if let Err(error) = diff(baseline, candidate, &question) {
        assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}");
    }
    // Parquet files and descriptor sets hold zero bytes themselves.
    if let Ok(same) = diff(rest, rest, &question) {
        let told = same.findings.iter().find(|finding| !finding.undecided);
        assert!(told.is_none(), "{told:?}");
    }
});
