//! The keeper as a program of its own, for the tests of `process`. Users have it inside
//! `adjutant`.

fn main() -> std::process::ExitCode {
    match adjutant_outbound::process::keeper_arguments(std::env::args_os()) {
        Some(arguments) => adjutant_outbound::process::keep(&arguments).into(),
        None => std::process::ExitCode::from(2),
    }
}
