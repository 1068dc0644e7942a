//! What `ss -i` tells of the insides of TCP, and of what stands in for it in other protocols.
//!
//! A number that is 0, or as every connection begins with, is not told.

use super::details::Tail;
use crate::model::{
    Congestion, CongestionState, Details, Md5Key, Socket, State, Subflow, TcpInfo, TcpInfoPlace as P, Tls,
};
use crate::text::{escape, push, push_addr, push_general, push_thousandth};

/// The value that the kernel starts a timeout with, in microseconds: none was measured.
const RTO_UNSET: u64 = 3_000_000;
/// The least round trip before the first.
const MIN_RTT_UNSET: u64 = u32::MAX as u64;
/// Thresholds from here on are no limit.
const SSTHRESH_UNSET: u64 = 0xffff;
/// The reordering that every connection begins with.
const REORDERING_UNSET: u64 = 3;
/// Bit 4 of the options: window scaling.
const SCALES: u64 = 4;

pub(super) fn push_facts(tail: &mut Tail<'_>, socket: &Socket, details: &Details) {
    // Keys and layers come unasked, so that `ss -m` tells them, too.
    md5_keys(tail, details.md5_keys.as_deref().unwrap_or_default());
    let info = details.tcp_info.as_ref().filter(|_| tail.extras.info);
    let congestion = details.congestion.as_ref().filter(|_| tail.extras.info);
    if let Some(info) = info.filter(|_| tail.extras.options) {
        agreed(tail, info);
    }
    if let Some(name) = congestion.map(|control| &control.name).filter(|name| !name.is_empty()) {
        tail.word().push_str(&escape(name.as_bytes()));
    }
    if let Some(info) = info {
        path(tail, info);
        amounts(tail, info);
    }
    if let Some(congestion) = congestion {
        algorithm(tail, congestion);
    }
    if let Some(info) = info {
        rates(tail, info);
        limits(tail, info);
        losses(tail, info, socket.state);
        buffers(tail, info);
    }
    layer(tail, details);
    addresses(tail, details);
}

/// The peers that sign their segments. The keys themselves are told to nobody.
fn md5_keys(tail: &mut Tail<'_>, keys: &[Md5Key]) {
    if keys.is_empty() {
        return;
    }
    let text = tail.word();
    let mut gap = "md5keys:";
    for key in keys {
        text.push_str(gap);
        push_addr(text, key.addr);
        push(text, format_args!("/{}", key.prefix));
        gap = ",";
    }
}

/// Bits of the options of TCP (`TCPI_OPT_*`), each a word.
const OPTIONS: &[(u64, &str)] = &[(1, "ts"), (2, "sack"), (8, "ecn"), (16, "ecnseen"), (32, "fastopen")];

fn agreed(tail: &mut Tail<'_>, info: &TcpInfo) {
    let bits = info.read(P::OPTIONS).unwrap_or(0);
    for (_, word) in OPTIONS.iter().filter(|(bit, _)| bits & bit != 0) {
        tail.word().push_str(word);
    }
}

/// The number at that place; 0 also where this kernel does not tell it.
fn number(info: &TcpInfo, place: P) -> u64 {
    info.read(place).unwrap_or(0)
}

fn unless_zero(tail: &mut Tail<'_>, info: &TcpInfo, facts: &[(&str, P)]) {
    for (name, place) in facts {
        let number = number(info, *place);
        if number > 0 {
            tail.number(name, number);
        }
    }
}

/// Microseconds as milliseconds, except 0 and that value.
fn milliseconds(tail: &mut Tail<'_>, info: &TcpInfo, name: &str, place: P, unset: u64) {
    let micros = number(info, place);
    if micros > 0 && micros != unset {
        let text = tail.word();
        text.push_str(name);
        text.push(':');
        push_thousandth(text, micros);
    }
}

/// Times and sizes that the path allows.
fn path(tail: &mut Tail<'_>, info: &TcpInfo) {
    if number(info, P::OPTIONS) & SCALES != 0 {
        tail.fact(format_args!("wscale:{},{}", number(info, P::SND_WSCALE), number(info, P::RCV_WSCALE)));
    }
    milliseconds(tail, info, "rto", P::RTO, RTO_UNSET);
    unless_zero(tail, info, &[("backoff", P::BACKOFF)]);
    if number(info, P::RTT) > 0 {
        let text = tail.word();
        text.push_str("rtt:");
        push_thousandth(text, number(info, P::RTT));
        text.push('/');
        push_thousandth(text, number(info, P::RTTVAR));
    }
    milliseconds(tail, info, "ato", P::ATO, 0);
    unless_zero(
        tail,
        info,
        &[
            ("mss", P::SND_MSS),
            ("pmtu", P::PMTU),
            ("rcvmss", P::RCV_MSS),
            ("advmss", P::ADVMSS),
            ("cwnd", P::SND_CWND),
        ],
    );
    if (1..SSTHRESH_UNSET).contains(&number(info, P::SND_SSTHRESH)) {
        tail.number("ssthresh", number(info, P::SND_SSTHRESH));
    }
}

/// What has come and gone.
fn amounts(tail: &mut Tail<'_>, info: &TcpInfo) {
    unless_zero(
        tail,
        info,
        &[
            ("bytes_sent", P::BYTES_SENT),
            ("bytes_retrans", P::BYTES_RETRANS),
            ("bytes_acked", P::BYTES_ACKED),
            ("bytes_received", P::BYTES_RECEIVED),
            ("segs_out", P::SEGS_OUT),
            ("segs_in", P::SEGS_IN),
            ("data_segs_out", P::DATA_SEGS_OUT),
            ("data_segs_in", P::DATA_SEGS_IN),
        ],
    );
}

/// What an algorithm tells of itself.
fn algorithm(tail: &mut Tail<'_>, congestion: &Congestion) {
    match congestion.state {
        CongestionState::Dctcp { enabled: true, ce_state, alpha, ab_ecn, ab_tot } => {
            tail.fact(format_args!(
                "dctcp:(ce_state:{ce_state},alpha:{alpha},ab_ecn:{ab_ecn},ab_tot:{ab_tot})"
            ));
        }
        CongestionState::Dctcp { .. } => tail.word().push_str("dctcp:fallback_mode"),
        CongestionState::Bbr { bandwidth_bytes_per_second, min_rtt_us, pacing_gain, cwnd_gain } => {
            let numeric = tail.numeric;
            let text = tail.word();
            text.push_str("bbr:(bw:");
            push_rate(text, real(bandwidth_bytes_per_second) * 8.0, numeric);
            text.push_str(",mrtt:");
            push_thousandth(text, min_rtt_us.into());
            for (name, gain) in [(",pacing_gain:", pacing_gain), (",cwnd_gain:", cwnd_gain)] {
                if gain > 0 {
                    text.push_str(name);
                    push_general(text, f64::from(gain) / 256.0, 6);
                }
            }
            text.push(')');
        }
        CongestionState::Vegas { .. } | CongestionState::Untold => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates and shares are rounded anyway")]
fn real(number: u64) -> f64 {
    number as f64
}

/// Bits per second, as a plain number or in units of a thousand.
fn push_rate(text: &mut String, bits: f64, numeric: bool) {
    let unit = if numeric {
        None
    } else {
        [("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)].into_iter().find(|(_, unit)| bits >= *unit)
    };
    match unit {
        Some((letter, unit)) => {
            push_general(text, bits / unit, 3);
            text.push_str(letter);
        }
        None if numeric => push(text, format_args!("{bits:.0}")),
        None => push_general(text, bits, 3),
    }
    text.push_str("bps");
}

fn rates(tail: &mut Tail<'_>, info: &TcpInfo) {
    let numeric = tail.numeric;
    let get = |place| real(number(info, place));
    if number(info, P::RTT) > 0 && number(info, P::SND_MSS) > 0 && number(info, P::SND_CWND) > 0 {
        let rate = get(P::SND_CWND) * get(P::SND_MSS) * 8_000_000.0 / get(P::RTT);
        let text = tail.word();
        text.push_str("send ");
        push_rate(text, rate, numeric);
    }
    unless_zero(
        tail,
        info,
        &[("lastsnd", P::LAST_DATA_SENT), ("lastrcv", P::LAST_DATA_RECV), ("lastack", P::LAST_ACK_RECV)],
    );
    let limited = |place| (1..u64::MAX).contains(&number(info, place));
    if limited(P::PACING_RATE) {
        let text = tail.word();
        text.push_str("pacing_rate ");
        push_rate(text, get(P::PACING_RATE) * 8.0, numeric);
        if limited(P::MAX_PACING_RATE) {
            text.push('/');
            push_rate(text, get(P::MAX_PACING_RATE) * 8.0, numeric);
        }
    }
    if number(info, P::DELIVERY_RATE) > 0 {
        let text = tail.word();
        text.push_str("delivery_rate ");
        push_rate(text, get(P::DELIVERY_RATE) * 8.0, numeric);
    }
    unless_zero(tail, info, &[("delivered", P::DELIVERED), ("delivered_ce", P::DELIVERED_CE)]);
    if number(info, P::DELIVERY_RATE_APP_LIMITED) > 0 {
        tail.word().push_str("app_limited");
    }
}

/// How long there was something to send, and what held it back.
fn limits(tail: &mut Tail<'_>, info: &TcpInfo) {
    let busy = number(info, P::BUSY_TIME);
    if busy == 0 {
        return;
    }
    tail.fact(format_args!("busy:{}ms", busy / 1000));
    for (name, place) in [("rwnd_limited", P::RWND_LIMITED), ("sndbuf_limited", P::SNDBUF_LIMITED)] {
        let time = number(info, place);
        if time > 0 {
            let share = 100.0 * real(time) / real(busy);
            tail.fact(format_args!("{name}:{}ms({share:.1}%)", time / 1000));
        }
    }
}

fn losses(tail: &mut Tail<'_>, info: &TcpInfo, state: State) {
    unless_zero(tail, info, &[("unacked", P::UNACKED)]);
    let (now, total) = (number(info, P::RETRANS), number(info, P::TOTAL_RETRANS));
    if (now, total) != (0, 0) {
        tail.fact(format_args!("retrans:{now}/{total}"));
    }
    unless_zero(tail, info, &[("lost", P::LOST)]);
    // On a listener it is the backlog, which stands in the column.
    if state != State::Listen {
        unless_zero(tail, info, &[("sacked", P::SACKED)]);
    }
    unless_zero(tail, info, &[("dsack_dups", P::DSACK_DUPS), ("fackets", P::FACKETS)]);
    match info.read(P::REORDERING) {
        None | Some(REORDERING_UNSET) => {}
        Some(reordering) => tail.number("reordering", reordering),
    }
    unless_zero(tail, info, &[("reord_seen", P::REORD_SEEN)]);
}

fn buffers(tail: &mut Tail<'_>, info: &TcpInfo) {
    milliseconds(tail, info, "rcv_rtt", P::RCV_RTT, 0);
    unless_zero(
        tail,
        info,
        &[("rcv_space", P::RCV_SPACE), ("rcv_ssthresh", P::RCV_SSTHRESH), ("notsent", P::NOTSENT_BYTES)],
    );
    milliseconds(tail, info, "minrtt", P::MIN_RTT, MIN_RTT_UNSET);
    unless_zero(tail, info, &[("rcv_ooopack", P::RCV_OOOPACK), ("snd_wnd", P::SND_WND)]);
}

/// The layer above TCP, and what it tells.
fn layer(tail: &mut Tail<'_>, details: &Details) {
    let Some(name) = &details.ulp else { return };
    tail.fact(format_args!("tcp-ulp-{}", escape(name.as_bytes())));
    if let Some(tls) = &details.tls {
        kernel_tls(tail, tls);
    }
    if let Some(subflow) = &details.subflow {
        mptcp_subflow(tail, subflow);
    }
}

/// Ciphers by their numbers (`TLS_CIPHER_*`, `linux/tls.h`).
const CIPHERS: &[(u16, &str)] =
    &[(51, "aes-gcm-128"), (52, "aes-gcm-256"), (53, "aes-ccm-128"), (54, "chacha20-poly1305")];

fn kernel_tls(tail: &mut Tail<'_>, tls: &Tls) {
    match tls.version {
        Some(0x0303) => tail.word().push_str("version: 1.2"),
        Some(0x0304) => tail.word().push_str("version: 1.3"),
        Some(version) => tail.fact(format_args!("version: unknown({version})")),
        None => {}
    }
    if let Some(cipher) = tls.cipher {
        match CIPHERS.iter().find(|(number, _)| *number == cipher) {
            Some((_, name)) => tail.fact(format_args!("cipher: {name}")),
            None => tail.fact(format_args!("cipher: unknown({cipher})")),
        }
    }
    for (name, mode) in [("rxconf", tls.rx_mode), ("txconf", tls.tx_mode)] {
        let word = match mode {
            None => continue,
            Some(1) => "none",
            Some(2) => "sw",
            Some(3) => "hw",
            Some(4) => "hw-record",
            Some(_) => "unknown",
        };
        tail.fact(format_args!("{name}: {word}"));
    }
}

/// `MPTCP_SUBFLOW_FLAG_*` from bit 0 (`linux/mptcp.h`), each a letter.
const SUBFLOW_FLAGS: [char; 9] = ['M', 'm', 'J', 'j', 'B', 'b', 'e', 'c', 'v'];

fn mptcp_subflow(tail: &mut Tail<'_>, subflow: &Subflow) {
    let Subflow { token_local, token_remote, id_local, id_remote, flags } = *subflow;
    if let Some(flags) = flags {
        let text = tail.word();
        text.push_str("flags:");
        text.extend(
            (0..).zip(SUBFLOW_FLAGS).filter(|(bit, _)| flags >> bit & 1 != 0).map(|(_, letter)| letter),
        );
    }
    if let (Some(here), Some(there)) = (token_local, token_remote) {
        let (here_id, there_id) = (id_local.unwrap_or(0), id_remote.unwrap_or(0));
        tail.fact(format_args!("token:{here:04x}(id:{here_id})/{there:04x}(id:{there_id})"));
    }
}

/// What an MPTCP connection and a multihomed socket have beyond.
fn addresses(tail: &mut Tail<'_>, details: &Details) {
    if !tail.extras.info {
        return;
    }
    if let Some(token) = details.mptcp.as_ref().and_then(|mptcp| mptcp.token) {
        tail.fact(format_args!("token:{token:x}"));
    }
    for (name, list) in [("locals", &details.locals), ("peers", &details.peers)] {
        let list = list.as_deref().unwrap_or_default();
        if list.is_empty() {
            continue;
        }
        let text = tail.word();
        text.push_str(name);
        for (at, addr) in list.iter().enumerate() {
            text.push(if at == 0 { ':' } else { ',' });
            push_addr(text, *addr);
        }
    }
}
