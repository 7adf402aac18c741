//! Prints how the built-in gates behave where the truth is known: the table of `docs/gates.md`.

use adjutant_gate::{BUILT_IN, Rate, read_policies, self_test};

#[allow(clippy::print_stdout, reason = "an example prints its result")]
fn main() {
    let seeds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000);
    for (name, text) in BUILT_IN {
        let policies = read_policies(text).map_or_else(|_| vec![], |read| read.policies);
        for policy in &policies {
            let tested = self_test(policy, seeds, &mut |_, _| {});
            println!("\n{name}: may vote: {}\n", tested.has_vote);
            println!("| criterion | false alarm | false pass | planted | found | good | passed |");
            println!("|---|---|---|---|---|---|---|");
            for one in tested.criteria {
                println!(
                    "| {} | {} | {} | {} | {} | {} | {} |",
                    one.id,
                    share(one.false_alarm),
                    share(one.false_pass),
                    one.planted,
                    share(one.power),
                    one.good,
                    share(one.passes_good)
                );
            }
        }
    }
}

fn share(rate: Rate) -> String {
    match rate.interval {
        Some(_) if rate.trials == 1 => if rate.events == 1 { "yes" } else { "no" }.to_owned(),
        Some(interval) => format!(
            "{:.1} % [{:.1}, {:.1}]",
            100.0 * rate.events as f64 / rate.trials as f64,
            100.0 * interval.low(),
            100.0 * interval.high()
        ),
        None => "not tried".to_owned(),
    }
}
