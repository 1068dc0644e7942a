//! `sockeye watch` that is asked to stop: it tells what it counted first.

use std::net::TcpListener;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::follower::Follower;
use crate::harness::sockeye;
use crate::policy::Policy;

#[test]
fn what_is_counted_is_told_before_a_watch_ends() {
    let policy = Policy::with("version = 1\n");
    let args = ["watch", "--json", "--cooldown", "1h", "--policy", policy.path.to_str().unwrap()];
    let listeners: Vec<_> = (0..30).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let mut watch = Follower::start_saying(&mut sockeye(&args), "sockeye: watching ");
    watch.tells(&["unexpected-listener"]);
    kill_process(Pid::from_child(&watch.child), Signal::TERM).unwrap();
    let told: Vec<Value> =
        watch.lines_at_end().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(watch.ends(), None, "by the signal, as without any of this");
    let own = told.iter().filter(|alert| alert["pid"] == std::process::id());
    let counts: Vec<_> = own.map(|alert| alert["stands_for"].as_u64().unwrap()).collect();
    // Other tests listen, too.
    assert!(counts.iter().sum::<u64>() >= u64::try_from(listeners.len()).unwrap(), "{counts:?}");
    assert!(counts.iter().any(|count| *count > 1) && counts.len() < listeners.len(), "{counts:?}");
}
