//! A manager that holds a listener for a service: the first process of a pid namespace, with unit
//! files of its own.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Command;

use crate::Case;
use crate::document::Document;
use crate::harness::run;

pub(crate) const CASES: &[Case] = &[("activation::the_unit_behind_a_listener_of_pid_1", waits_for_a_caller)];

const APART: [&str; 5] = ["--mount", "--pid", "--fork", "--mount-proc", "--"];

/// Whether such a namespace can be made.
pub(crate) fn can_be_shown() -> bool {
    Command::new("unshare").args(APART).arg("true").output().is_ok_and(|ran| ran.status.success())
}

/// The shell is pid 1 and holds the listener; the program that it starts gets another stdin.
const SCRIPT: &str = "mount -t tmpfs none /run && mkdir -p /run/systemd/system && \
    printf '[Socket]\\nListenStream=%s\\n' $1 > /run/systemd/system/sockeye-test.socket && \
    $2 --json -tl --owners proc < /dev/null; exit $?";

fn waits_for_a_caller() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let mut command = Command::new("unshare");
    command.args(APART).args(["sh", "-c", SCRIPT, "sh", &addr.to_string(), env!("CARGO_BIN_EXE_sockeye")]);
    let ran = run(command.stdin(OwnedFd::from(listener)).env("SOCKEYE_CONFIG", ""));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let told = Document::read(&ran.stdout);
    let row = told.only(|socket| socket.local_port == Some(addr.port().into())).expect("it is listed");
    let pids: Vec<u32> = row.owners.iter().flatten().map(|owner| owner.pid).collect();
    assert_eq!((pids, row.activates.as_deref()), (vec![1], Some("sockeye-test.service")));
    let others = told.sockets.iter().filter(|socket| socket.activates.is_some());
    assert_eq!(others.count(), 1, "no other socket is held by pid 1");
}
