//! The arguments, as they are typed. What they mean together is decided by the commands.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};

use super::completions::CompletionsArgs;
use super::ending::EndingArgs;
use super::extras::ExtrasArgs;
use super::holders::HoldersArgs;
use super::query::{FamilyChoice, Query};
use super::stdout::FaceArgs;
use crate::config::interval;
use crate::model::Protocol;

/// Every open socket of this machine, whose it is, and what changed.
///
/// Without arguments: the live dashboard on a terminal, the plain table elsewhere. The short
/// options mean what they mean in ss and combine as usual: sockeye -tulpn
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 done, 2 error. -q: 0 some socket passes, 1 none does, 2 error. who: 0 somebody holds it, 1 nobody does, 2 error. check: 0 all expected, 1 unexpected listener, 2 error, 3 could not see enough."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The live dashboard
    Top(TopArgs),
    /// Who holds a port, an address or a Unix socket, and why; or what a process holds
    Who(super::who::WhoArgs),
    /// Compare what is there with the policy, once: for CI and cron
    Check(CheckArgs),
    /// Watch, and report what the policy does not expect or its rules find
    Watch(WatchArgs),
    /// Tell what opens, closes and changes, as it is noticed
    Events(super::events::EventsArgs),
    /// The sockets in numbers for Prometheus, once
    Metrics(super::metrics::MetricsArgs),
    /// What this user on this host can see, what not, why, and what mends it
    Doctor(DoctorArgs),
    /// Write and keep the policy file
    #[command(disable_help_subcommand = true)]
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// The JSON schema of all JSON that is printed
    Schema,
    /// Completions for a shell
    Completions(CompletionsArgs),
    /// The manual page
    Man,
    /// The configuration file to begin with; or what is configured, and where
    Config(super::config::ConfigArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Add an entry for every listener that the policy does not cover yet
    Learn(LearnArgs),
}

/// Arguments for which addresses are data, and no details of holders are told.
pub(super) const FORMS: [&str; 7] = ["json", "ndjson", "csv", "columns", "format", "events", "kill"];

/// Arguments that say what is to be printed.
const PRINTS: [&str; 11] =
    ["json", "ndjson", "csv", "columns", "format", "sort", "group", "wide", "summary", "events", "kill"];

#[derive(Debug, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of ss")]
#[command(next_help_heading = "Which sockets")]
pub(super) struct ListArgs {
    /// TCP sockets
    #[arg(short, long)]
    pub(super) tcp: bool,
    /// UDP sockets
    #[arg(short, long)]
    pub(super) udp: bool,
    /// Unix sockets
    #[arg(short = 'x', long)]
    pub(super) unix: bool,
    /// Raw sockets
    #[arg(short = 'w', long)]
    pub(super) raw: bool,
    /// DCCP sockets
    #[arg(short, long)]
    pub(super) dccp: bool,
    /// SCTP sockets
    #[arg(short = 'S', long)]
    pub(super) sctp: bool,
    /// MPTCP connections
    #[arg(short = 'M', long)]
    pub(super) mptcp: bool,
    /// Packet sockets
    #[arg(short = '0', long)]
    pub(super) packet: bool,
    #[command(flatten)]
    pub(super) others: OtherProtocols,
    #[arg(
        short = 'A',
        long,
        alias = "socket",
        value_name = "QUERY",
        help = "Tables by the names of ss, such as tcp,unix_stream or all,!inet"
    )]
    pub(super) query: Option<Query>,
    /// Sockets of one family
    #[arg(short, long, value_enum, value_name = "FAMILY", hide_possible_values = true)]
    pub(super) family: Option<FamilyChoice>,
    // Of these three the last one counts, as in ss: people type `-tulpna`.
    /// Only sockets that listen, or wait unconnected
    #[arg(short, long, overrides_with_all = ["all", "bound_inactive"])]
    pub(super) listening: bool,
    /// Sockets in every state
    #[arg(short, long, overrides_with_all = ["listening", "bound_inactive"])]
    pub(super) all: bool,
    /// Only TCP sockets that are bound and no more: they neither listen nor are connected
    #[arg(short = 'B', long, overrides_with_all = ["listening", "all"], conflicts_with = "events")]
    pub(super) bound_inactive: bool,
    /// Only IPv4
    #[arg(short = '4', long)]
    pub(super) ipv4: bool,
    /// Only IPv6
    #[arg(short = '6', long)]
    pub(super) ipv6: bool,
    /// Port numbers instead of service names
    #[arg(short, long, help_heading = "What is told of each")]
    pub(super) numeric: bool,
    /// Names of hosts instead of addresses, as far as the resolver knows them within five seconds
    #[arg(short, long, conflicts_with_all = FORMS, help_heading = "What is told of each")]
    pub(super) resolve: bool,
    /// The processes that hold each socket
    #[arg(short, long, help_heading = "What is told of each")]
    pub(super) processes: bool,
    #[command(flatten)]
    pub(super) holders: HoldersArgs,
    /// Print nothing: exit 0 when some socket passes, 1 when none does, 2 when that cannot be said
    #[arg(short, long, conflicts_with_all = PRINTS, help_heading = "In which form")]
    pub(super) quiet: bool,
    /// No header line
    #[arg(short = 'H', long, help_heading = "In which form")]
    pub(super) no_header: bool,
    #[command(flatten)]
    pub(super) extras: ExtrasArgs,
    /// All sockets in numbers: by protocol, state, scope, unit; with --json one object
    #[arg(short, long, help_heading = "In which form")]
    pub(super) summary: bool,
    #[command(flatten)]
    pub(super) ending: EndingArgs,
    #[command(flatten)]
    pub(super) shape: ShapeArgs,
    #[command(flatten)]
    pub(super) face: FaceArgs,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    pub(super) runtimes: RuntimeArgs,
    /// A filter in a file, beside that of the arguments; - is stdin
    #[arg(short = 'F', long = "filter", value_name = "FILE", help_heading = "Which sockets")]
    pub(super) filter_file: Option<PathBuf>,
    /// Only sockets that pass, such as: state listening, dst 10.0.0.0/8, port in {80,443}, proc = nginx
    #[arg(value_name = "FILTER", help_heading = "Which sockets")]
    pub(super) filter: Vec<String>,
}

/// In which form a listing comes.
#[derive(Clone, Debug, Default, ClapArgs)]
#[group(multiple = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(next_help_heading = "In which form")]
pub(super) struct ShapeArgs {
    /// One JSON document
    #[arg(long, conflicts_with_all = ["ndjson", "csv", "columns", "format"])]
    pub(super) json: bool,
    /// One JSON object a line for each socket, and one for the coverage
    #[arg(long, conflicts_with_all = ["csv", "columns", "format"])]
    pub(super) ndjson: bool,
    /// Comma-separated values, of all fields or of those of --columns
    #[arg(long, conflicts_with = "format")]
    pub(super) csv: bool,
    /// Only these fields, such as local,owner,unit; `help` lists them all
    #[arg(long, value_name = "FIELDS", conflicts_with = "format")]
    pub(super) columns: Option<String>,
    #[arg(long, value_name = "TEMPLATE", help = "A line for each socket, such as '{pid} {local_port}'")]
    pub(super) format: Option<String>,
    #[arg(
        long,
        value_name = "FIELDS",
        allow_hyphen_values = true,
        help = "The order, such as -recv_q,local; a minus turns it round"
    )]
    pub(super) sort: Option<String>,
    #[arg(
        long,
        value_name = "FIELD",
        conflicts_with_all = ["json", "ndjson", "csv", "format"],
        help = "A heading for each value of a field, such as unit or remote_address"
    )]
    pub(super) group: Option<String>,
    /// Every column, however narrow the terminal
    #[arg(long)]
    pub(super) wide: bool,
}

/// The command of that name, or the one that was probably meant.
pub(super) fn near_command(word: &str) -> Option<String> {
    use clap::CommandFactory as _;
    let commands = Args::command();
    let names: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
    let same = names.iter().find(|name| **name == word).copied();
    same.or_else(|| crate::filter::nearest(word, names.iter().copied())).map(str::to_owned)
}

/// Protocols that have only a long option.
#[derive(Debug, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(next_help_heading = "Which sockets")]
pub(super) struct OtherProtocols {
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
    pub(super) fn protocols(&self) -> Vec<Protocol> {
        self.whole_protocols().into_iter().chain(self.query.iter().flat_map(Query::protocols)).collect()
    }

    /// Those of them of which every kind is asked for.
    pub(super) fn whole_protocols(&self) -> Vec<Protocol> {
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
    pub(super) fn versions(&self) -> [bool; 2] {
        let family = |family| self.family == Some(family);
        [self.ipv4 || family(FamilyChoice::Inet), self.ipv6 || family(FamilyChoice::Inet6)]
    }
}

#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "How it is read")]
pub(super) struct ReadingArgs {
    /// How sockets are read: auto, netlink, procfs, portable [default: auto]
    #[arg(long, value_name = "SOURCE")]
    pub(super) source: Option<SourceChoice>,
    /// How owners are found [default: auto]
    #[arg(long, value_enum, value_name = "METHOD")]
    pub(super) owners: Option<OwnersChoice>,
    /// Every network namespace, not only the own one
    #[arg(long, conflicts_with = "net")]
    pub(super) all_netns: bool,
    /// One network namespace: by its name, by a process in it, or by its inode
    #[arg(short = 'N', long, value_name = "NAME|PID|INODE")]
    pub(super) net: Option<OsString>,
}

/// Where names of containers are shown.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
#[command(next_help_heading = "How it is read")]
pub(super) struct RuntimeArgs {
    /// Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard).
    /// Off unless given: a daemon may be slow, and who may open its socket is as good as root
    #[arg(long)]
    pub(super) ask_runtimes: bool,
}

/// Where sockets are read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum SourceChoice {
    /// Netlink, and procfs for what it refuses; netstat2 on other systems than Linux.
    #[default]
    Auto,
    Netlink,
    Procfs,
    /// netstat2, where it is built in.
    #[cfg(any(feature = "portable", not(linux)))]
    Portable,
    /// A script: for tests and documentation.
    Scenario(PathBuf),
}

impl SourceChoice {
    /// True when it can read other namespaces than the own one.
    pub(super) fn knows_namespaces(&self) -> bool {
        cfg!(linux) && matches!(self, Self::Auto | Self::Netlink | Self::Procfs)
    }
}

impl std::str::FromStr for SourceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "netlink" => Ok(Self::Netlink),
            "procfs" => Ok(Self::Procfs),
            #[cfg(any(feature = "portable", not(linux)))]
            "portable" => Ok(Self::Portable),
            #[cfg(not(any(feature = "portable", not(linux))))]
            "portable" => Err("this sockeye was built without it; build one that has it with: \
                 cargo build --release --features portable"
                .to_owned()),
            _ => match text.strip_prefix("scenario:") {
                Some(path) if !path.is_empty() => Ok(Self::Scenario(path.into())),
                _ => Err("expected auto, netlink, procfs or portable".to_owned()),
            },
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OwnersChoice {
    /// The best way there is
    #[default]
    Auto,
    /// Let the kernel tell, through BPF
    Bpf,
    /// Scan /proc
    Proc,
    /// Do not look for owners
    None,
}

#[derive(Debug, ClapArgs)]
pub(super) struct TopArgs {
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    pub(super) runtimes: RuntimeArgs,
    #[command(flatten)]
    pub(super) interval: IntervalArgs,
    #[command(flatten)]
    pub(super) face: FaceArgs,
    /// A filter in a file, beside that of the arguments; - is stdin
    #[arg(short = 'F', long = "filter", value_name = "FILE")]
    pub(super) filter_file: Option<PathBuf>,
    /// The filter to begin with, such as: listening, port in {80,443}, proc = nginx, new
    #[arg(value_name = "FILTER")]
    pub(super) filter: Vec<String>,
}

impl From<ListArgs> for TopArgs {
    fn from(list: ListArgs) -> Self {
        let ListArgs { reading, runtimes, face, filter, filter_file, .. } = list;
        Self { reading, runtimes, interval: IntervalArgs::default(), face, filter_file, filter }
    }
}

#[derive(Debug, Default, ClapArgs)]
pub(super) struct IntervalArgs {
    /// Time between two readings, such as 500ms or 2s [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub(super) interval: Option<Duration>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct PolicyArgs {
    /// The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// One JSON object per line: alerts, then a summary
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct WatchArgs {
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// One JSON object per line
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) interval: IntervalArgs,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DoctorArgs {
    /// The coverage as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    pub(super) runtimes: RuntimeArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct LearnArgs {
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// Print the new entries instead of writing them
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}
