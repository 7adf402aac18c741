//! The output of a program, kept in a file up to a limit: its beginning and its end, because a
//! failing test is named at the end and its cause often at the beginning.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

use adjutant_domain::Digest;
use adjutant_domain::sha256::Sha256;

/// Where the output of a program goes, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepOutput {
    /// The file, which is overwritten.
    pub file: PathBuf,
    /// The most bytes of output in it. Of a longer output the first and the last half of this are
    /// kept, with a line between them that says how much is missing.
    pub bytes_max: usize,
}

/// What was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The file.
    pub file: PathBuf,
    /// The digest of the file as it was written.
    pub digest: Digest,
    /// How many bytes the program wrote.
    pub written: u64,
    /// How many of them are not in the file.
    pub left_out: u64,
}

/// Copies everything from `source`, until it ends.
pub(super) fn keep(mut source: impl Read, keep: &KeepOutput) -> std::io::Result<Output> {
    let mut file = File::create(&keep.file)?;
    let mut hasher = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hasher.update(bytes);
        file.write_all(bytes)
    };
    let head_max = keep.bytes_max / 2;
    let tail_max = keep.bytes_max - head_max;
    let (mut head, mut written) = (0_usize, 0_u64);
    let mut tail: VecDeque<u8> = VecDeque::new();
    let mut buffer = [0; 64 * 1_024];
    let mut failure = None;
    loop {
        let piece = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        written += piece.len() as u64;
        let (first, rest) = piece.split_at(piece.len().min(head_max - head));
        head += first.len();
        // A full disk must not block the program: its output is read to the end all the same.
        if failure.is_none() {
            failure = put(first).err();
        }
        let rest = &rest[rest.len().saturating_sub(tail_max)..];
        tail.drain(..(tail.len() + rest.len()).saturating_sub(tail_max));
        tail.extend(rest);
    }
    let left_out = written - head as u64 - tail.len() as u64;
    if failure.is_none() && left_out > 0 {
        failure = put(format!("\n[{left_out} bytes left out]\n").as_bytes()).err();
    }
    if failure.is_none() {
        failure = put(tail.make_contiguous()).err();
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(Output {
            file: keep.file.clone(),
            digest: hasher.finish(),
            written,
            left_out,
        }),
    }
}

#[cfg(test)]
mod tests {
    use adjutant_domain::sha256::digest_of;

    use super::*;

    fn kept(bytes: &[u8], bytes_max: usize) -> (String, Output) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("output");
        let output = keep(bytes, &KeepOutput { file, bytes_max }).unwrap();
        let text = std::fs::read(&output.file).unwrap();
        assert_eq!(output.digest, digest_of(&text));
        (String::from_utf8(text).unwrap(), output)
    }

    #[test]
    fn a_short_output_is_kept_whole() {
        for bytes_max in [10, 11, 100] {
            let (text, output) = kept(b"0123456789", bytes_max);
            assert_eq!((text.as_str(), output.left_out), ("0123456789", 0));
        }
    }

    #[test]
    fn a_long_output_keeps_its_beginning_and_its_end() {
        let (text, output) = kept(b"0123456789", 4);
        assert_eq!(text, "01\n[6 bytes left out]\n89");
        assert_eq!((output.written, output.left_out), (10, 6));
    }

    #[test]
    fn an_output_of_many_pieces_never_holds_more_than_the_limit() {
        let bytes = vec![b'x'; 300_000];
        let (text, output) = kept(&bytes, 1_000);
        assert_eq!(text.len(), 1_000 + "\n[299000 bytes left out]\n".len());
        assert_eq!(output.left_out, 299_000);
    }
}
