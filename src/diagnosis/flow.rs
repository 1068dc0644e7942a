//! How a TCP connection flows: what limits it, what it loses, and whether the other end answers.
//!
//! Counters are those of `struct tcp_info` (`linux/tcp.h`, `tcp_get_info`); timers those of
//! `inet_sk_diag_fill`. Queues are judged elsewhere.

use super::{Case, Finding, Severity, count, finding, level, percent, share};
use crate::model::{State, TcpInfoPlace as P, TimerKind};
use crate::text;

/// Timeouts in a row. One happens with a single lost tail; the second, with its doubled wait, means that
/// nothing has come for some three round trips.
const TIMEOUTS: u64 = 2;
/// The wait has doubled six times: with the least timeout of 200 ms nothing came for twelve seconds.
const TIMEOUTS_LONG: u64 = 6;
/// Probes without an answer. Each answer sets the count to zero, so that one may just be on its way.
const UNANSWERED: u64 = 2;
/// Thousandths of segments sent again. Above one in a hundred, loss is what limits Reno and CUBIC.
const LOSS: u64 = 10;
/// One in twenty: the window never opens.
const LOSS_HIGH: u64 = 50;
/// Fewer segments say nothing: one tail probe would be loss.
const SEGMENTS: u64 = 100;
/// The same between two readings, which are about the present.
const SEGMENTS_RECENT: u64 = 40;
/// Thousandths of the time with data to send. What takes a fifth of it is worth a word.
const LIMITED: u64 = 200;
/// What takes half of it is the bottleneck.
const LIMITED_MOST: u64 = 500;
/// The kernel counts limits in ticks of 1 to 10 ms: less than this is noise.
const BUSY_US: u64 = 100_000;
/// Bytes a second. What sends less is no transfer, and nobody waits for its end.
const FLOWING: u64 = 100_000;

/// Timeouts in a row: the other end does not answer.
pub(super) fn no_answer(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    let info = case.tcp_info().and_then(|info| info.read(P::RETRANSMITS));
    let (kind, fired) =
        socket.timer.map_or((None, 0), |timer| (Some(timer.kind), u64::from(timer.retransmits)));
    let probes = (kind == Some(TimerKind::KeepAlive)).then_some(fired).filter(|fired| *fired >= UNANSWERED);
    if let Some(probes) = probes {
        let text = format!("the other end does not answer: {} keepalive probes in a row", count(probes));
        return Some(finding("no-answer", Severity::Warning, text));
    }
    let timeouts = (kind == Some(TimerKind::Retransmit)).then_some(fired).max(info)?;
    let severity = level(timeouts, TIMEOUTS, TIMEOUTS_LONG)?;
    let next = socket.timer.filter(|timer| timer.kind == TimerKind::Retransmit);
    let next = next.map_or_else(String::new, |timer| {
        format!(", the next try in {}.{} s", timer.expires_ms / 1000, timer.expires_ms / 100 % 10)
    });
    let times = count(timeouts);
    let text = match socket.state {
        State::SynSent => format!("nobody answers the call: SYN sent again {times} times{next}"),
        State::SynRecv => format!("the caller does not finish the handshake: answered again {times} times"),
        _ => format!("the other end does not answer: {times} retransmission timeouts in a row{next}"),
    };
    Some(finding("no-answer", severity, text))
}

/// The kernel has data and may not send it: it probes a closed window.
pub(super) fn zero_window(case: &Case<'_>) -> Option<Finding> {
    let socket = &case.subject.row.socket;
    let timer = socket.timer.filter(|timer| timer.kind == TimerKind::WindowProbe)?;
    let waiting = socket.queues.send.filter(|bytes| *bytes > 0);
    let waiting =
        waiting.map_or_else(String::new, |bytes| format!(", {} wait", text::bytes(u64::from(bytes))));
    let probes = u64::from(timer.retransmits);
    Some(if probes >= UNANSWERED {
        let text = format!(
            "the other end closed its window and does not answer any more: {} probes in a row{waiting}",
            count(probes)
        );
        finding("zero-window", Severity::Alarm, text)
    } else {
        let text = format!("the other end takes nothing: its receive window is closed{waiting}");
        finding("zero-window", Severity::Warning, text)
    })
}

/// What had to be sent again, over the whole life and lately.
pub(super) fn loss(case: &Case<'_>) -> Option<Finding> {
    let now = super::Counts::of(&case.subject.row.socket);
    let of = |counts: &super::Counts, least: u64| {
        let (again, all) = (counts.retransmitted?, counts.segments.filter(|all| *all >= least)?);
        // Older kernels do not tell which of them were in vain.
        let again = again.saturating_sub(counts.duplicates.unwrap_or(0));
        Some((share(again, all)?, again, all))
    };
    let life = of(&now, SEGMENTS);
    let recent = case.earlier.and_then(|earlier| {
        let (share, ..) = of(&now.since(&earlier.counts), SEGMENTS_RECENT)?;
        Some((share, text::span(earlier.ago)))
    });
    let whole = life.map(|(share, again, all)| {
        format!("{} of {} segments sent again ({})", percent(share), count(all), count(again))
    });
    match (recent, life) {
        (Some((share, span)), _) if share >= LOSS => {
            let whole = whole.map_or_else(String::new, |whole| format!("; {whole} since it began"));
            let text = format!(
                "packets are lost, on the path or where they arrive: {} sent again in {span}{whole}",
                percent(share)
            );
            Some(finding("lossy-path", level(share, LOSS, LOSS_HIGH)?, text))
        }
        (Some((_, span)), Some((share, ..))) if share >= LOSS => {
            let text = format!("packets were lost: {}, and hardly any in {span}", whole?);
            Some(finding("lossy-path", Severity::Note, text))
        }
        (None, Some((share, ..))) => {
            let severity = level(share, LOSS, LOSS_HIGH)?;
            Some(finding(
                "lossy-path",
                severity,
                format!("packets are lost, on the path or where they arrive: {}", whole?),
            ))
        }
        _ => None,
    }
}

/// The other end's window is the limit.
pub(super) fn receiver(case: &Case<'_>) -> Option<Finding> {
    let (severity, share) = limited(case, |counts| counts.rwnd_us)?;
    let text = format!("the receiver is the limit: its window was too small for {share}");
    Some(finding("receiver-limited", severity, text))
}

/// The own send buffer is the limit.
pub(super) fn send_buffer(case: &Case<'_>) -> Option<Finding> {
    let (severity, share) = limited(case, |counts| counts.sndbuf_us)?;
    let text = format!("the sender is the limit: its send buffer was too small for {share}");
    Some(finding("sender-limited", severity, text))
}

/// How much of the time with data to send was spent so; lately where two readings tell it.
fn limited(case: &Case<'_>, part: fn(&super::Counts) -> Option<u64>) -> Option<(Severity, String)> {
    let now = super::Counts::of(&case.subject.row.socket);
    let of = |counts: &super::Counts| {
        let busy = counts.busy_us.filter(|busy| *busy >= BUSY_US)?;
        Some((share(part(counts)?, busy)?, busy))
    };
    let recent = case.earlier.and_then(|earlier| Some((of(&now.since(&earlier.counts))?, earlier.ago)));
    let ((share, busy), lately) = match recent {
        Some((recent, ago)) => (recent, format!(" in the last {}", text::span(ago))),
        None => (of(&now)?, String::new()),
    };
    let severity = match share {
        LIMITED_MOST.. => Severity::Warning,
        LIMITED.. => Severity::Note,
        _ => return None,
    };
    let busy = format!("{}.{} s", busy / 1_000_000, busy / 100_000 % 10);
    Some((severity, format!("{} of the {busy} with data to send{lately}", percent(share))))
}

/// The program gives less to send than the path would take.
pub(super) fn application(case: &Case<'_>) -> Option<Finding> {
    let info = case.tcp_info()?;
    let sent = case.subject.row.history().rate?.sent;
    if info.read(P::DELIVERY_RATE_APP_LIMITED)? == 0 || sent < FLOWING {
        return None;
    }
    let delivered = info.read(P::DELIVERY_RATE).filter(|rate| *rate > 0);
    let delivered = delivered
        .map_or_else(String::new, |rate| format!("; the path was seen to take {}/s", text::bytes(rate)));
    let text =
        format!("the program is the limit: it gives no more than {}/s to send{delivered}", text::bytes(sent));
    Some(finding("application-limited", Severity::Note, text))
}
