//! The least that a listing can take: what the kernel needs to answer, and nothing done with the answer. Called
//! in one process again and again, so that no start of a program is in it; not in that of the bench, whose memory
//! must stay small. It must keep nothing.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use sockeye::model::{Ask, Family, NetnsId, Protocol};
use sockeye::sys::bpf::TaskFiles;
use sockeye::sys::netlink::{CHUNK, DiagSocket};
use sockeye::wire::{Context, inet_diag, unix_diag};

use crate::report::Run;
use crate::run::{self, Call};

const CALLS: [(&str, Call); 6] = [
    ("bare dump", dump),
    ("bare dump of listeners", listeners),
    ("bare owners", owners),
    ("bare dump, bare owners", dump_and_owners),
    ("bare unix dump", unix),
    ("bare udp dump", udp),
];

/// True when a subject is such a call, and no program.
pub(crate) fn is_known(name: &str) -> bool {
    CALLS.iter().any(|(known, _)| *known == name)
}

/// The process that makes the calls, until it is dropped.
#[derive(Debug)]
pub(crate) struct Caller {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Caller {
    /// Starts it in the network of the calling thread.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // The end of its stdin is its end.
        let mut child = command.arg("--calls").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = BufReader::new(child.stdout.take().context("the caller has no stdout")?);
        Ok(Self { child, answers })
    }

    /// Has it make a call, and tells what that took.
    pub(crate) fn call(&mut self, name: &str) -> anyhow::Result<Run> {
        let orders = self.child.stdin.as_mut().context("the caller has no stdin")?;
        orders.write_all(format!("{name}\n").as_bytes())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let took = answer.split_whitespace().map(|number| number.parse().map(Duration::from_nanos));
        match took.collect::<Result<Vec<_>, _>>() {
            Ok(took) if took.len() == 3 => {
                Ok(Run { wall: took[0], user: took[1], sys: took[2], peak_kib: None })
            }
            _ => anyhow::bail!("{name}: {}", answer.trim()),
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself; there is nobody to tell if it cannot be waited for.
        drop(self.child.wait());
    }
}

/// What that process does: a call for each line that it reads.
pub(crate) fn serve() -> anyhow::Result<()> {
    for name in io::stdin().lines() {
        let name = name?;
        let call = CALLS.iter().find(|(known, _)| *known == name).map(|(_, call)| *call);
        match call.context("there is no such call").and_then(run::call) {
            Ok(Run { wall, user, sys, .. }) => {
                println!("{} {} {}", wall.as_nanos(), user.as_nanos(), sys.as_nanos());
            }
            Err(error) => println!("{error:#}"),
        }
    }
    Ok(())
}

/// Every TCP socket as the kernel tells it, thrown away datagram by datagram.
fn dump() -> anyhow::Result<()> {
    read(|seq| inet_diag::both_families_request(seq, Ask::NOTHING))
}

/// Who holds which socket, through BPF; with its preparation, which is most of it where sockets are few.
fn owners() -> anyhow::Result<()> {
    TaskFiles::load()?.run(|_| ())?;
    Ok(())
}

fn dump_and_owners() -> anyhow::Result<()> {
    dump()?;
    owners()
}

fn unix() -> anyhow::Result<()> {
    let context = context(Family::Unix, Protocol::Unix);
    read(|seq| unix_diag::dump_request(&context, seq, Ask::NOTHING))
}

fn udp() -> anyhow::Result<()> {
    both_families(Protocol::Udp, Ask::NOTHING)
}

/// The kernel has them in a table of their own.
fn listeners() -> anyhow::Result<()> {
    both_families(Protocol::Tcp, Ask { listening: true, ..Ask::NOTHING })
}

fn both_families(protocol: Protocol, ask: Ask) -> anyhow::Result<()> {
    for family in [Family::Inet, Family::Inet6] {
        let context = context(family, protocol);
        read(|seq| inet_diag::dump_request(&context, seq, ask))?;
    }
    Ok(())
}

fn context(family: Family, protocol: Protocol) -> Context {
    Context { details: false, ..Context::new(NetnsId(1), family, protocol) }
}

fn read(request: impl FnOnce(u32) -> Vec<u8>) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    DiagSocket::open(CHUNK)?.dump(request, &mut bytes, &mut Vec::clear)?;
    Ok(())
}
