//! The fields of `tcp_info` and of congestion control. Layout is the business of `model::tcp_info`.

use super::{Field, Subject, Value, number};
use crate::model::{CongestionState, Details, TcpInfoPlace as P};

/// A number of `tcp_info`, or of what is kept of it where no more was asked for.
fn info<'a>(subject: &Subject<'a>, place: P) -> Value<'a> {
    let info = subject.details().and_then(|details| details.tcp_info.as_ref());
    let counted = || subject.socket().counters.as_ref()?.read(place);
    Value::of(info.and_then(|info| info.read(place)).or_else(counted), Value::Number)
}

macro_rules! tcp_info {
    ($($key:literal $place:ident $help:literal;)+) => {
        /// `struct tcp_info`, in the order of the struct.
        pub(super) static TCP_INFO: &[Field] = &[
            $(number($key, $help, |s| info(s, P::$place)),)+
        ];
    };
}

tcp_info! {
    "ca_state" CA_STATE "Congestion state: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss.";
    "retransmits" RETRANSMITS "Retransmission timeouts in a row.";
    "probes" PROBES "Unanswered window or keepalive probes.";
    "backoff" BACKOFF "The timeout's backoff exponent.";
    "tcp_options" OPTIONS "Bits: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 SYN data, 64 usec timestamps.";
    "snd_wscale" SND_WSCALE "Window scale of the peer.";
    "rcv_wscale" RCV_WSCALE "Own window scale.";
    "delivery_rate_app_limited" DELIVERY_RATE_APP_LIMITED "1 when the sender had too little to send for the rate to mean the path.";
    "fastopen_client_fail" FASTOPEN_CLIENT_FAIL "Why TCP Fast Open failed, 0 if it did not.";
    "rto_us" RTO "Retransmission timeout in microseconds.";
    "ato_us" ATO "Delayed-acknowledgement timeout in microseconds.";
    "snd_mss" SND_MSS "Sending segment size in bytes.";
    "rcv_mss" RCV_MSS "Receiving segment size in bytes.";
    "unacked" UNACKED "Segments sent and not acknowledged; on a listener, connections to be accepted.";
    "sacked" SACKED "Segments acknowledged selectively; on a listener, the backlog.";
    "lost" LOST "Segments taken for lost.";
    "retrans" RETRANS "Segments retransmitted and not acknowledged.";
    "fackets" FACKETS "Forward-acknowledged segments.";
    "last_data_sent_ms" LAST_DATA_SENT "Milliseconds since data was sent.";
    "last_ack_sent_ms" LAST_ACK_SENT "Milliseconds since an acknowledgement was sent; kernels leave it 0.";
    "last_data_recv_ms" LAST_DATA_RECV "Milliseconds since data was received.";
    "last_ack_recv_ms" LAST_ACK_RECV "Milliseconds since an acknowledgement was received.";
    "pmtu" PMTU "Path MTU in bytes.";
    "rcv_ssthresh" RCV_SSTHRESH "Receive window clamp in bytes.";
    "rtt_us" RTT "Smoothed round-trip time in microseconds.";
    "rttvar_us" RTTVAR "Its variation in microseconds.";
    "snd_ssthresh" SND_SSTHRESH "Slow-start threshold in segments.";
    "snd_cwnd" SND_CWND "Congestion window in segments.";
    "advmss" ADVMSS "Advertised segment size in bytes.";
    "reordering" REORDERING "Reordering seen, in segments.";
    "rcv_rtt_us" RCV_RTT "Round-trip time seen by the receiver in microseconds.";
    "rcv_space" RCV_SPACE "Receive buffer space in bytes.";
    "total_retrans" TOTAL_RETRANS "Segments retransmitted in all.";
    "pacing_rate_bytes_per_s" PACING_RATE "Pacing rate in bytes per second.";
    "max_pacing_rate_bytes_per_s" MAX_PACING_RATE "Its limit in bytes per second; all ones means none.";
    "bytes_acked" BYTES_ACKED "Bytes sent and acknowledged.";
    "bytes_received" BYTES_RECEIVED "Bytes received.";
    "segs_out" SEGS_OUT "Segments sent.";
    "segs_in" SEGS_IN "Segments received.";
    "notsent_bytes" NOTSENT_BYTES "Bytes written and not yet sent.";
    "min_rtt_us" MIN_RTT "Least round-trip time in microseconds; all ones before the first.";
    "data_segs_in" DATA_SEGS_IN "Segments with data received.";
    "data_segs_out" DATA_SEGS_OUT "Segments with data sent.";
    "delivery_rate_bytes_per_s" DELIVERY_RATE "Delivery rate in bytes per second.";
    "busy_time_us" BUSY_TIME "Microseconds spent with data to send.";
    "rwnd_limited_us" RWND_LIMITED "Of these, microseconds limited by the peer's receive window.";
    "sndbuf_limited_us" SNDBUF_LIMITED "Of these, microseconds limited by the own send buffer.";
    "delivered" DELIVERED "Segments delivered.";
    "delivered_ce" DELIVERED_CE "Of these, with a congestion mark.";
    "bytes_sent" BYTES_SENT "Bytes sent, retransmissions included.";
    "bytes_retrans" BYTES_RETRANS "Bytes retransmitted.";
    "dsack_dups" DSACK_DUPS "Duplicates that the peer reported.";
    "reord_seen" REORD_SEEN "Reordering events.";
    "rcv_ooopack" RCV_OOOPACK "Segments received out of order.";
    "snd_wnd" SND_WND "The peer's receive window in bytes.";
    "rcv_wnd" RCV_WND "The own receive window in bytes.";
    "rehash" REHASH "Path changes tried after timeouts.";
    "total_rto" TOTAL_RTO "Retransmission timeouts in all.";
    "total_rto_recoveries" TOTAL_RTO_RECOVERIES "Recoveries from them.";
    "total_rto_time_ms" TOTAL_RTO_TIME "Milliseconds spent in them.";
    "received_ce" RECEIVED_CE "Segments received with a congestion mark.";
    "delivered_e1_bytes" DELIVERED_E1_BYTES "Bytes delivered with ECT(1).";
    "delivered_e0_bytes" DELIVERED_E0_BYTES "Bytes delivered with ECT(0).";
    "delivered_ce_bytes" DELIVERED_CE_BYTES "Bytes delivered with a congestion mark.";
    "received_e1_bytes" RECEIVED_E1_BYTES "Bytes received with ECT(1).";
    "received_e0_bytes" RECEIVED_E0_BYTES "Bytes received with ECT(0).";
    "received_ce_bytes" RECEIVED_CE_BYTES "Bytes received with a congestion mark.";
    "accecn_fail_mode" ACCECN_FAIL_MODE "Why accurate ECN failed, as bits.";
    "accecn_opt_seen" ACCECN_OPT_SEEN "Accurate ECN options seen, as bits.";
}

fn state<'a>(details: &Details, pick: fn(CongestionState) -> Option<u64>) -> Value<'a> {
    Value::of(details.congestion.as_ref().and_then(|control| pick(control.state)), Value::Number)
}

macro_rules! congestion {
    ($($key:literal $pattern:pat => $value:expr, $help:literal;)+) => {
        /// Congestion control: the algorithm, and what BBR, DCTCP and Vegas tell of themselves.
        pub(super) static CONGESTION: &[Field] = &[
            super::text("congestion_algorithm", "The congestion control algorithm.", |s| {
                let control = s.details().and_then(|details| details.congestion.as_ref());
                Value::of(control.map(|control| &control.name).filter(|name| !name.is_empty()), Value::Text)
            }).named("algorithm"),
            $(number($key, $help, |s| {
                let pick = |known| match known { $pattern => Some($value), _ => None };
                s.details().map_or(Value::Null, |details| state(details, pick))
            }),)+
        ];
    };
}

use CongestionState::{Bbr, Dctcp, Vegas};

congestion! {
    "bbr_bandwidth_bytes_per_s" Bbr { bandwidth_bytes_per_second: rate, .. } => rate, "BBR's bandwidth estimate in bytes per second.";
    "bbr_min_rtt_us" Bbr { min_rtt_us, .. } => min_rtt_us.into(), "BBR's least round-trip time in microseconds.";
    "bbr_pacing_gain" Bbr { pacing_gain, .. } => pacing_gain.into(), "BBR's pacing gain, 256 for 1.";
    "bbr_cwnd_gain" Bbr { cwnd_gain, .. } => cwnd_gain.into(), "BBR's window gain, 256 for 1.";
    "dctcp_enabled" Dctcp { enabled, .. } => enabled.into(), "1 when DCTCP is in force.";
    "dctcp_ce_state" Dctcp { ce_state, .. } => ce_state.into(), "DCTCP's congestion mark state.";
    "dctcp_alpha" Dctcp { alpha, .. } => alpha.into(), "DCTCP's share of marked bytes, 1024 for all.";
    "dctcp_ab_ecn" Dctcp { ab_ecn, .. } => ab_ecn.into(), "Bytes acknowledged with a congestion mark.";
    "dctcp_ab_tot" Dctcp { ab_tot, .. } => ab_tot.into(), "Bytes acknowledged in all.";
    "vegas_enabled" Vegas { enabled, .. } => enabled.into(), "1 when Vegas is in force.";
    "vegas_rtt_count" Vegas { rtt_count, .. } => rtt_count.into(), "Round trips that Vegas measured.";
    "vegas_rtt_us" Vegas { rtt_us, .. } => rtt_us.into(), "Vegas' round-trip time in microseconds.";
    "vegas_min_rtt_us" Vegas { min_rtt_us, .. } => min_rtt_us.into(), "Vegas' least round-trip time in microseconds.";
}
