//! Planning, starting and carrying on.

use adjutant_app::{
    ControlEnd, Ground, Home, NewVersion, RolloutRequest, RolloutStart, SeenService, StartRefusal,
    WhileWaiting, control, plan_rollout, read_rollout_plan, start_rollout,
};
use adjutant_domain::ServiceName;
use adjutant_outbound::{clock, files};
use adjutant_report::rollout as written;
use adjutant_rollout::{RecoveryRefusal, RolloutPhase, Turn};
use adjutant_store::Store;
use adjutant_wire::SeenServiceJson;

use super::ground;
use super::status::{Screen, text_of};
use crate::arguments::{Format, RunRolloutArguments, ServiceArguments, StartRolloutArguments};
use crate::commands::announce;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn plan(arguments: &ServiceArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let read = read_rollout_plan(&home, &arguments.service)?;
    let ground = ground(&home, settings)?;
    let planned = complete(true, async {
        Ok(plan_rollout(&ground, &arguments.service, read).await?)
    })?;
    let permitted = planned.recovery.as_ref().map_err(Clone::clone);
    let permitted = permitted.and_then(adjutant_rollout::RecoveryProof::permit);
    for note in &planned.plan.notes {
        streams::warn(&format!("{}: {}", note.pointer, note.note));
    }
    match arguments.format.format {
        Format::Json => streams::print_json(&serde_json::json!({
            "service": arguments.service,
            "plan": planned.plan.plan,
            "run": planned.plan.service,
            "requests_per_second": planned.requests_per_second,
            "recovery": planned.recovery.as_ref().ok(),
            "recovery_ms": planned.recovery.as_ref().ok().and_then(|proof| proof.total_ms()),
            "refused": permitted.as_ref().err().map(written::refusal),
        }))?,
        Format::Human => streams::print(&written::plan(
            &planned.plan.plan,
            planned.requests_per_second,
            &planned.recovery,
            settings.terminal,
        ))?,
    }
    Ok(match permitted {
        Ok(()) => Exit::Done,
        Err(RecoveryRefusal::NoTraffic | RecoveryRefusal::SourceFailed(_)) => Exit::Undecided,
        Err(
            RecoveryRefusal::NeverDetected { .. }
            | RecoveryRefusal::Unmonitored
            | RecoveryRefusal::TooLong { .. },
        ) => Exit::Refused,
    })
}

pub(super) fn start(
    arguments: &StartRolloutArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let request = RolloutRequest {
        service: arguments.service.clone(),
        version: match (&arguments.artifact, &arguments.image) {
            (Some(file), _) => NewVersion::Bytes(files::read(file)?.bytes),
            (None, Some(image)) => NewVersion::Image(image.clone()),
            (None, None) => {
                let remedy = "Give --artifact FILE, or --image NAME for a cluster.";
                return Err(Failure::usage("it is not said which version", remedy));
            }
        },
        plan: read_rollout_plan(&home, &arguments.service)?,
    };
    let ground = ground(&home, settings)?;
    complete(true, async {
        let store = open_store(&home).await?;
        let started = start_rollout(&store, &ground, request, clock::now()).await?;
        match started {
            Ok(started) => streams::tell(&begun(&started)),
            Err(refused) => return Ok(tell_refusal(&arguments.service, &refused, settings)),
        }
        Carrying {
            home: &home,
            store: &store,
            ground: &ground,
            service: &arguments.service,
            is_watched: arguments.watch,
            format: arguments.format.format,
            settings,
        }
        .carry(WhileWaiting::Leave)
        .await
    })
}

pub(super) fn carry_on(
    arguments: &RunRolloutArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ground = ground(&home, settings)?;
    complete(true, async {
        let store = open_store(&home).await?;
        Carrying {
            home: &home,
            store: &store,
            ground: &ground,
            service: &arguments.service,
            is_watched: arguments.watch,
            format: arguments.format.format,
            settings,
        }
        .carry(WhileWaiting::Stay)
        .await
    })
}

fn begun(started: &RolloutStart) -> String {
    match started {
        RolloutStart::Started(id) => format!("{id} begins"),
        RolloutStart::First(id) => {
            format!("{id} begins: the first version, there is nothing to compare it with")
        }
        RolloutStart::UnderWay(id) => format!("{id} is under way; it goes on"),
        RolloutStart::AlreadyLive => "this version is in use already".to_owned(),
    }
}

fn tell_refusal(service: &ServiceName, refused: &StartRefusal, settings: &Settings) -> Exit {
    let failure = Failure::of_start(service, refused);
    let mut problem = failure.problem().to_owned();
    if let StartRefusal::Recovery { why, proof } = refused {
        if let Some(proof) = proof {
            let text = written::worst_case(&Ok(proof.clone()), settings.terminal);
            streams::tell(text.trim_end());
        }
        problem = written::refusal(why);
    }
    streams::tell(&format!("refused: {problem}"));
    streams::tell(&format!("remedy: {}", failure.remedy()));
    failure.exit()
}

/// A service that is carried on.
#[derive(Clone, Copy)]
pub(super) struct Carrying<'a> {
    pub(super) home: &'a Home,
    pub(super) store: &'a Store,
    pub(super) ground: &'a Ground,
    pub(super) service: &'a ServiceName,
    pub(super) is_watched: bool,
    pub(super) format: Format,
    pub(super) settings: &'a Settings,
}

impl Carrying<'_> {
    /// Carries on until it is decided; events on standard error, what is there then on standard
    /// output. What happens is announced beside it.
    pub(super) async fn carry(self, while_waiting: WhileWaiting) -> Result<Exit, Failure> {
        let work = self.to_the_end(while_waiting);
        announce::beside(self.home, self.store, work).await?
    }

    async fn to_the_end(self, while_waiting: WhileWaiting) -> Result<Exit, Failure> {
        let (service, terminal) = (self.service, self.settings.terminal);
        let mut screen = Screen::new(self.is_watched && self.settings.is_watched, terminal);
        let mut told = None;
        let mut warned = None;
        let mut latest: Option<SeenService> = None;
        let tell = |seen: &SeenService, turn: Option<&Turn>| {
            if let Some(last) = &seen.last {
                if screen.is_on() {
                    screen.show(&text_of(seen, turn, terminal));
                } else if told.replace(last.number) != Some(last.number) {
                    let plan = seen.rollout.as_ref().map(|rollout| &rollout.basis.plan);
                    streams::tell(written::line(last.at, &last.record.told, plan).trim_end());
                }
            }
            if let Some(trouble) = &seen.trouble
                && warned.replace(trouble.clone()).as_ref() != Some(trouble)
            {
                streams::warn(&format!("{trouble}; it is tried again"));
            }
            latest = Some(seen.clone());
            true
        };
        let end = control(self.store, self.ground, service, while_waiting, tell).await?;
        if let Some(seen) = &latest {
            match self.format {
                Format::Json => streams::print_json(&SeenServiceJson::of(seen, None))?,
                Format::Human => streams::print(&text_of(seen, None, terminal))?,
            }
        }
        if let ControlEnd::Waits(_) = end {
            streams::warn(&format!(
                "a person has to look, and nobody watches the candidate now: adjutant rollout run \
                 {service} stays and watches"
            ));
        }
        exit_of(service, end)
    }
}

fn exit_of(service: &ServiceName, end: ControlEnd) -> Result<Exit, Failure> {
    Ok(match end {
        ControlEnd::Settled(None | Some(RolloutPhase::Completed)) => Exit::Done,
        ControlEnd::Settled(Some(RolloutPhase::RolledBack | RolloutPhase::Aborted)) => {
            Exit::Rejected
        }
        ControlEnd::Settled(Some(
            RolloutPhase::Progressing | RolloutPhase::Paused | RolloutPhase::PausedToFix,
        ))
        | ControlEnd::Waits(_)
        | ControlEnd::Left => Exit::Undecided,
        ControlEnd::Hindered(hindrance) => {
            return Err(Failure::undecided(&*hindrance, hindrance.remedy(service)));
        }
        ControlEnd::Unknown => {
            return Err(Failure::no_data(
                format!("nothing was ever rolled out of {service}"),
                format!("Begin: adjutant rollout start {service} --artifact FILE."),
            ));
        }
    })
}
