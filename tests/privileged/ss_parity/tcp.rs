//! The facts of `ss -i` and `ss -o`: `tcp_info`, congestion control and the timer.

use super::expected::{Facts, number, unless_zero};
use crate::document::Socket;

/// Printed when they are not 0, as they are.
const PLAIN: &[(&str, &str)] = &[
    ("backoff", "backoff"),
    ("mss", "snd_mss"),
    ("pmtu", "pmtu"),
    ("rcvmss", "rcv_mss"),
    ("advmss", "advmss"),
    ("cwnd", "snd_cwnd"),
    ("bytes_sent", "bytes_sent"),
    ("bytes_retrans", "bytes_retrans"),
    ("bytes_acked", "bytes_acked"),
    ("bytes_received", "bytes_received"),
    ("segs_out", "segs_out"),
    ("segs_in", "segs_in"),
    ("data_segs_out", "data_segs_out"),
    ("data_segs_in", "data_segs_in"),
    ("lastsnd", "last_data_sent_ms"),
    ("lastrcv", "last_data_recv_ms"),
    ("lastack", "last_ack_recv_ms"),
    ("delivered", "delivered"),
    ("delivered_ce", "delivered_ce"),
    ("unacked", "unacked"),
    ("lost", "lost"),
    ("dsack_dups", "dsack_dups"),
    ("fackets", "fackets"),
    ("reord_seen", "reord_seen"),
    ("rcv_space", "rcv_space"),
    ("rcv_ssthresh", "rcv_ssthresh"),
    ("notsent", "notsent_bytes"),
    ("rcv_ooopack", "rcv_ooopack"),
    ("snd_wnd", "snd_wnd"),
];

/// Printed in milliseconds when they are not 0; sockeye has them in microseconds.
const MILLISECONDS: &[(&str, &str)] =
    &[("rto", "rto_us"), ("ato", "ato_us"), ("rcv_rtt", "rcv_rtt_us"), ("minrtt", "min_rtt_us")];

/// Bits of `tcp_options`, each a word of its own.
const OPTIONS: &[(u64, &str)] = &[(1, "ts"), (2, "sack"), (8, "ecn"), (16, "ecnseen"), (32, "fastopen")];

/// The value that the kernel starts a timeout with, which ss takes for none.
const RTO_UNSET: u64 = 3_000_000;
/// Thresholds from here on are no limit to ss.
const SSTHRESH_UNSET: u64 = 0xffff;
/// The reordering that every connection begins with; ss is silent about it.
const REORDERING_UNSET: u64 = 3;

pub(super) fn facts(facts: &mut Facts, socket: &Socket) {
    timer(facts, socket);
    let Some(all) = &socket.tcp_info else { return };
    let get = |name: &str| number(Some(all), name);
    let some = |name: &str| get(name).unwrap();
    for (word, name) in PLAIN {
        unless_zero(facts, word, get(name));
    }
    for (word, name) in MILLISECONDS {
        let unset = match *name {
            "rto_us" => RTO_UNSET,
            _ => u32::MAX.into(), // as the least round trip is before the first
        };
        if let Some(value) = get(name).filter(|value| *value > 0 && *value != unset) {
            facts.insert((*word).to_owned(), thousandth(value));
        }
    }
    let mut put = |name: &str, value: String| facts.insert(name.to_owned(), value);
    for (bit, word) in OPTIONS {
        if some("tcp_options") & bit != 0 {
            put(&format!("+{word}"), String::new());
        }
    }
    if some("tcp_options") & 4 != 0 {
        put("wscale", format!("{},{}", some("snd_wscale"), some("rcv_wscale")));
    }
    if some("rtt_us") > 0 {
        put("rtt", format!("{}/{}", thousandth(some("rtt_us")), thousandth(some("rttvar_us"))));
    }
    if (1..SSTHRESH_UNSET).contains(&some("snd_ssthresh")) {
        put("ssthresh", some("snd_ssthresh").to_string());
    }
    if some("delivery_rate_app_limited") == 1 {
        put("+app_limited", String::new());
    }
    if (some("retrans"), some("total_retrans")) != (0, 0) {
        put("retrans", format!("{}/{}", some("retrans"), some("total_retrans")));
    }
    // On a listener it is the backlog, which stands in the column.
    if some("sacked") > 0 && socket.state != "listen" {
        put("sacked", some("sacked").to_string());
    }
    if some("reordering") != REORDERING_UNSET {
        put("reordering", some("reordering").to_string());
    }
    if some("busy_time_us") > 0 {
        put("busy", format!("{}ms", some("busy_time_us") / 1000));
        for (word, name) in [("rwnd_limited", "rwnd_limited_us"), ("sndbuf_limited", "sndbuf_limited_us")] {
            if some(name) > 0 {
                put(word, format!("{}ms", some(name) / 1000));
                put(
                    &format!("{word}_share"),
                    format!("{:.1}", 100.0 * real(some(name)) / real(some("busy_time_us"))),
                );
            }
        }
    }
    rates(facts, &some);
    congestion(facts, socket);
}

/// Rates in bits per second, one of which ss works out itself.
fn rates(facts: &mut Facts, some: &dyn Fn(&str) -> u64) {
    let mut put = |name: &str, value: String| facts.insert(name.to_owned(), value);
    if some("rtt_us") > 0 && some("snd_mss") > 0 && some("snd_cwnd") > 0 {
        let rate = real(some("snd_cwnd")) * real(some("snd_mss")) * 8_000_000.0 / real(some("rtt_us"));
        put("send", format!("{rate:.0}bps"));
    }
    let (pacing, limit) = (some("pacing_rate_bytes_per_s"), some("max_pacing_rate_bytes_per_s"));
    let limited = |rate: u64| rate > 0 && rate != u64::MAX;
    if limited(pacing) {
        let limit = if limited(limit) { format!("/{:.0}bps", real(limit) * 8.0) } else { String::new() };
        put("pacing_rate", format!("{:.0}bps{limit}", real(pacing) * 8.0));
    }
    if some("delivery_rate_bytes_per_s") > 0 {
        put("delivery_rate", format!("{:.0}bps", real(some("delivery_rate_bytes_per_s")) * 8.0));
    }
}

fn congestion(facts: &mut Facts, socket: &Socket) {
    let Some(control) = &socket.congestion else { return };
    if let Some(name) = control["algorithm"].as_str() {
        facts.insert(format!("+{name}"), String::new());
    }
    let get = |name: &str| control[name].as_u64();
    let Some(bandwidth) = get("bbr_bandwidth_bytes_per_s") else { return };
    let text =
        format!("(bw:{:.0}bps,mrtt:{}", real(bandwidth) * 8.0, thousandth(get("bbr_min_rtt_us").unwrap()));
    let gains = ["pacing_gain", "cwnd_gain"].map(|gain| {
        let value = get(&format!("bbr_{gain}")).filter(|value| *value > 0);
        value.map_or(String::new(), |value| format!(",{gain}:{}", general(real(value) / 256.0)))
    });
    facts.insert("bbr".to_owned(), format!("{text}{})", gains.concat()));
}

/// The timer in milliseconds, which [`super::moving`] compares with the units of ss.
fn timer(facts: &mut Facts, socket: &Socket) {
    let Some(timer) = &socket.timer else { return };
    let name = match timer.name.as_str() {
        "retransmit" => "on",
        "keepalive" => "keepalive",
        "time-wait" => "timewait",
        "window-probe" => "persist",
        other => panic!("no such timer: {other}"),
    };
    facts.insert("timer".to_owned(), format!("({name},{},{})", timer.expires_ms, timer.retransmits));
}

#[expect(clippy::cast_precision_loss, reason = "ss does the same")]
fn real(number: u64) -> f64 {
    number as f64
}

fn thousandth(number: u64) -> String {
    general(real(number) / 1000.0)
}

/// `%g` of printf(3): six digits that count, without zeros at the end.
fn general(number: f64) -> String {
    let scientific = format!("{number:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    let short = |text: &str| {
        let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        short.to_owned()
    };
    if number != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", short(digits), exponent.abs());
    }
    let places = usize::try_from(5 - exponent).unwrap();
    short(&format!("{number:.places$}"))
}
