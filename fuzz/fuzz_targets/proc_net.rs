//! Every text table of /proc/net. No more rows than lines.
#![no_main]

use sockeye::model::{Family, NetnsId, PortRange, Protocol};
use sockeye::wire::{Context, proc_inet, proc_protocols, proc_unix};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let mut rows = 0;
    for family in [Family::Inet, Family::Inet6] {
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Raw, Protocol::Icmp] {
            let context = Context { netns: NetnsId(1), family, protocol, ephemeral: PortRange::default(), details: true };
            proc_inet::parse(text, &context, &mut |_| rows += 1);
            proc_unix::parse(text, &context, &mut |_| rows += 1);
        }
    }
    assert!(rows <= 16 * text.len() && proc_protocols::parse(text).len() <= text.len());
});
