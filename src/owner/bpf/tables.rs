//! Who holds which socket, as one run of the program told it: plain numbers, for every process there is.
//! Nothing is judged here.

use crate::model::{Fd, Inode, NetnsId, Pid, Reuse};
use crate::sys::bpf::{BpfError, TaskFiles};
use crate::wire::task_file::{Incarnation, Record};

/// Every descriptor that refers to a socket.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// One after the other as they were told. One whose threads have tables of their own may stand
    /// here more than once.
    pub(super) processes: Vec<Incarnation>,
    /// How many processes hold sockets in a table of their own.
    pub(super) count: usize,
    pub(super) descriptors: Vec<Descriptor>,
}

/// One of them. There are as many as sockets, and more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptor {
    pub(super) inode: Inode,
    pub(super) fd: Fd,
    pub(super) reuse: Option<Reuse>,
    /// Which of the processes.
    process: u32,
    /// 0 for the table of the process.
    thread: u32,
    /// 0 for a socket without protocol.
    netns: u32,
}

impl Tables {
    /// Runs the program.
    pub(super) fn read(program: &mut TaskFiles) -> Result<Self, BpfError> {
        let mut tables = Self::default();
        let mut rest = Vec::new();
        program.run(|bytes| {
            if rest.is_empty() {
                let read = tables.take(bytes);
                rest.extend_from_slice(&bytes[read..]);
            } else {
                rest.extend_from_slice(bytes);
                let read = tables.take(&rest);
                rest.drain(..read);
            }
        })?;
        Ok(tables)
    }

    /// Takes in the whole records at the front, and says how many bytes they are.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let (records, read) = Record::split(bytes);
        self.descriptors.reserve(records.len());
        for record in records {
            let who = record.incarnation();
            if self.processes.last() != Some(&who) {
                self.processes.push(who);
                self.count += usize::from(record.thread().is_none());
            }
            let Some(inode) = record.inode() else { continue };
            self.descriptors.push(Descriptor {
                inode,
                fd: record.fd(),
                reuse: record.reuse(),
                process: u32::try_from(self.processes.len() - 1).unwrap_or(u32::MAX),
                thread: record.thread().map_or(0, |thread| thread.0),
                netns: record.netns().and_then(|netns| u32::try_from(netns.0).ok()).unwrap_or(0),
            });
        }
        read
    }
}

impl Descriptor {
    pub(super) fn process(&self) -> usize {
        self.process as usize
    }

    /// The thread whose own table it is in; `None` for the table of the process.
    pub(super) fn thread(&self) -> Option<Pid> {
        (self.thread != 0).then_some(Pid(self.thread))
    }

    /// The network namespace that the socket belongs to; `None` for a socket without protocol.
    pub(super) fn netns(&self) -> Option<NetnsId> {
        (self.netns != 0).then_some(NetnsId(self.netns.into()))
    }
}
