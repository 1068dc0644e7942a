//! Metrics: to the letter on a scenario, as sums of whatever sockets there may be, and on sockets that the
//! test opens itself. Whatever is told is read by a strict reader.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use sockeye::model::{
    Basics, Container, Cookie, Coverage, Details, Endpoint, Ends, Family, Fd, Held, Host, Identity,
    KernelCounters, Memory, NetnsId, NoOwner, Owners, Pid, PortRange, Process, ProcessId, Protocol, Queues,
    Row, Runtime, Slice, SliceCoverage, SliceStatus, Socket, SocketKey, SocketType, Stamp, State,
    SystemBytes, TcpInfo, Workload,
};
use sockeye::notify::health::Board;
use sockeye::notify::{self, Notice};
use sockeye::output::metrics::{self, Surroundings};
use sockeye::policy::Severity;
use sockeye::store::Moment;
use sockeye::text::unescape;

use crate::exposition::Exposition;
use crate::harness::{Ran, assert_harmless, eventually, run, sockeye};
use crate::refused::{REFUSALS, run_refused};
use crate::stock::tcp_listener;

const SCENARIO: &str = "scenario:tests/scenarios/metrics.toml";
const BLIND: &str = "scenario:tests/scenarios/blind.toml";

/// Every label there is. None of them can hold a pid, an address or a port.
const LABELS: [&str; 9] =
    ["protocol", "family", "state", "scope", "owner_status", "unit", "container", "status", "version"];
/// Those of them whose values the program chooses.
const NAMED: [&str; 2] = ["unit", "container"];

fn metrics(args: &[&str]) -> Ran {
    run(&mut sockeye(&[&["metrics"], args].concat()))
}

/// Reads what is told, which must be without fault and of a bounded size.
fn read(text: &str) -> Exposition {
    assert_harmless("metrics", text.as_bytes());
    let told = Exposition::read(text);
    for family in &told.0 {
        assert!(family.name.starts_with("sockeye_"), "{}", family.name);
        for (labels, _) in &family.samples {
            assert!(labels.keys().all(|label| LABELS.contains(&&**label)), "{labels:?}");
        }
        for label in NAMED {
            let names: BTreeSet<_> =
                family.samples.iter().filter_map(|(labels, _)| labels.get(label)).collect();
            assert!(names.len() <= 103, "{} has {} of {label}", family.name, names.len());
        }
    }
    told
}

/// The text without the lines that differ from run to run.
fn lasting(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.retain(|line| !line.starts_with("sockeye_reading_duration_seconds "));
    lines.join("\n")
}

#[test]
fn a_scenario_to_the_letter() {
    let ran = metrics(&["--source", SCENARIO]);
    read(ran.stdout());
    insta::assert_snapshot!("metrics", lasting(ran.stdout()));
    assert_eq!(ran.code(), 2, "a table could not be read, as in a listing");
    assert!(ran.stderr().starts_with("sockeye: udp on IPv6 could not be read: operation not permitted\n"));
}

#[test]
fn gaps_are_told_and_what_nobody_told_is_no_zero() {
    let ran = metrics(&["--source", BLIND]);
    assert_eq!(ran.code(), 0);
    assert!(ran.stderr().contains("owners of 1 socket are missing"), "{}", ran.stderr());
    let told = read(ran.stdout());
    assert_eq!(told.sum("sockeye_owner_status_sockets", &[("owner_status", "denied")]), Some(1.0));
    assert_eq!(told.sum("sockeye_unit_sockets", &[("unit", "unknown")]), Some(1.0));
    assert_eq!(
        told.of("sockeye_live_dropped_packets").len(),
        2,
        "of tcp no socket told it, of others there is none"
    );
    assert_eq!(
        told.sum("sockeye_receive_queue_bytes", &[("protocol", "tcp")]),
        Some(0.0),
        "there is no connection"
    );
    assert!(told.of("sockeye_kernel_tcp_timeouts_total").is_empty(), "a scenario has no kernel");

    // Nobody looked for owners, so nobody was denied.
    let told = read(&metrics(&["--owners", "none"]).ok());
    assert!(told.of("sockeye_denied_processes").is_empty());
    let told = |status| told.sum("sockeye_owner_status_sockets", &[("owner_status", status)]);
    assert_eq!((told("known"), told("denied")), (Some(0.0), Some(0.0)));
}

#[test]
fn where_netlink_is_refused_tables_say_so_and_what_proc_lacks_is_absent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let ran = run_refused(REFUSALS[0].0, sockeye(&["metrics", "tcp"]));
    assert!(ran.stderr().contains("read from /proc"), "{}", ran.stderr());
    let told = read(&ran.ok());
    let tcp =
        |status| told.sum("sockeye_tables", &[("protocol", "tcp"), ("family", "inet"), ("status", status)]);
    assert_eq!((tcp("fallback"), tcp("ok")), (Some(1.0), None));
    assert!(told.of("sockeye_tcp_live_retransmitted_segments").is_empty());
    assert!(told.of("sockeye_live_dropped_packets").is_empty());
    assert!(told.sum("sockeye_sockets", &[("state", "established")]).unwrap() >= 2.0);
}

#[test]
fn own_sockets_are_counted_with_their_queues() {
    let listener = TcpListener::from(tcp_listener("127.0.0.1:0", None, 1));
    let addr = listener.local_addr().unwrap();
    let filter = format!("port = {}", addr.port());
    let told = || read(&metrics(&[&filter, "tcp"]).ok());
    let before = told();
    let accept = |told: &Exposition, what: &str| told.sum(&format!("sockeye_{what}"), &[("protocol", "tcp")]);
    assert_eq!(before.sum("sockeye_sockets", &[]), Some(1.0), "the filter lets nothing else pass");
    let loopback = [("protocol", "tcp"), ("scope", "loopback")];
    assert_eq!(before.sum("sockeye_listeners", &loopback), Some(1.0));
    assert_eq!(
        before.sum("sockeye_listeners", &[("scope", "any")]),
        Some(0.0),
        "what there may be is told as 0"
    );
    assert_eq!(accept(&before, "accept_queue_connections"), Some(0.0));
    assert_eq!(accept(&before, "accept_queue_limit_connections"), Some(1.0));
    assert_eq!(accept(&before, "fullest_accept_queue_ratio"), Some(0.0));
    assert_eq!(before.sum("sockeye_tcp_live_retransmitted_segments", &[]), Some(0.0));

    // One more than the backlog is let in.
    let mut clients = [(); 2].map(|()| TcpStream::connect(addr).unwrap());
    clients[0].write_all(b"7 bytes").unwrap();
    let full = eventually(|| {
        let now = told();
        let arrived = accept(&now, "receive_queue_bytes") == Some(7.0);
        let waiting = now.sum("sockeye_owner_status_sockets", &[("owner_status", "accept-queue")]);
        (arrived && waiting == Some(2.0)).then_some(now).ok_or_else(|| format!("{waiting:?}"))
    });
    assert_eq!(full.sum("sockeye_sockets", &[("state", "established"), ("family", "inet")]), Some(4.0));
    assert_eq!(accept(&full, "accept_queue_connections"), Some(2.0));
    assert_eq!(accept(&full, "full_accept_queues"), Some(1.0));
    assert_eq!(accept(&full, "fullest_accept_queue_ratio"), Some(1.0));
    assert_eq!(full.sum("sockeye_unit_sockets", &[]), Some(5.0), "every socket is in one group");
    assert_eq!(full.sum("sockeye_container_sockets", &[]), Some(5.0));
}

/// What the kernel counts never falls.
#[test]
fn counters_are_those_of_the_kernel() {
    let counter = |text: &str| {
        let told = read(text);
        assert!(told.0.iter().any(|family| family.kind == "counter"));
        told.sum("sockeye_kernel_tcp_listen_drops_total", &[]).unwrap()
    };
    let first = counter(&metrics(&["tcp"]).ok());
    let netstat = fs::read_to_string("/proc/net/netstat").unwrap();
    let mut lines = netstat.lines().filter(|line| line.starts_with("TcpExt:"));
    let at = lines.next().unwrap().split(' ').position(|name| name == "ListenDrops").unwrap();
    let truth: f64 = lines.next().unwrap().split(' ').nth(at).unwrap().parse().unwrap();
    let last = counter(&metrics(&["tcp"]).ok());
    assert!(first <= truth && truth <= last, "{first} {truth} {last}");
    let every = metrics(&["--all-netns", "--owners", "none", "tcp"]);
    let told = read(every.stdout());
    assert!(told.0.iter().all(|family| family.kind == "gauge"), "those of one namespace would mislead");
    assert!(told.sum("sockeye_network_namespaces", &[]).unwrap() >= 1.0);
}

#[test]
fn what_cannot_be_counted_is_refused() {
    for (args, says) in [
        (&["new"][..], "a single look knows no ages"),
        (&["tcp and udp"], "no socket can pass"),
        (&["prot = tcp"], "the filter cannot be understood"),
        (&["--all-netns", "--source", SCENARIO], "a scenario has the namespaces"),
        (&["--outptu", "x"], "unexpected argument"),
    ] {
        let ran = metrics(args);
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{args:?}");
        assert!(ran.stderr().contains(says), "{args:?}: {}", ran.stderr());
    }
}

/// The names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The program behind a shell that sets the stage for it, with a file to write.
fn staged(script: &str, file: &Path) -> Ran {
    let mut command = Command::new("/bin/sh");
    let program = env!("CARGO_BIN_EXE_sockeye");
    let exec = format!("{script}; exec '{program}' metrics --source '{BLIND}' --output \"$0\"");
    run(command.args(["-c", &exec]).arg(file).env_clear())
}

#[test]
fn a_file_is_replaced_as_a_whole_and_everybody_may_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sockeye.prom");
    fs::write(&path, "old\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut opened = File::open(&path).unwrap();
    let before = opened.metadata().unwrap().ino();
    let ran = staged("umask 077", &path);
    assert_eq!((ran.code(), ran.stdout()), (0, ""), "{}", ran.stderr());
    let mut old = String::new();
    opened.read_to_string(&mut old).unwrap();
    assert_eq!(old, "old\n", "who has opened it reads it to its end");
    let meta = fs::metadata(&path).unwrap();
    assert_ne!(meta.ino(), before);
    assert_eq!(meta.mode() & 0o7777, 0o644);
    assert_eq!(names(dir.path()), ["sockeye.prom"]);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(read(&written).sum("sockeye_sockets", &[]), Some(1.0));
    assert_eq!(lasting(&written), lasting(&metrics(&["--source", BLIND]).ok()));

    let ran = metrics(&["--source", SCENARIO, "--output", path.to_str().unwrap()]);
    let written = fs::read_to_string(&path).unwrap();
    let denied = read(&written).sum("sockeye_tables", &[("status", "denied")]);
    assert_eq!((ran.code(), denied), (2, Some(1.0)), "the gap is told in the file, too");
}

#[test]
fn a_file_that_cannot_be_written_whole_leaves_the_old_one_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sockeye.prom");
    fs::write(&path, "old\n").unwrap();
    let ran = staged("trap '' XFSZ; ulimit -f 0", &path);
    assert_eq!(ran.code(), 2);
    assert!(ran.stderr().contains("cannot write the metrics to "), "{}", ran.stderr());
    assert!(ran.stderr().contains("File too large"), "{}", ran.stderr());
    assert_eq!(fs::read_to_string(&path).unwrap(), "old\n");
    assert_eq!(names(dir.path()), ["sockeye.prom"]);
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("directory")).unwrap();
    let _socket = UnixListener::bind(at("socket")).unwrap();
    fs::write(at("file"), "mine").unwrap();
    symlink("file", at("link")).unwrap();
    let before = names(dir.path());
    for (name, why) in [
        ("directory", "it is not a regular file"),
        ("directory/", "it is not a regular file"),
        ("socket", "it is not a regular file"),
        ("link", "it is not a regular file"),
        ("missing/sockeye.prom", "No such file or directory"),
        ("file/sockeye.prom", "Not a directory"),
    ] {
        let path = at(name);
        let ran = metrics(&["--source", BLIND, "--output", path.to_str().unwrap()]);
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{name}");
        let says = format!("sockeye: cannot write the metrics to {}: {why}", path.display());
        assert!(ran.stderr().starts_with(&says), "{name}: {}", ran.stderr());
        assert!(ran.stderr().contains("--output FILE"), "{name}: {}", ran.stderr());
        assert_eq!(names(dir.path()), before, "{name}");
        assert_eq!(fs::read_to_string(at("link")).unwrap(), "mine");
    }
}

/// A socket of a table of which nothing but this matters here.
#[derive(Clone, Debug)]
struct Made {
    protocol: Protocol,
    state: State,
    unit: Option<SystemBytes>,
    container: Option<SystemBytes>,
    owner: Result<(), NoOwner>,
    queues: [Option<u32>; 2],
    drops: Option<u32>,
    retransmitted: Option<u32>,
}

impl Made {
    fn row(&self, cookie: u64) -> Row {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: if self.protocol == Protocol::Unix { Family::Unix } else { Family::Inet },
            protocol: self.protocol,
            kind: SocketType::Stream,
            state: self.state,
            ends: match self.protocol {
                Protocol::Unix => Ends::Unix { name: None, peer: None },
                _ => Ends::Inet { local: Endpoint::new([127, 0, 0, 1].into(), 80), remote: None },
            },
            inode: None,
        };
        let info = self.retransmitted.map(|count| {
            let mut raw = [0; 104];
            raw[100..].copy_from_slice(&count.to_ne_bytes()); // tcpi_total_retrans
            TcpInfo::from(&raw[..])
        });
        let memory = self.drops.map(|drops| Memory { drops: Some(drops), ..Memory::default() });
        let details = Details { tcp_info: info, memory, ..Details::default() };
        Row::found(Socket {
            queues: Queues { recv: self.queues[0], send: self.queues[1] },
            details: Some(Arc::new(details)),
            owners: match self.owner {
                Ok(()) => Owners::of(vec![self.owner()]),
                Err(why) => Owners::Unknown(why),
            },
            ..Socket::new(basics, &PortRange::default())
        })
    }

    fn owner(&self) -> Held {
        let container = self.container.clone().map(|name| Container::new(name, Runtime::Docker));
        let workload = Workload { unit: self.unit.clone(), container, ..Workload::default() };
        let named = Process::named(ProcessId { pid: Pid(7), start: 1 }, "p".into());
        let process = Arc::new(Process { workload: Some(Arc::new(workload)), ..named });
        Held { process, thread: None, ring: false, fds: vec![Fd(3)] }
    }

    fn listens(&self) -> bool {
        self.state == State::Listen
    }
}

/// The metrics of these sockets, of which those of TCP were read in this way.
fn text(made: &[Made], tcp: SliceStatus) -> String {
    let rows: Vec<Row> = (1..).zip(made).map(|(cookie, made)| made.row(cookie)).collect();
    let slice = Slice { netns: NetnsId(1), family: Family::Inet, protocol: Protocol::Tcp };
    let read = SliceCoverage { status: tcp, ..SliceCoverage::new(slice, "netlink") };
    let moment = Moment {
        extent: sockeye::model::Extent::All,
        loads: Arc::default(),
        taken: Stamp { mono: Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH },
        host: Arc::new(Host { name: "h".into(), kernel: "k".into(), boot_id: None, booted: None }),
        names: Arc::default(),
        coverage: Coverage { slices: vec![read], ..Coverage::default() },
    };
    let counters = Some(KernelCounters { timeouts: Some(u64::MAX), ..KernelCounters::default() });
    let took = Duration::from_micros(1500);
    metrics::text(rows.iter(), Surroundings { moment: &moment, took, counters })
}

/// Some two hundred names, harmless, hostile and mistakable.
fn name() -> impl Strategy<Value = SystemBytes> {
    prop_oneof![
        8 => (0..180_u8).prop_map(|at| format!("{at}.service").into()),
        1 => prop::sample::select(vec!["other", "none", "unknown", "", "\"} 1", "a\nb 1", "\\", "\u{202e}"])
            .prop_map(SystemBytes::from),
        1 => any::<Vec<u8>>().prop_map(SystemBytes::from),
    ]
}

fn made() -> impl Strategy<Value = Made> {
    (
        prop::sample::select(vec![Protocol::Tcp, Protocol::Udp, Protocol::Unix]),
        prop::sample::select(vec![State::Listen, State::Established, State::Unconnected, State::TimeWait]),
        prop::option::of(name()),
        prop::option::of(name()),
        prop_oneof![3 => Just(Ok(())), 1 => prop::sample::select(NoOwner::ALL.to_vec()).prop_map(Err)],
        any::<[Option<u32>; 2]>(),
        any::<Option<u32>>(),
        any::<Option<u32>>(),
    )
        .prop_map(|(protocol, state, unit, container, owner, queues, drops, retransmitted)| Made {
            protocol,
            state,
            unit,
            container,
            owner,
            queues,
            drops,
            retransmitted,
        })
}

/// The exact sum of what was told; `None` when nobody told.
fn sum<'a>(told: impl Iterator<Item = &'a Option<u32>>) -> Option<f64> {
    let told: Vec<f64> = told.flatten().map(|number| f64::from(*number)).collect();
    (!told.is_empty()).then(|| told.iter().sum())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn totals_are_the_sums_of_their_parts(made in prop::collection::vec(made(), 1..400)) {
        let told = read(&text(&made, SliceStatus::Failed("so it is".to_owned())));
        let all = f64::from(u32::try_from(made.len()).unwrap());
        for of in ["sockets", "owner_status_sockets", "unit_sockets", "container_sockets"] {
            prop_assert_eq!(told.sum(&format!("sockeye_{of}"), &[]), Some(all), "{}", of);
        }
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Unix] {
            let of: Vec<&Made> = made.iter().filter(|made| made.protocol == protocol).collect();
            let only = [("protocol", protocol.word())];
            let told = |name: &str| told.sum(&format!("sockeye_{name}"), &only);
            for name in ["unit_sockets", "container_sockets"] {
                prop_assert_eq!(told(name), told("sockets"), "{} of {}", name, protocol.word());
            }
            let flowing = || of.iter().filter(|made| !made.listens());
            let none = |sum: Option<f64>, eligible: usize| sum.or((eligible == 0 && !of.is_empty()).then_some(0.0));
            let count = flowing().count();
            prop_assert_eq!(told("receive_queue_bytes"), none(sum(flowing().map(|it| &it.queues[0])), count));
            prop_assert_eq!(told("send_queue_bytes"), none(sum(flowing().map(|it| &it.queues[1])), count));
            prop_assert_eq!(told("live_dropped_packets"), sum(of.iter().map(|it| &it.drops)));
            let waiting = || of.iter().filter(|made| made.listens());
            prop_assert_eq!(told("accept_queue_connections"), sum(waiting().map(|it| &it.queues[0])));
        }
        let live = made.iter().filter(|it| it.protocol == Protocol::Tcp && !it.listens() && it.state != State::TimeWait);
        let retransmitted = sum(live.clone().map(|it| &it.retransmitted));
        let nothing = made.iter().any(|it| it.protocol == Protocol::Tcp) && live.count() == 0;
        prop_assert_eq!(told.sum("sockeye_tcp_live_retransmitted_segments", &[]), retransmitted.or(nothing.then_some(0.0)));
    }

    #[test]
    fn a_name_comes_back_whole_or_is_counted_as_folded(made in prop::collection::vec(made(), 0..400)) {
        let told = read(&text(&made, SliceStatus::Ok));
        let owned = made.iter().filter(|made| made.owner.is_ok());
        let names: BTreeSet<&[u8]> = owned.filter_map(|made| Some(made.unit.as_ref()?.as_bytes())).collect();
        let samples = told.of("sockeye_unit_sockets");
        let shown: BTreeSet<Vec<u8>> = samples.iter().map(|(labels, _)| unescape(&labels["unit"]).unwrap()).collect();
        let words = [&b"other"[..], b"none", b"unknown"];
        let named: Vec<&[u8]> = shown.iter().map(Vec::as_slice).filter(|name| !words.contains(name)).collect();
        prop_assert!(named.len() <= 100 && named.iter().all(|name| names.contains(name)));
        let folded = names.len() - named.len();
        prop_assert_eq!(told.sum("sockeye_folded_units", &[]), Some(f64::from(u32::try_from(folded).unwrap())));
        prop_assert_eq!(shown.contains(words[0]), folded > 0);
    }
}

/// A table that could not be read has no zeroes; one that was read and is empty has.
#[test]
fn nothing_and_unknown_are_told_apart() {
    const SUMS: [&str; 4] = [
        "sockeye_listeners",
        "sockeye_receive_queue_bytes",
        "sockeye_accept_queue_connections",
        "sockeye_tcp_live_retransmitted_segments",
    ];
    let told = |status| {
        let told = read(&text(&[], status));
        (SUMS.map(|name| told.sum(name, &[])), told.sum("sockeye_reading_whole", &[]))
    };
    let why = || "so it is".to_owned();
    assert_eq!(told(SliceStatus::Ok), ([Some(0.0); 4], Some(1.0)));
    for status in [SliceStatus::Denied(why()), SliceStatus::Failed(why()), SliceStatus::Partial(why())] {
        assert_eq!(told(status.clone()), ([None; 4], Some(0.0)), "{status:?}");
    }
}

/// What the sinks of the watch count.
#[test]
fn alerts_are_counted_without_fault() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sockeye.prom");
    let text = format!("version = 1\n[[sink]]\nkind = \"textfile\"\npath = \"{}\"\n", path.display());
    let mut sink = notify::parse(&text).unwrap().swap_remove(0).open(&Board::default()).unwrap();
    let told = || Exposition::read(&fs::read_to_string(&path).unwrap());
    assert_eq!(told().sum("sockeye_alerts_total", &[]), Some(0.0));
    let alerts: Vec<_> = (0..3_u32)
        .map(|seq| {
            Arc::new(Notice {
                seq: seq.into(),
                severity: Severity::Low,
                at: "2026-11-30T10:00:00Z".parse().unwrap(),
                line: String::new(),
                json: format!("{{\"alert\":\"rule-matched\\\\\\\"{}\"}}", "\\n".repeat(seq as usize)),
            })
        })
        .collect();
    sink.deliver(&alerts).unwrap();
    assert_eq!(told().sum("sockeye_alerts_total", &[("alert", "other"), ("severity", "low")]), Some(3.0));
    assert_eq!(told().sum("sockeye_alerts_total", &[]), Some(3.0));
    assert_eq!(told().of("sockeye_last_alert_timestamp_seconds").len(), 1);
}
