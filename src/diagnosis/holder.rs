//! What is unusual about who holds a socket, and where it stands: what was not closed, what runs out, what
//! is exposed, and who cannot be told.

use std::time::Duration;

use super::{Case, Finding, Severity, count, finding, level, percent, share};
use crate::model::{Protocol, Scope, State, TcpInfoPlace as P};
use crate::{phrase, text};

/// A program that closes late does so within a second; after a minute it has forgotten.
const FORGOTTEN: Duration = Duration::from_mins(1);
/// As many of one process at once are no coincidence.
const CLOSE_WAITS: u64 = 10;
/// Descriptors run out at 1,024 for most programs: a tenth of them is lost.
const CLOSE_WAITS_MANY: u64 = 100;
/// Thousandths of the range. From here on connect(2) searches long (`__inet_hash_connect` tries them in turn).
const PORTS: u64 = 800;
/// Only what ends leaves room.
const PORTS_GONE: u64 = 950;

/// Services that speak without encryption, or did until somebody asks for it. A port number is no proof of
/// what speaks there.
const PLAINTEXT: &[(Protocol, u16, &str)] = &[
    (Protocol::Tcp, 21, "FTP"),
    (Protocol::Tcp, 23, "telnet"),
    (Protocol::Udp, 69, "TFTP"),
    (Protocol::Tcp, 110, "POP3"),
    (Protocol::Tcp, 143, "IMAP"),
    (Protocol::Tcp, 512, "rexec"),
    (Protocol::Tcp, 513, "rlogin"),
    (Protocol::Tcp, 514, "rsh"),
    (Protocol::Tcp, 873, "rsync"),
    (Protocol::Tcp, 2375, "the Docker API"),
    (Protocol::Tcp, 5900, "VNC"),
    (Protocol::Tcp, 6379, "Redis"),
    (Protocol::Tcp, 11211, "memcached"),
    (Protocol::Udp, 11211, "memcached"),
];

/// Sockets that the other end closed and their program did not. At a listener, those of its program.
pub(super) fn close_wait(case: &Case<'_>) -> Option<Finding> {
    let row = case.subject.row;
    let closes = row.socket.state == State::CloseWait;
    if !closes && !row.socket.is_listener() {
        return None;
    }
    let known = row.socket.owners.known()?;
    let worst = known.shown().map(|owner| (case.crowd.close_waits(owner.process.id), owner.process));
    let (many, process) = worst.max_by_key(|(count, process)| (*count, std::cmp::Reverse(process.id)))?;
    let name = phrase::process(process, case.charset);
    let severity = level(many, CLOSE_WAITS, CLOSE_WAITS_MANY);
    let all = format!("{} sockets of {name} are in CLOSE-WAIT", count(many));
    let age = closes.then(|| age(case)).flatten().filter(|age| *age >= FORGOTTEN);
    let text = match (age, severity) {
        (Some(age), _) => {
            let among = if many > 1 { format!("; {all}") } else { String::new() };
            format!("its program forgot to close it: the other end did {} ago{among}", text::span(age))
        }
        (None, Some(_)) => format!("its program forgets to close: {all}"),
        (None, None) => return None,
    };
    Some(finding("close-wait", severity.unwrap_or(Severity::Warning), text))
}

/// How long ago at the least the other end closed. What says so came with an acknowledgement, so that the
/// last of these is no older; and the state is at least as old as when it was seen to change.
fn age(case: &Case<'_>) -> Option<Duration> {
    let history = case.subject.row.history();
    let seen = history.changed.or(history.opened).map(|at| case.now.since(&at));
    let acked = case.tcp_info().and_then(|info| info.read(P::LAST_ACK_RECV)).map(Duration::from_millis);
    seen.max(acked)
}

/// Ports that the kernel hands out, taken by calls to one service. A port serves one call from each address
/// to each service, and TIME-WAIT keeps it.
pub(super) fn ports(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    let (range, remote) = (case.range()?, socket.ends.remote()?);
    if socket.protocol != Protocol::Tcp || !range.contains(socket.ends.local()?.port) {
        return None;
    }
    let room = u64::from(range.last) - u64::from(range.first) + 1; // it holds the port: not empty
    let taken = case.crowd.calls(socket);
    let part = share(taken, room)?;
    let severity = level(part, PORTS, PORTS_GONE)?;
    let text = format!(
        "ports towards {remote} run out: {} of {} ({}) are taken, those in TIME-WAIT included",
        count(taken),
        count(room),
        percent(part)
    );
    Some(finding("ports-exhausted", severity, text))
}

/// A listener for others than this machine at a port of a service that does not encrypt.
pub(super) fn plaintext(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    let local = socket.ends.local().filter(|_| socket.is_listener())?;
    let (.., service) =
        PLAINTEXT.iter().find(|(protocol, port, _)| (*protocol, *port) == (socket.protocol, local.port))?;
    if Scope::of(local.addr) <= Scope::Loopback {
        return None;
    }
    let text = format!(
        "port {} is that of {service}, which does not encrypt by itself, and it is bound wider than this machine",
        local.port
    );
    Some(finding("plaintext", Severity::Warning, text))
}

/// A process that runs what has no name any more.
pub(super) fn executable(case: &Case<'_>) -> Option<Finding> {
    let known = case.subject.row.socket.owners.known()?;
    let gone = |process: &crate::model::Process| process.exe.as_ref().is_some_and(|exe| exe.deleted);
    let mut all = known.shown().map(|owner| owner.process).filter(|process| gone(process));
    let first = all.next()?;
    let path = case.charset.escape(first.exe.as_ref()?.path.as_bytes());
    let name = phrase::process(first, case.charset);
    let more = match all.count() {
        0 => String::new(),
        more => format!(", as {} more of its owners", text::count(more)),
    };
    let text = format!(
        "{name} runs a file that was deleted or replaced since it started{more}: {path}; restart it after an update"
    );
    Some(finding("executable-deleted", Severity::Warning, text))
}

/// Nobody can say whose it is. It stands with the owner, too, so that it is a note here.
pub(super) fn owner(case: &Case<'_>) -> Option<Finding> {
    let why = case.subject.row.socket.owners.found().err().filter(|why| why.is_gap())?;
    Some(finding("owner-unknown", Severity::Note, format!("whose it is cannot be told: {}", why.reason())))
}
