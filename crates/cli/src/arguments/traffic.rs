//! `adjutant traffic`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, FormatArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum TrafficCommand {
    /// Serves clients until it is told to end (SIGTERM): a process of its own.
    Serve(ServeTrafficArguments),
    /// Shows what a proxy does and what it measured.
    Status(TrafficStatusArguments),
    /// Changes arms, weights, stickiness, mirroring, without dropping a request.
    Set(Box<SetTrafficArguments>),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant traffic serve --listen 127.0.0.1:8080 --control traffic.sock
  adjutant traffic serve --listen 0.0.0.0:8080 --control /run/shop/traffic.sock --workers 4

What it does comes over the control socket (adjutant traffic set) and is kept beside it: a proxy
that was killed comes back to the same arms and weights. Until the first is given, it answers 503.")]
pub(crate) struct ServeTrafficArguments {
    /// Where clients come.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// The control socket; only its owner can open it.
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: PathBuf,
    /// Threads that serve clients; as many as there are cores when it is not given.
    #[arg(long, value_name = "THREADS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// Passes on what clients say about those before them (X-Forwarded-*): behind another proxy.
    #[arg(long)]
    pub(crate) trust_forwarded: bool,
    /// How long the end waits for the last requests.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub(crate) drain: u32,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant traffic status --control traffic.sock
  adjutant traffic status --control traffic.sock --format json

Exits with 20 when the proxy has no arm yet, or nobody answers.")]
pub(crate) struct TrafficStatusArguments {
    /// The proxy's control socket.
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant traffic set --control traffic.sock --arm baseline=127.0.0.1:8001
  adjutant traffic set --control traffic.sock --arm candidate=127.0.0.1:8002,127.0.0.1:8003
  adjutant traffic set --control traffic.sock --weight candidate=10%
  adjutant traffic set --control traffic.sock --mirror baseline=candidate --allow 'GET /search*'
  adjutant traffic set --control traffic.sock --sticky-cookie session
  adjutant traffic set --control traffic.sock --file desired.json

What is not named stays as it is. One arm that --weight does not name gets the rest. Exits with 40
when somebody else changed the state meanwhile.")]
pub(crate) struct SetTrafficArguments {
    /// The proxy's control socket.
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: PathBuf,
    /// A whole state as JSON, with its generation, in place of changes.
    #[arg(long, value_name = "FILE", exclusive = false,
          conflicts_with_all = ["arm", "build", "weight", "remove", "sticky_cookie",
                                "sticky_header", "no_sticky", "mirror", "no_mirror"])]
    pub(crate) file: Option<PathBuf>,
    /// An arm with its addresses.
    #[arg(long, value_name = "NAME=HOST:PORT[,…]", value_parser = addresses)]
    pub(crate) arm: Vec<(String, Vec<String>)>,
    /// Which build an arm runs: measurements of two builds are never mixed.
    #[arg(long, value_name = "NAME=BUILD", value_parser = pair)]
    pub(crate) build: Vec<(String, String)>,
    /// An arm's part of the traffic.
    #[arg(long, value_name = "NAME=PERCENT", value_parser = weight)]
    pub(crate) weight: Vec<(String, u32)>,
    /// An arm that goes.
    #[arg(long, value_name = "NAME")]
    pub(crate) remove: Vec<String>,
    /// Keeps clients on their arm by this cookie, which the proxy gives to those without.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sticky_header", "no_sticky"])]
    pub(crate) sticky_cookie: Option<String>,
    /// Keeps clients on their arm by this header.
    #[arg(long, value_name = "NAME", conflicts_with = "no_sticky")]
    pub(crate) sticky_header: Option<String>,
    /// Splits every request on its own.
    #[arg(long)]
    pub(crate) no_sticky: bool,
    /// Asks requests of the first arm again of the second; nobody sees the answers.
    #[arg(long, value_name = "FROM=TO", value_parser = pair, requires = "allow",
          conflicts_with = "no_mirror")]
    pub(crate) mirror: Option<(String, String)>,
    /// What may be mirrored: a safe method and a path, with * at the end for anything.
    #[arg(long, value_name = "METHOD PATH", requires = "mirror")]
    pub(crate) allow: Vec<String>,
    /// An arm that is asked as well, for the noise floor: the baseline once more.
    #[arg(long, value_name = "NAME", requires = "mirror")]
    pub(crate) again: Option<String>,
    /// How many of the requests that may be mirrored are.
    #[arg(long, value_name = "PERCENT", requires = "mirror", value_parser = percent,
          default_value = "100%")]
    pub(crate) share: u32,
    /// A path that is not compared, such as body.took_ms.
    #[arg(long, value_name = "PATH", requires = "mirror")]
    pub(crate) ignore: Vec<String>,
    /// Ends mirroring.
    #[arg(long)]
    pub(crate) no_mirror: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

fn pair(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        Some(_) | None => Err("write NAME=VALUE".to_owned()),
    }
}

fn addresses(argument: &str) -> Result<(String, Vec<String>), String> {
    let (name, addresses) = pair(argument)?;
    Ok((name, addresses.split(',').map(str::to_owned).collect()))
}

fn weight(argument: &str) -> Result<(String, u32), String> {
    let (name, percentage) = pair(argument)?;
    Ok((name, percent(&percentage)?))
}

/// Per cent with at most two decimals, in basis points.
fn percent(argument: &str) -> Result<u32, String> {
    let problem = "write per cent with at most two decimals, such as 2.5%";
    let number = argument.strip_suffix('%').ok_or(problem)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_short = matches!(decimals.len(), 1 | 2);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_short || !digits(whole) || !digits(decimals) || whole.len() > 3 {
        return Err(problem.to_owned());
    }
    let padded = format!("{whole}{decimals:0<2}");
    let points: u32 = padded.parse().map_err(|_unreadable| problem)?;
    if points > 10_000 {
        return Err("it is more than the whole".to_owned());
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_are_basis_points() {
        for (text, expected) in [
            ("10%", 1_000),
            ("2.5%", 250),
            ("0.01%", 1),
            ("100%", 10_000),
        ] {
            assert_eq!(percent(text), Ok(expected), "{text}");
        }
        for text in ["10", "%", "-1%", "1.234%", "101%", "1e2%", "1.%", ".5%"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }
}
