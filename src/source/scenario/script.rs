//! The file as it is written: serde types, every key known or refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A text that is written down with its place, for messages that point at it.
pub(super) type Place = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) start: Option<Place>,
    pub(super) netns: Option<u64>,
    pub(super) netns_name: Option<Place>,
    pub(super) ephemeral_ports: Option<[u16; 2]>,
    #[serde(default)]
    pub(super) host: Host,
    #[serde(default)]
    pub(super) users: BTreeMap<Place, Place>,
    #[serde(default)]
    pub(super) interfaces: BTreeMap<Place, Place>,
    #[serde(default)]
    pub(super) process: BTreeMap<String, Process>,
    #[serde(default)]
    pub(super) socket: BTreeMap<String, Socket>,
    /// Ports that rules publish; when there are none, nobody looked for any.
    pub(super) dnat: Option<Vec<Dnat>>,
    pub(super) sample: Spanned<Vec<Sample>>,
}

/// A rule that passes on what comes from outside to a port of every address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dnat {
    pub(super) protocol: Place,
    pub(super) port: u16,
    /// An address and a port.
    pub(super) to: Place,
    /// The name of the container behind.
    pub(super) container: Option<Place>,
    #[serde(default)]
    pub(super) conditional: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Host {
    pub(super) name: Option<Place>,
    pub(super) kernel: Option<Place>,
    pub(super) boot_id: Option<Place>,
    /// How long the machine had been up at the start, in seconds.
    pub(super) up: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Clock ticks after boot.
    #[serde(default)]
    pub(super) start: u64,
    pub(super) comm: Place,
    /// When it started, by the clock on the wall.
    pub(super) started: Option<Place>,
    pub(super) exe: Option<Place>,
    #[serde(default)]
    pub(super) deleted: bool,
    pub(super) cmdline: Option<Vec<Place>>,
    pub(super) uid: Option<u32>,
    /// The path of its cgroup, which names its unit and container.
    pub(super) cgroup: Option<Place>,
    /// What the runtime knows of that container.
    pub(super) container_name: Option<Place>,
    pub(super) image: Option<Place>,
    /// The names of the processes that it comes from, the nearest first.
    pub(super) parents: Option<Vec<Place>>,
    /// Its terminal, by the numbers of the device.
    pub(super) terminal: Option<[u32; 2]>,
    /// The pid of its session's leader.
    pub(super) session: Option<u32>,
    /// The user that logged in.
    pub(super) login: Option<u32>,
    /// Where it passes on what arrives, an address and a port.
    pub(super) publishes: Option<Place>,
    /// What it uses all the time.
    pub(super) uses: Option<Uses>,
    /// Why that is not known.
    pub(super) no_usage: Option<Place>,
}

/// What a process uses of the machine.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Uses {
    /// Of one core.
    pub(super) cpu_percent: u32,
    pub(super) resident_bytes: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Socket {
    pub(super) cookie: u64,
    pub(super) protocol: Place,
    #[serde(rename = "type")]
    pub(super) kind: Option<Place>,
    pub(super) local: Option<Place>,
    pub(super) remote: Option<Place>,
    pub(super) path: Option<Place>,
    pub(super) peer: Option<u64>,
    /// The unit that is started when somebody calls.
    pub(super) activates: Option<Place>,
    /// What the kernel opened it for.
    pub(super) kernel_use: Option<Place>,
    pub(super) interface: Option<u32>,
    pub(super) v6only: Option<bool>,
    pub(super) state: Place,
    pub(super) inode: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) recv_q: Option<u32>,
    pub(super) send_q: Option<u32>,
    pub(super) owners: Option<Vec<Place>>,
    pub(super) no_owner: Option<Place>,
    /// Fields of `struct tcp_info` without `tcpi_`. The struct ends behind the last that is written.
    #[serde(default)]
    pub(super) tcp_info: BTreeMap<Place, u64>,
    pub(super) memory: Option<Memory>,
    pub(super) timer: Option<Timer>,
}

/// `SK_MEMINFO_*`, in bytes, and datagrams dropped.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    pub(super) rmem_alloc: Option<u32>,
    pub(super) rcvbuf: Option<u32>,
    pub(super) wmem_queued: Option<u32>,
    pub(super) sndbuf: Option<u32>,
    pub(super) drops: Option<u32>,
}

/// A running timer of TCP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timer {
    pub(super) kind: Place,
    #[serde(default)]
    pub(super) expires_ms: u32,
    /// How often it fired.
    #[serde(default)]
    pub(super) retransmits: u8,
}

/// What may differ from sample to sample.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Patch {
    pub(super) state: Option<Place>,
    pub(super) inode: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) recv_q: Option<u32>,
    pub(super) send_q: Option<u32>,
    pub(super) owners: Option<Vec<Place>>,
    pub(super) no_owner: Option<Place>,
    /// Fields of `struct tcp_info` without `tcpi_`. The struct ends behind the last that is written.
    #[serde(default)]
    pub(super) tcp_info: BTreeMap<Place, u64>,
    pub(super) memory: Option<Memory>,
    pub(super) timer: Option<Timer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    /// Seconds after the start.
    pub(super) at: Spanned<f64>,
    pub(super) sockets: Vec<Place>,
    #[serde(default)]
    pub(super) change: BTreeMap<Place, Patch>,
    #[serde(default)]
    pub(super) gap: Vec<Gap>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gap {
    pub(super) family: Place,
    pub(super) protocol: Place,
    pub(super) status: Place,
    pub(super) reason: String,
}
