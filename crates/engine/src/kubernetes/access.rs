//! By what right the API server is spoken to: a kubeconfig, or the account of our own pod.

use std::path::{Path, PathBuf};

use adjutant_document::yaml_parts;
use adjutant_outbound::api_server::{ApiCredentials, ApiServer};
use adjutant_rollout::{ClusterAccess, ClusterPlan};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::NAME;
use crate::EngineError;

/// Where a pod finds its account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Where a pod finds the API server.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// The API server of a plan. Its token is read anew each time: tokens of accounts are replaced.
pub(super) fn server(plan: &ClusterPlan) -> Result<ApiServer, EngineError> {
    let (address, credentials) = match &plan.access {
        ClusterAccess::ServiceAccount => (IN_CLUSTER.to_owned(), of_account(Path::new(ACCOUNT))?),
        ClusterAccess::Kubeconfig { path, context } => {
            let path = PathBuf::from(path);
            of_kubeconfig(&read_text(&path)?, &path, context.as_deref())?
        }
    };
    ApiServer::at(&address, credentials).map_err(|error| lack(error.words))
}

fn of_account(folder: &Path) -> Result<ApiCredentials, EngineError> {
    Ok(ApiCredentials {
        authority: Some(read(&folder.join("ca.crt"))?),
        token: Some(read_text(&folder.join("token"))?.trim().to_owned()),
        identity: None,
    })
}

/// Address and credentials of a context.
pub(super) fn of_kubeconfig(
    text: &str,
    path: &Path,
    context: Option<&str>,
) -> Result<(String, ApiCredentials), EngineError> {
    let shown = path.display();
    let parts = yaml_parts(text).map_err(|error| lack(format!("{shown}: {}", error.problem)))?;
    let config = parts.first().map_or(&Value::Null, |part| &part.value);
    let name = match context {
        Some(name) => name,
        None => text_at(config, "/current-context")
            .ok_or_else(|| lack(format!("{shown} has no current-context")))?,
    };
    let context = named(config, "contexts", name, "context")
        .ok_or_else(|| lack(format!("{shown} has no context {name}")))?;
    let of = |list: &str, kind: &str| {
        let wanted = text_at(context, &format!("/{kind}"));
        wanted
            .and_then(|wanted| named(config, list, wanted, kind))
            .ok_or_else(|| lack(format!("context {name} of {shown} has no {kind}")))
    };
    let (cluster, user) = (of("clusters", "cluster")?, of("users", "user")?);
    for (table, key) in [
        (cluster, "insecure-skip-tls-verify"),
        (cluster, "proxy-url"),
        (user, "exec"),
        (user, "auth-provider"),
        (user, "username"),
    ] {
        if table
            .get(key)
            .is_some_and(|value| *value != Value::Bool(false))
        {
            return Err(lack(format!(
                "{shown} says {key}, which is not supported; use a token or a client certificate"
            )));
        }
    }
    let server = text_at(cluster, "/server").ok_or_else(|| lack(format!("{shown}: no server")))?;
    let token = match (text_at(user, "/token"), text_at(user, "/tokenFile")) {
        (Some(token), _) => Some(token.to_owned()),
        (None, Some(file)) => Some(read_text(&beside(path, file))?.trim().to_owned()),
        (None, None) => None,
    };
    let certificate = bytes(user, "client-certificate", path)?;
    let key = bytes(user, "client-key", path)?;
    let identity = certificate.zip(key).map(|(mut pem, key)| {
        pem.push(b'\n');
        pem.extend(key);
        pem
    });
    let credentials = ApiCredentials {
        authority: bytes(cluster, "certificate-authority", path)?,
        token,
        identity,
    };
    Ok((server.to_owned(), credentials))
}

fn text_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

/// The entry of a list of named ones.
fn named<'v>(config: &'v Value, list: &str, name: &str, kind: &str) -> Option<&'v Value> {
    let mut listed = config.get(list)?.as_array()?.iter();
    listed
        .find(|entry| text_at(entry, "/name") == Some(name))?
        .get(kind)
}

/// Bytes that stand in the file itself as base64 (`KEY-data`), or in another one (`KEY`).
fn bytes(table: &Value, key: &str, path: &Path) -> Result<Option<Vec<u8>>, EngineError> {
    let data = format!("{key}-data");
    match (
        text_at(table, &format!("/{data}")),
        text_at(table, &format!("/{key}")),
    ) {
        (Some(text), _) => STANDARD
            .decode(text)
            .map(Some)
            .map_err(|_not_base64| lack(format!("{}: {data} is no base64", path.display()))),
        (None, Some(file)) => read(&beside(path, file)).map(Some),
        (None, None) => Ok(None),
    }
}

/// A path of a kubeconfig is one from its folder.
fn beside(path: &Path, file: &str) -> PathBuf {
    path.parent()
        .map_or_else(|| PathBuf::from(file), |folder| folder.join(file))
}

fn read_text(path: &Path) -> Result<String, EngineError> {
    String::from_utf8(read(path)?)
        .map_err(|_not_text| lack(format!("{} is not UTF-8", path.display())))
}

fn read(path: &Path) -> Result<Vec<u8>, EngineError> {
    std::fs::read(path).map_err(|source| EngineError::File {
        path: path.to_owned(),
        action: "read",
        source,
    })
}

fn lack(lack: String) -> EngineError {
    EngineError::NotSetUp { engine: NAME, lack }
}
