//! What befalls a worker that has a task: drawn from a seed, so that a run can be repeated as far
//! as the scheduler of the machine allows.

use std::time::Duration;

use super::RaceSize;

/// The longest time between the word to go on and a death: about as long as a completion takes, so
/// that deaths fall before, into and behind its transaction.
const DEATH_MICROS_MAX: u64 = 20_000;

/// What befalls a worker that has a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing.
    Spared,
    /// It is held (SIGSTOP) for so long, and its lease runs out meanwhile.
    Held(Duration),
    /// It is killed (SIGKILL) where it stands.
    Killed,
    /// It is killed in the middle of what it does.
    KilledAfter(Duration),
}

/// Draws fates.
pub(super) struct Fates {
    state: u64,
    drawn: u32,
    held: u64,
    killed: u64,
    lease_millis: u64,
}

impl Fates {
    pub(super) fn of(size: RaceSize) -> Self {
        Self {
            state: size.seed,
            drawn: 0,
            held: size.held_per_thousand.into(),
            killed: size.killed_per_thousand.into(),
            lease_millis: size.lease_millis.into(),
        }
    }

    /// Spares everyone.
    pub(super) fn none() -> Self {
        Self {
            state: 0,
            drawn: 2,
            held: 0,
            killed: 0,
            lease_millis: 0,
        }
    }

    /// The first is held and the second is killed: a run that is too small for its odds would
    /// otherwise show nothing.
    pub(super) fn draw(&mut self) -> Fate {
        self.drawn = self.drawn.saturating_add(1);
        let lot = self.below(1_000);
        if self.drawn == 1 || (self.drawn > 2 && lot < self.held) {
            // One and a half to three times the lease.
            let lease = self.lease_millis;
            let millis = lease * 3 / 2 + self.below(lease * 3 / 2);
            Fate::Held(Duration::from_millis(millis))
        } else if self.drawn == 2 || lot < self.held + self.killed {
            match self.below(2) {
                0 => Fate::Killed,
                _ => Fate::KilledAfter(Duration::from_micros(self.below(DEATH_MICROS_MAX))),
            }
        } else {
            Fate::Spared
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014), below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit.max(1)
    }
}
