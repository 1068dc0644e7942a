//! The ways to the kernel of this machine, on Linux. `reader` chooses before whether it is asked.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use anyhow::Context as _;

use super::args::{OwnersChoice, SourceChoice};
use super::reader::{self, Request};
use super::settings::Reading;
use crate::engine::acting;
use crate::engine::{self, Hear, OwnerChoice};
use crate::event::{self, Closes, Subjects, Turns, Whose};
use crate::model::{
    Ask, Hearing, Inode, NetnsId, ProcessId, Protocol, SliceStatus, Socket, SystemBytes, Thread,
};
use crate::owner::holding;
use crate::source::namespaces::{Namespaces, Pick};
use crate::source::netlink::Netlink;
use crate::source::procfs::Procfs;
use crate::source::{SocketSource, Wanted, everything};
use crate::sys::bpf::{self, BpfError};
use crate::sys::{host, rights};
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

/// The source that glances at listeners, where one namespace is read, through netlink: it is to be told what is asked.
pub(super) fn glances(args: &Reading) -> Option<Box<dyn SocketSource>> {
    let is_plain = matches!(args.source, SourceChoice::Auto | SourceChoice::Netlink);
    let is_own = !args.all_netns && args.net.is_none();
    (is_plain && is_own).then(|| -> Box<dyn SocketSource> { Box::new(Netlink::strict(Ask::NOTHING)) })
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

/// Listens to what the kernel tells between readings of these tables. It names sockets by their cookies, as netlink
/// does, and of those that close it tells in the own namespace alone.
pub(super) fn hear(args: &Reading, tables: &[Wanted]) -> (Option<Hear>, Hearing) {
    if !matches!(args.source, SourceChoice::Auto | SourceChoice::Netlink) {
        return (None, Hearing::nothing("only netlink names sockets as the kernel does between readings"));
    }
    let Ok(own) = host::netns() else {
        return (None, Hearing::nothing("the own network namespace is not known"));
    };
    let is_own = args.net.is_none();
    let closes = match tables.iter().any(|table| event::is_told(*table)) {
        false => None,
        true if !is_own => Some(Err("the kernel tells of the own network namespace alone".to_owned())),
        true => Some(Closes::open(own, tables).map_err(|error| error.to_string())),
    };
    let only = (is_own && !args.all_netns).then_some(own);
    let (turns, [beginnings, binds]) = turns(args, tables, only);
    let ends = closes.as_ref().map(|closes| match closes {
        Err(why) => SliceStatus::Failed(why.clone()),
        Ok(_) if args.all_netns => SliceStatus::Partial("of the own network namespace alone".to_owned()),
        Ok(_) => SliceStatus::Ok,
    });
    (engine::hear(closes.and_then(Result::ok), turns), Hearing { beginnings, binds, ends })
}

/// Listens to what BPF tells of these tables, in one network namespace or in all; how that went for TCP and for UDP.
fn turns(
    args: &Reading,
    tables: &[Wanted],
    only: Option<NetnsId>,
) -> (Option<Turns>, [Option<SliceStatus>; 2]) {
    let has = |wanted: &[Protocol]| tables.iter().any(|(_, protocol)| wanted.contains(protocol));
    let subjects =
        Subjects { states: has(&[Protocol::Tcp]), binds: has(&[Protocol::Udp, Protocol::UdpLite]), only };
    let all =
        |why: &SliceStatus| [subjects.states, subjects.binds].map(|is_wanted| is_wanted.then(|| why.clone()));
    if !subjects.states && !subjects.binds {
        return (None, [None, None]);
    }
    if !matches!(args.owners, OwnersChoice::Auto | OwnersChoice::Bpf) {
        return (None, all(&SliceStatus::Failed("BPF is not to be used: --owners".to_owned())));
    }
    match Turns::open(subjects) {
        Err(error) => (None, all(&because(&error))),
        Ok((turns, running)) => {
            let ran = |ran: Result<Whose, BpfError>| match ran {
                Ok(Whose::Everybody) => SliceStatus::Ok,
                Ok(Whose::BelowOurs) => {
                    SliceStatus::Partial("only of processes of this container".to_owned())
                }
                Err(error) => because(&error),
            };
            let states = running.states.map(|states| states.map(|()| Whose::Everybody));
            (turns, [states, running.binds].map(|one| one.map(ran)))
        }
    }
}

fn because(error: &BpfError) -> SliceStatus {
    match error {
        BpfError::Rights | BpfError::NetRights => SliceStatus::Denied(error.to_string()),
        _ => SliceStatus::Failed(error.to_string()),
    }
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
