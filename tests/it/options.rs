//! Options of `ss` that choose or tell more, on sockets of our own. Beside `ss` itself they are held by
//! the privileged tests.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::net::{self, AddressFamily, SocketFlags, SocketType};

use crate::harness::{run, sockeye};

/// A TCP socket that is bound and no more, and its address.
fn bound() -> (OwnedFd, String) {
    let fd = net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(&fd, &"127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
    let address = SocketAddr::try_from(net::getsockname(&fd).unwrap()).unwrap();
    (fd, address.to_string())
}

/// The columns of every row.
fn rows(args: &[&str]) -> Vec<Vec<String>> {
    let table = run(&mut sockeye(args)).ok();
    table.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn has(rows: &[Vec<String>], local: &str) -> bool {
    rows.iter().any(|columns| columns.iter().any(|column| column == local))
}

/// Whether this kernel lists them.
fn lists_bound() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let numbers: Vec<u32> = release.split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    numbers >= vec![6, 8]
}

#[test]
fn of_what_is_bound_and_no_more_there_is_a_list() {
    let (_fd, local) = bound();
    if !lists_bound() {
        let ran = run(&mut sockeye(&["-tnB", "sport = :1"]));
        assert!(ran.code() == 2 && ran.stderr().contains("before 6.8"), "{}", ran.stderr());
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let found = rows(&["-nBH"]);
    let row = ["tcp", "0", "0", &local, "0.0.0.0:*"].map(str::to_owned);
    assert!(found.contains(&row.to_vec()), "with its kind and without its state, as in ss: {found:?}");
    for other in [listener.local_addr().unwrap(), udp.local_addr().unwrap()] {
        assert!(!has(&found, &other.to_string()), "{other}");
    }
    for (options, shown) in [
        ("-tnB", true),
        ("-tulnB", true),
        ("-tnBl", true),
        ("-tnBa", true),
        ("-4nB", true),
        ("-6nB", false),
        ("-tn", false),
    ] {
        assert_eq!(has(&rows(&[options]), &local), shown, "{options}");
    }
    let listening = listener.local_addr().unwrap().to_string();
    assert!(has(&rows(&["-tnBl"]), &listening), "the last one counts");
    assert!(!has(&rows(&["-tnlB"]), &listening), "the last one counts");
    let json = run(&mut sockeye(&["--json", "-B"])).ok();
    assert!(json.contains("\"state\":\"bound\"") && !json.contains("\"state\":\"listen\""), "{json}");
    let port = local.rsplit(':').next().unwrap();
    assert_eq!(run(&mut sockeye(&["-qB", &format!("sport = :{port}")])).code(), 0);
    assert_eq!(run(&mut sockeye(&["-qB", "sport = :1"])).code(), 1);
}

#[test]
fn who_cannot_list_what_is_bound_says_so() {
    let (_fd, local) = bound();
    let ran = run(&mut sockeye(&["-tnBH", "--source", "procfs"]));
    assert_eq!((ran.code(), ran.stdout()), (2, ""), "{local}");
    assert!(ran.stderr().contains("no table but that of netlink"), "{}", ran.stderr());
    let ran = run(&mut sockeye(&["-qB", "--source", "procfs"]));
    assert_eq!((ran.code(), ran.stdout()), (2, ""), "{}", ran.stderr());
    let ran = run(&mut sockeye(&["-uB"]));
    assert!(ran.code() == 2 && ran.stderr().contains("TCP sockets alone"), "{}", ran.stderr());
}

/// What is told of who holds the socket at this address, by these options.
fn users(options: &str, local: &str) -> String {
    let row = rows(&[options]).into_iter().find(|row| row.iter().any(|column| column == local));
    row.unwrap().into_iter().find(|column| column.starts_with("users:(")).unwrap()
}

#[test]
fn every_thread_is_told_under_its_own_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (send, tid) = std::sync::mpsc::channel();
    let work = move || {
        send.send(rustix::thread::gettid()).unwrap();
        assert!(ended.recv().is_err(), "until the other end goes");
    };
    let thread = std::thread::Builder::new().name("a-thread".to_owned()).spawn(work).unwrap();
    let pid = std::process::id();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&listener);
    let tid = tid.recv().unwrap().as_raw_nonzero();
    let seat = format!("(\"a-thread\",pid={pid},tid={tid},fd={fd})");
    let leader = format!(",pid={pid},tid={pid},fd={fd})");
    for options in ["-tlnT", "-tlnpT", "-tlnTp"] {
        let told = users(options, &local);
        assert!(told.contains(&seat) && told.contains(&leader), "{options}: {told}");
    }
    assert!(!users("-tlnp", &local).contains("tid="));
    drop(end);
    thread.join().unwrap();
}

#[test]
fn a_context_is_told_where_there_is_one_and_never_made_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let known = std::fs::read_to_string("/proc/self/attr/current").ok();
    let known =
        known.map(|text| text.trim_end_matches(['\n', '\0']).to_owned()).filter(|text| !text.is_empty());
    let port = listener.local_addr().unwrap().port();
    let ran = run(&mut sockeye(&["-tlnZ", &format!("sport = :{port}")]));
    assert!(ran.stdout().contains(&local), "{ran:?}");
    if let Some(context) = known {
        assert!(ran.stdout().contains(&format!(",proc_ctx={context},fd=")), "{ran:?}");
    } else {
        assert!(!ran.stdout().contains("ctx"), "{ran:?}");
        assert!(ran.stderr().contains("no process has a security context"), "{ran:?}");
    }
    if !std::path::Path::new("/sys/fs/selinux/enforce").exists() {
        let ran = run(&mut sockeye(&["-tlnz"]));
        assert_eq!((ran.code(), ran.stdout()), (2, ""));
        assert!(ran.stderr().contains("SELinux, which is not enabled here"), "{}", ran.stderr());
    }
}

#[test]
fn names_stand_for_addresses_that_the_resolver_knows() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (here, there) = (client.local_addr().unwrap().port(), listener.local_addr().unwrap().port());
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let mut lines = hosts.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let name =
        lines.find(|words| words.first() == Some(&"127.0.0.1")).and_then(|words| words.get(1).copied());
    let Some(name) = name else { return };
    let filter = format!("sport = :{here}");
    let numbers = ["0", "0", &format!("{name}:{here}"), &format!("{name}:{there}")].map(str::to_owned);
    for options in ["-tnrH", "-tnHr"] {
        let found = rows(&[options, "state", "established", &filter]);
        assert_eq!(found, [numbers.to_vec()], "{options}");
    }
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    let local = everywhere.local_addr().unwrap().to_string();
    assert!(has(&rows(&["-tnlr"]), &local), "the address of all has no name");
    let numeric = rows(&["-tnH", &filter]);
    assert!(has(&numeric, &client.local_addr().unwrap().to_string()), "{numeric:?}");
}

#[test]
fn addresses_of_a_script_are_nobodys_names() {
    let script = ["--source", "scenario:tests/scenarios/table.toml"];
    let listed = |options: &str| run(&mut sockeye(&[&[options][..], &script].concat())).ok();
    assert_eq!(listed("-tanr"), listed("-tan"));
}
