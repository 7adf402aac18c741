//! What a server says about what it does by itself.

use adjutant_app::ReconcileNews;
use adjutant_objective::ObjectiveStanding;
use adjutant_report::{Terminal, objective, rollout};

use super::announce;
use crate::failure::chain;
use crate::streams;

pub(super) fn tell(news: ReconcileNews<'_>) {
    match news {
        ReconcileNews::Passed(_) => {}
        ReconcileNews::Failed {
            reconciler,
            service,
            error,
            again,
        } => {
            let whose = service.map_or_else(String::new, |service| format!(" of {service}"));
            streams::warn(&format!(
                "{}{whose}: {}; again in {} s",
                reconciler.name(),
                chain(error),
                again.as_secs()
            ));
        }
        ReconcileNews::Delivery(news) => announce::tell_trouble(news),
        ReconcileNews::Service(seen) => {
            if let Some(trouble) = &seen.trouble {
                streams::warn(&format!("{}: {trouble}; it is told again", seen.service));
            }
            if let Some(last) = &seen.last {
                let plan = seen.rollout.as_ref().map(|rollout| &rollout.basis.plan);
                let line = rollout::line(last.at, &last.record.told, plan);
                streams::tell(&format!("{}: {}", seen.service, line.trim()));
            }
        }
        ReconcileNews::Objective(standing) => tell_standing(standing),
        ReconcileNews::Forgotten(forgotten) => streams::tell(&format!(
            "forgot {} messages that were received, and {} answers, all older than eight days",
            forgotten.messages, forgotten.answers
        )),
    }
}

fn tell_standing(standing: &ObjectiveStanding) {
    let text = objective::human(std::slice::from_ref(standing), Terminal::PLAIN);
    streams::tell(text.trim_end());
}
