//! `sockeye -E` in a network namespace of its own: beside `ss -E`, without rights, and when more closes than
//! can be told.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::Case;
use crate::follower::Follower;
use crate::harness::{eventually, sockeye};
use crate::namespaces::in_namespace;
use crate::others::PublicCopy;

pub(crate) const CASES: &[Case] = &[
    ("ends::nobody_hears_of_every_end_in_the_own_namespace_alone", || in_namespace(own_alone)),
    ("ends::what_is_lost_is_told_and_what_comes_after_is_heard", || in_namespace(lost)),
];

pub(crate) const BESIDE_SS: &[Case] = &[("ends::every_line_is_that_of_ss", || in_namespace(beside_ss))];

/// Why `ss` cannot be followed.
pub(crate) fn missing() -> Option<&'static str> {
    (!crate::harness::is_installed("stdbuf")).then_some("needs stdbuf")
}

fn own_alone() {
    let copy = PublicCopy::new();
    let following = Follower::start(&mut copy.by_nobody(&["-EnH", "--count", "1"]));
    let port = std::thread::spawn(|| {
        crate::namespaces::enter_new().unwrap();
        crate::namespaces::raise_loopback();
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    });
    let elsewhere = port.join().unwrap();
    let here = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = following.tells(&["udp"]);
    assert!(line.contains(&format!("127.0.0.1:{here} ")), "{line}");
    assert!(!line.contains(&format!(":{elsewhere} ")) && following.lines().len() == 1, "{line}");
    assert_eq!(following.ends(), Some(0));
}

/// More than there is room for: without rights that is twice what `net.core.rmem_max` allows (socket(7)), at most
/// what the program asks for; a message takes more than 512 bytes of it.
fn flood() -> usize {
    let allowed = std::fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap();
    allowed.trim().parse::<usize>().unwrap().min(32 * 1024 * 1024) * 2 / 512
}

/// What the kernel dropped for whoever follows all four groups in this namespace (`net/netlink/af_netlink.c`).
fn drops() -> u64 {
    let table = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut ours = rows.filter(|row| row[1] == "4" && row[3] == "0000000f");
    ours.next().unwrap()[8].parse().unwrap()
}

fn lost() {
    let copy = PublicCopy::new();
    let following = Follower::start(&mut copy.by_nobody(&["-EnH"]));
    let pid = Pid::from_child(&following.child);
    let (mut heard, flood) = (0, flood());
    for time in ["for the first time", "for the 2nd time"] {
        let dropped = drops();
        kill_process(pid, Signal::STOP).unwrap();
        for _ in 0..flood {
            UdpSocket::bind("127.0.0.1:0").unwrap();
        }
        // The kernel tells them by and by.
        eventually(|| if drops() > dropped { Ok(()) } else { Err("all had room".to_owned()) });
        kill_process(pid, Signal::CONT).unwrap();
        following.says(time);
        // It goes on: once all that there was room for is read, what closes is heard.
        let before = following.lines().len();
        eventually(|| {
            drop(TcpListener::bind("127.0.0.1:0").unwrap());
            let heard = following.lines()[before..].iter().any(|line| line.starts_with("tcp"));
            if heard { Ok(()) } else { Err("nothing is heard any more".to_owned()) }
        });
        assert!(following.lines().len() > heard, "what there was room for is told");
        heard = following.lines().len();
    }
    assert!(heard < 2 * flood, "{heard}");
}

/// Its columns, up to the peer; the name of a service as ss knows it is a number with -n.
fn columns(line: &str) -> Vec<String> {
    // After a count that ended ss prints one less than nothing.
    line.split_whitespace().take(6).map(|word| if word == "?" { "-1" } else { word }.to_owned()).collect()
}

/// A child that ends with the test, whichever way that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn beside_ss() {
    let there = TcpListener::bind("127.0.0.1:0").unwrap();
    let following = Follower::start(&mut sockeye(&["-EnH"]));
    // What ss says comes when it is written, not when a block is full; it says nothing when it is ready.
    let mut command = Command::new("stdbuf");
    command.args(["-oL", "ss", "-EnH"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut ss = Ended(command.spawn().unwrap());
    let told = crate::follower::collect(ss.0.stdout.take().unwrap());
    eventually(|| {
        drop(UdpSocket::bind("127.0.0.1:0").unwrap());
        if told.lock().unwrap().is_empty() { Err("ss hears nothing") } else { Ok(()) }.map_err(str::to_owned)
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    drop(caller);
    drop(server);
    let six = TcpListener::bind("[::1]:0").unwrap();
    let any = TcpListener::bind("[::]:0").unwrap();
    let asks = UdpSocket::bind("[::1]:0").unwrap();
    asks.connect(asks.local_addr().unwrap()).unwrap();
    let last = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mark = last.local_addr().unwrap().to_string();
    drop((there, listener, six, any, asks));
    drop(last);
    let has = |lines: &[String]| lines.iter().any(|line| line.contains(&mark));
    eventually(|| {
        let (ours, theirs) = (has(&following.lines()), has(&told.lock().unwrap()));
        if ours && theirs { Ok(()) } else { Err(format!("{ours} {theirs}")) }
    });
    drop(ss);
    let ours: BTreeSet<_> = following.lines().iter().map(|line| columns(line)).collect();
    let theirs: BTreeSet<_> = told.lock().unwrap().iter().map(|line| columns(line)).collect();
    let only_ss: Vec<_> = theirs.difference(&ours).collect();
    assert!(only_ss.is_empty(), "{only_ss:#?}");
    let (begin, tcp) = (theirs.len(), ours.iter().filter(|line| line[0] == "tcp").count());
    assert!(begin >= 9 && tcp == 6, "{ours:#?}");
    // What closed before ss was ready is all that it lacks.
    assert!(ours.difference(&theirs).all(|line| line[0] == "udp"), "{ours:#?} {theirs:#?}");
}
