//! The records of `assets/bpf/owners.bpf.c`: one for each descriptor that refers to a socket. Pure.

use zerocopy::byteorder::native_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::model::{Fd, Inode, NetnsId, Pid, Reuse, SystemBytes, Uid};

/// `struct record` of the program, 72 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct Record {
    inode: U64,
    cookie: U64,
    start_ns: U64,
    pid: U32,
    tid: U32,
    fd: U32,
    netns: U32,
    uid: U32,
    exec_id: U32,
    comm: [u8; 16],
    family: U16,
    reuse: u8,
    reuse_port: u8,
    reserved: [u8; 4],
}

/// `AF_INET` and `AF_INET6` (socket(2)).
const INTERNET: [u16; 2] = [2, 10];

/// How long a record is.
pub const LENGTH: usize = size_of::<Record>();

/// What identifies a process, and the program that it runs: while it is equal so are its facts, but
/// for those that it can change itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Incarnation {
    pub pid: Pid,
    /// Nanoseconds after boot.
    pub start_ns: u64,
    /// Counts execve(2).
    pub exec_id: u32,
    pub uid: Uid,
    comm: [u8; 16],
}

impl Record {
    /// The whole records at the front of bytes, and how many bytes they take.
    #[must_use]
    pub fn split(bytes: &[u8]) -> (&[Self], usize) {
        let whole = bytes.len() - bytes.len() % LENGTH;
        (<[Self]>::ref_from_bytes(&bytes[..whole]).unwrap_or_default(), whole)
    }

    /// The socket; `None` for the inode 0 that none has.
    #[must_use]
    pub fn inode(&self) -> Option<Inode> {
        Inode::new(self.inode.get())
    }

    /// The process; 0 is outside the pid namespace of the reader.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        Incarnation {
            pid: Pid(self.pid.get()),
            start_ns: self.start_ns.get(),
            exec_id: self.exec_id.get(),
            uid: Uid(self.uid.get()),
            comm: self.comm,
        }
    }

    /// The thread whose own table it is in; `None` for the table of the process.
    #[must_use]
    pub fn thread(&self) -> Option<Pid> {
        (self.tid != self.pid).then_some(Pid(self.tid.get()))
    }

    /// The descriptor.
    #[must_use]
    pub fn fd(&self) -> Fd {
        Fd(self.fd.get())
    }

    /// The network namespace that the socket belongs to; `None` for a socket without protocol.
    #[must_use]
    pub fn netns(&self) -> Option<NetnsId> {
        (self.netns.get() != 0).then_some(NetnsId(self.netns.get().into()))
    }

    /// Whether others may bind to its address; `None` for a socket that has none of the internet.
    #[must_use]
    pub fn reuse(&self) -> Option<Reuse> {
        let reuse = Reuse { address: self.reuse != 0, port: self.reuse_port != 0 };
        INTERNET.contains(&self.family.get()).then_some(reuse)
    }
}

impl Incarnation {
    /// One of which another program told the same.
    pub(super) fn told(pid: Pid, start_ns: u64, exec_id: u32, uid: Uid, comm: [u8; 16]) -> Self {
        Self { pid, start_ns, exec_id, uid, comm }
    }

    /// The name that the process gives itself.
    #[must_use]
    pub fn comm(&self) -> SystemBytes {
        SystemBytes::from(self.comm.split(|byte| *byte == 0).next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [77u64, 5, 1_230_000_000] {
            bytes.extend(number.to_ne_bytes()); // inode, cookie, start
        }
        for number in [40u32, 41, 3, 4_026_531_840, 1000, 2] {
            bytes.extend(number.to_ne_bytes()); // pid, tid, fd, netns, uid, exec_id
        }
        bytes.extend(b"a) b\n\x1b\0xxxxxxxxx"); // comm
        bytes.extend(2u16.to_ne_bytes()); // family
        bytes.extend([0, 1, 0, 0, 0, 0]); // reuse, reuse_port
        bytes
    }

    #[test]
    fn a_record_tells_who_holds_what() {
        assert_eq!(LENGTH, 72, "as the program writes it");
        let two = [record(), record(), vec![1; 71]].concat();
        let (records, read) = Record::split(&two);
        assert_eq!((records.len(), read), (2, 144));
        let told = &records[1];
        assert_eq!((told.inode(), told.fd(), told.thread()), (Inode::new(77), Fd(3), Some(Pid(41))));
        assert_eq!(told.netns(), Some(NetnsId(4_026_531_840)));
        assert_eq!(told.reuse(), Some(Reuse { address: false, port: true }));
        let who = told.incarnation();
        assert_eq!((who.pid, who.start_ns, who.uid, who.exec_id), (Pid(40), 1_230_000_000, Uid(1000), 2));
        assert_eq!(who.comm().as_bytes(), b"a) b\n\x1b");
    }

    #[test]
    fn the_process_itself_is_no_thread_apart() {
        let mut bytes = record();
        bytes.copy_within(24..28, 28);
        assert_eq!(Record::split(&bytes).0[0].thread(), None);
        bytes[..8].fill(0);
        bytes[64..66].copy_from_slice(&1u16.to_ne_bytes()); // AF_UNIX
        let (records, _) = Record::split(&bytes);
        assert_eq!((records[0].inode(), records[0].reuse()), (None, None));
    }
}
