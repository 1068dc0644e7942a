//! The objects of a socket: groups of fields that belong together, null as a whole where a socket
//! has nothing of the kind. Each is read only when details were asked for.

use super::tcp::{CONGESTION, TCP_INFO};
use super::{Field, Item, Subject, Value, flag, list, number, word};
use crate::model::{
    Details, Memory, MptcpDetails, NetlinkDetails, Options, PacketDetails, Ring, SmcDetails, Subflow, Timer,
    Tls, UnixDetails, XdpDetails,
};

/// A group of fields.
#[derive(Debug)]
pub struct Object {
    /// The name in JSON.
    pub key: &'static str,
    pub title: &'static str,
    pub fields: &'static [Field],
    /// False where no field can have a value: most sockets have few of the objects.
    pub applies: fn(&Subject<'_>) -> bool,
}

/// Every object, in the order of the JSON document.
pub static OBJECTS: &[Object] = &[
    Object { key: "timer", title: "TCP timer", fields: TIMER, applies: |s| s.row.socket.timer.is_some() },
    Object { key: "mem", title: "Memory", fields: MEMORY, applies: |s| s.has(|d| d.memory.is_some()) },
    Object {
        key: "tcp_info",
        title: "TCP info",
        fields: TCP_INFO,
        applies: |s| s.has(|d| d.tcp_info.is_some()),
    },
    Object {
        key: "congestion",
        title: "Congestion control",
        fields: CONGESTION,
        applies: |s| s.has(|d| d.congestion.is_some()),
    },
    Object {
        key: "options",
        title: "Socket options",
        fields: OPTIONS,
        applies: |s| s.has(|d| d.options.is_some()),
    },
    Object { key: "tls", title: "Kernel TLS", fields: TLS, applies: |s| s.has(|d| d.tls.is_some()) },
    Object {
        key: "subflow",
        title: "MPTCP subflow",
        fields: SUBFLOW,
        applies: |s| s.has(|d| d.subflow.is_some()),
    },
    Object { key: "mptcp_info", title: "MPTCP", fields: MPTCP, applies: |s| s.has(|d| d.mptcp.is_some()) },
    Object { key: "unix", title: "Unix", fields: UNIX, applies: |s| s.has(|d| d.unix.is_some()) },
    Object { key: "packet", title: "Packet", fields: PACKET, applies: |s| s.has(|d| d.packet.is_some()) },
    Object { key: "netlink", title: "Netlink", fields: NETLINK, applies: |s| s.has(|d| d.netlink.is_some()) },
    Object { key: "xdp", title: "AF_XDP", fields: XDP, applies: |s| s.has(|d| d.xdp.is_some()) },
    Object { key: "smc", title: "SMC", fields: SMC, applies: |s| s.has(|d| d.smc.is_some()) },
];

impl Subject<'_> {
    fn has(&self, part: impl FnOnce(&Details) -> bool) -> bool {
        self.details().is_some_and(part)
    }
}

/// A number that may be missing.
fn plain<'a>(value: Option<impl Into<u64>>) -> Value<'a> {
    Value::of(value, |value| Value::Number(value.into()))
}

fn timer<'a>(subject: &Subject<'a>, pick: fn(Timer) -> Value<'a>) -> Value<'a> {
    subject.row.socket.timer.map_or(Value::Null, pick)
}

static TIMER: &[Field] = &[
    word("timer_name", "What the running timer waits for.", |s| {
        timer(s, |timer| Value::Word(timer.kind.word()))
    })
    .certain()
    .named("name"),
    number("timer_expires_ms", "Milliseconds until it fires.", |s| {
        timer(s, |timer| Value::Number(timer.expires_ms.into()))
    })
    .certain()
    .named("expires_ms"),
    number("timer_retransmits", "How often it fired for the segment or probe in question.", |s| {
        timer(s, |timer| Value::Number(timer.retransmits.into()))
    })
    .certain()
    .named("retransmits"),
];

fn memory<'a>(subject: &Subject<'a>, pick: fn(&Memory) -> Option<u32>) -> Value<'a> {
    plain(subject.details().and_then(|details| details.memory.as_ref()).and_then(pick))
}

static MEMORY: &[Field] = &[
    number("rmem_alloc_bytes", "Receive memory in use.", |s| memory(s, |m| m.rmem_alloc)),
    number("rcvbuf_bytes", "Receive buffer limit.", |s| memory(s, |m| m.rcvbuf)),
    number("wmem_alloc_bytes", "Send memory in use by packets on their way.", |s| {
        memory(s, |m| m.wmem_alloc)
    }),
    number("sndbuf_bytes", "Send buffer limit.", |s| memory(s, |m| m.sndbuf)),
    number("fwd_alloc_bytes", "Memory reserved ahead.", |s| memory(s, |m| m.fwd_alloc)),
    number("wmem_queued_bytes", "Send memory queued.", |s| memory(s, |m| m.wmem_queued)),
    number("optmem_bytes", "Memory for options and filters.", |s| memory(s, |m| m.optmem)),
    number("sk_backlog_bytes", "Packets that wait while the socket is locked.", |s| memory(s, |m| m.backlog)),
    number("drops", "Packets dropped for want of room.", |s| memory(s, |m| m.drops)),
];

fn option<'a>(subject: &Subject<'a>, bit: u16) -> Value<'a> {
    let options = subject.details().and_then(|details| details.options);
    Value::of(options, |options| Value::Bool(options.0 & bit != 0))
}

static OPTIONS: &[Field] = &[
    flag("recverr", "IP_RECVERR.", |s| option(s, Options::RECVERR)).certain(),
    flag("is_icsk", "It is connection-oriented.", |s| option(s, Options::IS_ICSK)).certain(),
    flag("freebind", "IP_FREEBIND.", |s| option(s, Options::FREEBIND)).certain(),
    flag("hdrincl", "IP_HDRINCL.", |s| option(s, Options::HDRINCL)).certain(),
    flag("mc_loop", "IP_MULTICAST_LOOP.", |s| option(s, Options::MC_LOOP)).certain(),
    flag("transparent", "IP_TRANSPARENT.", |s| option(s, Options::TRANSPARENT)).certain(),
    flag("mc_all", "IP_MULTICAST_ALL.", |s| option(s, Options::MC_ALL)).certain(),
    flag("nodefrag", "IP_NODEFRAG.", |s| option(s, Options::NODEFRAG)).certain(),
    flag("bind_address_no_port", "IP_BIND_ADDRESS_NO_PORT.", |s| option(s, Options::BIND_ADDRESS_NO_PORT))
        .certain(),
    flag("recverr_rfc4884", "IP_RECVERR_RFC4884.", |s| option(s, Options::RECVERR_RFC4884)).certain(),
    flag("defer_connect", "Its connect is deferred by TCP Fast Open.", |s| option(s, Options::DEFER_CONNECT))
        .certain(),
];

fn tls<'a>(subject: &Subject<'a>, pick: fn(&Tls) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.tls.as_ref()).map_or(Value::Null, pick)
}

/// `TLS_CONF_*` (`include/net/tls.h`).
fn tls_mode<'a>(mode: Option<u16>) -> Value<'a> {
    Value::of(mode, |mode| {
        Value::Word(match mode {
            1 => "none",
            2 => "software",
            3 => "hardware",
            4 => "hardware-record",
            _ => "unknown",
        })
    })
}

static TLS: &[Field] = &[
    word("tls_version", "The version of TLS.", |s| {
        tls(s, |tls| {
            Value::of(tls.version, |version| {
                Value::Word(match version {
                    0x0303 => "1.2",
                    0x0304 => "1.3",
                    _ => "unknown",
                })
            })
        })
    })
    .named("version"),
    number("tls_cipher", "The cipher, by its number in linux/tls.h.", |s| tls(s, |tls| plain(tls.cipher)))
        .named("cipher"),
    word("tls_rx", "Who decrypts.", |s| tls(s, |tls| tls_mode(tls.rx_mode))).named("rx"),
    word("tls_tx", "Who encrypts.", |s| tls(s, |tls| tls_mode(tls.tx_mode))).named("tx"),
    flag("tls_zero_copy", "Files are sent without a copy.", |s| tls(s, |tls| Value::Bool(tls.zero_copy)))
        .certain()
        .named("zero_copy"),
    flag("tls_no_pad", "Records without padding are expected.", |s| tls(s, |tls| Value::Bool(tls.no_pad)))
        .certain()
        .named("no_pad"),
];

fn subflow<'a>(subject: &Subject<'a>, pick: fn(&Subflow) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.subflow.as_deref()).map_or(Value::Null, pick)
}

static SUBFLOW: &[Field] = &[
    number("subflow_token_local", "The token of the connection here.", |s| {
        subflow(s, |flow| plain(flow.token_local))
    })
    .named("token_local"),
    number("subflow_token_remote", "The token of the connection there.", |s| {
        subflow(s, |flow| plain(flow.token_remote))
    })
    .named("token_remote"),
    number("subflow_id_local", "The address id here.", |s| subflow(s, |flow| plain(flow.id_local)))
        .named("id_local"),
    number("subflow_id_remote", "The address id there.", |s| subflow(s, |flow| plain(flow.id_remote)))
        .named("id_remote"),
    number("subflow_flags", "Flags, by their bits in linux/mptcp.h.", |s| {
        subflow(s, |flow| plain(flow.flags))
    })
    .named("flags"),
];

fn unix<'a>(subject: &Subject<'a>, pick: fn(&'a UnixDetails) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.unix.as_deref()).map_or(Value::Null, pick)
}

fn mptcp<'a>(subject: &Subject<'a>, pick: fn(&'a MptcpDetails) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.mptcp.as_deref()).map_or(Value::Null, pick)
}

static MPTCP: &[Field] = &[
    number("mptcp_token", "The token of the connection here.", |s| mptcp(s, |m| plain(m.token)))
        .named("token"),
    number("mptcp_flags", "Flags, by their bits in linux/mptcp.h.", |s| mptcp(s, |m| plain(m.flags)))
        .named("flags"),
    list("subflows", Item::Id, "The cookies of the TCP sockets that carry it.", |s| {
        mptcp(s, |m| Value::Sockets(&m.subflows))
    })
    .certain(),
];

static UNIX: &[Field] = &[
    number("vfs_inode", "The file that the path named at bind; the path may name another by now.", |s| {
        unix(s, |unix| plain(unix.vfs.map(|(inode, _)| inode)))
    }),
    number("vfs_device", "The device of that file, as stat(2) numbers it.", |s| {
        unix(s, |unix| plain(unix.vfs.map(|(_, device)| device)))
    }),
    list("pending", Item::Number, "The inodes of connections that wait to be accepted.", |s| {
        unix(s, |unix| Value::of(unix.pending.as_deref(), Value::Inodes))
    }),
];

fn packet<'a>(subject: &Subject<'a>, pick: fn(&'a PacketDetails) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.packet.as_deref()).map_or(Value::Null, pick)
}

/// One of `PDI_*` (`linux/packet_diag.h`).
fn packet_flag<'a>(subject: &Subject<'a>, bit: u32) -> Value<'a> {
    let flags = subject.details().and_then(|details| details.packet.as_ref()).and_then(|p| p.flags);
    Value::of(flags, |flags| Value::Bool(flags & bit != 0))
}

fn ring<'a>(ring: Option<Ring>, pick: fn(Ring) -> u32) -> Value<'a> {
    plain(ring.map(pick))
}

static PACKET: &[Field] = &[
    number("packet_version", "TPACKET version.", |s| packet(s, |p| plain(p.version))).named("version"),
    flag("packet_running", "It receives.", |s| packet(s, |p| Value::Bool(p.running)))
        .certain()
        .named("running"),
    number("copy_threshold_bytes", "Longer packets are copied beside the ring; 0 is off.", |s| {
        packet(s, |p| plain(p.copy_threshold))
    }),
    flag("auxdata", "PACKET_AUXDATA.", |s| packet_flag(s, 1 << 1)),
    flag("origdev", "PACKET_ORIGDEV.", |s| packet_flag(s, 1 << 2)),
    flag("vnet_header", "PACKET_VNET_HDR.", |s| packet_flag(s, 1 << 3)),
    flag("loss", "PACKET_LOSS.", |s| packet_flag(s, 1 << 4)),
    number("fanout_id", "The fanout group.", |s| packet(s, |p| plain(p.fanout.map(|(id, _)| id)))),
    number("fanout_mode", "How the group shares, by its number in linux/if_packet.h.", |s| {
        packet(s, |p| plain(p.fanout.map(|(_, mode)| mode)))
    }),
    number("rx_ring_blocks", "Blocks of the receive ring.", |s| {
        packet(s, |p| ring(p.rx_ring, |ring| ring.blocks))
    }),
    number("rx_ring_block_bytes", "The size of each.", |s| {
        packet(s, |p| ring(p.rx_ring, |ring| ring.block_size))
    }),
    number("rx_ring_frames", "Frames of the receive ring.", |s| {
        packet(s, |p| ring(p.rx_ring, |ring| ring.frames))
    }),
    number("rx_ring_frame_bytes", "The size of each.", |s| {
        packet(s, |p| ring(p.rx_ring, |ring| ring.frame_size))
    }),
    number("rx_ring_retire_ms", "Milliseconds until a block is handed over that is not full.", |s| {
        packet(s, |p| ring(p.rx_ring, |ring| ring.retire_ms))
    }),
    number("rx_ring_features", "Features, by their bits in linux/if_packet.h.", |s| {
        packet(s, |p| ring(p.rx_ring, |ring| ring.features))
    }),
    number("tx_ring_blocks", "Blocks of the transmit ring.", |s| {
        packet(s, |p| ring(p.tx_ring, |ring| ring.blocks))
    }),
    number("tx_ring_block_bytes", "The size of each.", |s| {
        packet(s, |p| ring(p.tx_ring, |ring| ring.block_size))
    }),
    number("tx_ring_frames", "Frames of the transmit ring.", |s| {
        packet(s, |p| ring(p.tx_ring, |ring| ring.frames))
    }),
    number("tx_ring_frame_bytes", "The size of each.", |s| {
        packet(s, |p| ring(p.tx_ring, |ring| ring.frame_size))
    }),
    number("tx_ring_retire_ms", "Milliseconds until a block is handed over that is not full.", |s| {
        packet(s, |p| ring(p.tx_ring, |ring| ring.retire_ms))
    }),
    number("tx_ring_features", "Features, by their bits in linux/if_packet.h.", |s| {
        packet(s, |p| ring(p.tx_ring, |ring| ring.features))
    }),
    list(
        "filter",
        Item::Text,
        "The classic BPF program attached, one instruction each: code jt jf k; null without CAP_NET_ADMIN.",
        |s| packet(s, |p| Value::of(p.filter.as_deref(), Value::Filter)),
    ),
];

fn netlink<'a>(subject: &Subject<'a>, pick: fn(&'a NetlinkDetails) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.netlink.as_deref()).map_or(Value::Null, pick)
}

static NETLINK: &[Field] = &[
    list("netlink_groups", Item::Number, "The multicast groups that it hears.", |s| {
        netlink(s, |n| Value::of(n.groups.as_deref(), Value::Numbers))
    })
    .named("groups"),
    number("dst_group", "The group that it sends to unasked.", |s| netlink(s, |n| plain(Some(n.dst_group))))
        .certain(),
    number("dst_portid", "The port that it sends to unasked.", |s| netlink(s, |n| plain(Some(n.dst_portid))))
        .certain(),
    number("netlink_flags", "Flags, by their bits in linux/netlink_diag.h.", |s| {
        netlink(s, |n| plain(n.flags))
    })
    .named("flags"),
];

fn xdp<'a>(subject: &Subject<'a>, pick: fn(&XdpDetails) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.xdp.as_deref()).map_or(Value::Null, pick)
}

static XDP: &[Field] = &[
    number("xdp_queue", "The device queue.", |s| xdp(s, |x| plain(x.queue))).named("queue"),
    number("xdp_rx_entries", "Descriptors of the receive ring.", |s| xdp(s, |x| plain(x.rx_entries)))
        .named("rx_entries"),
    number("xdp_tx_entries", "Descriptors of the transmit ring.", |s| xdp(s, |x| plain(x.tx_entries)))
        .named("tx_entries"),
    number("umem_id", "The memory that it shares.", |s| xdp(s, |x| plain(x.umem_id))),
    number("umem_bytes", "Its size.", |s| xdp(s, |x| plain(x.umem_bytes))),
    number("xdp_rx_dropped", "Packets dropped.", |s| xdp(s, |x| plain(x.rx_dropped))).named("rx_dropped"),
    number("xdp_rx_invalid", "Receive descriptors that were invalid.", |s| xdp(s, |x| plain(x.rx_invalid)))
        .named("rx_invalid"),
    number("xdp_rx_ring_full", "Times the receive ring was full.", |s| xdp(s, |x| plain(x.rx_ring_full)))
        .named("rx_ring_full"),
    number("xdp_fill_ring_empty", "Times the fill ring was empty.", |s| xdp(s, |x| plain(x.fill_ring_empty)))
        .named("fill_ring_empty"),
    number("xdp_tx_invalid", "Transmit descriptors that were invalid.", |s| xdp(s, |x| plain(x.tx_invalid)))
        .named("tx_invalid"),
    number("xdp_tx_ring_empty", "Times the transmit ring was empty.", |s| xdp(s, |x| plain(x.tx_ring_empty)))
        .named("tx_ring_empty"),
];

fn smc<'a>(subject: &Subject<'a>, pick: fn(&SmcDetails) -> Value<'a>) -> Value<'a> {
    subject.details().and_then(|details| details.smc.as_ref()).map_or(Value::Null, pick)
}

static SMC: &[Field] = &[
    word("smc_mode", "How it carries its data.", |s| smc(s, |smc| Value::Word(smc.mode.word())))
        .certain()
        .named("mode"),
    number("smc_fallback_reason", "Why it fell back to TCP, by its number in net/smc/smc_clc.h.", |s| {
        smc(s, |smc| plain(smc.fallback_reason))
    })
    .named("fallback_reason"),
];

#[cfg(test)]
mod tests;
