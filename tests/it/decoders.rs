//! Every decoder takes whatever arrives. Most try that beside their code; those that do not are tried here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sockeye::model::{Family, NetnsId, Protocol, SystemBytes};
use sockeye::wire::{
    Context, docker_proxy, inet_diag, proc_net_dev, proc_protocols, proc_snmp, proc_sockstat, sctp, services,
    task_file,
};

/// The modules that are tried here.
const HERE: [&str; 8] = [
    "docker_proxy",
    "proc_net_dev",
    "proc_protocols",
    "proc_snmp",
    "proc_sockstat",
    "sctp",
    "services",
    "task_file",
];
/// Those that understand nothing: the parts of lines and requests, and the list of modules.
const NO_DECODERS: [&str; 3] = ["line", "mod", "show_request"];

/// The words of these files, numbers that fit nowhere, and now and then anything.
fn text() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &str = "TCP:|TCP6:|UDP:|Tcp:|TcpExt:|sockets:|used|inuse|tw|CurrEstab|ListenDrops|RetransSegs|lo:|\
        tcp|80/tcp|-container-ip|-container-port|-1|99999999999999999999|[0-9]{1,5}| |\t|\n|\n|\n";
    let word =
        prop_oneof![8 => WORDS.prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..8)];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_makes_one_panic(text in text(), other in text()) {
        let lines = text.split(|byte| *byte == b'\n').count();
        prop_assert!(proc_protocols::parse(&text).len() <= lines);
        let _counts = (proc_sockstat::parse(&text, &other, &text), proc_sockstat::sockets_used(&text));
        let _counters = proc_snmp::counters(&text, &other);
        let _device = proc_net_dev::has(&text, &other);
        prop_assert!(services::parse(&String::from_utf8_lossy(&text)).len() <= lines);
        let arguments: Vec<SystemBytes> = text.split(|byte| *byte == b' ').map(SystemBytes::from).collect();
        let _target = docker_proxy::target(&"docker-proxy".into(), &arguments);
        let (records, read) = task_file::Record::split(&text);
        prop_assert!(read <= text.len() && records.len() * task_file::LENGTH == read);
        for record in records {
            let _facts = (record.inode(), record.thread(), record.fd(), record.netns());
        }
    }

    /// However the kernel tells endpoints and associations, no socket is made up, and none is there twice.
    #[test]
    fn no_mix_of_associations_makes_up_a_socket(told in prop::collection::vec((0u8..4, 0u8..4, any::<bool>(), 0u8..12), 0..12)) {
        let context = Context::new(NetnsId(1), Family::Inet, Protocol::Sctp);
        let rows: Vec<_> = told.iter().filter_map(|row| inet_diag::decode(&message(*row), &context).ok()).collect();
        let count = rows.len();
        let settled = sctp::settle(rows);
        prop_assert!(settled.len() <= count);
        let mut keys = BTreeMap::new();
        for socket in &settled {
            *keys.entry(socket.key).or_insert(0) += 1;
        }
        prop_assert!(keys.values().all(|count| *count == 1), "{settled:?}");
    }
}

/// A message of a dump of SCTP: cookie, port of the other end, whether it is an association, state.
fn message((cookie, port, association, state): (u8, u8, bool, u8)) -> Vec<u8> {
    let mut bytes = vec![0; 72];
    (bytes[0], bytes[1], bytes[44]) = (2, state, cookie); // AF_INET
    (bytes[5], bytes[7]) = (80, port);
    if association {
        bytes.extend([132, 0, 13, 0]); // INET_DIAG_PEERS, one address
        bytes.extend([0; 128]);
    }
    bytes
}

#[test]
fn every_decoder_is_tried_with_any_bytes() {
    let mut tried = BTreeMap::new();
    for entry in fs::read_dir("src/wire").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        tried.insert(name, tries(&path));
    }
    for (name, tried) in &tried {
        let named = [&HERE[..], &NO_DECODERS].concat().contains(&name.as_str());
        assert!(*tried != named, "wire/{name}: tried beside its code: {tried}, named in this file: {named}");
    }
    let gone: Vec<_> = HERE.iter().chain(&NO_DECODERS).filter(|name| !tried.contains_key(**name)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// Whether a module has properties, in its file or in one of its directory.
fn tries(path: &Path) -> bool {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().any(|entry| tries(&entry.unwrap().path()));
    }
    path.extension().is_some_and(|end| end == "rs") && fs::read_to_string(path).unwrap().contains("proptest!")
}
