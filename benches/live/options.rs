//! What `cargo bench --bench live` is asked for: arguments to a task. Pure, and tested by
//! `tests/it/bench_live.rs`; it must not look at the machine.

use std::time::Duration;

use super::size::{Holding, Size};
use super::told::outputs::{Outputs, list};

pub(crate) const USAGE: &str = "\
Usage: cargo bench --bench live -- [--size SIZE]... [--changes N]... [--seconds N]
                                      [--listeners N] [--keys N] [--json FILE]
                                      [--chart FILE] [--readme FILE]

  --size SIZE    100, 1k, 20k, 100k or 200k TCP sockets of load, as in one_shot; several
                 are separated by commas; without it 100 and 20k
  --changes N    how many sockets open or close each second; several are separated by
                 commas; without it 0, 1000 and 10000
  --seconds N    how long each is watched (5)
  --listeners N  how many are opened to see how soon an alert tells of each (100)
  --keys N       how many keys are pressed in the dashboard (100)
  --json FILE    writes the results there too, as JSON
  --chart FILE   draws them there, as SVG
  --readme FILE  renews the tables there, between its marks";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) sizes: Vec<Size>,
    pub(crate) changes: Vec<u32>,
    pub(crate) span: Duration,
    pub(crate) listeners: usize,
    pub(crate) keys: usize,
    pub(crate) outputs: Outputs,
}

/// What this process is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Measure(Options),
    /// Hidden: be a part of the load.
    Hold(Holding),
}

impl Task {
    /// The task from the arguments after the name of the program.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let mut options = Options {
            sizes: Vec::new(),
            changes: Vec::new(),
            span: Duration::from_secs(5),
            listeners: 100,
            keys: 100,
            outputs: Outputs::default(),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--help" | "-h" => return Ok(Self::Help),
                "--size" => options.sizes.extend(list(&value()?, Size::named)?),
                "--changes" => options.changes.extend(list(&value()?, number::<u32>)?),
                "--seconds" => options.span = Duration::from_secs(number::<u64>(&value()?)?.max(1)),
                "--listeners" => options.listeners = number(&value()?)?,
                "--keys" => options.keys = number(&value()?)?,
                "--hold" => return Ok(Self::Hold(Holding::parse(&value()?)?)),
                other => match options.outputs.named(other) {
                    Some(file) => *file = Some(value()?.into()),
                    None => return Err(format!("unknown argument {arg}\n\n{USAGE}")),
                },
            }
        }
        if options.sizes.is_empty() {
            options.sizes = list("100,20k", Size::named)?;
        }
        if options.changes.is_empty() {
            options.changes = vec![0, 1_000, 10_000];
        }
        Ok(Self::Measure(options))
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no count"))
}
