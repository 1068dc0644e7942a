//! The program that tells who holds which socket: runs it and hands over what it writes, which is read in
//! `wire::task_file`.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};

use super::{BpfError, BuiltIn, call, kernel_types, may_load};
use crate::wire::btf::Types;

/// Built from `owners.bpf.c`.
pub(super) const OWNERS: BuiltIn =
    BuiltIn { object: include_bytes!("../../../assets/bpf/owners.bpf.o"), name: "socket_owners" };
/// What the kernel calls for each descriptor (`DEFINE_BPF_ITER_FUNC` in `kernel/bpf/task_iter.c`).
const HOOK: &str = "bpf_iter_task_file";
/// The kernel fills at most eight pages per read (`bpf_seq_read`).
const CHUNK: usize = 64 * 1024;

/// The program, loaded. Running it needs no right any more.
#[derive(Debug)]
pub struct TaskFiles {
    link: OwnedFd,
    buffer: Vec<u8>,
}

impl TaskFiles {
    /// Loads the program.
    pub fn load() -> Result<Self, BpfError> {
        may_load()?;
        let kernel = kernel_types()?;
        let types = Types::read(&kernel)?;
        let hook = types.function(HOOK.as_bytes()).ok_or(BpfError::NoHook(HOOK, "5.8"))?;
        let program = OWNERS.load(&OWNERS.fitted(&types)?, call::Hook::Iterator(hook))?;
        let link = call::link(program.as_fd()).map_err(BpfError::Start)?;
        Ok(Self { link, buffer: vec![0; CHUNK] })
    }

    /// Runs it once over every task that the pid namespace of this process has. `each` gets what it
    /// wrote, whole records at a time but for the last of each piece.
    pub fn run(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), BpfError> {
        let mut output = File::from(call::start(self.link.as_fd()).map_err(BpfError::Start)?);
        loop {
            match output.read(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => each(&self.buffer[..read]),
                // After a million descriptors without a socket the kernel lets others have a turn.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Err(BpfError::Read(error)),
            }
        }
    }
}
