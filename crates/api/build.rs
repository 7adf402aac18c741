//! Puts the files of the dashboard into the program, where they were built: `web/dist` beside the
//! crates. Without them it serves a page that says how to build them, so Cargo alone is enough.
#![allow(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script where to write in its environment"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const COMPRESSED: &str = "gz";

fn main() -> io::Result<()> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    let mut table = String::from("&[\n");
    for file in files(&built)? {
        let within = file.strip_prefix(&built).map_err(io::Error::other)?;
        let compressed = file.with_added_extension(COMPRESSED);
        writeln!(
            table,
            "File {{ path: {:?}, bytes: include_bytes!({file:?}), compressed: include_bytes!({compressed:?}) }},",
            Path::new("/").join(within),
        )
        .map_err(io::Error::other)?;
    }
    table.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("dashboard.rs"), table)
}

/// Every file that has a compressed copy, sorted by path; none where nothing was built.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.with_added_extension(COMPRESSED).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
