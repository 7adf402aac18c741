//! The work tree as an agent may use it: which paths lie inside, and reading and writing there.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use adjutant_work::NamedPath;

/// The most bytes of one file that an agent reads or writes through us.
pub(super) const FILE_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

/// Where programs and libraries are: a command that names them stays inside all the same.
const SYSTEM_FOLDERS: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt"];

/// What Adjutant and git keep in a work tree; no agent writes there through us.
const KEPT: [&str; 2] = [".git", ".adjutant"];

/// A work tree.
#[derive(Debug)]
pub(super) struct Room {
    /// Its folder, without symbolic links.
    folder: PathBuf,
}

impl Room {
    pub(super) fn new(folder: &Path) -> std::io::Result<Self> {
        Ok(Self {
            folder: folder.canonicalize()?,
        })
    }

    /// Its folder, without symbolic links.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a path leads, if that is inside. Symbolic links are followed; what is not there yet
    /// may be.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let mut at = self.folder.clone();
        for component in Path::new(path).components() {
            match component {
                Component::RootDir | Component::Prefix(_) => at = PathBuf::from("/"),
                Component::CurDir => {}
                Component::ParentDir => {
                    at.pop();
                }
                Component::Normal(name) => {
                    at.push(name);
                    if at.is_symlink() {
                        at = at.canonicalize().ok()?;
                    }
                }
            }
        }
        at.starts_with(&self.folder).then_some(at)
    }

    /// A path that a call names as one.
    pub(super) fn place(&self, path: &str) -> NamedPath {
        NamedPath {
            path: path.to_owned(),
            is_inside: self.inside(path).is_some(),
        }
    }

    /// The paths outside that stand in a command, as far as they can be told without a shell.
    pub(super) fn places_outside(&self, command: &str) -> Vec<NamedPath> {
        let ends_word = |c: char| c.is_whitespace() || "'\"`=<>|;&(){},:".contains(c);
        command
            .split(ends_word)
            .filter(|word| self.leads_outside(word))
            .map(|word| NamedPath {
                path: word.to_owned(),
                is_inside: false,
            })
            .collect()
    }

    fn leads_outside(&self, word: &str) -> bool {
        let path = Path::new(word);
        if word == "~" || word.starts_with("~/") {
            return true;
        }
        if path.is_absolute() {
            let is_system = word == "/dev/null"
                || SYSTEM_FOLDERS.iter().any(|folder| {
                    path.starts_with(folder)
                        && !path.components().any(|c| c == Component::ParentDir)
                });
            // `/old/` may be a pattern: only what begins with a folder that is there is a path.
            let is_path = path
                .components()
                .nth(1)
                .is_none_or(|first| Path::new("/").join(first).exists());
            return !is_system && is_path && self.inside(word).is_none();
        }
        path.components().any(|c| c == Component::ParentDir) && self.inside(word).is_none()
    }

    /// The text of a file, or `limit` lines of it from `line`, which counts from 1.
    pub(super) fn read(
        &self,
        path: &str,
        line: Option<u64>,
        limit: Option<u64>,
    ) -> Result<String, String> {
        let place = self.inside(path).ok_or_else(|| outside(path))?;
        let failed = |error: std::io::Error| format!("{path}: {error}");
        // A pipe would be waited for.
        if !place.metadata().map_err(failed)?.is_file() {
            return Err(format!("{path}: it is no file"));
        }
        let file = std::fs::File::open(&place).map_err(failed)?;
        let mut bytes = Vec::new();
        let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
        if read.map_err(failed)? as u64 > FILE_BYTES_MAX {
            return Err(format!("{path}: it is longer than {FILE_BYTES_MAX} bytes"));
        }
        let text = String::from_utf8(bytes).map_err(|error| format!("{path}: {error}"))?;
        if line.is_none() && limit.is_none() {
            return Ok(text);
        }
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let skipped = count(line.unwrap_or(1).saturating_sub(1));
        let taken = count(limit.unwrap_or(u64::MAX));
        Ok(text
            .split_inclusive('\n')
            .skip(skipped)
            .take(taken)
            .collect())
    }

    /// Writes a file, whose folders are made where they are missing.
    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let place = self.inside(path).ok_or_else(|| outside(path))?;
        let below = place.strip_prefix(&self.folder).unwrap_or(&place);
        if below
            .components()
            .any(|c| KEPT.iter().any(|kept| c.as_os_str() == OsStr::new(kept)))
        {
            return Err(format!("{path}: nothing is written there through Adjutant"));
        }
        if text.len() as u64 > FILE_BYTES_MAX {
            return Err(format!("{path}: it is longer than {FILE_BYTES_MAX} bytes"));
        }
        if place.exists() && !place.is_file() {
            return Err(format!("{path}: it is no file"));
        }
        let write = || {
            if let Some(folder) = place.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&place, text)
        };
        write().map_err(|error| format!("{path}: {error}"))
    }
}

fn outside(path: &str) -> String {
    format!("{path} is outside the work tree")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> (tempfile::TempDir, Room) {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        std::fs::create_dir_all(tree.join("src")).unwrap();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        std::fs::write(tree.join("src/a"), "1\n2\n3").unwrap();
        std::os::unix::fs::symlink("../../secret", tree.join("src/link")).unwrap();
        std::os::unix::fs::symlink("../../nothing", tree.join("src/dangling")).unwrap();
        std::os::unix::fs::symlink("..", tree.join("out")).unwrap();
        std::os::unix::fs::symlink("src", tree.join("same")).unwrap();
        let room = Room::new(&tree).unwrap();
        (folder, room)
    }

    #[test]
    fn a_path_is_inside_when_it_leads_there_through_links_and_dots() {
        let (folder, room) = room();
        for (path, is_inside) in [
            ("src/a", true),
            ("./src/../src/new/deep", true),
            ("same/a", true),
            ("../tree/src/a", true),
            ("", true),
            ("..", false),
            ("../tree2", false),
            ("src/../../secret", false),
            ("src/link", false),
            ("src/dangling", false),
            ("out/secret", false),
            ("out/tree/src/a", true),
            ("same/../../secret", false),
            ("/etc/passwd", false),
            ("/", false),
        ] {
            assert_eq!(room.place(path).is_inside, is_inside, "{path}");
        }
        let absolute = folder.path().join("tree/src/a");
        assert!(room.place(&absolute.to_string_lossy()).is_inside);
    }

    #[test]
    fn a_command_names_places_outside_as_words() {
        let (folder, room) = room();
        let inside = folder.path().join("tree/src/a");
        let inside = inside.to_string_lossy();
        for (command, outside) in [
            ("cargo test && git commit -m 'a/b'", None),
            ("grep x /dev/null 2>/dev/null", None),
            ("/usr/bin/env python3 -c 'print(1/2)'", None),
            ("sed '/no-such-folder/d' src/a", None),
            ("curl https://localhost/etc/passwd", None),
            (&format!("cat {inside}"), None),
            ("cat src/../src/a", None),
            ("cat /etc/passwd", Some("/etc/passwd")),
            ("cat </usr/../etc/passwd", Some("/usr/../etc/passwd")),
            ("rm -rf ../other", Some("../other")),
            ("cd .. && ls", Some("..")),
            ("cp a ~/b", Some("~/b")),
            ("make DESTDIR=/etc install", Some("/etc")),
            ("ls /", Some("/")),
        ] {
            let places = room.places_outside(command);
            let first = places.first().map(|place| place.path.as_str());
            assert_eq!(first, outside, "{command}");
        }
    }

    #[test]
    fn files_are_read_and_written_inside_only() {
        let (folder, room) = room();
        let pipe = folder.path().join("tree/pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let lines = |line, limit| room.read("src/a", line, limit).unwrap();
        assert_eq!(lines(None, None), "1\n2\n3");
        assert_eq!(lines(Some(2), Some(1)), "2\n");
        assert_eq!(lines(Some(3), None), "3");
        assert_eq!(lines(Some(9), None), "");
        for path in ["src/link", "../secret", "src", "nothing", "pipe"] {
            assert!(room.read(path, None, None).is_err(), "{path}");
        }
        room.write("new/deep/b", "b").unwrap();
        let written = std::fs::read_to_string(folder.path().join("tree/new/deep/b"));
        assert_eq!(written.unwrap(), "b");
        for path in [
            "src/link",
            "src/dangling",
            "../secret",
            ".git",
            ".adjutant/brief.md",
            "sub/.git/hooks/x",
            "src",
            "pipe",
        ] {
            assert!(room.write(path, "x").is_err(), "{path}");
        }
        let secret = std::fs::read_to_string(folder.path().join("secret"));
        assert_eq!(secret.unwrap(), "s");
        assert!(!folder.path().join("nothing").exists());
    }
}
