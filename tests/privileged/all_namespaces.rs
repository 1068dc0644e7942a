//! Every network namespace of the machine: one of each kind, found and read; refused, vanishing and
//! too many ones.
//!
//! The machine may have others; they are passed over.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use sockeye::engine::{OwnerAsk, Sampler};
use sockeye::model::{Ask, ChangeKind, Family, Protocol, SocketKey};
use sockeye::source::namespaces::Namespaces;
use sockeye::store::Table;
use tempfile::TempDir;

use crate::Case;
use crate::document::{Document, Namespace, Socket};
use crate::harness::{Holder, Ran, document, eventually, run, sockeye};
use crate::hidden::Role;
use crate::namespaces::enter_new;
use crate::others::PublicCopy;
use crate::stock::inode;

pub(crate) const CASES: &[Case] = &[
    ("all_namespaces::five_of_five_kinds_are_found_each_with_its_listener", five_kinds),
    ("all_namespaces::those_in_the_descriptor_table_of_a_thread_are_found", || hidden("thread-namespaces")),
    ("all_namespaces::those_of_a_process_without_its_first_thread_are_found", || hidden("zombie-namespaces")),
    ("all_namespaces::one_that_is_mounted_for_a_thread_alone_is_found", mounted_for_a_thread),
    ("all_namespaces::descriptors_in_flight_may_keep_another", in_flight),
    ("all_namespaces::the_table_names_them_first", table_names_them),
    ("all_namespaces::what_is_in_no_table_stands_in_its_own_namespace", in_no_table),
    ("all_namespaces::one_is_picked_by_name_inode_or_process", picked),
    ("all_namespaces::an_ip_netns_name_is_its_name", ip_netns_name),
    ("all_namespaces::each_has_ports_of_its_own_to_hand_out", own_port_range),
    ("all_namespaces::a_stranger_reads_from_outside_what_it_may_not_enter", stranger),
    ("all_namespaces::what_cannot_be_read_at_all_is_listed_as_refused", refused),
    ("all_namespaces::there_need_be_no_way_back", no_way_back),
    ("all_namespaces::those_that_vanish_meanwhile_spoil_nothing", vanishing),
    ("all_namespaces::a_file_system_that_never_answers_is_not_waited_for", silent_file_system),
    ("all_namespaces::two_hundred_are_all_read_once_and_in_turn_when_time_is_short", two_hundred),
];

/// What is true of a namespace that a test made.
#[derive(Clone, Copy, Debug)]
struct Truth {
    netns: u64,
    port: u32,
}

/// Binds a listener in a new namespace. The calling thread stays in it.
fn listen_in_new() -> (Truth, TcpListener) {
    enter_new().unwrap();
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let netns = std::fs::metadata("/proc/thread-self/ns/net").unwrap().ino();
    (Truth { netns, port: listener.local_addr().unwrap().port().into() }, listener)
}

/// Does something on a thread that is given up for it, because it changes its namespace.
fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(work).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A namespace with a process in it, which holds its listener.
fn process() -> (Truth, Holder) {
    elsewhere(|| {
        let (truth, listener) = listen_in_new();
        (truth, Holder::start(OwnedFd::from(listener), Stdio::null()))
    })
}

/// A namespace that one thread of this process is in, until it is dropped.
struct ThreadOnly {
    truth: Truth,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ThreadOnly {
    fn new() -> Self {
        let (told, tell) = channel();
        let (end, ended) = channel::<()>();
        let thread = std::thread::spawn(move || {
            let (truth, _listener) = listen_in_new();
            told.send(truth).unwrap();
            ended.recv().expect_err("nothing is ever sent: the other side ends");
        });
        let truth = tell.recv().unwrap();
        Self { truth, end: Some(end), thread: Some(thread) }
    }
}

impl Drop for ThreadOnly {
    fn drop(&mut self) {
        drop(self.end.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// A namespace whose file is mounted, seen by one process alone, and in which nobody is. Its
/// listener is held by this process.
struct Mounted {
    truth: Truth,
    _listener: TcpListener,
    _inside: Holder,
    _dir: TempDir,
}

impl Mounted {
    /// `prepare` is run in the mount namespace, where `$FILE` is to be mounted.
    fn new(prepare: &str, file: &dyn Fn(&Path) -> String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = file(dir.path());
        let script = format!(
            "{prepare} touch \"$FILE\" && mount --bind /proc/thread-self/ns/net \"$FILE\" && exec nsenter -n/proc/$PPID/ns/net cat"
        );
        let at = path.clone();
        let (truth, listener, mounted) = elsewhere(move || {
            let (truth, listener) = listen_in_new();
            let mut command = Command::new("unshare");
            command.args(["-m", "--propagation", "private", "sh", "-c", &script]).env("FILE", at);
            (truth, listener, Holder::spawn(&mut command))
        });
        let moved =
            |holder: &Holder| std::fs::metadata(format!("/proc/{}/ns/net", holder.pid())).unwrap().ino();
        eventually(|| if moved(&mounted) == truth.netns { Err("not yet".to_owned()) } else { Ok(()) });
        Self { truth, _listener: listener, _inside: mounted, _dir: dir }
    }
}

fn mounted() -> Mounted {
    Mounted::new("", &|dir| dir.join("a b").to_str().unwrap().to_owned())
}

fn namespace<'a>(told: &'a Document, truth: &Truth) -> Option<&'a Namespace> {
    told.coverage.namespaces.list.iter().find(|known| known.netns == truth.netns)
}

fn listener<'a>(told: &'a Document, truth: &Truth) -> Option<&'a Socket> {
    told.sockets.iter().find(|socket| socket.netns == truth.netns && socket.local_port == Some(truth.port))
}

fn owners(socket: &Socket) -> Vec<u32> {
    socket.owners.iter().flatten().map(|owner| owner.pid).collect()
}

fn five_kinds() {
    let me = std::process::id();
    let (process, holder) = process();
    let thread = ThreadOnly::new();
    let mount = mounted();
    let (descriptor, _file, _held) = elsewhere(|| {
        let (truth, listener) = listen_in_new();
        (truth, File::open("/proc/thread-self/ns/net").unwrap(), listener)
    });
    let (socket, _alone) = elsewhere(listen_in_new);
    for args in [&["--json", "--all-netns"][..], &["--json", "--all-netns", "-tl", "--source", "netlink"]] {
        let told = document(args);
        for (truth, found, owner) in [
            (process, "process", holder.pid()),
            (thread.truth, "thread", me),
            (mount.truth, "mount", me),
            (descriptor, "descriptor", me),
            (socket, "socket", me),
        ] {
            let known = namespace(&told, &truth).unwrap_or_else(|| panic!("{found} is not found"));
            assert_eq!((&*known.found, &*known.status, &known.reason), (found, "ok", &None));
            let row = listener(&told, &truth).unwrap_or_else(|| panic!("{found} has no listener"));
            assert!(owners(row).contains(&owner), "{found}: {row:#?}");
            assert_eq!((&*row.state, row.netns_name.as_ref()), ("listen", known.name.as_ref()), "{found}");
            assert!(known.name.is_some(), "{known:?}");
            let slices = told.coverage.tables.iter().filter(|slice| slice.netns == truth.netns);
            assert!(slices.count() > 0, "{found}: it has a coverage");
        }
        let own = told.coverage.namespaces.list.first().unwrap();
        assert_eq!((&*own.found, &*own.status), ("own", "ok"));
        assert!(told.coverage.namespaces.seen >= 6);
    }
    let alone = document(&["--json", "-tl"]);
    assert!(listener(&alone, &process).is_none(), "without the option there is the own namespace alone");
}

/// Held in a descriptor table that `/proc/PID/fd` does not show, by its file or by a listener alone.
fn hidden(role: &str) {
    let (hider, [of_file, of_listener, port]) = Role::start(role, Stdio::inherit());
    let links = std::fs::read_dir(format!("/proc/{}/fd", hider.pid())).unwrap();
    let links: Vec<_> = links.map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap()).collect();
    let shown = |number: u64| links.iter().any(|link| link.to_str() == Some(&format!("net:[{number}]")));
    assert!(!shown(of_file), "the oracle itself: it is out of sight");
    let told = document(&["--json", "--all-netns"]);
    let port = u32::try_from(port).unwrap();
    for (netns, found) in [(of_file, "descriptor"), (of_listener, "socket")] {
        let truth = Truth { netns, port };
        let known = namespace(&told, &truth).unwrap_or_else(|| panic!("{found} is not found"));
        assert_eq!((&*known.found, &*known.status, &known.reason), (found, "ok", &None));
        assert!(known.name.as_ref().unwrap().ends_with(&format!(" {}", hider.pid())), "{known:?}");
    }
    let row = listener(&told, &Truth { netns: of_listener, port }).expect("its listener is told");
    assert_eq!((&*row.state, owners(row)), ("listen", vec![hider.pid()]));
}

/// A descriptor that nobody received yet may be all that is left of a namespace.
fn in_flight() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let inode = inode(&listener);
    let _way = crate::in_flight::hide(listener.into()).unwrap();
    let gap = |args: &[&str]| {
        let told = document(args);
        assert!(told.by_inode(inode).unwrap().owners.is_none(), "the oracle itself: nobody holds it");
        told.coverage.namespaces.reason
    };
    let told = gap(&["--json", "-tl", "--all-netns", "--owners", "proc"]).expect("a gap is told");
    assert!(told.contains("on their way") || told.contains("may not be looked into"), "{told}");
    assert_eq!(gap(&["--json", "-tl", "--owners", "proc"]), None, "nobody asked for other namespaces");
}

fn mounted_for_a_thread() {
    let (hider, [netns, ..]) = Role::start("thread-mounts", Stdio::inherit());
    let mounts = std::fs::read_to_string(format!("/proc/{}/mountinfo", hider.pid())).unwrap();
    assert!(!mounts.contains(&format!("net:[{netns}]")), "the oracle itself: it is out of sight");
    let told = document(&["--json", "--all-netns"]);
    let known = namespace(&told, &Truth { netns, port: 0 }).expect("it is found");
    assert_eq!((&*known.found, &*known.status, &known.reason), ("mount", "ok", &None));
}

fn table_names_them() {
    let (truth, holder) = process();
    let _here = TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = run(&mut sockeye(&["--all-netns", "-tln"]));
    assert_eq!(ran.code(), 0, "{ran:?}");
    assert!(ran.stdout().starts_with("Netns "), "{ran:?}");
    let line = ran.stdout().lines().find(|line| line.contains(&format!(":{} ", truth.port))).unwrap();
    assert!(line.starts_with(&format!("cat {} ", holder.pid())), "{line}");
    let one = run(&mut sockeye(&["-N", &truth.netns.to_string(), "-tln"])).ok();
    assert!(one.starts_with("State "), "one namespace needs no column: {one}");
}

/// Whether a socket is listed depends on where it belongs, not on who holds it: this process is
/// outside, the other one inside.
fn in_no_table() {
    let unbound =
        || socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    let ((truth, _listener, held_outside), inside, inode_inside) = elsewhere(move || {
        let (truth, listener) = listen_in_new();
        let held_inside = unbound();
        let inode = inode(&held_inside);
        ((truth, listener, unbound()), Holder::start(held_inside, Stdio::null()), inode)
    });
    let told = document(&["--json", "--all-netns"]);
    for (inode, holder) in [(inode(&held_outside), std::process::id()), (inode_inside, inside.pid())] {
        let row = told.by_inode(inode).unwrap_or_else(|| panic!("{holder} holds {inode}, which is missing"));
        assert_eq!((row.netns, &*row.protocol), (truth.netns, "other"), "{row:#?}");
        assert_eq!((row.protocol_name.as_deref(), owners(row)), (Some("TCP"), vec![holder]));
    }
    let residual = told.coverage.tables.iter().filter(|table| table.protocol == "other");
    let residual: Vec<_> = residual.map(|table| (table.netns, table.status.as_str())).collect();
    assert_eq!(residual.len() as u64, told.coverage.namespaces.seen, "one of each namespace: {residual:?}");
    let own = document(&["--json"]);
    let missing = |inode| own.by_inode(inode).is_none();
    assert!(missing(inode(&held_outside)) && missing(inode_inside), "they belong to another namespace");
}

fn picked() {
    let (truth, holder) = process();
    let (hidden, _alone) = elsewhere(listen_in_new);
    let pid = holder.pid();
    for pick in [pid.to_string(), truth.netns.to_string(), format!("cat {pid}")] {
        let told = document(&["--json", "-tl", "-N", &pick]);
        let ports: Vec<_> = told.sockets.iter().map(|socket| socket.local_port).collect();
        assert_eq!(ports, [Some(truth.port)], "{pick}");
        assert_eq!(told.coverage.namespaces.list.len(), 1);
        assert_eq!(owners(&told.sockets[0]), [pid]);
    }
    let told = document(&["--json", "-tl", "--net", &hidden.netns.to_string()]);
    assert_eq!((told.sockets.len(), told.sockets[0].local_port), (1, Some(hidden.port)));
    let ran = run(&mut sockeye(&["-tl", "-N", "no such\x1b"]));
    assert_eq!((ran.code(), ran.stdout.is_empty()), (2, true));
    assert!(ran.stderr().contains(r"no network namespace no such\x1b"), "{}", ran.stderr());
    assert!(ran.stderr().contains(&format!("cat {pid} ({})", truth.netns)), "{}", ran.stderr());
}

/// A directory of its own on `/run`, so that nothing outside sees the name.
fn ip_netns_name() {
    let prepare = "mount -t tmpfs tmpfs /run && mkdir /run/netns &&";
    let mount = Mounted::new(prepare, &|_| "/run/netns/sockeye blue".to_owned());
    let told = document(&["--json", "-tl", "--all-netns"]);
    let known = namespace(&told, &mount.truth).unwrap();
    assert_eq!((known.name.as_deref(), &*known.found), (Some("sockeye blue"), "mount"));
    let told = document(&["--json", "-tl", "-N", "sockeye blue"]);
    assert_eq!(told.sockets.first().map(|socket| socket.netns), Some(mount.truth.netns));
}

/// Whether a UDP socket is a client is told by the port range of its own namespace.
fn own_port_range() {
    let sockets = elsewhere(|| {
        enter_new().unwrap();
        // Of the task that opens it, so of this thread's namespace.
        std::fs::write("/proc/sys/net/ipv4/ip_local_port_range", "2000 2999").unwrap();
        [2500, 40_000].map(|port| UdpSocket::bind(("0.0.0.0", port)).unwrap())
    });
    let told = document(&["--json", "-ua", "--all-netns"]);
    let role = |socket: &UdpSocket| told.by_inode(inode(socket)).unwrap().role.clone();
    assert_eq!(sockets.each_ref().map(role), ["client", "listener"]);
}

fn read(ran: &Ran) -> Document {
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    Document::read(&ran.stdout)
}

fn stranger() {
    let (truth, holder) = process();
    let copy = PublicCopy::new();
    let ran = run(&mut copy.by_nobody(&["--json", "-tl", "--all-netns"]));
    let told = read(&ran);
    let row = told.sockets.iter().find(|socket| socket.local_port == Some(truth.port)).unwrap();
    // Its nsfs file may not be read, so another number stands for it.
    let known = told.coverage.namespaces.list.iter().find(|known| known.netns == row.netns).unwrap();
    assert_eq!((&*known.found, &*known.status), ("process", "fallback"), "{known:?}");
    assert!(known.reason.as_ref().unwrap().contains("CAP_SYS_ADMIN"), "{known:?}");
    assert_eq!(known.name.as_deref(), Some(&*format!("cat {}", holder.pid())));
    assert_eq!((row.cookie.as_ref(), &*row.state, &*row.owner_status), (None, "listen", "denied"));
    let table = told.coverage.tables.iter().find(|table| table.netns == row.netns && table.protocol == "tcp");
    assert_eq!(table.unwrap().kernel_count, Some(1), "it is held against the kernel's count: {table:?}");
    let own = &told.coverage.namespaces.list[0];
    assert_eq!((&*own.found, &*own.status), ("own", "ok"));
    assert!(told.sockets.iter().all(|socket| socket.netns != truth.netns), "nothing is there twice");
    assert!(told.coverage.namespaces.reason.is_some() && !told.coverage.complete);
    let told_so = ran.stderr().lines().filter(|line| line.contains("read from /proc")).count();
    assert_eq!(told_so, 1, "{}", ran.stderr());
    let picked = copy.by_nobody(&["--json", "-tl", "-N", &holder.pid().to_string()]);
    let ports: Vec<_> = read(&run(&mut { picked })).sockets.iter().map(|socket| socket.local_port).collect();
    assert_eq!(ports, [Some(truth.port)]);
}

/// Run by nobody where a namespace is mounted in which there is no process.
fn refused() {
    let copy = PublicCopy::new();
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let script = "touch \"$FILE\" && unshare --net=\"$FILE\" true && exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" \"$@\"";
    let here = |args: &[&str]| {
        let inner = copy.by_nobody(args);
        let mut command = Command::new("unshare");
        command
            .args(["-m", "--propagation", "private", "sh", "-c", script])
            .arg(inner.get_program())
            .args(args);
        command
            .env("FILE", dir.path().join("closed"))
            .env("SOCKEYE_CONFIG", "")
            .current_dir("/")
            .stdin(Stdio::null());
        run(&mut command)
    };
    let ran = here(&["--json", "-tl", "--all-netns"]);
    let told = read(&ran);
    let closed = |known: &&Namespace| known.name.as_ref().is_some_and(|name| name.ends_with("/closed"));
    let known = told.coverage.namespaces.list.iter().find(closed).unwrap();
    assert_eq!((&*known.found, &*known.status), ("mount", "denied"), "{known:?}");
    assert_eq!(known.reason.as_deref(), Some("entering it needs CAP_SYS_ADMIN"));
    assert!(told.coverage.namespaces.refused >= 1);
    assert!(told.sockets.iter().all(|socket| socket.netns != known.netns));
    assert!(ran.stderr().contains("network namespace could not be read"), "{}", ran.stderr());
    let ran = here(&["-tl", "-N", known.name.as_ref().unwrap()]);
    assert_eq!((ran.code(), ran.stdout.is_empty()), (2, true), "{ran:?}");
    assert!(ran.stderr().contains("cannot be read: entering it needs CAP_SYS_ADMIN"), "{}", ran.stderr());
}

/// Root of a user namespace may enter the network namespaces made in it, but not come back to the
/// one outside. `yes` ends when nobody reads it.
fn no_way_back() {
    let copy = PublicCopy::new();
    let inner = copy.by_nobody(&[]);
    let program = inner.get_program().to_str().unwrap().to_owned();
    let script = "unshare -n yes | { read -r _; exec \"$0\" --json -tl --all-netns; }";
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Ur", "sh", "-c", script]);
    let ran = run(command.arg(&program).current_dir("/").stdin(Stdio::null()));
    let told = read(&ran);
    let list = &told.coverage.namespaces.list;
    let yes = |known: &&Namespace| known.name.as_ref().is_some_and(|name| name.starts_with("yes "));
    let known = list.iter().find(yes).unwrap_or_else(|| panic!("{list:?}"));
    assert_eq!((&*known.found, &*known.status, &known.reason), ("process", "ok", &None));
    assert_eq!((&*list[0].found, &*list[0].status), ("own", "ok"));
}

fn vanishing() {
    let here = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = u32::from(here.local_addr().unwrap().port());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    drop(elsewhere(|| listen_in_new().1));
                }
            });
        }
        let judge = || {
            for _ in 0..30 {
                let told = document(&["--json", "-tl", "--all-netns"]);
                let row = told.sockets.iter().find(|socket| socket.local_port == Some(port)).unwrap();
                assert!(owners(row).contains(&std::process::id()), "{row:?}");
                for known in &told.coverage.namespaces.list {
                    let says = (&*known.status, known.reason.as_deref());
                    let gap = ("failed", Some("it vanished while it was being read"));
                    assert!(says == ("ok", None) || says == gap, "{known:?}");
                }
            }
        };
        // The others must be stopped, whatever came out.
        let judged = std::panic::catch_unwind(judge);
        stop.store(true, Ordering::Relaxed);
        judged.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// A FUSE file system whose server never answers, and a descriptor whose path looks like that of a
/// mounted namespace. Both are gone when the holder is.
fn silent_file_system() {
    const MOUNT: &str = "exec 3<>/dev/fuse && mkdir \"$0\" && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none \"$0\" && exec cat";
    if !Path::new("/dev/fuse").exists() {
        return; // this kernel has no such file systems
    }
    let dir = tempfile::tempdir().unwrap();
    let point = dir.path().join("netns");
    let mut command = Command::new("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", MOUNT]).arg(&point);
    let holder = Holder::spawn(&mut command);
    let inside =
        Path::new("/proc").join(holder.pid().to_string()).join("root").join(point.strip_prefix("/").unwrap());
    let mounts = format!("/proc/{}/mountinfo", holder.pid());
    eventually(|| {
        let text = std::fs::read_to_string(&mounts).unwrap();
        if text.contains(" - fuse ") { Ok(()) } else { Err(text) }
    });
    let look = OFlags::PATH | OFlags::CLOEXEC;
    let held = rustix::fs::open(&inside, look, Mode::empty()).unwrap();
    let link = std::fs::read_link(format!("/proc/self/fd/{}", held.as_raw_fd())).unwrap();
    assert!(link.to_str().unwrap().contains("netns"), "the descriptor must be looked at");
    let (truth, _alone) = elsewhere(listen_in_new);
    let told = document(&["--json", "-tl", "--all-netns"]);
    assert_eq!(namespace(&told, &truth).map(|known| &*known.found), Some("socket"));
}

fn two_hundred() {
    let all: Vec<ThreadOnly> = (0..200).map(|_| ThreadOnly::new()).collect();
    let told = document(&["--json", "-tl", "--all-netns"]);
    for made in &all {
        assert_eq!(namespace(&told, &made.truth).map(|known| &*known.status), Some("ok"));
        assert!(listener(&told, &made.truth).is_some());
    }
    // With no time at all, the own one and one more are read each time.
    let source = Namespaces::netlink(Ask::NOTHING, true).within(Duration::ZERO);
    let tables = vec![(Family::Inet, Protocol::Tcp)];
    let mut sampler = Sampler::new(Box::new(source), tables, OwnerAsk::NOTHING);
    let mut table = Table::new(Duration::ZERO);
    let made: BTreeSet<u64> = all.iter().map(|made| made.truth.netns).collect();
    let mut read = BTreeSet::new();
    for _ in 0..40 {
        let (next, changes) = table.apply(sampler.take().unwrap());
        table = next;
        let coverage = &table.moment().unwrap().coverage;
        let whole: Vec<u64> = coverage
            .slices
            .iter()
            .filter(|slice| slice.status.proves_absence())
            .map(|slice| slice.slice.netns.0)
            .collect();
        assert_eq!(whole.len(), 2, "{whole:?}");
        read.extend(whole.into_iter().filter(|netns| made.contains(netns)));
        let skipped = coverage.gaps().filter(|slice| slice.status.reason().unwrap().contains("used up"));
        assert!(skipped.count() >= made.len() - 1);
        let of_made = |key: &SocketKey| made.contains(&key.netns.0);
        let mut closed = changes.iter().filter(|change| change.kind == ChangeKind::Closed);
        assert!(!closed.any(|change| of_made(&change.socket.key)), "{changes:?}");
        let rows = table.open().filter(|row| of_made(&row.socket.key)).count();
        assert_eq!(rows, read.len(), "what was read once stays");
    }
    // Others of this machine have their turns too, at most every second one.
    assert!(read.len() >= 15, "{}", read.len());
}
