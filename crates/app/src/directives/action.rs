//! What a directive does.

use std::collections::BTreeMap;
use std::future::pending;
use std::path::Path;
use std::time::Duration;

use adjutant_domain::{RunId, ServiceName, Verdict, sha256};
use adjutant_outbound::process::{self, End, Invocation, KeepOutput, Keeper};
use adjutant_outbound::{clock, files};
use adjutant_report::deployment::{self, Deployment};
use adjutant_report::rollout;
use adjutant_rollout::{RolloutId, RolloutPlan};
use adjutant_store::DirectiveAttempt;
use adjutant_work::directive::{
    Collect, Deploy, Directive, DirectiveAction, Experiment, ProgramRun, ReportOrder, UsedEvidence,
};

use super::{DirectivesError, Work};
use crate::{
    AddError, AddRequest, ControlEnd, DecisionRecord, GateRequest, NamedSource, NewVersion,
    RolloutRequest, RolloutStart, WhileWaiting, add_evidence, control, find_policy,
    judged_artifact, last_decision, read_rollout_plan, run_gate, start_rollout,
};

/// How much of a program's output is kept.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// How much of it a result shows.
const SHOWN_CHARACTERS: usize = 200;

/// How long a program has to end by itself when its time is up.
const GRACE: Duration = Duration::from_secs(5);

/// What came of an action.
pub(super) struct Acted {
    pub(super) carried_out: bool,
    pub(super) result: String,
    pub(super) evidence: Vec<UsedEvidence>,
}

impl Acted {
    fn failed(result: impl ToString) -> Self {
        Self {
            carried_out: false,
            result: result.to_string(),
            evidence: vec![],
        }
    }
}

/// How a program ended, and what it said.
pub(super) struct RanProgram {
    pub(super) succeeded: bool,
    pub(super) result: String,
    pub(super) evidence: UsedEvidence,
}

impl Work<'_> {
    /// Carries an action out. `left` takes what is to be kept.
    pub(super) async fn act(
        &self,
        directive: &Directive,
        attempt: &DirectiveAttempt,
        left: &mut Vec<Vec<u8>>,
    ) -> Result<Acted, DirectivesError> {
        match &directive.action {
            DirectiveAction::Command(program) | DirectiveAction::SmokeTest(program) => {
                let ran = self.run_program(program, attempt, left).await?;
                Ok(Acted {
                    carried_out: ran.succeeded,
                    result: ran.result,
                    evidence: vec![ran.evidence],
                })
            }
            DirectiveAction::CollectBaseline(collect) => self.collect(collect, attempt, left).await,
            DirectiveAction::Experiment(experiment) => {
                self.experiment(experiment, attempt, left).await
            }
            DirectiveAction::GenerateReport(order) => self.report_on(order).await,
            DirectiveAction::Deploy(deploy) => self.deploy(deploy).await,
        }
    }

    /// Runs a program in the top folder of the repository. It learns which directive it serves, so
    /// that what it does outside can be done once though it is begun again.
    pub(super) async fn run_program(
        &self,
        program: &ProgramRun,
        attempt: &DirectiveAttempt,
        left: &mut Vec<Vec<u8>>,
    ) -> Result<RanProgram, DirectivesError> {
        let scratch = files::scratch_folder().map_err(DirectivesError::Scratch)?;
        let environment = self.request.environment.clone();
        let key = format!("{}@{}", attempt.directive, attempt.digest.short());
        let invocation = Invocation {
            keeper: Keeper::ThisProgram,
            argv: program.command.iter().map(Into::into).collect(),
            folder: self.home.top.clone(),
            environment: environment
                .with("ADJUTANT_DIRECTIVE", attempt.directive.as_str())
                .with("ADJUTANT_IDEMPOTENCY_KEY", key),
            time_max: program.time_max,
            grace: GRACE,
        };
        let keep = KeepOutput {
            file: scratch.path().join("output"),
            bytes_max: OUTPUT_BYTES_MAX,
        };
        let ran = process::run(&invocation, &keep, pending()).await?;
        let output = files::read(&keep.file)?.bytes;
        let end = match ran.ended.end {
            End::Exited(code) => format!("code {code}"),
            End::Signaled(signal) => format!("ended by signal {signal}"),
            End::TimedOut => format!("not done after {:?}", program.time_max),
            End::Cancelled => "cancelled".to_owned(),
            End::NotFound => format!("{} is not there", program.command[0]),
            End::NotStarted(error) => format!("cannot be started (error {error})"),
        };
        let said = last_line(&String::from_utf8_lossy(&output));
        left.push(output);
        Ok(RanProgram {
            succeeded: ran.ended.end == End::Exited(0),
            result: said.map_or_else(|| end.clone(), |said| format!("{end}: {said}")),
            evidence: UsedEvidence::Record {
                what: format!("output of {}", program.command[0]),
                artifact: ran.output.digest,
            },
        })
    }

    async fn collect(
        &self,
        collect: &Collect,
        attempt: &DirectiveAttempt,
        left: &mut Vec<Vec<u8>>,
    ) -> Result<Acted, DirectivesError> {
        let program = ProgramRun {
            command: collect.command.clone(),
            time_max: collect.time_max,
        };
        let ran = self.run_program(&program, attempt, left).await?;
        let mut evidence = vec![ran.evidence];
        if !ran.succeeded {
            return Ok(Acted {
                evidence,
                ..Acted::failed(ran.result)
            });
        }
        let run = match &collect.run {
            Some(run) => run.clone(),
            None => match run_of(attempt) {
                Ok(run) => run,
                Err(error) => return Ok(Acted::failed(error)),
            },
        };
        let request = AddRequest {
            sources: collect
                .evidence
                .iter()
                .map(|file| self.home.top.join(file).display().to_string())
                .collect(),
            subject: collect.subject.clone(),
            run: run.clone(),
            format: None,
            named: None,
        };
        let added = match add_evidence(self.store, &request, clock::now()).await {
            Ok(added) => added,
            Err(AddError::Store(error)) => return Err(error.into()),
            Err(AddError::Source(error)) => {
                return Ok(Acted {
                    evidence,
                    ..Acted::failed(error)
                });
            }
        };
        let result = format!("evidence of {run}: {}", collect.evidence.join(", "));
        evidence.extend(added.iter().map(|added| UsedEvidence::Run {
            subject: added.evidence.subject.clone(),
            run: added.evidence.run.clone(),
            artifact: added.evidence.artifact,
        }));
        Ok(Acted {
            carried_out: true,
            result,
            evidence,
        })
    }

    async fn experiment(
        &self,
        experiment: &Experiment,
        attempt: &DirectiveAttempt,
        left: &mut Vec<Vec<u8>>,
    ) -> Result<Acted, DirectivesError> {
        let mut evidence = vec![];
        if let Some(command) = &experiment.command {
            let program = ProgramRun {
                command: command.clone(),
                time_max: experiment.time_max,
            };
            let ran = self.run_program(&program, attempt, left).await?;
            evidence.push(ran.evidence);
            if !ran.succeeded {
                return Ok(Acted {
                    evidence,
                    ..Acted::failed(ran.result)
                });
            }
        }
        let policy = match find_policy(self.home, None, &experiment.gate) {
            Ok(policy) => policy,
            Err(error) => return Ok(Acted::failed(error)),
        };
        let sources: Vec<NamedSource> = experiment
            .evidence
            .iter()
            .map(|source| NamedSource {
                subject: source.subject.clone(),
                what: self.place_of(&source.source),
            })
            .collect();
        let artifact = experiment.artifact.as_ref();
        let artifact = artifact.map(|file| judged_artifact(&self.home.top.join(file)));
        let artifact = match artifact.transpose() {
            Ok(artifact) => artifact,
            Err(error) => return Ok(Acted::failed(error)),
        };
        let request = GateRequest {
            policy: &policy,
            sources: &sources,
            reasons: &BTreeMap::new(),
            artifact: artifact.as_ref(),
        };
        let decided = match run_gate(self.store, &request, clock::now()).await {
            Ok(decided) => decided,
            Err(error) => return Ok(Acted::failed(error)),
        };
        evidence.push(UsedEvidence::Record {
            what: format!("decision of {}", experiment.gate),
            artifact: decided.record,
        });
        let verdict = decided.decision.verdict;
        let reasons = decided.decision.reasons.join("; ");
        Ok(Acted {
            carried_out: verdict == Verdict::Go,
            result: format!("{verdict}: {reasons}"),
            evidence,
        })
    }

    async fn report_on(&self, order: &ReportOrder) -> Result<Acted, DirectivesError> {
        let Some(last) = last_decision(self.store, &order.gate).await? else {
            let gate = &order.gate;
            return Ok(Acted::failed(format!(
                "NO DATA AVAILABLE: {gate} has decided nothing; adjutant gate {gate}"
            )));
        };
        let record = match DecisionRecord::open(self.store, last.record) {
            Ok(record) => record,
            Err(error) => return Ok(Acted::failed(error)),
        };
        let facts = match record.facts(self.store, &record.decision) {
            Ok(facts) => facts,
            Err(error) => return Ok(Acted::failed(error)),
        };
        let shown = Deployment {
            decision: &record.decision,
            record: last.record,
            facts: &facts,
        };
        let mut evidence = vec![];
        for (name, text) in deployment::files(shown).map_err(DirectivesError::Report)? {
            let path = format!("{}/{name}", order.out);
            files::replace(&self.home.top.join(&path), &text)?;
            evidence.push(UsedEvidence::File {
                path,
                digest: sha256::digest_of(text.as_bytes()),
            });
        }
        Ok(Acted {
            carried_out: true,
            evidence,
            result: format!(
                "{} says {}, decided at {}",
                order.gate, last.verdict, last.decided_at
            ),
        })
    }

    /// Rolls a version out and stays until it is decided. A rollout that is under way goes on.
    async fn deploy(&self, deploy: &Deploy) -> Result<Acted, DirectivesError> {
        let Deploy { service, artifact } = deploy;
        let plan = match read_rollout_plan(self.home, service) {
            Ok(plan) => plan,
            Err(error) => return Ok(Acted::failed(error)),
        };
        let version = match files::read(&self.home.top.join(artifact)) {
            Ok(content) => content.bytes,
            Err(error) => return Ok(Acted::failed(error)),
        };
        let digest = sha256::digest_of(&version);
        let request = RolloutRequest {
            service: service.clone(),
            version: NewVersion::Bytes(version),
            plan: plan.clone(),
        };
        let ground = self.request.ground;
        let started = start_rollout(self.store, ground, request, clock::now()).await?;
        let id = match started {
            Ok(
                RolloutStart::Started(id) | RolloutStart::First(id) | RolloutStart::UnderWay(id),
            ) => Some(id),
            Ok(RolloutStart::AlreadyLive) => None,
            Err(refusal) => {
                let remedy = refusal.remedy(service);
                return Ok(Acted::failed(format!("{refusal}. {remedy}")));
            }
        };
        let stay = |_: &_, _: Option<&_>| true;
        let end = control(self.store, ground, service, WhileWaiting::Leave, stay).await?;
        let last = self.store.last_service_event(service).await?;
        let live = last.and_then(|last| last.record.desired.live);
        Ok(Acted {
            carried_out: matches!(end, ControlEnd::Settled(_)) && live == Some(digest),
            result: self.story(service, id, &plan.plan, &end).await?,
            evidence: vec![UsedEvidence::Record {
                what: format!("version of {service}"),
                artifact: digest,
            }],
        })
    }

    /// What became of a rollout, in a line.
    async fn story(
        &self,
        service: &ServiceName,
        id: Option<RolloutId>,
        plan: &RolloutPlan,
        end: &ControlEnd,
    ) -> Result<String, DirectivesError> {
        let Some(id) = id else {
            return Ok("this version is in use already".to_owned());
        };
        let events = self.store.service_events(service, Some(id)).await?;
        let moments = events.iter().map(|event| (event.at, &event.record));
        let story = rollout::story(moments, Some(plan));
        let story = story.unwrap_or_else(|| "NO DATA AVAILABLE".to_owned());
        let next = match end {
            ControlEnd::Waits(_) => format!(
                "; a person has to look: adjutant rollout status {service}; adjutant run goes on \
                 after adjutant rollout resume, promote or abort"
            ),
            ControlEnd::Hindered(hindrance) => {
                format!("; {hindrance}. {}", hindrance.remedy(service))
            }
            ControlEnd::Settled(_) | ControlEnd::Unknown | ControlEnd::Left => String::new(),
        };
        Ok(format!("{id} {story}{next}"))
    }

    /// A source as the repository's top folder sees it; an address stays one.
    fn place_of(&self, source: &str) -> String {
        if adjutant_outbound::inquiry::is_address(source) {
            source.to_owned()
        } else {
            self.home.top.join(Path::new(source)).display().to_string()
        }
    }
}

fn run_of(attempt: &DirectiveAttempt) -> Result<RunId, adjutant_domain::InvalidName> {
    format!("{}-{}", attempt.directive, attempt.attempt).parse()
}

/// The last line that says something, cut to what fits into a table.
fn last_line(text: &str) -> Option<String> {
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(SHOWN_CHARACTERS).collect())
}
