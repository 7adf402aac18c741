//! `adjutant serve`: the HTTP API, until it is told to end.

use std::net::SocketAddr;

use adjutant_api::{MadeToken, Reconcilers, ServeSettings};
use adjutant_app::Home;
use adjutant_outbound::clock;
use adjutant_work::access::Bearer;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{complete, find_home, open_store, reconciling, this_program};
use crate::arguments::{Format, ServeArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{self, Settings};
use crate::streams;

#[derive(Serialize)]
struct ServingJson<'a> {
    server: &'a str,
    /// Opens the dashboard once.
    link: &'a str,
    /// An administrator's token; only at the first start.
    token: Option<&'a str>,
}

pub(super) fn serve(arguments: &ServeArguments, settings: &Settings) -> Result<Exit, Failure> {
    refuse_others(arguments)?;
    let serving = ServeSettings {
        home: find_home(settings)?,
        program: this_program()?,
        environment: settings::program_environment(),
        hosts: arguments.hosts.clone(),
        reconcilers: (!arguments.no_reconcile).then_some(Reconcilers {
            secret: settings::secret,
            tell: reconciling::tell,
            tell_failure: streams::tell_failure,
        }),
    };
    complete(true, async {
        let (listener, address) = listen(arguments.listen).await?;
        let (told_to_stop, stop) = watch::channel(false);
        let mut serving_on = std::pin::pin!(async {
            tell(&serving.home, address, arguments.format.format).await?;
            adjutant_api::serve(listener, address, serving, stop).await
        });
        tokio::select! {
            ended = serving_on.as_mut() => return ended.map(|()| Exit::Done),
            told = told_to_end() => told?,
        }
        told_to_stop.send_replace(true);
        serving_on.await?;
        Ok(Exit::Done)
    })
}

/// Whoever serves a network says so.
fn refuse_others(arguments: &ServeArguments) -> Result<(), Failure> {
    if arguments.listen.ip().is_loopback() || arguments.beyond_this_machine {
        return Ok(());
    }
    Err(Failure::usage(
        format!(
            "{} can be reached from other machines",
            arguments.listen.ip()
        ),
        "Listen at 127.0.0.1 behind a proxy with TLS; or add --beyond-this-machine, and know that \
         tokens travel unencrypted.",
    ))
}

async fn listen(at: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let refused = |error: std::io::Error| {
        Failure::usage(
            format!("nothing can listen at {at}: {error}"),
            "Name another address with --listen.",
        )
    };
    let listener = TcpListener::bind(at).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Says where it serves, and how to get in.
async fn tell(home: &Home, address: SocketAddr, format: Format) -> Result<(), Failure> {
    let store = open_store(home).await?;
    let first = first_token(&store).await?;
    let server = format!("http://{address}");
    let code = adjutant_api::make_link(&store, clock::now()).await?;
    let link = format!("{server}/open?code={code}");
    let token = first.as_ref().map(|made| made.secret.as_str());
    match format {
        Format::Json => streams::print_json_line(&ServingJson {
            server: &server,
            link: &link,
            token,
        }),
        Format::Human => {
            let mut text = format!("serving {server}\nopen once {link}\n");
            if let Some(token) = token {
                text.push_str(&format!("administrator's token, shown only now: {token}\n"));
            }
            streams::print(&text)
        }
    }
}

/// At the first start there is no token yet.
async fn first_token(store: &adjutant_store::Store) -> Result<Option<MadeToken>, Failure> {
    if !adjutant_api::list_tokens(store).await?.is_empty() {
        return Ok(None);
    }
    let name = "admin".parse()?;
    adjutant_api::make_token(store, name, Bearer::Admin, None, clock::now()).await
}

async fn told_to_end() -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::machine(format!("signals cannot be heard: {error}"), "Try again.")
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
