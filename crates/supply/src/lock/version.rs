//! Versions by the rules of their ecosystem: semantic versions, PEP 440, Go's with a `v`.

use std::cmp::Ordering;

use super::Ecosystem;

/// A version that can be compared with others of its ecosystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersion {
    ecosystem: Ecosystem,
    epoch: u64,
    release: Vec<u64>,
    /// What comes before the release; none sorts last.
    before: Before,
    post: Option<u64>,
    /// `.dev1`: before everything else of the same release.
    dev: Option<u64>,
    local: Vec<Part>,
}

/// A pre-release.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Before {
    Parts(Vec<Part>),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl PackageVersion {
    /// Reads a version; `None` when it is none of its ecosystem.
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Option<Self> {
        match ecosystem {
            Ecosystem::Cargo | Ecosystem::Npm => semantic(ecosystem, text),
            Ecosystem::Go => semantic(ecosystem, text.strip_prefix('v').unwrap_or(text)),
            Ecosystem::PyPi => python(text),
        }
    }

    /// Whether going from this version to `other` may break: another first number, and below 1.0
    /// for Cargo and npm the first number that is not 0.
    pub fn is_major_step(&self, other: &Self) -> bool {
        if self.epoch != other.epoch {
            return true;
        }
        let at = |version: &Self, place: usize| version.release.get(place).copied().unwrap_or(0);
        let zero_counts = matches!(self.ecosystem, Ecosystem::Cargo | Ecosystem::Npm);
        for place in 0..3 {
            if at(self, place) != at(other, place) {
                return true;
            }
            if at(self, place) != 0 || !zero_counts {
                return false;
            }
        }
        false
    }

    /// Whether it is a commit between releases, as Go writes them: `v0.0.0-20240101000000-abcdef123456`.
    pub fn is_pseudo(&self) -> bool {
        let Before::Parts(parts) = &self.before else {
            return false;
        };
        let Some(Part::Word(last)) = parts.last() else {
            return false;
        };
        let digits = last.split_once('-').map(|(time, _commit)| time);
        self.ecosystem == Ecosystem::Go
            && digits
                .is_some_and(|time| time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit()))
    }
}

impl PartialOrd for PackageVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let longest = self.release.len().max(other.release.len());
        let padded = |version: &Self| {
            let mut release = version.release.clone();
            release.resize(longest, 0);
            release
        };
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| padded(self).cmp(&padded(other)))
            .then_with(|| stage(self).cmp(&stage(other)))
            .then_with(|| parts(&self.before).cmp(parts(&other.before)))
            .then_with(|| self.post.cmp(&other.post))
            .then_with(|| self.dev.is_none().cmp(&other.dev.is_none()))
            .then_with(|| self.dev.cmp(&other.dev))
            .then_with(|| self.local.cmp(&other.local))
    }
}

/// A development release of nothing but the release comes first, then what comes before the
/// release, then the release.
fn stage(version: &PackageVersion) -> u8 {
    match (&version.before, version.post, version.dev) {
        (Before::Nothing, None, Some(_)) => 0,
        (Before::Parts(_), _, _) => 1,
        (Before::Nothing, _, _) => 2,
    }
}

fn parts(before: &Before) -> &[Part] {
    match before {
        Before::Parts(parts) => parts,
        Before::Nothing => &[],
    }
}

/// Semantic Versioning 2.0.0; build metadata does not take part.
fn semantic(ecosystem: Ecosystem, text: &str) -> Option<PackageVersion> {
    let text = text.split('+').next()?;
    let (numbers, before) = match text.split_once('-') {
        Some((numbers, before)) => (numbers, Some(before)),
        None => (text, None),
    };
    let release: Option<Vec<u64>> = numbers
        .split('.')
        .map(|number| number.parse().ok())
        .collect();
    let release = release.filter(|release| release.len() == 3)?;
    let before = match before {
        None => Before::Nothing,
        Some(before) => Before::Parts(
            before
                .split('.')
                .map(|part| match part.parse() {
                    Ok(number) => Part::Number(number),
                    Err(_) => Part::Word(part.to_owned()),
                })
                .collect(),
        ),
    };
    Some(PackageVersion {
        ecosystem,
        epoch: 0,
        release,
        before,
        post: None,
        dev: None,
        local: vec![],
    })
}

/// PEP 440 with its other spellings: `1.0-alpha.1`, `1.0rev2`, `1.0+cu118`.
fn python(text: &str) -> Option<PackageVersion> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix('v').unwrap_or(&text);
    let (public, local) = match text.split_once('+') {
        Some((public, local)) => (public, local),
        None => (text, ""),
    };
    let (epoch, public) = match public.split_once('!') {
        Some((epoch, public)) => (epoch.parse().ok()?, public),
        None => (0, public),
    };
    let end = public
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(public.len());
    let (release, mut rest) = public.split_at(end);
    let release: Option<Vec<u64>> = release
        .trim_end_matches('.')
        .split('.')
        .map(|number| number.parse().ok())
        .collect();
    let mut version = PackageVersion {
        ecosystem: Ecosystem::PyPi,
        epoch,
        release: release?,
        before: Before::Nothing,
        post: None,
        dev: None,
        local: local
            .split(['.', '-', '_'])
            .filter(|part| !part.is_empty())
            .map(|part| match part.parse() {
                Ok(number) => Part::Number(number),
                Err(_) => Part::Word(part.to_owned()),
            })
            .collect(),
    };
    while !rest.is_empty() {
        rest = python_suffix(&mut version, rest)?;
    }
    Some(version)
}

fn python_suffix<'t>(version: &mut PackageVersion, text: &'t str) -> Option<&'t str> {
    let implicit = text.strip_prefix('-');
    let text = text.trim_start_matches(['.', '-', '_']);
    let word_end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (word, after) = text.split_at(word_end);
    let after = match word {
        "" => after,
        _ => after.strip_prefix(['.', '-', '_']).unwrap_or(after),
    };
    let digits_end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    let (digits, rest) = after.split_at(digits_end);
    let number: u64 = match digits {
        "" => 0,
        digits => digits.parse().ok()?,
    };
    let before = |rank: u64| Before::Parts(vec![Part::Number(rank), Part::Number(number)]);
    match word {
        "a" | "alpha" => version.before = before(0),
        "b" | "beta" => version.before = before(1),
        "c" | "rc" | "pre" | "preview" => version.before = before(2),
        "post" | "rev" | "r" => version.post = Some(number),
        "dev" => version.dev = Some(number),
        "" if implicit.is_some() && !digits.is_empty() => version.post = Some(number),
        _ => return None,
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(ecosystem: Ecosystem, texts: &[&str]) {
        let versions: Vec<_> = texts
            .iter()
            .map(|text| PackageVersion::parse(ecosystem, text).unwrap_or_else(|| panic!("{text}")))
            .collect();
        for (at, pair) in versions.windows(2).enumerate() {
            assert!(pair[0] < pair[1], "{} < {}", texts[at], texts[at + 1]);
        }
    }

    #[test]
    fn semantic_versions_are_in_the_order_of_the_standard() {
        let texts = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.10.0",
            "2.0.0",
        ];
        ordered(Ecosystem::Npm, &texts);
        ordered(
            Ecosystem::Go,
            &["v0.0.0-20230101000000-abcdef123456", "v0.1.0", "v1.0.0"],
        );
    }

    #[test]
    fn python_versions_are_in_the_order_of_pep_440() {
        let texts = [
            "1.0.dev456",
            "1.0a1.dev1",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.1.dev1",
            "1!0.1",
        ];
        let local = texts.iter().position(|text| *text == "1.0+5").unwrap();
        ordered(Ecosystem::PyPi, &texts[..local]);
        ordered(Ecosystem::PyPi, &texts[local + 1..]);
        assert_eq!(
            PackageVersion::parse(Ecosystem::PyPi, "1.0")
                .map(|version| version
                    .cmp(&PackageVersion::parse(Ecosystem::PyPi, "1.0.0").unwrap())),
            Some(Ordering::Equal)
        );
        assert_eq!(PackageVersion::parse(Ecosystem::PyPi, "1.0-what"), None);
    }

    #[test]
    fn a_major_step_is_told_by_the_rules_of_the_ecosystem() {
        for (ecosystem, old, new, expected) in [
            (Ecosystem::Cargo, "1.2.0", "1.3.0", false),
            (Ecosystem::Cargo, "1.2.0", "2.0.0", true),
            (Ecosystem::Cargo, "0.2.0", "0.3.0", true),
            (Ecosystem::Cargo, "0.2.0", "0.2.1", false),
            (Ecosystem::Npm, "0.0.1", "0.0.2", true),
            (Ecosystem::PyPi, "0.2", "0.3", false),
            (Ecosystem::PyPi, "1.9", "2.0", true),
            (Ecosystem::PyPi, "1.0", "1!1.0", true),
            (Ecosystem::Go, "v0.2.0", "v0.3.0", false),
            (Ecosystem::Go, "v1.2.0", "v2.0.0+incompatible", true),
        ] {
            let parse = |text| PackageVersion::parse(ecosystem, text).unwrap();
            let (from, to) = (parse(old), parse(new));
            assert_eq!(from.is_major_step(&to), expected, "{old} {new}");
        }
        let pseudo = PackageVersion::parse(Ecosystem::Go, "v0.0.0-20230101000000-abcdef123456");
        assert!(pseudo.unwrap().is_pseudo());
    }
}
