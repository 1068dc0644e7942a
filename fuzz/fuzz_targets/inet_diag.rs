//! One message of an inet dump, with every detail, for every protocol: the first byte chooses.
#![no_main]

use sockeye::model::{Family, NetnsId, Protocol};
use sockeye::wire::{Context, inet_diag};

const PROTOCOLS: [Protocol; 6] =
    [Protocol::Tcp, Protocol::Udp, Protocol::Raw, Protocol::Sctp, Protocol::Dccp, Protocol::Mptcp];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, payload)) = bytes.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(*first) % PROTOCOLS.len()];
    let context = Context::new(NetnsId(1), Family::Inet, protocol);
    let _socket = inet_diag::decode(payload, &context);
});
