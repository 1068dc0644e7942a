//! The policy, end to end: learn what listens, then hear of what is new, once.
//!
//! Other tests of this machine open and close listeners meanwhile, so on the live machine only the
//! own ports are looked at; exact exit codes are tested on a scenario, and in namespaces of their
//! own by `tests/privileged`.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::document::{Alert, Summary, moment};
use crate::follower::Follower;
use crate::follower::is_coverage;
use crate::harness::{Ran, eventually, run, sockeye, wait};
use crate::stock::{tcp_listener, udp_server, write_file};

/// A policy file in a directory of its own.
pub(crate) struct Policy {
    _dir: TempDir,
    pub(crate) path: PathBuf,
}

impl Policy {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        Self { _dir: dir, path }
    }

    pub(crate) fn with(text: &str) -> Self {
        let policy = Self::new();
        write_file(&policy.path, text);
        policy
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(&mut sockeye(&[args, &["--policy", self.path()]].concat()))
    }

    fn learn(&self) {
        let ran = self.run(&["policy", "learn"]);
        assert_eq!(ran.code(), 0, "{}", ran.stderr());
        assert!(ran.stdout().starts_with(&format!("{}: ", self.path())), "{}", ran.stdout());
    }

    /// The alerts of a check, and its summary, which must add up.
    pub(crate) fn check(&self) -> (Ran, Vec<Alert>) {
        let ran = self.run(&["check", "--json"]);
        let mut lines: Vec<_> = ran.stdout().lines().collect();
        let last = lines.pop().expect("a summary");
        let summary: Summary = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
        let alerts: Vec<Alert> = lines.into_iter().map(alert).collect();
        assert_eq!((summary.schema, &*summary.r#type), (1, "summary"));
        assert_eq!(summary.listeners, summary.expected + summary.unexpected + summary.unverifiable);
        let by_rules = summary.rule_matched + summary.rule_unverifiable;
        assert_eq!(summary.unexpected + summary.unverifiable + by_rules + summary.facts, alerts.len() as u64);
        assert_eq!(
            ran.code(),
            match (
                summary.unexpected + summary.rule_matched + summary.facts,
                summary.unverifiable + summary.rule_unverifiable
            ) {
                (1.., _) => 1,
                (0, unseen) => 3 * i32::from(unseen > 0),
            }
        );
        moment(&summary.at);
        (ran, alerts)
    }

    /// What a check says about a port: the alert, and the line for people.
    fn says(&self, port: u16) -> Option<(Alert, String)> {
        let alert = self.check().1.into_iter().find(|alert| alert.socket.local_port == Some(port.into()));
        let text = self.run(&["check"]).stdout().to_owned();
        let line = text.lines().find(|line| line.contains(&format!(":{port} ")));
        assert_eq!(alert.is_some(), line.is_some(), "{text}");
        alert.zip(line.map(str::to_owned))
    }
}

fn alert(line: &str) -> Alert {
    let alert: Alert = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!((alert.schema, &*alert.r#type), (1, "alert"));
    moment(&alert.at);
    alert
}

fn own_exe() -> String {
    std::fs::read_link("/proc/self/exe").unwrap().to_str().unwrap().to_owned()
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

#[test]
fn a_listener_that_was_not_learnt_is_named_until_it_closes() {
    let policy = Policy::new();
    let learnt = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = udp_server("127.0.0.1");
    policy.learn();
    assert!(policy.text().contains(&format!("port = {}\nscope = \"loopback\"\nexe = ", port(&learnt))));
    assert!(policy.says(port(&learnt)).is_none(), "it was learnt");
    assert!(policy.says(server.local_addr().unwrap().port()).is_none(), "and so was the UDP server");

    let new = TcpListener::bind("127.0.0.1:0").unwrap();
    let (alert, line) = policy.says(port(&new)).expect("it is reported");
    assert_eq!((&*alert.alert, &*alert.severity), ("unexpected-listener", "high"));
    assert_eq!((alert.pid, alert.exe.as_ref()), (Some(std::process::id()), Some(&own_exe())));
    assert_eq!((&*alert.reason, &alert.policy), ("no expectation covers it", &None));
    assert_eq!(alert.socket.local_address.as_deref(), Some("127.0.0.1"));
    let cookie = rustix::net::sockopt::socket_cookie(&new).unwrap().to_string();
    assert_eq!(alert.socket.cookie, Some(cookie));
    let user = alert.socket.user.clone().unwrap_or_else(|| format!("uid {}", alert.socket.uid.unwrap()));
    for part in [
        &format!("✗ high     tcp 127.0.0.1:{}  ", port(&new)),
        &format!(" {} {} ({user})", std::process::id(), own_exe()),
        "  no expectation covers it",
    ] {
        assert!(line.contains(part), "{part:?} is missing in {line:?}");
    }
    let gone = port(&new);
    drop(new);
    // A process that another test forks may hold it an instant longer.
    eventually(|| policy.says(gone).map_or(Ok(()), |(_, line)| Err(line)));
}

#[test]
fn what_listens_within_a_while_is_learnt_with_what_is_gone_by_then() {
    let policy = Policy::new();
    let args = ["policy", "learn", "--for", "3s", "--policy", policy.path()];
    let learning = Follower::start_saying(&mut sockeye(&args), "sockeye: learning for 3.0s; ");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let stays = TcpListener::bind("127.0.0.1:0").unwrap();
    let of_gone = port(&gone);
    // Longer than between two readings, for who may not hear what lives shorter.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    drop(gone);
    assert_eq!(learning.ends(), Some(0));
    for port in [port(&stays), of_gone] {
        assert!(policy.text().contains(&format!("port = {port}\n")), "{port}: {}", policy.text());
    }
    assert!(policy.says(port(&stays)).is_none(), "it was learnt");
}

#[test]
fn a_client_is_no_listener() {
    let policy = Policy::with("version = 1\n");
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert!(policy.says(client.local_addr().unwrap().port()).is_none());
    let server = udp_server("127.0.0.1");
    let (alert, line) = policy.says(server.local_addr().unwrap().port()).expect("a server is one");
    assert_eq!(alert.socket.protocol, "udp");
    assert!(line.contains(&format!("udp {}  ", server.local_addr().unwrap())), "{line}");
}

#[test]
fn the_nearest_entry_tells_why() {
    let open = |addr: &str| TcpListener::from(tcp_listener(addr, None, 1));
    for (addr, scope, matcher, kind, reason) in [
        (
            "0.0.0.0:0",
            "loopback",
            String::new(),
            Some("unexpected-listener"),
            "wider than expected: only loopback is accepted",
        ),
        (
            "[::]:0",
            "private",
            String::new(),
            Some("unexpected-listener"),
            "wider than expected: only private is accepted",
        ),
        ("127.0.0.1:0", "loopback", String::new(), None, ""),
        ("127.0.0.1:0", "any", format!("exe = {:?}", own_exe()), None, ""),
        (
            "127.0.0.1:0",
            "any",
            "exe = \"/usr/bin/other\"".to_owned(),
            Some("unexpected-listener"),
            "its exe is not the expected /usr/bin/other",
        ),
        (
            "127.0.0.1:0",
            "any",
            "user = [\"nobody-here\", \"99999\"]".to_owned(),
            Some("unexpected-listener"),
            "its user is not the expected nobody-here or 99999",
        ),
        (
            "127.0.0.1:0",
            "any",
            "comm = \"it\"".to_owned(),
            Some("unexpected-listener"),
            "its comm is not the expected it",
        ),
    ] {
        let listener = open(addr);
        let text = format!(
            "version = 1\n\n[[expect]]\nprotocol = \"tcp\"\nport = {}\nscope = \"{scope}\"\n{matcher}\n",
            port(&listener)
        );
        let policy = Policy::with(&text);
        let said = policy.says(port(&listener));
        assert_eq!(said.as_ref().map(|(alert, _)| &*alert.alert), kind, "{text}\n{said:#?}");
        let Some((alert, line)) = said else { continue };
        assert_eq!(alert.reason, reason);
        assert_eq!(alert.policy, Some(format!("{}:3", policy.path())));
        assert!(line.contains(&format!("{reason} ({}:3); ", policy.path())), "{line}");
        // Whoever runs the tests was started by somebody.
        let parent = std::fs::read_to_string(format!("/proc/{}/comm", std::os::unix::process::parent_id()));
        let started = format!("started by {} ", parent.unwrap().trim_end());
        assert!(line.contains(&started) && alert.message.contains(&started), "{line}");
        assert!(alert.message.contains(reason), "{}", alert.message);
    }
}

const SCENARIO: &str = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/policy.toml");

#[test]
fn learning_twice_adds_nothing_and_keeps_what_people_wrote() {
    let policy = Policy::new();
    let learn =
        |options: &[&str]| policy.run(&[&["policy", "learn", "--source", SCENARIO], options].concat()).ok();
    let dry = learn(&["--dry-run"]);
    assert!(!policy.path.exists(), "a dry run writes nothing");
    let first = learn(&[]);
    assert_eq!(first, format!("{}: 3 entries added; 0 listeners were covered before\n", policy.path()));
    let learnt = policy.text();
    let file = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&policy.path).unwrap());
    let written = file();
    assert!(learnt.ends_with(&dry), "what was announced is what is written");
    insta::assert_snapshot!("learnt", learnt);
    assert_eq!(learn(&[]), format!("{}: 0 entries added; 4 listeners were covered before\n", policy.path()));
    assert_eq!((policy.text(), file()), (learnt.clone(), written), "not even written again");
    // People came by: a comment, an odd layout, an entry less.
    let cut = learnt.rfind("\n[[expect]]").unwrap();
    let kept = learnt[..cut].replace("\n[[expect]]\n", "\n# why not\n[[expect]]   # \u{e9}\n");
    write_file(&policy.path, &kept);
    assert!(learn(&["--dry-run"]).starts_with("\n[[expect]]"));
    assert_eq!(policy.text(), kept);
    learn(&[]);
    assert_eq!(policy.text().strip_prefix(&kept), Some(&learnt[cut..]), "only appended");
}

#[test]
fn exit_codes_of_a_check_are_exact() {
    let policy = Policy::new();
    assert_eq!(policy.run(&["policy", "learn", "--source", SCENARIO]).code(), 0);
    let check = || policy.run(&["check", "--source", SCENARIO]);
    let clean = check();
    assert_eq!(
        (clean.code(), clean.stdout()),
        (0, "0 unexpected, 4 as expected. All processes were readable.\n")
    );
    assert!(clean.stderr.is_empty(), "{}", clean.stderr());
    let learnt = policy.text();
    write_file(&policy.path, learnt.replace("/usr/sbin/sshd", "/usr/sbin/other"));
    assert_eq!(check().code(), 1);
    write_file(&policy.path, "version = 1\n");
    let ran = check();
    assert_eq!(ran.code(), 1);
    insta::assert_snapshot!("unexpected", ran.stdout());
    let ascii = policy.run(&["check", "--ascii", "--source", SCENARIO]);
    assert!(ascii.stdout().is_ascii() && ascii.stdout().starts_with("x high "), "{}", ascii.stdout());
    let coloured = policy.run(&["check", "--color", "always", "--source", SCENARIO]);
    assert!(
        coloured.stdout().starts_with("\x1b[1m\x1b[31m✗ high    \x1b[0m tcp "),
        "{:?}",
        coloured.stdout()
    );
}

#[test]
fn an_alert_tells_what_the_kernel_uses_a_socket_for() {
    let tunnel = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/tunnel.toml");
    let ran = Policy::with("version = 1\n").run(&["check", "--source", tunnel]);
    assert_eq!(ran.code(), 1, "{ran:?}");
    assert!(ran.stdout().contains(r"the kernel's own: VXLAN device vx\x1b0"), "{}", ran.stdout());
}

#[test]
fn a_check_that_cannot_see_enough_says_so() {
    let blind = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/blind.toml");
    let policy = Policy::with(
        "version = 1\n[[expect]]\nprotocol = \"tcp\"\nport = 22\nscope = \"any\"\nexe = \"/usr/sbin/sshd\"\n",
    );
    let ran = policy.run(&["check", "--source", blind]);
    assert_eq!(ran.code(), 3, "{ran:?}");
    assert!(
        ran.stdout().contains("cannot see whether its exe is the expected /usr/sbin/sshd"),
        "{}",
        ran.stdout()
    );
    assert!(
        ran.stdout()
            .ends_with("0 unexpected, 1 not verifiable, 0 as expected. 1 process could not be read.\n")
    );
    assert!(ran.stderr().contains("may not be read"), "{}", ran.stderr());
}

/// A running `sockeye watch` and the alerts that it printed so far.
pub(crate) struct Watch {
    child: Child,
    pub(crate) alerts: Arc<Mutex<Vec<Alert>>>,
}

impl Watch {
    /// Starts it and waits until it says that it watches.
    pub(crate) fn start(policy: &Path) -> Self {
        let args = [
            "watch",
            "--json",
            "--cooldown",
            "0",
            "--interval",
            "200ms",
            "--policy",
            policy.to_str().unwrap(),
        ];
        let mut child = sockeye(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let alerts = Arc::new(Mutex::new(Vec::new()));
        let (stdout, printed) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(&alerts));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if !is_coverage(&line) {
                    printed.lock().unwrap().push(alert(&line));
                }
            }
        });
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        stderr.read_line(&mut first).unwrap();
        assert!(first.starts_with("sockeye: watching ") && first.contains("every 200ms"), "{first}");
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(drop));
        Self { child, alerts }
    }

    /// The kinds of alerts about a port, in the order in which they were printed.
    pub(crate) fn about(&self, port: u16) -> Vec<String> {
        let alerts = self.alerts.lock().unwrap();
        alerts
            .iter()
            .filter(|one| one.socket.local_port == Some(port.into()))
            .map(|one| one.alert.clone())
            .collect()
    }

    /// Waits until the last word about the port is this one.
    pub(crate) fn until(&self, port: u16, last: &str) {
        eventually(|| {
            let said = self.about(port);
            if said.last().is_some_and(|kind| kind == last) {
                Ok(())
            } else {
                Err(format!("{port}: {said:?}"))
            }
        });
    }

    /// Lets several polls pass: what opens now is reported by a later one, and closes by later ones.
    pub(crate) fn pass_time(&self) {
        let later = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = port(&later);
        self.until(port, "unexpected-listener");
        drop(later);
        self.until(port, "listener-closed");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_watch_reports_each_fact_once() {
    let policy = Policy::new();
    let learnt = TcpListener::bind("127.0.0.1:0").unwrap();
    policy.learn();
    let before = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut watch = Watch::start(&policy.path);
    watch.until(port(&before), "unexpected-listener"); // what it finds when it starts is judged too
    let new = TcpListener::bind("127.0.0.1:0").unwrap();
    let port_of_new = port(&new);
    watch.until(port_of_new, "unexpected-listener");
    watch.pass_time();
    assert_eq!(watch.about(port_of_new), ["unexpected-listener"], "once");
    drop(new);
    watch.until(port_of_new, "listener-closed");
    watch.pass_time();
    assert_eq!(watch.about(port_of_new), ["unexpected-listener", "listener-closed"], "and once more");
    assert_eq!(watch.about(port(&before)), ["unexpected-listener"]);
    let of_learnt = watch.about(port(&learnt));
    assert!(of_learnt.is_empty(), "what was learnt is silent, not {of_learnt:?}");
    {
        let alerts = watch.alerts.lock().unwrap();
        let told = alerts.iter().find(|alert| alert.socket.local_port == Some(port_of_new.into())).unwrap();
        assert_eq!((told.pid, told.exe.as_ref()), (Some(std::process::id()), Some(&own_exe())));
        assert!(told.socket.opened_at.is_none() && told.host.boot_id.is_some());
        let mut ids: Vec<_> = alerts.iter().map(|alert| &alert.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "each alert has an id of its own");
    }
    kill_process(Pid::from_child(&watch.child), Signal::TERM).unwrap();
    let status = wait(&mut watch.child);
    let by_signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert!(by_signal == Some(15) || status.code() == Some(143), "{status:?}");
}
