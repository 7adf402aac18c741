//! How many tokens a text is, and which lines fit.

/// Bytes of English or code that make about one token. Tokenizers differ by a third either way;
/// an estimate that everyone can check beats one that needs a vocabulary.
const BYTES_PER_TOKEN: usize = 4;

/// The tokens of a text, estimated as its bytes divided by four, rounded up.
pub fn tokens_of(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// A line that asks for room.
pub(super) struct Asks {
    /// How soon it is served: the least first.
    pub(super) rank: u8,
    /// Its bytes with its line break.
    pub(super) bytes: usize,
    /// Which source it needs, and the bytes of that footnote, which are paid once.
    pub(super) source: (usize, usize),
}

/// Which lines fit into `tokens`, served by rank and then in order. A line that does not fit is
/// passed over; a shorter one after it may still fit.
pub(super) fn fitting(lines: &[Asks], tokens: usize) -> Vec<bool> {
    let mut room = tokens * BYTES_PER_TOKEN;
    let mut fits = vec![false; lines.len()];
    let mut paid: Vec<usize> = Vec::new();
    let mut by_rank: Vec<usize> = (0..lines.len()).collect();
    by_rank.sort_by_key(|at| lines[*at].rank);
    for at in by_rank {
        let line = &lines[at];
        let (source, footnote) = line.source;
        let is_paid = paid.contains(&source);
        let bytes = line.bytes + if is_paid { 0 } else { footnote };
        if bytes <= room {
            room -= bytes;
            fits[at] = true;
            if !is_paid {
                paid.push(source);
            }
        }
    }
    fits
}
