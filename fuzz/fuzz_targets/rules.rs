//! What tells why a socket has no owner, or gets nothing: links, generic netlink, rules, mounts, daemons.
#![no_main]

use sockeye::wire::nftables::Ruleset;
use sockeye::wire::{generic_netlink, http, link, proc_mountinfo, proc_nfs};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _tunnel = link::decode(bytes);
    let _family = generic_netlink::family(bytes, "fou");
    let _ports = (generic_netlink::wireguard_port(bytes), generic_netlink::fou(bytes));
    let mut rules = Ruleset::default();
    if rules.take(bytes).is_ok() {
        let _published = rules.published();
    }
    let _mounts = proc_mountinfo::netns_mounts(bytes).count() + proc_nfs::parse(bytes).count();
    let _answers = (http::answer(bytes, false), http::answer(bytes, true));
});
