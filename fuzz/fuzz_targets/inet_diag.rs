//! One message of an inet dump, with every detail, for every protocol: the first byte chooses.
#![no_main]

use sockeye::model::{Family, NetnsId, PortRange, Protocol};
use sockeye::wire::{Context, inet_diag};

const PROTOCOLS: [Protocol; 6] =
    [Protocol::Tcp, Protocol::Udp, Protocol::Raw, Protocol::Sctp, Protocol::Dccp, Protocol::Mptcp];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, payload)) = bytes.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(*first) % PROTOCOLS.len()];
    let ephemeral = PortRange::default();
    let context = Context { netns: NetnsId(1), family: Family::Inet, protocol, ephemeral, dccp_partopen: 14, details: true };
    let _socket = inet_diag::decode(payload, &context);
});
