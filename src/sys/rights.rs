//! The capabilities of this process: which there are, and giving up those that are of no use.

use rustix::io::Errno;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_ambient_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

use crate::model::Rights;

/// What reading can use: descriptors of others, namespaces, what only administrators are told, and
/// the loading of a program. Nothing to write, to kill or to change anything with.
const USEFUL: CapabilitySet = CapabilitySet::DAC_READ_SEARCH
    .union(CapabilitySet::SYS_PTRACE)
    .union(CapabilitySet::NET_ADMIN)
    .union(CapabilitySet::SYS_ADMIN)
    .union(CapabilitySet::BPF)
    .union(CapabilitySet::PERFMON);

/// What the rights are for that this process has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Once, in an instant, and no program is started.
    Listing,
    Reading,
    /// And writing in directories of others.
    Writing,
    /// And signals for processes of others, which [`with_signalling`] sends.
    Signalling,
}

/// What the calling thread may.
#[must_use]
pub fn ours() -> Rights {
    let effective = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    let has = |set: CapabilitySet| effective.contains(set);
    let admin = has(CapabilitySet::SYS_ADMIN);
    let searches = has(CapabilitySet::DAC_READ_SEARCH) || has(CapabilitySet::DAC_OVERRIDE);
    Rights {
        every_process: searches && has(CapabilitySet::SYS_PTRACE),
        bpf: admin || has(CapabilitySet::BPF.union(CapabilitySet::PERFMON)),
        namespaces: admin,
        filters: has(CapabilitySet::NET_ADMIN),
    }
}

/// Gives up, for the calling thread and those that it starts, what reading cannot use, and the way
/// to new rights through programs that it may run. To be called before any thread is started. The right to
/// signal is kept without force.
pub fn give_up_the_useless(purpose: Purpose) -> Result<(), Errno> {
    let useful = match purpose {
        Purpose::Listing | Purpose::Reading | Purpose::Signalling => USEFUL,
        Purpose::Writing => USEFUL.union(CapabilitySet::DAC_OVERRIDE),
    };
    let asleep = match purpose {
        Purpose::Signalling if is_own(CapabilitySet::KILL) => CapabilitySet::KILL,
        _ => CapabilitySet::empty(),
    };
    set_no_new_privs(true)?;
    // No program gives back what is not permitted any more after that (`cap_bprm_creds_from_file()`,
    // security/commoncap.c). The bounding set is a second lock, of one system call for each right, for what runs on.
    if purpose != Purpose::Listing && capabilities(None)?.permitted.contains(CapabilitySet::SETPCAP) {
        for useless in CapabilitySet::all().difference(useful).iter() {
            match remove_capability_from_bounding_set(useless) {
                // A capability that this kernel does not know cannot be had either.
                Ok(()) | Err(Errno::INVAL) => {}
                Err(error) => return Err(error),
            }
        }
    }
    keep_some_asleep(useful, asleep)
}

/// True for rights that who started this program has, and not the program by its file: it must not lend them.
fn is_own(right: CapabilitySet) -> bool {
    rustix::process::getuid().is_root() || capability_is_in_ambient_set(right).unwrap_or(false)
}

/// Gives up, for the calling thread and those that it starts, what was good for loading a program: once
/// that is under way in another thread.
pub fn give_up_loading() -> Result<(), Errno> {
    keep(CapabilitySet::BPF.union(CapabilitySet::PERFMON).complement())
}

/// Lets the calling thread do something without capabilities, for a user who is not root: a program that
/// has some of its own must not open for its user what the user may not open.
pub fn with_those_of_the_caller<T>(open: impl FnOnce() -> T) -> Result<T, Errno> {
    let now = capabilities(None)?;
    if rustix::process::getuid().is_root() || now.effective.is_empty() {
        return Ok(open());
    }
    set_capabilities(None, CapabilitySets { effective: CapabilitySet::empty(), ..now })?;
    let opened = open();
    set_capabilities(None, now)?;
    Ok(opened)
}

/// Sends signals with the right to signal processes of others in force, where this process has it, and gives that
/// up for the calling thread and those that it starts.
pub fn with_signalling<T>(send: impl FnOnce() -> T) -> Result<T, Errno> {
    let now = capabilities(None)?;
    let effective = now.effective.union(now.permitted.intersection(CapabilitySet::KILL));
    set_capabilities(None, CapabilitySets { effective, ..now })?;
    let done = send();
    keep(CapabilitySet::KILL.complement())?;
    Ok(done)
}

/// Gives up, for the calling thread and those that it starts, the right to signal processes of others.
pub fn give_up_signalling() -> Result<(), Errno> {
    keep(CapabilitySet::KILL.complement())
}

/// Gives up, for the calling thread and those that it starts, all but the right to close sockets: once nothing
/// more is to be read. That as well, where it is the program's and not its user's.
pub fn keep_only_closing() -> Result<(), Errno> {
    keep(if is_own(CapabilitySet::NET_ADMIN) { CapabilitySet::NET_ADMIN } else { CapabilitySet::empty() })
}

fn keep(useful: CapabilitySet) -> Result<(), Errno> {
    keep_some_asleep(useful, CapabilitySet::empty())
}

/// Keeps what is useful, and what may be called for later.
fn keep_some_asleep(useful: CapabilitySet, asleep: CapabilitySet) -> Result<(), Errno> {
    let now = capabilities(None)?;
    let kept = |set: CapabilitySet| set.intersection(useful);
    let sets = CapabilitySets {
        effective: kept(now.effective),
        permitted: now.permitted.intersection(useful.union(asleep)),
        inheritable: kept(now.inheritable),
    };
    set_capabilities(None, sets)
}
