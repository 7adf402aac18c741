//! Which threads of this program wait for the others where processors are few.

/// How many steps of `nice` later: about a tenth of a processor beside a thread that wants all of
/// it, so that what gives way still moves.
#[cfg(target_os = "linux")]
const STEPS: i32 = 10;

/// From now on this thread waits for the threads that do not give way. Only Linux counts threads
/// apart; elsewhere nothing changes.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        let given = rustix::process::nice(STEPS);
        debug_assert!(given.is_ok(), "only the other direction needs a right");
    }
}

/// Lets every thread that waits for this processor go first. Between two steps of work that gives
/// way: the scheduler of Linux (EEVDF) lets even that run for a slice of some milliseconds.
pub fn step_aside() {
    std::thread::yield_now();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_alone() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        let other = std::thread::spawn(move || {
            give_way();
            priority()
        });
        assert_eq!(other.join().unwrap(), (before + STEPS).min(19));
        assert_eq!(priority(), before);
    }
}
