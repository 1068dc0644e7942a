//! `sockeye kill` in a network namespace of its own: by port, with what comes after, and with no more rights than
//! it takes.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};

use sockeye::action::{self, Hold, Meant};
use sockeye::engine::acting::{self, Act, Done, Order};
use sockeye::engine::{self, OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, Family, Fd, Inode, Pid, ProcessId, Protocol, Signal, Signalling};
use sockeye::owner::Facts;
use sockeye::source::netlink::Netlink;
use sockeye::store::Table;

use crate::Case;
use crate::harness::{Holder, eventually, run, sockeye};
use crate::hidden::roles;
use crate::namespaces::in_namespace;
use crate::others::PublicCopy;
use crate::session::Session;
use crate::stock::inode;

pub(crate) const CASES: &[Case] = &[
    ("killing::the_holders_of_a_port_and_nobody_else", || in_namespace(by_port)),
    ("killing::one_of_two_that_share_a_socket_is_meant_alone", || in_namespace(shared)),
    ("killing::what_is_started_again_is_told", || in_namespace(respawned)),
    ("killing::what_is_of_another_user_ends_by_a_right_that_sleeps_until_then", || in_namespace(of_another)),
    ("killing::without_the_right_nobody_ends", || in_namespace(unprivileged)),
];

pub(crate) const APART: &[Case] =
    &[("killing::another_process_with_the_same_pid_gets_nothing", in_its_own_pid_namespace)];

const NOBODY: u32 = 65534;

/// A child that alone holds a listener at this address.
fn child(at: SocketAddr, user: Option<u32>) -> Holder {
    let mut command = Command::new("cat");
    if let Some(user) = user {
        command.uid(user);
    }
    Holder::spawn(command.stdout(OwnedFd::from(TcpListener::bind(at).unwrap())))
}

fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    !stat.rsplit(')').next().unwrap().starts_with(" Z")
}

fn by_port() {
    let (meant, other) = (child(local(8081), None), child(local(8082), None));
    let ran = run(&mut sockeye(&["kill", "8081", "--yes"]));
    assert_eq!((ran.code(), ran.stderr()), (0, ""), "{}", ran.stdout());
    assert_eq!((lives(meant.pid()), lives(other.pid())), (false, true));
    assert!(ran.stdout().ends_with("\nreleased tcp 127.0.0.1:8081 listen\n"), "{}", ran.stdout());
    let ran = run(&mut sockeye(&["kill", "8081", "--yes"]));
    assert_eq!((ran.code(), ran.stdout()), (1, ""));
    let ran = run(&mut sockeye(&["kill", "port = 8082 and proc = cat", "--yes"]));
    assert_eq!((ran.code(), lives(other.pid())), (0, false), "{}", ran.stdout());
}

fn shared() {
    let listener = TcpListener::bind(local(8081)).unwrap();
    let again = listener.try_clone().unwrap();
    let (one, two) = (
        Holder::start(OwnedFd::from(listener), Stdio::null()),
        Holder::start(OwnedFd::from(again), Stdio::null()),
    );
    let filter = format!("port = 8081 and pid = {}", one.pid());
    let ran = run(&mut sockeye(&["kill", &filter, "--yes"]));
    assert_eq!((lives(one.pid()), lives(two.pid())), (false, true), "{}", ran.stdout());
    let says = format!("held     tcp 127.0.0.1:8081 listen: still held by cat {} ", two.pid());
    assert!(ran.code() == 2 && ran.stdout().contains(&says), "{}", ran.stdout());
}

fn respawned() {
    let (send, pids) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    // The one who looks after it starts the next one as soon as one has ended.
    let inside = std::thread::spawn(move || {
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
            let holder = child(local(8081), None);
            send.send(holder.pid()).unwrap();
            eventually(|| if lives(holder.pid()) { Err("it lives".to_owned()) } else { Ok(()) });
        }
    });
    let mut attempts = 0..20;
    let told = eventually(|| {
        assert!(attempts.next().is_some(), "it never comes in time");
        let old = pids.recv().unwrap();
        let ran = run(&mut sockeye(&["kill", &format!("pid:{old}"), "--yes"]));
        // Else it came later than anybody would wait for, or within the hundredth of a second in which the
        // sockets had been read: times of processes are no finer, and what is not certain is not told.
        let is_told =
            ["\nagain ", ", which was started since"].iter().all(|words| ran.stdout().contains(words));
        if is_told { Ok(ran) } else { Err(ran.stdout().to_owned()) }
    });
    let new = pids.recv().unwrap();
    let says = format!("\nagain    tcp 127.0.0.1:8081 listen: held again, by cat {new} ");
    assert!(told.stdout().contains(&says) && told.code() == 2, "{new}: {}", told.stdout());
    stop.send(()).unwrap();
    assert_eq!(
        run(&mut sockeye(&["kill", &format!("pid:{new}"), "--yes", "--signal", "KILL"])).code() % 2,
        0
    );
    inside.join().unwrap();
}

/// What a process may by now, and could.
fn rights(pid: u32) -> [u64; 2] {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    ["CapEff:", "CapPrm:"].map(|field| {
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    })
}

fn of_another() {
    const CAP_KILL: u64 = 1 << 5;
    let holder = child(local(8081), Some(NOBODY));
    for (answer, code, end) in [("n\r", 2, "nothing was sent"), ("y\r", 0, "released tcp")] {
        assert!(lives(holder.pid()));
        let mut session = Session::start(env!("CARGO_BIN_EXE_sockeye"), &["kill", "8081"]);
        session.wait_for("the question", |screen| {
            let text = screen.contents();
            text.contains("Send TERM to this process? [y/N]") && text.contains("tcp 127.0.0.1:8081 listen")
        });
        assert_eq!(rights(session.pid()).map(|rights| rights & CAP_KILL), [0, CAP_KILL]);
        session.press(answer);
        session.wait_for(end, |screen| screen.contents().contains(end));
        session.ends_with(code);
    }
    assert!(!lives(holder.pid()));
}

fn unprivileged() {
    let holder = child(local(8081), None);
    let copy = PublicCopy::new();
    let ran = run(&mut copy.by_nobody(&["kill", "8081", "--yes"]));
    assert_eq!((ran.code(), ran.stdout()), (2, ""), "{}", ran.stderr());
    assert!(
        ran.stderr().contains("tcp 127.0.0.1:8081 listen: its process may not be read"),
        "{}",
        ran.stderr()
    );
    assert!(lives(holder.pid()));
}

/// In a pid namespace, where the next pid can be chosen.
fn in_its_own_pid_namespace() {
    let role = roles::command("signal");
    let mut command = Command::new("unshare");
    command.args(["-pf", "--mount-proc"]).arg(role.get_program());
    command.envs(role.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = run(&mut command);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
}

fn tables() -> Table {
    let source = Box::new(Netlink::strict(Ask::NOTHING));
    let owners = OwnerAsk { choice: OwnerChoice::Proc, facts: Facts::All, live: false, by_bpf: false };
    engine::single(Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], owners).take().unwrap())
}

/// A signal for this holder of the socket.
fn ordered(pid: u32, socket: Inode) -> Order {
    let seen = Arc::new(tables());
    let chosen = {
        let row = seen.open().find(|row| row.socket.inode == Some(socket)).unwrap();
        let mut holders = row.socket.owners.known().unwrap().ids();
        vec![(row.socket.key, holders.find(|id| id.pid.0 == pid).unwrap())]
    };
    Order { seen, chosen, act: Act::Signal(Signal::Kill) }
}

/// What became of the holders.
fn obeyed(order: Order) -> Vec<Signalling> {
    let actor = acting::spawn(Box::new(|| Ok(tables()))).unwrap();
    let (tell, told) = mpsc::channel();
    assert!(actor.order(order, Box::new(move |report| tell.send(report).unwrap())));
    match told.recv().unwrap().done {
        Ok(Done::Signalled(became, Some(Ok(_)))) => became,
        other => panic!("{other:?}"),
    }
}

/// One after the other holds the same socket under the same pid.
pub(crate) fn pid_in_use_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = Inode::new(inode(&listener)).unwrap();
    let holder = || Holder::start(OwnedFd::from(listener.try_clone().unwrap()), Stdio::null());
    let meant = |holder: &Holder| {
        let text = std::fs::read(format!("/proc/{}/stat", holder.pid())).unwrap();
        let start = sockeye::wire::proc_pid::stat(&text).unwrap().start;
        let hold = Hold { thread: None, fd: Fd(1), socket };
        Meant { process: ProcessId { pid: Pid(holder.pid()), start }, holds: vec![hold] }
    };
    let first = holder();
    let (pid, as_read) = (first.pid(), meant(&first));
    let order = ordered(pid, socket);
    let handle = action::find(&as_read).unwrap();
    drop(first); // and waits for its end
    assert_eq!(action::find(&as_read).unwrap_err(), Signalling::Gone);
    let second = eventually(|| {
        std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
        let second = holder();
        assert_eq!(second.pid(), pid, "the pid is in use again");
        // Within one tick of the clock nothing tells them apart but the handle.
        if meant(&second) == as_read { Err("too early".to_owned()) } else { Ok(second) }
    });
    let why = action::find(&as_read).unwrap_err();
    assert!(why.reason().is_some_and(|why| why.contains("another process has its pid")), "{why:?}");
    assert_eq!(handle.send(Signal::Kill), Signalling::Gone);
    // The same by an order, as the dashboard gives it.
    let became = obeyed(order);
    assert!(became[0].reason().is_some_and(|why| why.contains("another process has its pid")), "{became:?}");
    assert!(lives(pid));
    let found = action::find(&meant(&second)).unwrap();
    assert_eq!(found.send(Signal::Term), Signalling::Sent);
    assert_eq!(action::wait(&[&found], std::time::Duration::from_mins(1)), Ok(vec![true]));
}
