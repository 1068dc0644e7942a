//! The last column: the processes that hold a socket, and what `-T`, `-Z` and `-z` tell of them.

use crate::model::{Fd, Holding, Inode, Owner, Pid, Socket, SystemBytes, Thread};
use crate::text::{escape, push, push_number};

/// `users:(("nginx",pid=1,fd=3),…)`. The owners that are not kept are counted.
pub(super) fn users(cell: &mut String, socket: &Socket, asked: Option<&Holding>) {
    let Some(known) = socket.owners.known() else { return };
    let nothing = Holding::default();
    let asked = asked.unwrap_or(&nothing);
    cell.push_str("users:(");
    let label = socket.inode.and_then(|inode| asked.sockets.as_ref()?.get(&inode));
    let mut users = Users { cell, asked, label, first: true };
    let mut before = None;
    for owner in known.shown() {
        let same_process = before.replace(owner.process.id) == Some(owner.process.id);
        match asked.threads.as_ref().map(|threads| threads.get(&owner.process.id)) {
            None => users.push(Seat::of(&owner, None), owner.fds),
            Some(threads) => {
                let threads = threads.map_or(&[][..], Vec::as_slice);
                users.push_seats(&owner, threads);
                if !same_process && let Some(inode) = socket.inode {
                    let told: Vec<_> = known
                        .shown()
                        .filter(|it| it.process.id == owner.process.id)
                        .filter_map(|it| it.thread)
                        .collect();
                    users.push_apart(&owner, threads, inode, &told);
                }
            }
        }
    }
    if known.beyond() > 0 {
        push(cell, format_args!(",+{} more", known.beyond()));
    }
    cell.push(')');
}

/// Who is told of in one pair of brackets.
#[derive(Clone, Copy)]
struct Seat<'a> {
    comm: &'a SystemBytes,
    pid: Pid,
    tid: Option<Pid>,
    context: Option<&'a SystemBytes>,
}

impl<'a> Seat<'a> {
    fn of(owner: &Owner<'a>, tid: Option<Pid>) -> Self {
        let process = owner.process;
        Self { comm: &process.comm, pid: process.id.pid, tid, context: process.security.as_ref() }
    }

    fn thread(owner: &Owner<'a>, thread: &'a Thread) -> Self {
        let context = thread.security.as_ref();
        Self { comm: &thread.comm, tid: Some(thread.tid), context, ..Self::of(owner, None) }
    }
}

struct Users<'a> {
    cell: &'a mut String,
    asked: &'a Holding,
    /// The label of the socket.
    label: Option<&'a SystemBytes>,
    first: bool,
}

impl Users<'_> {
    /// The threads that have the descriptors through which the socket is held. Where they are not known,
    /// nothing is claimed of any.
    fn push_seats(&mut self, owner: &Owner<'_>, threads: &[Thread]) {
        let mut known = false;
        for thread in threads {
            let holds = match owner.thread {
                Some(tid) => thread.tid == tid,
                None => thread.own.is_none(),
            };
            if holds {
                known = true;
                self.push(Seat::thread(owner, thread), owner.fds);
            }
        }
        if !known {
            self.push(Seat::of(owner, owner.thread), owner.fds);
        }
    }

    /// Threads that hold it in tables of their own and were not `told` as owners.
    fn push_apart(&mut self, owner: &Owner<'_>, threads: &[Thread], socket: Inode, told: &[Pid]) {
        for thread in threads.iter().filter(|thread| !told.contains(&thread.tid)) {
            if let Some(fds) = thread.own.as_ref().and_then(|own| own.get(&socket)) {
                self.push(Seat::thread(owner, thread), fds);
            }
        }
    }

    fn push(&mut self, seat: Seat<'_>, fds: &[Fd]) {
        let comm = escape(seat.comm.as_bytes());
        for fd in fds {
            let begin = if std::mem::take(&mut self.first) { "(\"" } else { ",(\"" };
            for part in [begin, &comm, "\",pid="] {
                self.cell.push_str(part);
            }
            push_number(self.cell, seat.pid.0);
            if let Some(tid) = seat.tid.filter(|_| self.asked.threads.is_some()) {
                self.cell.push_str(",tid=");
                push_number(self.cell, tid.0);
            }
            self.context(",proc_ctx=", seat.context.filter(|_| self.asked.contexts));
            self.cell.push_str(",fd=");
            push_number(self.cell, fd.0);
            self.context(",sock_ctx=", self.label);
            self.cell.push(')');
        }
    }

    /// What no security module tells is left out.
    fn context(&mut self, name: &str, context: Option<&SystemBytes>) {
        if let Some(context) = context {
            self.cell.push_str(name);
            self.cell.push_str(&escape(context.as_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Basics, Cookie, Ends, Family, Held, Identity, NetnsId, Owners, PortRange, Process, ProcessId,
        Protocol, SocketKey, SocketType, State,
    };

    const ID: ProcessId = ProcessId { pid: Pid(7), start: 1 };

    fn held(thread: Option<u32>, fds: &[u32]) -> Held {
        let process = Process { security: Some("init_t".into()), ..Process::named(ID, "web".into()) };
        let fds = fds.iter().copied().map(Fd).collect();
        Held { process: Arc::new(process), thread: thread.map(Pid), ring: false, fds }
    }

    fn socket(owners: Vec<Held>) -> Socket {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(1)) },
            family: Family::Unix,
            protocol: Protocol::Unix,
            kind: SocketType::Stream,
            state: State::Listen,
            ends: Ends::Unix { name: None, peer: None },
            inode: Inode::new(50),
        };
        Socket { owners: Owners::of(owners), ..Socket::new(basics, &PortRange::default()) }
    }

    fn thread(tid: u32, comm: &str, own: Option<&[(u64, u32)]>) -> Thread {
        let own = own
            .map(|own| own.iter().map(|(inode, fd)| (Inode::new(*inode).unwrap(), vec![Fd(*fd)])).collect());
        Thread {
            tid: Pid(tid),
            comm: comm.into(),
            security: Some(format!("{comm}_t").into_bytes().into()),
            own,
        }
    }

    fn told(owners: Vec<Held>, asked: &Holding) -> String {
        let mut cell = String::new();
        users(&mut cell, &socket(owners), Some(asked));
        cell.strip_prefix("users:(").unwrap().strip_suffix(')').unwrap().to_owned()
    }

    #[test]
    fn each_thread_with_the_table_of_its_process_is_told() {
        let threads = vec![
            thread(7, "web", None),
            thread(8, "log", None),
            thread(9, "apart", Some(&[(50, 4)])),
            thread(10, "else", Some(&[(51, 3)])),
        ];
        let asked = Holding { threads: Some(BTreeMap::from([(ID, threads)])), ..Holding::default() };
        let shared = r#"("web",pid=7,tid=7,fd=3),("log",pid=7,tid=8,fd=3)"#;
        let apart = r#"("apart",pid=7,tid=9,fd=4)"#;
        assert_eq!(told(vec![held(None, &[3])], &asked), format!("{shared},{apart}"));
        // One way to find owners tells of that thread by itself: it is not told twice.
        assert_eq!(told(vec![held(None, &[3]), held(Some(9), &[4])], &asked), format!("{shared},{apart}"));
        assert_eq!(told(vec![held(Some(9), &[4])], &asked), apart);
        // Nothing is claimed of threads that are not known.
        let nobody = Holding { threads: Some(BTreeMap::new()), ..Holding::default() };
        assert_eq!(told(vec![held(None, &[3])], &nobody), r#"("web",pid=7,fd=3)"#);
        assert_eq!(told(vec![held(Some(9), &[3])], &nobody), r#"("web",pid=7,tid=9,fd=3)"#);
        assert_eq!(told(vec![held(Some(9), &[3])], &Holding::default()), r#"("web",pid=7,fd=3)"#);
    }

    #[test]
    fn contexts_stand_where_ss_has_them() {
        let contexts = Holding { contexts: true, ..Holding::default() };
        assert_eq!(told(vec![held(None, &[3])], &contexts), r#"("web",pid=7,proc_ctx=init_t,fd=3)"#);
        let inode = Inode::new(50).unwrap();
        let sockets = Some(BTreeMap::from([(inode, "sock_t\x1b".into())]));
        let both = Holding { sockets, ..contexts.clone() };
        assert_eq!(
            told(vec![held(None, &[3])], &both),
            r#"("web",pid=7,proc_ctx=init_t,fd=3,sock_ctx=sock_t\x1b)"#
        );
        let threads = Some(BTreeMap::from([(ID, vec![thread(8, "log", None)])]));
        let all = Holding { threads, ..both };
        assert_eq!(
            told(vec![held(None, &[3])], &all),
            r#"("log",pid=7,tid=8,proc_ctx=log_t,fd=3,sock_ctx=sock_t\x1b)"#
        );
        let none = Holding { sockets: Some(BTreeMap::new()), ..Holding::default() };
        assert_eq!(told(vec![held(None, &[3])], &none), r#"("web",pid=7,fd=3)"#, "unknown is left out");
    }
}
