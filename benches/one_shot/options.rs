//! What `cargo bench --bench one_shot` is asked for: arguments to a task. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not look at the machine.

use std::net::Ipv4Addr;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
Usage: cargo bench --bench one_shot -- [--size SIZE]... [--rounds N]
                                          [--only TEXT] [--json FILE]

  --size SIZE  small (no load), 1k, 20k, 200k or 1M TCP sockets of load; several
               are separated by commas; without it small, 1k and 20k
  --rounds N   how often each command is run (7); slow ones are run less often
  --only TEXT  runs only commands that contain it
  --json FILE  writes the results there too, as JSON";

/// How large a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) processes: u32,
    /// Of each process, both ends in it.
    pub(crate) connections: u32,
}

/// No load can be asked for that is larger than the last.
const SIZES: [Size; 5] = [
    Size { name: "small", processes: 0, connections: 0 },
    Size { name: "1k", processes: 10, connections: 50 },
    Size { name: "20k", processes: 100, connections: 100 },
    Size { name: "200k", processes: 1_100, connections: 91 },
    Size { name: "1M", processes: 5_500, connections: 91 },
];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) sizes: Vec<Size>,
    pub(crate) rounds: usize,
    pub(crate) only: String,
    pub(crate) json: Option<PathBuf>,
}

/// What this process is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Measure(Options),
    /// Hidden: open this many connections to a listener at the address, and hold them.
    HoldLoad(Ipv4Addr, u32),
    /// Hidden: do what the bare subject of this name does.
    Bare(String),
}

impl Task {
    /// The task from the arguments after the name of the program.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let mut options = Options { sizes: Vec::new(), rounds: 7, only: String::new(), json: None };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--help" | "-h" => return Ok(Self::Help),
                "--size" => {
                    for name in value()?.split(',') {
                        options.sizes.push(size(name)?);
                    }
                }
                "--rounds" => options.rounds = number(&value()?)?,
                "--only" => options.only = value()?,
                "--json" => options.json = Some(value()?.into()),
                "--hold-load" => return Ok(Self::HoldLoad(address(&value()?)?, number(&value()?)?)),
                "--bare" => return Ok(Self::Bare(value()?)),
                _ => return Err(format!("unknown argument {arg}\n\n{USAGE}")),
            }
        }
        if options.sizes.is_empty() {
            options.sizes.extend_from_slice(&SIZES[..3]);
        }
        Ok(Self::Measure(options))
    }
}

fn size(name: &str) -> Result<Size, String> {
    let found = SIZES.iter().find(|size| size.name == name);
    found.copied().ok_or_else(|| format!("there is no size {name}: small, 1k, 20k, 200k and 1M are known"))
}

/// A count: nothing is done zero times.
fn number<T: TryFrom<u32>>(text: &str) -> Result<T, String> {
    let number =
        text.parse().ok().filter(|number| *number > 0).and_then(|number: u32| number.try_into().ok());
    number.ok_or_else(|| format!("{text} is no count"))
}

fn address(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}
