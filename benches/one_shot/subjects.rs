//! What is measured, and beside what. It must not measure: that is `run`'s.

use std::process::{Command, Stdio};

use crate::limit::{self, Caller};
use crate::load::size::{Kind, Size};

use When::{Always, Small, With};

/// When a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    /// With few sockets, where its start is most of what it takes.
    Small,
    /// With such a load.
    With(Kind),
}

/// Which sockets a command has to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    /// Those of TCP that the load has.
    Tcp,
    /// As many as the load has connected ones of TCP: Unix or UDP.
    Others,
    /// Those of TCP that listen.
    Listening,
    /// Those of TCP, and those of the other networks.
    Everywhere,
    /// Nothing need be printed.
    None,
}

/// One command, what it is compared with, the least that it could take, and what it has to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// `bare …` is a call of [`limit`], `sockeye` the program of this build.
    pub(crate) command: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) limit: &'static str,
    when: When,
    table: Table,
    /// Is in the output once for each socket at least.
    pub(crate) mark: &'static str,
}

/// The references: `ss` without owners, with them, and as people type it.
const TABLE: &str = "ss -tanH";
const OWNERS: &str = "ss -tanpH";
const HABIT: &str = "ss -tulpnaH";
/// The least that it takes, of what [`limit`] calls.
const DUMP: &str = "bare dump";
const LISTENERS: &str = "bare dump of listeners";
const BOTH: &str = "bare dump, bare owners";

const LINE: &str = "\n";
const COOKIE: &str = "\"cookie\":";

/// The order is the order of a round. What is not offered or not installed is left out, and that is said.
const SUBJECTS: &[Subject] = &[
    subject(DUMP, [TABLE, DUMP], Always, Table::None, LINE),
    subject("ss -tanH", [TABLE, DUMP], Always, Table::Tcp, LINE),
    subject("sockeye -tanH", [TABLE, DUMP], Always, Table::Tcp, LINE),
    // The same reading, of which nothing is written: what the writing takes is the rest.
    subject("sockeye -tanH inode=1", [TABLE, DUMP], Always, Table::None, LINE),
    subject(LISTENERS, ["ss -tlnH", LISTENERS], Always, Table::None, LINE),
    subject("ss -tlnH", ["ss -tlnH", LISTENERS], Always, Table::Listening, LINE),
    subject("sockeye -tlnH", ["ss -tlnH", LISTENERS], Always, Table::Listening, LINE),
    subject("bare owners", [OWNERS, BOTH], Always, Table::None, LINE),
    subject(BOTH, [OWNERS, BOTH], Always, Table::None, LINE),
    subject("ss -tanpH", [OWNERS, BOTH], Always, Table::Tcp, LINE),
    subject("sockeye -tanpH", [OWNERS, BOTH], Always, Table::Tcp, LINE),
    subject("sockeye -tanpH --owners bpf", [OWNERS, BOTH], Always, Table::Tcp, LINE),
    subject("sockeye -tanpH --owners proc", [OWNERS, BOTH], Always, Table::Tcp, LINE),
    subject("sockeye --json -ta", [OWNERS, BOTH], Always, Table::Tcp, COOKIE),
    subject("sockeye --json -ta inode=1", [OWNERS, BOTH], Always, Table::None, COOKIE),
    subject("netstat -tanp", [OWNERS, BOTH], Always, Table::Tcp, "\ntcp"),
    subject("lsof -nPiTCP", [OWNERS, BOTH], Always, Table::Tcp, " TCP "),
    subject("lsfd -n -Q PROTONAME==\"TCP\"", [OWNERS, BOTH], Always, Table::Tcp, LINE),
    subject("somo --tcp", [OWNERS, BOTH], Always, Table::Tcp, "tcp"),
    subject("ss -tulpnaH", [HABIT, BOTH], Small, Table::Tcp, LINE),
    subject("sockeye -tulpnaH", [HABIT, BOTH], Small, Table::Tcp, LINE),
    subject("bare unix dump", ["ss -xanH", "bare unix dump"], With(Kind::Unix), Table::None, LINE),
    subject("ss -xanH", ["ss -xanH", "bare unix dump"], With(Kind::Unix), Table::Others, LINE),
    subject("sockeye -xanH", ["ss -xanH", "bare unix dump"], With(Kind::Unix), Table::Others, LINE),
    subject("bare udp dump", ["ss -uanH", "bare udp dump"], With(Kind::Udp), Table::None, LINE),
    subject("ss -uanH", ["ss -uanH", "bare udp dump"], With(Kind::Udp), Table::Others, LINE),
    subject("sockeye -uanH", ["ss -uanH", "bare udp dump"], With(Kind::Udp), Table::Others, LINE),
    subject("ss -uanpH", ["ss -uanpH", "bare udp dump"], With(Kind::Udp), Table::Others, LINE),
    subject("sockeye -uanpH", ["ss -uanpH", "bare udp dump"], With(Kind::Udp), Table::Others, LINE),
    subject("ss -tlnpH", ["ss -tlnpH", BOTH], With(Kind::Listeners), Table::Listening, LINE),
    subject("sockeye -tlnpH", ["ss -tlnpH", BOTH], With(Kind::Listeners), Table::Listening, LINE),
    subject("sockeye -tanpH --all-netns", [OWNERS, BOTH], With(Kind::Namespaces), Table::Everywhere, LINE),
];

const fn subject(
    command: &'static str,
    [reference, limit]: [&'static str; 2],
    when: When,
    table: Table,
    mark: &'static str,
) -> Subject {
    Subject { command, reference, limit, when, table, mark }
}

impl Subject {
    pub(crate) fn is_for(&self, size: &Size, kinds: &[Kind]) -> bool {
        match self.when {
            Always => true,
            Small => size.processes <= 1,
            With(kind) => kinds.contains(&kind),
        }
    }

    /// How many sockets it has to print at least. `None` where that says nothing.
    pub(crate) fn wanted(&self, size: &Size, kinds: &[Kind]) -> Option<u64> {
        let listening = u64::from(size.processes);
        match self.table {
            Table::Tcp => Some(size.tcp(kinds)),
            Table::Others => Some(size.sockets()),
            Table::Listening if kinds.contains(&Kind::Listeners) => Some(listening + size.sockets()),
            Table::Listening => Some(listening),
            Table::Everywhere => {
                let apart = size.holdings(kinds).into_iter().filter(|held| held.kind == Kind::Namespaces);
                Some(size.tcp(kinds) + apart.map(|held| 2 * u64::from(held.count) + 1).sum::<u64>())
            }
            Table::None => None,
        }
    }

    /// `None` when it is no program.
    pub(crate) fn to_command(self) -> Option<Command> {
        let mut command = Command::new(self.program());
        command.args(self.command.split(' ').skip(1));
        command.env("SOCKEYE_CONFIG", "").env_remove("SOCKEYE_SOURCE");
        (!limit::is_known(self.command)).then_some(command)
    }

    /// Its failure is the bench's; others' may say no by their status.
    pub(crate) fn is_ours(&self) -> bool {
        ["sockeye", "bare"].contains(&self.name())
    }

    fn name(&self) -> &'static str {
        self.command.split(' ').next().unwrap_or_default()
    }

    fn program(&self) -> &'static str {
        if self.name() == "sockeye" { env!("CARGO_BIN_EXE_sockeye") } else { self.name() }
    }

    /// True when it can be run at all. What is not offered ends with an error, what is not
    /// installed does not start.
    fn is_there(self, caller: &mut Caller) -> bool {
        if limit::is_known(self.command) {
            return caller.call(self.command).is_ok();
        }
        let mut command = Command::new(self.program());
        match self.command.split_once("--owners ") {
            Some((_, method)) => command.args(["--owners", method, "-tlnpH"]),
            None => command.arg("-V"),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success() || !self.is_ours())
    }
}

/// Of the commands that contain `only`: what can be run here, and what cannot.
pub(crate) fn all(only: &str) -> anyhow::Result<(Vec<Subject>, Vec<&'static str>)> {
    let mut caller = Caller::start()?;
    let asked = SUBJECTS.iter().filter(|subject| subject.command.contains(only));
    let (there, missing): (Vec<_>, Vec<_>) = asked.partition(|subject| subject.is_there(&mut caller));
    Ok((there.into_iter().copied().collect(), missing.iter().map(|subject| subject.command).collect()))
}

/// What other programs say of their version, each in a line.
pub(crate) fn versions(subjects: &[Subject]) -> Vec<String> {
    let mut told = Vec::new();
    for name in ["ss", "netstat", "lsof", "lsfd", "somo"] {
        if subjects.iter().any(|subject| subject.name() == name) {
            let option = if name == "lsof" { "-v" } else { "-V" };
            told.extend(version(name, option));
        }
    }
    told
}

/// The first word that begins as a version does: `6.1.0`, `iproute2-6.1.0`, `4.95.0`.
fn version(name: &str, option: &str) -> Option<String> {
    let output = Command::new(name).arg(option).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let words = text.split([' ', '\n', ',']).map(|word| word.trim_start_matches("iproute2-"));
    let mut versions = words.filter(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    versions.find(|word| word.contains('.')).map(|version| format!("{name} {version}"))
}
