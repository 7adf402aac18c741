//! The command line. It reads words into settings and does nothing else.

use adjutant_example_search::fault::Fault;
use adjutant_example_search::rank::{Sight, Version};
use lexopt::prelude::{Long, Short, Value, ValueExt};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
search serve --version baseline|candidate|slow [--no-visual] [--port 0] [--stop-with-stdin]
             [--fault NAME] [--pace MILLISECONDS]
search package --out DIR
search drive --out DIR [--seconds 60] [--candidate candidate|slow] [--rate 200] [--seed 1]
search visit --address URL [--seconds N] [--rate 200] [--seed 1] [--version NAME]
             [--stop-with-stdin]
search prepare [--check]

serve    answers GET /search?q=…&k=10 and GET /healthz on loopback; prints its address first
package  writes a program for each version, as a deployment takes it
drive    runs baseline and candidate side by side, asks the labelled queries, loads both, and
         writes what it measured into DIR; prints the list of files as JSON
visit    asks the labelled queries at an address, once it answers, for N seconds or until its
         input ends; prints how it went as JSON, and fails when a request got no good answer
prepare  draws the pictures and writes the judgements; --check only compares them

Every command takes --data DIR for another catalogue.";

/// The seconds of load at most: an hour, so that a slip does not fill the disk.
const SECONDS_MAX: u32 = 3600;
/// Requests per second and arm at most: one machine carries the driver too.
const RATE_MAX: u32 = 5000;

#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Serve(ServeSettings),
    Package(PackageSettings),
    Drive(DriveSettings),
    Visit(VisitSettings),
    Prepare(PrepareSettings),
}

#[derive(Debug, PartialEq)]
pub(crate) struct ServeSettings {
    pub(crate) data: PathBuf,
    pub(crate) version: Version,
    pub(crate) sight: Sight,
    pub(crate) port: u16,
    /// Stop when standard input ends, so that a service does not outlive its driver.
    pub(crate) stop_with_stdin: bool,
    /// What is wrong with it on purpose.
    pub(crate) fault: Option<Fault>,
    /// About how long a search takes.
    pub(crate) pace: Duration,
}

#[derive(Debug, PartialEq)]
pub(crate) struct DriveSettings {
    pub(crate) data: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) seconds: u32,
    pub(crate) candidate: Version,
    /// Requests per second and arm.
    pub(crate) rate: u32,
    pub(crate) seed: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) struct PackageSettings {
    pub(crate) data: PathBuf,
    pub(crate) out: PathBuf,
}

#[derive(Debug, PartialEq)]
pub(crate) struct VisitSettings {
    pub(crate) data: PathBuf,
    /// Where the visitors go, such as `http://127.0.0.1:8080`.
    pub(crate) address: String,
    /// For how long; until told to stop when it is missing.
    pub(crate) seconds: Option<u32>,
    /// Requests per second.
    pub(crate) rate: u32,
    pub(crate) seed: u64,
    /// The only version whose answers are good; any when it is missing.
    pub(crate) version: Option<Version>,
    /// Stop when standard input ends.
    pub(crate) stop_with_stdin: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct PrepareSettings {
    pub(crate) data: PathBuf,
    pub(crate) check: bool,
}

pub(crate) fn read(mut words: lexopt::Parser) -> Result<Command, lexopt::Error> {
    match words.next()? {
        Some(Value(name)) => match name.string()?.as_str() {
            "serve" => read_serve(words).map(Command::Serve),
            "package" => read_package(words).map(Command::Package),
            "drive" => read_drive(words).map(Command::Drive),
            "visit" => read_visit(words).map(Command::Visit),
            "prepare" => read_prepare(words).map(Command::Prepare),
            other => Err(format!("there is no command {other:?}").into()),
        },
        Some(Long("help") | Short('h')) => Ok(Command::Help),
        Some(other) => Err(other.unexpected()),
        None => Err("a command is missing".into()),
    }
}

/// The catalogue that this program was built beside.
fn bundled_data() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data"))
}

fn read_serve(mut words: lexopt::Parser) -> Result<ServeSettings, lexopt::Error> {
    let (mut data, mut version, mut sight) = (bundled_data(), None, Sight::Pictures);
    let (mut port, mut stop_with_stdin) = (0, false);
    let (mut fault, mut pace) = (None, Duration::ZERO);
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = words.value()?.into(),
            Long("version") => version = Some(read_version(&mut words)?),
            Long("no-visual") => sight = Sight::TextOnly,
            Long("port") => port = words.value()?.parse()?,
            Long("stop-with-stdin") => stop_with_stdin = true,
            Long("fault") => fault = Some(read_fault(&mut words)?),
            Long("pace") => pace = Duration::from_millis(words.value()?.parse()?),
            Long(_) | Short(_) | Value(_) => return Err(word.unexpected()),
        }
    }
    let version = version.ok_or("--version is missing")?;
    Ok(ServeSettings {
        data,
        version,
        sight,
        port,
        stop_with_stdin,
        fault,
        pace,
    })
}

fn read_drive(mut words: lexopt::Parser) -> Result<DriveSettings, lexopt::Error> {
    let (mut data, mut out, mut candidate) = (bundled_data(), None, Version::Candidate);
    let (mut seconds, mut rate, mut seed) = (60, 200, 1);
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = words.value()?.into(),
            Long("out") => out = Some(words.value()?.into()),
            Long("candidate") => candidate = read_version(&mut words)?,
            Long("seconds") => seconds = read_count(&mut words, "--seconds", SECONDS_MAX)?,
            Long("rate") => rate = read_count(&mut words, "--rate", RATE_MAX)?,
            Long("seed") => seed = words.value()?.parse()?,
            Long(_) | Short(_) | Value(_) => return Err(word.unexpected()),
        }
    }
    let out = out.ok_or("--out is missing")?;
    Ok(DriveSettings {
        data,
        out,
        seconds,
        candidate,
        rate,
        seed,
    })
}

fn read_package(mut words: lexopt::Parser) -> Result<PackageSettings, lexopt::Error> {
    let (mut data, mut out) = (bundled_data(), None);
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = words.value()?.into(),
            Long("out") => out = Some(words.value()?.into()),
            Long(_) | Short(_) | Value(_) => return Err(word.unexpected()),
        }
    }
    let out = out.ok_or("--out is missing")?;
    Ok(PackageSettings { data, out })
}

fn read_visit(mut words: lexopt::Parser) -> Result<VisitSettings, lexopt::Error> {
    let (mut data, mut address, mut seconds) = (bundled_data(), None, None);
    let (mut rate, mut seed, mut version, mut stop_with_stdin) = (200, 1, None, false);
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = words.value()?.into(),
            Long("address") => address = Some(words.value()?.string()?),
            Long("seconds") => seconds = Some(read_count(&mut words, "--seconds", SECONDS_MAX)?),
            Long("rate") => rate = read_count(&mut words, "--rate", RATE_MAX)?,
            Long("seed") => seed = words.value()?.parse()?,
            Long("version") => version = Some(read_version(&mut words)?),
            Long("stop-with-stdin") => stop_with_stdin = true,
            Long(_) | Short(_) | Value(_) => return Err(word.unexpected()),
        }
    }
    let address = address.ok_or("--address is missing")?;
    if seconds.is_none() && !stop_with_stdin {
        return Err("nothing ends the visits: give --seconds or --stop-with-stdin".into());
    }
    Ok(VisitSettings {
        data,
        address,
        seconds,
        rate,
        seed,
        version,
        stop_with_stdin,
    })
}

fn read_prepare(mut words: lexopt::Parser) -> Result<PrepareSettings, lexopt::Error> {
    let (mut data, mut check) = (bundled_data(), false);
    while let Some(word) = words.next()? {
        match word {
            Long("data") => data = words.value()?.into(),
            Long("check") => check = true,
            Long(_) | Short(_) | Value(_) => return Err(word.unexpected()),
        }
    }
    Ok(PrepareSettings { data, check })
}

fn read_version(words: &mut lexopt::Parser) -> Result<Version, lexopt::Error> {
    let name = words.value()?.string()?;
    Version::from_name(&name).ok_or_else(|| format!("there is no version {name:?}").into())
}

fn read_fault(words: &mut lexopt::Parser) -> Result<Fault, lexopt::Error> {
    let name = words.value()?.string()?;
    Fault::from_name(&name).ok_or_else(|| format!("there is no fault {name:?}").into())
}

fn read_count(words: &mut lexopt::Parser, option: &str, max: u32) -> Result<u32, lexopt::Error> {
    let count: u32 = words.value()?.parse()?;
    if (1..=max).contains(&count) {
        Ok(count)
    } else {
        Err(format!("{option} {count} is not from 1 to {max}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let parser = lexopt::Parser::from_args(line.split_whitespace());
        read(parser).map_err(|error| error.to_string())
    }

    #[test]
    fn options_become_settings() {
        let expected = DriveSettings {
            data: bundled_data(),
            out: PathBuf::from("o"),
            seconds: 5,
            candidate: Version::Slow,
            rate: 200,
            seed: 7,
        };
        let line = "drive --out o --seconds 5 --candidate slow --seed 7";
        assert_eq!(parse(line), Ok(Command::Drive(expected)));
    }

    #[test]
    fn a_wrong_command_line_says_what_is_wrong() {
        for (line, problem) in [
            ("", "a command is missing"),
            ("sell", "there is no command \"sell\""),
            ("serve", "--version is missing"),
            ("serve --version fast", "there is no version \"fast\""),
            (
                "serve --version slow --fault flood",
                "there is no fault \"flood\"",
            ),
            ("drive", "--out is missing"),
            (
                "drive --out o --seconds 0",
                "--seconds 0 is not from 1 to 3600",
            ),
            ("package", "--out is missing"),
            ("visit --seconds 1", "--address is missing"),
            (
                "visit --address http://127.0.0.1:1",
                "nothing ends the visits: give --seconds or --stop-with-stdin",
            ),
            ("prepare --force", "invalid option '--force'"),
        ] {
            assert_eq!(parse(line), Err(problem.to_owned()), "{line}");
        }
    }
}
