//! How a server is reached, where an address may name several of which one takes writes.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use crate::DatabaseError;

/// How long a host may take to answer, where the address does not say so.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// How long a host that answered may take to let us in. One that hangs does neither, nor refuses.
const LET_IN_WITHIN: Duration = Duration::from_secs(3);

/// A connection that is cut has to be noticed in seconds: by this side when what it sent is not
/// acknowledged for so long, or when a silent server does not answer the kernel's questions.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_millis(1_500);
const SILENT_MAX: Duration = Duration::from_secs(1);

/// Connects to the first host of an address that lets us in and takes writes. Without TLS: the
/// server is on this machine or on a network that is trusted.
pub(super) async fn connect(
    url: &str,
) -> Result<(Client, Connection<Socket, NoTlsStream>), DatabaseError> {
    let config: Config = url.parse()?;
    let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
    let mut refused = DatabaseError::Silent;
    // Without any host, the driver says so.
    for host in (0..hosts.max(1)).map(|place| only(&config, place)) {
        match timeout(within(&host), host.connect(NoTls)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => refused = error.into(),
            Err(_late) => refused = DatabaseError::Silent,
        }
    }
    Err(refused)
}

/// How long a host may take in all.
fn within(host: &Config) -> Duration {
    host.get_connect_timeout()
        .copied()
        .unwrap_or(CONNECT_WITHIN)
        + LET_IN_WITHIN
}

/// One host of several, so that each has its time. The driver can only add hosts, so everything else
/// is taken over.
fn only(all: &Config, place: usize) -> Config {
    let mut one = Config::new();
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(name) = all.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    one.application_name(all.get_application_name().unwrap_or("adjutant"));
    match all.get_hosts().get(place) {
        Some(Host::Tcp(name)) => one.host(name),
        Some(Host::Unix(folder)) => one.host_path(folder),
        None => &mut one,
    };
    if let Some(address) = all.get_hostaddrs().get(place) {
        one.hostaddr(*address);
    }
    let ports = all.get_ports();
    if let Some(port) = ports.get(place).or(ports.first()) {
        one.port(*port);
    }
    one.ssl_mode(all.get_ssl_mode())
        .connect_timeout(all.get_connect_timeout().copied().unwrap_or(CONNECT_WITHIN))
        // A standby lets everybody in, and so does a server that one took the place of.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .tcp_user_timeout(UNACKNOWLEDGED_MAX)
        .keepalives_idle(SILENT_MAX)
        .keepalives_interval(SILENT_MAX)
        .keepalives_retries(2);
    one
}

/// The address as it may be shown: what stands between `//` and `@` is left out.
pub(crate) fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (Some(_) | None, None) if !url.contains("password") => url.to_owned(),
        (Some(_) | None, Some(_) | None) => "(an address with a password)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_tried_with_everything_that_the_address_says() {
        let more = "?options=-c%20geqo%3Doff&connect_timeout=7&application_name=mine";
        let of_hosts = |hosts: &str| -> Config {
            let url = format!("postgres://ada:secret@{hosts}/team{more}");
            url.parse().unwrap()
        };
        let both = of_hosts("first:1,%2Frun%2Fsecond:2");
        for (place, host) in ["first:1", "%2Frun%2Fsecond:2"].into_iter().enumerate() {
            let alone = of_hosts(host);
            assert_eq!(only(&both, place), only(&alone, 0));
            let target = only(&both, place).get_target_session_attrs();
            assert_eq!(target, TargetSessionAttrs::ReadWrite);
            assert_eq!(within(&only(&both, place)), Duration::from_secs(10));
        }
        let told = format!("{:?}", only(&both, 1));
        for part in ["ada", "team", "geqo=off", "mine", "/run/second", "2"] {
            assert!(told.contains(part), "{told}");
        }
    }
}
