//! Files of samples, read in pieces while they are measured: the file is never in memory whole.
//! What the pieces mean is the business of `adjutant_formats::samples`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use adjutant_domain::{Digest, Measurement};
use adjutant_formats::FormatError;
use adjutant_formats::samples::{
    self, PARTS_BYTES_MIN, PIECE_BYTES, SamplesReader, Selection, Syntax,
};

use adjutant_domain::sha256::Sha256;

/// The largest file of samples, 4 GiB. A row of two numbers takes some 20 bytes, so this is 200
/// million requests, whose values take 3 GB of memory.
pub const SAMPLE_FILE_BYTES_MAX: u64 = 4 << 30;

/// The first piece of a file that one thread reads: enough to guess how many rows follow, and
/// little, so that columns do not grow large before there is room for all of them.
const HEAD_BYTES: usize = 1 << 15;

/// How many threads read one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// The calling one.
    One,
    /// Another one for the second half.
    Two,
}

/// A file of samples that could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum SampleFileError {
    /// The operating system refused.
    #[error("{}: the file cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than is read; nothing of it was.
    #[error(
        "{}: the file has {bytes} bytes, more than the {SAMPLE_FILE_BYTES_MAX} that are read",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size; for a pipe, what was read before giving up.
        bytes: u64,
    },
    /// Its content is not what samples must be.
    #[error("{}: {problem}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and the remedy.
        problem: FormatError,
    },
}

impl SampleFileError {
    /// What the user can do about it.
    pub fn remedy(&self) -> &str {
        match self {
            SampleFileError::Unreadable { .. } => "Check the path and the file's permissions.",
            SampleFileError::TooLarge { .. } => {
                "Measure for a shorter time, keep one row in ten, or give the tool's summary."
            }
            SampleFileError::Refused { problem, .. } => &problem.remedy,
        }
    }
}

/// The measurements of a file.
///
/// # Errors
/// When the file cannot be read, is larger than [`SAMPLE_FILE_BYTES_MAX`], or is refused.
pub fn measure(
    path: &Path,
    syntax: Syntax,
    selection: &Selection,
    threads: Threads,
) -> Result<Vec<Measurement>, SampleFileError> {
    let source = Source::open(path)?;
    if threads == Threads::Two
        && let Some(bytes) = source.bytes
        && bytes >= PARTS_BYTES_MIN as u64
        && let Some(reader) = source.read_by_two(bytes, syntax, selection, |_piece| ())?
    {
        return reader.finish().map_err(|problem| source.refused(problem));
    }
    source.measure_whole(syntax, selection, &mut |_piece| ())
}

/// The measurements of a file, with the SHA-256 of the very bytes they were read from.
///
/// # Errors
/// As [`measure`].
pub fn measure_and_digest(
    path: &Path,
    syntax: Syntax,
    selection: &Selection,
) -> Result<(Vec<Measurement>, Digest), SampleFileError> {
    let source = Source::open(path)?;
    let mut hasher = Sha256::new();
    if let Some(bytes) = source.bytes
        && bytes >= PARTS_BYTES_MIN as u64
        && let Some(reader) =
            source.read_by_two(bytes, syntax, selection, |piece| hasher.update(piece))?
    {
        let measurements = reader.finish();
        return Ok((
            measurements.map_err(|problem| source.refused(problem))?,
            hasher.finish(),
        ));
    }
    let mut hasher = Sha256::new();
    let measurements =
        source.measure_whole(syntax, selection, &mut |piece| hasher.update(piece))?;
    Ok((measurements, hasher.finish()))
}

/// An existing file of an allowed size.
struct Source<'a> {
    path: &'a Path,
    /// `None` for a pipe.
    bytes: Option<u64>,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self, SampleFileError> {
        let mut source = Self { path, bytes: None };
        let metadata = std::fs::metadata(path).map_err(|error| source.unreadable(error))?;
        if metadata.len() > SAMPLE_FILE_BYTES_MAX {
            return Err(source.too_large(metadata.len()));
        }
        source.bytes = metadata.is_file().then_some(metadata.len());
        Ok(source)
    }

    fn measure_whole(
        &self,
        syntax: Syntax,
        selection: &Selection,
        watch: &mut impl FnMut(&[u8]),
    ) -> Result<Vec<Measurement>, SampleFileError> {
        let mut reader = SamplesReader::new(syntax, selection.clone());
        let mut file = self.open_file()?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut total = 0;
        loop {
            let is_first = total == 0;
            let room = if is_first {
                &mut piece[..HEAD_BYTES]
            } else {
                &mut piece
            };
            let length = self.read_piece(&mut file, room)?;
            if length == 0 {
                break;
            }
            watch(&piece[..length]);
            total += length as u64;
            if total > SAMPLE_FILE_BYTES_MAX {
                return Err(self.too_large(total));
            }
            let fed = reader.feed(&piece[..length]);
            fed.map_err(|problem| self.refused(problem))?;
            if let (true, Some(bytes)) = (is_first, self.bytes) {
                reader.expect(bytes.saturating_sub(total));
            }
        }
        reader.finish().map_err(|problem| self.refused(problem))
    }

    /// Reads the file by two threads. `None` when it must be read in one, such as when a row is
    /// refused: only then the first error is surely the one reported.
    fn read_by_two(
        &self,
        bytes: u64,
        syntax: Syntax,
        selection: &Selection,
        mut watch: impl FnMut(&[u8]) + Send,
    ) -> Result<Option<SamplesReader>, SampleFileError> {
        let mut file = self.open_file()?;
        let reader = SamplesReader::new(syntax, selection.clone());
        let read = |piece: &mut [u8]| {
            let length = self.read_piece(&mut file, piece)?;
            watch(&piece[..length]);
            Ok(length)
        };
        samples::read_by_two(reader, bytes, PIECE_BYTES, read)
    }

    fn open_file(&self) -> Result<File, SampleFileError> {
        File::open(self.path).map_err(|error| self.unreadable(error))
    }

    /// Reads some bytes; 0 at the end.
    fn read_piece(&self, file: &mut File, piece: &mut [u8]) -> Result<usize, SampleFileError> {
        loop {
            match file.read(piece) {
                Ok(length) => return Ok(length),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(error)),
            }
        }
    }

    fn unreadable(&self, source: std::io::Error) -> SampleFileError {
        let path = self.path.to_owned();
        SampleFileError::Unreadable { path, source }
    }

    fn too_large(&self, bytes: u64) -> SampleFileError {
        let path = self.path.to_owned();
        SampleFileError::TooLarge { path, bytes }
    }

    fn refused(&self, problem: FormatError) -> SampleFileError {
        let path = self.path.to_owned();
        SampleFileError::Refused { path, problem }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use adjutant_domain::sha256::digest_of;

    /// More than the smallest file that is read by two threads.
    fn large_csv() -> String {
        let mut text = "latency_ms,status,cluster\n".to_owned();
        for row in 0..120_000_u32 {
            writeln!(text, "{}.{:03},200,c{}", row % 997, row % 1_000, row % 7).unwrap();
        }
        text
    }

    fn written(text: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_large_file_reads_the_same_by_one_thread_two_threads_and_with_its_digest() {
        let text = large_csv();
        assert!(text.len() > PARTS_BYTES_MIN);
        let file = written(text.as_bytes());
        let selection = Selection::default();
        let whole = samples::read(Syntax::Csv, &selection, text.as_bytes()).unwrap();
        for threads in [Threads::One, Threads::Two] {
            let read = measure(file.path(), Syntax::Csv, &selection, threads).unwrap();
            assert!(read == whole, "{threads:?}");
        }
        let (read, digest) = measure_and_digest(file.path(), Syntax::Csv, &selection).unwrap();
        assert!(read == whole);
        assert_eq!(digest, digest_of(text.as_bytes()));
    }

    #[test]
    fn the_first_wrong_row_is_named_whoever_reads_it() {
        let mut text = large_csv();
        // In the second half, so that the other thread sees it.
        let wrong = text.rfind("\n7.").unwrap() + 1;
        text.insert_str(wrong, "oops");
        let line = text[..wrong].matches('\n').count() + 1;
        text.push_str("worse,still\n");
        let file = written(text.as_bytes());
        for threads in [Threads::One, Threads::Two] {
            let error = measure(file.path(), Syntax::Csv, &Selection::default(), threads);
            let error = error.unwrap_err().to_string();
            assert!(
                error.contains(&format!("line {line}")),
                "{threads:?}: {error}"
            );
        }
    }

    #[test]
    fn a_file_of_10_gb_is_refused_before_it_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(10_000_000_000).unwrap();
        let error = measure(
            file.path(),
            Syntax::Csv,
            &Selection::default(),
            Threads::Two,
        );
        let error = error.unwrap_err();
        assert!(matches!(
            error,
            SampleFileError::TooLarge {
                bytes: 10_000_000_000,
                ..
            }
        ));
        assert!(
            error.remedy().contains("Measure for a shorter time"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let missing = Path::new("no/such/file.csv");
        let error = measure(missing, Syntax::Csv, &Selection::default(), Threads::One);
        assert_eq!(
            error.unwrap_err().to_string(),
            "no/such/file.csv: the file cannot be read"
        );
    }
}
