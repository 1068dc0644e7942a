//! Ports that rules publish, with or without a socket: rules put into a namespace by nft and iptables,
//! read back by the program.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::Case;
use crate::document::{Document, PublishedPort};
use crate::harness::{document, run, sockeye};
use crate::namespaces::{enter_new, in_namespace};
use crate::others::PublicCopy;
use crate::stock::{cookie, udp_server};

pub(crate) const CASES: &[Case] = &[
    ("dnat::rules_of_nft_are_read_back", || in_namespace(rules_of_nft)),
    ("dnat::maps_and_chains_of_nft_are_followed", || in_namespace(maps_of_nft)),
    ("dnat::rules_of_iptables_are_read_back", || in_namespace(rules_of_iptables)),
    ("dnat::a_listener_is_told_what_is_passed_on", || in_namespace(listeners)),
    ("dnat::without_the_right_it_is_a_gap", || in_namespace(without_the_right)),
    ("dnat::a_container_behind_is_named", || in_namespace(container)),
];

pub(crate) const LEGACY: &[Case] = &[("dnat::iptables_legacy_is_a_gap", || in_namespace(legacy))];

/// Why there is nothing to put rules with.
pub(crate) fn missing() -> Option<&'static str> {
    (!works("nft", &["list", "ruleset"]) || !works("iptables-nft", &["-t", "nat", "-S"]))
        .then_some("needs nft, and iptables-nft, and a kernel that takes their rules")
}

/// The same for the older iptables.
pub(crate) fn missing_legacy() -> Option<&'static str> {
    (!works("iptables-legacy", &["-t", "nat", "-S"]))
        .then_some("needs iptables-legacy, and a kernel that has it")
}

/// Whether a command ends well in a namespace of its own.
fn works(program: &'static str, args: &'static [&'static str]) -> bool {
    let inside = move || {
        enter_new().is_ok() && Command::new(program).args(args).output().is_ok_and(|ran| ran.status.success())
    };
    std::thread::spawn(inside).join().unwrap()
}

fn nft(rules: &str) {
    let mut child = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{rules}");
}

fn iptables(program: &str, args: &str) {
    let ran = run(Command::new(program).args(["-t", "nat"]).args(args.split(' ')));
    assert_eq!(ran.code(), 0, "{args}: {}", ran.stderr());
}

/// The rules in the words of this test, and nothing else that could be told.
fn told() -> Vec<String> {
    let told = document(&["--json", "-tl"]);
    let read = told.coverage.published.expect("they were asked for");
    assert_eq!((read.status.as_str(), read.reason), ("ok", None));
    told.published.expect("they could be read").iter().map(words).collect()
}

/// `tcp address port > address port in table chain`.
fn words(port: &PublishedPort) -> String {
    let span = |first: Option<String>, last: Option<String>| match (first, last) {
        (Some(first), Some(last)) if first == last => first,
        (Some(first), Some(last)) => format!("{first}-{last}"),
        (None, None) => "*".to_owned(),
        half => panic!("{half:?}"),
    };
    let number = |port: Option<u16>| port.map(|port| port.to_string());
    let port = port.clone();
    let mut words = format!(
        "{} {} {} > {} {} in {} {} {}",
        port.protocol.as_deref().unwrap_or("*"),
        span(port.address, port.address_last),
        span(number(port.port), number(port.port_last)),
        span(port.to_address, port.to_address_last),
        span(number(port.to_port), number(port.to_port_last)),
        port.table_family,
        port.table,
        port.chain,
    );
    words += &port.interface.map_or_else(String::new, |name| format!(" from {name}"));
    words += &port.interface_excluded.map_or_else(String::new, |name| format!(" not from {name}"));
    words + if port.conditional { " if" } else { "" }
}

fn rules_of_nft() {
    assert_eq!(told(), Vec::<String>::new(), "there are none, and that is known");
    nft("table ip t {
          chain pre {
            type nat hook prerouting priority dstnat;
            tcp dport 8080 dnat to 127.0.0.9:80
            udp dport 5000-5010 dnat to 127.0.0.9
            ip daddr 192.0.2.0/24 iifname \"lo\" tcp dport { 443, 8443-8450 } dnat to 127.0.0.9:443
            tcp dport 81 ct state new dnat to 127.0.0.9:81
            tcp dport != 82 dnat to 127.0.0.9:82
          }
          chain out {
            type nat hook output priority 0;
            tcp dport 83 dnat to 127.0.0.9:83
          }
        }
        table ip6 t {
          chain pre {
            type nat hook prerouting priority dstnat;
            tcp dport 8080 dnat to [2001:db8::9]:80
          }
        }");
    assert_eq!(
        told(),
        [
            "tcp * 8080 > 127.0.0.9 80 in ip t pre",
            "udp * 5000-5010 > 127.0.0.9 * in ip t pre",
            "tcp 192.0.2.0-192.0.2.255 443 > 127.0.0.9 443 in ip t pre from lo",
            "tcp 192.0.2.0-192.0.2.255 8443-8450 > 127.0.0.9 443 in ip t pre from lo",
            "tcp * 81 > 127.0.0.9 81 in ip t pre if",
            "tcp * * > 127.0.0.9 82 in ip t pre if",
            "tcp * 8080 > 2001:db8::9 80 in ip6 t pre",
        ]
    );
    nft("add table ip t { flags dormant; }");
    assert_eq!(told(), ["tcp * 8080 > 2001:db8::9 80 in ip6 t pre"], "the other table is switched off");
}

fn maps_of_nft() {
    nft("table ip t {
          map nodes {
            type inet_proto . inet_service : verdict
            elements = { tcp . 30080 : goto service }
          }
          map ends {
            type inet_service : ipv4_addr . inet_service
            elements = { 90 : 127.0.0.9 . 91 }
          }
          chain pre {
            type nat hook prerouting priority dstnat;
            fib daddr type local jump services
            dnat ip to tcp dport map @ends
          }
          chain services {
            meta l4proto . th dport vmap @nodes
          }
          chain service {
            numgen random mod 2 vmap { 0 : goto end, 1 : goto other }
          }
          chain end {
            meta l4proto tcp dnat to 127.0.0.7:80
          }
          chain other {
            meta l4proto tcp dnat to 127.0.0.8:80
          }
          chain nobody_comes_here {
            tcp dport 99 dnat to 127.0.0.6:80
          }
        }");
    assert_eq!(
        told(),
        [
            "tcp * 30080 > 127.0.0.7 80 in ip t end if",
            "tcp * 30080 > 127.0.0.8 80 in ip t other if",
            "tcp * 90 > 127.0.0.9 91 in ip t pre",
        ]
    );
}

fn rules_of_iptables() {
    for rule in [
        "-N DOCKER",
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
        "-A DOCKER -i docker0 -j RETURN",
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 127.0.0.9:80",
        "-A DOCKER ! -i docker0 -d 192.0.2.1 -p udp --dport 5353:5400 -j DNAT --to-destination 127.0.0.9",
        "-A PREROUTING -p tcp -m multiport --dports 1,2:4 -j DNAT --to-destination 127.0.0.9:80-90",
        "-A PREROUTING -p tcp --dport 9 -m mark --mark 7 -j DNAT --to-destination 127.0.0.9:80",
    ] {
        iptables("iptables-nft", rule);
    }
    iptables("ip6tables-nft", "-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination [2001:db8::9]:80");
    assert_eq!(
        told(),
        [
            "tcp * 8080 > 127.0.0.9 80 in ip nat DOCKER not from docker0",
            "udp 192.0.2.1 5353-5400 > 127.0.0.9 * in ip nat DOCKER not from docker0",
            "tcp * 1 > 127.0.0.9 80-90 in ip nat PREROUTING",
            "tcp * 2-4 > 127.0.0.9 80-90 in ip nat PREROUTING",
            "tcp * 9 > 127.0.0.9 80 in ip nat PREROUTING if",
            "tcp * 8080 > 2001:db8::9 80 in ip6 nat PREROUTING",
        ]
    );
}

/// A rule for the port of each of two listeners: only the one that others can come to loses by it.
fn listeners() {
    let open = TcpListener::bind("0.0.0.0:0").unwrap();
    let local = TcpListener::bind("127.0.0.1:0").unwrap();
    let datagrams = udp_server("0.0.0.0");
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let udp = datagrams.local_addr().unwrap().port();
    nft(&format!(
        "table ip t {{
           chain pre {{
             type nat hook prerouting priority dstnat;
             tcp dport {{ {}, {} }} dnat to 127.0.0.9:80
             udp dport {udp} dnat to 127.0.0.9:53
           }}
         }}",
        port(&open),
        port(&local),
    ));
    let told = document(&["--json", "-tula"]);
    let of = |cookie| {
        let row: &crate::document::Socket = told.by_cookie(cookie).unwrap();
        row.dnat.iter().flatten().map(words).collect::<Vec<_>>()
    };
    assert_eq!(of(cookie(&open)), [format!("tcp * {} > 127.0.0.9 80 in ip t pre", port(&open))]);
    assert_eq!(of(cookie(&datagrams)), [format!("udp * {udp} > 127.0.0.9 53 in ip t pre")]);
    assert_eq!(of(cookie(&local)), Vec::<String>::new(), "nobody comes to loopback from outside");
    let report = run(&mut sockeye(&["doctor"])).ok();
    let line = format!("tcp 0.0.0.0:{} to 127.0.0.9:80", port(&open));
    assert!(report.contains(&line), "{report}");
}

fn without_the_right() {
    nft(
        "table ip t { chain pre { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 127.0.0.9:80; }; }",
    );
    assert_eq!(told(), ["tcp * 8080 > 127.0.0.9 80 in ip t pre"], "root sees it");
    let copy = PublicCopy::new();
    let ran = run(&mut copy.by_nobody(&["--json", "-tl"]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let told = Document::read(&ran.stdout);
    assert_eq!(told.published, None, "which is not the same as none");
    let read = told.coverage.published.unwrap();
    assert_eq!(read.status, "denied");
    assert!(read.reason.as_deref().unwrap().contains("CAP_NET_ADMIN"), "{read:?}");
    let report = run(&mut copy.by_nobody(&["doctor"])).ok();
    let line = report.lines().find(|line| line.starts_with("published")).unwrap();
    assert!(line.contains("not known") && line.contains("CAP_NET_ADMIN"), "{report}");
}

/// The shell sees a directory of Docker's that is not there for anybody else.
const SCRIPT: &str = "mount -t tmpfs none /var/lib && mkdir -p /var/lib/docker/containers/$1 && \
    printf %s \"$2\" > /var/lib/docker/containers/$1/config.v2.json && $3 --json -tl; exit $?";

fn container() {
    nft(
        "table ip t { chain pre { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 172.17.0.2:80; }; }",
    );
    let id = "1".repeat(64);
    let facts = r#"{"Name": "/web", "NetworkSettings": {"Networks": {"a": {"IPAddress": "172.17.0.2"}}}}"#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", SCRIPT, "sh", &id, facts, env!("CARGO_BIN_EXE_sockeye")]);
    let ran = run(command.env("SOCKEYE_CONFIG", ""));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let published = Document::read(&ran.stdout).published.unwrap();
    let container = published[0].container.as_ref().expect("its address is known");
    assert_eq!((container.id.as_str(), container.name.as_deref()), (id.as_str(), Some("web")));
}

fn legacy() {
    iptables("iptables-legacy", "-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 127.0.0.9:80");
    let told = document(&["--json", "-tl"]);
    let read = told.coverage.published.unwrap();
    assert_eq!(read.status, "partial");
    assert!(read.reason.as_deref().unwrap().contains("iptables-legacy is in use"), "{read:?}");
}
