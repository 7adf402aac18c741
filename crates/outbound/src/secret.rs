//! Secrets: the one place that draws random bytes.

/// What every secret of ours begins with, so that scanners find one that was committed.
const PREFIX: &str = "adj_";

/// A secret of 256 random bits, as text.
///
/// # Errors
/// When the system has no random bytes.
pub fn fresh() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{PREFIX}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_are_alike() {
        let (one, other) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), PREFIX.len() + 64);
    }
}
