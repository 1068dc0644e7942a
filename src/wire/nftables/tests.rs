//! Rules as Linux 6.18 dumps them, put there by nft 1.0.6 and iptables-nft 1.8.9.

use super::*;
use crate::model::{Incoming, PublishedPort, Span};

/// Everything dumped from a namespace: messages in hexadecimal, each on a line, little-endian.
struct Captured(Vec<Vec<u8>>);

/// `NFT_MSG_NEWSETELEM`
const ELEMENTS: u16 = 0x0a0c;

const NATIVE: &str = include_str!("captured/native.hex");
const KUBE: &str = include_str!("captured/kube.hex");
const IPTABLES: &str = include_str!("captured/iptables.hex");

impl Captured {
    fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let byte = |line: &str, at| u8::from_str_radix(&line[at..at + 2], 16).unwrap();
        Self(lines.map(|line| (0..line.len()).step_by(2).map(|at| byte(line, at)).collect()).collect())
    }

    /// The rules, with the elements of sets where these are wanted.
    fn rules(&self, with_sets: bool) -> Ruleset {
        let mut rules = Ruleset::default();
        for message in &self.0 {
            if with_sets || u16::from_ne_bytes([message[4], message[5]]) != ELEMENTS {
                rules.take(message).unwrap();
            }
        }
        if with_sets {
            for set in rules.sets.keys().cloned().collect::<Vec<_>>() {
                rules.settle(&set);
            }
        }
        rules
    }

    fn told(&self, with_sets: bool) -> Vec<String> {
        self.rules(with_sets).published().ports.iter().map(line).collect()
    }
}

fn span<T: Copy + PartialEq + ToString>(span: Option<Span<T>>) -> String {
    span.map_or_else(
        || "*".to_owned(),
        |Span { first, last }| {
            if first == last {
                first.to_string()
            } else {
                format!("{}-{}", first.to_string(), last.to_string())
            }
        },
    )
}

/// `tcp host:port > target:port in chain`, and what else there is to say.
fn line(port: &PublishedPort) -> String {
    let line = format!(
        "{} {} {} > {} {} in {} {}",
        port.protocol_word().unwrap_or("*"),
        span(port.host),
        span(port.ports),
        span(port.target),
        span(port.target_ports),
        port.table_family,
        String::from_utf8_lossy(port.chain.as_bytes()),
    );
    let name = |name: &SystemBytes| String::from_utf8_lossy(name.as_bytes()).into_owned();
    let interface = match &port.interface {
        Some(Incoming::From(one)) => format!(" from {}", name(one)),
        Some(Incoming::NotFrom(one)) => format!(" not from {}", name(one)),
        None => String::new(),
    };
    line + &interface + if port.conditional { " if" } else { "" }
}

#[test]
#[cfg(target_endian = "little")]
fn rules_of_nft() {
    assert_eq!(
        Captured::read(NATIVE).told(true),
        [
            "tcp * 8080 > 127.0.0.9 80 in ip pre",
            "udp * 5000-5010 > 10.0.0.2 * in ip pre",
            "tcp 192.0.2.0-192.0.2.255 443 > 10.0.0.3 443 in ip pre not from docker0",
            "tcp 192.0.2.0-192.0.2.255 8443-8450 > 10.0.0.3 443 in ip pre not from docker0",
            "tcp * 81 > 10.0.0.4 81 in ip pre if",
            "tcp * 82 > 10.0.0.5 8000-8010 in ip sub if", // some return before
            // Of 8080 nothing is left for the rule with this port alone, which is not told.
            "tcp * 8070-8090 > 10.0.0.98 * in ip pre if",
            "tcp * 90 > 10.0.0.9 91 in ip pre",
            // Of udp 70 neither: it is redirected before.
            "tcp 192.0.2.128-192.0.2.255 * > 10.0.0.96 * in ip pre if",
        ]
    );
}

#[test]
#[cfg(target_endian = "little")]
fn maps_of_verdicts() {
    assert_eq!(
        Captured::read(KUBE).told(true),
        [
            "tcp 10.96.0.1 443 > 10.0.0.7 6443 in inet one",
            "tcp * 30080 > 10.0.0.8 6443 in inet three if", // one of two
            "tcp * 30080 > 10.0.0.7 6443 in inet one if",
            "tcp * 8083 > 10.0.0.6 80 in inet pre",
            "tcp * 8084 > fd00::2 80 in inet pre",
        ],
        "and nothing of a table that is switched off"
    );
}

#[test]
#[cfg(target_endian = "little")]
fn rules_of_iptables() {
    assert_eq!(
        Captured::read(IPTABLES).told(true),
        [
            "tcp * 8088 > 172.17.0.2 80 in ip DOCKER not from docker0",
            "udp 192.0.2.1 5353-5400 > 172.17.0.3 * in ip DOCKER not from docker0",
            "tcp * 1 > 172.17.0.4 80 in ip PREROUTING",
            "tcp * 2-4 > 172.17.0.4 80 in ip PREROUTING",
            "tcp * 9 > 172.17.0.5 80 in ip PREROUTING if",
            "tcp * 8089 > fd00::2 80 in ip6 PREROUTING",
        ]
    );
}

#[test]
#[cfg(target_endian = "little")]
fn sets_that_were_not_read_are_missing_and_nothing_is_made_up() {
    let captured = Captured::read(NATIVE);
    let told = captured.told(false);
    assert!(
        told.contains(&"tcp 192.0.2.0-192.0.2.255 * > 10.0.0.3 443 in ip pre not from docker0 if".into()),
        "{told:#?}"
    );
    assert!(told.contains(&"tcp * * > * * in ip pre if".into()), "{told:#?}");
    let missing = captured.rules(false).published().missing;
    let names: Vec<_> = missing.iter().map(|set| String::from_utf8_lossy(set.name.as_bytes())).collect();
    assert_eq!(names, ["__set0", "m"]);
    assert!(captured.rules(true).published().missing.is_empty());
    let tables: Vec<_> = Captured::read(KUBE).rules(true).nat_tables().map(TableId::word).collect();
    assert_eq!(tables, ["inet"], "the other one is off");
}

#[test]
#[cfg(target_endian = "little")]
fn rules_that_changed_between_dumps_are_noticed() {
    let mut rules = Captured::read(NATIVE).rules(true);
    assert!(!rules.is_mixed());
    let mut later = Captured::read(NATIVE).0[0].clone();
    later[19] ^= 1; // the low byte of the generation
    rules.take(&later).unwrap();
    assert!(rules.is_mixed());
}

#[test]
fn requests_name_table_and_set() {
    let table = TableId { family: IP, name: "t".into() };
    let set = SetId { table: table.clone(), name: "m".into() };
    let body = |request: Request<'_>| {
        let message = request.message(7);
        let kind = u16::from_ne_bytes([message[4], message[5]]);
        (kind, message[16..].to_vec())
    };
    assert_eq!(body(Request::Tables), (0x0a01, vec![0; 4]));
    let mut named = vec![2, 0, 0, 0];
    netlink::push_attribute(&mut named, 1, b"t\0");
    assert_eq!(body(Request::Rules(&table)), (0x0a07, named.clone()));
    netlink::push_attribute(&mut named, 2, b"m\0");
    assert_eq!(body(Request::Elements(&set)), (0x0a0d, named));
}

/// A message around a body.
fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = netlink::dump_request(SUBSYSTEM | kind, 1, &[&[IP, 0, 0, 0], body].concat());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

proptest::proptest! {
    #[test]
    fn no_attributes_make_it_panic(
        kind in 0u16..14,
        parts in proptest::collection::vec((1u16..6, proptest::collection::vec(0u8..12, 0..6)), 0..12),
    ) {
        let mut body = Vec::new();
        for (kind, payload) in &parts {
            netlink::push_attribute(&mut body, *kind, payload);
        }
        // Whether it is an answer at all does not matter here.
        Ruleset::default().take(&body).ok();
        Ruleset::default().take(&message(kind, &body)).unwrap();
    }

    /// Rules that were captured, with some bytes changed.
    #[test]
    fn no_broken_rule_makes_it_panic(at in proptest::collection::vec((0usize..1 << 16, proptest::num::u8::ANY), 1..8)) {
        for text in [NATIVE, KUBE, IPTABLES] {
            let mut captured = Captured::read(text);
            for (place, byte) in &at {
                let count = captured.0.len();
                let message = &mut captured.0[place % count];
                let place = 20 + place / count % (message.len() - 20); // behind the headers
                message[place] = *byte;
            }
            captured.told(true);
        }
    }
}
