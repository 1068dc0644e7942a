//! The ways to the kernel of this machine, on Linux. `reader` chooses before whether it is asked.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use anyhow::Context as _;

use super::args::{OwnersChoice, SourceChoice};
use super::reader::{self, Request};
use super::settings::Reading;
use crate::engine::acting;
use crate::engine::{Hear, Hint, OwnerChoice};
use crate::event::{self, Closes, Notice};
use crate::model::{Ask, Inode, ProcessId, Socket, SystemBytes, Thread};
use crate::owner::holding;
use crate::source::namespaces::{Namespaces, Pick};
use crate::source::netlink::Netlink;
use crate::source::procfs::Procfs;
use crate::source::{SocketSource, Wanted, everything};
use crate::sys::{bpf, host, rights};
use crate::tui::Acts;

/// The source that reads what the arguments ask for.
#[expect(clippy::unnecessary_wraps, reason = "other systems refuse here")]
pub(super) fn source(
    args: &Reading,
    ask: Ask,
    budget: Option<Duration>,
) -> anyhow::Result<Box<dyn SocketSource>> {
    let others = args.all_netns || args.net.is_some();
    Ok(match (&args.source, others) {
        (SourceChoice::Netlink, false) => Box::new(Netlink::strict(ask)),
        (SourceChoice::Procfs, false) => Box::new(Procfs),
        (_, false) => Box::new(Netlink::with_fallback(ask)),
        (SourceChoice::Netlink, true) => namespaces(Namespaces::netlink(ask, false), args, budget),
        (SourceChoice::Procfs, true) => namespaces(Namespaces::procfs(), args, budget),
        (_, true) => namespaces(Namespaces::netlink(ask, true), args, budget),
    })
}

/// Every thread of the owners of these sockets.
pub(super) fn threads<'a>(sockets: impl Iterator<Item = &'a Socket>) -> BTreeMap<ProcessId, Vec<Thread>> {
    holding::threads(sockets)
}

/// The labels of these sockets.
pub(super) fn labels<'a>(sockets: impl Iterator<Item = &'a Socket>) -> BTreeMap<Inode, SystemBytes> {
    holding::labels(sockets)
}

/// Who acts for the dashboard; afterwards this thread, and those that it starts, cannot.
pub(super) fn acts(reading: &Reading, removed: bool) -> anyhow::Result<Acts> {
    let refused = match &reading.source {
        SourceChoice::Scenario(_) => Some("the sockets and processes of a scenario are not of this machine"),
        _ if host::is_raised() => {
            Some("sockeye has rights here that its user has not, and lends them to nobody")
        }
        _ => None,
    };
    let acts = match refused {
        _ if removed => Acts::Removed,
        Some(why) => Acts::Refused(why.to_owned()),
        None => {
            let reading = Reading { owners: OwnersChoice::Proc, ..reading.clone() };
            let look = move || {
                let read = reader::read_once(&reading, Request::all(everything(), Ask::NOTHING), None);
                read.map(|(table, _)| table).map_err(|error| format!("{error:#}"))
            };
            let actor = acting::spawn(Box::new(look)).context("cannot start the thread that acts")?;
            Acts::By(actor, host::own_uid())
        }
    };
    rights::give_up_signalling().context("rights that are of no use cannot be given up")?;
    Ok(acts)
}

/// True when there are labels to be told.
pub(super) fn has_selinux() -> bool {
    host::has_selinux()
}

/// Listens for sockets of these tables that close, where the kernel tells of them and somebody wants to know: it
/// names them as netlink does, in the own namespace.
pub(super) fn hear(args: &Reading, tables: &[Wanted]) -> Option<Hear> {
    let told = tables.iter().any(|table| event::is_told(*table));
    let by_cookie = matches!(args.source, SourceChoice::Auto | SourceChoice::Netlink);
    let wanted = told && by_cookie && args.net.is_none();
    let mut closes = Closes::open(host::netns().ok().filter(|_| wanted)?, tables).ok()?;
    Some(Box::new(move |patience| match closes.next(patience).ok()? {
        Notice::Closed(socket) => Some(Hint::Ended(socket)),
        Notice::Lost | Notice::Malformed(_) => Some(Hint::Lost),
        Notice::Nothing => Some(Hint::Nothing),
    }))
}

/// How owners are found.
pub(super) fn owner_choice(choice: OwnersChoice) -> anyhow::Result<OwnerChoice> {
    Ok(match choice {
        OwnersChoice::Auto => OwnerChoice::Auto,
        OwnersChoice::Bpf => {
            bpf::may_load().context("owners cannot be found through BPF, take --owners auto")?;
            OwnerChoice::Bpf
        }
        OwnersChoice::Proc => OwnerChoice::Proc,
        OwnersChoice::None => OwnerChoice::None,
    })
}

/// All namespaces, or the one that was named.
fn namespaces(mut source: Namespaces, args: &Reading, budget: Option<Duration>) -> Box<dyn SocketSource> {
    if let Some(net) = &args.net {
        source = source.only(Pick(net.as_bytes().into()));
    }
    if let Some(budget) = budget {
        source = source.within(budget);
    }
    Box::new(source)
}
