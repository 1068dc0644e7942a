//! Rules, from file to alert.

use super::*;
use crate::model::SliceStatus;

fn rule(when: &str, more: &str) -> String {
    format!("[[rule]]\nname = \"r\"\nwhen = '''{when}'''\n{more}\n")
}

/// A policy that expects every listener, so that rules alone speak.
fn rules(rules: &str) -> Policy {
    let all = |protocol| entry(protocol, "\"any\"", "any", "");
    policy(&(all("tcp") + &all("udp") + rules))
}

const FOUND: &str = "rule-matched: rule r holds";
const UNSEEN: &str = "unverifiable-rule: cannot see whether rule r holds";

#[test]
fn a_check_finds_whatever_a_rule_is_about() {
    for (when, ports) in [
        ("listening and scope > loopback", &[80, 80, 4444][..]),
        ("port = door", &[4444]),
        ("udp", &[53, 40000]),
        ("unix", &[0]),
        ("proc = nginx and user = www-data", &[4444, 40000]),
        ("exe ~ /^\\/tmp\\//", &[4444, 40000, 0]),
        ("\"/tmp/\"", &[4444, 40000, 0]),
        ("tcp and state established", &[]),
    ] {
        let mut said = check(&rules(&rule(when, "")), &samples(&[ALL]));
        let mut expected: Vec<_> = ports.iter().map(|port| format!("{port} {FOUND}")).collect();
        said.sort_unstable();
        expected.sort_unstable();
        assert_eq!(said, expected, "{when}");
    }
}

#[test]
fn expectations_and_rules_are_two_findings() {
    let two = rule("port = 4444", "severity = \"low\"") + &rule("tcp", "").replace("\"r\"", "\"s\"");
    play(&samples(&[r#""door""#]), |_, table, moment| {
        let alerts = Watcher::new(policy(&two)).check(table, moment);
        let told: Vec<_> =
            alerts.iter().map(|one| (one.kind, one.rule.as_deref(), one.severity, one.line)).collect();
        assert_eq!(
            told,
            [
                (AlertKind::Unexpected, None, Severity::High, None),
                (AlertKind::Rule, Some("r"), Severity::Low, Some(2)),
                (AlertKind::Rule, Some("s"), Severity::High, Some(6)),
            ]
        );
        let mut ids: Vec<u64> = alerts.iter().map(|alert| alert.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3);
        let again = Watcher::new(policy(&two)).check(table, moment);
        assert_eq!(again.iter().map(|alert| alert.id).collect::<Vec<_>>(), ids);
    });
}

/// What a change of a sample says.
fn changed(at: usize, sockets: &str, change: &str) -> String {
    format!("[[sample]]\nat = {at}\nsockets = [{sockets}]\n{change}\n")
}

#[test]
fn a_watch_looks_at_the_occasions_that_a_rule_names() {
    let closing = "[sample.change.door]\nstate = \"closed\"\n";
    let story = samples(&[r#""web""#, r#""web", "door""#])
        + &changed(2, r#""web", "door""#, closing)
        + &changed(3, r#""web""#, "")
        + &changed(4, r#""web""#, "");
    let says = |on: &str, when: &str| -> Vec<usize> {
        let log = watch(&rules(&rule(when, on)), &story);
        let steps = log.iter().enumerate().flat_map(|(at, said)| said.iter().map(move |_| at));
        steps.collect()
    };
    for (on, when, steps) in [
        ("on = [\"opened\"]", "port = 4444", &[1][..]),
        ("on = [\"opened\"]", "port = 80", &[0]), // what is there at first counts as opened
        ("on = [\"changed\"]", "port = 4444", &[2]),
        ("on = [\"closed\"]", "port = 4444", &[4]),
        ("on = [\"closed\", \"opened\"]", "port = 4444", &[1]), // one alert for each socket and rule
        ("on = [\"opened\"]", "port = 4444 and state closed", &[]),
        ("", "port = 4444 and state closed", &[2]),
        ("", "new", &[1]),
        ("on = [\"closed\"]", "new and port = 80", &[]),
        ("", "age >= 1s", &[2]),
        ("on = [\"opened\"]", "age >= 1s", &[]), // not when nobody looks again
    ] {
        assert_eq!(says(on, when), steps, "{on} {when}");
    }
    let quiet = samples(&[r#""web""#, r#""web", "door""#, r#""web", "door""#, r#""web", "door""#]);
    let log = watch(&rules(&rule("age >= 2s", "")), &quiet);
    assert_eq!(log[3], [format!("4444 {FOUND}")], "time alone makes it hold");
    let log = watch(&rules(&rule("port = 4444", "on = [\"closed\"]")), &story);
    assert_eq!(log[4], ["4444 rule-matched: rule r held when it closed"]);
}

#[test]
fn a_wider_bind_is_seen_even_after_a_restart() {
    let people = "[socket.near]\ncookie = 20\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"127.0.0.1:80\"\n\
        inode = 20\nuid = 0\nowners = [\"nginx:3\"]\n";
    let says = |samples_of: &[&str]| -> Vec<Vec<String>> {
        watch(&rules(&rule("tcp", "on = [\"widened\"]")), &(people.to_owned() + &samples(samples_of)))
    };
    let wider = vec!["80 rule-matched: rule r holds: bound to any, before to loopback".to_owned()];
    let none = Vec::<String>::new;
    assert_eq!(says(&[r#""near""#, r#""near", "web""#]), [none(), wider.clone()], "beside the other");
    assert_eq!(says(&[r#""near""#, "", "", r#""web""#]), [none(), none(), none(), wider], "after it");
    assert_eq!(says(&[r#""web""#, r#""web", "near""#]), [none(), none()], "narrower");
    assert_eq!(says(&[r#""near""#, r#""near", "door""#]), [none(), none()], "another port");
    assert_eq!(says(&[r#""web""#, r#""web", "web6""#]), [none(), none()], "as wide");
}

#[test]
fn what_cannot_be_judged_is_not_passed_over() {
    for (owners, when, says) in [
        (r#"no_owner = "denied""#, "proc = nc", Some(UNSEEN)),
        (r#"no_owner = "denied""#, "proc != nc", Some(UNSEEN)),
        (r#"no_owner = "none""#, "exe = /x", Some(UNSEEN)),
        (r#"no_owner = "denied""#, "\"nc\"", Some(UNSEEN)),
        (r#"no_owner = "denied""#, "port = 22 and proc = nc", None), // the port decides
        (r#"no_owner = "denied""#, "port = 80 or proc = nc", Some(FOUND)),
        (r#"no_owner = "denied""#, "user = root", Some(FOUND)),
        (r#"no_owner = "denied""#, "unowned", Some(FOUND)),
        (r#"no_owner = "denied""#, "owner = kernel", None),
        (r#"no_owner = "kernel""#, "proc = nc", None), // nobody can hold it
        (r#"owners = ["shy:3"]"#, "exe = /x", Some(UNSEEN)),
        (r#"owners = ["shy:3"]"#, "proc = nc", None),
        (r#"owners = ["shy:3", "nginx:3"]"#, "exe = /usr/sbin/nginx", Some(FOUND)),
    ] {
        let mut said = check(&rules(&rule(when, "")), &web_held_by(owners));
        said.retain(|alert| !alert.contains("owner-unknown"));
        let starts = says.map(|says| format!("80 {says}"));
        assert_eq!(said.len(), usize::from(says.is_some()), "{owners} {when}: {said:?}");
        let same = said.first().zip(starts).is_none_or(|(said, starts)| said.starts_with(&starts));
        assert!(same, "{owners} {when}: {said:?}");
    }
}

#[test]
fn details_that_a_table_does_not_tell_are_not_taken_for_none() {
    play(&samples(&[r#""web""#]), |_, table, moment| {
        let says = |status: SliceStatus, when: &str| -> Vec<AlertKind> {
            let mut moment = moment.clone();
            moment.coverage.slices.iter_mut().for_each(|read| read.status = status.clone());
            let alerts = Watcher::new(rules(&rule(when, ""))).check(table, &moment);
            alerts.iter().map(|alert| alert.kind).collect()
        };
        let fallback = || SliceStatus::Fallback("refused".to_owned());
        assert_eq!(says(SliceStatus::Ok, "rtt > 1ms"), []);
        assert_eq!(says(fallback(), "rtt > 1ms"), [AlertKind::UnverifiableRule]);
        assert_eq!(says(fallback(), "rtt > 1ms and port = 81"), []);
        assert_eq!(says(fallback(), "retrans > 0"), [AlertKind::UnverifiableRule]);
        assert_eq!(
            says(fallback(), "vfs_inode = 1 or copy_threshold_bytes > 1"),
            [],
            "no TCP socket has that"
        );
        assert_eq!(says(SliceStatus::Ok, "fwmark = 1"), [AlertKind::UnverifiableRule], "needs a right");
    });
}

#[test]
fn sockets_without_a_list_are_seen_by_their_descriptors_where_that_is_enough() {
    play(&samples(&[ALL]), |_, _, moment| {
        let could_see = |when: &str, changes: &[(Protocol, SliceStatus)]| {
            let mut coverage = moment.coverage.clone();
            for (protocol, status) in changes {
                let of_it = coverage.slices.iter_mut().filter(|read| read.slice.protocol == *protocol);
                of_it.for_each(|read| read.status = status.clone());
            }
            rules(&rule(when, "")).could_see(&coverage)
        };
        let unlisted = |protocol| (protocol, SliceStatus::Unlisted("no list".to_owned()));
        let partial = |protocol| (protocol, SliceStatus::Partial("half".to_owned()));
        assert!(could_see("proc = nc", &[]));
        assert!(could_see("proc = nc", &[unlisted(Protocol::Vsock)]));
        assert!(!could_see("proc = nc", &[unlisted(Protocol::Vsock), partial(Protocol::Other)]));
        assert!(
            !could_see("vsock and proc = nc", &[unlisted(Protocol::Vsock)]),
            "they are not called so there"
        );
        assert!(!could_see("proc = nc", &[unlisted(Protocol::Sctp)]), "expectations are about it, too");
        assert!(!could_see("proc = nc", &[partial(Protocol::Unix)]));
        let mut coverage = moment.coverage.clone();
        coverage.slices.retain(|read| read.slice.protocol != Protocol::Other);
        let vsock = coverage.slices.iter_mut().find(|read| read.slice.protocol == Protocol::Vsock);
        vsock.unwrap().status = unlisted(Protocol::Vsock).1;
        assert!(!rules(&rule("proc = nc", "")).could_see(&coverage), "nobody looked for descriptors");
    });
}

#[test]
fn a_watch_looks_twice_before_it_says_that_it_cannot_see() {
    let policy = rules(&rule("proc = nc or exe ~ /tmp/", "on = [\"opened\"]"));
    let unseen = "[sample.change.web]\nno_owner = \"none\"\n";
    let stranger = "[sample.change.web]\nowners = [\"nc:3\"]\n";
    let one = |at, change| changed(at, r#""web""#, change);
    let count = |story: String| -> Vec<usize> { watch(&policy, &story).iter().map(Vec::len).collect() };
    assert_eq!(count(one(0, unseen) + &one(1, "")), [0, 0], "seen then, and harmless");
    assert_eq!(count(one(0, unseen) + &one(1, stranger)), [0, 1], "seen then");
    let log = watch(&policy, &(one(0, unseen) + &one(1, unseen) + &one(2, unseen) + &one(3, stranger)));
    assert!(log[0].is_empty() && log[1][0].starts_with("80 unverifiable-rule: cannot see"), "{log:?}");
    assert!(log[2].is_empty() && log[3] == [format!("80 {FOUND}")], "an open question is asked on: {log:?}");
}

#[test]
fn mistakes_in_rules_are_pointed_at() {
    let good = "version = 1\n[[rule]]\nname = \"a b\"\nwhen = \"tcp and port = 23\"\non = [\"opened\"]\n\
                severity = \"low\"\nnote = \"x\"\n";
    assert!(parse(good).is_ok(), "{:?}", parse(good).map(drop));
    for (from, to, says) in [
        (
            "tcp and port = 23",
            "tcp and prot = 23",
            "   4 | when = \"tcp and prot = 23\"\n     |                 ^^^^ there is no such field\n     \
             = did you mean `port`?",
        ),
        ("port = 23", "port = dor", "^^^ \"dor\" is neither a port"),
        (
            "tcp and port = 23",
            "tcp and",
            "   4 | when = \"tcp and\"\n     |                ^ a condition is missing",
        ),
        ("tcp and port = 23", "", "^^ without any condition it would hold of every socket"),
        ("tcp and port = 23", "tcp and udp", "the conditions exclude each other"),
        (
            "tcp and port = 23",
            "proc = \\u0041 prot = 1",
            "without the escapes it is\n   1 | proc = A prot = 1",
        ),
        (
            "\"tcp and port = 23\"",
            "'''\ntcp\nprot = 1'''",
            "   6 | prot = 1'''\n     | ^^^^ there is no such field",
        ),
        ("\"low\"", "\"hihg\"", "^^^^^^ expected one of low, medium, high, critical"),
        ("\"low\"", "\"info\"", "expected one of low, medium, high, critical"),
        ("\"low\"", "\"mediun\"", "did you mean \"medium\"?"),
        ("[\"opened\"]", "[\"open\"]", "expected one of opened, changed, widened, closed"),
        ("[\"opened\"]", "[\"opend\"]", "did you mean \"opened\"?"),
        ("[\"opened\"]", "[]", "an empty list never comes"),
        ("[\"opened\"]", "\"opened\"", "invalid type"),
        ("\"a b\"", "\"\"", "a name has letters"),
        ("\"a b\"", "\"a\\u001b\"", "a name has letters"),
        ("name = \"a b\"\n", "", "missing field `name`"),
        ("name", "nmae", "unknown field `nmae`"),
        ("note = \"x\"", "[[rule]]\nname = \"a b\"\nwhen = \"udp\"", "the rule of line 2 has this name"),
    ] {
        let error = parse(&good.replacen(from, to, 1)).expect_err(from).to_string();
        assert!(error.contains(says), "{from} → {to}:\n{error}");
        assert!(error.contains('^'), "{from} → {to} points at nothing:\n{error}");
    }
}
