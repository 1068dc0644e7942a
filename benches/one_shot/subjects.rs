//! What is measured, and beside what. It must not measure: that is `run`'s.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use sockeye::model::{Ask, Family, NetnsId, PortRange, Protocol};
use sockeye::sys::bpf::TaskFiles;
use sockeye::sys::netlink::{CHUNK, DiagSocket};
use sockeye::wire::{Context, inet_diag};

use Sizes::{Every, Small};

/// The references: `ss` without owners, with them, and as people type it.
const TABLE: &str = "ss -tanH";
const OWNERS: &str = "ss -tanpH";
const HABIT: &str = "ss -tulpnaH";

/// At which sizes a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sizes {
    Every,
    Small,
}

/// One command, what it is compared with, and when. The order is the order of a round. `sockeye` is
/// the program of this build, `bare NAME` one of [`BARE`]; an owner method that is not offered and
/// a program that is not installed are left out, and that is said.
const SUBJECTS: &[(&str, &str, Sizes)] = &[
    ("ss -tanH", TABLE, Every),
    ("sockeye -tanH", TABLE, Every),
    // The same reading, of which nothing is written: what the writing takes is the rest.
    ("sockeye -tanH inode=1", TABLE, Every),
    ("bare tcp-dump", TABLE, Every),
    ("ss -tanpH", OWNERS, Every),
    ("sockeye -tanpH --owners proc", OWNERS, Every),
    ("sockeye -tanpH --owners bpf", OWNERS, Every),
    ("sockeye --json -ta", OWNERS, Every),
    ("sockeye --json -ta inode=1", OWNERS, Every),
    ("bare owner-iterator", OWNERS, Every),
    ("lsof -nPiTCP", OWNERS, Every),
    ("netstat -tanp", OWNERS, Every),
    ("ss -tulpnaH", HABIT, Small),
    ("sockeye -tulpnaH", HABIT, Small),
];

type Call = fn() -> anyhow::Result<()>;

/// The least that a listing can take: what the kernel needs, and nothing done with its answer. Each
/// runs in a process of its own, so that its start and its memory count as everybody's do.
const BARE: &[(&str, Call)] = &[("tcp-dump", tcp_dump), ("owner-iterator", owner_iterator)];

/// With its preparation, which is most of it where sockets are few.
fn owner_iterator() -> anyhow::Result<()> {
    // There need be none: this process has no socket.
    TaskFiles::load()?.run(|_| ())?;
    Ok(())
}

/// A command that can be run here.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) command: &'static str,
    pub(crate) reference: &'static str,
    program: PathBuf,
    args: Vec<&'static str>,
    sizes: Sizes,
    /// Its failure is the bench's; others' may say no by their status.
    pub(crate) is_ours: bool,
}

impl Subject {
    pub(crate) fn is_for(&self, size: &str) -> bool {
        self.sizes == Every || size == "small"
    }

    pub(crate) fn to_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).env("SOCKEYE_CONFIG", "").env_remove("SOCKEYE_SOURCE");
        command
    }

    /// True when it can be run at all. What is not offered ends with an error, what is not
    /// installed does not start.
    fn is_there(&self) -> bool {
        let mut command = match self.args.as_slice() {
            [_, "--owners", method] => {
                let mut command = Command::new(&self.program);
                command.args(["--owners", method, "-tlnpH"]);
                command
            }
            _ if self.is_ours => return true,
            _ => {
                let mut command = Command::new(&self.program);
                command.arg("-V");
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success() || !self.is_ours)
    }
}

/// Of the commands that contain `only`: what can be run here, and what cannot.
pub(crate) fn all(only: &str) -> anyhow::Result<(Vec<Subject>, Vec<&'static str>)> {
    let own = std::env::current_exe()?;
    let mut there = Vec::new();
    let mut missing = Vec::new();
    for &(command, reference, sizes) in SUBJECTS.iter().filter(|(command, ..)| command.contains(only)) {
        let mut args: Vec<_> = command.split(' ').collect();
        let program = match args.remove(0) {
            "sockeye" => env!("CARGO_BIN_EXE_sockeye").into(),
            "bare" => {
                args.insert(0, "--bare");
                own.clone()
            }
            other => other.into(),
        };
        let is_ours = program.is_absolute();
        let subject = Subject { command, reference, program, args, sizes, is_ours };
        if subject.is_there() {
            there.push(subject);
        } else {
            missing.push(command);
        }
    }
    Ok((there, missing))
}

/// Does what one of [`BARE`] does.
pub(crate) fn bare(name: &str) -> anyhow::Result<()> {
    let (_, call) = BARE.iter().find(|(known, _)| *known == name).with_context(|| format!("no {name}"))?;
    call()
}

/// Every TCP socket as the kernel tells it, thrown away datagram by datagram.
fn tcp_dump() -> anyhow::Result<()> {
    let ephemeral = PortRange { first: 0, last: 0 };
    let mut bytes = Vec::new();
    for family in [Family::Inet, Family::Inet6] {
        let context =
            Context { netns: NetnsId(1), family, protocol: Protocol::Tcp, ephemeral, details: false };
        let request = |seq| inet_diag::dump_request(&context, seq, Ask::NOTHING);
        DiagSocket::open(CHUNK)?.dump(request, &mut bytes, &mut Vec::clear)?;
        bytes.clear();
    }
    Ok(())
}
