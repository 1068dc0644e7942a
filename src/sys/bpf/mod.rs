//! The BPF program that tells who holds which socket: loads it, runs it, hands over what it writes.
//!
//! All that knows of `aya-obj` is here. What the bytes mean is read in `wire::task_file`.

mod call;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};

use aya_obj::btf::{Btf, BtfError, BtfRelocationError};
use aya_obj::{Object, ParseError};

use super::rights;
use crate::wire::btf::{Malformed, Types};

/// Built from `owners.bpf.c` by `assets/bpf/build`.
static OBJECT: &[u8] = include_bytes!("../../../assets/bpf/owners.bpf.o");
const PROGRAM: &str = "socket_owners";
/// What the kernel calls for each descriptor (`DEFINE_BPF_ITER_FUNC` in `kernel/bpf/task_iter.c`).
const HOOK: &str = "bpf_iter_task_file";
/// The types of the running kernel.
const BTF: &str = "/sys/kernel/btf/vmlinux";
/// What a loader calls instead of reading what it cannot find: no helper has that number.
const UNFIT: i32 = 0x0bad_2310;
/// The kernel fills at most eight pages per read (`bpf_seq_read`).
const CHUNK: usize = 64 * 1024;

/// Why the program cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BpfError {
    #[error("it needs CAP_BPF and CAP_PERFMON")]
    Rights,
    #[error("this kernel does not tell its types ({BTF})")]
    NoTypes,
    #[error("cannot read the types of the kernel ({BTF}): {0}")]
    Types(#[source] io::Error),
    #[error("cannot understand the types of the kernel ({BTF}): {0}")]
    Malformed(#[from] Malformed),
    #[error("cannot understand the types of the kernel ({BTF}): {0}")]
    Excerpt(#[from] BtfError),
    #[error("this kernel has no such iterator ({HOOK}); it came with Linux 5.8")]
    NoIterator,
    #[error("cannot fit the program to this kernel: {0}")]
    Fit(#[from] BtfRelocationError),
    #[error("the types of this kernel lack something that the program reads")]
    Lacking,
    #[error("the kernel refused the program: {source}{}", said(.log))]
    Load { source: io::Error, log: String },
    #[error("cannot start the program: {0}")]
    Start(#[source] io::Error),
    #[error("cannot read what the program tells: {0}")]
    Read(#[source] io::Error),
    #[error("the object that was built in cannot be read: {0}")]
    Object(#[from] ParseError),
    #[error("the object that was built in has no such program")]
    Missing,
}

/// The last words of the verifier, where it had any.
fn said(log: &str) -> String {
    if log.is_empty() { String::new() } else { format!(" ({log})") }
}

/// Says whether loading can be expected to succeed, without trying: that takes some thousandths of a
/// second. Rights as in capabilities(7).
pub fn may_load() -> Result<(), BpfError> {
    if !rights::ours().bpf {
        return Err(BpfError::Rights);
    }
    if fs::exists(BTF).unwrap_or(false) { Ok(()) } else { Err(BpfError::NoTypes) }
}

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
        let kernel = fs::read(BTF).map_err(BpfError::Types)?;
        let types = Types::read(&kernel)?;
        let hook = types.function(HOOK.as_bytes()).ok_or(BpfError::NoIterator)?;
        let object = fitted(&types)?;
        let function = object.programs.get(PROGRAM).and_then(|it| object.functions.get(&it.function_key()));
        let instructions = &function.ok_or(BpfError::Missing)?.instructions;
        let program = load(call::Program { name: PROGRAM, instructions, license: &object.license, hook })?;
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

/// The object, with the places of what it reads as they are in that kernel.
fn fitted(kernel: &Types<'_>) -> Result<Object, BpfError> {
    let mut object = Object::parse(OBJECT)?;
    let own = object.btf.as_ref().ok_or(BpfError::Missing)?.to_bytes();
    let excerpt = kernel.excerpt(&Types::read(&own)?.structs());
    object.relocate_btf(&Btf::parse(&excerpt, object.endianness)?)?;
    let mut instructions = object.functions.values().flat_map(|function| &function.instructions);
    if instructions.any(|it| it.imm == UNFIT) {
        return Err(BpfError::Lacking);
    }
    Ok(object)
}

/// Loads it; when the kernel will not, asks once more, for the reason.
fn load(program: call::Program<'_>) -> Result<OwnedFd, BpfError> {
    call::load(program, &mut []).map_err(|source| {
        let mut log = vec![0; CHUNK];
        drop(call::load(program, &mut log));
        let mut lines = log.split(|byte| matches!(byte, b'\n' | 0));
        // The very last one counts what was verified.
        let last = lines.rfind(|line| !line.is_empty() && !line.starts_with(b"processed "));
        BpfError::Load { source, log: String::from_utf8_lossy(last.unwrap_or_default()).into_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it comes to when a kernel's types are all understood.
    fn fitted_to_all(kernel: &[u8]) -> Object {
        let mut object = Object::parse(OBJECT).unwrap();
        let types = Btf::parse(kernel, object.endianness).unwrap();
        object.relocate_btf(&types).unwrap();
        object
    }

    #[test]
    fn an_excerpt_of_the_types_fits_the_program_as_all_of_them_do() {
        let own = Object::parse(OBJECT).unwrap().btf.unwrap().to_bytes();
        let kernels = [Some(own), fs::read(BTF).ok()];
        for kernel in kernels.into_iter().flatten() {
            let object = fitted(&Types::read(&kernel).unwrap()).unwrap();
            assert_eq!(format!("{:?}", object.functions), format!("{:?}", fitted_to_all(&kernel).functions));
        }
    }

    #[test]
    fn a_kernel_that_lacks_what_is_read_is_refused() {
        let mut other = Object::parse(OBJECT).unwrap().btf.unwrap().to_bytes();
        let at = other.windows(9).position(|name| name == b"\0f_inode\0").unwrap();
        other[at + 1] = b'g';
        let refused = fitted(&Types::read(&other).unwrap()).map(|_| ()).unwrap_err();
        assert!(matches!(refused, BpfError::Lacking), "{refused:?}");
    }
}
