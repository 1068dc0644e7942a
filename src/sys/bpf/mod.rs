//! The BPF programs that are built in: fits them to the running kernel and loads them.
//!
//! All that knows of `aya-obj` is here. What the bytes mean that they write is read in `wire`.

mod call;
mod ring;
mod socket_events;
mod task_files;

pub use socket_events::{Running, SocketEvents, Subjects, Whose};
pub use task_files::TaskFiles;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use aya_obj::btf::{Btf, BtfError, BtfRelocationError};
use aya_obj::relocation::EbpfRelocationError;
use aya_obj::{Object, ParseError};

use super::rights;
use crate::wire::btf::{Malformed, Types};

/// The types of the running kernel.
const BTF: &str = "/sys/kernel/btf/vmlinux";
/// What a loader calls instead of reading what it cannot find: no helper has that number.
const UNFIT: i32 = 0x0bad_2310;
/// Room for what the verifier has to say.
const LOG: usize = 64 * 1024;

/// Why the program cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BpfError {
    #[error("it needs CAP_BPF and CAP_PERFMON")]
    Rights,
    #[error("it needs CAP_NET_ADMIN")]
    NetRights,
    #[error("cgroup v2 is mounted neither at /sys/fs/cgroup nor at /sys/fs/cgroup/unified")]
    NoCgroups,
    #[error("the kernel refused to have the program run for every cgroup: {0}")]
    Attach(#[source] io::Error),
    #[error("this kernel does not tell its types ({BTF})")]
    NoTypes,
    #[error("cannot read the types of the kernel ({BTF}): {0}")]
    Types(#[source] io::Error),
    #[error("cannot understand the types of the kernel ({BTF}): {0}")]
    Malformed(#[from] Malformed),
    #[error("cannot understand the types of the kernel ({BTF}): {0}")]
    Excerpt(#[from] BtfError),
    #[error("this kernel has no such place for a program ({0}); it came with Linux {1}")]
    NoHook(&'static str, &'static str),
    #[error("cannot fit the program to this kernel: {0}")]
    Fit(#[from] BtfRelocationError),
    #[error("cannot give the program its maps: {0}")]
    Maps(#[from] EbpfRelocationError),
    #[error("the kernel refused a map: {0}")]
    Map(#[source] io::Error),
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

/// A program that is built in.
#[derive(Clone, Copy, Debug)]
struct BuiltIn {
    /// Made by `assets/bpf/build`.
    object: &'static [u8],
    name: &'static str,
}

impl BuiltIn {
    /// The object, with the places of what it reads as they are in that kernel.
    fn fitted(self, kernel: &Types<'_>) -> Result<Object, BpfError> {
        let mut object = Object::parse(self.object)?;
        let own = object.btf.as_ref().ok_or(BpfError::Missing)?.to_bytes();
        let excerpt = kernel.excerpt(&Types::read(&own)?.structs());
        object.relocate_btf(&Btf::parse(&excerpt, object.endianness)?)?;
        let mut instructions = object.functions.values().flat_map(|function| &function.instructions);
        if instructions.any(|it| it.imm == UNFIT) {
            return Err(BpfError::Lacking);
        }
        Ok(object)
    }

    /// Loads it, to run at that place. When the kernel will not, asks once more, for the reason.
    fn load(self, object: &Object, hook: call::Hook) -> Result<OwnedFd, BpfError> {
        let function = object.programs.get(self.name).and_then(|it| object.functions.get(&it.function_key()));
        let instructions = &function.ok_or(BpfError::Missing)?.instructions;
        let program = call::Program { name: self.name, instructions, license: &object.license, hook };
        call::load(program, &mut []).map_err(|source| {
            let mut log = vec![0; LOG];
            drop(call::load(program, &mut log));
            let mut lines = log.split(|byte| matches!(byte, b'\n' | 0));
            // The very last one counts what was verified.
            let last = lines.rfind(|line| !line.is_empty() && !line.starts_with(b"processed "));
            BpfError::Load { source, log: String::from_utf8_lossy(last.unwrap_or_default()).into_owned() }
        })
    }
}

/// The bytes that describe the types of the running kernel.
fn kernel_types() -> Result<Vec<u8>, BpfError> {
    fs::read(BTF).map_err(BpfError::Types)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [BuiltIn; 3] = [task_files::OWNERS, socket_events::STATES, socket_events::BINDING[0].0];

    /// What it comes to when a kernel's types are all understood.
    fn fitted_to_all(built_in: BuiltIn, kernel: &[u8]) -> Object {
        let mut object = Object::parse(built_in.object).unwrap();
        let types = Btf::parse(kernel, object.endianness).unwrap();
        object.relocate_btf(&types).unwrap();
        object
    }

    #[test]
    fn an_excerpt_of_the_types_fits_the_program_as_all_of_them_do() {
        for built_in in ALL {
            let own = Object::parse(built_in.object).unwrap().btf.unwrap().to_bytes();
            let kernels = [Some(own), fs::read(BTF).ok()];
            for kernel in kernels.into_iter().flatten() {
                let object = built_in.fitted(&Types::read(&kernel).unwrap()).unwrap();
                let all = fitted_to_all(built_in, &kernel);
                assert_eq!(format!("{:?}", object.functions), format!("{:?}", all.functions));
            }
        }
    }

    #[test]
    fn a_kernel_that_lacks_what_is_read_is_refused() {
        let built_in = task_files::OWNERS;
        let mut other = Object::parse(built_in.object).unwrap().btf.unwrap().to_bytes();
        let at = other.windows(9).position(|name| name == b"\0f_inode\0").unwrap();
        other[at + 1] = b'g';
        let refused = built_in.fitted(&Types::read(&other).unwrap()).map(|_| ()).unwrap_err();
        assert!(matches!(refused, BpfError::Lacking), "{refused:?}");
    }
}
