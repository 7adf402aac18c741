//! What is counted, and what the counts must be.

/// Many processes claimed one task at once, again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundsResult {
    /// How many processes.
    pub processes: u32,
    /// How often.
    pub rounds: u32,
    /// Rounds with exactly one winner.
    pub one_winner: u32,
    /// Rounds that nobody won.
    pub no_winner: u32,
    /// Rounds with more than one winner.
    pub several_winners: u32,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl RoundsResult {
    /// Whether every round had exactly one winner.
    pub fn holds(&self) -> bool {
        self.one_winner == self.rounds
    }
}

/// Processes drained tasks while holders were stopped and killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainResult {
    /// How many tasks.
    pub tasks: u32,
    /// How many processes at once.
    pub workers: u32,
    /// Processes that were killed (SIGKILL) and replaced.
    pub killed: u32,
    /// Processes that were held (SIGSTOP) until their lease had run out.
    pub held: u32,
    /// Tasks that were done exactly once.
    pub done_once: u32,
    /// Tasks that were not done.
    pub lost: u32,
    /// Tasks that were done more than once.
    pub done_twice: u32,
    /// Completions that were acknowledged and are not in the store.
    pub acknowledged_lost: u32,
    /// Completions in the store whose worker was killed before it could say so.
    pub unacknowledged: u32,
    /// Writes of holders that had lost their lease, refused.
    pub late_refused: u32,
    /// Claims whose lease ran out, and whose task was given to another.
    pub taken_over: u32,
    /// The longest time from the end of a holder to the next one's claim, in milliseconds.
    pub taken_over_after_millis_max: u64,
    /// Tasks that lost three holders, were set aside, and done after someone looked at them.
    pub quarantined: u32,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl DrainResult {
    /// Whether nothing was lost or done twice, and late writers were seen and refused. A run that
    /// saw none has shown nothing about them.
    pub fn holds(&self) -> bool {
        self.done_once == self.tasks
            && self.lost == 0
            && self.done_twice == 0
            && self.acknowledged_lost == 0
            && (self.tasks == 0 || self.late_refused > 0)
    }
}
