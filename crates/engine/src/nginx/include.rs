//! The file that nginx includes, and the line by which its workers say which order they follow.

use adjutant_rollout::{NginxPlan, RolloutWeight};

use crate::order::{EngineArm, EngineOrder};

/// Where the workers say which order they follow.
pub(super) fn socket(plan: &NginxPlan) -> String {
    format!("{}.sock", plan.include)
}

pub(super) fn text(plan: &NginxPlan, service: &str, order: &EngineOrder) -> String {
    let name = format!("adjutant_{service}");
    let baseline = &order.baseline.address;
    let mut text = format!(
        "# Written by Adjutant: generation {}. Whatever is changed here is overwritten.\n\
         upstream {name}_baseline {{ server {baseline}; keepalive 64; }}\n",
        order.generation
    );
    let mut split = String::new();
    if let Some(candidate) = &order.candidate {
        text.push_str(&format!(
            "upstream {name}_candidate {{ server {}; keepalive 64; }}\n",
            candidate.address
        ));
        let points = candidate.weight.basis_points();
        if candidate.weight == RolloutWeight::ALL {
            split = format!("* {name}_candidate;");
        } else if points > 0 {
            let (whole, rest) = (points / 100, points % 100);
            split = format!("{whole}.{rest:02}% {name}_candidate; ");
        }
    }
    if order.candidate.as_ref().map(|arm| arm.weight) != Some(RolloutWeight::ALL) {
        split.push_str(&format!("* {name}_baseline;"));
    }
    let format = format!(
        "$msec {} ${name}_arm $status $request_time",
        order.generation
    );
    text.push_str(&format!(
        "split_clients $request_id ${name} {{ {split} }}\n\
         map ${name} ${name}_arm {{ {name}_candidate candidate; default baseline; }}\n\
         log_format {name} '{format}';\n\
         server {{ listen unix:{}; access_log off; location / {{ return 200 \"{}\"; }} }}\n",
        socket(plan),
        line(order)
    ));
    text
}

/// An order in one line: the generation, and address and weight of each version.
pub(super) fn line(order: &EngineOrder) -> String {
    let arms = order
        .arms()
        .map(|arm| format!(" {} {}", arm.address, arm.weight.basis_points()));
    format!("{}{}", order.generation, arms.collect::<String>())
}

/// The order of such a line.
pub(super) fn order_of(line: &str) -> Option<EngineOrder> {
    let mut words = line.split(' ');
    let generation = words.next()?.parse().ok()?;
    let mut arms = Vec::new();
    while let Some(address) = words.next() {
        let points: u16 = words.next()?.parse().ok()?;
        arms.push(EngineArm {
            address: address.to_owned(),
            weight: RolloutWeight::try_from(points).ok()?,
        });
    }
    let mut arms = arms.into_iter();
    let order = EngineOrder {
        generation,
        baseline: arms.next()?,
        candidate: arms.next(),
    };
    arms.next().is_none().then_some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> NginxPlan {
        NginxPlan {
            program: "nginx".to_owned(),
            config: "/etc/nginx/nginx.conf".to_owned(),
            pid: "/run/nginx.pid".to_owned(),
            include: "/etc/nginx/adjutant/search.conf".to_owned(),
            access_log: "/var/log/nginx/search.log".to_owned(),
        }
    }

    fn order(candidate: Option<f64>) -> EngineOrder {
        let arm = |port: u16, percent: f64| EngineArm {
            address: format!("127.0.0.1:{port}"),
            weight: RolloutWeight::from_percent(percent).unwrap(),
        };
        EngineOrder {
            generation: 7,
            baseline: arm(8001, 100.0 - candidate.unwrap_or_default()),
            candidate: candidate.map(|percent| arm(8002, percent)),
        }
    }

    #[test]
    fn the_split_says_exactly_what_the_order_does() {
        for (candidate, split) in [
            (None, "{ * adjutant_search_baseline; }"),
            (Some(0.0), "{ * adjutant_search_baseline; }"),
            (
                Some(5.0),
                "{ 5.00% adjutant_search_candidate; * adjutant_search_baseline; }",
            ),
            (
                Some(0.07),
                "{ 0.07% adjutant_search_candidate; * adjutant_search_baseline; }",
            ),
            (Some(100.0), "{ * adjutant_search_candidate; }"),
        ] {
            let text = text(&plan(), "search", &order(candidate));
            let expected = format!("split_clients $request_id $adjutant_search {split}");
            assert!(text.contains(&expected), "{text}");
        }
    }

    #[test]
    fn an_order_reads_back_from_its_line() {
        for candidate in [None, Some(0.0), Some(33.33), Some(100.0)] {
            let order = order(candidate);
            assert_eq!(order_of(&line(&order)), Some(order));
        }
        for line in [
            "",
            "7",
            "x h:1 1",
            "7 h:1",
            "7 h:1 10001",
            "7 h:1 1 h:2 1 h:3 1",
        ] {
            assert_eq!(order_of(line), None, "{line}");
        }
    }
}
