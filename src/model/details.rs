//! What a socket has beyond its addresses and state: read only when somebody wants it.
//!
//! Every part is `None` until a source has told it. Units stand in the names.

use std::net::IpAddr;

use super::words::words;
use super::{IfIndex, Inode, SocketKey, SystemBytes, TcpInfo};

/// Details of a socket, shared by every copy of it. What only some kinds of sockets have is kept apart: there may be
/// a million of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    pub tcp_info: Option<TcpInfo>,
    pub congestion: Option<Congestion>,
    pub memory: Option<Memory>,
    /// `IP_TOS`, the byte.
    pub tos: Option<u8>,
    /// `IPV6_TCLASS`, the byte.
    pub tclass: Option<u8>,
    /// The `net_cls` class of the cgroup.
    pub class_id: Option<u32>,
    /// `SO_MARK`; told only to `CAP_NET_ADMIN`.
    pub mark: Option<u32>,
    pub shutdown: Option<Shutdown>,
    pub options: Option<Options>,
    /// The cgroup v2 of the socket's creator.
    pub cgroup: Option<CgroupId>,
    /// The upper layer protocol: `tls`, `mptcp`, `espintcp` …
    pub ulp: Option<SystemBytes>,
    pub tls: Option<Tls>,
    /// The connection that a TCP subflow of MPTCP belongs to.
    pub subflow: Option<Box<Subflow>>,
    /// Of an MPTCP connection.
    pub mptcp: Option<Box<MptcpDetails>>,
    /// The peers with a TCP-MD5 key; told only to `CAP_NET_ADMIN`.
    pub md5_keys: Option<Vec<Md5Key>>,
    /// BPF socket storages by map id and size in bytes.
    pub bpf_storages: Option<Vec<BpfStorage>>,
    /// Further local and remote addresses of a multihomed socket (SCTP).
    pub locals: Option<Vec<IpAddr>>,
    pub peers: Option<Vec<IpAddr>>,
    /// The transport protocol number of a raw socket.
    pub ip_protocol: Option<u8>,
    pub unix: Option<Box<UnixDetails>>,
    pub packet: Option<Box<PacketDetails>>,
    pub netlink: Option<Box<NetlinkDetails>>,
    pub xdp: Option<Box<XdpDetails>>,
    pub smc: Option<SmcDetails>,
    /// The file system's word for the socket (`system.sockprotoname`), of a residual row.
    pub proto_name: Option<SystemBytes>,
}

/// A cgroup by the inode of its directory in cgroup v2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CgroupId(pub u64);

/// Congestion control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Congestion {
    pub name: SystemBytes,
    pub state: CongestionState,
}

/// What an algorithm tells about itself (`linux/inet_diag.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CongestionState {
    /// It tells nothing, or was not asked.
    #[default]
    Untold,
    Vegas {
        enabled: bool,
        rtt_count: u32,
        rtt_us: u32,
        min_rtt_us: u32,
    },
    Dctcp {
        enabled: bool,
        ce_state: u16,
        alpha: u32,
        ab_ecn: u32,
        ab_tot: u32,
    },
    /// Gains are shifted left by 8 bits.
    Bbr {
        bandwidth_bytes_per_second: u64,
        min_rtt_us: u32,
        pacing_gain: u32,
        cwnd_gain: u32,
    },
}

/// `SK_MEMINFO_*` (`linux/sock_diag.h`): bytes, and datagrams dropped. A kernel may send fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub rmem_alloc: Option<u32>,
    pub rcvbuf: Option<u32>,
    pub wmem_alloc: Option<u32>,
    pub sndbuf: Option<u32>,
    pub fwd_alloc: Option<u32>,
    pub wmem_queued: Option<u32>,
    pub optmem: Option<u32>,
    pub backlog: Option<u32>,
    pub drops: Option<u32>,
}

words! {
    /// Which directions were shut down (shutdown(2)).
    Shutdown {
        None = "none",
        Receive = "receive",
        Send = "send",
        Both = "both",
    }
}

impl Shutdown {
    /// `RCV_SHUTDOWN` is bit 0, `SEND_SHUTDOWN` bit 1.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::None,
            1 => Self::Receive,
            2 => Self::Send,
            _ => Self::Both,
        }
    }
}

/// `struct inet_diag_sockopt`: two bytes of flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options(pub u16);

impl Options {
    /// `IP_RECVERR`.
    pub const RECVERR: u16 = 1 << 0;
    /// Connection-oriented.
    pub const IS_ICSK: u16 = 1 << 1;
    /// `IP_FREEBIND`.
    pub const FREEBIND: u16 = 1 << 2;
    /// `IP_HDRINCL`.
    pub const HDRINCL: u16 = 1 << 3;
    /// `IP_MULTICAST_LOOP`.
    pub const MC_LOOP: u16 = 1 << 4;
    /// `IP_TRANSPARENT`.
    pub const TRANSPARENT: u16 = 1 << 5;
    /// `IP_MULTICAST_ALL`.
    pub const MC_ALL: u16 = 1 << 6;
    /// `IP_NODEFRAG`.
    pub const NODEFRAG: u16 = 1 << 7;
    /// `IP_BIND_ADDRESS_NO_PORT`.
    pub const BIND_ADDRESS_NO_PORT: u16 = 1 << 8;
    /// `IP_RECVERR_RFC4884`.
    pub const RECVERR_RFC4884: u16 = 1 << 9;
    /// The connect is deferred by TCP Fast Open.
    pub const DEFER_CONNECT: u16 = 1 << 10;
    /// The flags by their bits, in the order of the struct.
    pub const NAMES: &[(u16, &'static str)] = &[
        (Self::RECVERR, "recverr"),
        (Self::IS_ICSK, "is_icsk"),
        (Self::FREEBIND, "freebind"),
        (Self::HDRINCL, "hdrincl"),
        (Self::MC_LOOP, "mc_loop"),
        (Self::TRANSPARENT, "transparent"),
        (Self::MC_ALL, "mc_all"),
        (Self::NODEFRAG, "nodefrag"),
        (Self::BIND_ADDRESS_NO_PORT, "bind_address_no_port"),
        (Self::RECVERR_RFC4884, "recverr_rfc4884"),
        (Self::DEFER_CONNECT, "defer_connect"),
    ];

    /// The names of the flags that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(bit, _)| self.0 & bit != 0).map(|(_, name)| *name)
    }
}

/// Kernel TLS (`linux/tls.h`, `net/tls/tls_main.c`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// 0x0303 is TLS 1.2, 0x0304 is 1.3.
    pub version: Option<u16>,
    pub cipher: Option<u16>,
    /// 1 base, 2 software, 3 hardware, 4 hardware record.
    pub rx_mode: Option<u16>,
    pub tx_mode: Option<u16>,
    pub zero_copy: bool,
    pub no_pad: bool,
}

/// The place of a TCP socket in an MPTCP connection (`MPTCP_SUBFLOW_ATTR_*`, `linux/mptcp.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subflow {
    pub token_local: Option<u32>,
    pub token_remote: Option<u32>,
    pub id_local: Option<u8>,
    pub id_remote: Option<u8>,
    pub flags: Option<u32>,
}

/// Of an MPTCP connection (`struct mptcp_info`, `linux/mptcp.h`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MptcpDetails {
    pub token: Option<u32>,
    pub flags: Option<u32>,
    /// The TCP sockets that carry it, as far as the reading found them.
    pub subflows: Vec<SocketKey>,
}

/// A TCP-MD5 key, without the key (`struct tcp_diag_md5sig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Md5Key {
    pub addr: IpAddr,
    pub prefix: u8,
}

/// One BPF storage of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BpfStorage {
    pub map: u32,
    pub bytes: u32,
}

/// Of a Unix socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnixDetails {
    /// The file that the path named at bind(2), as inode and device, both as in stat(2): the path may name another by
    /// now, or none.
    pub vfs: Option<(u32, u32)>,
    /// The other ends of connections that wait to be accepted.
    pub pending: Option<Vec<Inode>>,
}

/// Of a packet socket (packet(7), `linux/packet_diag.h`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketDetails {
    pub version: Option<u32>,
    pub running: bool,
    /// Packets longer than this are copied, `PACKET_COPY_THRESH`; 0 is off.
    pub copy_threshold: Option<u32>,
    /// `PDI_*`.
    pub flags: Option<u32>,
    /// `PACKET_FANOUT`: group id and mode.
    pub fanout: Option<(u16, u16)>,
    pub rx_ring: Option<Ring>,
    pub tx_ring: Option<Ring>,
    /// The classic BPF program attached, as instructions; told only to `CAP_NET_ADMIN`.
    pub filter: Option<Vec<BpfInstruction>>,
}

/// A mapped ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    pub block_size: u32,
    pub blocks: u32,
    pub frame_size: u32,
    pub frames: u32,
    /// Version 3: milliseconds until a block is handed over that is not full.
    pub retire_ms: u32,
    /// Version 3: `TP_FT_*`.
    pub features: u32,
}

/// `struct sock_filter` (`linux/filter.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BpfInstruction {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}

/// Of a netlink socket (`linux/netlink_diag.h`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetlinkDetails {
    /// The multicast groups it is in, counted from 1.
    pub groups: Option<Vec<u32>>,
    pub dst_group: u32,
    pub dst_portid: u32,
    pub flags: Option<u32>,
}

/// Of an `AF_XDP` socket (`linux/xdp_diag.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct XdpDetails {
    pub interface: Option<IfIndex>,
    pub queue: Option<u32>,
    pub rx_entries: Option<u32>,
    pub tx_entries: Option<u32>,
    pub umem_id: Option<u32>,
    pub umem_bytes: Option<u64>,
    pub rx_dropped: Option<u64>,
    pub rx_invalid: Option<u64>,
    pub rx_ring_full: Option<u64>,
    pub fill_ring_empty: Option<u64>,
    pub tx_invalid: Option<u64>,
    pub tx_ring_empty: Option<u64>,
}

/// Of an SMC socket (`linux/smc_diag.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmcDetails {
    pub mode: SmcMode,
    /// Why it fell back to TCP.
    pub fallback_reason: Option<u32>,
}

words! {
    /// How an SMC socket carries its data.
    SmcMode {
        Rdma = "smc-r",
        Tcp = "tcp",
        Ism = "smc-d",
        Unknown = "unknown",
    }
}
