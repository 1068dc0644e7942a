//! `sockeye watch` tells the manager of services how it does (`sd_notify(3)`).

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::follower::Follower;
use crate::harness::sockeye;
use crate::policy::Policy;

/// The place of the manager.
struct Manager {
    socket: UnixDatagram,
    #[expect(dead_code, reason = "its directory goes with it")]
    dir: tempfile::TempDir,
}

impl Manager {
    /// What is told next.
    fn hears(&self) -> String {
        let mut message = [0; 1024];
        let length = self.socket.recv(&mut message).expect("it tells something");
        String::from_utf8(message[..length].to_vec()).unwrap().trim_end().to_owned()
    }

    /// What is told until this is.
    fn hears_until(&self, last: &str) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        while !told.contains(last) {
            told.insert(self.hears());
        }
        told
    }
}

#[test]
fn that_it_is_ready_that_it_lives_and_that_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("notify");
    let socket = UnixDatagram::bind(&place).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let manager = Manager { socket, dir };
    let policy = Policy::with("version = 1\n");
    let args = ["watch", "--interval", "50ms", "--owners", "none", "--policy", policy.path.to_str().unwrap()];
    let watch = Follower::start_saying(sockeye(&args).env("NOTIFY_SOCKET", &place), "sockeye: watching ");
    let told = manager.hears_until("READY=1");
    assert!(
        !told.contains("WATCHDOG=1"),
        "its life is told with readings, and the first is to come: {told:?}"
    );
    manager.hears_until("WATCHDOG=1");
    let told = manager.hears_until("WATCHDOG=1");
    assert!(!told.contains("READY=1") && !told.contains("STOPPING=1"), "{told:?}");
    kill_process(Pid::from_child(&watch.child), Signal::TERM).unwrap();
    manager.hears_until("STOPPING=1");
    assert_eq!(watch.ends(), None, "by the signal");
}
