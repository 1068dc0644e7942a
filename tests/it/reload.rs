//! `sockeye watch` reads its policy again when it is told to, and keeps the old one where the new one is broken.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::{Pid, Signal, kill_process};

use crate::follower::Follower;
use crate::harness::sockeye;
use crate::policy::Policy;
use crate::stock::write_file;
use crate::validator::{assert_valid, validator};

struct Watch {
    follower: Follower,
    policy: Policy,
}

impl Watch {
    fn start(text: &str) -> Self {
        let policy = Policy::with(text);
        let path = policy.path.to_str().unwrap();
        let args = [
            "watch",
            "--json",
            "--cooldown",
            "0",
            "--interval",
            "200ms",
            "--owners",
            "proc",
            "--policy",
            path,
        ];
        let follower = Follower::start_saying(&mut sockeye(&args), "sockeye: watching ");
        Self { follower, policy }
    }

    /// Sends SIGHUP and waits until that many answers of that kind were given.
    fn hang_up(&self, answer: &str, count: usize) -> String {
        kill_process(Pid::from_child(&self.follower.child), Signal::HUP).unwrap();
        crate::harness::eventually(|| {
            let said = self.follower.said();
            let answers: Vec<_> = said.iter().filter(|line| line.contains(answer)).collect();
            if answers.len() == count { Ok(answers[count - 1].clone()) } else { Err(format!("{said:?}")) }
        })
    }

    /// How often a listener was reported, once another that opened later was.
    fn reports(&self, listener: &TcpListener) -> usize {
        let later = TcpListener::bind("127.0.0.1:0").unwrap();
        self.follower.tells(&[&port(&later), "unexpected-listener"]);
        let lines = self.follower.lines();
        let of_it = lines.iter().filter(|line| line.contains(&port(listener)));
        of_it.filter(|line| line.contains("\"alert\":\"unexpected-listener\"")).count()
    }
}

/// As it stands in an alert.
fn port(listener: &TcpListener) -> String {
    format!("\"local_port\":{},", listener.local_addr().unwrap().port())
}

fn expecting(listener: &TcpListener) -> String {
    let port = listener.local_addr().unwrap().port();
    format!("version = 1\n[[expect]]\nprotocol = \"tcp\"\nport = {port}\nscope = \"any\"\n")
}

#[test]
fn what_can_be_missed_is_told_beside_the_alerts() {
    let watch = Watch::start("version = 1\n");
    let coverage = crate::harness::eventually(|| watch.follower.coverage().ok_or("none".to_owned()));
    let coverage: serde_json::Value = serde_json::from_str(&coverage).unwrap();
    assert_valid(&validator("coverage_line"), "watch", &coverage);
    let hearing = &coverage["coverage"]["hearing"];
    assert_eq!(hearing["beginnings"]["reason"], "BPF is not to be used: --owners");
    assert_eq!((&hearing["ends"]["status"], &hearing["interval_ms"]), (&"ok".into(), &200.into()));
    let promise =
        "what lives shorter than the interval can be missed, but for the end of TCP and UDP sockets";
    assert_eq!(hearing["promise"], promise);
}

#[test]
fn what_is_expected_now_is_silent_and_what_is_not_any_more_is_news() {
    let (one, two) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let watch = Watch::start(&expecting(&one));
    watch.follower.tells(&[&port(&two), "unexpected-listener"]);
    assert_eq!(watch.reports(&one), 0);
    write_file(&watch.policy.path, expecting(&two));
    let said = watch.hang_up("the policy was read again", 1);
    assert!(said.contains(": 1 expectation of "), "{said}");
    watch.follower.tells(&[&port(&one), "unexpected-listener"]);
    assert_eq!((watch.reports(&one), watch.reports(&two)), (1, 1));
    // The same again says nothing twice.
    watch.hang_up("the policy was read again", 2);
    assert_eq!((watch.reports(&one), watch.reports(&two)), (1, 1));
}

#[test]
fn whatever_is_wrong_with_it_the_old_one_stays_in_force() {
    let one = TcpListener::bind("127.0.0.1:0").unwrap();
    let watch = Watch::start(&expecting(&one));
    let rule = |when: &str| format!("version = 1\n[[rule]]\nname = \"r\"\nwhen = \"{when}\"\n");
    let broken = [
        ("version = 1\n[[expect]\n".to_owned(), " 2 | [[expect]"),
        ("version = 1\n[[expect]]\npot = 1\n".to_owned(), "pot = 1"),
        ("version = 9\n".to_owned(), "version = 9"),
        (rule("stat = listening"), "stat = listening"),
        (rule("unix"), "start sockeye watch anew"),
    ];
    for (count, (text, says)) in broken.iter().enumerate() {
        write_file(&watch.policy.path, text);
        watch.hang_up("the old policy and the old sinks stay in force", count + 1);
        watch.follower.says(says);
        assert_eq!(watch.reports(&one), 0, "{text:?}");
    }
    // Others may write to it.
    write_file(&watch.policy.path, "version = 1\n");
    fs::set_permissions(&watch.policy.path, Permissions::from_mode(0o666)).unwrap();
    if rustix::process::geteuid().is_root() {
        watch.hang_up("the old policy and the old sinks stay in force", broken.len() + 1);
        assert_eq!(watch.reports(&one), 0);
    }
    fs::remove_file(&watch.policy.path).unwrap();
    let before = watch.follower.said().len();
    watch.hang_up("there is no policy file at", 1);
    assert!(watch.follower.said().len() > before);
    assert_eq!(watch.reports(&one), 0);
}
