//! What is odd about who holds a listener, and what does not work at one.

use super::*;

/// One listener, expected whatever it is.
const LISTENER: &str = "[socket.it]\ncookie = 100\ninode = 100\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"0.0.0.0:8080\"\nuid = 0\n";

/// Another at the same place, of another program.
const OTHER: &str = "[socket.other]\ncookie = 101\ninode = 101\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"0.0.0.0:8080\"\nuid = 0\nowners = [\"nc:3\"]\n";

/// What a watch says, reading by reading.
fn said(policy: &Policy, scene: &str) -> Vec<Vec<String>> {
    watched(policy, scene, told)
}

fn kinds(said: &[Vec<String>]) -> Vec<String> {
    let kind = |alert: &String| alert.split([' ', ':']).nth(1).unwrap_or_default().to_owned();
    said.iter().map(|told| told.iter().map(kind).collect::<Vec<_>>().join(" ")).collect()
}

/// Samples of `it`, each with these changes.
fn changing(changes: &[&str]) -> String {
    let one = |(at, change): (usize, &&str)| {
        format!("[[sample]]\nat = {at}\nsockets = [\"it\"]\n[sample.change.it]\n{change}\n")
    };
    changes.iter().enumerate().map(one).collect()
}

#[test]
fn a_listener_of_nobody_is_told_at_the_second_look() {
    let (nobody, nginx) = ("no_owner = \"none\"", "owners = [\"nginx:3\"]");
    let scene = |changes: &[&str]| LISTENER.to_owned() + &changing(changes);
    let told = said(&anybody(), &scene(&[nobody, nobody, nobody]));
    let reason = "8080 owner-unknown: whose it is cannot be told: no process holds it: it belongs to \
                  the kernel, or is hidden";
    assert_eq!(told.concat(), [reason], "once");
    assert_eq!(kinds(&told), ["", "owner-unknown", ""]);
    // Between two descriptors.
    assert_eq!(kinds(&said(&anybody(), &scene(&[nobody, nginx, nobody, nginx]))), [""; 4]);
    // What may not be looked into is no secret, and what the policy asks for is told by its own word.
    assert_eq!(kinds(&said(&anybody(), &scene(&["no_owner = \"denied\""; 3]))), [""; 3]);
    let named = policy(&entry("tcp", "8080", "any", "exe = \"/usr/sbin/nginx\""));
    assert_eq!(kinds(&said(&named, &scene(&[nobody; 3]))), ["", "unverifiable-listener", ""]);
    assert_eq!(check(&anybody(), &scene(&[nobody])), [reason]);
    let ignoring = Policy { ignored: vec![AlertKind::OwnerUnknown], ..anybody() };
    assert_eq!(kinds(&said(&ignoring, &scene(&[nobody; 3]))), [""; 3]);
}

#[test]
fn a_process_that_a_mount_covers_is_told_whenever_that_comes() {
    let scene = LISTENER.to_owned() + &changing(&["owners = [\"nginx:3\"]"; 3]);
    let (mut watcher, mut log, mut at) = (Watcher::new(anybody()), Vec::new(), 0);
    play(&scene, |changes, table, moment| {
        let mut moment = moment.clone();
        if at > 0 {
            moment.coverage.owners.covered = vec![crate::model::Pid(10)];
        }
        at += 1;
        log.push(watcher.watch(changes, table, &moment).iter().map(told).collect::<Vec<_>>());
    });
    let says = "8080 proc-covered: something is mounted over nginx 10 in /proc: who looks there sees another process, \
                or none";
    assert_eq!(log, [vec![], vec![says.to_owned()], vec![]]);
}

#[test]
fn another_program_behind_a_known_port_is_told_where_the_policy_leaves_it_open() {
    let both = LISTENER.to_owned() + "owners = [\"nginx:3\"]\n" + OTHER;
    let scene = |samples_of: &[&str]| both.clone() + &samples(samples_of);
    let replaced = said(&anybody(), &scene(&[r#""it""#, "", "", r#""other""#, r#""other""#]));
    assert_eq!(kinds(&replaced), ["", "", "", "executable-changed", ""]);
    assert!(replaced[3][0].ends_with("listens where /usr/sbin/nginx did"), "{replaced:?}");
    // At once, where one may still be there: the next reading tells.
    let at_once = said(&anybody(), &scene(&[r#""it""#, r#""other""#, r#""other""#]));
    assert_eq!(kinds(&at_once), ["", "", "executable-changed"]);
    // Beside it stands who was there before.
    assert_eq!(kinds(&said(&anybody(), &scene(&[r#""it""#, r#""it", "other""#])))[1], "reuse-group-joined");
    // A restart, and a hand-over of the socket itself.
    assert_eq!(kinds(&said(&anybody(), &scene(&[r#""it""#, "", "", r#""it""#]))), [""; 4]);
    let handed = LISTENER.to_owned() + &changing(&["owners = [\"nginx:3\"]", "owners = [\"nc:3\"]"]);
    assert_eq!(kinds(&said(&anybody(), &handed)), ["", "executable-changed"]);
    // An entry that names the executable says so itself.
    let named = policy(&entry("tcp", "8080", "any", "exe = \"/usr/sbin/nginx\""));
    let told = said(&named, &handed);
    assert_eq!(told.concat(), ["8080 unexpected-listener: its exe is not the expected /usr/sbin/nginx"]);
    let ignoring = Policy { ignored: vec![AlertKind::ExecutableChanged], ..anybody() };
    assert_eq!(kinds(&said(&ignoring, &handed)), [""; 2]);
}

#[test]
fn a_service_without_encryption_is_told_once_and_by_check() {
    let scene = |local: &str| {
        let it = LISTENER.replace("0.0.0.0:8080", local) + "owners = [\"nginx:3\"]\n";
        it + &samples(&[r#""it""#, r#""it""#])
    };
    let told = said(&anybody(), &scene("0.0.0.0:23"));
    assert_eq!(kinds(&told), ["plaintext-exposed", ""]);
    assert!(told[0][0].contains("port 23 is that of telnet, which does not encrypt by itself"), "{told:?}");
    assert_eq!(check(&anybody(), &scene("0.0.0.0:23")), told[0]);
    assert_eq!(kinds(&said(&anybody(), &scene("127.0.0.1:23"))), [""; 2]);
    let ignoring = Policy { ignored: vec![AlertKind::Plaintext], ..anybody() };
    assert_eq!(kinds(&said(&ignoring, &scene("0.0.0.0:23"))), [""; 2]);
    assert_eq!(check(&ignoring, &scene("0.0.0.0:23")), [""; 0]);
}

#[test]
fn a_full_accept_queue_is_told_again_when_it_had_been_over() {
    let it = LISTENER.to_owned() + "owners = [\"nginx:3\"]\n";
    let [full, near, idle] = [129, 128, 0].map(|waiting| format!("recv_q = {waiting}\nsend_q = 128"));
    let told = said(&anybody(), &(it.clone() + &changing(&[&near, &full, &full, &idle, &full])));
    assert_eq!(kinds(&told), ["", "accept-queue-overflow", "", "", "accept-queue-overflow"]);
    assert!(told[1][0].contains("129 of 128 wait to be accepted, new connections are dropped"), "{told:?}");
    assert_eq!(check(&anybody(), &(it + &changing(&[&full]))), [""; 0], "a matter of the moment");
}

/// So many sockets with ports of their own, and their names.
fn many(count: usize, base: &str) -> (String, String) {
    let one = |at: usize| {
        let cookie = 1000 + at;
        base.replace("NAME", &format!("s{at}"))
            .replace("COOKIE", &cookie.to_string())
            .replace("PORT", &(40_000 + at).to_string())
    };
    let names: Vec<_> = (0..count).map(|at| format!("\"s{at}\"")).collect();
    ((0..count).map(one).collect(), names.join(", "))
}

#[test]
fn handshakes_that_nobody_finishes_are_told_and_again_when_they_are_worse() {
    let knocking = "[socket.NAME]\ncookie = COOKIE\nprotocol = \"tcp\"\nstate = \"syn-recv\"\nlocal = \"10.0.0.1:8080\"\n\
                    remote = \"10.0.0.9:PORT\"\nno_owner = \"handshake\"\n";
    let (some, few) = many(16, knocking);
    let (all, names) = many(32, knocking);
    let it = LISTENER.to_owned() + "recv_q = 0\nsend_q = 32\nowners = [\"nginx:3\"]\n";
    let readings = [format!("\"it\", {few}"), format!("\"it\", {names}"), format!("\"it\", {few}")];
    let told = said(&anybody(), &(it + &all + &samples(&readings.each_ref().map(String::as_str))));
    assert_eq!(kinds(&told), ["syn-flood", "syn-flood", ""]);
    assert!(
        told[0][0].contains("a SYN flood is possible: 16 handshakes") && told[1][0].contains("is likely")
    );
    assert!(all.starts_with(&some));
}

#[test]
fn ports_that_run_out_are_told_once_for_all_calls() {
    let call = "[socket.NAME]\ncookie = COOKIE\ninode = COOKIE\nprotocol = \"tcp\"\nstate = \"established\"\n\
                local = \"10.0.0.1:PORT\"\nremote = \"10.0.0.9:443\"\nuid = 33\nowners = [\"nc:4\"]\n";
    let (calls, names) = many(20, call);
    let (_, few) = many(16, call);
    let (_, less) = many(15, call);
    let scene = calls + &samples(&[&less, &few, &few, &names]);
    let scene = format!("ephemeral_ports = [40000, 40019]\n{PEOPLE}{scene}");
    let mut watcher = Watcher::new(anybody());
    let mut log = Vec::new();
    play_whole(&scene, |changes, table, moment| {
        let alerts = watcher.watch(changes, table, moment);
        log.push(alerts.iter().map(|alert| alert.reason.clone()).collect::<Vec<_>>());
    });
    let run_out = |taken: &str| {
        vec![format!("ports towards 10.0.0.9:443 run out: {taken} are taken, those in TIME-WAIT included")]
    };
    assert_eq!(log, [vec![], run_out("16 of 20 (80%)"), vec![], run_out("20 of 20 (100%)")]);
}

#[test]
fn a_socket_for_whatever_passes_is_told_when_it_opens() {
    use crate::model::{BpfInstruction, Details, PacketDetails, Protocol, Socket};
    let raw = "[socket.it]\ncookie = 100\ninode = 100\nprotocol = \"raw\"\nstate = \"unconnected\"\n\
               local = \"0.0.0.0:1\"\nuid = 0\nowners = [\"nc:3\"]\n";
    // A script knows those with an IP address alone.
    let with = |protocol: &str, filter: Option<Vec<BpfInstruction>>, change: &Change| {
        let protocol = *Protocol::ALL.iter().find(|one| one.word() == protocol).unwrap();
        let packet = filter.map(|filter| PacketDetails { filter: Some(filter), ..PacketDetails::default() });
        let details = packet.map(|packet| Details { packet: Some(packet.into()), ..Details::default() });
        let socket = Socket { protocol, details: details.map(Into::into), ..change.socket.clone() };
        Change { kind: change.kind.clone(), socket }
    };
    let said = |protocol: &str, readings: &[&str], filter: Option<Vec<BpfInstruction>>, policy: &Policy| {
        let (mut watcher, mut log) = (Watcher::new(policy.clone()), Vec::new());
        play(&(raw.to_owned() + &samples(readings)), |changes, table, moment| {
            let changes: Vec<_> =
                changes.iter().map(|change| with(protocol, filter.clone(), change)).collect();
            let alerts = watcher.watch(&changes, table, moment);
            log.push(alerts.iter().map(|alert| format!("{}: {}", alert.kind.word(), alert.reason)).collect());
        });
        log
    };
    let later = ["", r#""it""#, r#""it""#];
    let asks = vec![
        BpfInstruction { code: 40, jt: 0, jf: 0, k: 12 },
        BpfInstruction { code: 21, jt: 0, jf: 1, k: 0x0806 },
    ];
    for (protocol, filter, says) in [
        (
            "packet",
            None,
            "it may see what passes every interface, whoever that is for; whether it has a filter is not told",
        ),
        (
            "packet",
            Some(vec![]),
            "it may see what passes every interface, whoever that is for; it has no filter",
        ),
        (
            "packet",
            Some(asks),
            "it may see what passes every interface, whoever that is for; its filter has 2 instructions, which ask for ARP",
        ),
        ("raw", None, "it sees every packet that comes, and sends what it likes"),
        ("xdp", None, "it gets packets before the kernel, its filters and counters do"),
        ("icmp", None, "it pings, and what it pings with may be any data"),
    ] {
        let told: Vec<Vec<String>> = said(protocol, &later, filter.clone(), &anybody());
        assert_eq!(told, [vec![], vec![format!("raw-socket-opened: {says}")], vec![]], "{protocol}");
        let ignoring = Policy { ignored: vec![AlertKind::RawOpened], ..anybody() };
        for told in [
            said(protocol, &later, filter.clone(), &ignoring),
            said(protocol, &[r#""it""#; 3], filter, &anybody()),
        ] {
            assert_eq!(told, [vec![""; 0], vec![], vec![]], "{protocol}");
        }
    }
}
