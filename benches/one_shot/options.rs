//! What `cargo bench --bench one_shot` is asked for: arguments to a task. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not look at the machine.

use std::time::Duration;

use super::size::{Holding, Kind, Size};
use super::told::outputs::{Outputs, list};

pub(crate) const USAGE: &str = "\
Usage: cargo bench --bench one_shot -- [--size SIZE]... [--load KIND]... [--rounds N]
                                          [--limit SECONDS] [--only TEXT] [--json FILE]
                                          [--chart FILE] [--readme FILE]

  --size SIZE      small (no load), 10, 100, 1k, 20k, 100k, 200k or 1M TCP sockets of
                   load; several are separated by commas; without it small, 1k and 20k
  --load KIND      what there is beside them: unix, udp, listeners (as many again),
                   files (processes with 1,000 descriptors each that are no sockets),
                   namespaces (up to 200); several are separated by commas
  --rounds N       how often each command is run (7), after once to count what it
                   prints; slow ones are run less often
  --limit SECONDS  a command that takes longer is ended, and not measured (60)
  --only TEXT      runs only commands that contain it
  --json FILE      writes the results there too, as JSON
  --chart FILE     draws them there, as SVG
  --readme FILE    renews the table there, between its marks";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) sizes: Vec<Size>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) rounds: usize,
    pub(crate) limit: Duration,
    pub(crate) only: String,
    pub(crate) outputs: Outputs,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sizes: Vec::new(),
            kinds: Vec::new(),
            rounds: 7,
            limit: Duration::from_mins(1),
            only: String::new(),
            outputs: Outputs::default(),
        }
    }
}

/// What this process is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Measure(Options),
    /// Hidden: be a part of the load.
    Hold(Holding),
    /// Hidden: make the calls that are asked for.
    Calls,
}

impl Task {
    /// The task from the arguments after the name of the program.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let mut options = Options::default();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--help" | "-h" => return Ok(Self::Help),
                "--size" => options.sizes.extend(list(&value()?, Size::named)?),
                "--load" => options.kinds.extend(list(&value()?, Kind::named)?),
                "--rounds" => options.rounds = number(&value()?)?,
                "--limit" => options.limit = Duration::from_secs(number(&value()?)?),
                "--only" => options.only = value()?,
                "--calls" => return Ok(Self::Calls),
                "--hold" => return Ok(Self::Hold(Holding::parse(&value()?)?)),
                other => match options.outputs.named(other) {
                    Some(file) => *file = Some(value()?.into()),
                    None => return Err(format!("unknown argument {arg}\n\n{USAGE}")),
                },
            }
        }
        if options.sizes.is_empty() {
            options.sizes = list("small,1k,20k", Size::named)?;
        }
        Ok(Self::Measure(options))
    }
}

/// A count: nothing is done zero times.
fn number<T: TryFrom<u32>>(text: &str) -> Result<T, String> {
    let number =
        text.parse().ok().filter(|number| *number > 0).and_then(|number: u32| number.try_into().ok());
    number.ok_or_else(|| format!("{text} is no count"))
}
