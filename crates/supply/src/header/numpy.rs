//! NumPy's `.npy`, and `.npz`, a zip archive of them (numpy.lib.format).

use super::kind::failed;
use super::{
    DIMENSIONS_MAX, HeaderError, ModelHeader, NAME_BYTES_MAX, TENSORS_MAX, TensorHeader, sized,
};
use crate::blob::Window;
use crate::scan::{for_each_member, numpy_header};
use crate::stream::Stream;

pub(super) fn read(stream: &mut Stream<'_>) -> Result<ModelHeader, HeaderError> {
    let tensor = tensor("array", stream)?;
    Ok(ModelHeader {
        format: "NumPy",
        tensors: vec![tensor],
        ..ModelHeader::default()
    })
}

pub(super) fn read_archive(window: Window<'_>) -> Result<ModelHeader, HeaderError> {
    let mut header = ModelHeader {
        format: "NumPy archive",
        ..ModelHeader::default()
    };
    let read = for_each_member(window, |name, offset, stream| {
        let Some(name) = name.strip_suffix(".npy") else {
            let problem = format!("{name} is no NumPy array, so this is no .npz file");
            return Err(HeaderError::at(offset, problem));
        };
        if header.tensors.len() >= TENSORS_MAX || name.len() as u64 > NAME_BYTES_MAX {
            return Err(HeaderError::at(offset, "more arrays than are read"));
        }
        header.tensors.push(tensor(name, stream)?);
        Ok(())
    });
    read.map(|()| header)
}

fn tensor(name: &str, stream: &mut Stream<'_>) -> Result<TensorHeader, HeaderError> {
    let problem = |what: &str| HeaderError::at(0, format!("{name}: {what}"));
    let text = match numpy_header(stream) {
        Ok(Some(text)) => text,
        Ok(None) => return Err(problem("its header cannot be read")),
        Err(error) => return Err(failed(stream, error)),
    };
    let data_type = after(&text, "descr").ok_or_else(|| problem("its header has no descr"))?;
    let shape = after(&text, "shape").ok_or_else(|| problem("its header has no shape"))?;
    let sizes: Option<Vec<u64>> = shape
        .trim_matches(['(', ')'])
        .split(',')
        .map(|size| size.trim().trim_end_matches('L'))
        .filter(|size| !size.is_empty())
        .map(|size| size.parse().ok())
        .collect();
    let sizes = sizes
        .filter(|sizes| sizes.len() <= DIMENSIONS_MAX)
        .ok_or_else(|| problem("its shape cannot be read"))?;
    Ok(TensorHeader {
        name: name.to_owned(),
        data_type: data_type.trim_matches(['\'', '"']).to_owned(),
        shape: sized(&sizes),
    })
}

/// The value of a key of the dictionary that the header is written as: a text, a list or a tuple.
fn after<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let place = text.find(&format!("'{key}'"))? + key.len() + 2;
    let value = text[place..].trim_start().strip_prefix(':')?.trim_start();
    let closing = match value.chars().next()? {
        '\'' => '\'',
        '(' => ')',
        '[' => ']',
        _ => return None,
    };
    // A list of fields holds tuples, and ends with the last of its brackets.
    let end = match closing {
        ']' => value.find("], '").or_else(|| value.rfind(']'))?,
        _ => value[1..].find(closing)? + 1,
    };
    value.get(..=end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_of_a_header_is_read_by_key() {
        let text = "{'descr': [('a', '<f8'), ('b', '<i4', (2,))], 'fortran_order': False, 'shape': (3, 4), }";
        assert_eq!(
            after(text, "descr"),
            Some("[('a', '<f8'), ('b', '<i4', (2,))]")
        );
        assert_eq!(after(text, "shape"), Some("(3, 4)"));
        assert_eq!(after(text, "fortran_order"), None);
        assert_eq!(after("{'descr'", "descr"), None);
    }
}
