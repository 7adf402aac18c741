//! What the proxy is told to do: arms with their addresses and weights, stickiness, mirroring,
//! limits, and a generation that only rises.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::Confidence;
use adjutant_shadow::ShadowRules;
use serde::{Deserialize, Serialize};

/// A longer text is no desired state: 64 addresses for each of 16 arms fit many times.
pub const DESIRED_BYTES_MAX: usize = 256 * 1024;

/// The weights of all arms together: basis points.
pub const WEIGHT_WHOLE: u32 = 10_000;

/// The largest whole number that every reader of JSON keeps.
const GENERATION_MAX: u64 = 1 << 53;
const ARMS_MAX: usize = 16;
const UPSTREAMS_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 200;
const RULES_MAX: usize = 256;
const MILLIS_MAX: u64 = 24 * 3_600 * 1_000;
const MIRROR_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
const MIRRORS_IN_FLIGHT_MAX: usize = 4_096;

/// The whole of what the proxy shall do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesiredTraffic {
    /// Rises with every change; an older one is refused.
    pub generation: u64,
    /// Who answers, and how much of the traffic; the weights add up to [`WEIGHT_WHOLE`].
    pub arms: Vec<TrafficArm>,
    /// What keeps a client on its arm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<StickyRule>,
    /// What is asked of another arm as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<MirrorRule>,
    /// How long the proxy waits.
    #[serde(default)]
    pub patience: Patience,
}

/// One version of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficArm {
    /// `baseline`, `candidate`, or a name of the user's.
    pub name: String,
    /// Which build this is, such as its digest: measurements of two builds are never mixed.
    #[serde(default)]
    pub version: String,
    /// `host:port`, asked in turns.
    pub upstreams: Vec<String>,
    /// What the upstreams speak.
    #[serde(default)]
    pub protocol: UpstreamProtocol,
    /// Its part of the traffic in basis points.
    pub weight: u32,
}

/// What an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 without TLS, by prior knowledge.
    Http2,
}

/// What keeps a client on its arm: the same key stays there for as long as only that arm's weight
/// grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum StickyRule {
    /// A cookie's value.
    Cookie {
        /// The cookie's name.
        name: String,
        /// Whether the proxy gives one to a client without.
        #[serde(default)]
        issue: bool,
    },
    /// A header's value.
    Header {
        /// The header's name.
        name: String,
    },
}

/// What is asked of another arm as well, without anyone seeing its answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorRule {
    /// The arm whose requests are asked again.
    pub from: String,
    /// The arm that is asked.
    pub to: String,
    /// An arm that is asked for the noise floor: the baseline itself, or a second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// How many of the requests that may be mirrored are, in basis points.
    #[serde(default = "whole")]
    pub share: u32,
    /// `METHOD PATH` each, with a safe method; a `*` at the end of the path stands for anything.
    pub allow: Vec<String>,
    /// A longer answer is not compared.
    #[serde(default = "mirror_body_bytes")]
    pub body_bytes_max: usize,
    /// More than this many mirrored requests are not asked at the same time, in each worker.
    #[serde(default = "mirrors_in_flight")]
    pub in_flight_max: usize,
    /// How much more often than the noise floor the answers may disagree, as a share.
    #[serde(default = "regression")]
    pub regression_max: f64,
    /// Paths that are not compared, such as `headers.x-request-id`; `headers.date` never is.
    #[serde(default)]
    pub ignore: BTreeSet<String>,
    /// Relative tolerances of numbers.
    #[serde(default)]
    pub tolerances: BTreeMap<String, f64>,
    /// Arrays whose order means nothing.
    #[serde(default)]
    pub unordered: BTreeSet<String>,
}

/// How long the proxy waits, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patience {
    /// For a connection to an upstream.
    pub connect_ms: u64,
    /// For the head of a response, from when the request was sent.
    pub response_ms: u64,
    /// Between two pieces of a body.
    pub idle_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect_ms: 1_000,
            response_ms: 30_000,
            idle_ms: 60_000,
        }
    }
}

fn whole() -> u32 {
    WEIGHT_WHOLE
}

fn mirror_body_bytes() -> usize {
    1024 * 1024
}

fn mirrors_in_flight() -> usize {
    64
}

fn regression() -> f64 {
    ShadowRules::default().regression_max
}

/// A text that is no desired state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {problem}")]
pub struct InvalidDesired {
    /// Where, as a JSON pointer; empty for the whole text.
    pub pointer: String,
    /// What is wrong there.
    pub problem: String,
}

impl DesiredTraffic {
    /// Reads a desired state.
    ///
    /// # Errors
    /// When it is too long, no JSON, of another shape, or contradicts itself.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidDesired> {
        if bytes.len() > DESIRED_BYTES_MAX {
            return Err(invalid(
                "",
                format!("it is longer than {DESIRED_BYTES_MAX} bytes"),
            ));
        }
        let desired: Self =
            serde_json::from_slice(bytes).map_err(|error| invalid("", error.to_string()))?;
        desired.check()?;
        Ok(desired)
    }

    /// The arm of this name.
    pub fn arm(&self, name: &str) -> Option<&TrafficArm> {
        self.arms.iter().find(|arm| arm.name == name)
    }

    /// Whether it holds together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), InvalidDesired> {
        if !(1..=GENERATION_MAX).contains(&self.generation) {
            let problem = format!("it is not 1 to {GENERATION_MAX}");
            return Err(invalid("/generation", problem));
        }
        if self.arms.is_empty() || self.arms.len() > ARMS_MAX {
            return Err(invalid("/arms", format!("there are 1 to {ARMS_MAX} arms")));
        }
        let mut names = BTreeSet::new();
        for (at, arm) in self.arms.iter().enumerate() {
            arm.check(&format!("/arms/{at}"))?;
            if !names.insert(arm.name.as_str()) {
                let problem = format!("there are two arms {}", arm.name);
                return Err(invalid(format!("/arms/{at}/name"), problem));
            }
        }
        let sum: u64 = self.arms.iter().map(|arm| u64::from(arm.weight)).sum();
        if sum != u64::from(WEIGHT_WHOLE) {
            let problem = format!("the weights add up to {sum}, not to {WEIGHT_WHOLE}");
            return Err(invalid("/arms", problem));
        }
        if let Some(sticky) = &self.sticky {
            sticky.check()?;
        }
        if let Some(mirror) = &self.mirror {
            mirror.check(&names)?;
        }
        self.patience.check()
    }
}

impl TrafficArm {
    fn check(&self, at: &str) -> Result<(), InvalidDesired> {
        check_name(&self.name, &format!("{at}/name"))?;
        if self.version.len() > NAME_BYTES_MAX || self.version.contains(char::is_control) {
            return Err(invalid(format!("{at}/version"), "it is not a short text"));
        }
        if self.upstreams.is_empty() || self.upstreams.len() > UPSTREAMS_MAX {
            let problem = format!("there are 1 to {UPSTREAMS_MAX} addresses");
            return Err(invalid(format!("{at}/upstreams"), problem));
        }
        for (number, upstream) in self.upstreams.iter().enumerate() {
            if !is_address(upstream) {
                let problem = format!("{upstream:?} is not host:port");
                return Err(invalid(format!("{at}/upstreams/{number}"), problem));
            }
        }
        Ok(())
    }
}

impl StickyRule {
    fn check(&self) -> Result<(), InvalidDesired> {
        let (StickyRule::Cookie { name, .. } | StickyRule::Header { name }) = self;
        if name.len() > NAME_BYTES_MAX || hyper::header::HeaderName::try_from(name).is_err() {
            return Err(invalid("/sticky/name", format!("{name:?} is not a name")));
        }
        Ok(())
    }
}

impl MirrorRule {
    /// Mirrors all that is allowed from one arm to another, with the usual bounds.
    pub fn between(from: String, to: String, allow: Vec<String>) -> Self {
        Self {
            from,
            to,
            again: None,
            share: whole(),
            allow,
            body_bytes_max: mirror_body_bytes(),
            in_flight_max: mirrors_in_flight(),
            regression_max: regression(),
            ignore: BTreeSet::new(),
            tolerances: BTreeMap::new(),
            unordered: BTreeSet::new(),
        }
    }

    fn check(&self, arms: &BTreeSet<&str>) -> Result<(), InvalidDesired> {
        let named = [
            ("from", Some(&self.from)),
            ("to", Some(&self.to)),
            ("again", self.again.as_ref()),
        ];
        for (key, name) in named {
            if let Some(name) = name.filter(|name| !arms.contains(name.as_str())) {
                return Err(invalid(
                    format!("/mirror/{key}"),
                    format!("there is no arm {name}"),
                ));
            }
        }
        if self.from == self.to {
            return Err(invalid("/mirror/to", "it is the arm that is mirrored"));
        }
        if self.share > WEIGHT_WHOLE {
            return Err(invalid("/mirror/share", "it is more than the whole"));
        }
        if self.allow.is_empty() || self.allow.len() > RULES_MAX {
            let problem = "it lists what may be mirrored, as in [\"GET /search*\"]";
            return Err(invalid("/mirror/allow", problem));
        }
        for (at, allowed) in self.allow.iter().enumerate() {
            if MirrorAllowance::of(allowed).is_none() {
                let problem = format!("{allowed:?} is not GET, HEAD or OPTIONS with a path");
                return Err(invalid(format!("/mirror/allow/{at}"), problem));
            }
        }
        if self.body_bytes_max > MIRROR_BODY_BYTES_MAX {
            let problem = format!("it is more than {MIRROR_BODY_BYTES_MAX}");
            return Err(invalid("/mirror/body_bytes_max", problem));
        }
        if self.in_flight_max == 0 || self.in_flight_max > MIRRORS_IN_FLIGHT_MAX {
            let problem = format!("it is not 1 to {MIRRORS_IN_FLIGHT_MAX}");
            return Err(invalid("/mirror/in_flight_max", problem));
        }
        self.check_comparison()
    }

    fn check_comparison(&self) -> Result<(), InvalidDesired> {
        if !(0.0..1.0).contains(&self.regression_max) {
            return Err(invalid("/mirror/regression_max", "it is not 0 to 1"));
        }
        if self
            .tolerances
            .values()
            .any(|share| !(0.0..=1.0).contains(share))
        {
            return Err(invalid("/mirror/tolerances", "one is not 0 to 1"));
        }
        if self.tolerances.len() + self.ignore.len() + self.unordered.len() > RULES_MAX {
            return Err(invalid(
                "/mirror",
                format!("there are more than {RULES_MAX} rules"),
            ));
        }
        match self.rules().misplaced_path() {
            Some(path) => {
                let problem = format!("{path} does not begin with status, headers or body");
                Err(invalid("/mirror", problem))
            }
            None => Ok(()),
        }
    }

    /// How the answers are compared.
    pub(crate) fn rules(&self) -> ShadowRules {
        let mut ignored = self.ignore.clone();
        ignored.insert("headers.date".to_owned());
        ShadowRules {
            regression_max: self.regression_max,
            confidence: Confidence::TWO_SIDED_95,
            tolerances: self.tolerances.clone(),
            texts: BTreeMap::new(),
            unordered: self.unordered.clone(),
            ignored,
            // Answers to one request are fed together.
            window: 4,
        }
    }
}

/// A method and a path that may be mirrored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MirrorAllowance {
    method: hyper::Method,
    path: String,
    is_prefix: bool,
}

impl MirrorAllowance {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let (method, path) = text.split_once(' ')?;
        let method = hyper::Method::from_bytes(method.as_bytes()).ok()?;
        let is_safe = matches!(
            method,
            hyper::Method::GET | hyper::Method::HEAD | hyper::Method::OPTIONS
        );
        let (path, is_prefix) = match path.strip_suffix('*') {
            Some(path) => (path, true),
            None => (path, false),
        };
        let is_path = path.starts_with('/') && !path.contains(['*', ' ']);
        (is_safe && is_path && path.len() <= NAME_BYTES_MAX).then(|| Self {
            method,
            path: path.to_owned(),
            is_prefix,
        })
    }

    pub(crate) fn permits(&self, method: &hyper::Method, path: &str) -> bool {
        let is_path = if self.is_prefix {
            path.starts_with(&self.path)
        } else {
            path == self.path
        };
        is_path && *method == self.method
    }
}

impl Patience {
    fn check(self) -> Result<(), InvalidDesired> {
        let each = [self.connect_ms, self.response_ms, self.idle_ms];
        if each.iter().any(|millis| !(1..=MILLIS_MAX).contains(millis)) {
            return Err(invalid("/patience", "each is 1 ms to a day"));
        }
        Ok(())
    }
}

fn check_name(name: &str, at: &str) -> Result<(), InvalidDesired> {
    let is_name = !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !is_name {
        let problem = format!("{name:?} is not a name of letters, digits, dots, _ and -");
        return Err(invalid(at, problem));
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let is_host = !host.is_empty()
        && host.len() <= NAME_BYTES_MAX
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c));
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn invalid(pointer: impl Into<String>, problem: impl Into<String>) -> InvalidDesired {
    InvalidDesired {
        pointer: pointer.into(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests;
