//! Whether this process gets huge pages for its memory (docs/decisions/0007). What it starts is born with
//! its choice. Only Linux has one to make.

/// Takes no more of them: a process that waits most of the time would hold 2 MB for the little that each
/// of its threads needs.
///
/// # Errors
/// When the system refuses.
pub fn do_without() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(true)?;
    Ok(())
}

/// Takes them again: a program that is started now chooses for itself.
///
/// # Errors
/// When the system refuses.
pub(crate) fn take_again() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(false)?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::transparent_huge_pages_are_disabled;

    use super::*;

    #[test]
    fn huge_pages_can_be_done_without_and_taken_again() {
        do_without().unwrap();
        assert!(transparent_huge_pages_are_disabled().unwrap());
        take_again().unwrap();
        assert!(!transparent_huge_pages_are_disabled().unwrap());
    }
}
