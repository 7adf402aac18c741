//! The proxy as a program of its own, for this crate's tests: `LISTEN CONTROL WORKERS`. Users have
//! it inside `adjutant`.

use std::io::Write;
use std::time::Duration;

use adjutant_outbound::clock;
use adjutant_traffic::{ServeOptions, serve};

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, control, workers] = arguments.as_slice() else {
        return std::process::ExitCode::from(2);
    };
    let (Ok(listen), Ok(workers)) = (listen.parse(), workers.parse()) else {
        return std::process::ExitCode::from(2);
    };
    let options = ServeOptions {
        listen,
        control: control.into(),
        workers,
        trusts_forwarded: false,
        drain: Duration::from_secs(5),
        clock: clock::now,
    };
    let served = serve(&options, |address| {
        // Who started this waits for the line, or is gone.
        drop(writeln!(std::io::stdout(), "{address}"));
    });
    std::process::ExitCode::from(u8::from(served.is_err()))
}
