//! The filter language, asked of a script: which sockets pass, and what is said of a mistake.

use std::collections::BTreeSet;

use sockeye::engine::{OwnerAsk, Sampler, single};
use sockeye::filter::{Filter, Seen, Vocabulary};
use sockeye::model::PortRange;
use sockeye::source::everything;
use sockeye::source::scenario::Scenario;
use sockeye::store::Table;

use crate::harness::{run, sockeye};

fn table() -> Table {
    let source = Scenario::open("tests/scenarios/filter.toml".as_ref()).unwrap();
    let mut sampler = Sampler::new(Box::new(source), everything(), OwnerAsk::NOTHING);
    single(sampler.take().unwrap())
}

fn services(name: &str) -> Vec<u16> {
    match name {
        "ssh" => vec![22],
        "http-alt" => vec![8080],
        "domain" => vec![53],
        "both" => vec![1, 2],
        _ => Vec::new(),
    }
}

fn vocabulary() -> Vocabulary<'static> {
    Vocabulary { services: &services, ephemeral: &|| PortRange { first: 32768, last: 60999 } }
}

/// The cookies of the sockets that pass.
fn passing(table: &Table, filter: &str) -> BTreeSet<u64> {
    let filter = Filter::parse(filter, &vocabulary()).unwrap_or_else(|wrong| panic!("{filter}\n{wrong}"));
    let moment = table.moment().unwrap();
    let passes =
        |row: &&sockeye::model::Row| filter.passes(&Seen { subject: moment.subject(row), now: moment.taken });
    table.open().filter(passes).map(|row| row.socket.key.cookie().unwrap().0).collect()
}

/// What is asked, and the cookies of who answers.
const ASKED: &[(&str, &[u64])] = &[
    ("", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    // The language of ss.
    ("state listening", &[1, 2, 3, 9]),
    ("state established state close-wait", &[4, 5, 8, 10]),
    ("exclude listening exclude established", &[5, 6, 7, 11]),
    ("state connected exclude time-wait", &[4, 5, 8, 10, 11]),
    ("state synchronized", &[4, 5, 6, 8, 10]),
    ("state bucket", &[6]),
    ("state big", &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11]),
    ("state all", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ("state unconnected", &[7]),
    ("state LISTENING dst *", &[1, 2, 3]),
    ("sport = :22", &[1, 4]),
    ("sport = ssh", &[1, 4]),
    ("sport == 22", &[1, 4]),
    ("sport eq :ssh", &[1, 4]),
    ("sport :22", &[1, 4]),
    ("sport != :22", &[2, 3, 5, 6, 7, 8, 9, 10, 11]),
    ("sport ge 8080 sport le 33000", &[2, 5, 6, 11]),
    ("sport > 8080", &[8, 11]),
    ("sport lt 68", &[1, 4]),
    ("dport = :40000 or dport = :domain", &[5, 6, 8]),
    ("dport 443", &[11]),
    ("dst 198.51.100.0/24", &[4]),
    ("dst 198.51.100.7:50022", &[4]),
    ("dst 198.51.100.7:22", &[]),
    ("src 10.0.0.0/8", &[4, 5]),
    ("src = 10.1.2.3", &[4, 5]),
    ("src inet:10.1.2.3", &[4]),
    ("src [::ffff:10.1.2.3]:8080", &[5]),
    ("src [2001:db8::]/32", &[6]),
    ("src 2001:db8::/32", &[6]),
    ("dst [fe80::2]:443", &[11]),
    ("src *:22", &[1, 4]),
    ("src unix:/run/*", &[9]),
    ("src unix:*X11*", &[10]),
    ("dev eth0", &[7, 11]),
    ("dev = 2", &[7, 11]),
    ("dev != eth0", &[1, 2, 3, 4, 5, 6, 8, 9, 10]),
    ("autobound", &[8, 11]),
    ("! ( sport = :22 or sport = :8080 ) tcp", &[3, 11]),
    ("not tcp and not udp", &[9, 10]),
    ("(sport=:22|sport=:68)&!udp", &[1, 4]),
    ("sport = :22 && state established || unix", &[4, 9, 10]),
    // Ports and addresses of either end.
    ("port = 22", &[1, 4]),
    ("port in {53,5432,8000-8100}", &[2, 3, 5, 6, 8]),
    ("port in {ssh, domain}", &[1, 4, 8]),
    ("port = 8000-8100", &[2, 5, 6]),
    ("port > 50000", &[4]),
    ("addr in 10.0.0.0/8", &[4, 5]),
    ("addr in {127.0.0.53, 2001:db8::2}", &[6, 8]),
    ("dst in {198.51.100.0/24,10.9.9.9}", &[4, 5]),
    ("local_port = 22", &[1, 4]),
    ("remote_port = none and tcp", &[1, 2, 3]),
    ("remote_address in 127.0.0.0/8", &[8]),
    ("local_address = 10.1.2.3", &[4, 5]),
    // Owners, and what they are part of.
    ("proc = nginx", &[2, 5]),
    ("process in {nginx,sshd}", &[1, 2, 4, 5]),
    ("proc ~ ngi*", &[2, 5]),
    ("proc ~ gin", &[2, 5]),
    ("proc ~ /^(ssh|upd)/", &[1, 3, 4, 11]),
    ("proc !~ /n/ and tcp", &[1, 3, 4, 6, 11]),
    ("proc = 'in (x)'", &[8, 9]),
    ("pid = 813", &[2, 5]),
    ("pid in 700-800", &[1, 4]),
    ("exe = /usr/sbin/nginx", &[2, 5]),
    ("exe ~ /opt/*", &[3, 11]),
    ("exe = \"/tmp/a b\"", &[8, 9]),
    ("exe = none", &[6, 7, 10]),
    ("cmdline ~ daemon", &[2]),
    ("user = root", &[1, 4, 7, 10]),
    ("user in {www-data,ada} and tcp", &[2, 3, 5, 11]),
    ("user = 33", &[2, 5]),
    ("uid >= 1000", &[3, 8, 9, 11]),
    ("uid = none", &[6]),
    ("unit = ssh.service", &[1, 4]),
    ("unit ~ ssh*", &[1, 4]),
    ("container = web", &[2]),
    ("owner_user = root", &[1, 4, 7, 10]),
    ("owner_user = 1000", &[3, 8, 9, 11]),
    ("owner_user = none", &[6]),
    // Of any owner: worker, the second of 2, is in none.
    ("container = none and listening", &[1, 3, 9]),
    ("container != none", &[2]),
    ("owner = none", &[6, 7, 10]),
    ("owner = orphan", &[6]),
    ("owner = denied", &[7]),
    ("owner = sshd", &[1, 4]),
    ("owner_status in {orphan,none}", &[6, 10]),
    ("owner_count > 1", &[2]),
    ("deleted", &[3, 11]),
    ("unowned", &[6, 7, 10]),
    ("orphan", &[6]),
    // Fields of the registry.
    ("protocol = udp", &[7, 8]),
    ("proto in {udp, unix}", &[7, 8, 9, 10]),
    ("family = inet6", &[2, 5, 6, 11]),
    ("scope >= public", &[1, 2, 6, 7]),
    ("scope < private", &[3, 8, 11]),
    ("scope = loopback", &[3, 8]),
    ("reach = both", &[2]),
    ("v6only = false", &[2]),
    ("role = listener", &[1, 2, 3, 7, 9]),
    ("state != listen and state != established", &[5, 6, 7, 11]),
    ("state in {listen, time-wait}", &[1, 2, 3, 6, 9]),
    ("recv_q > 1kB", &[5]),
    ("send_q = 64KiB", &[4]),
    ("send_q >= 0x1ff and send_q <= 4k", &[2]),
    ("recv_q = 1.5k", &[5]),
    ("accept_queue > 0", &[2]),
    ("inode in 101-103", &[1, 2, 3]),
    ("cookie = 6", &[6]),
    ("path ~ /run/*", &[9]),
    ("path ~ /X[0-9]/", &[10]),
    ("path = none and not tcp and not udp", &[]),
    ("interface = eth0", &[7, 11]),
    // Words that stand alone.
    ("listening", &[1, 2, 3, 9]),
    ("listener udp", &[7]),
    ("tcp ipv4", &[1, 3, 4]),
    ("exposed", &[1, 2, 7]),
    ("loopback", &[3, 8]),
    ("connected tcp", &[4, 5, 6, 11]),
    // Texts.
    ("nginx", &[2, 5]),
    ("NGINX", &[2, 5]),
    ("agent.sock", &[9]),
    ("198.51", &[4]),
    ("/198\\.51.*:50022$/", &[4]),
    ("\"time-wait\"", &[6]),
    ("web", &[2]),
    ("'in (x'", &[8, 9]),
];

#[test]
fn every_filter_lets_the_right_ones_pass() {
    let table = table();
    let wrong: Vec<String> = ASKED
        .iter()
        .map(|(filter, expected)| (filter, passing(&table, filter), expected.iter().copied().collect()))
        .filter(|(_, passed, expected): &(_, _, BTreeSet<u64>)| passed != expected)
        .map(|(filter, passed, expected)| format!("{filter}: {passed:?} instead of {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_table_that_is_passed_over_has_none_that_passes() {
    let table = table();
    let mut passed_over = 0;
    for (text, _) in ASKED {
        let filter = Filter::parse(text, &vocabulary()).unwrap();
        let passing = passing(&table, text);
        for row in table.open() {
            let socket = &row.socket;
            let may = filter.may_pass(socket.family, socket.protocol);
            assert!(may || !passing.contains(&socket.key.cookie().unwrap().0), "{text}: {socket:?}");
            passed_over += usize::from(!may);
        }
    }
    assert!(passed_over > 100, "{passed_over}");
    let never = Filter::parse("tcp and udp or (src unix:* and port = 1)", &vocabulary()).unwrap();
    assert!(everything().into_iter().all(|(family, protocol)| !never.may_pass(family, protocol)));
}

/// A mistake, what is meant by it, what is wrong, and what is advised.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("state lisening", "lisening", "there is no such state", "did you mean `listening`?"),
    ("state", "", "the name of a state should stand here", "expected a state such as"),
    ("sttae = x", "sttae", "there is no such field", "did you mean `state`?"),
    ("state = lissten", "lissten", "state has no such value", "did you mean `listen`?"),
    ("protocol = http", "http", "protocol has no such value", ""),
    ("reach = v5", "v5", "reach has no such value", "expected v4, v6 or both"),
    ("lisening", "lisening", "there is no such word", "did you mean `listening`?"),
    ("port = abc", "abc", "neither a port nor the name of a service", ""),
    ("port = both", "both", "has several ports: [1, 2]", ""),
    ("sport in {22,80", "{", "these braces are not closed", ""),
    ("sport in {}", "}", "there is nothing in the braces", ""),
    ("port in 90-80", "90-80", "neither a port", ""),
    ("dst example.org", "example.org", "names of hosts are not looked up", ""),
    ("dst 10.0.0.0/33", "10.0.0.0/33", "is no address", ""),
    ("dst [::1", "[::1", "the bracket is not closed", ""),
    ("addr = 10.0.0", "10.0.0", "this is no address", "expected one such as 10.0.0.1"),
    ("rtt > 50mz", "50mz", "this is no such number", "expected a time such as"),
    ("recv_q > 1s", "1s", "this is no such number", "expected a size such as"),
    ("pid > nginx", "nginx", "this is no such number", "expected a number such as"),
    ("pid ~ 1", "~", "a number looks like nothing", ""),
    ("proc > a", ">", "texts have no order", ""),
    ("state > listen", ">", "state has no order", ""),
    ("dst > 10.0.0.1", ">", "this has no order", ""),
    ("v6only = maybe", "maybe", "neither true nor false", ""),
    ("fwmark = x", "x", "this is no mark", ""),
    ("proc ~ /(/", "/(/", "unclosed group", ""),
    ("proc", "proc", "with what is it to be compared?", "such as `proc = …`"),
    (":80", ":80", "a port stands right of a comparison", "sockeye who :80"),
    ("proc =", "", "a value is missing here", ""),
    ("proc = )", ")", "a value should stand here", ""),
    ("= 5", "=", "a condition should begin here", ""),
    ("tcp and", "", "a condition is missing here", ""),
    ("( tcp", "(", "this parenthesis is not closed", ""),
    ("tcp )", ")", "this parenthesis was never opened", ""),
    ("( )", ")", "there is nothing in the parentheses", ""),
    ("proc = \"x", "\"x", "the quote is not closed", ""),
    ("tcp or udp and unix", "and", "could belong to the last condition alone", "put parentheses"),
    ("tcp or udp unix", "unix", "could belong to the last condition alone", "put parentheses"),
    ("owners = nginx", "owners", "there is no such field", "did you mean `owner`?"),
];

#[test]
fn every_mistake_is_told_with_its_place_and_its_remedy() {
    for (filter, place, wrong, advice) in MISTAKES {
        let Err(told) = Filter::parse(filter, &vocabulary()) else { panic!("{filter} is understood") };
        assert_eq!(&filter[told.span.clone()], *place, "{filter}\n{told}");
        assert!(told.wrong.contains(wrong), "{filter}\n{told}");
        assert!(told.advice.as_deref().unwrap_or_default().contains(advice), "{filter}\n{told}");
        assert!(told.to_string().contains('^'), "{told}");
    }
}

#[test]
fn nesting_has_an_end() {
    let deep = |depth: usize| format!("{}tcp{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&deep(90), &vocabulary()).is_ok());
    for text in [deep(10_000), "!".repeat(10_000), "(".repeat(10_000)] {
        assert!(Filter::parse(&text, &vocabulary()).is_err());
    }
}

/// The words of a command line of the documentation, as a shell parts them.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn every_example_of_the_documentation_works() {
    let page = std::fs::read_to_string("docs/filter.md").unwrap();
    let examples: Vec<&str> = page.lines().filter(|line| line.starts_with("sockeye ")).collect();
    assert!(examples.len() >= 7, "{examples:?}");
    for example in examples {
        let words = words(example);
        let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let ran = run(sockeye(&args).args(["--source", "scenario:tests/scenarios/filter.toml"]));
        assert_eq!(ran.code(), 0, "{example}\n{}", ran.stderr());
    }
}

#[test]
fn every_word_that_is_offered_is_understood() {
    for word in sockeye::filter::flags() {
        assert!(Filter::parse(word, &vocabulary()).is_ok(), "{word}");
    }
    for name in sockeye::filter::names() {
        // One of these is a value of whatever it is.
        let values = ["none", "1", "::1"];
        let understood = |value| Filter::parse(&format!("{name} = {value}"), &vocabulary()).is_ok();
        assert!(values.into_iter().any(understood), "{name}");
    }
}

#[test]
fn a_filter_is_asked_by_the_command_line() {
    let listed = |args: &[&str]| {
        let ran = run(sockeye(args).args(["--source", "scenario:tests/scenarios/filter.toml"]));
        (ran.code(), String::from_utf8(ran.stdout.clone()).unwrap(), ran.stderr().to_string())
    };
    let (code, table, _) = listed(&["-tnH", "state", "listening", "sport", "=", ":22"]);
    assert_eq!((code, table.lines().count()), (0, 1), "{table}");
    let (code, table, error) = listed(&["port", "=", "htp"]);
    assert_eq!((code, table.as_str()), (2, ""));
    assert!(error.contains("   1 | port = htp\n     |        ^^^ "), "{error}");
    let (code, _, error) = listed(&["doktor"]);
    assert!(code == 2 && error.contains("did you mean `doctor`?"), "{error}");
    let (code, _, error) = listed(&["-t", "udp"]);
    assert!(code == 2 && error.contains("no socket can pass"), "{error}");
    for history in ["age < 5m", "rate > 1MB", "send_rate_bytes_per_s > 0"] {
        let (code, _, error) = listed(&[history]);
        assert!(code == 2 && error.contains("knows no ages"), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_odd(text in "[ a-z日é…0-9=!<>~(){}/\"'\\\\:.,*|&\\[\\]-]{0,40}") {
        if let Err(told) = Filter::parse(&text, &vocabulary()) {
            proptest::prop_assert!(told.span.end <= text.len() && told.span.start <= told.span.end);
        }
    }
}
