//! The files and links of a process.
#![no_main]

use sockeye::wire::{proc_cgroup, proc_pid};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let _stat = proc_pid::stat(text);
    let _uid = proc_pid::effective_uid(text);
    let _links = (proc_pid::socket_link(text), proc_pid::net_link(text), proc_pid::number(text));
    let _workload = proc_cgroup::workload(text);
    assert!(proc_pid::cmdline(text).len() <= text.len() + 1);
});
