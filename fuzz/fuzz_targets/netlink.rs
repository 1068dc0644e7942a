//! Framing: messages in a buffer, attributes in a message. No more of them than bytes.
#![no_main]

use sockeye::wire::netlink::{attributes, messages};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut walked = 0;
    for message in messages(bytes).flatten() {
        walked += 1 + attributes(message.payload).count();
        let _errno = message.errno();
    }
    assert!(walked <= bytes.len());
});
