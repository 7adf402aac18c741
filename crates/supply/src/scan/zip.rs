//! A zip archive: every member its directory lists, and every byte it does not list. Loaders
//! differ in which of two headers they believe; where they disagree, both are looked at.

use std::rc::Rc;

use super::look::Scanner;
use super::magic::Compression;
use super::unpack;
use super::zip_directory::{self, Directory, Member};
use crate::blob::Window;
use crate::header::HeaderError;
use crate::stream::Stream;

const MEMBERS_MAX: usize = 1_000_000;
/// What may stand between two members: the sizes of the first, repeated.
const GAP_BYTES_MAX: u64 = 24;

pub(super) fn scan(scanner: &mut Scanner, window: Window<'_>) {
    match zip_directory::find(window) {
        Ok(Some(directory)) => scan_listed(scanner, window, directory),
        Ok(None) => {
            scanner.unseen(0, "the archive has no directory");
            scan_unlisted(scanner, window, 0, window.length());
        }
        Err(error) => scanner.unseen(0, format!("the archive cannot be read: {error}")),
    }
}

/// An archive at the end of a file that begins as something else: loaders that look at the end
/// see it, loaders that look at the beginning do not.
pub(super) fn scan_behind(scanner: &mut Scanner, window: Window<'_>) {
    if let Ok(Some(directory)) = zip_directory::find(window)
        && directory.end > directory.start
        && matches!(zip_directory::entry(window, directory.start), Ok(Some(_)))
    {
        let start = directory.shift;
        scanner.unseen(start, "a zip archive stands behind something else");
        scan_listed(scanner, window, directory);
    }
}

fn scan_listed(scanner: &mut Scanner, window: Window<'_>, directory: Directory) {
    let mut at = directory.start;
    let mut spans = vec![(directory.start, window.length().min(directory.archive_end))];
    while at < directory.end {
        let member = match zip_directory::entry(window, at) {
            Ok(Some(member)) => member,
            Ok(None) => {
                scanner.unseen(at, "the directory of the archive breaks here");
                break;
            }
            Err(error) => {
                scanner.unseen(at, format!("the archive cannot be read: {error}"));
                break;
            }
        };
        if spans.len() > MEMBERS_MAX {
            scanner.unseen(at, format!("it has more than {MEMBERS_MAX} members"));
            return;
        }
        at += member.length;
        spans.push(scan_entry(scanner, window, &member, directory.shift));
    }
    spans.sort_unstable();
    let mut covered = 0;
    for (start, end) in spans {
        if start > covered + GAP_BYTES_MAX {
            let reason = "there are bytes that the archive's directory does not list";
            scanner.unseen(covered, reason);
            scan_unlisted(scanner, window, covered, start);
        }
        covered = covered.max(end);
    }
    if covered < window.length() {
        scanner.unseen(covered, "there are bytes behind the archive");
        let rest = window.from(covered);
        look(scanner, "bytes behind the archive", rest);
    }
}

/// One member of the directory; where it lies.
fn scan_entry(
    scanner: &mut Scanner,
    window: Window<'_>,
    listed: &Member,
    shift: u64,
) -> (u64, u64) {
    let start = listed.offset.saturating_add(shift);
    let name = String::from_utf8_lossy(&listed.name).into_owned();
    let local = match zip_directory::local(window, start) {
        Ok(Some(local)) => local,
        Ok(None) | Err(_) => {
            scanner.unseen(
                start,
                format!("{name} has no header where the directory says"),
            );
            return (start, start);
        }
    };
    if let Some(what) = disagreement(listed, &local) {
        scanner.unseen(
            start,
            format!("the two headers of {name} disagree about its {what}"),
        );
    }
    if (listed.flags | local.flags) & 1 != 0 {
        scanner.unseen(start, format!("{name} says that it is encrypted"));
    }
    if name.ends_with(".py") {
        let reason = format!("{name} is source that runs when the model is used");
        scanner.unseen(start, reason);
    }
    let data = start + local.length;
    let packed = match listed.method {
        0 => listed.packed.max(listed.unpacked),
        _ => listed.packed,
    };
    if listed.packed != 0 || listed.unpacked != 0 || !name.ends_with('/') {
        scan_data(scanner, &name, window.part(data, packed), listed.method);
        let deferred = local.flags & 8 != 0;
        let other_size = !deferred && local.packed != listed.packed;
        if local.method != listed.method || other_size {
            let packed = if deferred { packed } else { local.packed };
            scan_data(scanner, &name, window.part(data, packed), local.method);
        }
    }
    (start, data.saturating_add(packed))
}

fn disagreement(listed: &Member, local: &Member) -> Option<&'static str> {
    let deferred = local.flags & 8 != 0;
    if listed.name != local.name {
        Some("name")
    } else if listed.method != local.method {
        Some("compression")
    } else if !deferred && (listed.packed != local.packed || listed.unpacked != local.unpacked) {
        Some("size")
    } else if listed.method == 0 && listed.packed != listed.unpacked {
        Some("size, as it is not compressed")
    } else {
        None
    }
}

fn scan_data(scanner: &mut Scanner, name: &str, data: Window<'_>, method: u16) {
    let budget = Rc::clone(&scanner.budget);
    match method {
        0 => look(scanner, name, data),
        8 => {
            let mut stream = unpack::inflate(Stream::of_window(data), &budget);
            scanner.look_at_member(name, &mut stream);
        }
        12 => match unpack::unpack(Stream::of_window(data), Compression::Bzip2, &budget) {
            Ok(mut stream) => scanner.look_at_member(name, &mut stream),
            Err(error) => scanner.unseen(0, format!("{name} cannot be unpacked: {error}")),
        },
        _ => {
            scanner.members += 1;
            let reason = format!("{name} is compressed by method {method}, which is not unpacked");
            scanner.unseen(0, reason);
        }
    }
}

fn look(scanner: &mut Scanner, name: &str, data: Window<'_>) {
    const DEPTH_MAX: usize = 8;
    scanner.members += 1;
    if scanner.notes.depth() >= DEPTH_MAX {
        return scanner.unseen(0, format!("{name} is nested deeper than is looked into"));
    }
    scanner.notes.enter(name.to_owned());
    scanner.look_at_window(name, data);
    scanner.notes.leave();
}

/// Bytes between `start` and `end` that no directory lists: members, or anything else.
fn scan_unlisted(scanner: &mut Scanner, window: Window<'_>, start: u64, end: u64) {
    let mut at = start;
    for _member in 0..MEMBERS_MAX {
        let Ok(Some(member)) = zip_directory::local(window, at) else {
            break;
        };
        let name = String::from_utf8_lossy(&member.name).into_owned();
        let data = at + member.length;
        let deferred = member.flags & 8 != 0 && member.packed == 0;
        let packed = if deferred {
            end.saturating_sub(data)
        } else {
            member.packed
        };
        let name = format!("{name} (not listed)");
        scan_data(scanner, &name, window.part(data, packed), member.method);
        at = data.saturating_add(packed);
        if at >= end {
            return;
        }
    }
    let rest = window.part(at, end.saturating_sub(at));
    if rest.length() < window.length() {
        look(scanner, "bytes that are not listed", rest);
    }
}

/// Hands each member of an archive to `visit`, unpacked, with its name and the place of its header.
///
/// # Errors
/// When the archive cannot be read, or `visit` refuses a member.
pub(crate) fn for_each_member(
    window: Window<'_>,
    mut visit: impl FnMut(&str, u64, &mut Stream<'_>) -> Result<(), HeaderError>,
) -> Result<(), HeaderError> {
    let broken = |offset: u64, problem: String| HeaderError { offset, problem };
    let unreadable = |error: std::io::Error| broken(0, format!("it cannot be read: {error}"));
    let directory = zip_directory::find(window).map_err(unreadable)?;
    let directory =
        directory.ok_or_else(|| broken(0, "the archive has no directory".to_owned()))?;
    let budget = unpack::Budget::new();
    let mut at = directory.start;
    while at < directory.end {
        let member = zip_directory::entry(window, at).map_err(unreadable)?;
        let member = member
            .ok_or_else(|| broken(at, "the directory of the archive breaks here".to_owned()))?;
        at += member.length;
        let start = member.offset.saturating_add(directory.shift);
        let name = String::from_utf8_lossy(&member.name).into_owned();
        let local = zip_directory::local(window, start).map_err(unreadable)?;
        let local = local.ok_or_else(|| broken(start, format!("{name} has no header here")))?;
        let data = window.part(start.saturating_add(local.length), member.packed);
        let packed = Stream::of_window(data);
        match member.method {
            0 => visit(&name, start, &mut { packed })?,
            8 => visit(&name, start, &mut unpack::inflate(packed, &budget))?,
            method => {
                let problem =
                    format!("{name} is compressed by method {method}, which is not unpacked");
                return Err(broken(start, problem));
            }
        }
    }
    Ok(())
}
