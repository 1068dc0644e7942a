//! The way to the kernel of this machine, on other systems than Linux: netstat2, and no other.

use std::collections::BTreeMap;
use std::time::Duration;

use super::args::{OwnersChoice, SourceChoice};
use super::settings::Reading;
use crate::engine::{Hear, OwnerChoice};
use crate::model::{Ask, Hearing, Inode, ProcessId, Socket, SystemBytes, Thread};
use crate::source::portable::Portable;
use crate::source::{SocketSource, Wanted};
use crate::tui::Acts;

/// The source that reads what the arguments ask for, where that does not need Linux.
pub(super) fn source(args: &Reading, _: Ask, _: Option<Duration>) -> anyhow::Result<Box<dyn SocketSource>> {
    if args.source != SourceChoice::Auto || args.all_netns || args.net.is_some() {
        anyhow::bail!(
            "netlink, procfs and network namespaces are Linux's: take --source auto, and leave out --all-netns and --net"
        );
    }
    Ok(Box::new(Portable))
}

/// Nothing brings a reading forward here, so nobody glances between two.
pub(super) fn glances(_: &Reading) -> Option<Box<dyn SocketSource>> {
    None
}

/// No other kernel tells of sockets that close.
pub(super) fn hear(_: &Reading, _: &[Wanted]) -> (Option<Hear>, Hearing) {
    (None, Hearing::nothing("this system tells nothing of sockets between readings"))
}

/// How owners are found: not at all.
pub(super) fn owner_choice(choice: OwnersChoice) -> anyhow::Result<OwnerChoice> {
    match choice {
        OwnersChoice::Auto | OwnersChoice::None => Ok(OwnerChoice::None),
        OwnersChoice::Proc | OwnersChoice::Bpf => {
            anyhow::bail!("there is no /proc to scan for owners here, and no BPF: take --owners auto")
        }
    }
}

/// No thread is known.
pub(super) fn threads<'a>(_: impl Iterator<Item = &'a Socket>) -> BTreeMap<ProcessId, Vec<Thread>> {
    BTreeMap::new()
}

/// Nobody acts.
#[expect(clippy::unnecessary_wraps, reason = "Linux may fail here")]
pub(super) fn acts(_: &Reading, removed: bool) -> anyhow::Result<Acts> {
    let why = "no other kernel than that of Linux has handles of processes, or closes sockets";
    Ok(if removed { Acts::Removed } else { Acts::Refused(why.to_owned()) })
}

/// No socket has a label.
pub(super) fn labels<'a>(_: impl Iterator<Item = &'a Socket>) -> BTreeMap<Inode, SystemBytes> {
    BTreeMap::new()
}

/// There is no `SELinux`.
pub(super) fn has_selinux() -> bool {
    false
}
