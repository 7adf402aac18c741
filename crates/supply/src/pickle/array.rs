//! joblib writes an array's bytes into the middle of a pickle, after the object that describes
//! it. Its shape and type say how many bytes that is (`joblib.numpy_pickle.NumpyArrayWrapper`).

use std::rc::Rc;

use super::stack::Item;

/// What the state of a wrapper says.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Wrapped {
    shape: Option<u64>,
    data_type: Option<Rc<str>>,
    aligned: bool,
}

/// What follows a wrapper in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Following {
    /// So many bytes, after padding where `aligned`.
    Bytes { count: u64, aligned: bool },
    /// A pickle of its own, with the array's objects.
    Pickle,
    /// It cannot be told.
    Untold,
}

impl Wrapped {
    /// Whether a pair of the state's dictionary belongs to a wrapper, and keeps it.
    pub(super) fn note(&mut self, key: &Item, value: &Item) {
        let Item::Text(key) = key else { return };
        match (key.as_ref(), value) {
            ("shape", Item::Tuple(sizes)) => self.shape = count(sizes),
            ("shape", _) => self.shape = None,
            ("dtype", Item::DataType(name)) => self.data_type = Some(Rc::clone(name)),
            ("dtype", _) => self.data_type = None,
            ("numpy_array_alignment_bytes", value) => {
                self.aligned = matches!(value, Item::Integer(_));
            }
            _ => {}
        }
    }

    /// `objects` says whether any type of this pickle holds objects.
    pub(super) fn following(&self, objects: bool) -> Following {
        let (Some(count), Some(name)) = (self.shape, &self.data_type) else {
            return Following::Untold;
        };
        let name = name.trim_start_matches(['<', '>', '|', '=']);
        if name.starts_with('O') {
            return Following::Pickle;
        }
        if name.starts_with('V') && objects {
            return Following::Untold;
        }
        match item_size(name).and_then(|size| count.checked_mul(size)) {
            Some(count) => Following::Bytes {
                count,
                aligned: self.aligned,
            },
            None => Following::Untold,
        }
    }
}

fn count(sizes: &[Item]) -> Option<u64> {
    sizes.iter().try_fold(1_u64, |count, size| match size {
        Item::Integer(size) => count.checked_mul(u64::try_from(*size).ok()?),
        Item::Value
        | Item::Text(_)
        | Item::Tuple(_)
        | Item::Global(_)
        | Item::Made(_)
        | Item::DataType(_)
        | Item::Unnamed => None,
    })
}

/// The size of one item in bytes, by NumPy's short name of its type: `f8`, `U5`, `V24`.
fn item_size(name: &str) -> Option<u64> {
    let mut characters = name.chars();
    let kind = characters.next()?;
    let digits: String = characters.take_while(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().ok()?;
    match kind {
        'b' | 'i' | 'u' | 'f' | 'c' | 'm' | 'M' | 'S' | 'a' | 'V' => Some(number),
        'U' => number.checked_mul(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(shape: &[i64], data_type: &str) -> Wrapped {
        let mut wrapped = Wrapped::default();
        let sizes: Rc<[Item]> = shape.iter().copied().map(Item::Integer).collect();
        wrapped.note(&Item::Text("shape".into()), &Item::Tuple(sizes));
        let name = Item::DataType(data_type.into());
        wrapped.note(&Item::Text("dtype".into()), &name);
        wrapped
    }

    #[test]
    fn the_bytes_of_an_array_are_its_sizes_times_its_item() {
        let bytes = |count| Following::Bytes {
            count,
            aligned: false,
        };
        assert_eq!(wrapped(&[3, 4], "f8").following(false), bytes(96));
        assert_eq!(wrapped(&[2], "U5").following(false), bytes(40));
        assert_eq!(wrapped(&[], "V24").following(false), bytes(24));
        assert_eq!(wrapped(&[2], "O8").following(false), Following::Pickle);
        assert_eq!(wrapped(&[2], "V24").following(true), Following::Untold);
        assert_eq!(wrapped(&[-2], "f8").following(false), Following::Untold);
        let huge = wrapped(&[i64::MAX, i64::MAX], "f8");
        assert_eq!(huge.following(false), Following::Untold);
    }
}
