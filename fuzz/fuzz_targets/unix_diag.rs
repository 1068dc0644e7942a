//! One message of a Unix dump.
#![no_main]

use sockeye::model::{Family, NetnsId, Protocol};
use sockeye::wire::{Context, unix_diag};

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let context = Context::new(NetnsId(1), Family::Unix, Protocol::Unix);
    let _socket = unix_diag::decode(payload, &context);
});
