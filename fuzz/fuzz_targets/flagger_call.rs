#![no_main]

use adjutant_rollout::{FlaggerHook, VerdictStanding, answer_hook, read_flagger_call};
use libfuzzer_sys::fuzz_target;

// A call is read or refused, and without a decision none of the hooks succeeds that matters.
fuzz_target!(|bytes: &[u8]| {
    let Ok(call) = read_flagger_call(bytes) else {
        return;
    };
    for hook in FlaggerHook::ALL {
        let asked = call.question.as_ref();
        for standing in [VerdictStanding::Never, VerdictStanding::Unnamed] {
            let answer = answer_hook(hook, asked.map(|asked| (asked, standing)));
            assert_eq!(answer.is_success, hook.only_tells());
        }
    }
});
