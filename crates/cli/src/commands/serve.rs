//! `adjutant serve` and `adjutant up`: the HTTP API, until it is told to end.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use adjutant_api::{MadeToken, Reconcilers, ServeSettings};
use adjutant_app::Home;
use adjutant_outbound::{clock, huge_pages, lock};
use adjutant_store::Store;
use adjutant_work::access::Bearer;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{init, reconciling};
use crate::arguments::{Format, ServeArguments, UpArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store, this_program};
use crate::runtime::complete;
use crate::settings::{self, Settings};
use crate::streams;

/// Where a server is looked for first.
const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7117);

/// How long a taken address is waited for. What a killed server was just starting holds its address until
/// it runs as its own program.
const HELD: Duration = Duration::from_secs(1);

/// How often it is tried meanwhile.
const NEXT_TRY: Duration = Duration::from_millis(20);

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
    let home = find_home(settings)?;
    let mut serving = served(home)?;
    serving.hosts.clone_from(&arguments.hosts);
    if arguments.no_reconcile {
        serving.reconcilers = None;
    }
    complete(true, async {
        let listening = listen_once_free(arguments.listen).await?;
        serve_at(listening, serving, arguments.format.format).await
    })
}

/// Everything on one machine, with nothing to configure.
pub(super) fn up(arguments: &UpArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    if let Some(server) = running(&home)? {
        return complete(settings.database_url.is_some(), async {
            streams::tell(&format!("a server runs already: {server}"));
            let store = open_store(&home).await?;
            tell(&store, &server, None, arguments.format.format).await?;
            Ok(Exit::Done)
        });
    }
    if home.settings.is_none() {
        init::begin_settings(&home)?;
    }
    let serving = served(find_home(settings)?)?;
    complete(true, async {
        let listening = match arguments.listen {
            Some(at) => listen_once_free(at).await?,
            None => match listen(USUAL).await {
                Ok(listening) => listening,
                // Another repository's server, most likely.
                Err(_taken) => {
                    let any = SocketAddr::new(USUAL.ip(), 0);
                    listen(any).await.map_err(|error| unheard(any, &error))?
                }
            },
        };
        serve_at(listening, serving, arguments.format.format).await
    })
}

/// What a server of this home is made of.
fn served(home: Home) -> Result<ServeSettings, Failure> {
    if let Err(error) = huge_pages::do_without() {
        streams::tell(&format!(
            "the server may hold more memory than it needs: {error}"
        ));
    }
    Ok(ServeSettings {
        home,
        program: this_program()?,
        environment: settings::program_environment(),
        hosts: Vec::new(),
        reconcilers: Some(Reconcilers {
            secret: settings::secret,
            tell: reconciling::tell,
        }),
        tell_failure: streams::tell_failure,
    })
}

async fn serve_at(
    (listener, address): Listening,
    serving: ServeSettings,
    format: Format,
) -> Result<Exit, Failure> {
    let (told_to_stop, stop) = watch::channel(false);
    let mut serving_on = std::pin::pin!(async {
        let server = format!("http://{address}");
        let store = open_store(&serving.home).await?;
        let token = first_token(&store).await?;
        // Another server of this state may have the sign; both serve.
        let mut sign = lock::try_hold(&sign_of(&serving.home)).map_err(unsigned)?;
        if let Some(sign) = &mut sign {
            sign.tell(&server).map_err(unsigned)?;
        }
        tell(&store, &server, token, format).await?;
        drop(store);
        let served = adjutant_api::serve(listener, address, serving, stop).await;
        drop(sign);
        served
    });
    tokio::select! {
        ended = serving_on.as_mut() => return ended.map(|()| Exit::Done),
        told = told_to_end() => told?,
    }
    told_to_stop.send_replace(true);
    serving_on.await?;
    Ok(Exit::Done)
}

/// The file that says where the server of a state is, locked while it runs.
fn sign_of(home: &Home) -> PathBuf {
    home.state.folder.join("server.lock")
}

fn unsigned(error: std::io::Error) -> Failure {
    Failure::machine(
        format!("where the server is cannot be told or read: {error}"),
        "Check the permissions and the free space of the state's folder.",
    )
}

/// Where a server of this state runs.
fn running(home: &Home) -> Result<Option<String>, Failure> {
    let told = lock::told_by_holder(&sign_of(home)).map_err(unsigned)?;
    // One that starts at this moment has told nothing yet.
    Ok(told.filter(|server| !server.is_empty()))
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

type Listening = (TcpListener, SocketAddr);

async fn listen(at: SocketAddr) -> std::io::Result<Listening> {
    let listener = TcpListener::bind(at).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn listen_once_free(at: SocketAddr) -> Result<Listening, Failure> {
    let began = Instant::now();
    loop {
        match listen(at).await {
            Ok(listening) => return Ok(listening),
            Err(error) if error.kind() == ErrorKind::AddrInUse && began.elapsed() < HELD => {
                sleep(NEXT_TRY).await;
            }
            Err(error) => return Err(unheard(at, &error)),
        }
    }
}

fn unheard(at: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::usage(
        format!("nothing can listen at {at}: {error}"),
        "Name another address with --listen.",
    )
}

/// Says where it serves, and how to get in.
async fn tell(
    store: &Store,
    server: &str,
    first: Option<MadeToken>,
    format: Format,
) -> Result<(), Failure> {
    let code = adjutant_api::make_link(store, clock::now()).await?;
    let link = format!("{server}/open?code={code}");
    let token = first.as_ref().map(|made| made.secret.as_str());
    match format {
        Format::Json => streams::print_json_line(&ServingJson {
            server,
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
async fn first_token(store: &Store) -> Result<Option<MadeToken>, Failure> {
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
