//! `adjutant token`: making, listing, revoking; and a link to the dashboard.

use adjutant_outbound::clock;
use adjutant_wire::AccessTokenJson;
use adjutant_work::access::{AccessToken, Bearer};
use serde::Serialize;

use crate::arguments::{
    CreateTokenArguments, Format, FormatArguments, LinkArguments, RevokeTokenArguments,
    TokenCommand,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

#[derive(Serialize)]
struct MadeTokenJson<'a> {
    #[serde(flatten)]
    token: AccessTokenJson<'a>,
    /// Shown once, and kept nowhere.
    secret: &'a str,
}

pub(super) fn run(command: TokenCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Create(arguments) => create(arguments, settings),
        TokenCommand::List(arguments) => list(arguments, settings),
        TokenCommand::Revoke(arguments) => revoke(&arguments, settings),
        TokenCommand::Link(arguments) => link(&arguments, settings),
    }
}

fn create(arguments: CreateTokenArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let now = clock::now();
    let expires_at = arguments.expires.map(|time| now.after(time));
    let bearer = match (arguments.agent, arguments.role) {
        (Some(agent), Some(role)) => Bearer::Agent { agent, role },
        _ if arguments.admin => Bearer::Admin,
        _ => Bearer::Reader,
    };
    let name = arguments.name;
    let made = complete(settings.database_url.is_some(), async {
        if let Bearer::Agent { role, .. } = &bearer {
            adjutant_app::role_named(&home, role)?;
        }
        let store = open_store(&home).await?;
        adjutant_api::make_token(&store, name.clone(), bearer, expires_at, now).await
    })?;
    let made = made.ok_or_else(|| {
        Failure::usage(
            format!("there is a token {name} already"),
            "Use another name; a name is not used twice, so that the journal stays clear.",
        )
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&MadeTokenJson {
            token: AccessTokenJson::of(&made.token, now),
            secret: &made.secret,
        })?,
        Format::Human => {
            streams::tell(&format!(
                "token {} of {}; its secret is shown only now",
                made.token.name,
                made.token.bearer.told()
            ));
            streams::print(&format!("{}\n", made.secret))?;
        }
    }
    Ok(Exit::Done)
}

fn list(arguments: FormatArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let tokens = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        adjutant_api::list_tokens(&store).await
    })?;
    let now = clock::now();
    match arguments.format {
        Format::Json => {
            let json: Vec<_> = tokens
                .iter()
                .map(|token| AccessTokenJson::of(token, now))
                .collect();
            streams::print_json(&json)?;
        }
        Format::Human if tokens.is_empty() => {
            streams::tell("NO DATA AVAILABLE: no token was made yet");
            streams::tell("remedy: Run adjutant token create NAME --agent AGENT --role ROLE.");
        }
        Format::Human => {
            let head = ["token", "of", "stands", "made", "ends"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(tokens.iter().map(row));
            streams::print(&table(&rows))?;
        }
    }
    Ok(Exit::Done)
}

fn row(token: &AccessToken) -> Vec<String> {
    let ends = token.revoked_at.or(token.expires_at);
    vec![
        token.name.to_string(),
        token.bearer.told(),
        token.standing(clock::now()).name().to_owned(),
        token.created_at.to_string(),
        ends.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

fn revoke(arguments: &RevokeTokenArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let now = clock::now();
    let revoked = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        adjutant_api::revoke_token(&store, &arguments.name, now).await
    })?;
    let revoked = revoked.ok_or_else(|| {
        Failure::usage(
            format!("there is no token {}", arguments.name),
            "See adjutant token list.",
        )
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&AccessTokenJson::of(&revoked, now))?,
        Format::Human => streams::print(&format!("token {} is revoked\n", revoked.name))?,
    }
    Ok(Exit::Done)
}

fn link(arguments: &LinkArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let code = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        adjutant_api::make_link(&store, clock::now()).await
    })?;
    let server = arguments.server.trim_end_matches('/');
    streams::print(&format!("{server}/open?code={code}\n"))?;
    Ok(Exit::Done)
}
