//! Filters of ss: over a namespace full of prepared sockets, sockeye selects those that ss selects.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener, UnixStream};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use sockeye::engine::{OwnerAsk, Sampler, single};
use sockeye::filter::{Filter, Seen, Vocabulary};
use sockeye::model::{Ask, Family, PortRange, Protocol, Row, SocketKey};
use sockeye::source::netlink::Netlink;
use sockeye::store::Table;

use super::stock::{bind_to_loopback, set};
use super::text::passing;
use crate::harness::{eventually, run, sockeye};
use crate::names;
use crate::raw;
use crate::stock::tcp_listener;

/// Sockets whose addresses, ports, marks and names the filters know.
struct Prepared {
    _held: Vec<OwnedFd>,
    dir: tempfile::TempDir,
}

fn connect(from: &str, to: &str) -> TcpStream {
    let (from, to): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
    let family = if from.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(&fd, &from).unwrap();
    net::connect(&fd, &to).unwrap();
    TcpStream::from(fd)
}

fn prepare() -> Prepared {
    let dir = tempfile::tempdir().unwrap();
    let mut held = Vec::new();
    for addr in ["127.0.0.1:22", "0.0.0.0:8080", "127.0.0.1:40000", "127.1.2.3:5432"] {
        held.push(tcp_listener(addr, None, 8));
    }
    held.push(tcp_listener("[::1]:2222", None, 8));
    held.push(tcp_listener("[::]:80", Some(false), 8));
    held.push(tcp_listener("[::]:81", Some(true), 8));
    let device = tcp_listener("0.0.0.0:3333", None, 8);
    bind_to_loopback(&device);
    set(&device, libc::SOL_SOCKET, libc::SO_MARK, &0x1234_u32);
    held.push(device);
    held.push(connect("127.0.0.2:5000", "127.0.0.1:22").into());
    held.push(connect("127.0.0.3:5001", "127.0.0.1:80").into()); // whose other end is mapped
    held.push(connect("[::1]:5002", "[::1]:2222").into());
    held.push(connect("[::ffff:127.0.0.4]:5003", "[::ffff:127.0.0.1]:8080").into());
    let leaving = connect("127.0.0.5:5004", "127.1.2.3:5432");
    leaving.shutdown(Shutdown::Write).unwrap();
    held.push(leaving.into());
    let marked = UdpSocket::bind("127.0.0.1:53").unwrap();
    set(&marked, libc::SOL_SOCKET, libc::SO_MARK, &0x34_u32);
    held.push(marked.into());
    let talks = UdpSocket::bind("127.0.0.1:5353").unwrap();
    talks.connect("127.0.0.1:53").unwrap();
    held.push(talks.into());
    held.push(UdpSocket::bind("[::1]:53").unwrap().into());
    held.push(UdpSocket::bind("[::]:5355").unwrap().into());
    let device = UdpSocket::bind("0.0.0.0:67").unwrap();
    bind_to_loopback(&device);
    held.push(device.into());
    unix(&mut held, dir.path());
    held.push(
        raw::bound(16, 3, 0, &raw::Bytes::new(16, &[&[0; 2], &4242u32.to_ne_bytes(), &[0; 4]])).unwrap(),
    );
    Prepared { _held: held, dir }
}

fn unix(held: &mut Vec<OwnedFd>, dir: &std::path::Path) {
    let path = dir.join("listener.sock");
    let listener = UnixListener::bind(&path).unwrap();
    held.push(UnixStream::connect(&path).unwrap().into());
    held.push(listener.into());
    let name = UnixAddr::from_abstract_name("sockeye/Filter").unwrap();
    held.push(UnixListener::bind_addr(&name).unwrap().into());
    let datagram =
        net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(datagram.as_fd(), &SocketAddrUnix::new_unnamed()).unwrap(); // by the kernel
    held.push(datagram);
}

/// Filters on internet sockets: of these everything is compared, and all their combinations below.
const INET: &[&str] = &[
    "sport = :22",
    "sport = 22",
    "sport == :22",
    "sport eq :22",
    "sport :22",
    "sport = :ssh",
    "sport = ssh",
    "sport != :22",
    "sport ne :22",
    "sport neq ssh",
    "sport > :5000",
    "sport gt 5000",
    "sport >= :5000",
    "sport ge :5000",
    "sport geq 5000",
    "sport < :81",
    "sport lt 81",
    "sport <= :81",
    "sport le :81",
    "sport leq 81",
    "sport = :domain",
    "dport = :22",
    "dport = ssh",
    "dport :8080",
    "dport != :22",
    "dport > :5000",
    "dport <= :80",
    "dport lt 80",
    "dport ge 0",
    "dst 127.0.0.1",
    "dst = 127.0.0.1",
    "dst 127.0.0.1:22",
    "dst 127.0.0.1:ssh",
    "dst 127.0.0.0/8",
    "dst 127.0.0.0/30",
    "dst 127.0.0.2/31",
    "dst 10.0.0.0/8",
    "dst [::1]",
    "dst [::1]:2222",
    "dst [::ffff:127.0.0.1]",
    "dst [::ffff:127.0.0.1]:8080",
    "dst [::/0]",
    "dst [::1/128]:2222",
    "dst *:22",
    "dst :22",
    "dst 0.0.0.0",
    "src 127.0.0.1",
    "src 127.0.0.1:22",
    "src 127.0.0.0/8",
    "src 127.1.0.0/16",
    "src 0.0.0.0",
    "src [::]",
    "src [::1]",
    "src [::1]:2222",
    "src ::1/128",
    "src *:8080",
    "src :80",
    "src [::ffff:127.0.0.1]:80",
    "src inet:127.0.0.1",
    "src inet6:[::1]",
    "src inet:*:22",
    "dst inet6:*",
    "dev lo",
    "dev = lo",
    "dev != lo",
    "dev 1",
    "fwmark = 0x1234",
    "fwmark 4660",
    "fwmark = 0x34/0xff",
    "fwmark != 0x34/0xff",
    "fwmark = 0",
    "fwmark 0/0xff00",
    "cgroup = CGROUP",
    "cgroup CGROUP",
    "cgroup != CGROUP",
    "not dst 127.0.0.1",
    "! ( sport = :22 or dport = :22 )",
];

/// Where ss and sockeye differ on purpose once such a condition is joined with others: to ss a family
/// counts for the whole filter, not for its condition. An address of no bits, or one that is all zeroes, it
/// compares with the first bytes of any address, of whatever family.
const ON_PURPOSE: &[&str] = &["inet", "/0", "0.0.0.0", "[::]"];

/// In front of a filter.
const STATES: &[&str] = &[
    "state established",
    "state listening",
    "state unconnected",
    "state close",
    "state closed",
    "state close-wait",
    "state fin-wait-2",
    "state all",
    "state connected",
    "state synchronized",
    "state bucket",
    "state big",
    "state ESTABLISHED",
    "state established state listening",
    "state connected exclude close-wait",
    "exclude listening",
    "exclude established exclude listening",
    "exclude big",
    "excl unconnected",
];

/// Filters on everything.
const ALL: &[&str] = &[
    "src unix:*",
    "src unix:DIR/*",
    "src unix:DIR/listener.sock",
    "src unix:*LISTENER*",
    "src unix:@sockeye/filter",
    "src unix:*sock*",
    "src netlink:*:4242",
    "src netlink:rtnl",
    "src netlink:rtnl:4242",
    "src netlink:*:kernel",
    "src netlink:0:4242",
    "dst unix:no-such",
];

pub(super) fn filters() {
    let prepared = prepare();
    let dir = prepared.dir.path().to_str().unwrap();
    let cgroup = mount_of_cgroups();
    let named = |filter: &str| filter.replace("DIR", dir).replace("CGROUP", &cgroup);
    let mut asked = BTreeSet::new();
    let mut add = |options: &'static str, filter: String| asked.insert((options, named(&filter)));
    for (at, filter) in INET.iter().enumerate() {
        add("-tuanH", (*filter).to_owned());
        let next = INET[(at + 7) % INET.len()];
        if ![filter, &next].iter().any(|it| ON_PURPOSE.iter().any(|part| it.contains(part))) {
            add("-tuanH", format!("( {filter} ) or ( {next} )"));
            add("-tuanH", format!("{filter} and ! ( {next} )"));
        }
        add("-tuanH", format!("{} {filter}", STATES[at % STATES.len()]));
        add("-tnH", (*filter).to_owned());
        // With -4, ss takes an address of IPv6 for a mistake, and the family for a change of mind.
        if !filter.contains("::") && !filter.contains("inet6") {
            add("-4tuanH", (*filter).to_owned());
        }
    }
    for filter in STATES {
        add("-tuanH", (*filter).to_owned());
        add("-tH", (*filter).to_owned());
        add("-xanH", (*filter).to_owned());
    }
    for filter in ALL {
        add("-anH", (*filter).to_owned());
    }
    let mut wrong = Vec::new();
    let mut found = 0;
    for (options, filter) in &asked {
        let words: Vec<&str> = std::iter::once(*options).chain(filter.split(' ')).collect();
        let (ours, theirs) = eventually(|| {
            let before = rows(&super::ss(&words));
            let ours = rows(&run(&mut sockeye(&words)).ok());
            let after = rows(&super::ss(&words));
            if before == after { Ok((ours, after)) } else { Err(format!("{before:?} {after:?}")) }
        });
        found += theirs.len();
        if ours != theirs {
            let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
                these.difference(those).cloned().collect::<Vec<_>>()
            };
            wrong.push(format!(
                "{options} {filter}: only ss {:?}, only sockeye {:?}",
                only(&theirs, &ours),
                only(&ours, &theirs)
            ));
        }
    }
    assert!(asked.len() >= 120 && found > 1000, "{} filters, {found} rows", asked.len());
    autobound();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), asked.len(), wrong.join("\n"));
}

/// The kernel knows who asked for a port and tells nobody; it judges for ss, which goes by the range as
/// well. So ss leaves out who asked for a port of the range, as the listener here did.
fn autobound() {
    let [ours, theirs] = ["sockeye", "ss"].map(|program| {
        let words = ["-tuanH", "autobound"];
        rows(&if program == "ss" { super::ss(&words) } else { run(&mut sockeye(&words)).ok() })
    });
    let only: Vec<&String> = ours.difference(&theirs).collect();
    assert!(
        theirs.is_subset(&ours) && only.len() == 1 && only[0].contains("127.0.0.1:40000"),
        "{ours:?} {theirs:?}"
    );
}

/// Conditions of which the kernel can judge some, in part or not at all.
const ATOMS: &[&str] = &[
    "sport = :22",
    "sport >= 5000",
    "dport < 5000",
    "port in {53,80-81,5001}",
    "dst 127.0.0.0/30",
    "src [::1]",
    "src 127.0.0.1:80",
    "dst inet6:127.0.0.0/8",
    "addr in {127.0.0.2,::1}",
    "src *:8080",
    "state established",
    "exclude listening",
    "close-wait",
    "state in {listen,unconnected}",
    "tcp",
    "ipv6",
    "dev lo",
    "dev in {lo,no-such-device}",
    "dev 1",
    "dev no-such-device",
    "fwmark = 0x34/0xff",
    "fwmark = 0x1234",
    "fwmark 0/0xff00",
    "cgroup = OWN",
    "cgroup = MADE",
    "cgroup in {MADE,/no/such/cgroup}",
    "cgroup ~ sockeye",
    "uid = 0",
    "loopback",
];

/// Of these the kernel tells those that pass, and no other.
const JUDGED_ALONE: &[&str] = &[
    "dev lo",
    "dev 1",
    "fwmark = 0x34/0xff",
    "fwmark = 0x1234",
    "cgroup = MADE",
    "dport < 5000 and dev lo",
    "fwmark = 0x34 or cgroup = MADE",
];

/// Whatever the kernel is asked to judge, the answer is the same as when it tells everything.
pub(super) fn kernel_agrees() {
    let _prepared = prepare();
    // A listener in a cgroup of its own, where one can be made.
    let made = names::missing().is_none().then(|| names::Cgroup::new("judged.service"));
    let _held = made.as_ref().map(names::listener);
    let made = made.as_ref().map_or_else(|| "/no/such/cgroup".to_owned(), names::Cgroup::told);
    let named = |text: &str| text.replace("OWN", &own_cgroup()).replace("MADE", &made);
    let read = |narrow| {
        let tables =
            [Family::Inet, Family::Inet6].map(|family| [Protocol::Tcp, Protocol::Udp].map(|it| (family, it)));
        let source = Box::new(Netlink::strict(Ask::EVERYTHING));
        let mut sampler = Sampler::new(source, tables.concat(), OwnerAsk::NOTHING);
        sampler.narrow(narrow);
        sampler.ask(Ask::EVERYTHING); // names of cgroups, too
        single(sampler.take().unwrap())
    };
    let passing = |table: &Table, filter: &Filter| -> BTreeSet<SocketKey> {
        let moment = table.moment().unwrap();
        let passes = |row: &&Row| filter.passes(&Seen { subject: moment.subject(row), now: moment.taken });
        table.open().filter(passes).map(|row| row.socket.key).collect()
    };
    let services = |_: &str| Vec::new();
    let vocabulary = Vocabulary { services: &services, ephemeral: &PortRange::default };
    let expression = select(ATOMS).prop_map(str::to_owned).prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("! ( {one} )")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("( {a} ) and ( {b} )")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("( {a} ) or ( {b} )")),
        ]
    });
    let all = read(None);
    let (spared, passed) = (Cell::new(0), Cell::new(0));
    let agrees = |text: String| {
        let text = named(&text);
        let filter = Filter::parse(&text, &vocabulary).unwrap();
        let some = read(Some(filter.narrow(|_| true)));
        spared.set(spared.get() + all.open().count() - some.open().count());
        let expected = passing(&all, &filter);
        passed.set(passed.get() + expected.len());
        prop_assert_eq!(passing(&some, &filter), expected, "{}", text);
        Ok(())
    };
    TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() })
        .run(&expression, agrees)
        .unwrap();
    assert!(spared.get() > 1000 && passed.get() > 1000, "{} {}", spared.get(), passed.get());
    for text in JUDGED_ALONE {
        let text = named(text);
        let filter = Filter::parse(&text, &vocabulary).unwrap();
        let told = read(Some(filter.narrow(|_| true)));
        let passing = passing(&all, &filter).len();
        // Of a cgroup that could not be made nothing is asked.
        assert!(told.open().count() == passing || text.contains("/no/such"), "{text}: {passing}");
        assert!(passing > 0 || text.contains("/no/such"), "{text}");
    }
}

/// The cgroup of this process, below the mount.
fn own_cgroup() -> String {
    let text = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    text.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/").to_owned()
}

/// Where the hierarchy of cgroup v2 is mounted: the path of its root.
fn mount_of_cgroups() -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let mount = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>()).find(|it| it[2] == "cgroup2");
    mount.unwrap()[1].to_owned()
}

/// Every row as its columns, but for the queues and what comes after the addresses.
fn rows(table: &str) -> BTreeSet<String> {
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let shown = rows.filter(|row| row.len() < 5 || !passing(row[0], row[4]));
    shown.map(|row| row.join(" ")).collect()
}
