//! The arguments of a listing: which sockets, what is told of each, in which form.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{ReadingArgs, RuntimeArgs};
use crate::cli::ending::EndingArgs;
use crate::cli::extras::ExtrasArgs;
use crate::cli::holders::HoldersArgs;
use crate::cli::query::{FamilyChoice, Query};
use crate::cli::stdout::FaceArgs;
use crate::model::Protocol;

/// Arguments for which addresses are data, and no details of holders are told.
pub(in crate::cli) const FORMS: [&str; 7] = ["json", "ndjson", "csv", "columns", "format", "events", "kill"];

/// Arguments that say what is to be printed.
const PRINTS: [&str; 11] =
    ["json", "ndjson", "csv", "columns", "format", "sort", "group", "wide", "summary", "events", "kill"];

#[derive(Debug, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of ss")]
#[command(next_help_heading = "Which sockets")]
pub(in crate::cli) struct ListArgs {
    /// TCP sockets
    #[arg(short, long)]
    pub(in crate::cli) tcp: bool,
    /// UDP sockets
    #[arg(short, long)]
    pub(in crate::cli) udp: bool,
    /// Unix sockets
    #[arg(short = 'x', long)]
    pub(in crate::cli) unix: bool,
    /// Raw sockets
    #[arg(short = 'w', long)]
    pub(in crate::cli) raw: bool,
    /// DCCP sockets
    #[arg(short, long)]
    pub(in crate::cli) dccp: bool,
    /// SCTP sockets
    #[arg(short = 'S', long)]
    pub(in crate::cli) sctp: bool,
    /// MPTCP connections
    #[arg(short = 'M', long)]
    pub(in crate::cli) mptcp: bool,
    /// Packet sockets
    #[arg(short = '0', long)]
    pub(in crate::cli) packet: bool,
    #[command(flatten)]
    pub(in crate::cli) others: OtherProtocols,
    #[arg(
        short = 'A',
        long,
        alias = "socket",
        value_name = "QUERY",
        help = "Tables by the names of ss, such as tcp,unix_stream or all,!inet"
    )]
    pub(in crate::cli) query: Option<Query>,
    /// Sockets of one family
    #[arg(short, long, value_enum, value_name = "FAMILY", hide_possible_values = true)]
    pub(in crate::cli) family: Option<FamilyChoice>,
    // Of these three the last one counts, as in ss: people type `-tulpna`.
    /// Only sockets that listen, or wait unconnected
    #[arg(short, long, overrides_with_all = ["all", "bound_inactive"])]
    pub(in crate::cli) listening: bool,
    /// Sockets in every state
    #[arg(short, long, overrides_with_all = ["listening", "bound_inactive"])]
    pub(in crate::cli) all: bool,
    /// Only TCP sockets that are bound and no more: they neither listen nor are connected
    #[arg(short = 'B', long, overrides_with_all = ["listening", "all"], conflicts_with = "events")]
    pub(in crate::cli) bound_inactive: bool,
    /// Only IPv4
    #[arg(short = '4', long)]
    pub(in crate::cli) ipv4: bool,
    /// Only IPv6
    #[arg(short = '6', long)]
    pub(in crate::cli) ipv6: bool,
    /// Port numbers instead of service names
    #[arg(short, long, help_heading = "What is told of each")]
    pub(in crate::cli) numeric: bool,
    /// Names of hosts instead of addresses, as far as the resolver knows them within five seconds
    #[arg(short, long, conflicts_with_all = FORMS, help_heading = "What is told of each")]
    pub(in crate::cli) resolve: bool,
    /// The processes that hold each socket
    #[arg(short, long, help_heading = "What is told of each")]
    pub(in crate::cli) processes: bool,
    #[command(flatten)]
    pub(in crate::cli) holders: HoldersArgs,
    /// Print nothing: exit 0 when some socket passes, 1 when none does, 2 when that cannot be said
    #[arg(short, long, conflicts_with_all = PRINTS, help_heading = "In which form")]
    pub(in crate::cli) quiet: bool,
    /// No header line
    #[arg(short = 'H', long, help_heading = "In which form")]
    pub(in crate::cli) no_header: bool,
    #[command(flatten)]
    pub(in crate::cli) extras: ExtrasArgs,
    /// All sockets in numbers: by protocol, state, scope, unit; with --json one object
    #[arg(short, long, help_heading = "In which form")]
    pub(in crate::cli) summary: bool,
    #[command(flatten)]
    pub(in crate::cli) ending: EndingArgs,
    #[command(flatten)]
    pub(in crate::cli) shape: ShapeArgs,
    #[command(flatten)]
    pub(in crate::cli) face: FaceArgs,
    #[command(flatten)]
    pub(in crate::cli) reading: ReadingArgs,
    #[command(flatten)]
    pub(in crate::cli) runtimes: RuntimeArgs,
    /// A filter in a file, beside that of the arguments; - is stdin
    #[arg(short = 'F', long = "filter", value_name = "FILE", help_heading = "Which sockets")]
    pub(in crate::cli) filter_file: Option<PathBuf>,
    /// Only sockets that pass, such as: state listening, dst 10.0.0.0/8, port in {80,443}, proc = nginx
    #[arg(value_name = "FILTER", help_heading = "Which sockets")]
    pub(in crate::cli) filter: Vec<String>,
}

/// In which form a listing comes.
#[derive(Clone, Debug, Default, ClapArgs)]
#[group(multiple = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(next_help_heading = "In which form")]
pub(in crate::cli) struct ShapeArgs {
    /// One JSON document
    #[arg(long, conflicts_with_all = ["ndjson", "csv", "columns", "format"])]
    pub(in crate::cli) json: bool,
    /// One JSON object a line for each socket, and one for the coverage
    #[arg(long, conflicts_with_all = ["csv", "columns", "format"])]
    pub(in crate::cli) ndjson: bool,
    /// Comma-separated values, of all fields or of those of --columns
    #[arg(long, conflicts_with = "format")]
    pub(in crate::cli) csv: bool,
    /// Only these fields, such as local,owner,unit; `help` lists them all
    #[arg(long, value_name = "FIELDS", conflicts_with = "format")]
    pub(in crate::cli) columns: Option<String>,
    #[arg(long, value_name = "TEMPLATE", help = "A line for each socket, such as '{pid} {local_port}'")]
    pub(in crate::cli) format: Option<String>,
    #[arg(
        long,
        value_name = "FIELDS",
        allow_hyphen_values = true,
        help = "The order, such as -recv_q,local; a minus turns it round"
    )]
    pub(in crate::cli) sort: Option<String>,
    #[arg(
        long,
        value_name = "FIELD",
        conflicts_with_all = ["json", "ndjson", "csv", "format"],
        help = "A heading for each value of a field, such as unit or remote_address"
    )]
    pub(in crate::cli) group: Option<String>,
    /// Every column, however narrow the terminal
    #[arg(long)]
    pub(in crate::cli) wide: bool,
}

/// Protocols that have only a long option.
#[derive(Debug, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(next_help_heading = "Which sockets")]
pub(in crate::cli) struct OtherProtocols {
    /// UDP-Lite sockets
    #[arg(long)]
    udplite: bool,
    /// Ping sockets
    #[arg(long)]
    icmp: bool,
    /// Netlink sockets
    #[arg(long)]
    netlink: bool,
    /// vsock sockets
    #[arg(long)]
    vsock: bool,
    /// XDP sockets
    #[arg(long)]
    xdp: bool,
    /// TIPC sockets
    #[arg(long)]
    tipc: bool,
    /// SMC sockets
    #[arg(long)]
    smc: bool,
    /// Bluetooth sockets
    #[arg(long)]
    bluetooth: bool,
    /// Sockets that are in no table of the kernel
    #[arg(long)]
    other: bool,
}

impl ListArgs {
    /// The protocols that are asked for; empty when none is named.
    pub(in crate::cli) fn protocols(&self) -> Vec<Protocol> {
        self.whole_protocols().into_iter().chain(self.query.iter().flat_map(Query::protocols)).collect()
    }

    /// Those of them of which every kind is asked for.
    pub(in crate::cli) fn whole_protocols(&self) -> Vec<Protocol> {
        self.flags().into_iter().chain(self.family.and_then(FamilyChoice::protocol)).collect()
    }

    fn flags(&self) -> Vec<Protocol> {
        let others = &self.others;
        let bluetooth = [Protocol::L2cap, Protocol::Rfcomm, Protocol::Sco, Protocol::Hci];
        let flags: [(bool, &[Protocol]); 17] = [
            (self.tcp, &[Protocol::Tcp]),
            (self.udp, &[Protocol::Udp]),
            (self.unix, &[Protocol::Unix]),
            (self.raw, &[Protocol::Raw]),
            (self.dccp, &[Protocol::Dccp]),
            (self.sctp, &[Protocol::Sctp]),
            (self.mptcp, &[Protocol::Mptcp]),
            (self.packet, &[Protocol::Packet]),
            (others.udplite, &[Protocol::UdpLite]),
            (others.icmp, &[Protocol::Icmp]),
            (others.netlink, &[Protocol::Netlink]),
            (others.vsock, &[Protocol::Vsock]),
            (others.xdp, &[Protocol::Xdp]),
            (others.tipc, &[Protocol::Tipc]),
            (others.smc, &[Protocol::Smc]),
            (others.bluetooth, &bluetooth),
            (others.other, &[Protocol::Other]),
        ];
        flags.iter().filter(|(wanted, _)| *wanted).flat_map(|(_, protocols)| *protocols).copied().collect()
    }

    /// The versions of IP that are asked for: 4 and 6.
    pub(in crate::cli) fn versions(&self) -> [bool; 2] {
        let family = |family| self.family == Some(family);
        [self.ipv4 || family(FamilyChoice::Inet), self.ipv6 || family(FamilyChoice::Inet6)]
    }
}
