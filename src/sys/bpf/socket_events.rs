//! The programs that tell of sockets as it happens: of TCP as states change, of UDP as it binds and is let go of.
//! Runs them and hands over their records, which are read in `wire::socket_state`. They tell of every network
//! namespace of the machine, or of one, through one ring.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::Duration;

use aya_obj::{Map, Object};

use super::call::{CgroupHook, Hook};
use super::ring::Ring;
use super::{BpfError, BuiltIn, call, kernel_types, may_load};
use crate::model::NetnsId;
use crate::sys::{cgroup, host, rights};
use crate::wire::btf::Types;
use crate::wire::socket_state::LENGTH;

/// Built from `states.bpf.c`.
pub(super) const STATES: BuiltIn =
    BuiltIn { object: include_bytes!("../../../assets/bpf/states.bpf.o"), name: "socket_states" };
/// The type of the tracepoint's function (`TRACE_EVENT(inet_sock_set_state` in `include/trace/events/sock.h`).
const HOOK: &str = "btf_trace_inet_sock_set_state";
/// Built from `binds.bpf.c`.
const BINDS: &[u8] = include_bytes!("../../../assets/bpf/binds.bpf.o");
/// Its programs, and where each is to run.
pub(super) const BINDING: [(BuiltIn, CgroupHook); 3] = [
    (BuiltIn { object: BINDS, name: "udp_bound4" }, CgroupHook::PostBind4),
    (BuiltIn { object: BINDS, name: "udp_bound6" }, CgroupHook::PostBind6),
    (BuiltIn { object: BINDS, name: "udp_released" }, CgroupHook::SockRelease),
];
/// The ring.
const TOLD: &str = "told";
/// The numbers that the programs share with who loads them, …
const SHARED: &str = "shared";
/// … how many records found no room, …
const LOST: u32 = 0;
/// … the inode of the pid namespace in which processes are to be numbered, …
const PID_NAMESPACE: u32 = 1;
/// … and that of the network namespace of which alone is to be told; 0 for all.
const ONLY: u32 = 2;

/// The programs, running.
#[derive(Debug)]
pub struct SocketEvents {
    /// They run while these are open.
    links: Vec<OwnedFd>,
    ring: Ring,
    shared: OwnedFd,
    lost: u64,
}

/// What is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subjects {
    /// TCP sockets as their states change.
    pub states: bool,
    /// UDP sockets as they bind.
    pub binds: bool,
    /// Those of this network namespace alone; `None` for all.
    pub only: Option<NetnsId>,
}

/// Whose binds are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Everybody,
    /// Those of the processes below the topmost cgroup that can be seen from here, as in a container.
    BelowOurs,
}

/// How it went for each subject; `None` of what nobody wanted.
#[derive(Debug)]
pub struct Running {
    pub states: Option<Result<(), BpfError>>,
    pub binds: Option<Result<Whose, BpfError>>,
}

impl SocketEvents {
    /// Loads the programs and has them run, as far as that can be had.
    pub fn start(subjects: Subjects) -> Result<(Self, Running), BpfError> {
        may_load()?;
        let kernel = kernel_types()?;
        let types = Types::read(&kernel)?;
        let object = Object::parse(STATES.object)?;
        let [told, shared] = [create(&object, TOLD)?, create(&object, SHARED)?];
        let pid_namespace = host::pid_namespace().map_err(BpfError::Start)?;
        call::update(shared.as_fd(), PID_NAMESPACE, pid_namespace).map_err(BpfError::Map)?;
        let only = subjects.only.map_or(0, |only| only.0);
        call::update(shared.as_fd(), ONLY, only).map_err(BpfError::Map)?;
        let maps = HashMap::from([(TOLD, told.as_fd()), (SHARED, shared.as_fd())]);
        let mut links = Vec::new();
        let running = Running {
            states: subjects.states.then(|| {
                links.push(states(&types, &maps)?);
                Ok(())
            }),
            binds: subjects.binds.then(|| {
                let (more, whose) = binds(&types, &maps)?;
                links.extend(more);
                Ok(whose)
            }),
        };
        let size = object.maps.get(TOLD).map_or(0, Map::max_entries);
        let ring = Ring::new(told, size).map_err(BpfError::Map)?;
        Ok((Self { links, ring, shared, lost: 0 }, running))
    }

    /// True when none of the programs runs.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.links.is_empty()
    }

    /// The record that was told next, without waiting and without a call; `None` when none waits.
    pub fn hear(&mut self) -> Option<[u8; LENGTH]> {
        let mut record = [0; LENGTH];
        (self.ring.next(&mut record) == Some(LENGTH)).then_some(record)
    }

    /// How many found no room since that was asked last.
    pub fn lost(&mut self) -> Result<u64, BpfError> {
        let lost = call::look_up(self.shared.as_fd(), LOST).map_err(BpfError::Read)?;
        Ok(lost.saturating_sub(std::mem::replace(&mut self.lost, lost)))
    }

    /// Waits until something is told, here or at that descriptor, that long. False when nothing came.
    pub fn wait(&self, or_at: Option<&OwnedFd>, patience: Duration) -> io::Result<bool> {
        self.ring.wait(or_at, patience)
    }
}

/// The maps by name.
type Maps<'a> = HashMap<&'static str, BorrowedFd<'a>>;

fn states(types: &Types<'_>, maps: &Maps<'_>) -> Result<OwnedFd, BpfError> {
    let hook = types.definition(HOOK.as_bytes()).ok_or(BpfError::NoHook(HOOK, "5.5"))?;
    let mut object = STATES.fitted(types)?;
    relocate(&mut object, maps)?;
    let program = STATES.load(&object, Hook::Tracepoint(hook))?;
    call::open_tracepoint(program.as_fd()).map_err(BpfError::Start)
}

/// The programs of a cgroup run for it and what is below. They stand beside those of others (`BPF_F_ALLOW_MULTI` is
/// what a link means), and replace none.
fn binds(types: &Types<'_>, maps: &Maps<'_>) -> Result<(Vec<OwnedFd>, Whose), BpfError> {
    if !rights::ours().filters {
        return Err(BpfError::NetRights);
    }
    let root = cgroup::topmost().ok_or(BpfError::NoCgroups)?;
    let mut object = BINDING[0].0.fitted(types)?;
    relocate(&mut object, maps)?;
    let attach = |(built_in, hook): &(BuiltIn, CgroupHook)| {
        let program = built_in.load(&object, Hook::Cgroup(*hook))?;
        call::attach(program.as_fd(), root.dir.as_fd(), *hook).map_err(BpfError::Attach)
    };
    let links = BINDING.iter().map(attach).collect::<Result<_, _>>()?;
    Ok((links, if root.is_of_all { Whose::Everybody } else { Whose::BelowOurs }))
}

fn create(object: &Object, name: &str) -> Result<OwnedFd, BpfError> {
    let map = object.maps.get(name).ok_or(BpfError::Missing)?;
    let map = call::Map {
        name,
        kind: map.map_type(),
        key_size: map.key_size(),
        value_size: map.value_size(),
        max_entries: map.max_entries(),
    };
    call::create(map).map_err(BpfError::Map)
}

/// Writes the maps' descriptors into the programs of an object.
fn relocate(object: &mut Object, maps: &Maps<'_>) -> Result<(), BpfError> {
    use std::os::fd::AsRawFd as _;
    let text = object.functions.keys().map(|(section, _)| *section).collect();
    let known = object.maps.clone();
    let all = maps.iter().filter_map(|(name, fd)| Some((*name, fd.as_raw_fd(), known.get(*name)?)));
    Ok(object.relocate_maps(all, &text)?)
}
