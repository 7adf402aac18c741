//! Several verbs as one transaction: each can still be taken back alone, and all are on disk at
//! once. Who has many writers waiting pays for one sync instead of one each.

use crate::session::Purpose;
use crate::{Store, StoreError};

/// An open group. Dropped without [`WriteGroup::keep`], nothing of it ever was.
///
/// While it is open, every verb of its store belongs to it: a store with groups has one user.
pub struct WriteGroup<'a> {
    store: &'a Store,
    is_kept: bool,
}

impl Store {
    /// Opens a group; inside another one it is a part of that.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn open_group(&self) -> Result<WriteGroup<'_>, StoreError> {
        self.open_for(Purpose::Write).await
    }

    /// Opens a view: what is read in it is of one moment. Nothing can be written in it.
    pub(crate) async fn open_view(&self) -> Result<WriteGroup<'_>, StoreError> {
        self.open_for(Purpose::Read).await
    }

    async fn open_for(&self, purpose: Purpose) -> Result<WriteGroup<'_>, StoreError> {
        self.connection.lock().await.begin(purpose).await?;
        Ok(WriteGroup {
            store: self,
            is_kept: false,
        })
    }
}

impl WriteGroup<'_> {
    /// Keeps everything that was done in it.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing of it is kept.
    pub async fn keep(mut self) -> Result<(), StoreError> {
        self.store.connection.lock().await.commit().await?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for WriteGroup<'_> {
    fn drop(&mut self) {
        // Nobody else uses the store, so the lock is free.
        if !self.is_kept
            && let Ok(mut connection) = self.store.connection.try_lock()
        {
            connection.roll_back();
        }
    }
}
