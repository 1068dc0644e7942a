//! A process that holds a port for a container, played by a shell of that name.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::document::Published;
use crate::harness::{Holder, document};
use crate::stock::cookie;

#[test]
fn a_proxy_tells_where_it_passes_on_what_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let proxy = dir.path().join("docker-proxy");
    std::fs::copy(Path::new("/bin/sh").canonicalize().unwrap(), &proxy).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cookie = cookie(&listener);
    // An address of documentation (RFC 5737), which no container has.
    let args = ["-proto", "tcp", "-container-ip", "198.51.100.7", "-container-port", "80"];
    let mut command = Command::new(&proxy);
    command.args(["-c", "read line", "x"]).args(args).stdout(OwnedFd::from(listener)).stderr(Stdio::null());
    let holder = Holder::spawn(&mut command);
    drop(command);
    let told = document(&["--json", "-tl"]);
    let row = told.by_cookie(cookie).expect("it is listed");
    let owner = row.owners.iter().flatten().find(|owner| owner.pid == holder.pid()).unwrap();
    let target = Published { address: "198.51.100.7".to_owned(), port: 80, container: None };
    assert_eq!(owner.publishes.as_ref(), Some(&target), "{owner:?}");
    let others = row.owners.iter().flatten().filter(|owner| owner.comm != "docker-proxy");
    assert!(others.into_iter().all(|owner| owner.publishes.is_none()));
}
