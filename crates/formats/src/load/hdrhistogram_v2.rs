//! One HdrHistogram in its V2 encoding, compressed or not, as base64 text.
//!
//! Decoded here rather than by the `hdrhistogram` crate because that one overflows on a zero count
//! of -2^63 and reserves up to 4 GiB on the word of a header. The tests hold this decoder against
//! that crate. What the values are, and in which unit, is told by the log around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const COOKIE: u32 = 0x1c84_9313;
const COOKIE_COMPRESSED: u32 = 0x1c84_9314;
/// Cookie, payload length, normalising offset, digits, lowest, highest, conversion ratio.
const HEADER_BYTES: usize = 40;
/// Ten times what a histogram of an hour in nanoseconds with three digits can fill; a longer
/// payload is an attack.
const PAYLOAD_BYTES_MAX: usize = 4 << 20;
const DIGITS_MAX: u32 = 5;

/// Counts of integer values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) shape: Shape,
    /// `(lowest value, highest value, count)`, ascending, no count 0.
    pub(super) buckets: Vec<(u64, u64, u64)>,
}

/// Which values share a bucket. Histograms of one shape can be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// log2 of the unit: values below it are not told apart.
    unit_magnitude: u32,
    /// log2 of half the number of buckets that a power of two is split into.
    half_magnitude: u32,
}

/// Decodes a histogram.
///
/// # Errors
/// In words: what is wrong with it.
pub(super) fn decode(text: &str) -> Result<Decoded, String> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| format!("the histogram is not base64: {error}"))?;
    let mut outer = Cursor(&bytes);
    match outer.u32()? {
        COOKIE => decode_plain(&bytes),
        COOKIE_COMPRESSED => {
            let length = outer.u32()? as usize;
            let compressed = outer.take(length)?;
            let limit = PAYLOAD_BYTES_MAX + HEADER_BYTES;
            let plain = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(compressed, limit)
                .map_err(|error| format!("the histogram cannot be unpacked: {error}"))?;
            decode_plain(&plain)
        }
        cookie => Err(format!(
            "{cookie:#010x} begins no histogram in the V2 encoding"
        )),
    }
}

fn decode_plain(bytes: &[u8]) -> Result<Decoded, String> {
    let mut cursor = Cursor(bytes);
    if cursor.u32()? != COOKIE {
        return Err("what was unpacked is no histogram in the V2 encoding".to_owned());
    }
    let length = cursor.u32()? as usize;
    let offset = cursor.u32()?;
    let digits = cursor.u32()?;
    let (lowest, highest) = (cursor.u64()?, cursor.u64()?);
    let ratio = f64::from_bits(cursor.u64()?);
    if offset != 0 || ratio != 1.0 {
        return Err("a shifted or scaled histogram cannot be read".to_owned());
    }
    let (shape, length_max) = Shape::new(digits, lowest, highest)?;
    let mut payload = Cursor(cursor.take(length)?);
    let mut buckets = Vec::new();
    let mut index = 0_u64;
    while !payload.0.is_empty() {
        let count = payload.zig_zag()?;
        if count < 0 {
            index = index.saturating_add(count.unsigned_abs());
            continue;
        }
        if count > 0 {
            let bucket = (index < length_max).then(|| shape.bucket(index)).flatten();
            let (low, high) = bucket.ok_or("it counts values above its own highest value")?;
            buckets.push((low, high, count.unsigned_abs()));
        }
        index = index.saturating_add(1);
    }
    Ok(Decoded { shape, buckets })
}

impl Shape {
    /// The shape and the number of its buckets.
    fn new(digits: u32, lowest: u64, highest: u64) -> Result<(Self, u64), String> {
        let invalid = || format!("no histogram has {digits} digits from {lowest} to {highest}");
        if digits > DIGITS_MAX || lowest == 0 || highest / 2 < lowest {
            return Err(invalid());
        }
        // The smallest power of two that tells 2 * 10^digits values apart.
        let magnitude = (2 * 10_u64.pow(digits)).next_power_of_two().ilog2();
        let shape = Self {
            unit_magnitude: lowest.ilog2(),
            half_magnitude: magnitude - 1,
        };
        if shape.unit_magnitude + magnitude > 63 {
            return Err(invalid());
        }
        // Each further bucket doubles the range that the first one covers.
        let first_covers = 1_u128 << (shape.unit_magnitude + magnitude);
        let mut doublings = 1;
        while (first_covers << (doublings - 1)) <= u128::from(highest) {
            doublings += 1;
        }
        Ok((shape, (doublings + 1) << shape.half_magnitude))
    }

    /// The lowest and highest value of the bucket at `index`; `None` beyond 64 bits.
    fn bucket(self, index: u64) -> Option<(u64, u64)> {
        let half = 1_u64 << self.half_magnitude;
        let (within, doubling) = match (index >> self.half_magnitude).checked_sub(1) {
            Some(doubling) => ((index & (half - 1)) + half, u32::try_from(doubling).ok()?),
            None => (index, 0),
        };
        let shift = doubling + self.unit_magnitude;
        if shift >= within.leading_zeros() + u32::from(within == 0) {
            // Shifting would lose bits, except for 0.
            return (within == 0 && shift < 64).then(|| (0, (1 << shift) - 1));
        }
        let low = within << shift;
        Some((low, low + ((1 << shift) - 1)))
    }
}

/// The bytes not yet read, big end first.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let split = self.0.split_at_checked(length);
        let (taken, rest) = split.ok_or("the histogram is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(self
            .take(4)?
            .iter()
            .fold(0, |word, byte| word << 8 | u32::from(*byte)))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(self
            .take(8)?
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)))
    }

    /// A signed number in 1 to 9 bytes: seven bits each, the ninth byte gives eight.
    fn zig_zag(&mut self) -> Result<i64, String> {
        let mut encoded = 0_u64;
        for position in 0..9 {
            let byte = u64::from(self.take(1)?.first().copied().unwrap_or_default());
            let bits = if position < 8 { byte & 0x7f } else { byte };
            encoded |= bits << (7 * position);
            if position == 8 || byte & 0x80 == 0 {
                break;
            }
        }
        Ok((encoded >> 1) as i64 ^ -((encoded & 1) as i64))
    }
}
