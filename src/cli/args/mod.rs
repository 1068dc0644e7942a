//! The arguments, as they are typed. What they mean together is decided by the commands.

mod acting;
mod claims;
mod list;
mod reading;
mod watching;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args as ClapArgs, FromArgMatches as _, Parser, Subcommand};

use super::completions::CompletionsArgs;
use super::stdout::FaceArgs;
use crate::config::interval;
use crate::tui::Theme;

pub(super) use acting::{ChangeArgs, CloseArgs, KillArgs};
pub(super) use claims::{AssertArgs, ClaimArgs, WaitForArgs};
pub(super) use list::{FORMS, ListArgs, ShapeArgs};
pub(super) use reading::{IntervalArgs, OwnersChoice, ReadingArgs, RuntimeArgs, SourceChoice};
pub(super) use watching::WatchArgs;

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
    after_help = "Exit codes: 0 done, 2 error. -q: 0 some socket passes, 1 none does, 2 error. who: 0 somebody holds it, 1 nobody does, 2 error. kill: 0 done, 1 nobody holds it, 2 error, or not all. wait-for, assert: 0 it is so, 1 it is not, 2 error, 3 could not see enough. check: 0 all expected, 1 unexpected listener, 2 error, 3 could not see enough. policy diff: 0 as expected, 1 not, 2 error, 3 could not see enough."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) list: ListArgs,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

impl Args {
    /// Understands what was typed, the program's name first; fails as clap does.
    ///
    /// To tell clap of every command takes longer than to read a thousand sockets, and a listing needs none of them.
    /// A command is nothing but a first word, so what begins with an option is a listing or an error, and errors
    /// are told by those who know all of the commands.
    pub(super) fn of(typed: &[OsString]) -> Result<Self, clap::Error> {
        let may_be_command = typed.get(1).is_some_and(|first| !first.as_encoded_bytes().starts_with(b"-"));
        if !may_be_command && let Ok(list) = listing(typed) {
            return Ok(Self { list, command: None });
        }
        Self::try_parse_from(typed)
    }
}

/// Understands the arguments of a listing, where no command is known.
fn listing(typed: &[OsString]) -> Result<ListArgs, clap::Error> {
    let described = ListArgs::augment_args(clap::Command::new("sockeye"));
    ListArgs::from_arg_matches(&described.try_get_matches_from(typed)?)
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The live dashboard
    Top(TopArgs),
    /// Who holds a port, an address or a Unix socket, and why; or what a process holds
    Who(super::who::WhoArgs),
    /// Send a signal to who holds a port, an address or a Unix socket, after asking
    Kill(KillArgs),
    /// Close TCP and UDP sockets, after asking; their holders live on. The same as -K
    Close(CloseArgs),
    /// Compare what is there with the policy, once: for CI and cron
    Check(CheckArgs),
    /// Watch, and report what the policy does not expect or its rules find; SIGHUP reads the policy and the sinks again
    Watch(WatchArgs),
    /// Tell what opens, closes and changes, as it is noticed
    Events(super::events::EventsArgs),
    /// Wait until a socket passes a filter, or none does any more: for scripts
    WaitFor(WaitForArgs),
    /// Whether a socket passes a filter, or none does, as an exit code: for scripts
    Assert(AssertArgs),
    /// The sockets in numbers for Prometheus, once
    Metrics(super::metrics::MetricsArgs),
    /// What this user on this host can see, what not, why, and what mends it
    Doctor(DoctorArgs),
    /// Write, show and keep the policy file
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
    /// The policy in force, as it is understood
    Show(ShowArgs),
    /// Compare it with what listens now: what is there, gone, different and unexpected, and how that is approved
    Diff(DiffArgs),
    /// Add an entry for every listener that the policy does not cover yet
    Learn(LearnArgs),
    /// Expect a listener from now on, after showing what is written and asking
    Approve(ChangeArgs),
    /// Expect a listener no more, after showing what is written and asking
    Reject(ChangeArgs),
}

/// The command of that name, or the one that was probably meant.
pub(super) fn near_command(word: &str) -> Option<String> {
    use clap::CommandFactory as _;
    let commands = Args::command();
    let names: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
    let same = names.iter().find(|name| **name == word).copied();
    same.or_else(|| crate::filter::nearest(word, names.iter().copied())).map(str::to_owned)
}

/// Understands the name of a theme, and lists them all.
fn theme() -> impl TypedValueParser<Value = Theme> {
    let names = PossibleValuesParser::new(Theme::ALL.iter().map(|(name, _)| *name));
    let known = |name: &str| Theme::ALL.iter().find(|(one, _)| *one == name);
    names.map(move |name| known(&name).map_or_else(Theme::default, |(_, theme)| *theme))
}

#[derive(Debug, ClapArgs)]
pub(super) struct TopArgs {
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    #[command(flatten)]
    pub(super) runtimes: RuntimeArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) interval: IntervalArgs,
    #[command(flatten)]
    pub(super) face: FaceArgs,
    /// The colours; T takes the next ones [default: terminal]
    #[arg(long, value_name = "NAME", value_parser = theme())]
    pub(super) theme: Option<Theme>,
    /// Leave the mouse to the terminal
    #[arg(long)]
    pub(super) no_mouse: bool,
    /// The view to begin with: one that was saved, or listeners, connections, processes, peers, unix, events or
    /// namespaces
    #[arg(long, value_name = "NAME")]
    pub(super) view: Option<String>,
    /// Begin as at first, and remember nothing of this run
    #[arg(long)]
    pub(super) no_state: bool,
    /// Do nothing to sockets and processes: no signals, no closing, and not the rights for that
    #[arg(long)]
    pub(super) read_only: bool,
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
        let (interval, policy) = (IntervalArgs::default(), PolicyArgs::default());
        let (theme, view) = (None, None);
        let (no_mouse, no_state, read_only) = (false, false, false);
        Self {
            reading,
            runtimes,
            policy,
            interval,
            face,
            theme,
            no_mouse,
            view,
            no_state,
            read_only,
            filter_file,
            filter,
        }
    }
}

#[derive(Debug, Default, ClapArgs)]
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
    pub(super) face: FaceArgs,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) face: FaceArgs,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 what listens is what is expected, 1 something is gone, different or unexpected, 2 error, 3 could not see enough."
)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// One JSON object per line: listeners and entries, then a summary
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) face: FaceArgs,
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
    /// Learn from all that listens within this time, however short, and not from one look
    #[arg(long = "for", value_name = "TIME", value_parser = interval)]
    pub(super) window: Option<Duration>,
    /// Print the new entries instead of writing them
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use proptest::prelude::*;

    use super::*;

    /// What may be typed: every option with a value of its own or not, every command, filters, and mistakes.
    fn words() -> Vec<String> {
        let described = Args::command();
        let options = described.get_arguments().flat_map(|option| {
            let short = option.get_short().map(|short| format!("-{short}"));
            let long = option.get_long().map(|long| format!("--{long}"));
            let given = long.as_ref().map(|long| format!("{long}=1"));
            [short, long, given].into_iter().flatten()
        });
        let commands = described.get_subcommands().map(|command| command.get_name().to_owned());
        let others = [
            "",
            "--",
            "-",
            "-tanp",
            "-h",
            "--help",
            "-V",
            "--version",
            "-tV",
            "--jso",
            "port",
            "=",
            "80",
            "tcp",
        ];
        options.chain(commands).chain(others.map(str::to_owned)).collect()
    }

    proptest! {
        #[test]
        fn a_listing_is_understood_as_by_who_knows_every_command(
            line in prop::collection::vec(prop::sample::select(words()), 0..5),
        ) {
            let words = std::iter::once("sockeye").chain(line.iter().map(String::as_str));
            let typed: Vec<OsString> = words.map(OsString::from).collect();
            let told = |args: Result<Args, clap::Error>| match args {
                Ok(args) => format!("{args:?}"),
                Err(error) => format!("{:?} {error}", error.kind()),
            };
            prop_assert_eq!(told(Args::of(&typed)), told(Args::try_parse_from(&typed)));
        }
    }
}
