//! What a request costs a service: processor time and memory, read from Linux's `/proc`.

use anyhow::{Context, Result, ensure};
use std::fs;

/// The kernel counts processor time in these (`USER_HZ`, 100 on every Linux that Rust runs on).
const MILLISECONDS_PER_TICK: f64 = 10.0;
/// Where `utime` stands after the name in `/proc/PID/stat`; `stime` follows (proc(5), 14 and 15).
const UTIME_FIELD: usize = 11;

/// What a process has used so far.
#[derive(Debug, PartialEq)]
pub(crate) struct Cost {
    processor_ms: f64,
    memory_peak_bytes: f64,
}

/// Reads what a process has used so far.
pub(crate) fn read(process: u32) -> Result<Cost> {
    let page = |name: &str| {
        let path = format!("/proc/{process}/{name}");
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    };
    Ok(Cost {
        processor_ms: parse_processor_ms(&page("stat")?)?,
        memory_peak_bytes: parse_memory_peak(&page("status")?)?,
    })
}

/// The name of the program, in parentheses, may hold anything, so fields count from its end.
fn parse_processor_ms(stat: &str) -> Result<f64> {
    let (_, fields) = stat.rsplit_once(") ").context("no program name in stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| -> Result<f64> {
        let text = fields.get(index).context("stat is too short")?;
        text.parse().context("a tick count is no number")
    };
    Ok((ticks(UTIME_FIELD)? + ticks(UTIME_FIELD + 1)?) * MILLISECONDS_PER_TICK)
}

fn parse_memory_peak(status: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("no VmHWM")?;
    let kilobytes: f64 = kilobytes.parse().context("VmHWM is no number")?;
    Ok(kilobytes * 1024.0)
}

/// The cost of the load between two readings, in Bencher Metric Format.
pub(crate) fn as_metric_format(before: &Cost, after: &Cost, requests: usize) -> Result<String> {
    ensure!(requests > 0, "there were no requests to share the cost");
    let processor_ms = (after.processor_ms - before.processor_ms) / requests as f64;
    let metrics = serde_json::json!({
        "search": {
            "processor_ms_per_request": { "value": processor_ms },
            "memory_peak_bytes": { "value": after.memory_peak_bytes },
        }
    });
    serde_json::to_string_pretty(&metrics).context("cannot write the cost")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as proc(5) lays it out, of a program whose name holds parentheses and spaces.
    const STAT: &str = "4242 (a (b) c) S 1 4242 4242 0 -1 4194560 1234 0 0 0 73 21 0 0 20 0 3 0 \
                        9999 123456 789 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0";

    #[test]
    fn processor_time_is_user_and_system_time() {
        assert_eq!(parse_processor_ms(STAT).expect("a time"), 940.0);
        assert!(parse_processor_ms("4242 (a) S 1").is_err());
    }

    #[test]
    fn the_memory_peak_is_in_bytes() {
        let status = "Name:\tsearch\nVmPeak:\t  200 kB\nVmHWM:\t    8 kB\nVmRSS:\t 4 kB\n";
        assert_eq!(parse_memory_peak(status).expect("a peak"), 8192.0);
        assert!(parse_memory_peak("Name:\tsearch\n").is_err());
    }

    #[test]
    fn the_cost_of_a_load_is_shared_by_its_requests() {
        let cost = |processor_ms| Cost {
            processor_ms,
            memory_peak_bytes: 8192.0,
        };
        let text = as_metric_format(&cost(100.0), &cost(600.0), 1000).expect("metrics");
        assert!(
            text.contains("\"value\": 0.5") && text.contains("\"value\": 8192.0"),
            "{text}"
        );
        assert!(as_metric_format(&cost(1.0), &cost(2.0), 0).is_err());
    }
}
