//! The program that tells of TCP sockets as their states change: runs it and hands over its records, which are
//! read in `wire::socket_state`. It tells of every network namespace of the machine.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use aya_obj::{Map, Object};

use super::ring::Ring;
use super::{BpfError, BuiltIn, call, kernel_types, may_load};
use crate::sys::host;
use crate::wire::btf::Types;
use crate::wire::socket_state::LENGTH;

/// Built from `states.bpf.c`.
pub(super) const STATES: BuiltIn =
    BuiltIn { object: include_bytes!("../../../assets/bpf/states.bpf.o"), name: "socket_states" };
/// The type of the tracepoint's function (`TRACE_EVENT(inet_sock_set_state` in `include/trace/events/sock.h`).
const HOOK: &str = "btf_trace_inet_sock_set_state";
/// The ring.
const TOLD: &str = "told";
/// The numbers that the program shares with who loads it, …
const SHARED: &str = "shared";
/// … how many records found no room, …
const LOST: u32 = 0;
/// … and the inode of the pid namespace in which processes are to be numbered.
const PID_NAMESPACE: u32 = 1;

/// The program, running.
#[derive(Debug)]
pub struct SocketStates {
    /// It runs while this is open.
    _link: OwnedFd,
    ring: Ring,
    shared: OwnedFd,
    lost: u64,
}

impl SocketStates {
    /// Loads the program and has it run.
    pub fn start() -> Result<Self, BpfError> {
        may_load()?;
        let kernel = kernel_types()?;
        let types = Types::read(&kernel)?;
        let hook = types.definition(HOOK.as_bytes()).ok_or(BpfError::NoHook(HOOK, "5.5"))?;
        let mut object = STATES.fitted(&types)?;
        let mut maps = HashMap::new();
        for name in [TOLD, SHARED] {
            maps.insert(name, create(&object, name)?);
        }
        relocate(&mut object, &maps)?;
        let program = STATES.load(&object, call::Hook::Tracepoint(hook))?;
        let size = object.maps.get(TOLD).map_or(0, Map::max_entries);
        let told = maps.remove(TOLD).ok_or(BpfError::Missing)?;
        let shared = maps.remove(SHARED).ok_or(BpfError::Missing)?;
        let pid_namespace = host::pid_namespace().map_err(BpfError::Start)?;
        call::update(shared.as_fd(), PID_NAMESPACE, pid_namespace).map_err(BpfError::Map)?;
        let ring = Ring::new(told, size).map_err(BpfError::Map)?;
        let link = call::open_tracepoint(program.as_fd()).map_err(BpfError::Start)?;
        Ok(Self { _link: link, ring, shared, lost: 0 })
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

/// Writes the maps' descriptors into the program.
fn relocate(object: &mut Object, maps: &HashMap<&str, OwnedFd>) -> Result<(), BpfError> {
    use std::os::fd::AsRawFd as _;
    let text = object.functions.keys().map(|(section, _)| *section).collect();
    let known = object.maps.clone();
    let all = maps.iter().filter_map(|(name, fd)| Some((*name, fd.as_raw_fd(), known.get(*name)?)));
    Ok(object.relocate_maps(all, &text)?)
}
