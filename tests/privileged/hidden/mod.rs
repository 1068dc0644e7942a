//! Sockets whose holders hide: in a thread's own table, in a ring, behind a mount, on their way between
//! processes, in another pid namespace; and programs that are not what they seem.
//!
//! Each is hidden in a network namespace of its own, by a program that tells the truth about it.

mod inside;
pub(crate) mod roles;

use std::fs;
use std::io::{BufRead as _, BufReader, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, ChangeKind, Family, NoOwner, Owner as Holds, Owners, Protocol, Socket as Row};
use sockeye::owner::Facts;
use sockeye::source::netlink::Netlink;
use sockeye::store::Table;

use crate::Case;
use crate::document::{Document, Owner, Socket};
use crate::harness::{Holder, Ran, eventually, run, sockeye, wait};
use crate::namespaces::in_namespace;
use crate::stock::{cookie, fds_of, inode};

pub(crate) const PROC: &[Case] = &[
    ("hidden::proc_finds_a_thread_with_a_table_of_its_own", || in_a_thread("proc", "thread")),
    ("hidden::proc_finds_what_a_process_without_its_first_thread_holds", || in_a_thread("proc", "zombie")),
    ("hidden::proc_finds_what_no_table_lists_in_a_thread", || {
        unlisted_in_a_thread("proc", "thread-unlisted");
    }),
    ("hidden::proc_finds_what_no_table_lists_without_the_first_thread", || {
        unlisted_in_a_thread("proc", "zombie-unlisted");
    }),
    ("hidden::proc_looks_behind_a_mount_over_a_process", || behind_a_mount("proc")),
    ("hidden::proc_looks_behind_a_mount_over_a_part_of_a_process", behind_a_partial_mount),
    ("hidden::what_is_behind_a_mount_and_may_not_be_read_is_told", refused_behind_a_mount),
    ("hidden::an_old_directory_says_nothing_of_a_process_with_the_same_pid", pid_is_reused),
    ("hidden::proc_names_through_whom_a_socket_in_flight_may_go", || in_flight(OwnerChoice::Proc)),
    ("hidden::proc_tells_the_new_program_after_exec", || exec_swap(OwnerChoice::Proc)),
    ("hidden::proc_tells_deleted_programs_from_such_names", || programs("proc")),
    ("hidden::proc_sees_a_pid_namespace_from_both_sides", || inside::pid_namespace("proc")),
    ("hidden::root_of_a_user_namespace_sees_its_own", inside::user_namespace),
];

pub(crate) const BPF: &[Case] = &[
    ("hidden::bpf_finds_a_thread_with_a_table_of_its_own", || in_a_thread("bpf", "thread")),
    ("hidden::bpf_finds_what_a_process_without_its_first_thread_holds", || in_a_thread("bpf", "zombie")),
    ("hidden::bpf_finds_what_no_table_lists_in_a_thread", || unlisted_in_a_thread("bpf", "thread-unlisted")),
    ("hidden::bpf_finds_what_no_table_lists_without_the_first_thread", || {
        unlisted_in_a_thread("bpf", "zombie-unlisted");
    }),
    ("hidden::bpf_reads_facts_behind_a_mount_over_a_process", || behind_a_mount("bpf")),
    ("hidden::bpf_names_through_whom_a_socket_in_flight_may_go", || in_flight(OwnerChoice::Bpf)),
    ("hidden::bpf_tells_the_new_program_after_exec", || exec_swap(OwnerChoice::Bpf)),
    ("hidden::bpf_tells_deleted_programs_from_such_names", || programs("bpf")),
    ("hidden::bpf_sees_a_pid_namespace_from_both_sides", || inside::pid_namespace("bpf")),
];

pub(crate) const RING: &[Case] =
    &[("hidden::proc_finds_what_is_registered_with_a_ring", || in_a_ring("proc"))];

pub(crate) const RING_BPF: &[Case] =
    &[("hidden::bpf_and_proc_find_what_is_registered_with_a_ring", || in_a_ring("bpf"))];

/// Whether `io_uring` is to be had.
pub(crate) fn has_rings() -> bool {
    roles::make_ring().is_ok()
}

/// A program in its role, until it is dropped.
pub(crate) struct Role {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Role {
    /// Starts it, and waits for the three numbers that it tells.
    pub(crate) fn start(role: &str, stderr: Stdio) -> (Self, [u64; 3]) {
        let mut command = roles::command(role);
        command.stderr(stderr);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let numbers: Vec<u64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let numbers = numbers.try_into().unwrap_or_else(|_| panic!("{role} told {line:?}"));
        (Self { stdin: child.stdin.take(), child }, numbers)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// A role that says where it hides a listener.
pub(crate) struct Hider {
    role: Role,
    inode: u64,
    fd: u32,
    tid: u32,
}

impl Hider {
    pub(crate) fn start(role: &str) -> Self {
        Self::start_with(role, Stdio::inherit())
    }

    pub(crate) fn start_with(role: &str, stderr: Stdio) -> Self {
        let (role, [inode, fd, tid]) = Role::start(role, stderr);
        let [fd, tid] = [fd, tid].map(|number| u32::try_from(number).unwrap());
        Self { role, inode, fd, tid }
    }
}

impl Hider {
    pub(crate) fn pid(&self) -> u32 {
        self.role.pid()
    }

    pub(crate) fn inode(&self) -> u64 {
        self.inode
    }

    /// Its pid, after it became `cat`.
    pub(crate) fn becomes_cat(&mut self) -> u32 {
        self.role.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        let comm = format!("/proc/{}/comm", self.role.pid());
        eventually(|| match fs::read_to_string(&comm).unwrap() {
            comm if comm == "cat\n" => Ok(()),
            comm => Err(comm),
        });
        self.role.pid()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn listing(ran: &Ran) -> Document {
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    Document::read(&ran.stdout)
}

fn listeners(owners: &str) -> Document {
    listing(&run(&mut sockeye(&["--json", "-tl", "--owners", owners])))
}

fn of(told: &Document, inode: u64) -> &Socket {
    told.by_inode(inode).expect("it is listed")
}

fn owners(told: &Socket) -> &[Owner] {
    told.owners.as_deref().unwrap_or_else(|| panic!("{told:#?}"))
}

fn pids(told: &Socket) -> Vec<u32> {
    owners(told).iter().map(|owner| owner.pid).collect()
}

fn in_a_thread(method: &'static str, role: &'static str) {
    in_namespace(move || {
        let hider = Hider::start(role);
        let pid = hider.role.pid();
        assert!(fds_of(pid, hider.inode).is_empty(), "the oracle itself: it is out of sight");
        let told = listeners(method);
        let found = of(&told, hider.inode);
        let [owner] = owners(found) else { panic!("{found:#?}") };
        assert_eq!((owner.pid, owner.tid, owner.fds.as_slice()), (pid, Some(hider.tid), &[hider.fd][..]));
        assert!(!owner.io_uring);
        assert_eq!((found.owner_count, &found.owner_candidates), (Some(1), &None));
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
        assert_eq!(owner.comm, comm.trim_end());
    });
}

/// Nothing but the descriptor of one thread tells of it.
fn unlisted_in_a_thread(method: &'static str, role: &'static str) {
    in_namespace(move || {
        let hider = Hider::start(role);
        assert!(fds_of(hider.role.pid(), hider.inode).is_empty(), "the oracle itself: it is out of sight");
        let told = listing(&run(&mut sockeye(&["--json", "--owners", method])));
        let found = of(&told, hider.inode);
        let [owner] = owners(found) else { panic!("{found:#?}") };
        assert_eq!((owner.pid, owner.tid), (hider.role.pid(), Some(hider.tid)));
        assert_eq!((&owner.fds[..], found.protocol_name.as_deref()), (&[hider.fd][..], Some("TCP")));
        assert_eq!((&*found.protocol, found.owner_count), ("other", Some(1)));
    });
}

fn in_a_ring(method: &'static str) {
    in_namespace(move || {
        let hider = Hider::start("ring");
        let pid = hider.role.pid();
        assert!(fds_of(pid, hider.inode).is_empty(), "the oracle itself: it is out of sight");
        let told = listeners(method);
        let [owner] = owners(of(&told, hider.inode)) else { panic!("{told:#?}") };
        assert_eq!((owner.pid, owner.tid, owner.fds.as_slice()), (pid, None, &[hider.fd][..]));
        assert!(owner.io_uring, "its descriptor is that of the ring");
    });
}

/// Runs the program in a mount namespace where something is mounted over a process.
fn covered(over: &str, by: &Path, then: &str, method: &str) -> Ran {
    let script = format!("mount --bind {} /proc/{over} && exec {then} \"$@\"", by.display());
    let mut command = Command::new("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", &script, "sh"]);
    command.args([env!("CARGO_BIN_EXE_sockeye"), "--json", "-tl", "--owners", method]);
    run(command.env("SOCKEYE_CONFIG", ""))
}

fn held_by_cat() -> (u64, Holder) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (inode(&listener), Holder::start(OwnedFd::from(listener), Stdio::null()))
}

/// An empty directory hides it, another process's directory lies for it.
fn behind_a_mount(method: &'static str) {
    in_namespace(move || {
        let ((hidden, holder), (_, other)) = (held_by_cat(), held_by_cat());
        let nothing = tempfile::tempdir().unwrap();
        for by in [nothing.path(), Path::new(&format!("/proc/{}", other.pid()))] {
            let ran = covered(&holder.pid().to_string(), by, "", method);
            let told = listing(&ran);
            let found = of(&told, hidden);
            assert_eq!(pids(found), [holder.pid()], "{}", by.display());
            assert_eq!(owners(found)[0].cmdline.as_deref(), Some(&["cat".to_owned()][..]));
            let found = told.sockets.iter().find(|socket| socket.inode != Some(hidden)).unwrap();
            assert_eq!(pids(found), [other.pid()], "and nobody else");
            assert_eq!(told.coverage.owners.processes_covered, [holder.pid()]);
            assert!(
                ran.stderr().contains(&format!("mounted over /proc/{}", holder.pid())),
                "{}",
                ran.stderr()
            );
        }
    });
}

/// A mount over a part of a process's directory hides as much.
fn behind_a_partial_mount() {
    in_namespace(|| {
        let nothing = tempfile::tempdir().unwrap();
        let (hidden, holder) = held_by_cat();
        let told = listing(&covered(&format!("{}/fd", holder.pid()), nothing.path(), "", "proc"));
        assert_eq!(pids(of(&told, hidden)), [holder.pid()]);
        assert_eq!(told.coverage.owners.processes_covered, [holder.pid()]);

        let hider = Hider::start("thread");
        let pid = hider.role.pid();
        for part in [format!("{pid}/task"), format!("{pid}/task/{}", hider.tid)] {
            let told = listing(&covered(&part, nothing.path(), "", "proc"));
            assert_eq!(pids(of(&told, hider.inode)), [pid], "{part}");
            assert_eq!(told.coverage.owners.processes_covered, [pid], "{part}");
        }
    });
}

fn refused_behind_a_mount() {
    in_namespace(|| {
        let (hidden, holder) = held_by_cat();
        let nothing = tempfile::tempdir().unwrap();
        let then = "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin";
        let ran = covered(&holder.pid().to_string(), nothing.path(), then, "proc");
        let told = listing(&ran);
        let search = &told.coverage.owners;
        assert_eq!(of(&told, hidden).owner_status, "denied");
        assert_eq!(search.processes_covered, [holder.pid()]);
        let why = format!("a mount covers /proc/{}", holder.pid());
        assert!(search.processes_denied > 0 && search.reason.as_deref() == Some(&*why), "{search:?}");
        assert!(ran.stderr().contains(&why), "{}", ran.stderr());
    });
}

/// A table of listeners that is polled.
struct Watch {
    sampler: Sampler,
    table: Table,
    inode: u64,
    changes: Vec<ChangeKind>,
}

impl Watch {
    fn new(choice: OwnerChoice, inode: u64) -> Self {
        let ask = OwnerAsk { choice, facts: Facts::All, live: true, by_bpf: false };
        let source = Box::new(Netlink::strict(Ask::NOTHING));
        let sampler = Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], ask);
        Self { sampler, table: Table::new(Duration::from_mins(1)), inode, changes: Vec::new() }
    }

    fn ours(&self, socket: &Row) -> bool {
        socket.inode.map(sockeye::model::Inode::get) == Some(self.inode)
    }

    fn poll(&mut self) -> Row {
        let table = std::mem::replace(&mut self.table, Table::new(Duration::ZERO));
        let (table, changes) = table.apply(self.sampler.take().unwrap());
        self.table = table;
        let of_ours = changes.into_iter().filter(|change| self.ours(&change.socket));
        let changes: Vec<_> = of_ours.map(|change| change.kind).collect();
        self.changes.extend(changes);
        let rows = self.table.rows().iter().map(|row| &row.socket);
        rows.clone().find(|socket| self.ours(socket)).unwrap().clone()
    }
}

fn first(socket: &Row) -> Option<Holds<'_>> {
    socket.owners.first()
}

/// A descriptor that was sent and not received has no holder; when it is received it has.
/// Of all namespaces of pids the first one alone has its number from the kernel's source
/// (`PROC_PID_INIT_INO` in `linux/proc_ns.h`).
fn pid_namespace_is_the_first() -> bool {
    fs::read_link("/proc/self/ns/pid").unwrap().as_os_str() == "pid:[4026531836]"
}

fn in_flight(choice: OwnerChoice) {
    in_namespace(move || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (id, inode) = (cookie(&listener), inode(&listener));
        let (here, there) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = SendAncillaryBuffer::new(&mut space);
        let descriptors = [listener.as_fd()];
        assert!(message.push(SendAncillaryMessage::ScmRights(&descriptors)));
        sendmsg(&here, &[IoSlice::new(b"x")], &mut message, SendFlags::empty()).unwrap();
        drop(listener);

        let mut watch = Watch::new(choice, inode);
        let sent = watch.poll();
        let coverage = &watch.table.moment().unwrap().coverage.owners;
        // It may as well be held by a process that may not be read, even by root: some sandboxes have
        // such. Or, where this is a container, by one outside of it.
        let why = match (coverage.denied, pid_namespace_is_the_first()) {
            (0, true) => NoOwner::InFlight,
            (0, false) => NoOwner::OtherPidns,
            _ => NoOwner::Denied,
        };
        assert_eq!(sent.owners, Owners::Unknown(why));
        let candidates: Vec<u32> = coverage.candidates.iter().map(|process| process.id.pid.0).collect();
        assert!(candidates.contains(&std::process::id()), "{candidates:?}");
        assert_eq!(watch.poll().owners, sent.owners, "and so it stays");
        let method = if choice == OwnerChoice::Bpf { "bpf" } else { "proc" };
        let told = listeners(method);
        let found = of(&told, inode);
        assert_eq!((found.owner_status.as_str(), &found.owners), (why.word(), &None));
        if why == NoOwner::InFlight {
            let named = found.owner_candidates.as_ref().unwrap();
            assert!(named.iter().any(|process| process.pid == std::process::id()), "{named:?}");
        }

        watch.changes.clear();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let mut into = [std::io::IoSliceMut::new(&mut byte)];
        recvmsg(&there, &mut into, &mut message, RecvFlags::CMSG_CLOEXEC).unwrap();
        let received: Vec<OwnedFd> = message
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
                _ => None,
            })
            .flatten()
            .collect();
        // No table changes: it is seen by the next scan, which comes when the last one has cost enough.
        let known = eventually(|| {
            let row = watch.poll();
            if row.owners.known().is_some() { Ok(row) } else { Err(format!("{row:?}")) }
        });
        assert_eq!(known.key.cookie().map(|cookie| cookie.0), Some(id), "it is the same socket");
        assert_eq!(first(&known).map(|owner| owner.process.id.pid.0), Some(std::process::id()));
        watch.poll();
        let once = match watch.changes[..] {
            [ChangeKind::Owners { .. }] => true,
            [ChangeKind::Details] => why == NoOwner::Denied, // who was out of sight is no news
            _ => false,
        };
        assert!(once, "{:?}", watch.changes);
        drop(received);
    });
}

fn pid_is_reused() {
    let mut command = Command::new("unshare");
    let role = roles::command("reuse");
    command.args(["-pf", "--mount-proc"]).arg(role.get_program());
    command.envs(role.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = run(&mut command);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert!(ran.stdout().contains("the old directory knows nothing"), "{ran:?}");
}

/// A process that becomes another program is told as what it is now.
fn exec_swap(choice: OwnerChoice) {
    in_namespace(move || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inode = inode(&listener);
        let mut command = Command::new("sh");
        command.args(["-c", "read line; exec cat"]).stdin(Stdio::piped()).stdout(OwnedFd::from(listener));
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut watch = Watch::new(choice, inode);
        let before = eventually(|| {
            let row = watch.poll();
            let sh = first(&row).is_some_and(|owner| owner.process.comm.as_bytes() == b"sh");
            if sh { Ok(row) } else { Err(format!("{row:?}")) }
        });
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"\n").unwrap();
        let path = format!("/proc/{}/comm", child.id());
        eventually(|| match fs::read_to_string(&path).unwrap() {
            comm if comm == "cat\n" => Ok(()),
            comm => Err(comm),
        });
        let after = eventually(|| {
            let row = watch.poll();
            let cat = first(&row).is_some_and(|owner| owner.process.comm.as_bytes() == b"cat");
            if cat { Ok(row) } else { Err(format!("{row:?}")) }
        });
        let [before, after] = [&before, &after].map(|row| first(row).unwrap());
        assert_eq!(after.process.id, before.process.id);
        assert_ne!(after.process.exe, before.process.exe);
        assert_ne!(after.process.cmdline, before.process.cmdline);
        drop(stdin);
        wait(&mut child);
    });
}

/// A program whose file was deleted, one that never had a file, and one that is only called so.
fn programs(method: &'static str) {
    in_namespace(move || {
        let dir = tempfile::tempdir().unwrap();
        let cat = fs::read("/bin/cat").unwrap();
        let copy = |name: &str| {
            let path = dir.path().join(name);
            fs::write(&path, &cat).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            path
        };
        let memory = rustix::fs::memfd_create("m", rustix::fs::MemfdFlags::empty()).unwrap();
        fs::File::from(memory.try_clone().unwrap()).write_all(&cat).unwrap();
        let in_memory =
            format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&memory));
        let (gone, honest) = (copy("gone"), copy("x (deleted)"));
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let all = [
            (text(&gone), text(&gone), true),
            (text(&honest), text(&honest), false),
            (in_memory, "/memfd:m".to_owned(), true),
        ];
        let held: Vec<_> = all
            .iter()
            .map(|(program, ..)| {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let inode = inode(&listener);
                (inode, Holder::spawn(Command::new(program).stdout(OwnedFd::from(listener))))
            })
            .collect();
        fs::remove_file(&gone).unwrap();
        let told = listeners(method);
        for ((inode, holder), (_, path, deleted)) in held.iter().zip(&all) {
            let [owner] = owners(of(&told, *inode)) else { panic!("{told:#?}") };
            assert_eq!(owner.pid, holder.pid());
            assert_eq!((owner.exe.as_ref(), owner.exe_deleted), (Some(path), Some(*deleted)));
        }
    });
}
