//! Queues that fill because somebody does not take what waits in them, and what is dropped then.
//!
//! Judged only where the numbers prove that it is more than a moment.

use std::time::Duration;

use super::{Case, Counts, Finding, Severity, count, finding};
use crate::model::{NoOwner, Protocol, State, TcpInfoPlace as P};
use crate::text;

/// Thousandths of the accept queue: a burst may fill the rest before the program comes back.
const NEARLY_FULL: u64 = 750;
/// Shorter queues are nearly full with nearly nothing.
const BACKLOG: u64 = 8;
/// Fewer handshakes under way are traffic, whatever the backlog.
const HANDSHAKES: u64 = 16;
/// Milliseconds that data lay unread. A busy program comes back sooner.
const UNREAD_MS: u64 = 5_000;
/// Thousandths of a receive buffer: the next burst is dropped, or the window closes.
const BUFFER: u64 = 750;
/// Milliseconds without data sent or acknowledged, while some waits. The timeout of a healthy path is
/// shorter; delayed acknowledgements take 40 to 200 ms.
const STUCK_MS: u64 = 5_000;
/// The same between two readings: enough for the timeout of all but satellite paths.
const STUCK: Duration = Duration::from_secs(2);
/// As many are no single burst, whenever they were.
const DROPS: u64 = 1_000;

/// Connections that wait for accept(2).
pub(super) fn accept_queue(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    let (waiting, limit) = socket.accept_queue();
    let (waiting, limit) = (u64::from(waiting?), u64::from(limit?));
    let of = format!("{} of {} wait to be accepted", count(waiting), count(limit));
    if socket.is_accept_queue_full()? {
        let then = match socket.protocol {
            Protocol::Tcp => "new connections are dropped",
            Protocol::Unix => "who calls has to wait",
            _ => "nobody else gets in",
        };
        let text = format!("the accept queue is full: {of}, {then} until its program accepts");
        return Some(finding("accept-queue", Severity::Alarm, text));
    }
    let near = limit >= BACKLOG && waiting * 1000 >= limit * NEARLY_FULL;
    near.then(|| {
        let text = format!("the accept queue is nearly full: {of}, its program accepts too slowly");
        finding("accept-queue", Severity::Warning, text)
    })
}

/// Many handshakes that their callers do not finish. While the accept queue is full the kernel lets none
/// finish (`tcp_v4_syn_recv_sock`): then they say nothing of the callers.
pub(super) fn handshakes(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    if socket.protocol != Protocol::Tcp || socket.is_accept_queue_full() != Some(false) {
        return None;
    }
    let (pending, limit) = case.crowd.handshakes(socket)?;
    if pending < HANDSHAKES {
        return None;
    }
    let pile = format!("{} handshakes are not finished, with a backlog of {}", count(pending), count(limit));
    // As many as the backlog are kept at most (`inet_csk_reqsk_queue_is_full`).
    if pending >= limit {
        let text = format!("a SYN flood is likely: {pile}; more calls are dropped, or get SYN cookies");
        return Some(finding("syn-flood", Severity::Alarm, text));
    }
    (pending * 2 >= limit)
        .then(|| finding("syn-flood", Severity::Warning, format!("a SYN flood is possible: {pile}")))
}

/// What arrived and is not read.
pub(super) fn unread(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    let connected = matches!(socket.state, State::Established | State::CloseWait);
    let awaits_accept = socket.owners.found().err() == Some(NoOwner::AcceptQueue);
    if socket.protocol == Protocol::Tcp && connected && !awaits_accept {
        // The end of the stream takes one byte of the sequence, which the kernel counts as waiting.
        let end = u32::from(socket.state == State::CloseWait);
        let bytes = socket.queues.recv?.checked_sub(end).filter(|bytes| *bytes > 0)?;
        let idle = case.tcp_info()?.read(P::LAST_DATA_RECV).filter(|idle| *idle >= UNREAD_MS)?;
        let (bytes, idle) = (text::bytes(bytes.into()), text::span(Duration::from_millis(idle)));
        let text = format!("its program does not read: {bytes} wait, the last of it came {idle} ago");
        return Some(finding("unread", Severity::Warning, text));
    }
    let memory = case.memory().filter(|_| case.drops_datagrams())?;
    let (held, room) = (u64::from(memory.rmem_alloc?), u64::from(memory.rcvbuf?));
    let full = super::share(held, room)? >= BUFFER;
    full.then(|| {
        let (held, room) = (text::bytes(held), text::bytes(room));
        let text = format!("its program reads too slowly: {held} of a receive buffer of {room} are taken");
        finding("unread", Severity::Warning, text)
    })
}

/// What is sent or waits, and does not get away.
pub(super) fn send_stuck(case: &Case<'_>) -> Option<Finding> {
    if !case.is_tcp_connection() || case.subject.row.socket.state == State::SynSent {
        return None; // an unanswered call is told as such
    }
    let now = Counts::of(&case.subject.row.socket);
    let waiting = now.send_q.filter(|bytes| *bytes > 0)?;
    let info = case.tcp_info()?;
    let between = case.earlier.filter(|earlier| {
        let still = now.since(&earlier.counts).acked == Some(0);
        still && earlier.counts.send_q.is_some_and(|bytes| bytes > 0) && earlier.ago >= STUCK
    });
    let idle = info.read(P::LAST_DATA_SENT)?.min(info.read(P::LAST_ACK_RECV)?);
    let span = match (idle >= STUCK_MS, between) {
        (true, _) => Duration::from_millis(idle),
        (false, Some(earlier)) => earlier.ago,
        (false, None) => return None,
    };
    let (waiting, span) = (text::bytes(waiting), text::span(span));
    let text = format!("the other end takes nothing: {waiting} wait, and none was acknowledged for {span}");
    Some(finding("send-stuck", Severity::Warning, text))
}

/// What found no room and was thrown away.
pub(super) fn drops(case: &Case<'_>) -> Option<Finding> {
    let now = Counts::of(&case.subject.row.socket);
    let drops = now.drops.filter(|drops| case.drops_datagrams() && *drops > 0)?;
    let all = format!(
        "{} were dropped since it was made",
        text::counted(usize::try_from(drops).unwrap_or(usize::MAX), "datagram", "datagrams")
    );
    let lately = case.earlier.and_then(|earlier| Some((now.since(&earlier.counts).drops?, earlier.ago)));
    let (severity, lately) = match lately {
        Some((more @ 1.., ago)) => {
            (Severity::Alarm, format!(", {} of them in the last {}", count(more), text::span(ago)))
        }
        Some((0, ago)) => (Severity::Note, format!(", none in the last {}", text::span(ago))),
        None if drops >= DROPS => (Severity::Warning, String::new()),
        None => (Severity::Note, String::new()),
    };
    let text = format!("{all}{lately}: its program read too slowly, or the buffer was too small");
    Some(finding("drops", severity, text))
}
