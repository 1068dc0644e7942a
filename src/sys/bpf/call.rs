//! The calls of bpf(2) that the programs take. It decides nothing.

#![expect(unsafe_code, reason = "rustix has no call for bpf(2), whose argument is a union")]

use std::ffi::{CStr, c_char, c_int};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use aya_obj::generated::bpf_attach_type::{
    self, BPF_CGROUP_INET_SOCK_RELEASE, BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND,
    BPF_TRACE_ITER, BPF_TRACE_RAW_TP,
};
use aya_obj::generated::bpf_cmd::{
    self, BPF_ITER_CREATE, BPF_LINK_CREATE, BPF_MAP_CREATE, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM,
    BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN,
};
use aya_obj::generated::bpf_prog_type::{BPF_PROG_TYPE_CGROUP_SOCK, BPF_PROG_TYPE_TRACING};
use aya_obj::generated::{bpf_attr, bpf_insn};

/// Where a program is to run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hook {
    /// The number, among the types of the kernel, of a function that an iterator calls.
    Iterator(u32),
    /// That of the type of a tracepoint's function.
    Tracepoint(u32),
    /// For the sockets of a cgroup.
    Cgroup(CgroupHook),
}

/// What a socket of a cgroup does when a program runs for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum CgroupHook {
    /// It was bound, by bind(2).
    PostBind4,
    PostBind6,
    /// The last descriptor that referred to it is gone.
    SockRelease,
}

impl CgroupHook {
    fn attach_type(self) -> bpf_attach_type {
        match self {
            Self::PostBind4 => BPF_CGROUP_INET4_POST_BIND,
            Self::PostBind6 => BPF_CGROUP_INET6_POST_BIND,
            Self::SockRelease => BPF_CGROUP_INET_SOCK_RELEASE,
        }
    }
}

/// A map to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map<'a> {
    pub(super) name: &'a str,
    pub(super) kind: u32,
    pub(super) key_size: u32,
    pub(super) value_size: u32,
    pub(super) max_entries: u32,
}

/// A program to be loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    /// What it is called in lists of what is loaded.
    pub(super) name: &'a str,
    pub(super) instructions: &'a [bpf_insn],
    pub(super) license: &'a CStr,
    pub(super) hook: Hook,
}

/// Has the program verified and loaded. What the verifier has to say goes to `log`; 0 bytes ask for
/// nothing.
pub(super) fn load(program: Program<'_>, log: &mut [u8]) -> io::Result<OwnedFd> {
    let mut attr = nothing();
    let Ok(count) = u32::try_from(program.instructions.len()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // SAFETY: every byte is set, and plain numbers are all there is.
    let load = unsafe { &mut attr.__bindgen_anon_3 };
    let (kind, attach_type, hook) = match program.hook {
        Hook::Iterator(hook) => (BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, hook),
        Hook::Tracepoint(hook) => (BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, hook),
        Hook::Cgroup(hook) => (BPF_PROG_TYPE_CGROUP_SOCK, hook.attach_type(), 0),
    };
    load.prog_type = kind as u32;
    load.expected_attach_type = attach_type as u32;
    load.attach_btf_id = hook;
    put_name(&mut load.prog_name, program.name);
    load.insns = program.instructions.as_ptr() as u64;
    load.insn_cnt = count;
    load.license = program.license.as_ptr() as u64;
    if !log.is_empty() {
        load.log_level = 1;
        load.log_buf = log.as_mut_ptr() as u64;
        load.log_size = u32::try_from(log.len()).unwrap_or(u32::MAX);
    }
    // The verifier gives up when a signal is pending.
    let mut answer = call(BPF_PROG_LOAD, &attr);
    for _ in 0..5 {
        match &answer {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => answer = call(BPF_PROG_LOAD, &attr),
            _ => break,
        }
    }
    answer
}

/// Makes a loaded iterator one that can be started.
pub(super) fn link(program: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut attr = nothing();
    attr.link_create.__bindgen_anon_1.prog_fd = number(program);
    attr.link_create.attach_type = BPF_TRACE_ITER as u32;
    call(BPF_LINK_CREATE, &attr)
}

/// Starts an iterator: it runs as its output is read.
pub(super) fn start(link: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut attr = nothing();
    attr.iter_create.link_fd = number(link);
    call(BPF_ITER_CREATE, &attr)
}

/// Has a loaded program run at its tracepoint, for as long as the answer is open.
pub(super) fn open_tracepoint(program: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut attr = nothing();
    attr.raw_tracepoint.prog_fd = number(program);
    call(BPF_RAW_TRACEPOINT_OPEN, &attr)
}

/// Has a loaded program run for the sockets of a cgroup and those below, for as long as the answer is open.
pub(super) fn attach(
    program: BorrowedFd<'_>,
    cgroup: BorrowedFd<'_>,
    hook: CgroupHook,
) -> io::Result<OwnedFd> {
    let mut attr = nothing();
    attr.link_create.__bindgen_anon_1.prog_fd = number(program);
    attr.link_create.__bindgen_anon_2.target_fd = number(cgroup);
    attr.link_create.attach_type = hook.attach_type() as u32;
    call(BPF_LINK_CREATE, &attr)
}

/// Makes a map.
pub(super) fn create(map: Map<'_>) -> io::Result<OwnedFd> {
    let mut attr = nothing();
    // SAFETY: every byte is set, and plain numbers are all there is.
    let create = unsafe { &mut attr.__bindgen_anon_1 };
    create.map_type = map.kind;
    create.key_size = map.key_size;
    create.value_size = map.value_size;
    create.max_entries = map.max_entries;
    put_name(&mut create.map_name, map.name);
    call(BPF_MAP_CREATE, &attr)
}

/// What stands at a place of an array of 64-bit numbers.
pub(super) fn look_up(map: BorrowedFd<'_>, place: u32) -> io::Result<u64> {
    let mut value = 0u64;
    ask(BPF_MAP_LOOKUP_ELEM, &mut element(map, &place, &raw mut value))?;
    Ok(value)
}

/// Writes a number there.
pub(super) fn update(map: BorrowedFd<'_>, place: u32, mut value: u64) -> io::Result<()> {
    ask(BPF_MAP_UPDATE_ELEM, &mut element(map, &place, &raw mut value))
}

fn element(map: BorrowedFd<'_>, place: &u32, value: *mut u64) -> bpf_attr {
    let mut attr = nothing();
    // SAFETY: every byte is set, and plain numbers are all there is.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = number(map);
    element.key = std::ptr::from_ref(place) as u64;
    element.__bindgen_anon_1.value = value as u64;
    attr
}

/// 15 bytes of it.
fn put_name(to: &mut [c_char; 16], name: &str) {
    for (to, byte) in to[..15].iter_mut().zip(name.bytes()) {
        *to = c_char::from_ne_bytes([byte]);
    }
}

fn number(descriptor: BorrowedFd<'_>) -> u32 {
    descriptor.as_raw_fd().cast_unsigned()
}

fn nothing() -> bpf_attr {
    // SAFETY: a union of structs of numbers, for which 0 says that nothing is asked.
    unsafe { std::mem::zeroed() }
}

/// One that answers with a descriptor.
fn call(command: bpf_cmd, attr: &bpf_attr) -> io::Result<OwnedFd> {
    let descriptor = answer(command, attr)?;
    // SAFETY: the kernel just made it for us (bpf(2): these commands return a new descriptor).
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// One that answers with nothing, or into what it is pointed to.
fn ask(command: bpf_cmd, attr: &mut bpf_attr) -> io::Result<()> {
    answer(command, attr).map(|_| ())
}

fn answer(command: bpf_cmd, attr: &bpf_attr) -> io::Result<c_int> {
    // SAFETY: the pointers in it, where the command has some, are of what lives until it returns, and as long
    // as the sizes say that the command or its map is given.
    let answer =
        unsafe { libc::syscall(libc::SYS_bpf, command as u32, &raw const *attr, size_of::<bpf_attr>()) };
    match c_int::try_from(answer) {
        Ok(answer @ 0..) => Ok(answer),
        _ => Err(io::Error::last_os_error()),
    }
}
