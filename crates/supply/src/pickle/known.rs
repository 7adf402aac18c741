//! What is known about the names a pickle imports: `harmless.txt` has those that model files need
//! and that run nothing of the file's choosing, `executors.txt` those that run what they are
//! given. Each row says why. What stands in neither is not known, and never taken for harmless.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What may be done with a harmless name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It may be called with arguments from the file.
    Call,
    /// An object of it may be made without calling it (NEWOBJ), and be given its state.
    Construct,
}

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is needed by model files and runs nothing of the file's choosing.
    Harmless(Use),
    /// It runs what it is given, or reaches what does; and how.
    Executor(&'static str),
    /// Nobody has said what it does.
    Unlisted,
}

#[derive(Default)]
struct Known {
    harmless: HashMap<(&'static str, &'static str), Use>,
    /// Modules of which every name is harmless.
    whole: HashMap<&'static str, Use>,
    /// Beginnings of modules whose classes are harmless.
    libraries: Vec<&'static str>,
    executors: HashMap<&'static str, &'static str>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    for [module, names, allowed, _why] in rows(include_str!("harmless.txt")) {
        let allowed = match allowed {
            "call" => Use::Call,
            _ => Use::Construct,
        };
        match (module.strip_suffix('*'), names) {
            (Some(beginning), _) => known.libraries.push(beginning),
            (None, "*") => {
                known.whole.insert(module, allowed);
            }
            (None, names) => {
                let names = names.split(' ').map(|name| ((module, name), allowed));
                known.harmless.extend(names);
            }
        }
    }
    known
        .executors
        .extend(rows(include_str!("executors.txt")).map(|[name, why]| (name, why)));
    known
});

fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            cells.try_into().ok()
        })
}

/// Looks a name up in the tables.
pub(super) fn standing(module: &str, name: &str) -> Standing {
    let dotted = name.contains('.');
    let row = KNOWN.harmless.get(&(module, name));
    if let Some(&allowed) = row.or_else(|| KNOWN.whole.get(module))
        && !dotted
    {
        return Standing::Harmless(allowed);
    }
    if let Some(why) = executor(module, name) {
        return Standing::Executor(why);
    }
    let is_class = name
        .trim_start_matches('_')
        .starts_with(|c: char| c.is_ascii_uppercase());
    let in_library = KNOWN
        .libraries
        .iter()
        .any(|beginning| module.starts_with(beginning));
    if is_class && in_library && !dotted {
        return Standing::Harmless(Use::Construct);
    }
    Standing::Unlisted
}

fn executor(module: &str, name: &str) -> Option<&'static str> {
    let full = format!("{module}.{name}");
    let beginnings = full
        .match_indices('.')
        .map(|(at, _dot)| &full[..at])
        .chain([full.as_str()]);
    let mut found = beginnings.filter_map(|beginning| KNOWN.executors.get(beginning).copied());
    if let Some(why) = found.next() {
        return Some(why);
    }
    // `torch.nn` with the name `functional.os.system`: protocol 4 follows the dots.
    let dotted = name.split('.').filter(|part| part.len() < name.len());
    dotted
        .filter_map(|part| {
            let hidden = part.starts_with("__") || part == "builtins";
            let hidden = hidden.then_some("reaches other names by way of one");
            hidden.or_else(|| KNOWN.executors.get(part).copied())
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read_and_has_a_reason() {
        for (table, cells) in [
            (include_str!("harmless.txt"), 4),
            (include_str!("executors.txt"), 2),
        ] {
            let lines = table.lines().filter(|line| !line.starts_with('#'));
            for line in lines.filter(|line| !line.is_empty()) {
                let found: Vec<&str> = line.split(" | ").collect();
                assert_eq!(found.len(), cells, "{line}");
                assert!(found.iter().all(|cell| !cell.trim().is_empty()), "{line}");
                if let [_, _, allowed, _] = found[..] {
                    assert!(matches!(allowed, "call" | "construct"), "{line}");
                }
            }
        }
    }

    #[test]
    fn no_name_is_both_harmless_and_an_executor() {
        for (module, name) in KNOWN.harmless.keys() {
            let exact = format!("{module}.{name}");
            assert!(!KNOWN.executors.contains_key(exact.as_str()), "{exact}");
        }
    }

    #[test]
    fn a_dotted_name_never_counts_as_harmless() {
        assert_eq!(standing("torch", "Size"), Standing::Harmless(Use::Call));
        for (module, name) in [
            ("torch.nn.modules", "module.os.system"),
            ("numpy.dtypes", "sys.modules"),
            ("collections", "OrderedDict.__init__"),
        ] {
            let found = standing(module, name);
            assert!(matches!(found, Standing::Executor(_)), "{module} {name}");
        }
        assert_eq!(
            standing("sklearn.base", "BaseEstimator.fit"),
            Standing::Unlisted
        );
    }

    #[test]
    fn a_library_lends_its_standing_to_its_classes_only() {
        let constructed = Standing::Harmless(Use::Construct);
        assert_eq!(
            standing("sklearn.linear_model._base", "LinearRegression"),
            constructed
        );
        assert_eq!(
            standing("sklearn.utils", "all_estimators"),
            Standing::Unlisted
        );
        assert_eq!(standing("sklearn_extra", "Thing"), Standing::Unlisted);
        assert_eq!(standing("osx", "Thing"), Standing::Unlisted);
    }
}
