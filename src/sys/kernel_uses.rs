//! What the kernel says that it has sockets for, in the namespace of the calling thread. What it does
//! not tell, or not to this user, is left out: nothing is proven then.

use super::netlink::{CHUNK, DiagError, DiagSocket};
use super::procnet::{self, Whose};
use crate::model::{Family, KernelUse, NetnsId, Protocol, Reach, Seat};
use crate::wire::generic_netlink as generic;
use crate::wire::link::{self, Tunnel};
use crate::wire::{Context, WireError, inet_diag, netlink, proc_nfs};

/// Everything that it tells of. Modules that are not there yet are not loaded for it.
#[must_use]
pub fn here() -> Vec<KernelUse> {
    let mut uses = Vec::new();
    let tunnels = DiagSocket::route(CHUNK).and_then(|socket| rows(socket, link::dump_request, link::decode));
    let mut wireguards = Vec::new();
    for tunnel in tunnels.unwrap_or_default() {
        match tunnel {
            Tunnel::Told(told) => uses.push(told),
            Tunnel::WireGuard { index, name } => wireguards.push((index, name)),
        }
    }
    let wireguard = if wireguards.is_empty() { None } else { family("wireguard") };
    for ((index, name), family) in wireguards.into_iter().zip(wireguard.into_iter().cycle()) {
        let request = |seq| generic::wireguard_request(family, index, seq);
        let ports =
            DiagSocket::generic(CHUNK).and_then(|socket| rows(socket, request, generic::wireguard_port));
        let seat = ports.unwrap_or_default().into_iter().next().and_then(wireguard_seat);
        uses.extend(
            seat.map(|seat| KernelUse { what: link::called("WireGuard device", name.as_bytes()), seat }),
        );
    }
    if let Some(family) = family("fou") {
        let request = |seq| generic::fou_request(family, seq);
        let ports = DiagSocket::generic(CHUNK).and_then(|socket| rows(socket, request, generic::fou));
        uses.extend(ports.unwrap_or_default());
    }
    let servers = procnet::table(Whose::Ours, "nfsfs/servers").unwrap_or_default();
    uses.extend(proc_nfs::parse(&servers).filter_map(Result::ok));
    uses
}

/// Where a `WireGuard` device has its sockets, if they are in this namespace: when the device was moved
/// here, they stayed behind, and another may have the port here.
fn wireguard_seat(port: u16) -> Option<Seat> {
    let is_there = |family| {
        let context = Context::new(NetnsId(0), family, Protocol::Udp);
        let request = |seq| inet_diag::port_request(&context, seq, port);
        let decode = |payload: &[u8]| inet_diag::decode(payload, &context).map(Some);
        let sockets = DiagSocket::open(CHUNK).and_then(|socket| rows(socket, request, decode));
        sockets.is_ok_and(|sockets| sockets.iter().any(generic::is_wireguards))
    };
    let versions = match (is_there(Family::Inet), is_there(Family::Inet6)) {
        (true, true) => Reach::Both,
        (true, false) => Reach::V4,
        (false, true) => Reach::V6,
        (false, false) => return None,
    };
    Some(Seat::Port { port, versions })
}

/// The number of a family of generic netlink, where the kernel has it.
fn family(name: &str) -> Option<generic::Family> {
    let socket = DiagSocket::generic(CHUNK).ok()?;
    let found = rows(socket, generic::families_request, |payload| generic::family(payload, name)).ok()?;
    found.into_iter().next()
}

/// What the messages of one dump say. Those that cannot be understood say nothing.
fn rows<T>(
    mut socket: DiagSocket,
    request: impl FnOnce(u32) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> Result<Option<T>, WireError>,
) -> Result<Vec<T>, DiagError> {
    let mut buffer = Vec::new();
    let dumped = socket.dump(request, &mut buffer, &mut |_| {});
    let messages = netlink::messages(&buffer).filter_map(Result::ok);
    let found = messages.filter_map(|message| decode(message.payload).ok().flatten()).collect();
    // WireGuard tells its private key to who asks for its port.
    buffer.fill(0);
    dumped.map(|_| found)
}
