//! Sockets that the kernel opens for itself, and sockets that are hidden in the same places: the first are
//! told with what proves it, the others are never taken for them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::mpsc::channel;

use rustix::net::addr::SocketAddrArg;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with, sockopt};
use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, Family, NoOwner, Owners, Protocol, Sample, Socket as Row};
use sockeye::owner::Facts;
use sockeye::source::netlink::Netlink;

use crate::Case;
use crate::document::{Document, Socket};
use crate::harness::document;
use crate::in_flight;
use crate::links;
use crate::namespaces::{enter_new, in_namespace};
use crate::stock::inode;

pub(crate) const CASES: &[Case] = &[
    ("kernel_uses::the_port_of_a_tunnel_is_the_kernels_and_its_device_is_named", tunnel),
    ("kernel_uses::what_hides_where_a_tunnel_might_be_is_not_taken_for_it", hiders),
    ("kernel_uses::without_the_right_to_see_processes_a_tunnel_is_told_all_the_same", by_nobody),
    ("kernel_uses::a_tunnel_in_another_namespace_is_told", elsewhere),
    ("kernel_uses::a_tunnel_that_was_moved_here_has_no_socket_here", moved),
    ("kernel_uses::a_tunnel_that_comes_and_goes_is_told_at_once", comes_and_goes),
];

const PORT: u16 = 4789;
/// `IFLA_VXLAN_ID`, `IFLA_VXLAN_PORT`.
const DATA: &[links::Attribute<'static>] = &[(1, &[1, 0, 0, 0]), (15, &PORT.to_be_bytes())];
/// A name may hold anything but a slash, a colon and white space.
const NAME: &str = "vx\x1b0";
const TOLD: &str = r"VXLAN device vx\x1b0";

/// False for a kernel without VXLAN.
pub(crate) fn has_vxlan() -> bool {
    let made = || enter_new().is_ok() && links::add("vx0", "vxlan", false, DATA).is_ok();
    std::thread::spawn(made).join().unwrap()
}

fn bound(family: AddressFamily, address: &impl SocketAddrArg) -> OwnedFd {
    let socket = socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
    if family == AddressFamily::INET6 {
        sockopt::set_ipv6_v6only(&socket, true).unwrap();
    }
    bind(&socket, address).unwrap();
    socket
}

fn any_v4(port: u16) -> OwnedFd {
    bound(AddressFamily::INET, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))
}

fn any_v6(port: u16) -> OwnedFd {
    bound(AddressFamily::INET6, &SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0))
}

/// A socket on its way to nobody.
struct Hidden {
    inode: u64,
    _ends: (OwnedFd, OwnedFd),
}

fn hide(socket: OwnedFd) -> Hidden {
    let inode = inode(&socket);
    Hidden { inode, _ends: in_flight::hide(socket).unwrap() }
}

fn by_inode(told: &Document, inode: u64) -> &Socket {
    told.only(|socket| socket.inode == Some(inode)).expect("it is listed")
}

fn is_kernels(socket: &Socket) {
    assert_eq!(
        (socket.owner_status.as_str(), socket.kernel_use.as_deref()),
        ("kernel", Some(TOLD)),
        "{socket:?}"
    );
    assert_eq!((socket.owner_count, &socket.owners), (None, &None));
}

fn is_not(socket: &Socket) {
    assert!(socket.owner_status != "kernel" && socket.kernel_use.is_none(), "{socket:?}");
}

/// Every way to read sockets and to find owners, as root.
const WAYS: [&[&str]; 2] =
    [&["--json", "-ua", "--owners", "proc"], &["--json", "-ua", "--owners", "proc", "--source", "procfs"]];

fn tunnel() {
    in_namespace(|| {
        links::add(NAME, "vxlan", true, DATA).unwrap();
        let held = any_v6(PORT);
        for way in WAYS {
            let told = document(way);
            let port = told.only(|socket| socket.local_port == Some(PORT.into()) && socket.family == "inet");
            is_kernels(port.expect("it is listed"));
            let held = by_inode(&told, inode(&held));
            assert_eq!((held.owner_status.as_str(), &held.kernel_use), ("known", &None), "{held:?}");
            let reasons: Vec<_> =
                told.coverage.owners.unresolved.iter().map(|one| (one.status.as_str(), one.count)).collect();
            assert_eq!(reasons, [("kernel", 1)], "{way:?}");
        }
        // The port is free again, and whoever takes it is no tunnel.
        links::remove(NAME).unwrap();
        let user = any_v4(PORT);
        let told = document(WAYS[0]);
        assert_eq!(by_inode(&told, inode(&user)).owner_status, "known");
        let hidden = hide(user);
        for way in WAYS {
            is_not(by_inode(&document(way), hidden.inode));
        }
    });
}

fn hiders() {
    in_namespace(|| {
        let down = hide(any_v4(PORT + 1));
        links::add("vx1", "vxlan", false, &[DATA[0], (15, &(PORT + 1).to_be_bytes())]).unwrap();
        links::add(NAME, "vxlan", true, &[(1, &[2, 0, 0, 0]), DATA[1]]).unwrap();
        let hidden = [
            ("where a tunnel is that is down", down),
            ("at the port of a tunnel of the other version", hide(any_v6(PORT))),
            ("where nothing is", hide(any_v4(PORT + 2))),
        ];
        for way in WAYS {
            let told = document(way);
            for (what, hidden) in &hidden {
                let row = by_inode(&told, hidden.inode);
                assert!(row.owner_status != "kernel" && row.kernel_use.is_none(), "{what}: {row:?}");
            }
            assert_eq!(told.sockets.iter().filter(|socket| socket.kernel_use.is_some()).count(), 1);
        }
    });
}

fn by_nobody() {
    in_namespace(|| {
        links::add(NAME, "vxlan", true, DATA).unwrap();
        let held = UdpSocket::bind("0.0.0.0:0").unwrap();
        let ran = crate::harness::run(&mut crate::others::PublicCopy::new().by_nobody(WAYS[0]));
        let told = Document::read(&ran.stdout);
        is_kernels(told.only(|socket| socket.local_port == Some(PORT.into())).expect("it is listed"));
        let held = by_inode(&told, inode(&held));
        assert_eq!((held.owner_status.as_str(), &held.kernel_use), ("denied", &None), "{held:?}");
    });
}

fn elsewhere() {
    in_namespace(|| {
        let (ready, is_ready) = channel();
        let (end, ends) = channel::<()>();
        let there = std::thread::spawn(move || {
            enter_new().unwrap();
            links::add(NAME, "vxlan", true, DATA).unwrap();
            let netns = std::fs::metadata("/proc/thread-self/ns/net").unwrap();
            ready.send(std::os::unix::fs::MetadataExt::ino(&netns)).unwrap();
            assert!(ends.recv().is_err(), "it is dropped when it is looked at");
        });
        let netns = is_ready.recv().unwrap();
        // The same port here, hidden: nothing here says that it is a tunnel's.
        let hidden = hide(any_v4(PORT));
        let told = document(&["--json", "-ua", "--owners", "proc", "--all-netns"]);
        is_kernels(told.only(|socket| socket.netns == netns).expect("it is listed"));
        is_not(by_inode(&told, hidden.inode));
        drop(end);
        there.join().unwrap();
    });
}

fn moved() {
    in_namespace(|| {
        let here = std::fs::File::open("/proc/thread-self/ns/net").unwrap();
        let (end, ends) = channel::<()>();
        let (ready, is_ready) = channel();
        let there = std::thread::spawn(move || {
            enter_new().unwrap();
            links::add(NAME, "vxlan", false, DATA).unwrap();
            links::move_to(NAME, &here).unwrap();
            ready.send(()).unwrap();
            assert!(ends.recv().is_err(), "it is dropped when it is looked at");
        });
        is_ready.recv().unwrap();
        links::raise(NAME).unwrap();
        let hidden = hide(any_v4(PORT));
        for way in WAYS {
            is_not(by_inode(&document(way), hidden.inode));
        }
        drop(end);
        there.join().unwrap();
    });
}

fn comes_and_goes() {
    in_namespace(|| {
        let ask = OwnerAsk { choice: OwnerChoice::Proc, facts: Facts::All, live: true, by_bpf: false };
        let source = Box::new(Netlink::with_fallback(Ask::NOTHING));
        let mut sampler = Sampler::new(source, vec![(Family::Inet, Protocol::Udp)], ask);
        let mut sample = || sampler.take().unwrap();
        let at = |sample: &Sample, port: u16| -> Option<Row> {
            let is_there = |row: &&Row| row.ends.local().is_some_and(|local| local.port == port);
            sample.sockets.iter().find(is_there).cloned()
        };
        let _hidden = hide(any_v4(PORT + 1));
        assert!(sample().names.kernel_uses.is_empty());
        links::add(NAME, "vxlan", true, DATA).unwrap();
        for _ in 0..2 {
            let told = sample();
            let row = at(&told, PORT).unwrap();
            assert_eq!(row.owners, Owners::Unknown(NoOwner::Kernel));
            assert_eq!(told.names.kernel_uses[&row.key].as_bytes(), b"VXLAN device vx\x1b0");
            assert_ne!(at(&told, PORT + 1).unwrap().owners, row.owners);
        }
        links::remove(NAME).unwrap();
        assert_eq!(at(&sample(), PORT), None);
        let _hidden = hide(any_v4(PORT));
        let told = sample();
        assert_ne!(at(&told, PORT).unwrap().owners, Owners::Unknown(NoOwner::Kernel));
        assert!(told.names.kernel_uses.is_empty());
    });
}
