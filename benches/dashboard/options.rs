//! What `cargo bench --bench dashboard` is asked for: arguments to a task. Pure; it must not look at the machine.

pub(crate) const USAGE: &str = "\
Usage: cargo bench --bench dashboard -- [--rows N] [--changes N] [--rounds N]

  --rows N     made-up sockets (100000)
  --changes N  how many of them change from reading to reading (1000)
  --rounds N   how often each piece is measured (30)";

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rows: usize,
    pub(crate) changes: usize,
    pub(crate) rounds: usize,
}

/// What this process is to do.
#[derive(Debug)]
pub(crate) enum Task {
    Help,
    Measure(Options),
}

impl Task {
    /// The task from the arguments after the name of the program.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let mut options = Options { rows: 100_000, changes: 1_000, rounds: 30 };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--help" | "-h" => return Ok(Self::Help),
                "--rows" => options.rows = number(&value()?)?,
                "--changes" => options.changes = number(&value()?)?,
                "--rounds" => options.rounds = number::<usize>(&value()?)?.max(1),
                _ => return Err(format!("unknown argument {arg}\n\n{USAGE}")),
            }
        }
        Ok(Self::Measure(options))
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no count"))
}
