//! One message of a Unix dump.
#![no_main]

use sockeye::model::{Family, NetnsId, PortRange, Protocol};
use sockeye::wire::{Context, unix_diag};

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let (family, protocol) = (Family::Unix, Protocol::Unix);
    let context = Context { netns: NetnsId(1), family, protocol, ephemeral: PortRange::default(), dccp_partopen: 14, details: true };
    let _socket = unix_diag::decode(payload, &context);
});
