//! The small programs of these tests: this test binary again, told by its environment what to be. Each
//! hides a listener, prints where it is, and ends with its stdin. They assert nothing about sockeye.

use std::any::Any;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, ExitCode, Stdio, exit};

use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_bind, mount_change, unmount};
use rustix::net::{AddressFamily, SocketType};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::UnshareFlags;
use sockeye::model::{Fd, Pid};
use sockeye::sys::procdir::ProcDir;

use crate::harness::{Holder, eventually};
use crate::namespaces::enter_new;
use crate::stock::inode;

/// Names the role.
pub(crate) const ROLE: &str = "SOCKEYE_TEST_ROLE";

/// This binary in a role.
pub(crate) fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role);
    command
}

/// Plays the role that the environment asks for, if any.
pub(crate) fn play() -> Option<ExitCode> {
    let role = std::env::vars().find(|(name, _)| name == ROLE)?.1;
    match role.as_str() {
        "service" => service(),
        "thread" => thread_apart(listen),
        "zombie" => zombie_leader(listen),
        "thread-unlisted" => thread_apart(unlisted),
        "zombie-unlisted" => zombie_leader(unlisted),
        "thread-namespaces" => thread_apart(hide_namespaces),
        "zombie-namespaces" => zombie_leader(hide_namespaces),
        "thread-mounts" => thread_mounts(),
        "ring" => ring(),
        "reuse" => reuse(),
        "crowd" => crowd(),
        "signal" => crate::killing::pid_in_use_again(),
        "swap" => swap(),
        other => panic!("no such role: {other}"),
    }
    Some(ExitCode::SUCCESS)
}

/// Tells where a listener is: its inode, the descriptor, the thread.
fn tell(inode: u64, fd: i32) {
    println(&format!("{inode} {fd} {}", rustix::thread::gettid().as_raw_nonzero()));
}

fn println(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn wait_for_end() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// Holds the socket that it gets as stderr until it is told to become `cat`, which does not.
fn swap() {
    let stderr = std::io::stderr();
    let socket = rustix::io::fcntl_dupfd_cloexec(&stderr, 10).unwrap();
    let nothing = File::options().write(true).open("/dev/null").unwrap();
    rustix::stdio::dup2_stderr(nothing).unwrap();
    tell(inode(&socket), socket.as_raw_fd());
    std::io::stdin().read_exact(&mut [0]).unwrap();
    let error = std::os::unix::process::CommandExt::exec(&mut Command::new("cat"));
    panic!("{error}");
}

/// Holds both ends of a thousand connections.
fn crowd() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = |_| {
        let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (one, listener.accept().unwrap().0)
    };
    let _held: Vec<_> = (0..1000).map(connect).collect();
    tell(inode(&listener), listener.as_raw_fd());
    wait_for_end();
}

/// The port of [`service`].
pub(crate) const SERVED: u16 = 5300;

/// Listens as any server does.
fn service() {
    let _held = TcpListener::bind(("127.0.0.1", SERVED)).unwrap();
    wait_for_end();
}

/// Opens a listener in this thread's table, and tells where it is.
fn listen() -> Box<dyn Any> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    tell(inode(&listener), listener.as_raw_fd());
    Box::new(listener)
}

/// A socket that the kernel has no list of: a stream that is not bound.
fn unlisted() -> Box<dyn Any> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    tell(inode(&socket), socket.as_raw_fd());
    Box::new(socket)
}

/// Makes two namespaces in which nobody stays: of one this thread's table has the nsfs file, of the other a
/// listener alone. Tells both, and the port of the listener.
fn hide_namespaces() -> Box<dyn Any> {
    let home = this_namespace();
    enter_new().unwrap();
    let file = this_namespace();
    enter_new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let [of_file, of_listener] = [&file, &this_namespace()].map(number);
    rustix::thread::move_into_link_name_space(home.as_fd(), None).unwrap();
    println(&format!("{of_file} {of_listener} {}", listener.local_addr().unwrap().port()));
    Box::new((file, listener))
}

fn this_namespace() -> File {
    File::open("/proc/thread-self/ns/net").unwrap()
}

fn number(namespace: &File) -> u64 {
    namespace.metadata().unwrap().ino()
}

/// A thread hides something in a descriptor table of its own.
fn thread_apart(hide: fn() -> Box<dyn Any>) {
    std::thread::spawn(move || {
        // SAFETY: this thread uses no descriptor of the others' but stdin and stdout, which stay.
        #[expect(unsafe_code, reason = "descriptors of one thread are no descriptors of another then")]
        let apart = unsafe { libc::unshare(libc::CLONE_FILES) };
        assert_eq!(apart, 0);
        let _hidden = hide();
        wait_for_end();
    })
    .join()
    .unwrap();
}

/// The first thread ends before the one that hides something.
fn zombie_leader(hide: fn() -> Box<dyn Any>) {
    std::thread::spawn(move || {
        eventually(|| {
            let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
            if stat.contains(") Z ") { Ok(()) } else { Err(stat) }
        });
        let _hidden = hide();
        wait_for_end();
        exit(0);
    });
    // SAFETY: the thread ends here and leaves nothing that anybody waits for.
    #[expect(unsafe_code, reason = "exit(2) of the thread alone, which libc does not offer")]
    unsafe {
        libc::syscall(libc::SYS_exit, 0);
    }
}

/// A thread in a mount namespace of its own mounts a namespace there, in which nobody stays.
fn thread_mounts() {
    std::thread::spawn(|| {
        let home = this_namespace();
        enter_new().unwrap();
        let there = number(&this_namespace());
        #[expect(deprecated, reason = "only UnshareFlags::FILES makes it unsafe")]
        rustix::thread::unshare(UnshareFlags::NEWNS | UnshareFlags::FS).unwrap();
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
        let place = tempfile::NamedTempFile::new().unwrap();
        mount_bind("/proc/thread-self/ns/net", place.path()).unwrap();
        rustix::thread::move_into_link_name_space(home.as_fd(), None).unwrap();
        println(&format!("{there} 0 0"));
        wait_for_end();
        unmount(place.path(), UnmountFlags::DETACH).unwrap();
    })
    .join()
    .unwrap();
}

/// Makes a ring; the errno where that is not allowed.
pub(super) fn make_ring() -> Result<OwnedFd, Errno> {
    let mut parameters = [0_u64; 15]; // struct io_uring_params, 120 bytes
    // SAFETY: the kernel writes as many bytes as the struct has.
    #[expect(unsafe_code, reason = "io_uring_setup(2) by its number")]
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) };
    let ring = i32::try_from(ring).ok().filter(|fd| *fd >= 0);
    let ring = ring.ok_or_else(|| Errno::from_io_error(&std::io::Error::last_os_error()).unwrap())?;
    // SAFETY: the kernel just made it.
    #[expect(unsafe_code, reason = "the kernel answers a bare number")]
    Ok(unsafe { OwnedFd::from_raw_fd(ring) })
}

/// A listener that is registered with a ring, and closed.
fn ring() {
    const REGISTER_FILES: libc::c_uint = 2;
    let ring = make_ring().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let files = [listener.as_raw_fd()];
    let ring_fd = ring.as_raw_fd();
    // SAFETY: the kernel reads one number, and one is there.
    #[expect(unsafe_code, reason = "io_uring_register(2) by its number")]
    let registered =
        unsafe { libc::syscall(libc::SYS_io_uring_register, ring_fd, REGISTER_FILES, files.as_ptr(), 1) };
    assert_eq!(registered, 0);
    let inode = inode(&listener);
    drop(listener);
    tell(inode, ring_fd);
    wait_for_end();
}

/// The first process of a pid namespace gives one pid to two processes, one after the other.
fn reuse() {
    let proc = ProcDir::open().unwrap();
    let (mut text, start) = (Vec::new(), |text: &[u8]| sockeye::wire::proc_pid::stat(text).unwrap().start);
    let first = Holder::spawn(Command::new("cat").stdout(Stdio::null()));
    let pid = first.pid();
    let old = proc.process(Pid(pid)).unwrap();
    old.read("stat", &mut text).unwrap();
    let before = start(&text);
    assert!(old.fd_link(Fd(1)).is_ok());
    drop(first); // and waits for its end
    eventually(|| {
        let now = proc.process(Pid(pid)).map(drop);
        if now.is_err() { Ok(()) } else { Err("it is still there".to_owned()) }
    });
    std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
    let second = Holder::spawn(Command::new("cat").stdout(Stdio::null()));
    assert_eq!(second.pid(), pid, "the pid is in use again");
    let new = proc.process(Pid(pid)).unwrap();
    new.read("stat", &mut text).unwrap();
    assert!(start(&text) >= before);
    for step in ["stat", "status", "cmdline", "fdinfo/1"] {
        assert_eq!(old.read(step, &mut text), Err(Errno::SRCH), "{step}");
    }
    let mut seen = 0;
    assert_eq!(old.links(|_, _| seen += 1).map(|_| ()).err(), Some(Errno::SRCH));
    assert_eq!(seen, 0);
    assert_eq!(old.fd_link(Fd(1)), Err(Errno::SRCH));
    assert_eq!(old.link("exe"), Err(Errno::SRCH));
    assert_eq!(old.thread(Pid(pid)).map(drop), Err(Errno::SRCH));
    println("the old directory knows nothing of the new process");
}
