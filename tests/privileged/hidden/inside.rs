//! A pid namespace and a user namespace, looked at from outside and from inside. Pids are those of who
//! looks, and what is outside is not made up.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Command;

use super::{listeners, listing, of, pids};
use crate::harness::{Holder, eventually, run};
use crate::namespaces::in_namespace;
use crate::stock::{fds_of, inode};

/// Every process here that holds a socket, as this process sees them.
fn holders(inode: u64) -> Vec<u32> {
    let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
    let pids = names.filter_map(|name| name.to_str()?.parse().ok());
    let mut holders: Vec<u32> = pids.filter(|pid| !fds_of(*pid, inode).is_empty()).collect();
    holders.sort_unstable();
    holders
}

pub(super) fn pid_namespace(method: &'static str) {
    in_namespace(move || {
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let held = inode(&listener);
        let mut command = Command::new("unshare");
        command.args(["-pf", "--mount-proc", "sh", "-c", "cat; true"]).stdout(OwnedFd::from(listener));
        let _inside = Holder::spawn(&mut command);
        drop(command);
        // unshare(1) itself, the shell that is the first process inside, and cat.
        let there = eventually(|| match holders(held) {
            pids if pids.len() == 3 && is_cat(pids[2]) => Ok(pids),
            pids => Err(format!("{pids:?}")),
        });
        let told = listeners(method);
        assert_eq!(pids(of(&told, held)), there, "from outside");

        let mut command = Command::new("nsenter");
        command.args(["-t", &there[2].to_string(), "-p", "-m", env!("CARGO_BIN_EXE_sockeye")]);
        command.args(["--json", "-tl", "--owners", method]);
        let told = listing(&run(command.env("SOCKEYE_CONFIG", "")));
        assert_eq!(pids(of(&told, held)), [1, 2], "from inside");
        let unseen = of(&told, inode(&outside));
        assert_eq!((unseen.owner_status.as_str(), &unseen.owners), ("other-pidns", &None));
    });
}

fn is_cat(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == "cat\n")
}

pub(super) fn user_namespace() {
    in_namespace(|| {
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let held = inode(&listener);
        let mut command = Command::new("unshare");
        command.args(["-U", "-r", "cat"]).stdout(OwnedFd::from(listener));
        let inside = Holder::spawn(&mut command);
        drop(command);
        eventually(|| if is_cat(inside.pid()) { Ok(()) } else { Err("not yet".to_owned()) });
        assert_eq!(pids(of(&listeners("proc"), held)), [inside.pid()], "from outside");
        let mut command = Command::new("nsenter");
        command.args(["-t", &inside.pid().to_string(), "-U", env!("CARGO_BIN_EXE_sockeye")]);
        command.args(["--json", "-tl", "--owners", "proc"]);
        let told = listing(&run(command.env("SOCKEYE_CONFIG", "")));
        assert_eq!(pids(of(&told, held)), [inside.pid()], "from inside");
        let unseen = of(&told, inode(&outside));
        assert_eq!(unseen.owner_status, "denied");
        assert!(told.coverage.owners.processes_denied > 0);
    });
}
