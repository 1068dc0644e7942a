//! The ends of sockets that are neither internet nor Unix, as the table of `ss` shows them: what
//! stands before the separator, and the separator with what stands behind it. Decides no layout.

use crate::model::{Family, Name, Names, Socket};
use crate::text::{escape, push};

/// `ETH_P_ALL`, of a packet socket that receives everything.
const EVERY_PROTOCOL: u16 = 3;
/// `VMADDR_CID_ANY`, `VMADDR_PORT_ANY`.
const ANY: u32 = u32::MAX;

/// The local end. Packet and XDP sockets have an interface where others have an address or port.
pub(super) fn local(address: &mut String, port: &mut String, socket: &Socket, names: &Names, numeric: bool) {
    match (socket.family, socket.ends.names().0) {
        (Family::Packet, protocol) => {
            match (protocol, protocol.and_then(|name| name.ethertype())) {
                (Some(Name::Packet { protocol: EVERY_PROTOCOL }), _) => address.push('*'),
                (_, Some(word)) if !numeric => address.push_str(word),
                (Some(Name::Packet { protocol }), _) => push(address, format_args!("[{protocol}]")),
                _ => address.push_str("[0]"), // none at all, which is not every one
            }
            port.push(':');
            match socket.interface {
                Some(_) => interface(port, socket, names),
                None => port.push('*'),
            }
        }
        (Family::Xdp, Some(Name::Xdp { queue })) => {
            interface(address, socket, names);
            push(port, format_args!(":q{queue}"));
        }
        (_, Some(name)) => known(address, port, name, numeric),
        (_, None) => port.push('*'),
    }
}

/// The remote end; one that is not there is a lone star.
pub(super) fn remote(address: &mut String, port: &mut String, socket: &Socket, numeric: bool) {
    match (socket.family, socket.ends.names().1) {
        (_, Some(name)) => known(address, port, name, numeric),
        (Family::Vsock, None) => {
            address.push('*');
            port.push_str(":*");
        }
        (Family::Tipc, None) => port.push('-'),
        (_, None) => port.push('*'),
    }
}

fn known(address: &mut String, port: &mut String, name: Name, numeric: bool) {
    match name {
        // Numbers, as ss has them; the words for them are in JSON.
        Name::Vsock { cid: ANY, .. } => address.push('*'),
        Name::Vsock { cid, .. } => push(address, format_args!("{cid}")),
        Name::Netlink { protocol, .. } if numeric => push(address, format_args!("{protocol}")),
        name => push(address, format_args!("{name}")),
    }
    match (name, name.port()) {
        (_, None) | (Name::Vsock { .. }, Some(ANY)) => port.push_str(":*"),
        (Name::Netlink { .. }, Some(0)) if !numeric => port.push_str(":kernel"),
        (_, Some(number)) => push(port, format_args!(":{number}")),
    }
}

/// The name of the interface that the socket is bound to, or its index.
pub(super) fn interface(cell: &mut String, socket: &Socket, names: &Names) {
    match (names.interface(socket), socket.interface) {
        (Some(name), _) => cell.push_str(&escape(name.as_bytes())),
        (None, Some(index)) => push(cell, format_args!("{}", index.get())),
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Basics, Cookie, Ends, Identity, IfIndex, NetnsId, PortRange, Protocol, SocketKey, SocketType, State,
    };

    /// Both ends in one line, each as the two cells that the table makes of it.
    fn line(family: Family, index: u32, local_name: Option<Name>, remote_name: Option<Name>) -> String {
        line_with(false, family, index, (local_name, remote_name))
    }

    fn line_with(numeric: bool, family: Family, index: u32, ends: (Option<Name>, Option<Name>)) -> String {
        let (local_name, remote_name) = ends;
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(1)) },
            family,
            protocol: Protocol::Other,
            kind: SocketType::Raw,
            state: State::Unconnected,
            ends: Ends::Other { local: local_name, remote: remote_name },
            inode: None,
        };
        let interface = IfIndex::new(index);
        let socket = Socket { interface, ..Socket::new(basics, &PortRange::default()) };
        let mut names = Names::default();
        names.interfaces.extend(IfIndex::new(2).map(|index| ((NetnsId(1), index), "eth0".into())));
        let mut cells = [String::new(), String::new(), String::new(), String::new()];
        let [address, port, peer, peer_port] = &mut cells;
        local(address, port, &socket, &names, numeric);
        remote(peer, peer_port, &socket, numeric);
        cells.join("|")
    }

    #[test]
    fn numbers_where_no_names_are_wanted() {
        let packet = (Some(Name::Packet { protocol: 0x800 }), None);
        assert_eq!(line_with(true, Family::Packet, 2, packet), "[2048]|:eth0||*");
        let every = (Some(Name::Packet { protocol: 3 }), None);
        assert_eq!(line_with(true, Family::Packet, 0, every), "*|:*||*");
        let kernel = (Some(Name::Netlink { protocol: 16, port: 0 }), None);
        assert_eq!(line_with(true, Family::Netlink, 0, kernel), "16|:0||*");
    }

    #[test]
    fn the_words_of_ss() {
        let packet = |protocol| Some(Name::Packet { protocol });
        let netlink = |port| Some(Name::Netlink { protocol: 0, port });
        let vsock = |cid, port| Some(Name::Vsock { cid, port });
        for (family, index, local_name, remote_name, cells) in [
            (Family::Packet, 2, packet(0x800), None, "ip|:eth0||*"),
            (Family::Packet, 0, packet(3), None, "*|:*||*"),
            (Family::Packet, 7, packet(0x9999), None, "[39321]|:7||*"),
            (Family::Packet, 0, None, None, "[0]|:*||*"),
            (Family::Netlink, 0, netlink(0), None, "rtnl|:kernel||*"),
            (Family::Netlink, 0, netlink(42), netlink(7), "rtnl|:42|rtnl|:7"),
            (Family::Vsock, 0, vsock(ANY, 1024), None, "*|:1024|*|:*"),
            (Family::Vsock, 0, vsock(3, ANY), vsock(2, 22), "3|:*|2|:22"),
            (Family::Xdp, 2, Some(Name::Xdp { queue: 3 }), None, "eth0|:q3||*"),
            (Family::Xdp, 0, None, None, "|*||*"),
            (Family::Tipc, 0, Some(Name::Tipc { node: 0, port: 77 }), None, "0|:77||-"),
            (Family::Bluetooth, 0, None, None, "|*||*"),
        ] {
            assert_eq!(line(family, index, local_name, remote_name), cells, "{family:?}");
        }
    }
}
