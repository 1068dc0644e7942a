//! The files and links of a process, and what BPF programs tell of it and of sockets.
#![no_main]

use sockeye::wire::{btf, cgroup_path, proc_cgroup, proc_fdinfo, proc_pid, socket_state, task_file};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let _stat = proc_pid::stat(text);
    let _uid = proc_pid::effective_uid(text);
    let _links = (proc_pid::socket_link(text), proc_pid::net_link(text), proc_pid::number(text));
    let _workloads = (proc_cgroup::workload(text), cgroup_path::workload(text));
    let _ring = proc_fdinfo::registered_sockets(text).count();
    let (records, read) = task_file::Record::split(text);
    assert!(read <= text.len() && records.len() * task_file::LENGTH == read);
    if let Some(record) = text.first_chunk() {
        let _turn = socket_state::decode(record);
    }
    if let Ok(types) = btf::Types::read(text) {
        assert!(btf::Types::read(&types.excerpt(&types.structs())).is_ok());
    }
    assert!(proc_pid::cmdline(text).len() <= text.len() + 1);
});
