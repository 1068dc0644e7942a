//! Network namespaces made for one test: nothing in them but what the test opens, so that what is
//! said about them can be exact.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};
use rustix::thread::UnshareFlags;

use crate::Case;
use crate::document::{Alert, Document};
use crate::harness::{Ran, run, sockeye};
use crate::others::PublicCopy;
use crate::stock::{Held, compare, udp_server, write_file};

pub(crate) const CASES: &[Case] = &[
    ("namespaces::an_own_namespace_shows_only_its_sockets", only_its_sockets),
    ("namespaces::check_is_clean_then_found_then_clean_again", clean_found_clean),
    ("namespaces::check_without_the_right_to_look_is_exit_code_3", not_enough_seen),
    ("namespaces::ports_run_out_where_the_kernel_hands_out_no_more", ports_run_out),
];

/// Runs the test in a network namespace of its own, whose loopback is up. A namespace belongs to
/// a thread and to what that thread starts, so a thread is given up for it.
pub(crate) fn in_namespace(test: impl FnOnce() + Send + 'static) {
    let inside = std::thread::spawn(move || {
        enter_new().unwrap();
        raise_loopback();
        test();
    });
    if let Err(panic) = inside.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Moves the calling thread into a network namespace of its own.
pub(crate) fn enter_new() -> rustix::io::Result<()> {
    #[expect(deprecated, reason = "only UnshareFlags::FILES makes it unsafe")]
    rustix::thread::unshare(UnshareFlags::NEWNET)
}

/// False in a container whose root may not make namespaces.
pub(crate) fn can_be_made() -> bool {
    std::thread::spawn(|| enter_new().is_ok()).join().unwrap()
}

/// `ip link set lo up`, as the message that it sends (rtnetlink(7)).
pub(crate) fn raise_loopback() {
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACK: u16 = 1 | 4;
    const IFF_UP: u32 = 1;
    let mut message = Vec::new();
    message.extend(32u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACK.to_ne_bytes());
    message.extend([0; 8]); // sequence, port
    message.extend([0; 4]); // family, padding, type
    for number in [1, IFF_UP, IFF_UP] {
        message.extend(u32::to_ne_bytes(number)); // index of lo, flags, which flags
    }
    let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None).unwrap(); // NETLINK_ROUTE is 0
    sendto(&fd, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).unwrap();
    let mut answer = [0; 64];
    recv(&fd, &mut answer, RecvFlags::empty()).unwrap();
    assert_eq!(answer[16..20], [0; 4], "the kernel refused to raise lo");
}

fn listens(held: OwnedFd) -> Held {
    Held::new("listener", held, |truth| {
        (truth.state, truth.role) = ("listen".to_owned(), "listener".to_owned());
        truth.send_q = Some(128);
    })
}

/// Whether they run out is measured by the range of the namespace, and the kernel agrees.
fn ports_run_out() {
    in_namespace(|| {
        // Of the task that opens it, so of this thread's namespace.
        std::fs::write("/proc/sys/net/ipv4/ip_local_port_range", "40000 40019").unwrap();
        let listener = TcpListener::bind("127.0.0.1:9000").unwrap();
        let service = listener.local_addr().unwrap();
        let mut calls: Vec<_> = (0..15).map(|_| TcpStream::connect(service).unwrap()).collect();
        let mut told = |more: usize| {
            calls.extend((0..more).map(|_| TcpStream::connect(service).unwrap()));
            run(&mut sockeye(&["who", &calls[0].local_addr().unwrap().to_string()])).ok()
        };
        let text = told(0);
        assert!(!text.contains("run out"), "{text}");
        let text = told(1);
        assert!(text.contains("ports towards 127.0.0.1:9000 run out: 16 of 20 (80%) are taken"), "{text}");
        let text = told(4);
        assert!(text.contains("\n  alarm: 127.0.0.1:") && text.contains(": 20 of 20 (100%)"), "{text}");
        let refused = TcpStream::connect(service).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::AddrNotAvailable, "{refused}");
    });
}

fn only_its_sockets() {
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    in_namespace(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = listener.accept().unwrap().0;
        let all = [
            listens(listener.into()),
            Held::new("client", client, |_| {}),
            Held::new("server", server, |_| {}),
            Held::new("UDP", udp_server("127.0.0.1"), |truth| {
                (truth.state, truth.role) = ("unconnected".to_owned(), "listener".to_owned());
            }),
        ];
        for source in ["netlink", "procfs"] {
            let ran = run(&mut sockeye(&["--json", "-tua", "--source", source]));
            assert_eq!(ran.code(), 0, "{}", ran.stderr());
            let told = Document::read(&ran.stdout);
            assert_eq!(told.sockets.len(), all.len(), "{:#?}", told.sockets);
            for held in &all {
                let found = told.by_inode(held.inode()).unwrap();
                let truth = if source == "procfs" {
                    crate::stock::as_procfs(&held.truth)
                } else {
                    held.truth.clone()
                };
                compare(held.what, &told, found, &truth);
            }
            let rows: u64 = told.coverage.tables.iter().map(|read| read.rows).sum();
            assert_eq!(rows, all.len() as u64);
        }
    });
    drop(outside);
}

fn with_policy(command: &[&str], policy: &std::path::Path) -> Ran {
    run(&mut sockeye(&[command, &["--policy", policy.to_str().unwrap()]].concat()))
}

fn clean_found_clean() {
    in_namespace(|| {
        let dir = tempfile::tempdir().unwrap();
        let policy = dir.path().join("policy.toml");
        let _learnt = TcpListener::bind("0.0.0.0:0").unwrap();
        let learn = with_policy(&["policy", "learn"], &policy);
        assert!(learn.stdout().contains("1 entry added; 0 listeners were covered before"), "{learn:?}");
        let clean = || {
            let ran = with_policy(&["check"], &policy);
            assert_eq!(ran.code(), 0, "{ran:?}");
            assert!(ran.stdout().starts_with("0 unexpected, 1 as expected."), "{ran:?}");
        };
        clean();
        let new = TcpListener::bind("127.0.0.1:0").unwrap();
        let ran = with_policy(&["check", "--json"], &policy);
        assert_eq!((ran.code(), ran.stdout().lines().count()), (1, 2), "{ran:?}");
        let alert: Alert = serde_json::from_str(ran.stdout().lines().next().unwrap()).unwrap();
        let port = new.local_addr().as_ref().map(SocketAddr::port).ok().map(u32::from);
        assert_eq!((alert.socket.local_port, alert.pid), (port, Some(std::process::id())));
        drop(new);
        clean();
    });
}

fn not_enough_seen() {
    in_namespace(|| {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let exe = std::fs::read_link("/proc/self/exe").unwrap();
        let exe = exe.to_str().unwrap();
        let policy =
            std::path::Path::new("/tmp").join(dir.path().file_name().unwrap()).with_extension("toml");
        let entry = format!(
            "version = 1\n[[expect]]\nprotocol = \"tcp\"\nport = {port}\nscope = \"loopback\"\nexe = {exe:?}\n"
        );
        write_file(&policy, entry);
        assert_eq!(with_policy(&["check"], &policy).code(), 0, "root can see that it is so");
        let args = ["check", "--policy", policy.to_str().unwrap()];
        let ran = run(&mut PublicCopy::new().by_nobody(&args));
        std::fs::remove_file(&policy).unwrap();
        assert_eq!(ran.code(), 3, "{ran:?}");
        let says = format!("cannot see whether its exe is the expected {exe}");
        assert!(ran.stdout().contains(&says), "{}", ran.stdout());
        assert!(ran.stdout().contains("0 unexpected, 1 not verifiable, 0 as expected."), "{}", ran.stdout());
        assert!(ran.stderr().contains("run as root to see them"), "{}", ran.stderr());
    });
}
