//! The options of `ss` that are about the end of sockets: `-E` tells it, `-K` brings it about.

use std::time::Duration;

use anyhow::{bail, ensure};
use clap::Args as ClapArgs;

use super::args::{ListArgs, SourceChoice};
use super::selection::Selection;
use super::settings::Reading;
use super::shape::Shape;
use crate::config::{Settings, interval};
use crate::model::Protocol;

#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "The end of sockets")]
pub(super) struct EndingArgs {
    /// Tell TCP and UDP sockets as they close, with their last counts, until stopped
    #[arg(short = 'E', long)]
    pub(super) events: bool,
    /// With -E: end after this time, such as 10s
    #[arg(long = "for", value_name = "TIME", value_parser = interval, requires = "events", conflicts_with = "kill")]
    pub(super) events_for: Option<Duration>,
    /// With -E: end after so many sockets
    #[arg(long = "count", value_name = "N", value_parser = clap::value_parser!(u64).range(1..), requires = "events", conflicts_with = "kill")]
    pub(super) events_count: Option<u64>,
    /// Close the TCP and UDP sockets that pass, after asking
    #[arg(short = 'K', long, conflicts_with_all = ["events", "summary"])]
    pub(super) kill: bool,
    /// With -K: close without asking
    #[arg(long, requires = "kill", conflicts_with = "events")]
    pub(super) yes: bool,
    /// The command that stands for the option.
    #[arg(skip)]
    pub(super) command: Option<&'static str>,
}

impl EndingArgs {
    /// The option or the command, as it was typed.
    pub(super) fn name(&self) -> &'static str {
        self.command.unwrap_or(if self.kill { "-K" } else { "-E" })
    }
}

/// Those that the kernel tells of, and closes.
const PROTOCOLS: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];

/// What either is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) args: ListArgs,
    /// By the arguments alone: no setting of somebody's closes more, or tells less.
    pub(super) reading: Reading,
    pub(super) selection: Selection,
    pub(super) json: bool,
}

/// Understands the arguments, and refuses what neither can do. Where no protocol is named, both are meant.
pub(super) fn resolve(mut args: ListArgs) -> anyhow::Result<Asked> {
    let name = args.ending.name();
    let protocols = args.protocols();
    let chosen = !protocols.is_empty() || args.listening;
    if let Some(other) = protocols.iter().find(|protocol| !PROTOCOLS.contains(protocol)) {
        let does = if args.ending.kill { "closes" } else { "tells the end of" };
        let other = other.word();
        bail!("{name}: the kernel {does} TCP and UDP sockets alone, not those of {other}: say -t or -u");
    }
    let reading = args.reading.resolve(&Settings::default());
    ensure!(
        matches!(reading.source, SourceChoice::Auto | SourceChoice::Netlink),
        "{name} needs the kernel itself, through netlink: leave out --source"
    );
    ensure!(
        !reading.all_netns,
        "{name} works in one network namespace at a time: leave out --all-netns{}",
        if args.ending.kill { ", or name one with -N" } else { "" }
    );
    ensure!(args.shape.sort.is_none(), "{name}: sockets come in an order of their own: leave out --sort");
    ensure!(!args.summary, "{name} tells single sockets: leave out --summary");
    if args.ending.events {
        follows(&mut args)?;
    }
    if protocols.is_empty() {
        (args.tcp, args.udp) = (true, true);
    }
    let selection = Selection::of(&args)?;
    let json = is_json(name, &selection.shape)?;
    ensure!(
        chosen || selection.has_filter() || !args.ending.kill,
        "{name} alone would close every connection: say which, by -t, -u, -l or a filter, such as: \
         sockeye {name} dst 10.0.0.7; to close all of them: sockeye {name} -tu"
    );
    Ok(Asked { args, reading, selection, json })
}

/// What `-E` cannot do besides.
fn follows(args: &mut ListArgs) -> anyhow::Result<()> {
    ensure!(
        args.reading.net.is_none(),
        "-E hears of the network namespace that it runs in alone: leave out -N, and run it in there: \
         ip netns exec NAME sockeye -E"
    );
    ensure!(
        !args.listening,
        "-E tells every socket that closes: leave out -l, or filter by the state before: state listening"
    );
    args.all = true; // what is closed is in none of the states that -l and its absence choose
    Ok(())
}

/// True for JSON. Refuses the forms that have no place for what happened.
fn is_json(name: &str, shape: &Shape) -> anyhow::Result<bool> {
    match shape {
        Shape::Table => Ok(false),
        Shape::Json | Shape::Ndjson => Ok(true),
        Shape::Csv(_) | Shape::Columns(_) | Shape::Template(_) => bail!(
            "{name}: --csv, --columns and --format have no place for what happened: leave them out, or use --json"
        ),
    }
}
