//! What `ss` would print about a socket if it knew what the JSON says: the values in its words, its
//! units and its precision, and nothing where it prints nothing.

use std::collections::BTreeMap;

use rustix::fs::{major, minor};

use super::tcp;
use super::text::Line;
use crate::document::{Numbers, Socket, unhex};

pub(super) type Facts = BTreeMap<String, String>;

/// The line of `ss -OHn` for this socket; `None` for what `ss` does not list.
pub(super) fn line(socket: &Socket) -> Option<Line> {
    let netid = match (&*socket.protocol, &*socket.r#type) {
        ("tcp", _) => "tcp",
        ("udp", _) => "udp",
        ("raw", _) => raw_netid(socket),
        ("unix", "stream") => "u_str",
        ("unix", "dgram") => "u_dgr",
        ("unix", "seqpacket") => "u_seq",
        ("packet", "raw") => "p_raw",
        ("packet", "dgram") => "p_dgr",
        ("netlink", _) => "nl",
        // What is in no table of the kernel, which ss therefore cannot know, and what ss is not asked
        // for: some kernels have a TIPC socket of their own in every namespace.
        _ => return None,
    };
    // ss 6.1 does not ask for TCP sockets that are bound and neither listen nor connect.
    if (&*socket.protocol, &*socket.state) == ("tcp", "bound") {
        return None;
    }
    let [local, peer] = match netid {
        "u_str" | "u_dgr" | "u_seq" => unix_ends(socket),
        "p_raw" | "p_dgr" => [packet_end(socket), "*".to_owned()],
        "nl" => netlink_ends(socket),
        _ => inet_ends(socket),
    };
    let queue = |queue: Option<u32>| queue.unwrap().to_string();
    // ss leaves the send queue of packet sockets 0; sockeye says what is on its way.
    let send = if netid.starts_with('p') { Some(0) } else { socket.send_q };
    let facts = match netid {
        "u_str" | "u_dgr" | "u_seq" => unix_facts(socket),
        "p_raw" | "p_dgr" => packet_facts(socket),
        "nl" => netlink_facts(socket),
        // Without raw_diag both read /proc/net/raw, of which ss prints nothing but the columns.
        "raw" if socket.cookie.is_none() => Facts::new(),
        _ => inet_facts(socket),
    };
    let state = state(&socket.state).to_owned();
    Some(Line {
        netid: netid.to_owned(),
        state,
        queues: [queue(socket.recv_q), queue(send)],
        local,
        peer,
        facts,
    })
}

/// Where there is `raw_diag`, ss takes the protocol of a raw socket for the kind of socket, and knows
/// a word for few. On purpose sockeye says raw.
fn raw_netid(socket: &Socket) -> &'static str {
    match (socket.cookie.is_some(), socket.ip_protocol) {
        (false, _) => "raw",
        (true, Some(58)) => "icmp6",
        (true, _) => "???",
    }
}

fn state(word: &str) -> &'static str {
    match word {
        "listen" => "LISTEN",
        "established" => "ESTAB",
        "syn-sent" => "SYN-SENT",
        "syn-recv" => "SYN-RECV",
        "fin-wait-1" => "FIN-WAIT-1",
        "fin-wait-2" => "FIN-WAIT-2",
        "time-wait" => "TIME-WAIT",
        "close-wait" => "CLOSE-WAIT",
        "last-ack" => "LAST-ACK",
        "closing" => "CLOSING",
        // ss has one word for what is not connected.
        "closed" | "unconnected" => "UNCONN",
        other => panic!("ss has no such state: {other}"),
    }
}

fn inet_ends(socket: &Socket) -> [String; 2] {
    let v6 = socket.family == "inet6";
    let address = |address: Option<&String>| match address.map(String::as_str) {
        None | Some("::") if v6 && socket.v6only != Some(true) => "*".to_owned(),
        None => if v6 { "[::]" } else { "0.0.0.0" }.to_owned(),
        Some(address) if v6 => format!("[{address}]"),
        Some(address) => address.to_owned(),
    };
    let port =
        |port: Option<u32>| port.filter(|port| *port > 0).map_or("*".to_owned(), |port| port.to_string());
    let device = socket.interface.as_ref().map_or(String::new(), |name| format!("%{name}"));
    [
        format!("{}{device}:{}", address(socket.local_address.as_ref()), port(socket.local_port)),
        format!("{}:{}", address(socket.remote_address.as_ref()), port(socket.remote_port)),
    ]
}

fn unix_ends(socket: &Socket) -> [String; 2] {
    let name = match (&socket.path_hex, &socket.path) {
        // On purpose: sockeye escapes what a terminal would obey, ss prints it.
        (Some(hex), _) => String::from_utf8(unhex(hex)).unwrap().replace('\0', "@"),
        (None, Some(path)) => path.clone(),
        (None, None) => "*".to_owned(),
    };
    [format!("{name} {}", socket.inode.unwrap_or(0)), format!("* {}", socket.peer_inode.unwrap_or(0))]
}

fn packet_end(socket: &Socket) -> String {
    // The JSON has words, ss -n has numbers.
    let protocol = match socket.local_address.as_deref() {
        Some("all") => "*",
        Some("ip") => "[2048]",
        Some("arp") => "[2054]",
        Some("0x9999") => "[39321]",
        None => "[0]",
        other => panic!("not opened by this test: {other:?}"),
    };
    format!("{protocol}:{}", socket.interface.as_deref().unwrap_or("*"))
}

fn netlink_ends(socket: &Socket) -> [String; 2] {
    let protocol = match socket.local_address.as_deref().unwrap() {
        "rtnl" => "0",
        "usersock" => "2",
        "tcpdiag" => "4",
        "nflog" => "5",
        "xfrm" => "6",
        "selinux" => "7",
        "iscsi" => "8",
        "audit" => "9",
        "fiblookup" => "10",
        "connector" => "11",
        "nft" => "12",
        "uevent" => "15",
        "genl" => "16",
        "scsi-trans" => "18",
        "rdma" => "20",
        "crypto" => "21",
        "smc" => "22",
        other => panic!("a protocol without number: {other}"),
    };
    // ss takes the port for a number with a sign.
    let local = format!("{protocol}:{}", socket.local_port.unwrap().cast_signed());
    let netlink = socket.netlink.as_ref().unwrap();
    let peer = format!("{}:{}", netlink["dst_group"], netlink["dst_portid"]);
    [local, if socket.state == "established" { peer } else { "*".to_owned() }]
}

/// Remembers a fact that ss prints only when it is not 0.
pub(super) fn unless_zero(facts: &mut Facts, name: &str, value: Option<u64>) {
    if let Some(value) = value.filter(|value| *value > 0) {
        facts.insert(name.to_owned(), value.to_string());
    }
}

/// `%#x`, which writes a plain 0.
fn hex(value: impl Into<u64>) -> String {
    let value = value.into();
    if value == 0 { "0".to_owned() } else { format!("{value:#x}") }
}

pub(super) fn number(numbers: Option<&Numbers>, name: &str) -> Option<u64> {
    *numbers?.get(name).unwrap_or_else(|| panic!("no {name}"))
}

fn memory(facts: &mut Facts, socket: &Socket) {
    let Some(all) = &socket.mem else { return };
    let number = |name| number(Some(all), name).unwrap();
    let parts = [
        ("r", "rmem_alloc_bytes"),
        ("rb", "rcvbuf_bytes"),
        ("t", "wmem_alloc_bytes"),
        ("tb", "sndbuf_bytes"),
        ("f", "fwd_alloc_bytes"),
        ("w", "wmem_queued_bytes"),
        ("o", "optmem_bytes"),
        ("bl", "sk_backlog_bytes"),
        ("d", "drops"),
    ];
    let parts: Vec<String> = parts.iter().map(|(word, name)| format!("{word}{}", number(name))).collect();
    facts.insert("skmem".to_owned(), format!("({})", parts.join(",")));
}

/// Which of the two directions are open, as an arrow.
fn shutdown(facts: &mut Facts, socket: &Socket) {
    let arrow = match socket.shutdown.as_deref() {
        None => return,
        Some("none") => "<->",
        Some("receive") => "-->",
        Some("send") => "<--",
        Some("both") => "---",
        Some(other) => panic!("no such shutdown: {other}"),
    };
    facts.insert("shutdown".to_owned(), arrow.to_owned());
}

/// User, inode and cookie, as ss prints them for inet and packet sockets.
fn identity(facts: &mut Facts, socket: &Socket) {
    unless_zero(facts, "uid", socket.uid.map(u64::from));
    facts.insert("ino".to_owned(), socket.inode.unwrap_or(0).to_string());
    let cookie: u64 = socket.cookie.as_ref().unwrap().parse().unwrap();
    facts.insert("sk".to_owned(), format!("{cookie:x}"));
}

fn inet_facts(socket: &Socket) -> Facts {
    let mut facts = Facts::new();
    identity(&mut facts, socket);
    shutdown(&mut facts, socket);
    memory(&mut facts, socket);
    let mut put = |name: &str, value: Option<String>| value.map(|value| facts.insert(name.to_owned(), value));
    put("fwmark", socket.mark.filter(|mark| *mark > 0).map(|mark| format!("{mark:#x}")));
    let id: Option<u64> = socket.cgroup_id.as_ref().map(|id| id.parse().unwrap());
    // A cgroup outside of what is mounted here has no path: neither finds one.
    put("cgroup", id.map(|id| socket.cgroup.clone().unwrap_or_else(|| format!("unreachable:{id:x}"))));
    let v6only = socket.v6only.filter(|_| socket.family == "inet6");
    put("v6only", v6only.map(|only| u8::from(only).to_string()));
    put("tos", socket.tos.map(hex));
    put("tclass", socket.tclass.map(hex));
    put("class_id", socket.class_id.map(hex));
    put(
        "inet-sockopt",
        socket.options.as_ref().map(|options| {
            let set = options.iter().filter(|(_, set)| **set).map(|(name, _)| match name.as_str() {
                "bind_address_no_port" => "bind_addr_no_port",
                name => name,
            });
            let mut names: Vec<&str> = set.collect();
            names.sort_unstable();
            names.join(" ")
        }),
    );
    // On purpose: ss prints the keys themselves, sockeye only whose they are.
    let md5: Option<Vec<String>> =
        socket.md5_keys.as_ref().map(|keys| keys.iter().map(|key| format!("{key}=")).collect());
    put("md5keys", md5.filter(|keys| !keys.is_empty()).map(|keys| keys.join(",")));
    if let Some(ulp) = &socket.ulp {
        facts.insert(format!("+tcp-ulp-{ulp}"), String::new());
    }
    tcp::facts(&mut facts, socket);
    facts
}

fn unix_facts(socket: &Socket) -> Facts {
    let mut facts = Facts::new();
    memory(&mut facts, socket);
    shutdown(&mut facts, socket);
    let Some(unix) = &socket.unix else { return facts };
    if let Some(inode) = unix["vfs_inode"].as_u64() {
        facts.insert("ino".to_owned(), inode.to_string());
        // On purpose: ss takes the kernel's number apart as if it were that of stat(2).
        let device = unix["vfs_device"].as_u64().unwrap();
        let kernel = u64::from(major(device)) << 20 | u64::from(minor(device));
        facts.insert("dev".to_owned(), format!("{}/{}", major(kernel), minor(kernel)));
    }
    if let Some(pending) = unix["pending"].as_array() {
        let inodes: Vec<String> = pending.iter().map(ToString::to_string).collect();
        facts.insert("peers".to_owned(), inodes.join(" "));
    }
    facts
}

fn packet_facts(socket: &Socket) -> Facts {
    let mut facts = Facts::new();
    identity(&mut facts, socket);
    memory(&mut facts, socket);
    let packet = socket.packet.as_ref().unwrap();
    let number = |name: &str| packet[name].as_u64();
    facts.insert("ver".to_owned(), number("version").unwrap().to_string());
    facts.insert("cpy_thresh".to_owned(), number("copy_threshold_bytes").unwrap().to_string());
    let flags = [
        ("running", "running"),
        ("auxdata", "auxdata"),
        ("origdev", "origdev"),
        ("vnet_header", "vnethdr"),
        ("loss", "loss"),
    ];
    let set: Vec<&str> =
        flags.iter().filter(|(name, _)| packet[*name].as_bool().unwrap()).map(|(_, word)| *word).collect();
    let set = if set.is_empty() { "0".to_owned() } else { set.join(" ") };
    facts.insert("flags".to_owned(), format!(" {set} )"));
    for ring in ["rx", "tx"] {
        let part = |name: &str| number(&format!("{ring}_ring_{name}"));
        if let Some(size) = part("block_bytes") {
            let [blocks, frame, frames, timeout, features] =
                ["blocks", "frame_bytes", "frames", "retire_ms", "features"].map(|name| part(name).unwrap());
            let text = format!(
                "blk_size:{size},blk_nr:{blocks},frm_size:{frame},frm_nr:{frames},tmo:{timeout},features:0x{features:x})"
            );
            facts.insert(format!("ring_{ring}"), text);
        }
    }
    if let Some((id, mode)) = number("fanout_id").zip(number("fanout_mode")) {
        let mode = ["hash", "lb", "cpu", "roll", "random", "qm"][usize::try_from(mode).unwrap()];
        facts.insert("fanout".to_owned(), format!("id:{id},type:{mode})"));
    }
    if let Some(filter) = packet["filter"].as_array() {
        let steps: Vec<String> = filter.iter().map(|step| format!("{},", step.as_str().unwrap())).collect();
        facts.insert("bpf".to_owned(), format!("({}): {}", steps.len(), steps.join(" ")));
    }
    facts
}

fn netlink_facts(socket: &Socket) -> Facts {
    let mut facts = Facts::new();
    memory(&mut facts, socket);
    // Places in the kernel's memory, which ss 6.1 prints as 0 itself.
    facts.extend(["sk", "cb"].map(|name| (name.to_owned(), "0".to_owned())));
    let groups = socket.netlink.as_ref().unwrap()["groups"].as_array().expect("they were asked for").clone();
    let bit = |group: &serde_json::Value| 1u64 << (group.as_u64().unwrap() - 1);
    // ss shows the first 32; sockeye all.
    let first = groups.iter().filter(|group| group.as_u64().unwrap() <= 32).map(bit).sum::<u64>();
    facts.insert("groups".to_owned(), format!("0x{first:08x}"));
    facts
}
