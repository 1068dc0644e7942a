//! The `/proc` scan: every descriptor of every process, one `readlinkat` each.
//!
//! Processes vanish while they are read; that is no error. A process that may not be read is
//! counted. Nothing is allocated for a descriptor that is no wanted socket.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::{OwnerMap, Stray, Workloads, process};
use crate::model::{Fd, Inode, NetnsId, Pid, Socket};
use crate::sys::clock;
use crate::sys::procdir::{ProcDir, ProcessDir, proto_name};
use crate::wire::proc_pid::{net_link, socket_link};

/// A child on its way from fork to exec holds all that its parent holds. Had it become another
/// program between the walk over its descriptors and the look at its name, that program would stand
/// for what it never had. So the descriptors of a process that is younger than this are looked at
/// again after its name; of others, where an exec is rare, the first and the last.
const YOUNG: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// Scans `/proc`; keeps its buffers between scans.
#[derive(Debug, Default)]
pub struct ProcScanner {
    wanted: HashSet<Inode, RandomState>,
    /// In which namespaces to note sockets that nobody asked about.
    strays: Vec<NetnsId>,
    found: Vec<(Inode, Fd)>,
    unasked: Vec<(Inode, Fd)>,
    text: Vec<u8>,
    workloads: Workloads,
}

/// When the scan began, and when the machine did.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    now: jiff::Timestamp,
    booted: Option<jiff::Timestamp>,
}

impl ProcScanner {
    /// Looks for the holders of these sockets in every process there is. Of processes in the
    /// namespaces `strays`, sockets that are not among them are noted too.
    pub fn scan(&mut self, sockets: &[Socket], strays: &[NetnsId]) -> OwnerMap {
        self.strays.clear();
        self.strays.extend_from_slice(strays);
        self.wanted.clear();
        self.wanted.extend(sockets.iter().filter_map(|socket| socket.inode));
        let mut map = OwnerMap::default();
        if let Err(errno) = self.scan_all(&mut map) {
            map.reason = Some(format!("cannot list /proc: {errno}"));
        }
        map
    }

    fn scan_all(&mut self, map: &mut OwnerMap) -> Result<(), Errno> {
        let proc = ProcDir::open()?;
        let now = clock::now();
        let clocks = Clocks { now: now.wall, booted: clock::booted() };
        self.workloads.begin(now.mono);
        for pid in proc.pids()? {
            match self.scan_process(&proc, pid, clocks, map) {
                // It ended while we looked: whatever it held, it holds no longer.
                Ok(()) | Err(Errno::NOENT | Errno::SRCH) => {}
                Err(Errno::ACCESS | Errno::PERM) => map.denied += 1,
                Err(errno) => {
                    map.denied += 1;
                    map.reason = Some(format!("cannot read /proc/{}/fd: {errno}", pid.0));
                }
            }
        }
        Ok(())
    }

    fn scan_process(
        &mut self,
        proc: &ProcDir,
        pid: Pid,
        clocks: Clocks,
        map: &mut OwnerMap,
    ) -> Result<(), Errno> {
        let dir = proc.process(pid)?;
        self.found.clear();
        self.unasked.clear();
        let walk = dir.links(|fd, link| {
            if let Some(inode) = socket_link(link) {
                let list = if self.wanted.contains(&inode) { &mut self.found } else { &mut self.unasked };
                list.push((inode, fd));
            }
        });
        match walk {
            Ok(walk) if walk.denied > 0 => map.denied += 1,
            Ok(_) => {}
            Err(Errno::ACCESS | Errno::PERM) if dir.is_kernel_thread(&mut self.text) => {}
            Err(errno) => return Err(errno),
        }
        map.processes += 1;
        self.note_strays(&dir, pid, map);
        if self.found.is_empty() {
            return Ok(());
        }
        let process = process::read(&dir, pid, clocks.booted, &mut self.text, &mut self.workloads)?;
        let young = process.started.is_none_or(|started| clocks.now.duration_since(started) < YOUNG);
        for (at, (inode, fd)) in self.found.iter().enumerate() {
            let check = young || at == 0 || at + 1 == self.found.len();
            if !check || dir.fd_link(*fd).is_ok_and(|link| socket_link(&link) == Some(*inode)) {
                map.add(*inode, &process, *fd);
            }
        }
        Ok(())
    }

    /// Notes the sockets that nobody asked about, when the process is in a namespace of interest:
    /// what a process elsewhere holds most likely stands in a table of elsewhere.
    fn note_strays(&mut self, dir: &ProcessDir, pid: Pid, map: &mut OwnerMap) {
        if self.strays.is_empty() || self.unasked.is_empty() {
            return;
        }
        let netns = dir.link(c"ns/net").ok().and_then(|link| net_link(&link));
        let Some(netns) = netns.filter(|netns| self.strays.contains(netns)) else { return };
        for (inode, fd) in self.unasked.drain(..) {
            map.strays.entry(inode).or_insert_with(|| Stray {
                netns,
                pid,
                fd,
                proto_name: proto_name(pid, fd),
            });
            self.found.push((inode, fd));
        }
    }
}
