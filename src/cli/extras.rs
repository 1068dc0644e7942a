//! The options of `ss` that tell more of each socket. They choose no sockets.

use clap::Args as ClapArgs;

use crate::output::table::Extras;

/// What is told of each socket behind its columns.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of ss")]
#[command(next_help_heading = "What is told of each")]
pub(super) struct ExtrasArgs {
    /// User, inode, cookie, mark, cgroup, IPv6 only, shut down directions; rings and groups
    #[arg(short, long)]
    extended: bool,
    /// The running timer
    #[arg(short, long)]
    options: bool,
    /// Memory and drops, on a second line
    #[arg(short, long)]
    memory: bool,
    /// The insides of TCP: round trips, windows, amounts, rates; on a second line
    #[arg(short, long)]
    info: bool,
    /// The packet filter of packet sockets
    #[arg(short, long)]
    bpf: bool,
    /// Type of service, traffic class, class of the cgroup
    #[arg(long)]
    tos: bool,
    /// The cgroup
    #[arg(long)]
    cgroup: bool,
    /// Socket options
    #[arg(long)]
    inet_sockopt: bool,
    /// One line for each socket, whatever is told of it
    #[arg(short = 'O', long)]
    oneline: bool,
}

impl ExtrasArgs {
    /// The same for the table.
    pub(super) fn resolve(self) -> Extras {
        let Self { extended, options, memory, info, bpf, tos, cgroup, inet_sockopt, oneline } = self;
        // As in ss, either tells the timer, too.
        let options = options || extended || bpf;
        Extras { extended, options, memory, info, bpf, tos, cgroup, inet_sockopt, oneline }
    }
}
