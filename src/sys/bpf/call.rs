//! The three calls of bpf(2) that an iterator takes. It decides nothing.

#![expect(unsafe_code, reason = "rustix has no call for bpf(2), whose argument is a union")]

use std::ffi::{CStr, c_char};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use aya_obj::generated::bpf_attach_type::BPF_TRACE_ITER;
use aya_obj::generated::bpf_cmd::{self, BPF_ITER_CREATE, BPF_LINK_CREATE, BPF_PROG_LOAD};
use aya_obj::generated::bpf_prog_type::BPF_PROG_TYPE_TRACING;
use aya_obj::generated::{bpf_attr, bpf_insn};

/// A program to be loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    /// What it is called in lists of what is loaded; 15 bytes of it.
    pub(super) name: &'a str,
    pub(super) instructions: &'a [bpf_insn],
    pub(super) license: &'a CStr,
    /// What it is to run in: the number of a function among the types of the kernel.
    pub(super) hook: u32,
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
    load.prog_type = BPF_PROG_TYPE_TRACING as u32;
    load.expected_attach_type = BPF_TRACE_ITER as u32;
    load.attach_btf_id = program.hook;
    for (to, byte) in load.prog_name[..15].iter_mut().zip(program.name.bytes()) {
        *to = c_char::from_ne_bytes([byte]);
    }
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

fn number(descriptor: BorrowedFd<'_>) -> u32 {
    descriptor.as_raw_fd().cast_unsigned()
}

fn nothing() -> bpf_attr {
    // SAFETY: a union of structs of numbers, for which 0 says that nothing is asked.
    unsafe { std::mem::zeroed() }
}

/// One that answers with a descriptor.
fn call(command: bpf_cmd, attr: &bpf_attr) -> io::Result<OwnedFd> {
    // SAFETY: the pointers in it, where the command has some, are of slices that live until it returns.
    let answer =
        unsafe { libc::syscall(libc::SYS_bpf, command as u32, &raw const *attr, size_of::<bpf_attr>()) };
    match i32::try_from(answer) {
        // SAFETY: the kernel just made it for us (bpf(2): these commands return a new descriptor).
        Ok(descriptor @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
        _ => Err(io::Error::last_os_error()),
    }
}
