//! Every format has a fuzz target with seeds.

use std::path::Path;

use adjutant_formats::Format;

#[test]
fn every_format_has_a_fuzz_target_with_seeds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for format in Format::ALL {
        let name = format.name().replace('-', "_");
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{format} has no target"
        );
        let target = fuzz.join(format!("fuzz_targets/{name}.rs"));
        let source = std::fs::read_to_string(target).unwrap();
        assert!(
            source.contains(&format!("Format::{format:?}")),
            "{format}: {source}"
        );
        let seeds = std::fs::read_dir(fuzz.join("seeds").join(&name)).unwrap();
        assert!(seeds.count() > 0, "{format} has no seeds");
    }
}
