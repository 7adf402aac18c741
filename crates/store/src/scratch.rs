//! A place for a store that is thrown away: a folder, and on PostgreSQL a schema of its own beside
//! the real one. What is there already is never touched.

use std::path::PathBuf;

use crate::{Location, StoreError, postgres};

/// A place that is empty, until [`Scratch::remove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    /// Where a store can be opened.
    pub location: Location,
    /// The server's address and the schema on it.
    schema: Option<(String, String)>,
}

impl Scratch {
    /// Makes a place called `name` (letters, digits and underscores) below the folder of `beside`,
    /// and on the same server.
    ///
    /// # Errors
    /// When there is something by that name, or it cannot be made.
    pub async fn create(beside: &Location, name: &str) -> Result<Self, StoreError> {
        let folder: PathBuf = beside.folder.join(name);
        let failed = |source| StoreError::File {
            path: folder.clone(),
            verb: "created",
            source,
        };
        std::fs::create_dir_all(&beside.folder).map_err(failed)?;
        std::fs::create_dir(&folder).map_err(failed)?;
        let mut scratch = Self {
            location: Location {
                folder: folder.clone(),
                postgres: None,
            },
            schema: None,
        };
        if let Some(url) = &beside.postgres {
            run(url, &format!("CREATE SCHEMA {name}")).await?;
            let joint = if url.contains('?') { '&' } else { '?' };
            let path = format!("{url}{joint}options=-csearch_path%3D{name}");
            scratch.location.postgres = Some(path);
            scratch.schema = Some((url.clone(), name.to_owned()));
        }
        Ok(scratch)
    }

    /// Removes it with everything in it.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn remove(self) -> Result<(), StoreError> {
        if let Some((url, schema)) = &self.schema {
            run(url, &format!("DROP SCHEMA {schema} CASCADE")).await?;
        }
        std::fs::remove_dir_all(&self.location.folder).map_err(|source| StoreError::File {
            path: self.location.folder.clone(),
            verb: "removed",
            source,
        })
    }
}

async fn run(url: &str, sql: &str) -> Result<(), StoreError> {
    let mut client = postgres::Client::connect(url).await?;
    client
        .batch(sql)
        .await
        .map_err(|source| StoreError::Statement {
            operation: "make a scratch schema",
            source,
        })
}
