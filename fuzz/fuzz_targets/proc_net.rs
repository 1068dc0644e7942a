//! Every text table of /proc/net. No more rows than lines.
#![no_main]

use sockeye::model::{Family, NetnsId, Protocol};
use sockeye::wire::{
    Context, proc_bluetooth, proc_inet, proc_netlink, proc_packet, proc_protocols, proc_sctp, proc_snmp,
    proc_sockstat, proc_unix,
};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let mut rows = 0;
    for family in [Family::Inet, Family::Inet6] {
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Raw, Protocol::Icmp] {
            let context = Context::new(NetnsId(1), family, protocol);
            proc_inet::parse(text, &context, &mut |_| rows += 1);
            proc_unix::parse(text, &context, &mut |_| rows += 1);
            proc_sctp::parse_endpoints(text, &context, &mut |_| rows += 1);
            proc_sctp::parse_associations(text, &context, &mut |_| rows += 1);
            proc_packet::parse(text, &context, &mut |_| rows += 1);
            proc_netlink::parse(text, &context, &mut |_| rows += 1);
            proc_bluetooth::parse(text, &context, &mut |_| rows += 1);
        }
    }
    let _counts = (proc_sockstat::parse(text, text, text), proc_snmp::counters(text, text));
    assert!(rows <= 56 * (text.len() + 1) && proc_protocols::parse(text).len() <= text.len());
});
