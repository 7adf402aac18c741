//! Announcements: what others are told when something happens, who is told, how a message is
//! signed, and when it is sent again.
//!
//! **Invariant.** An announcement says only what was stored with it: sent again, it is the same.
//! **Invariant.** A message is given up only after days, and never forgotten.

mod announcement;
mod delivery;
mod receiver;
mod signature;

pub use announcement::{
    Announcement, AnnouncementId, AnnouncementKind, InvalidAnnouncementId, ServiceAnnouncement,
    of_service,
};
pub use delivery::{ATTEMPTS_MAX, AfterAttempt, ReceiverAnswer, after_attempt, retry_after};
pub use receiver::{InvalidReceiver, Receiver, ReceiverFormat, read_receivers};
pub use signature::{InvalidSecret, SigningSecrets};
