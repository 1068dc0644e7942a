//! The socket tables of the kernel, and the ways to read each.
//!
//! One entry per family and protocol; adding a family is adding its decoder to `wire` and a line
//! here. Nothing is read here.

use super::Wanted;
use crate::model::Family::{self, Bluetooth, Inet, Inet6, Netlink, Packet, Smc, Tipc, Unix, Vsock, Xdp};
use crate::model::{Ask, Protocol, Socket};
use crate::wire::line::Line;
use crate::wire::{
    Context, WireError, inet_diag, netlink_diag, packet_diag, proc_bluetooth, proc_inet, proc_netlink,
    proc_packet, proc_sctp, proc_unix, sctp, smc_diag, tipc_diag, unix_diag, vsock_diag, xdp_diag,
};

/// One table of the kernel.
#[derive(Debug)]
pub(super) struct KernelTable {
    pub(super) table: Wanted,
    /// Through `sock_diag`, where the kernel can.
    pub(super) diag: Option<Diag>,
    /// Through files below `/proc/self/net`; all of them together are the table.
    pub(super) text: &'static [Text],
}

impl KernelTable {
    /// The rows as sockets: where one socket is told in several rows, they are brought together.
    pub(super) fn settle(&self, rows: Vec<Socket>) -> Vec<Socket> {
        match self.table.1 {
            Protocol::Sctp => sctp::settle(rows),
            _ => rows,
        }
    }
}

/// How to ask for a dump and read its messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Diag {
    pub(super) request: fn(&Context, u32, Ask) -> Vec<u8>,
    pub(super) decode: fn(&[u8], &Context) -> Result<Socket, WireError>,
}

/// Called with every row of a text table.
pub(super) type EachLine<'a> = &'a mut dyn FnMut(Result<Line, WireError>);

/// Which file to read, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// Below `/proc/PID/net`.
    pub(super) file: &'static str,
    pub(super) parse: fn(&[u8], &Context, EachLine<'_>),
}

macro_rules! diag {
    ($module:ident) => {
        Some(Diag { request: $module::dump_request, decode: $module::decode })
    };
}

macro_rules! text {
    ($($parse:path: $file:literal),*) => {
        &[$(Text { file: $file, parse: $parse }),*]
    };
}

const fn table(table: Wanted, diag: Option<Diag>, text: &'static [Text]) -> KernelTable {
    KernelTable { table, diag, text }
}

const SCTP_TEXT: &[Text] =
    text!(proc_sctp::parse_endpoints: "sctp/eps", proc_sctp::parse_associations: "sctp/assocs");

/// Every table, in the order in which they are read and reported.
pub(super) static TABLES: &[KernelTable] = &[
    table((Inet, Protocol::Tcp), diag!(inet_diag), text!(proc_inet::parse: "tcp")),
    table((Inet6, Protocol::Tcp), diag!(inet_diag), text!(proc_inet::parse: "tcp6")),
    table((Inet, Protocol::Udp), diag!(inet_diag), text!(proc_inet::parse: "udp")),
    table((Inet6, Protocol::Udp), diag!(inet_diag), text!(proc_inet::parse: "udp6")),
    table((Inet, Protocol::UdpLite), diag!(inet_diag), text!(proc_inet::parse: "udplite")),
    table((Inet6, Protocol::UdpLite), diag!(inet_diag), text!(proc_inet::parse: "udplite6")),
    table((Inet, Protocol::Raw), diag!(inet_diag), text!(proc_inet::parse: "raw")),
    table((Inet6, Protocol::Raw), diag!(inet_diag), text!(proc_inet::parse: "raw6")),
    table((Inet, Protocol::Icmp), None, text!(proc_inet::parse: "icmp")),
    table((Inet6, Protocol::Icmp), None, text!(proc_inet::parse: "icmp6")),
    table((Inet, Protocol::Sctp), diag!(inet_diag), SCTP_TEXT),
    table((Inet6, Protocol::Sctp), diag!(inet_diag), SCTP_TEXT),
    table((Inet, Protocol::Dccp), diag!(inet_diag), &[]),
    table((Inet6, Protocol::Dccp), diag!(inet_diag), &[]),
    table((Inet, Protocol::Mptcp), diag!(inet_diag), &[]),
    table((Inet6, Protocol::Mptcp), diag!(inet_diag), &[]),
    table((Unix, Protocol::Unix), diag!(unix_diag), text!(proc_unix::parse: "unix")),
    table((Packet, Protocol::Packet), diag!(packet_diag), text!(proc_packet::parse: "packet")),
    table((Netlink, Protocol::Netlink), diag!(netlink_diag), text!(proc_netlink::parse: "netlink")),
    table((Vsock, Protocol::Vsock), diag!(vsock_diag), &[]),
    table((Xdp, Protocol::Xdp), diag!(xdp_diag), &[]),
    table((Tipc, Protocol::Tipc), diag!(tipc_diag), &[]),
    table((Smc, Protocol::Smc), diag!(smc_diag), &[]),
    table((Bluetooth, Protocol::L2cap), None, text!(proc_bluetooth::parse: "l2cap")),
    table((Bluetooth, Protocol::Rfcomm), None, text!(proc_bluetooth::parse: "rfcomm")),
    table((Bluetooth, Protocol::Sco), None, text!(proc_bluetooth::parse: "sco")),
    table((Bluetooth, Protocol::Hci), None, text!(proc_bluetooth::parse: "hci")),
];

/// Sockets that are in no table of the kernel. No source can read them: they are known by their
/// descriptors alone, so the engine makes their rows from the search for owners.
pub const RESIDUAL: Wanted = (Family::Other, Protocol::Other);

/// Every table there is, and the residual one.
#[must_use]
pub fn everything() -> Vec<Wanted> {
    TABLES.iter().map(|known| known.table).chain([RESIDUAL]).collect()
}

/// The table of that family and protocol.
pub(super) fn find(wanted: Wanted) -> Option<&'static KernelTable> {
    TABLES.iter().find(|known| known.table == wanted)
}
