//! Columns of keys, each text held once.

use std::collections::HashMap;

use adjutant_domain::Keys;

/// The column that has `rows` as its keys.
pub(crate) fn keys(rows: impl IntoIterator<Item = String>) -> Keys {
    let mut keys = Keys::default();
    let mut places: HashMap<String, u32> = HashMap::new();
    for key in rows {
        // A column of more keys than u32 holds would need more memory than a file's size limit.
        let next = u32::try_from(keys.names.len()).unwrap_or(u32::MAX);
        let row = *places.entry(key).or_insert_with_key(|key| {
            keys.names.push(key.clone());
            next
        });
        keys.rows.push(row);
    }
    keys
}
