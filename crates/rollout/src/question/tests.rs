use super::*;

fn now() -> Timestamp {
    Timestamp::from_unix_millis(10_000_000)
}

fn question() -> GateQuestion {
    GateQuestion {
        artifact: Some(Digest::from_bytes([3; 32])),
        ..GateQuestion::about("release".parse().unwrap())
    }
}

fn decided(verdict: Verdict, ago_ms: i64) -> VerdictStanding {
    let last = LastVerdict {
        verdict,
        decided_at: Timestamp::from_unix_millis(now().unix_millis() - ago_ms),
        record: Digest::from_bytes([7; 32]),
    };
    question().standing(Some(last), now())
}

const VERDICTS: [Verdict; 4] = [
    Verdict::Go,
    Verdict::ShadowOnly,
    Verdict::PauseAndFix,
    Verdict::Reject,
];

#[test]
fn only_a_decision_passes_or_fails_an_analysis() {
    let outcome = |standing| answer_analysis(&question(), standing).outcome;
    assert_eq!(
        VERDICTS.map(|verdict| outcome(decided(verdict, 1))),
        [
            Outcome::Pass,
            Outcome::Inconclusive,
            Outcome::Inconclusive,
            Outcome::Fail
        ]
    );
    for verdict in VERDICTS {
        let old = answer_analysis(&question(), decided(verdict, AGE_MS_MAX + 1));
        assert_eq!(
            (old.outcome, old.validity, old.verdict),
            (Outcome::Inconclusive, Validity::Stale, Some(verdict))
        );
    }
    let never = answer_analysis(&question(), VerdictStanding::Never);
    let told = serde_json::to_value(&never).unwrap();
    assert_eq!(told["outcome"], "INCONCLUSIVE");
    assert_eq!(told["validity"], "NO_DATA");
    let digest = "03".repeat(32);
    let next = format!("adjutant gate release --artifact sha256:{digest}");
    assert_eq!(told["next"], next);
}

#[test]
fn a_question_that_names_no_build_is_answered_by_no_decision() {
    let unnamed = GateQuestion {
        artifact: None,
        ..question()
    };
    for verdict in VERDICTS {
        let last = LastVerdict {
            verdict,
            decided_at: now(),
            record: Digest::from_bytes([7; 32]),
        };
        let standing = unnamed.standing(Some(last), now());
        let answer = answer_analysis(&unnamed, standing);
        assert_eq!(
            (answer.outcome, answer.validity, answer.verdict),
            (Outcome::Inconclusive, Validity::NoData, None)
        );
        for hook in FlaggerHook::ALL {
            let answer = answer_hook(hook, Some((&unnamed, standing)));
            assert_eq!(answer.is_success, hook.only_tells(), "{}", hook.name());
        }
    }
}

#[test]
fn no_hook_advances_or_takes_back_without_a_decision() {
    let question = question();
    for hook in FlaggerHook::ALL {
        assert_eq!(FlaggerHook::named(hook.name()), Some(hook));
        let success = |standing| answer_hook(hook, Some((&question, standing))).is_success;
        let undecided = [
            success(VerdictStanding::Never),
            success(VerdictStanding::Unnamed),
            success(decided(Verdict::Go, AGE_MS_MAX + 1)),
            success(decided(Verdict::Reject, AGE_MS_MAX + 1)),
            success(decided(Verdict::PauseAndFix, 1)),
            success(decided(Verdict::ShadowOnly, 1)),
            answer_hook(hook, None).is_success,
        ];
        assert_eq!(undecided, [hook.only_tells(); 7], "{}", hook.name());
    }
    let success =
        |hook, verdict| answer_hook(hook, Some((&question, decided(verdict, 1)))).is_success;
    assert!(success(FlaggerHook::ConfirmPromotion, Verdict::Go));
    assert!(!success(FlaggerHook::ConfirmPromotion, Verdict::Reject));
    assert!(success(FlaggerHook::Rollback, Verdict::Reject));
    assert!(!success(FlaggerHook::Rollback, Verdict::Go));
}

#[test]
fn a_call_of_flagger_is_read_and_what_its_metadata_asks() {
    let call = br#"{"name": "podinfo", "namespace": "test", "phase": "Progressing",
        "checksum": "85d557f47b", "metadata": {"gate": "release", "maxAge": "15m", "x": "1",
        "artifact": "shop/podinfo@sha256:0505050505050505050505050505050505050505050505050505050505050505"}}"#;
    let read = read_flagger_call(call).unwrap();
    assert_eq!(
        (read.canary.as_str(), read.phase.as_str()),
        ("podinfo", "Progressing")
    );
    let asked = read.question.unwrap();
    assert_eq!(asked.age_ms_max, 900_000);
    assert_eq!(asked.artifact, Some(Digest::from_bytes([5; 32])));
    for without in [
        r#"{"name": "p", "namespace": "t", "phase": "Failed"}"#,
        r#"{"name": "p", "namespace": "t", "phase": "Failed", "metadata": null}"#,
        r#"{"name": "p", "namespace": "t", "phase": "Failed", "metadata": {"some": "data"}}"#,
    ] {
        assert_eq!(
            read_flagger_call(without.as_bytes()).unwrap().question,
            None
        );
    }
    for (text, expected) in [
        (r#"{"name": "p"}"#, "namespace is missing"),
        (r#"[]"#, ""),
        (r#"{"name": 1, "namespace": "t", "phase": "x"}"#, "/name"),
        (
            r#"{"name": "p", "namespace": "t", "phase": "x", "metadata": {"gate": "a b"}}"#,
            "/metadata/gate",
        ),
        (
            r#"{"name": "p", "namespace": "t", "phase": "x",
                "metadata": {"gate": "a", "maxAge": "soon"}}"#,
            "/metadata/maxAge",
        ),
        (
            r#"{"name": "p", "namespace": "t", "phase": "x",
                "metadata": {"gate": "a", "artifact": "podinfo:6.0.1"}}"#,
            "/metadata/artifact: sha256:… or NAME@sha256:… is needed",
        ),
    ] {
        let refused = read_flagger_call(text.as_bytes()).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    assert!(read_flagger_call(&vec![b' '; CALL_BYTES_MAX + 1]).is_err());
}
