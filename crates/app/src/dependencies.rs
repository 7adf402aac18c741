//! Dependencies: the lockfiles of two versions held against each other, against a database of
//! vulnerabilities, and a configuration against its registration.

use std::path::{Path, PathBuf};

use adjutant_domain::sha256::digest_of;
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::model_file;
use adjutant_supply::{
    DepsFinding, Ecosystem, LockError, Lockfile, OsvDatabase, OsvError, PolicyProblem,
    Registration, align, audit, conflicts, read_conflicts, read_lockfile, registered_digest,
};

/// What to hold against what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepsRequest {
    /// The lockfile in use.
    pub baseline: PathBuf,
    /// The lockfile that asks to replace it.
    pub candidate: PathBuf,
    /// A database of vulnerabilities: an archive, or a folder of records.
    pub osv: Option<PathBuf>,
    /// A file with `[[deps.conflict]]`.
    pub policy: Option<PathBuf>,
    /// A configuration, and where or as what it was registered.
    pub config: Option<(PathBuf, String)>,
}

/// Whether a configuration is the registered one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigStanding {
    /// Its checksum is the registered one.
    Match,
    /// It is another.
    Mismatch {
        /// What was registered.
        registered: String,
    },
    /// The registration does not tell, and why.
    NoData(String),
}

/// A configuration and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedConfig {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256.
    pub digest: String,
    /// How it stands.
    pub standing: ConfigStanding,
}

/// How the candidate's dependencies stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepsAnswer {
    /// Whose packages.
    pub ecosystem: Ecosystem,
    /// How many the baseline has, and the candidate.
    pub packages: [usize; 2],
    /// What changed, and what is known to be bad.
    pub findings: Vec<DepsFinding>,
    /// How many records were searched; `None` when no database was given.
    pub records: Option<usize>,
    /// How many rules of the policy were applied; `None` when there is no policy.
    pub rules: Option<usize>,
    /// The configuration, when one was given.
    pub config: Option<CheckedConfig>,
}

/// Dependencies that cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DepsError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no lockfile.
    #[error("{}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        problem: LockError,
    },
    /// The database cannot be read whole.
    #[error("{}", path.display())]
    Osv {
        /// The database.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        problem: OsvError,
    },
    /// The policy cannot be read.
    #[error("{}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        problem: PolicyProblem,
    },
}

/// Compares two lockfiles, and looks the candidate up where it can be.
///
/// # Errors
/// When a file cannot be read.
pub fn align_dependencies(request: &DepsRequest) -> Result<DepsAnswer, DepsError> {
    let baseline = lockfile(&request.baseline)?;
    let candidate = lockfile(&request.candidate)?;
    let mut findings = align(&baseline, &candidate);
    let database = request.osv.as_deref().map(open_database).transpose()?;
    if let Some(database) = &database {
        findings.extend(audit(&candidate, database));
    }
    let mut rules = None;
    if let Some(path) = &request.policy {
        let content = files::read(path)?;
        let text = String::from_utf8_lossy(&content.bytes);
        let read = read_conflicts(&text).map_err(|problem| DepsError::Policy {
            path: path.clone(),
            problem,
        })?;
        findings.extend(conflicts(&candidate, &read));
        rules = Some(read.len());
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    let config = match &request.config {
        Some((path, registered)) => Some(check_config(path, registered)?),
        None => None,
    };
    Ok(DepsAnswer {
        ecosystem: candidate.ecosystem,
        packages: [baseline.packages.len(), candidate.packages.len()],
        findings,
        records: database.map(|database| database.records()),
        rules,
        config,
    })
}

fn lockfile(path: &Path) -> Result<Lockfile, DepsError> {
    let content = files::read(path)?;
    read_lockfile(&content.name, &content.bytes).map_err(|problem| DepsError::Lock {
        path: path.to_owned(),
        problem,
    })
}

fn open_database(path: &Path) -> Result<OsvDatabase, DepsError> {
    let mut database = OsvDatabase::default();
    let failed = |problem| DepsError::Osv {
        path: path.to_owned(),
        problem,
    };
    match files::files_in(path, ".json")? {
        None => {
            let file = model_file::open(path)?;
            database.add_archive(&file).map_err(failed)?;
        }
        Some(records) => {
            for record in records {
                let content = files::read(&record)?;
                database
                    .add(&content.name, &content.bytes)
                    .map_err(failed)?;
            }
        }
    }
    if database.records() == 0 {
        return Err(failed(OsvError {
            file: "the database".to_owned(),
            problem: "there is no OSV record in it".to_owned(),
        }));
    }
    Ok(database)
}

fn check_config(path: &Path, registered: &str) -> Result<CheckedConfig, DepsError> {
    let content = files::read(path)?;
    let digest = digest_of(&content.bytes).to_string();
    let is_digest = registered.len() == 64 && registered.bytes().all(|b| b.is_ascii_hexdigit());
    let registration = if is_digest {
        Registration::Digest(registered.to_ascii_lowercase())
    } else {
        let manifest = files::read(Path::new(registered))?;
        registered_digest(&manifest.bytes, &content.name)
    };
    let standing = match registration {
        Registration::Digest(registered) if registered == digest => ConfigStanding::Match,
        Registration::Digest(registered) => ConfigStanding::Mismatch { registered },
        Registration::Several(digests) => {
            let problem = format!(
                "{} is registered {} times, differently",
                content.name,
                digests.len()
            );
            ConfigStanding::NoData(problem)
        }
        Registration::Absent => {
            ConfigStanding::NoData(format!("{registered} does not name {}", content.name))
        }
        Registration::Unreadable(problem) => {
            ConfigStanding::NoData(format!("{registered} is no JSON: {problem}"))
        }
    };
    Ok(CheckedConfig {
        path: path.to_owned(),
        digest,
        standing,
    })
}
