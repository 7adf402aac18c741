use super::*;

fn server(name: &str, address: &str, weight: u16, in_flight: u64) -> Server {
    Server {
        name: name.to_owned(),
        address: address.to_owned(),
        weight,
        in_flight,
        tally: Tally::default(),
    }
}

fn arm(address: &str, percent: f64) -> EngineArm {
    EngineArm {
        address: address.to_owned(),
        weight: adjutant_rollout::RolloutWeight::from_percent(percent).unwrap(),
    }
}

fn order(baseline: &str, candidate: Option<(&str, f64)>) -> EngineOrder {
    EngineOrder {
        generation: 4,
        baseline: arm(
            baseline,
            100.0 - candidate.map_or(0.0, |(_, percent)| percent),
        ),
        candidate: candidate.map(|(address, percent)| arm(address, percent)),
    }
}

fn placed(servers: &[Server; 2], order: &EngineOrder) -> Option<Vec<(String, String, u16)>> {
    let wanted = place(servers, order, true).unwrap()?;
    let told = wanted.map(|place| (place.server, place.address, place.weight));
    Some(told.to_vec())
}

fn told(places: &[(&str, &str, u16)]) -> Option<Vec<(String, String, u16)>> {
    let told = places
        .iter()
        .map(|(server, address, weight)| ((*server).to_owned(), (*address).to_owned(), *weight));
    Some(told.collect())
}

#[test]
fn a_version_keeps_its_place_and_the_next_one_gets_the_other() {
    let servers = [server("blue", "h:1", 1, 9), server("green", "h:2", 0, 0)];
    assert_eq!(
        placed(&servers, &order("h:1", Some(("h:3", 5.0)))),
        told(&[("blue", "h:1", 19), ("green", "h:3", 1)])
    );
    // It completed: the version in use stands in the second place now.
    let servers = [server("blue", "h:1", 0, 0), server("green", "h:3", 1, 9)];
    assert_eq!(
        placed(&servers, &order("h:3", None)),
        told(&[("green", "h:3", 1), ("blue", "h:1", 0)])
    );
    assert_eq!(
        placed(&servers, &order("h:3", Some(("h:4", 50.0)))),
        told(&[("green", "h:3", 1), ("blue", "h:4", 1)])
    );
}

#[test]
fn a_place_with_requests_of_an_earlier_version_is_waited_for_but_not_by_a_rollback() {
    let servers = [server("blue", "h:1", 1, 9), server("green", "h:2", 0, 3)];
    assert_eq!(placed(&servers, &order("h:1", Some(("h:3", 5.0)))), None);
    assert_eq!(
        placed(&servers, &order("h:1", None)),
        told(&[("blue", "h:1", 1), ("green", "h:2", 0)])
    );
}

#[test]
fn what_rises_is_told_before_what_falls() {
    let plan = HaproxyPlan {
        socket: "/run/h.sock".to_owned(),
        backend: "search".to_owned(),
        servers: ["blue".to_owned(), "green".to_owned()],
    };
    let servers = [server("blue", "h:1", 0, 0), server("green", "h:2", 1, 0)];
    let wanted = place(&servers, &order("h:1", None), true).unwrap().unwrap();
    assert_eq!(
        commands(&plan, &servers, &wanted),
        "set server search/blue state ready;set server search/blue weight 1;\
         set server search/green weight 0"
    );
    assert_eq!(variable(&plan), "proc.adjutant_search");
}

#[test]
fn counts_that_began_anew_are_no_window() {
    let before = Tally {
        requests: 10,
        failures: 1,
        chosen: 10,
    };
    assert_eq!(Tally::default().since(before), None);
    assert_eq!(before.since(before), Some(Tally::default()));

    let tallied = |tally: Tally| {
        let names = ["blue", "green"].into_iter();
        let servers = names.map(|name| Server {
            tally,
            ..server(name, "h:1", 1, 0)
        });
        <[Server; 2]>::try_from(servers.collect::<Vec<_>>()).unwrap()
    };
    let place = Place {
        address: "h:1".to_owned(),
        weight: 1,
        before,
    };
    let standing = |baseline: &str, candidate: Option<&str>| Standing {
        generation: 7,
        baseline: baseline.to_owned(),
        candidate: candidate.map(str::to_owned),
        servers: [
            ("blue".to_owned(), place.clone()),
            ("green".to_owned(), place.clone()),
        ]
        .into(),
    };
    for (standing, tally, holds) in [
        (standing("blue", Some("green")), before, true),
        (standing("blue", None), before, true),
        (standing("blue", Some("green")), Tally::default(), false),
        (standing("gone", None), before, false),
        (standing("blue", Some("gone")), before, false),
    ] {
        let servers = tallied(tally);
        assert_eq!(standing.holds(&servers), holds, "{standing:?}");
        assert_eq!(standing.window(&servers).is_some(), holds, "{standing:?}");
    }
}

#[test]
fn a_value_is_one_word_and_reads_back() {
    let standing = Standing {
        generation: 7,
        baseline: "blue".to_owned(),
        candidate: None,
        servers: BTreeMap::new(),
    };
    let word = runtime::value(&standing).unwrap();
    assert!(word.chars().all(|c| c.is_ascii_hexdigit()), "{word}");
    let answer = format!("proc.x: type=str value=<{word}>\n\n");
    assert_eq!(
        runtime::value_of(&answer, "proc.x").unwrap(),
        Some(standing)
    );
    let nothing = runtime::value_of::<Standing>("Variable not found.\n\n", "proc.x");
    assert_eq!(nothing.unwrap(), None);
    for answer in [
        "Permission denied\n",
        "proc.x: type=str value=<zz>",
        "proc.x: type=sint",
    ] {
        assert!(
            runtime::value_of::<Standing>(answer, "proc.x").is_err(),
            "{answer}"
        );
    }
}
