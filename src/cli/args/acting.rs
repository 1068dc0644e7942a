//! The arguments of the commands that do something: `kill` and `close`, `policy approve` and `policy reject`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::{ListArgs, PolicyArgs, ReadingArgs, ShapeArgs};
use crate::cli::ending::EndingArgs;
use crate::config::interval;

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(
    after_help = "Exit codes: 0 all got it, and where it should end them ended and released what they held, 1 nobody holds it, 2 error, or not all."
)]
pub(in crate::cli) struct KillArgs {
    /// Whose holders: a port (80, :80, https), ADDR:PORT, a Unix path, @name, pid:812 or the name of a process, as for
    /// who; or a filter, such as: port = 80 and user = alice
    #[arg(value_name = "TARGET|FILTER", required = true)]
    pub(in crate::cli) words: Vec<OsString>,
    /// TERM, KILL, INT, QUIT, HUP, USR1, USR2, STOP or CONT, or the number of one
    #[arg(short, long, value_name = "NAME", default_value = "TERM")]
    pub(in crate::cli) signal: String,
    /// Stop the unit or the container of who holds it, through systemctl, docker or podman, and send no signal
    #[arg(long, conflicts_with_all = ["signal", "wait"])]
    pub(in crate::cli) stop: bool,
    /// Send without asking
    #[arg(long)]
    pub(in crate::cli) yes: bool,
    /// Tell who would get it, and send nothing
    #[arg(long, conflicts_with = "yes")]
    pub(in crate::cli) dry_run: bool,
    /// How long to wait for the end of those that get it
    #[arg(long, value_name = "TIME", value_parser = interval, default_value = "5s")]
    pub(in crate::cli) wait: Duration,
    /// One JSON object a line for each process, and for each socket
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) reading: ReadingArgs,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(
    after_help = "Exit codes: 0 all closed, or gone before, 2 error, a no, or not all could be closed."
)]
pub(in crate::cli) struct CloseArgs {
    /// TCP sockets
    #[arg(short, long)]
    tcp: bool,
    /// UDP sockets
    #[arg(short, long)]
    udp: bool,
    /// Only sockets that listen, or wait unconnected
    #[arg(short, long, overrides_with = "all")]
    listening: bool,
    /// Sockets in every state
    #[arg(short, long, overrides_with = "listening")]
    all: bool,
    /// Port numbers instead of service names
    #[arg(short, long)]
    numeric: bool,
    /// Close without asking
    #[arg(long)]
    yes: bool,
    /// One JSON object a line for each socket
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: ReadingArgs,
    /// A filter in a file, beside that of the arguments; - is stdin
    #[arg(short = 'F', long = "filter", value_name = "FILE")]
    filter_file: Option<PathBuf>,
    /// Only sockets that pass, such as: dst 10.0.0.7, port in {80,443}, proc = nginx
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 written, or nothing to write, 1 no such listener is there, 2 error, or a no."
)]
pub(in crate::cli) struct ChangeArgs {
    /// Which listeners: a port (80, :80, https), ADDR:PORT, pid:812 or the name of a process, as for who; the id of an
    /// alert; or a filter, such as: port = 80 and user = alice
    #[arg(value_name = "TARGET|ID|FILTER", required = true)]
    pub(in crate::cli) words: Vec<OsString>,
    /// Write without asking
    #[arg(long)]
    pub(in crate::cli) yes: bool,
    /// Print what would be written, and write nothing
    #[arg(long, conflicts_with = "yes")]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,
    #[command(flatten)]
    pub(in crate::cli) reading: ReadingArgs,
}

/// The same as the options of ss.
impl From<CloseArgs> for ListArgs {
    fn from(args: CloseArgs) -> Self {
        let CloseArgs { tcp, udp, listening, all, numeric, yes, json, reading, filter_file, filter } = args;
        Self {
            tcp,
            udp,
            listening,
            all,
            numeric,
            ending: EndingArgs { kill: true, yes, command: Some("close"), ..EndingArgs::default() },
            shape: ShapeArgs { json, ..ShapeArgs::default() },
            reading,
            filter_file,
            filter,
            ..Self::default()
        }
    }
}
