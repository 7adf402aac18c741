//! The keepers as a program of their own, for the tests of `process` and `instance`. Users have them
//! inside `adjutant`.

use adjutant_outbound::{instance, process};

fn main() -> std::process::ExitCode {
    if let Some(arguments) = process::keeper_arguments(std::env::args_os()) {
        return process::keep(&arguments).into();
    }
    match instance::instance_argument(std::env::args_os()) {
        Some(folder) => {
            let environment = process::Environment::allowed(std::env::vars_os());
            instance::keep_instance(&folder, &environment).into()
        }
        None => std::process::ExitCode::from(2),
    }
}
