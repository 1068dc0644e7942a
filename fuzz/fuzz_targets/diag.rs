//! One message of every dump that is neither of inet nor of Unix sockets, and of what closes.
#![no_main]

use sockeye::model::{Family, NetnsId, Protocol};
use sockeye::wire::{
    Context, inet_destroy, netlink, netlink_diag, packet_diag, smc_diag, tipc_diag, vsock_diag, xdp_diag,
};

fn of(family: Family, protocol: Protocol) -> Context {
    Context::new(NetnsId(1), family, protocol)
}

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let _packet = packet_diag::decode(payload, &of(Family::Packet, Protocol::Packet));
    let _netlink = netlink_diag::decode(payload, &of(Family::Netlink, Protocol::Netlink));
    let _vsock = vsock_diag::decode(payload, &of(Family::Vsock, Protocol::Vsock));
    let _xdp = xdp_diag::decode(payload, &of(Family::Xdp, Protocol::Xdp));
    let _tipc = tipc_diag::decode(payload, &of(Family::Tipc, Protocol::Tipc));
    let _smc = smc_diag::decode(payload, &of(Family::Smc, Protocol::Smc));
    for message in netlink::messages(payload).flatten() {
        let _closed = inet_destroy::decode(&message, &of(Family::Inet, Protocol::Tcp));
    }
});
