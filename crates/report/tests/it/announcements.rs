//! Messages: held against the published schemas of CDEvents 0.5.1
//! (`tests/cdevents`: `schemas/` and `custom/schema.json` of github.com/cdevents/spec at v0.5.1,
//! unchanged, under its licence), and against our own.

use adjutant_announce::{
    Announcement, AnnouncementId, AnnouncementKind, Receiver, ReceiverFormat, ServiceAnnouncement,
    read_receivers,
};
use adjutant_domain::{Digest, Timestamp, Verdict};
use adjutant_report::announcement::message;
use adjutant_report::schema::Published;
use adjutant_rollout::{Exposure, RecoveryTimes, RolloutId, RolloutReason, RolloutWeight};
use jsonschema::Registry;
use serde_json::Value;

use crate::schemas::is_valid;

const LINKS: [(&str, &str); 4] = [
    (
        "embeddedlinksarray",
        include_str!("../cdevents/links/embeddedlinksarray.json"),
    ),
    (
        "embeddedlinkend",
        include_str!("../cdevents/links/embeddedlinkend.json"),
    ),
    (
        "embeddedlinkpath",
        include_str!("../cdevents/links/embeddedlinkpath.json"),
    ),
    (
        "embeddedlinkrelation",
        include_str!("../cdevents/links/embeddedlinkrelation.json"),
    ),
];

fn version(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

/// One announcement of each kind, with the schema that holds for its CDEvent.
fn each() -> Vec<(Announcement, &'static str)> {
    const CUSTOM: &str = include_str!("../cdevents/custom.json");
    let service = || "shop/search é".replace(' ', "-").parse().unwrap();
    let rollout = Some(RolloutId::from_number(3));
    let exposure = Exposure {
        weight: RolloutWeight::from_percent(12.5).unwrap(),
        mirror: RolloutWeight::NONE,
    };
    let reasons = || vec![RolloutReason::LooksExhausted];
    let because = || Some("carts \"are\"\nempty".to_owned());
    let commit = "0123456789abcdef0123456789abcdef01234567";
    vec![
        (
            Announcement::Service(ServiceAnnouncement::RolloutStarted {
                service: service(),
                rollout,
                candidate: version(2),
                live: version(1),
            }),
            CUSTOM,
        ),
        (
            Announcement::Service(ServiceAnnouncement::RolloutAdvanced {
                service: service(),
                rollout,
                candidate: version(2),
                exposure,
                reasons: reasons(),
                because: None,
            }),
            CUSTOM,
        ),
        (
            Announcement::Service(ServiceAnnouncement::RolloutPaused {
                service: service(),
                rollout,
                candidate: version(2),
                exposure,
                reasons: reasons(),
                because: None,
            }),
            CUSTOM,
        ),
        (
            Announcement::Service(ServiceAnnouncement::ServiceDeployed {
                service: service(),
                rollout,
                version: version(1),
            }),
            include_str!("../cdevents/servicedeployed.json"),
        ),
        (
            Announcement::Service(ServiceAnnouncement::ServiceUpgraded {
                service: service(),
                rollout,
                version: version(2),
                from: version(1),
            }),
            include_str!("../cdevents/serviceupgraded.json"),
        ),
        (
            Announcement::Service(ServiceAnnouncement::ServiceRolledBack {
                service: service(),
                rollout: None,
                from: version(2),
                version: version(1),
                reasons: reasons(),
                because: because(),
            }),
            include_str!("../cdevents/servicerolledback.json"),
        ),
        (
            Announcement::Service(ServiceAnnouncement::IncidentOpened {
                incident: "search:17".parse().unwrap(),
                rollout,
                version: version(2),
                reasons: reasons(),
                because: because(),
            }),
            include_str!("../cdevents/incidentdetected.json"),
        ),
        (
            Announcement::Service(ServiceAnnouncement::IncidentRecovered {
                incident: "search:17".parse().unwrap(),
                version: version(1),
                times: RecoveryTimes {
                    exposed_ms: 1,
                    decision_ms: 20,
                    actuation_ms: 300,
                    verification_ms: 4_000,
                },
            }),
            include_str!("../cdevents/incidentresolved.json"),
        ),
        (
            Announcement::GateDecided {
                gate: "release".parse().unwrap(),
                verdict: Verdict::PauseAndFix,
                record: version(9),
            },
            include_str!("../cdevents/testsuiterunfinished.json"),
        ),
        (
            Announcement::TaskDone {
                task: "T-12".parse().unwrap(),
                title: "Bound the cache".to_owned(),
                merged: commit.parse().unwrap(),
            },
            include_str!("../cdevents/changemerged.json"),
        ),
        (
            Announcement::TaskHandedOff {
                task: "T-13".parse().unwrap(),
                title: "x".repeat(50_000),
                from: "T-12".parse().unwrap(),
                role: Some("qa".parse().unwrap()),
            },
            include_str!("../cdevents/ticketupdated.json"),
        ),
    ]
}

fn receiver(format: ReceiverFormat) -> Receiver {
    let text = format!(
        "[announce.chat]\nurl = \"https://x.org\"\nsecret_env = \"S\"\nformat = \"{}\"\n",
        format.name()
    );
    read_receivers("adjutant.toml", &text).unwrap().remove(0)
}

fn told(format: ReceiverFormat, announcement: &Announcement) -> String {
    let id = AnnouncementId::of_entry("00", 0);
    let at = Timestamp::from_unix_millis(1_700_000_000_123);
    let message = message(&receiver(format), &id, at, announcement).unwrap();
    assert!(message.body.len() < 20_000, "{}", message.body.len());
    message.body
}

fn errors(schema: &str, event: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut registry = Registry::new();
    for (name, link) in LINKS {
        let link: Value = serde_json::from_str(link).unwrap();
        let uri = format!("https://cdevents.dev/0.5.1/schema/links/{name}");
        registry = registry.add(uri, link).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let options = jsonschema::options();
    let options = options
        .with_registry(&registry)
        .should_validate_formats(true);
    let validator = options.build(&schema).unwrap();
    let errors = validator.iter_errors(event);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn every_kind_is_a_valid_cdevent_in_a_valid_cloudevent() {
    let kinds: Vec<_> = each().iter().map(|(one, _)| one.kind()).collect();
    assert_eq!(kinds, AnnouncementKind::ALL, "every kind has its case");
    for (announcement, schema) in each() {
        let text = told(ReceiverFormat::CdEvents, &announcement);
        let cloud: Value = serde_json::from_str(&text).unwrap();
        let event = &cloud["data"];
        assert_eq!(errors(schema, event), Vec::<String>::new(), "{text}");
        for (outer, inner) in [
            ("id", &event["context"]["id"]),
            ("source", &event["context"]["source"]),
            ("type", &event["context"]["type"]),
            ("time", &event["context"]["timestamp"]),
            ("subject", &event["subject"]["id"]),
        ] {
            assert_eq!(&cloud[outer], inner, "{outer} of {text}");
        }
        assert_eq!(cloud["specversion"], "1.0");
    }
}

#[test]
fn an_event_that_lacks_what_the_schema_needs_is_found() {
    for (announcement, schema) in each() {
        let text = told(ReceiverFormat::CdEvents, &announcement);
        let cloud: Value = serde_json::from_str(&text).unwrap();
        let mut event = cloud["data"].clone();
        event["subject"].as_object_mut().unwrap().remove("content");
        assert_ne!(errors(schema, &event), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn plain_messages_follow_the_published_schema() {
    for (announcement, _) in each() {
        let text = told(ReceiverFormat::Plain, &announcement);
        is_valid(Published::Announcement, announcement.kind().name(), &text);
    }
}

#[test]
fn messages_look_like_this() {
    let mut all = String::new();
    for (announcement, _) in each() {
        let mut event: Value =
            serde_json::from_str(&told(ReceiverFormat::CdEvents, &announcement)).unwrap();
        if event["data"]["customData"]["title"]
            .as_str()
            .is_some_and(|title| title.len() > 99)
        {
            event["data"]["customData"]["title"] = "[LONG]".into();
            event["data"]["subject"]["content"]["summary"] = "[LONG]".into();
        }
        all.push_str(&format!("{:#}\n", event["data"]));
    }
    insta::assert_snapshot!(all);
}
