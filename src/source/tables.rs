//! The socket tables of the kernel, and the ways to read each.
//!
//! One entry per family and protocol; adding a family is adding its decoder to `wire` and a line
//! here. Nothing is read here.

use super::Wanted;
use crate::model::Family::{Inet, Inet6, Unix};
use crate::model::{Ask, Family, Protocol, Socket};
use crate::wire::line::Line;
use crate::wire::{Context, WireError, inet_diag, proc_inet, proc_unix, unix_diag};

/// One table of the kernel.
#[derive(Debug)]
pub(super) struct KernelTable {
    pub(super) table: Wanted,
    /// Through `sock_diag`, where the kernel can.
    pub(super) diag: Option<Diag>,
    /// Through a file below `/proc/self/net`.
    pub(super) text: Option<Text>,
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

const INET_DIAG: Option<Diag> = Some(Diag { request: inet_diag::dump_request, decode: inet_diag::decode });
const UNIX_DIAG: Option<Diag> = Some(Diag { request: unix_diag::dump_request, decode: unix_diag::decode });

const fn table(table: Wanted, diag: Option<Diag>, text: Option<Text>) -> KernelTable {
    KernelTable { table, diag, text }
}

const fn inet(file: &'static str) -> Text {
    Text { file, parse: proc_inet::parse }
}

/// Every table, in the order in which they are read and reported.
pub(super) static TABLES: &[KernelTable] = &[
    table((Inet, Protocol::Tcp), INET_DIAG, Some(inet("tcp"))),
    table((Inet6, Protocol::Tcp), INET_DIAG, Some(inet("tcp6"))),
    table((Inet, Protocol::Udp), INET_DIAG, Some(inet("udp"))),
    table((Inet6, Protocol::Udp), INET_DIAG, Some(inet("udp6"))),
    table((Inet, Protocol::UdpLite), INET_DIAG, Some(inet("udplite"))),
    table((Inet6, Protocol::UdpLite), INET_DIAG, Some(inet("udplite6"))),
    table((Inet, Protocol::Raw), INET_DIAG, Some(inet("raw"))),
    table((Inet6, Protocol::Raw), INET_DIAG, Some(inet("raw6"))),
    table((Inet, Protocol::Icmp), None, Some(inet("icmp"))),
    table((Inet6, Protocol::Icmp), None, Some(inet("icmp6"))),
    table((Inet, Protocol::Sctp), INET_DIAG, None),
    table((Inet6, Protocol::Sctp), INET_DIAG, None),
    table((Inet, Protocol::Dccp), INET_DIAG, None),
    table((Inet6, Protocol::Dccp), INET_DIAG, None),
    table((Inet, Protocol::Mptcp), INET_DIAG, None),
    table((Inet6, Protocol::Mptcp), INET_DIAG, None),
    table((Unix, Protocol::Unix), UNIX_DIAG, Some(Text { file: "unix", parse: proc_unix::parse })),
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
