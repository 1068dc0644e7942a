//! Facts beside expectations: who takes what is another's, and whose program has no file.

use super::*;

/// Listeners that get in each other's way. `evil` runs another program as another user than `named`.
const RIVALS: &str = r#"
    [process.named]
    pid = 20
    comm = "named"
    exe = "/usr/sbin/named"
    uid = 0
    [process.evil]
    pid = 70
    comm = "evil"
    exe = '/tmp/e\x07l'
    uid = 33
"#;

/// A listener by its name, protocol, address, user and owner.
fn listener((cookie, name): (usize, &str), what: &str) -> String {
    let words: Vec<_> = what.split(' ').collect();
    let [protocol, local, uid, owner, more @ ..] = &words[..] else { panic!("{what}") };
    let state = if *protocol == "udp" { "unconnected" } else { "listen" };
    let owners =
        if *owner == "-" { "no_owner = \"denied\"".into() } else { format!("owners = [\"{owner}:3\"]") };
    let number = 100 + cookie;
    format!(
        "[socket.{name}]\ncookie = {number}\ninode = {number}\nprotocol = \"{protocol}\"\nstate = \"{state}\"\n\
         local = \"{local}\"\nuid = {uid}\n{owners}\n{}\n",
        more.join("\n"),
    )
}

/// Two listeners, `a` and `b`, of which `b` comes in the second reading, or is there from the start.
fn scene(a: &str, b: &str, comes_later: bool) -> String {
    let sockets = RIVALS.to_owned() + &listener((1, "a"), a) + &listener((2, "b"), b);
    sockets + &samples(&[if comes_later { r#""a""# } else { r#""a", "b""# }, r#""a", "b""#, r#""a", "b""#])
}

/// What a watch says of two listeners: each kind with the address of its socket, reading by reading.
fn said(policy: &Policy, scene: &str) -> Vec<Vec<String>> {
    watched(policy, scene, |alert| format!("{} {}", alert.kind.word(), alert.socket.ends.local().unwrap()))
}

const NAMED: &str = "udp 0.0.0.0:53 0 named";

#[test]
fn a_relation_of_two_listeners_is_told_once_at_start_and_later() {
    for (a, b, says) in [
        // The same UDP address, another user, another program.
        (NAMED, "udp 0.0.0.0:53 33 evil", "second-owner 0.0.0.0:53"),
        (NAMED, "udp 0.0.0.0:53 0 evil", "second-owner 0.0.0.0:53"),
        ("udp 127.0.0.1:53 0 -", "udp 127.0.0.1:53 33 -", "second-owner 127.0.0.1:53"),
        ("udp [::1]:53 0 named", "udp [::1]:53 33 evil", "second-owner [::1]:53"),
        // One narrower than the other.
        (NAMED, "udp 127.0.0.1:53 33 evil", "more-specific-bind 127.0.0.1:53"),
        ("udp 127.0.0.1:53 33 evil", NAMED, "more-specific-bind 127.0.0.1:53"),
        ("tcp 0.0.0.0:53 0 named", "tcp 127.0.0.1:53 0 evil", "more-specific-bind 127.0.0.1:53"),
        ("tcp [::]:53 0 named v6only=false", "tcp 127.0.0.1:53 0 evil", "more-specific-bind 127.0.0.1:53"),
        ("tcp [::]:53 0 named v6only=false", "tcp 0.0.0.0:53 0 evil", "more-specific-bind 0.0.0.0:53"),
        ("tcp [::]:53 0 named v6only=true", "tcp [::1]:53 0 evil", "more-specific-bind [::1]:53"),
        ("udp 0.0.0.0:53 0 named interface=2", "udp 0.0.0.0:53 33 evil", "more-specific-bind 0.0.0.0:53"),
    ] {
        for comes_later in [false, true] {
            let told = said(&anybody(), &scene(a, b, comes_later));
            let mut expected = vec![vec![]; 3];
            expected[usize::from(comes_later)] = vec![says.to_owned()];
            assert_eq!(told, expected, "{a} and {b}, later: {comes_later}");
        }
    }
}

#[test]
fn nothing_is_said_of_listeners_that_take_nothing_from_each_other() {
    for (a, b) in [
        (NAMED, "udp 0.0.0.0:53 0 named"),
        (NAMED, "udp 127.0.0.1:53 0 named"),
        // One process with sockets of two users, as ntpd has.
        (NAMED, "udp 127.0.0.1:53 33 named"),
        (NAMED, "udp 0.0.0.0:54 33 evil"),
        (NAMED, "tcp 127.0.0.1:53 33 evil"),
        (NAMED, "udp [::]:53 33 evil v6only=true"),
        (NAMED, "udp [::1]:53 33 evil"),
        ("udp 127.0.0.1:53 0 named", "udp 127.0.0.2:53 33 evil"),
        // Whether it serves IPv4 was not told.
        ("udp [::]:53 0 named", "udp 127.0.0.1:53 33 evil"),
        // Multicast reaches all.
        (NAMED, "udp 224.0.0.251:53 33 evil"),
        ("udp 224.0.0.251:53 0 named", "udp 224.0.0.251:53 33 evil"),
        ("udp 0.0.0.0:53 0 named interface=2", "udp 0.0.0.0:53 33 evil interface=3"),
        // Whose they are cannot be seen, and the users are the same.
        ("udp 0.0.0.0:53 0 -", "udp 0.0.0.0:53 0 named"),
    ] {
        for comes_later in [false, true] {
            let told = said(&anybody(), &scene(a, b, comes_later));
            assert_eq!(told, vec![vec![""; 0]; 3], "{a} and {b}, later: {comes_later}");
        }
    }
}

#[test]
fn a_group_is_told_of_who_joins_and_not_of_who_was_there() {
    let (member, joins) = ("tcp 0.0.0.0:53 0 named", "tcp 0.0.0.0:53 0 evil");
    let told = said(&anybody(), &scene(member, joins, true));
    assert_eq!(told, [vec![], vec!["reuse-group-joined 0.0.0.0:53"], vec![]]);
    let told = glanced(&anybody(), &scene(member, joins, true));
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1], "a glance does not tell who shares");
    assert_eq!(said(&anybody(), &scene(member, joins, false)), [vec![""; 0], vec![], vec![]]);
    assert_eq!(said(&anybody(), &scene(member, member, true)), [vec![""; 0], vec![], vec![]]);
}

#[test]
fn the_sentence_names_the_other_and_the_subject_is_who_came_later() {
    for (b, says) in [
        (
            "udp 0.0.0.0:53 33 evil",
            "70: named 20 /usr/sbin/named (root) serves the same address, and either may get what is the other's",
        ),
        (
            "udp 127.0.0.1:53 33 evil",
            "70: bound more narrowly than 0.0.0.0:53 of named 20 /usr/sbin/named (root), it takes what would \
             reach that",
        ),
    ] {
        for (a, b, says) in [
            (NAMED, b, says),
            // Even where it was there first, a port of root is rather the one that is taken from.
            (b, NAMED, says),
        ] {
            let mut told = Vec::new();
            play(&scene(a, b, false), |_, table, moment| {
                let alerts = Watcher::new(anybody()).check(table, moment);
                let pid = |alert: &Alert| alert.socket.owners.first().unwrap().process.id.pid.0;
                told = alerts.iter().map(|alert| format!("{}: {}", pid(alert), alert.reason)).collect();
            });
            assert_eq!(told, [says], "{a} and {b}");
        }
    }
    let mut told = Vec::new();
    let mut watcher = Watcher::new(anybody());
    play(&scene("udp 0.0.0.0:53 33 evil", NAMED, true), |changes, table, moment| {
        told.extend(watcher.watch(changes, table, moment));
    });
    let owner = told[0].socket.owners.first().unwrap().process.id.pid.0;
    assert_eq!((told.len(), owner), (1, 20), "root came later");
    assert!(told[0].reason.starts_with(r"evil 70 /tmp/e\x07l (www-data) serves"), "{}", told[0].reason);
}

#[test]
fn a_policy_that_says_whose_both_are_keeps_them_quiet() {
    let by = |more: &str| entry("udp", "53", "any", more);
    let (named, evil) = (by("exe = \"/usr/sbin/named\""), by(r"exe = '/tmp/e\x07l'"));
    let scene = scene(NAMED, "udp 0.0.0.0:53 33 evil", true);
    let second = || vec![vec![], vec!["second-owner 0.0.0.0:53".to_owned()], vec![]];
    for (entries, says) in [
        (named.clone() + &evil, vec![vec![]; 3]),
        (by("user = [\"root\", \"www-data\"]"), vec![vec![]; 3]),
        (by("user = \"root\"") + &by("comm = \"evil\""), second()),
        (named.clone() + &by(""), second()),
        (evil.clone() + &by(""), vec![vec![], vec!["second-owner 0.0.0.0:53".to_owned()], vec![]]),
        ("ignore = [\"second-owner\"]\n".to_owned() + &by(""), vec![vec![]; 3]),
        ("ignore = [\"executable-deleted\"]\n".to_owned() + &by(""), second()),
    ] {
        assert_eq!(said(&policy(&entries), &scene), says, "{entries}");
    }
}

#[test]
fn a_new_policy_tells_what_the_old_one_covered() {
    let covers = policy("ignore = [\"second-owner\"]");
    let mut watcher = Watcher::new(Policy { expectations: anybody().expectations, ..covers });
    play(&scene(NAMED, "udp 0.0.0.0:53 33 evil", false), |changes, table, moment| {
        assert_eq!(watcher.watch(changes, table, moment), []);
        let told: Vec<_> = watcher.replace(anybody(), table, moment).iter().map(|alert| alert.kind).collect();
        let is_first = table.moment().unwrap().taken.mono == Duration::ZERO;
        let expected = if is_first { vec![AlertKind::SecondOwner] } else { Vec::new() };
        assert_eq!(told, expected);
    });
}

#[test]
fn a_server_that_starts_again_as_another_user_is_no_neighbour_of_itself() {
    // The old socket is missing from one reading before it counts as closed.
    let sockets =
        RIVALS.to_owned() + &listener((1, "a"), NAMED) + &listener((2, "b"), "udp 0.0.0.0:53 33 evil");
    let restart = samples(&[r#""a""#, r#""b""#, r#""b""#]);
    let told = said(&anybody(), &(sockets.clone() + &restart));
    assert_eq!(told, [vec![], vec![], vec!["executable-changed 0.0.0.0:53"]], "its program is another");
    // One that a reading left out by mistake is still there.
    let skipped = samples(&[r#""a""#, r#""b""#, r#""a", "b""#]);
    let told = said(&anybody(), &(sockets + &skipped));
    assert_eq!(told, [vec![], vec![], vec!["second-owner 0.0.0.0:53"]]);
}

#[test]
fn a_program_without_a_file_is_told_once_for_each_listener() {
    let scene = RIVALS.to_owned()
        + &listener((1, "a"), "tcp 0.0.0.0:53 0 named")
        + &listener((2, "b"), "tcp 0.0.0.0:54 0 named")
        + &samples(&[r#""a", "b""#]);
    let replaced = |at: usize| {
        format!("[[sample]]\nat = {at}\nsockets = [\"a\", \"b\"]\n[sample.change.a]\nowners = [\"gone:3\"]\n")
    };
    let scene = scene + &replaced(1) + &replaced(2);
    let both = vec!["executable-deleted 0.0.0.0:53", "executable-changed 0.0.0.0:53"];
    assert_eq!(said(&anybody(), &scene), [vec![], both, vec![]], "it is another program, too");
    let kinds = vec![AlertKind::ExecutableDeleted, AlertKind::ExecutableChanged];
    let ignoring = Policy { ignored: kinds, ..anybody() };
    assert_eq!(said(&ignoring, &scene), [vec![""; 0], vec![], vec![]]);
    assert_eq!(
        check(&anybody(), &web_held_by(r#"owners = ["gone:3"]"#)),
        ["80 executable-deleted: the file that gone 67 runs was deleted or replaced, or never had a name: \
          /usr/sbin/nginx"],
    );
}

#[test]
fn the_words_of_ignore_are_checked() {
    for (word, says) in [
        ("second-ownr", "did you mean \"second-owner\"?"),
        ("unexpected-listener", "expected one of second-owner, more-specific-bind, "),
    ] {
        let error = parse(&format!("version = 1\nignore = [\"{word}\"]\n")).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("   2 | ignore"), "{error}");
    }
}
