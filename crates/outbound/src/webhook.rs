//! Sends a message to a receiver. Redirects are not followed, no proxy is taken from the
//! environment, and a name that leads to an address of this machine or its network is not called:
//! such an address has to stand in the settings itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use adjutant_announce::{ReceiverAnswer, retry_after};
use adjutant_domain::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, redirect};
use tracing::{Instrument, info_span};

use crate::inquiry::{self, InquiryError};
use crate::{telemetry, trace_context};

/// A receiver that does not take a connection by then is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The time that Standard Webhooks recommends to give a receiver.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest `Retry-After` that is read: a date has 29 bytes.
const RETRY_AFTER_BYTES_MAX: usize = 64;

/// A message with its signature.
#[derive(Debug, Clone, Copy)]
pub struct Webhook<'a> {
    /// Where it is sent.
    pub url: &'a str,
    /// What the receiver knows it by.
    pub id: &'a str,
    /// When this attempt is made, in seconds of Unix.
    pub seconds: i64,
    /// The signature over id, time and body.
    pub signature: &'a str,
    /// What the body is.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a str,
}

/// Sends messages.
#[derive(Debug, Clone)]
pub struct WebhookClient(Client);

impl WebhookClient {
    /// A client for any number of receivers.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, InquiryError> {
        inquiry::provide_tls();
        Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(PublicNames))
            .user_agent(concat!("adjutant/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(InquiryError::Client)
    }

    /// Sends a message once, and tells what came back. The body of the answer is not read.
    pub async fn send(&self, webhook: Webhook<'_>, now: Timestamp) -> ReceiverAnswer {
        let request = self
            .0
            .post(webhook.url)
            .header(CONTENT_TYPE, webhook.content_type)
            .header("webhook-id", webhook.id)
            .header("webhook-timestamp", webhook.seconds)
            .header("webhook-signature", webhook.signature)
            .body(webhook.body.to_owned());
        let span = info_span!("webhook", otel.kind = "client", webhook.id = webhook.id);
        let context = span.in_scope(telemetry::current);
        let request = match context {
            Some(context) => request.header(trace_context::HEADER, context.to_string()),
            None => request,
        };
        match request.send().instrument(span).await {
            Ok(response) => {
                let asked = response.headers().get(RETRY_AFTER);
                let asked = asked.filter(|asked| asked.len() <= RETRY_AFTER_BYTES_MAX);
                let wait = asked.and_then(|asked| retry_after(asked.to_str().ok()?, now));
                ReceiverAnswer::Answered {
                    status: response.status().as_u16(),
                    retry_after_ms: wait.and_then(|wait| i64::try_from(wait.as_millis()).ok()),
                }
            }
            Err(error) => ReceiverAnswer::Unanswered(words(error)),
        }
    }
}

/// Why nobody answered, without the address: its path may be a secret.
fn words(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Resolves names, and refuses those that lead to an address of this machine or its network.
#[derive(Debug)]
struct PublicNames;

/// A name that leads where only a written address may.
#[derive(Debug, thiserror::Error)]
#[error(
    "{name} leads to {address}, which is not public: write the address itself where that is meant"
)]
struct NotPublic {
    name: String,
    address: IpAddr,
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let names_itself = name.as_str() == "localhost";
            let may_be_called =
                |address: IpAddr| is_public(address) || (names_itself && address.is_loopback());
            let mut addresses = found.iter().map(SocketAddr::ip);
            let inside = addresses.find(|address| !may_be_called(*address));
            match inside {
                Some(address) => {
                    let name = name.as_str().to_owned();
                    Err(NotPublic { name, address }.into())
                }
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

/// Whether an address is one of the internet, and not of a machine, a link, or a private network
/// (the special-purpose registries of IANA).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            let embedded = address.to_ipv4_mapped().or_else(|| translated(address));
            match embedded {
                Some(embedded) => is_public_v4(embedded),
                None => is_public_v6(address),
            }
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = a == 192 && b == 0 && c == 0;
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 224
        || is_shared
        || is_protocol
        || is_benchmark
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    let is_documentation = first == 0x2001 && address.segments()[1] == 0xdb8;
    // Everything public is in 2000::/3 (global unicast).
    first & 0xe000 == 0x2000 && !is_documentation
}

/// The IPv4 address that NAT64 or 6to4 makes of an IPv6 address.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let (high, low) = match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    Some(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_inside_is_refused_unless_it_says_so_itself() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let found = |name: &str| runtime.block_on(PublicNames.resolve(name.parse().unwrap()));
        assert!(found("localhost").is_ok());
        // The same name to a resolver, and not the one that says what it is.
        let refused = found("LOCALHOST").err().unwrap().to_string();
        assert!(refused.contains("which is not public"), "{refused}");
    }

    #[test]
    fn addresses_of_machines_links_and_private_networks_are_not_public() {
        for (text, expected) in [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("127.8.8.8", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700::1111", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::a9fe:a9fe", false),
            ("2002:7f00:1::", false),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
        }
    }
}
