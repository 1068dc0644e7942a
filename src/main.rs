//! The program: hands its arguments to [`sockeye::cli`] and exits with the code that comes back.

use std::process::ExitCode;

fn main() -> ExitCode {
    sockeye::cli::main()
}
