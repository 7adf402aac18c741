//! `adjutant vote`: casting, listing, showing.

use adjutant_app::{FilledBallot, ListedVote, VoteRefusal, VoteRequest, Voting};
use adjutant_gate::{Ballot, Vote};
use adjutant_outbound::clock;
use adjutant_store::{StoredVote, SubjectPage};

use super::policy;
use crate::arguments::{
    BallotArgument, CastArguments, Format, ListVotesArguments, ShowVoteArguments, VoteArguments,
    VoteCommand,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;
use adjutant_wire::{RefusedVoteJson, VoteJson, vote_refusal};

pub(super) fn run(arguments: VoteArguments, settings: &Settings) -> Result<Exit, Failure> {
    match arguments.command {
        Some(VoteCommand::List(arguments)) => list(&arguments, settings),
        Some(VoteCommand::Show(arguments)) => show(&arguments, settings),
        None => cast(&arguments.cast, settings),
    }
}

fn cast(arguments: &CastArguments, settings: &Settings) -> Result<Exit, Failure> {
    let missing = || Failure::usage("the vote is not filled in", "See adjutant vote --help.");
    let home = find_home(settings)?;
    let request = VoteRequest {
        policy: &policy::policy_of(&home, &arguments.gate, arguments.policy.as_deref())?,
        role: arguments.role.as_ref().ok_or_else(missing)?,
        about: arguments.about.as_deref().ok_or_else(missing)?,
        ballot: filled(arguments, arguments.ballot.ok_or_else(missing)?)?,
    };
    let voting = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::cast_vote(&store, &request, clock::now()).await?)
    })?;
    let format = arguments.format.format;
    match voting {
        Voting::Cast { vote, replaced } => told(&vote, replaced.as_deref(), format),
        Voting::Refused(refusal) => refused(&refusal, format),
    }
}

fn filled(arguments: &CastArguments, ballot: BallotArgument) -> Result<FilledBallot<'_>, Failure> {
    let because = arguments.because.as_deref().map(str::trim);
    let ballot = match (ballot, because) {
        (BallotArgument::Evaluate, None) if arguments.evidence.is_empty() => {
            return Ok(FilledBallot::ByEvaluator);
        }
        (BallotArgument::Evaluate, _) => {
            return Err(Failure::usage(
                "an evaluator says itself why, and from which evidence",
                "Leave out --because and --evidence, or cast a vote of your own.",
            ));
        }
        (BallotArgument::Go, _) => Ballot::Go,
        (BallotArgument::NoGo, _) => Ballot::NoGo,
        (BallotArgument::Abstain, _) => Ballot::Abstain,
    };
    if ballot == Ballot::Go && arguments.evidence.is_empty() {
        return Err(Failure::usage(
            "a GO names what it rests on",
            "Add --evidence ID; adjutant evidence list says what there is.",
        ));
    }
    let because = because
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Failure::usage("a vote needs words", "Say why: --because \"…\"."))?;
    Ok(FilledBallot::ByPerson {
        ballot,
        because,
        evidence: &arguments.evidence,
    })
}

fn told(
    stored: &StoredVote,
    replaced: Option<&StoredVote>,
    format: Format,
) -> Result<Exit, Failure> {
    match format {
        Format::Json => streams::print_json(&VoteJson::cast(stored))?,
        Format::Human => {
            let vote = &stored.vote;
            let instead = replaced.map_or_else(String::new, |old| {
                format!(", in place of vote {} ({})", old.id, old.vote.ballot)
            });
            streams::print(&format!(
                "vote {}: {} says {} about {}{instead}\nbecause   {}\n",
                stored.id, vote.role, vote.ballot, vote.subject, vote.because
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn refused(refusal: &VoteRefusal, format: Format) -> Result<Exit, Failure> {
    let exit = vote_refusal::exit(refusal);
    match format {
        Format::Json => streams::print_json(&RefusedVoteJson::from(refusal))?,
        Format::Human => {
            streams::tell(&format!("refused: {}", vote_refusal::reason(refusal)));
            streams::tell(&format!("next: {}", vote_refusal::next(refusal)));
        }
    }
    Ok(exit)
}

fn list(arguments: &ListVotesArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let listed = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::list_votes(&store, &SubjectPage::whole(arguments.about.as_ref())).await?)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<VoteJson> = listed.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human if listed.is_empty() => {
            streams::tell("NO DATA AVAILABLE: nobody has voted");
            streams::tell("remedy: Run adjutant vote; adjutant vote --help shows how.");
        }
        Format::Human => {
            let head = [
                "vote", "about", "role", "says", "stands", "by", "because", "at",
            ];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(listed.iter().map(row));
            streams::print(&table(&rows))?;
        }
    }
    Ok(Exit::Done)
}

fn row(listed: &ListedVote) -> Vec<String> {
    let vote = &listed.stored.vote;
    vec![
        listed.stored.id.to_string(),
        vote.subject.to_string(),
        vote.role.to_string(),
        vote.ballot.to_string(),
        stands(listed),
        vote.source.to_string(),
        vote.because.clone(),
        vote.at.to_string(),
    ]
}

fn stands(listed: &ListedVote) -> String {
    match (listed.stored.replaced_by, listed.is_stale) {
        (Some(later), _) => format!("no: vote {later} replaced it"),
        (None, true) => "no: there is newer evidence".to_owned(),
        (None, false) => "yes".to_owned(),
    }
}

fn show(arguments: &ShowVoteArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let found = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::show_vote(&store, arguments.id).await?)
    })?;
    let found = found.ok_or_else(|| {
        let problem = format!("there is no vote {}", arguments.id);
        Failure::usage(problem, "See adjutant vote list.")
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&VoteJson::from(&found))?,
        Format::Human => streams::print(&page(&found))?,
    }
    Ok(Exit::Done)
}

fn page(listed: &ListedVote) -> String {
    let vote: &Vote = &listed.stored.vote;
    let mut text = format!(
        "vote {}: {} says {} about {}\nbecause   {}\nstands    {}\nby        {}\nat        {}\n",
        listed.stored.id,
        vote.role,
        vote.ballot,
        vote.subject,
        vote.because,
        stands(listed),
        vote.source,
        vote.at,
    );
    for source in &vote.evidence {
        text.push_str(&format!("evidence  {source}\n"));
    }
    for artifact in &vote.seen {
        text.push_str(&format!("had seen  {artifact}\n"));
    }
    if let Some(decision) = vote.decision {
        text.push_str(&format!("decision  {decision}\n"));
    }
    text
}
