//! What is counted is what happened.

use adjutant_traffic::TrafficLane;

use crate::stage::{Proxy, Upstream, arm, desired, respond};

#[test]
fn requests_bytes_and_latencies_are_counted_by_arm_and_build() {
    let upstream = Upstream::start(|received, stream| respond(stream, 200, "", &received.body));
    let proxy = Proxy::start();
    for (generation, version) in [(1, "v1"), (2, "v2")] {
        let mut only = arm("baseline", &upstream, 10_000);
        only.version = version.to_owned();
        proxy.apply(&desired(generation, vec![only]));
        let mut client = proxy.connect();
        for _ in 0..10 * generation {
            client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nfour");
            assert_eq!(client.reply().unwrap().text(), "four");
        }
    }
    let measurements = proxy.measurements();
    let arms: Vec<_> = measurements
        .minutes
        .iter()
        .flat_map(|minute| &minute.arms)
        .collect();
    for (version, expected) in [("v1", 10), ("v2", 20)] {
        let mine = || arms.iter().filter(|arm| arm.version == version);
        assert!(mine().all(|arm| arm.lane == TrafficLane::Live && arm.name == "baseline"));
        for count in [
            mine().map(|arm| arm.started).sum::<u64>(),
            mine().map(|arm| arm.ended).sum(),
            mine().map(|arm| arm.statuses[1]).sum(),
            mine().map(|arm| arm.whole_ms.0.count()).sum(),
            mine().map(|arm| arm.head_ms.0.count()).sum(),
            mine().map(|arm| arm.request_bytes / 4).sum(),
            mine().map(|arm| arm.response_bytes / 4).sum(),
        ] {
            assert_eq!(count, expected, "{version}");
        }
    }
}

#[test]
fn without_an_arm_every_request_is_503_and_counted() {
    let proxy = Proxy::start();
    assert_eq!(proxy.get("/").status, 503);
    let observed = proxy.observe();
    assert_eq!((observed.unrouted, observed.desired), (1, None));
    assert!(proxy.measurements().minutes.is_empty());
}
