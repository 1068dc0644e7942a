//! The BPF program that tells who holds which socket: loads it, runs it, hands over what it writes.
//!
//! All that knows of aya is here. What the bytes mean is read in `wire::task_file`.

use std::fs::File;
use std::io::{self, Read as _};

use aya::programs::{Iter, ProgramError, links::LinkError};
use aya::{Btf, BtfError, Ebpf, EbpfError, EbpfLoader, include_bytes_aligned};

use super::rights;

/// Built from `owners.bpf.c` by `assets/bpf/build`.
static OBJECT: &[u8] = include_bytes_aligned!("../../assets/bpf/owners.bpf.o");
const PROGRAM: &str = "socket_owners";
/// The types of the running kernel.
const BTF: &str = "/sys/kernel/btf/vmlinux";
/// The kernel fills at most eight pages per read (`bpf_seq_read`).
const CHUNK: usize = 64 * 1024;

/// Why the program cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BpfError {
    #[error("it needs CAP_BPF and CAP_PERFMON")]
    Rights,
    #[error("this kernel does not tell its types ({BTF})")]
    NoTypes,
    #[error("cannot read the types of the kernel: {0}")]
    Types(#[source] BtfError),
    #[error("cannot prepare the program: {0}")]
    Prepare(#[source] EbpfError),
    #[error("the kernel refused the program: {0}")]
    Load(#[source] ProgramError),
    #[error("cannot start the program: {0}")]
    Start(#[source] ProgramError),
    #[error("cannot start the program: {0}")]
    Attach(#[source] LinkError),
    #[error("cannot read what the program tells: {0}")]
    Read(#[source] io::Error),
    #[error("the object that was built in has no such program")]
    Missing,
}

/// Says whether loading can be expected to succeed, without trying: that takes some hundredths of a
/// second. Rights as in capabilities(7).
pub fn may_load() -> Result<(), BpfError> {
    if !rights::ours().bpf {
        return Err(BpfError::Rights);
    }
    if std::fs::exists(BTF).unwrap_or(false) { Ok(()) } else { Err(BpfError::NoTypes) }
}

/// The program, loaded. Running it needs no right any more.
#[derive(Debug)]
pub struct TaskFiles {
    object: Ebpf,
    buffer: Vec<u8>,
}

impl TaskFiles {
    /// Loads the program.
    pub fn load() -> Result<Self, BpfError> {
        may_load()?;
        let types = Btf::from_sys_fs().map_err(BpfError::Types)?;
        let mut object = EbpfLoader::new().btf(Some(&types)).load(OBJECT).map_err(BpfError::Prepare)?;
        program(&mut object)?.load("task_file", &types).map_err(BpfError::Load)?;
        Ok(Self { object, buffer: vec![0; CHUNK] })
    }

    /// Runs it once over every task that the pid namespace of this process has. `each` gets what it
    /// wrote, whole records at a time but for the last of each piece.
    pub fn run(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), BpfError> {
        let mut output = self.start()?;
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

    fn start(&mut self) -> Result<File, BpfError> {
        let program = program(&mut self.object)?;
        let link = program.attach().map_err(BpfError::Start)?;
        let link = program.take_link(link).map_err(BpfError::Start)?;
        link.into_file().map_err(BpfError::Attach)
    }
}

fn program(object: &mut Ebpf) -> Result<&mut Iter, BpfError> {
    object.program_mut(PROGRAM).and_then(|program| program.try_into().ok()).ok_or(BpfError::Missing)
}
