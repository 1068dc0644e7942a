//! Every finding at both sides of its threshold, and what is unknown.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{
    Cookie, Details, History, Identity, Memory, Names, Row, Socket, TcpInfo, TcpInfoPlace, Timer, TimerKind,
};
use crate::source::scenario::Scenario;
use crate::source::{SocketSource as _, everything};

const LISTENER: &str = "protocol = 'tcp'\nstate = 'listen'\nlocal = '0.0.0.0:80'\nowners = ['app:3']";
const CONNECTION: &str = "protocol = 'tcp'\nstate = 'established'\nlocal = '10.0.0.1:40000'\nremote = '10.0.0.2:443'\nowners = ['app:4']";
const DATAGRAMS: &str = "protocol = 'udp'\nstate = 'unconnected'\nlocal = '0.0.0.0:53'\nowners = ['app:5']";

/// The first socket of a script that has these lines more, at a range of 100 ports.
fn row(base: &str, more: &str) -> (Row, Names) {
    let script = format!(
        "ephemeral_ports = [40000, 40099]\n[process.app]\npid = 7\ncomm = 'a\u{1b}pp'\nexe = '/bin/app'\n[process.old]\npid = 8\ncomm = 'old'\nexe = '/bin/old'\ndeleted = true\n[socket.it]\ncookie = 1\n{base}\n{more}\n[[sample]]\nat = 0\nsockets = ['it']\n"
    )
    .replace('\u{1b}', "\\x1b");
    let reading = Scenario::parse(&script).unwrap().read(&everything()).unwrap();
    let socket = reading.sockets.into_iter().next().unwrap();
    (Row::found(socket), Names::clone(&reading.stage.unwrap().names))
}

fn moment(seconds: u64) -> Stamp {
    Stamp { mono: Duration::from_secs(seconds), wall: jiff::Timestamp::UNIX_EPOCH }
}

/// The diagnosis of the first row among all of them.
fn among(rows: &[Row], names: &Names, earlier: Option<Earlier>) -> Diagnosis {
    let subject = Subject { row: &rows[0], names, candidates: &[], peer: None };
    let by = |crowd: &Crowd| {
        diagnose(&Case { subject, crowd, now: moment(1000), earlier, charset: Charset::Unicode })
    };
    let diagnosis = by(&Crowd::of(rows, names));
    assert_eq!(by(&Crowd::about(&rows[0].socket, rows, names)), diagnosis, "of those that it has to do with");
    diagnosis
}

/// The findings of a socket that is alone.
fn alone(base: &str, more: &str) -> Vec<Finding> {
    let (row, names) = row(base, more);
    among(&[row], &names, None).findings
}

fn told(findings: &[Finding]) -> Vec<(&'static str, Severity)> {
    findings.iter().map(|finding| (finding.kind, finding.severity)).collect()
}

use Severity::{Alarm, Note, Warning};

#[test]
fn every_threshold_from_both_sides() {
    let info = |numbers: &str| format!("tcp_info = {{ {numbers} }}");
    for (base, more, expected) in [
        (LISTENER, "recv_q = 5\nsend_q = 8".into(), None),
        (LISTENER, "recv_q = 6\nsend_q = 8".into(), Some(("accept-queue", Warning))),
        (LISTENER, "recv_q = 7\nsend_q = 7".into(), None),
        (LISTENER, "recv_q = 8\nsend_q = 8".into(), Some(("accept-queue", Warning))),
        (LISTENER, "recv_q = 9\nsend_q = 8".into(), Some(("accept-queue", Alarm))),
        (LISTENER, "recv_q = 1\nsend_q = 0".into(), Some(("accept-queue", Alarm))),
        (LISTENER, "recv_q = 9".into(), None),
        (CONNECTION, "timer = { kind = 'retransmit', retransmits = 1 }".into(), None),
        (CONNECTION, "timer = { kind = 'retransmit', retransmits = 2 }".into(), Some(("no-answer", Warning))),
        (CONNECTION, "timer = { kind = 'retransmit', retransmits = 6 }".into(), Some(("no-answer", Alarm))),
        (CONNECTION, info("retransmits = 1"), None),
        (CONNECTION, info("retransmits = 2"), Some(("no-answer", Warning))),
        (CONNECTION, "timer = { kind = 'keepalive', retransmits = 1 }".into(), None),
        (CONNECTION, "timer = { kind = 'keepalive', retransmits = 2 }".into(), Some(("no-answer", Warning))),
        (
            CONNECTION,
            "timer = { kind = 'window-probe', retransmits = 1 }".into(),
            Some(("zero-window", Warning)),
        ),
        (
            CONNECTION,
            "timer = { kind = 'window-probe', retransmits = 2 }".into(),
            Some(("zero-window", Alarm)),
        ),
        (CONNECTION, info("total_retrans = 9, data_segs_out = 99"), None),
        (CONNECTION, info("total_retrans = 9, data_segs_out = 1000"), None),
        (CONNECTION, info("total_retrans = 10, data_segs_out = 1000"), Some(("lossy-path", Warning))),
        (CONNECTION, info("total_retrans = 10, data_segs_out = 1000, dsack_dups = 1"), None),
        (CONNECTION, info("total_retrans = 49, data_segs_out = 1000"), Some(("lossy-path", Warning))),
        (CONNECTION, info("total_retrans = 50, data_segs_out = 1000"), Some(("lossy-path", Alarm))),
        (CONNECTION, info("busy_time = 99999, rwnd_limited = 99999"), None),
        (CONNECTION, info("busy_time = 1000000, rwnd_limited = 199999"), None),
        (CONNECTION, info("busy_time = 1000000, rwnd_limited = 200000"), Some(("receiver-limited", Note))),
        (CONNECTION, info("busy_time = 1000000, rwnd_limited = 500000"), Some(("receiver-limited", Warning))),
        (CONNECTION, info("busy_time = 1000000, sndbuf_limited = 199999"), None),
        (CONNECTION, info("busy_time = 1000000, sndbuf_limited = 500000"), Some(("sender-limited", Warning))),
        (CONNECTION, format!("recv_q = 1\n{}", info("last_data_recv = 4999")), None),
        (CONNECTION, format!("recv_q = 0\n{}", info("last_data_recv = 5000")), None),
        (CONNECTION, format!("recv_q = 1\n{}", info("last_data_recv = 5000")), Some(("unread", Warning))),
        (CONNECTION, "recv_q = 900000".into(), None),
        (CONNECTION, format!("send_q = 1\n{}", info("last_data_sent = 4999, last_ack_recv = 9000")), None),
        (CONNECTION, format!("send_q = 1\n{}", info("last_data_sent = 9000, last_ack_recv = 4999")), None),
        (CONNECTION, format!("send_q = 0\n{}", info("last_data_sent = 9000, last_ack_recv = 9000")), None),
        (
            CONNECTION,
            format!("send_q = 1\n{}", info("last_data_sent = 5000, last_ack_recv = 5000")),
            Some(("send-stuck", Warning)),
        ),
        (DATAGRAMS, "memory = { drops = 0 }".into(), None),
        (DATAGRAMS, "memory = { drops = 1 }".into(), Some(("drops", Note))),
        (DATAGRAMS, "memory = { drops = 1000 }".into(), Some(("drops", Warning))),
        (CONNECTION, "memory = { drops = 1000 }".into(), None),
        (DATAGRAMS, "memory = { rmem_alloc = 749, rcvbuf = 1000 }".into(), None),
        (DATAGRAMS, "memory = { rmem_alloc = 750, rcvbuf = 1000 }".into(), Some(("unread", Warning))),
        (DATAGRAMS, "memory = { rmem_alloc = 750, rcvbuf = 0 }".into(), None),
    ] {
        assert_eq!(told(&alone(base, &more)), Vec::from_iter(expected), "{base}\n{more}");
    }
}

#[test]
fn the_end_of_a_stream_is_no_byte_that_waits() {
    let closed = CONNECTION.replace("established", "close-wait");
    let info = "tcp_info = { last_data_recv = 9000 }";
    assert_eq!(told(&alone(&closed, &format!("recv_q = 1\n{info}"))), []);
    assert_eq!(told(&alone(&closed, &format!("recv_q = 2\n{info}"))), [("unread", Warning)]);
    let waits = CONNECTION.replace("owners = ['app:4']", "no_owner = 'accept-queue'");
    assert_eq!(told(&alone(&waits, &format!("recv_q = 2\n{info}"))), [], "its listener is told of");
}

#[test]
fn places_that_are_exposed_and_files_that_are_gone() {
    for (protocol, local, owner, expected) in [
        ("tcp", "0.0.0.0:23", "app", Some(("plaintext", Warning))),
        ("tcp", "127.0.0.1:23", "app", None),
        ("tcp", "[::1]:23", "app", None),
        ("tcp", "[fe80::1]:23", "app", Some(("plaintext", Warning))),
        ("tcp", "0.0.0.0:22", "app", None),
        ("udp", "0.0.0.0:69", "app", Some(("plaintext", Warning))),
        ("udp", "0.0.0.0:23", "app", None),
        ("tcp", "0.0.0.0:22", "old", Some(("executable-deleted", Warning))),
    ] {
        let state = if protocol == "tcp" { "listen" } else { "unconnected" };
        let base =
            format!("protocol = '{protocol}'\nstate = '{state}'\nlocal = '{local}'\nowners = ['{owner}:3']");
        assert_eq!(told(&alone(&base, "")), Vec::from_iter(expected), "{local} {owner}");
    }
}

#[test]
fn owners_that_cannot_be_told_are_told_with_the_reason() {
    let of =
        |why: &str| told(&alone(&LISTENER.replace("owners = ['app:3']", &format!("no_owner = '{why}'")), ""));
    for why in ["denied", "none", "in-flight", "not-scanned", "other-pidns"] {
        assert_eq!(of(why), [("owner-unknown", Note)], "{why}");
    }
    for why in ["kernel", "orphan", "accept-queue", "handshake"] {
        assert_eq!(of(why), [], "{why}");
    }
}

/// So many sockets more that differ in their cookie and remote or local port.
fn crowd(base: &str, more: usize, change: impl Fn(&mut Socket, u16)) -> Vec<Row> {
    let (first, _) = row(base, "");
    let copies = (0..more).map(|at| {
        let mut socket = first.socket.clone();
        socket.key.id = Identity::Cookie(Cookie(at as u64 + 2));
        change(&mut socket, u16::try_from(at).unwrap());
        Row::found(socket)
    });
    copies.collect()
}

fn with_port(socket: &mut Socket, local: Option<u16>, remote: Option<u16>) {
    let crate::model::Ends::Inet { local: here, remote: Some(there) } = &mut socket.ends else { return };
    here.port = local.unwrap_or(here.port);
    there.port = remote.unwrap_or(there.port);
}

#[test]
fn handshakes_are_measured_by_the_backlog() {
    let knocking = "protocol = 'tcp'\nstate = 'syn-recv'\nlocal = '10.0.0.1:80'\nremote = '10.0.0.9:1'\nno_owner = 'handshake'";
    let check = |queue: &str, listener: &str, many: usize| {
        let (first, names) = row(listener, queue);
        let mut rows = vec![first];
        rows.extend(crowd(knocking, many, |socket, at| with_port(socket, None, Some(at + 1))));
        told(&among(&rows, &names, None).findings)
    };
    let idle = |limit: u32| format!("recv_q = 0\nsend_q = {limit}");
    assert_eq!(check(&idle(30), LISTENER, 15), []);
    assert_eq!(check(&idle(33), LISTENER, 16), []);
    assert_eq!(check(&idle(32), LISTENER, 16), [("syn-flood", Warning)]);
    assert_eq!(check(&idle(17), LISTENER, 16), [("syn-flood", Warning)]);
    assert_eq!(check(&idle(16), LISTENER, 16), [("syn-flood", Alarm)]);
    assert_eq!(check("recv_q = 0", LISTENER, 99), [], "a backlog that is not told");
    assert_eq!(check("recv_q = 17\nsend_q = 16", LISTENER, 99), [("accept-queue", Alarm)], "the cause");
    let other = |local: &str| LISTENER.replace("0.0.0.0:80", local);
    assert_eq!(check(&idle(16), &other("0.0.0.0:81"), 99), []);
    assert_eq!(check(&idle(16), &other("10.0.0.2:80"), 99), [], "of another address");
    assert_eq!(check(&format!("v6only = true\n{}", idle(16)), &other("[::]:80"), 99), []);
    assert_eq!(
        check(&format!("v6only = false\n{}", idle(16)), &other("[::]:80"), 99),
        [("syn-flood", Alarm)]
    );
}

#[test]
fn the_backlogs_of_one_place_are_one_and_the_closest_listener_is_called() {
    let knocking = "protocol = 'tcp'\nstate = 'syn-recv'\nlocal = '10.0.0.1:80'\nremote = '10.0.0.9:1'\nno_owner = 'handshake'";
    let queue = "recv_q = 0\nsend_q = 16";
    let check = |second: &str| {
        let (first, names) = row(LISTENER, queue);
        let (mut other, _) = row(&LISTENER.replace("0.0.0.0:80", second), queue);
        other.socket.key.id = Identity::Cookie(Cookie(999));
        let mut rows = vec![first, other];
        rows.extend(crowd(knocking, 16, |socket, at| with_port(socket, None, Some(at + 1))));
        told(&among(&rows, &names, None).findings)
    };
    assert_eq!(check("0.0.0.0:80"), [("syn-flood", Warning)], "16 of 32");
    assert_eq!(check("10.0.0.1:80"), [], "they call the other one");
    assert_eq!(check("10.0.0.2:80"), [("syn-flood", Alarm)]);
}

#[test]
fn what_is_not_closed_is_counted_for_its_process() {
    let closed = CONNECTION.replace("established", "close-wait");
    let check = |base: &str, many: usize| {
        let (first, names) = row(base, "");
        let mut rows = vec![first];
        rows.extend(crowd(&closed, many, |socket, at| with_port(socket, None, Some(at + 1))));
        among(&rows, &names, None).findings
    };
    assert_eq!(told(&check(&closed, 8)), []);
    assert_eq!(told(&check(&closed, 9)), [("close-wait", Warning)]);
    assert_eq!(told(&check(&closed, 99)), [("close-wait", Alarm)]);
    assert_eq!(told(&check(LISTENER, 10)), [("close-wait", Warning)], "at the listener of the process");
    assert_eq!(
        check(LISTENER, 10)[0].text,
        r"its program forgets to close: 10 sockets of a\x1bpp 7 are in CLOSE-WAIT"
    );
    assert_eq!(told(&check(CONNECTION, 10)), []);
}

#[test]
fn what_is_not_closed_for_long_was_forgotten() {
    let closed = CONNECTION.replace("established", "close-wait");
    for (age, expected) in [(59_999u64, &[][..]), (60_000, &[("close-wait", Warning)])] {
        let more = format!("tcp_info = {{ last_ack_recv = {age} }}");
        assert_eq!(told(&alone(&closed, &more)), expected, "by what came last");
        assert_eq!(told(&alone(CONNECTION, &more)), []);
        let (found, names) = row(&closed, "");
        let changed = Some(moment(1000 - age / 1000));
        let row = Row::new(found.socket, History { changed, ..History::default() });
        assert_eq!(told(&among(&[row], &names, None).findings), expected, "by what was seen");
    }
}

#[test]
fn ports_run_out_towards_one_service() {
    let check = |more: usize, change: fn(&mut Socket, u16)| {
        let (first, names) = row(CONNECTION, "");
        let mut rows = vec![first];
        rows.extend(crowd(CONNECTION, more, change));
        told(&among(&rows, &names, None).findings)
    };
    let next = |socket: &mut Socket, at: u16| with_port(socket, Some(40001 + at), None);
    assert_eq!(check(78, next), []);
    assert_eq!(check(79, next), [("ports-exhausted", Warning)]);
    assert_eq!(check(94, next), [("ports-exhausted", Alarm)]);
    assert_eq!(check(99, |socket, at| with_port(socket, Some(40001 + at), Some(at + 1))), [], "others");
    assert_eq!(check(99, |socket, at| with_port(socket, Some(at + 1), None)), [], "chosen ports");
    let (first, mut names) = row(CONNECTION, "");
    names.ephemeral.clear();
    let mut rows = vec![first];
    rows.extend(crowd(CONNECTION, 99, next));
    assert_eq!(told(&among(&rows, &names, None).findings), [], "a range that is not known");
}

#[test]
fn two_readings_tell_of_the_present() {
    let earlier = |more: &str, base: &str, seconds| {
        let (row, _) = row(base, more);
        Some(Earlier { counts: Counts::of(&row.socket), ago: Duration::from_secs(seconds) })
    };
    let info =
        |again: u32, all: u32| format!("tcp_info = {{ total_retrans = {again}, data_segs_out = {all} }}");
    for (before, now, expected) in [
        (info(0, 1000), info(1, 1039), vec![]),
        (info(0, 10_000), info(1, 10_040), vec![("lossy-path", Warning)]),
        (info(0, 10_000), info(2, 10_040), vec![("lossy-path", Alarm)]),
        (info(100, 1000), info(100, 1040), vec![("lossy-path", Note)]),
        (info(100, 1000), info(100, 1039), vec![("lossy-path", Alarm)]),
        (info(100, 1000), info(9, 900), vec![("lossy-path", Warning)]),
    ] {
        let (row, names) = row(CONNECTION, &now);
        let found = among(&[row], &names, earlier(&before, CONNECTION, 10)).findings;
        assert_eq!(told(&found), expected, "{before} {now}");
    }
    let (busy, quiet) = (
        "tcp_info = { busy_time = 2000000, rwnd_limited = 1000000 }",
        "tcp_info = { busy_time = 0, rwnd_limited = 0 }",
    );
    let (row_now, names) = row(CONNECTION, busy);
    let found = among(std::slice::from_ref(&row_now), &names, earlier(quiet, CONNECTION, 10)).findings;
    assert!(found[0].text.ends_with("50% of the 2.0 s with data to send in the last 10s"), "{found:?}");
    for (before, severity, says) in
        [(3, Note, "none in the last 10s"), (2, Alarm, "1 of them in the last 10s")]
    {
        let (row, names) = row(DATAGRAMS, "memory = { drops = 3 }");
        let counted = earlier(&format!("memory = {{ drops = {before} }}"), DATAGRAMS, 10);
        let found = among(&[row], &names, counted).findings;
        assert_eq!(told(&found), [("drops", severity)]);
        assert!(found[0].text.contains(says), "{found:?}");
    }
}

#[test]
fn what_fell_was_no_counter() {
    let (then, now) = (Some(9), Some(8));
    let counts = |segments, acked| Counts { segments, acked, ..Counts::default() };
    assert_eq!(counts(now, then).since(&counts(then, now)), counts(None, Some(1)));
    assert_eq!(counts(None, then).since(&counts(then, None)), counts(None, None));
}

#[test]
fn nothing_acknowledged_between_two_readings_is_stuck() {
    let sent = "send_q = 900\ntcp_info = { bytes_acked = 5, last_data_sent = 10, last_ack_recv = 10 }";
    let check = |before: &str, seconds| {
        let (then, _) = row(CONNECTION, before);
        let (row, names) = row(CONNECTION, sent);
        let earlier = Earlier { counts: Counts::of(&then.socket), ago: Duration::from_secs(seconds) };
        told(&among(&[row], &names, Some(earlier)).findings)
    };
    assert_eq!(check(sent, 1), []);
    assert_eq!(check(sent, 2), [("send-stuck", Warning)]);
    assert_eq!(check(&sent.replace("acked = 5", "acked = 4"), 9), []);
    assert_eq!(check(&sent.replace("send_q = 900", "send_q = 0"), 9), []);
}

#[test]
fn a_program_is_the_limit_only_of_what_flows() {
    let check = |limited: u32, sent: u64| {
        let (found, names) =
            row(CONNECTION, &format!("tcp_info = {{ delivery_rate_app_limited = {limited} }}"));
        let rate = Some(crate::model::Rate { sent, received: 0 });
        let row = Row::new(found.socket, History { rate, ..History::default() });
        told(&among(&[row], &names, None).findings)
    };
    assert_eq!(check(1, 99_999), []);
    assert_eq!(check(1, 100_000), [("application-limited", Note)]);
    assert_eq!(check(0, 100_000), []);
}

#[test]
fn what_could_not_be_judged_is_told() {
    for (base, more, lacking) in [
        (CONNECTION, "", 1),
        (CONNECTION, "tcp_info = { rtt = 1 }", 0),
        (LISTENER, "", 1),
        (LISTENER, "recv_q = 0\nsend_q = 1", 0),
        (DATAGRAMS, "", 1),
        (DATAGRAMS, "memory = { drops = 0 }", 0),
    ] {
        let (row, names) = row(base, more);
        assert_eq!(among(&[row], &names, None).unjudged.len(), lacking, "{base} {more}");
    }
}

#[test]
fn what_is_closed_is_not_judged_and_the_worst_comes_first() {
    let (row, names) = row(&LISTENER.replace(":80", ":23"), "recv_q = 9\nsend_q = 8");
    let told_now = told(&among(std::slice::from_ref(&row), &names, None).findings);
    assert_eq!(told_now, [("accept-queue", Alarm), ("plaintext", Warning)]);
    let life = crate::model::Life::Closed { at: moment(1) };
    let closed = Row::new(row.socket, History { life, ..History::default() });
    assert_eq!(among(&[closed], &names, None), Diagnosis::default());
}

fn some_socket() -> impl Strategy<Value = Row> {
    let numbers = proptest::collection::vec(any::<u64>(), TcpInfoPlace::ALL.len());
    let memory = any::<[Option<u32>; 5]>();
    let timer = proptest::option::of((0usize..TimerKind::ALL.len(), any::<u32>(), any::<u8>()));
    let bases = prop_oneof![Just(LISTENER), Just(CONNECTION), Just(DATAGRAMS)];
    let state = 0usize..State::ALL.len();
    (bases, state, any::<[Option<u32>; 2]>(), numbers, (memory, timer, 0usize..=TcpInfoPlace::ALL.len()))
        .prop_map(|(base, state, queues, numbers, (memory, timer, known))| {
            let (mut row, _) = row(base, "");
            row.socket.state = State::ALL[state];
            [row.socket.queues.recv, row.socket.queues.send] = queues;
            let numbers: Vec<_> = TcpInfoPlace::ALL.iter().copied().zip(numbers).take(known).collect();
            let [rmem_alloc, rcvbuf, wmem_queued, sndbuf, drops] = memory;
            row.socket.timer = timer.map(|(kind, expires_ms, retransmits)| Timer {
                kind: TimerKind::ALL[kind],
                expires_ms,
                retransmits,
            });
            row.socket.details = Some(Arc::new(Details {
                tcp_info: Some(TcpInfo::of(&numbers)),
                memory: Some(Memory { rmem_alloc, rcvbuf, sndbuf, wmem_queued, drops, ..Memory::default() }),
                ..Details::default()
            }));
            row
        })
}

proptest! {
    #[test]
    fn whatever_the_numbers_findings_are_sentences(now in some_socket(), then in some_socket(), ago in any::<u32>()) {
        let (_, names) = row(LISTENER, "");
        let earlier = Earlier { counts: Counts::of(&then.socket), ago: Duration::from_millis(ago.into()) };
        for earlier in [None, Some(earlier)] {
            let diagnosis = among(std::slice::from_ref(&now), &names, earlier);
            for finding in diagnosis.findings {
                prop_assert!(KINDS.contains(&finding.kind));
                prop_assert!(finding.text.split_whitespace().count() > 3, "{:?}", finding);
                prop_assert!(!finding.text.chars().any(char::is_control) && !finding.text.ends_with('.'));
            }
        }
    }
}
