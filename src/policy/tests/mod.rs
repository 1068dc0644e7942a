//! The policy from file to alert, driven by scripted samples.

mod compare;
mod edit;
mod facts;
mod fold;
mod rules;
mod troubles;
mod vigil;

use std::time::Duration;

use super::*;
use crate::engine::{OwnerAsk, Sampler};
use crate::filter::Vocabulary;
use crate::model::{Change, Extent, PortRange, Row};
use crate::source::everything;
use crate::source::scenario::Scenario;
use crate::store::{Moment, Table};

/// Who is there in every test: a web server on two ports, a name server, a stranger.
const PEOPLE: &str = r#"
    [host]
    boot_id = "b"
    [users]
    0 = "root"
    33 = "www-data"
    [process.nginx]
    pid = 10
    comm = "nginx"
    exe = "/usr/sbin/nginx"
    uid = 0
    [process.worker]
    pid = 11
    comm = "nginx"
    exe = "/usr/sbin/nginx"
    uid = 33
    [process.nc]
    pid = 66
    comm = "nginx"
    exe = '/tmp/\x1b[2Jnc \\ "x"'
    uid = 33
    [process.gone]
    pid = 67
    comm = "gone"
    exe = "/usr/sbin/nginx"
    deleted = true
    [process.shy]
    pid = 68
    comm = "shy"
    [socket.web]
    cookie = 1
    protocol = "tcp"
    state = "listen"
    local = "0.0.0.0:80"
    inode = 1
    uid = 0
    owners = ["nginx:3", "worker:3"]
    [socket.web6]
    cookie = 2
    protocol = "tcp"
    state = "listen"
    local = "[::]:80"
    v6only = true
    inode = 2
    uid = 0
    owners = ["nginx:4"]
    [socket.dns]
    cookie = 3
    protocol = "udp"
    state = "unconnected"
    local = "127.0.0.1:53"
    inode = 3
    uid = 0
    owners = ["nginx:5"]
    [socket.door]
    cookie = 4
    protocol = "tcp"
    state = "listen"
    local = "0.0.0.0:4444"
    inode = 4
    uid = 33
    owners = ["nc:3"]
    [socket.query]
    cookie = 5
    protocol = "udp"
    state = "unconnected"
    local = "0.0.0.0:40000"
    inode = 5
    uid = 33
    owners = ["nc:4"]
    [socket.local]
    cookie = 6
    protocol = "unix"
    state = "listen"
    path = "/run/x"
    inode = 6
    owners = ["nc:5"]
"#;

/// Plays the samples (each `at` one second after the other) and calls `each` with every step.
fn play(samples: &str, each: impl FnMut(&[Change], &Table, &Moment)) {
    play_whole(&format!("{PEOPLE}{samples}"), each);
}

/// Plays a whole script.
fn play_whole(samples: &str, mut each: impl FnMut(&[Change], &Table, &Moment)) {
    let scenario = Scenario::parse(samples).unwrap_or_else(|error| panic!("{error}"));
    let scenes = samples.matches("[[sample]]").count();
    let mut script = Sampler::new(Box::new(scenario), everything(), OwnerAsk::NOTHING);
    let mut table = Table::new(Duration::ZERO);
    for _ in 0..scenes {
        let (next, changes) = table.apply(script.take().unwrap());
        table = next;
        each(&changes, &table, table.moment().unwrap());
    }
}

fn samples(of: &[&str]) -> String {
    let one = |(at, sockets): (usize, &&str)| format!("[[sample]]\nat = {at}\nsockets = [{sockets}]\n");
    of.iter().enumerate().map(one).collect()
}

const ALL: &str = r#""web", "web6", "dns", "door", "query", "local""#;

fn policy(entries: &str) -> Policy {
    parse(&format!("version = 1\n{entries}")).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a policy on a machine that knows one service.
fn parse(text: &str) -> Result<Policy, PolicyError> {
    let services = |name: &str| if name == "door" { vec![4444] } else { Vec::new() };
    Policy::parse(text, &Vocabulary { services: &services, ephemeral: &PortRange::default })
}

fn entry(protocol: &str, port: &str, scope: &str, more: &str) -> String {
    format!("[[expect]]\nprotocol = \"{protocol}\"\nport = {port}\nscope = \"{scope}\"\n{more}\n")
}

/// All are expected, but no entry says who they are.
fn anybody() -> Policy {
    policy(&(entry("tcp", "\"any\"", "any", "") + &entry("udp", "\"any\"", "any", "")))
}

/// What a watch says of each alert, reading by reading.
fn watched(policy: &Policy, scene: &str, of: fn(&Alert) -> String) -> Vec<Vec<String>> {
    let mut watcher = Watcher::new(policy.clone());
    let mut log = Vec::new();
    play(scene, |changes, table, moment| {
        log.push(watcher.watch(changes, table, moment).iter().map(of).collect());
    });
    log
}

/// The same, where the second reading is but a glance.
fn glanced(policy: &Policy, scene: &str) -> Vec<Vec<String>> {
    let mut watcher = Watcher::new(policy.clone());
    let mut log = Vec::new();
    play(scene, |changes, table, moment| {
        let extent = if log.len() == 1 { Extent::Listeners } else { Extent::All };
        let moment = Moment { extent, ..moment.clone() };
        log.push(watcher.watch(changes, table, &moment).iter().map(told).collect());
    });
    log
}

/// What a one-shot check says about each listener of a sample, as "port kind reason".
fn check(policy: &Policy, samples: &str) -> Vec<String> {
    let mut said = Vec::new();
    play(samples, |_, table, moment| {
        said = Watcher::new(policy.clone()).check(table, moment).iter().map(told).collect();
    });
    said
}

fn told(alert: &Alert) -> String {
    let port = alert.socket.ends.local().map_or(0, |end| end.port);
    format!("{port} {}: {}", alert.kind.word(), alert.reason)
}

#[test]
fn without_a_policy_every_internet_listener_is_unexpected_and_nothing_else() {
    let said = check(&Policy::default(), &samples(&[ALL]));
    let unexpected = |port| format!("{port} unexpected-listener: no expectation covers it");
    assert_eq!(said, [80, 80, 53, 4444].map(unexpected));
}

#[test]
fn the_nearest_entry_tells_why() {
    for (entries, says) in [
        (entry("tcp", "80", "any", ""), None),
        (entry("tcp", "\"any\"", "any", ""), None),
        (entry("tcp", "\"79-81\"", "any", ""), None),
        (entry("tcp", "80", "any", "user = \"root\""), None),
        (entry("tcp", "80", "any", "user = \"0\""), None),
        (entry("tcp", "80", "any", "exe = \"/usr/sbin/nginx\"\ncomm = \"nginx\""), None),
        (entry("tcp", "80", "any", "exe = [\"/bin/x\", \"/usr/sbin/nginx\"]"), None),
        (entry("udp", "80", "any", ""), Some("no expectation covers it")),
        (entry("tcp", "81", "any", ""), Some("no expectation covers it")),
        (entry("tcp", "80", "loopback", ""), Some("wider than expected: only loopback is accepted")),
        (entry("tcp", "80", "public", ""), Some("wider than expected: only public is accepted")),
        (entry("tcp", "80", "any", "user = \"www-data\""), Some("its user is not the expected www-data")),
        (entry("tcp", "80", "any", "exe = \"/bin/x\""), Some("its exe is not the expected /bin/x")),
        (
            entry("tcp", "80", "loopback", "") + &entry("tcp", "80", "any", "exe = \"/bin/x\""),
            Some("its exe is not the expected /bin/x"),
        ),
        (entry("tcp", "80", "any", "exe = \"/bin/x\"") + &entry("tcp", "80", "any", ""), None),
    ] {
        let said = check(&policy(&entries), &samples(&[r#""web""#]));
        let expected: Vec<_> =
            says.map(|says| format!("80 unexpected-listener: {says}")).into_iter().collect();
        assert_eq!(said, expected, "{entries}");
    }
}

#[test]
fn a_listener_may_be_asked_for_its_unit_its_container_and_its_namespace() {
    let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let in_cgroup = |cgroup: &str, name: &str| {
        format!(
            "[process.it]\npid = 90\ncomm = \"it\"\nexe = \"/bin/it\"\nuid = 0\n{cgroup}\n{name}\n\
             [socket.it]\ncookie = 90\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"0.0.0.0:80\"\n\
             inode = 90\nuid = 0\nowners = [\"it:3\"]\n{}",
            samples(&[r#""it""#])
        )
    };
    let service = in_cgroup("cgroup = \"/system.slice/web.service\"", "");
    let of_user =
        in_cgroup("cgroup = \"/user.slice/user-33.slice/user@33.service/app.slice/web.service\"", "");
    let docker = format!("cgroup = \"/system.slice/docker-{id}.scope\"");
    let (named, unnamed) = (in_cgroup(&docker, "container_name = \"shop\""), in_cgroup(&docker, ""));
    let unseen = in_cgroup("", "");
    let (fine, other, unknown) = (None, Some("unexpected-listener"), Some("unverifiable-listener"));
    for (condition, scene, says) in [
        ("unit = \"web.service\"", &service, fine),
        ("unit = [\"a.service\", \"web.service\"]", &service, fine),
        ("unit = \"a.service\"", &service, other),
        ("unit = \"web.service\"", &of_user, other), // a user may call it anything
        ("unit = \"user@33.service\"", &of_user, other),
        ("unit = \"web.service\"", &unseen, unknown),
        ("container = \"shop\"", &named, fine),
        ("container = \"other\"", &named, other),
        ("container = \"shop\"", &service, other),
        ("container = \"shop\"", &unnamed, unknown),
        (&format!("container = \"{id}\""), &unnamed, fine),
        ("container = \"shop\"", &unseen, unknown),
        ("netns = \"0\"", &service, other),
    ] {
        let said = check(&policy(&entry("tcp", "80", "any", condition)), scene);
        let kind = said.first().map(|line| line.split([' ', ':']).nth(1).unwrap());
        assert_eq!(kind, says, "{condition}: {said:?}\n{scene}");
    }
    let here = {
        let mut netns = 0;
        play(&service, |_, table, _| netns = table.open().next().unwrap().socket.key.netns.0);
        format!("netns = \"{netns}\"")
    };
    assert_eq!(check(&policy(&entry("tcp", "80", "any", &here)), &service), [""; 0]);
}

/// Sockets of the first sample with other owners.
fn web_held_by(owners: &str) -> String {
    samples(&[r#""web""#]) + &format!("[sample.change.web]\n{owners}\n")
}

#[test]
fn one_stranger_among_the_owners_makes_a_stranger() {
    let policy = policy(&entry("tcp", "80", "any", "exe = \"/usr/sbin/nginx\""));
    let other = ["80 unexpected-listener: its exe is not the expected /usr/sbin/nginx"];
    let cannot = ["80 unverifiable-listener: cannot see whether its exe is the expected /usr/sbin/nginx"];
    // The file behind the name is another one now.
    let gone = "80 executable-deleted: the file that gone 67 runs was deleted or replaced, or never had a name: \
                /usr/sbin/nginx";
    for (owners, says) in [
        (r#"owners = ["nginx:3", "worker:3"]"#, &[][..]),
        (r#"owners = ["nginx:3", "nc:3"]"#, &other),
        (r#"owners = ["gone:3"]"#, &[other[0], gone]),
        (r#"owners = ["nginx:3", "shy:3"]"#, &cannot),
        (r#"owners = ["nc:3", "shy:3"]"#, &other),
        (r#"no_owner = "denied""#, &cannot),
        (r#"no_owner = "none""#, &cannot),
    ] {
        assert_eq!(check(&policy, &web_held_by(owners)), says, "{owners}");
    }
}

#[test]
fn what_is_learnt_is_expected_and_learning_again_adds_nothing() {
    play(&samples(&[ALL]), |_, table, moment| {
        let first = learn(&Policy::default(), table, moment);
        assert_eq!(
            (first.added, first.covered, first.unseen),
            (3, 0, 0),
            "two sockets of one server are one entry"
        );
        let text = HEADER.to_owned() + &first.entries;
        let policy = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(Watcher::new(policy.clone()).check(table, moment), []);
        let second = learn(&policy, table, moment);
        assert_eq!((second.added, second.covered, second.entries.as_str()), (0, 4, ""));
    });
}

#[test]
fn learning_writes_names_so_that_they_come_back() {
    play(&samples(&[r#""door""#]), |_, table, moment| {
        let learnt = learn(&Policy::default(), table, moment);
        assert!(!learnt.entries.contains('\x1b'), "{}", learnt.entries);
        let policy = parse(&format!("version = 1\n{}", learnt.entries)).unwrap();
        let Matcher::Exe(exes) = &policy.expectations[0].matchers[0] else { panic!("no exe was learnt") };
        assert_eq!(exes.paths()[0].as_bytes(), b"/tmp/\x1b[2Jnc \\ \"x\"");
    });
}

#[test]
fn twins_on_both_ip_versions_make_one_entry() {
    play(&samples(&[r#""web", "web6""#]), |_, table, moment| {
        // The same port, scope, user and executables.
        assert_eq!(learn(&Policy::default(), table, moment).added, 1);
    });
}

/// What the watch reports, sample by sample.
fn watch(policy: &Policy, samples: &str) -> Vec<Vec<String>> {
    let mut watcher = Watcher::new(policy.clone());
    let mut log = Vec::new();
    play(samples, |changes, table, moment| {
        log.push(watcher.watch(changes, table, moment).iter().map(told).collect());
    });
    log
}

#[test]
fn the_watch_reports_once_and_once_more_when_it_closes() {
    let policy = policy(&entry("tcp", "80", "any", ""));
    let log = watch(
        &policy,
        &samples(&[
            r#""web""#,
            r#""web", "door""#,
            r#""web", "door""#,
            r#""web""#,
            r#""web""#,
            r#""web""#,
            r#""web", "door""#,
        ]),
    );
    let opened = "4444 unexpected-listener: no expectation covers it";
    let closed = "4444 listener-closed: the listener that was reported is gone";
    assert_eq!(log, [vec![], vec![opened], vec![], vec![], vec![closed], vec![], vec![opened]]);
}

#[test]
fn the_watch_reports_at_once_what_was_there_before() {
    let log = watch(&Policy::default(), &samples(&[r#""door""#, r#""door""#]));
    assert_eq!(log, [vec!["4444 unexpected-listener: no expectation covers it"], vec![]]);
}

#[test]
fn a_listener_that_stops_listening_is_closed() {
    let change = "[sample.change.door]\nstate = \"closed\"\n";
    let log = watch(
        &Policy::default(),
        &(samples(&[r#""door""#]) + "[[sample]]\nat = 1\nsockets = [\"door\"]\n" + change),
    );
    assert_eq!(log[1], ["4444 listener-closed: the listener that was reported is gone"]);
}

#[test]
fn an_owner_that_cannot_be_seen_gets_a_second_look() {
    let policy = policy(&entry("tcp", "80", "any", "exe = \"/usr/sbin/nginx\""));
    let unseen = "[sample.change.web]\nno_owner = \"none\"\n";
    let one = |at: usize, change: &str| format!("[[sample]]\nat = {at}\nsockets = [\"web\"]\n{change}");
    // Seen at the second look: nothing to say.
    assert_eq!(watch(&policy, &(one(0, unseen) + &one(1, ""))), [vec![""; 0], vec![]]);
    // Not seen again: said once.
    let log = watch(&policy, &(one(0, unseen) + &one(1, unseen) + &one(2, unseen)));
    let cannot = "80 unverifiable-listener: cannot see whether its exe is the expected /usr/sbin/nginx";
    assert_eq!(log, [vec![], vec![cannot], vec![]]);
    // A glance sees no better.
    let log = glanced(&policy, &(one(0, unseen) + &one(1, unseen) + &one(2, unseen)));
    assert_eq!(log, [vec![], vec![], vec![cannot]]);
    // Then seen, and a stranger: that is news.
    let stranger = "[sample.change.web]\nowners = [\"nc:3\"]\n";
    let log = watch(&policy, &(one(0, unseen) + &one(1, unseen) + &one(2, stranger)));
    assert_eq!(log[2], ["80 unexpected-listener: its exe is not the expected /usr/sbin/nginx"]);
}

#[test]
fn a_new_owner_is_judged() {
    let policy = policy(&entry("tcp", "80", "any", "exe = \"/usr/sbin/nginx\""));
    let stranger =
        "[[sample]]\nat = 1\nsockets = [\"web\"]\n[sample.change.web]\nowners = [\"nginx:3\", \"nc:3\"]\n";
    let log = watch(&policy, &(samples(&[r#""web""#]) + stranger));
    assert_eq!(log, [vec![], vec!["80 unexpected-listener: its exe is not the expected /usr/sbin/nginx"]]);
}

#[test]
fn ids_are_the_same_for_the_same_fact_and_differ_otherwise() {
    let ids = || {
        let mut ids = Vec::new();
        play(&samples(&[ALL]), |_, table, moment| {
            ids = Watcher::new(Policy::default()).check(table, moment).iter().map(|alert| alert.id).collect();
        });
        ids
    };
    let mut once = ids();
    assert_eq!(once, ids());
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 4);
}

#[test]
fn mistakes_in_the_file_are_pointed_at() {
    let good = format!("version = 1\n{}", entry("tcp", "22", "any", "exe = \"/x\""));
    assert!(parse(&good).is_ok());
    for (from, to, says) in [
        (
            "version = 1",
            "version = 2",
            "   1 | version = 2\n     |           ^ this sockeye reads policies of version 1",
        ),
        ("port = 22", "prot = 22", "unknown field `prot`"),
        ("port = 22", "port = 0", "   4 | port = 0\n     |        ^ a port lies between 1 and 65535"),
        ("port = 22", "port = 65536", "a port lies between"),
        ("port = 22", "port = \"9-8\"", "the range ends before it begins"),
        ("port = 22", "port = \"ssh\"", "expected a port such as 22"),
        ("port = 22", "port = true", "expected a port such as 22"),
        (
            "scope = \"any\"",
            "scope = \"world\"",
            "   5 | scope = \"world\"\n     |         ^^^^^^^ expected \"loopback\"",
        ),
        ("\"tcp\"", "\"unix\"", "expected one of tcp, udp"),
        ("\"/x\"", "[]", "an empty list can never match"),
        ("\"/x\"", "'\\q'", "not a valid escape"),
        ("\"/x\"", "7", "a text, or a list of texts"),
        ("version = 1\n", "", "missing field `version`"),
        ("[[expect]]", "[[expects]]", "unknown field `expects`"),
        ("port = 22", "port = ", "   4 | port = \n     |        ^ string values must be quoted"),
        ("\"/x\"", "\"\u{1b}[2J\"", "exe = \"\\x1b[2J\""),
    ] {
        let error = parse(&good.replace(from, to)).expect_err(from).to_string();
        assert!(error.contains(says), "{from} → {to}:\n{error}");
        assert!(error.contains('^'), "{from} → {to} points at nothing:\n{error}");
        let drives = |c: char| c.is_control() && c != '\n';
        assert!(!error.contains(drives), "{from} → {to}: {error:?}");
    }
}
