//! The fields of a socket that stand for themselves, each declared once.

use super::{Field, Item, Kind, Value, composed, field, number};
use crate::model::{Container, Details, Ends, NoOwner, Owners};

/// A number of the details.
macro_rules! detail_field {
    ($key:expr, $title:expr, $help:expr, $pick:expr) => {
        field(($key, $title), Kind::Number, 7, $help, |s| {
            let pick: fn(&Details) -> Value<'static> = $pick;
            s.details().map_or(Value::Null, pick)
        })
    };
}

/// Every field that stands for itself, in the order of the JSON document; [`super::OBJECTS`] follow.
pub static FIELDS: &[Field] = &[
    field(("cookie", "COOKIE"), Kind::Id, 10, "The kernel's id of the socket, unique until reboot.", |s| {
        Value::of(s.socket().key.cookie(), |cookie| Value::Id(cookie.0))
    }),
    field(("netns", "NETNS"), Kind::Number, 10, "The network namespace, as an nsfs inode.", |s| {
        Value::Number(s.socket().key.netns.0)
    })
    .certain(),
    field(("netns_name", "NAMESPACE"), Kind::Text, 12, "A name for the network namespace.", |s| {
        Value::of(s.names.namespaces.get(&s.socket().key.netns), Value::Text)
    }),
    field(("inode", "INODE"), Kind::Number, 10, "The socket's inode; null when no file refers to it.", |s| {
        Value::of(s.socket().inode, |inode| Value::Number(inode.get()))
    }),
    field(("family", "FAMILY"), Kind::Word, 6, "The address family.", |s| {
        Value::Word(s.socket().family.word())
    })
    .certain(),
    field(("protocol", "PROTO"), Kind::Word, 5, "The protocol.", |s| Value::Word(s.socket().protocol.word()))
        .certain(),
    field(("type", "TYPE"), Kind::Word, 9, "The socket type.", |s| Value::Word(s.socket().kind.word()))
        .certain(),
    field(("state", "STATE"), Kind::Word, 11, "The state.", |s| Value::Word(s.socket().state.word()))
        .certain(),
    field(
        ("role", "ROLE"),
        Kind::Word,
        10,
        "Listener, connection, client (UDP on an ephemeral port) or idle.",
        |s| Value::Word(s.socket().role.word()),
    )
    .certain(),
    field(("role_reason", "WHY"), Kind::Word, 30, "Why the role is taken for this one.", |s| {
        let socket = s.socket();
        Value::Word(socket.role.reason(socket.protocol, socket.state))
    })
    .certain(),
    composed(field(
        ("local", "LOCAL"),
        Kind::Endpoint,
        26,
        "The local address and port, or the Unix path.",
        |s| {
            let ends = &s.socket().ends;
            Value::of(ends.local(), Value::Endpoint)
                .or(|| Value::of(ends.unix_name(), Value::Path))
                .or(|| Value::of(ends.names().0, Value::Name))
        },
    )),
    field(("local_address", "LOCAL ADDRESS"), Kind::Address, 20, "The local address.", |s| {
        let ends = &s.socket().ends;
        Value::of(ends.local(), |end| Value::Address(end.addr)).or(|| Value::of(ends.names().0, Value::Name))
    }),
    field(("local_port", "LPORT"), Kind::Number, 5, "The local port, port id, PSM or channel.", |s| {
        let ends = &s.socket().ends;
        let other = ends.names().0.and_then(|name| name.port());
        Value::of(ends.local().map(|end| end.port.into()).or(other), |port| Value::Number(port.into()))
    }),
    composed(field(("remote", "REMOTE"), Kind::Endpoint, 26, "The remote address and port.", |s| {
        let ends = &s.socket().ends;
        Value::of(ends.remote(), Value::Endpoint).or(|| Value::of(ends.names().1, Value::Name))
    })),
    field(
        ("remote_address", "REMOTE ADDRESS"),
        Kind::Address,
        20,
        "The remote address; null when connected to nobody.",
        |s| {
            let ends = &s.socket().ends;
            Value::of(ends.remote(), |end| Value::Address(end.addr))
                .or(|| Value::of(ends.names().1, Value::Name))
        },
    ),
    field(
        ("remote_port", "RPORT"),
        Kind::Number,
        5,
        "The remote port; null when connected to nobody.",
        |s| {
            let ends = &s.socket().ends;
            let other = ends.names().1.and_then(|name| name.port());
            Value::of(ends.remote().map(|end| end.port.into()).or(other), |port| Value::Number(port.into()))
        },
    ),
    field(("path", "PATH"), Kind::Path, 30, "The Unix name; @ begins an abstract one.", |s| {
        Value::of(s.socket().ends.unix_name(), Value::Path)
    }),
    field(("peer_inode", "PEER"), Kind::Number, 10, "The inode of the other end of a Unix socket.", |s| {
        match &s.socket().ends {
            Ends::Unix { peer, .. } => Value::of(*peer, |inode| Value::Number(inode.get())),
            Ends::Inet { .. } | Ends::Other { .. } => Value::Null,
        }
    }),
    field(
        ("peer_cookie", "PEER COOKIE"),
        Kind::Id,
        10,
        "The other end of the connection, when it is on this host and listed.",
        |s| Value::of(s.peer.and_then(|peer| peer.socket.key.cookie()), |cookie| Value::Id(cookie.0)),
    ),
    field(
        ("peer_owners", "OTHER END"),
        Kind::List(Item::Process),
        20,
        "The processes at the other end, at most 64; null when unknown.",
        |s| Value::of(s.peer.and_then(|peer| peer.socket.owners.known()), Value::PeerOwners),
    ),
    field(("interface", "IFACE"), Kind::Text, 8, "The interface that the socket is bound to.", |s| {
        Value::of(s.names.interface(s.socket()), Value::Text)
    }),
    field(("interface_index", "IFINDEX"), Kind::Number, 7, "The index of that interface.", |s| {
        Value::of(s.socket().interface, |index| Value::Number(index.get().into()))
    }),
    field(
        ("uid", "UID"),
        Kind::Number,
        6,
        "The user that created the socket; null when no file refers to it.",
        |s| Value::of(s.socket().uid, |uid| Value::Number(uid.0.into())),
    ),
    field(("user", "USER"), Kind::Text, 10, "The name of that user.", |s| {
        Value::of(s.socket().uid.and_then(|uid| s.names.users.get(&uid)), Value::Text)
    }),
    field(
        ("recv_q", "RECV-Q"),
        Kind::Number,
        6,
        "Bytes to be read; on a TCP listener, connections to be accepted.",
        |s| Value::of(s.socket().queues.recv, |bytes| Value::Number(bytes.into())),
    ),
    field(
        ("send_q", "SEND-Q"),
        Kind::Number,
        6,
        "Bytes to be sent or acknowledged; on a TCP listener, the backlog.",
        |s| Value::of(s.socket().queues.send, |bytes| Value::Number(bytes.into())),
    ),
    field(
        ("accept_queue", "ACCEPT-Q"),
        Kind::Number,
        8,
        "Connections that wait to be accepted, on a listener.",
        |s| Value::of(s.socket().accept_queue().0, |waiting| Value::Number(waiting.into())),
    ),
    field(
        ("backlog", "BACKLOG"),
        Kind::Number,
        7,
        "How many may wait, on a listener; null when not told.",
        |s| Value::of(s.socket().accept_queue().1, |most| Value::Number(most.into())),
    ),
    field(
        ("listener_cookie", "LISTENER"),
        Kind::Id,
        10,
        "The listener in whose queue the connection waits to be accepted.",
        |s| {
            Value::of(s.socket().waits_for.as_ref().and_then(|key| key.cookie()), |cookie| {
                Value::Id(cookie.0)
            })
        },
    ),
    field(("mptcp", "MPTCP"), Kind::Bool, 5, "Whether MPTCP is spoken; null where it does not apply.", |s| {
        Value::of(s.socket().mptcp, Value::Bool)
    }),
    field(("scope", "SCOPE"), Kind::Word, 8, "How far the local address reaches.", |s| {
        Value::of(s.socket().scope(), |scope| Value::Word(scope.word()))
    }),
    field(
        ("reach", "REACH"),
        Kind::Word,
        5,
        "The IP versions that the bind serves; null when unknown.",
        |s| Value::of(s.socket().reach(), |reach| Value::Word(reach.word())),
    ),
    field(("v6only", "V6ONLY"), Kind::Bool, 6, "The IPV6_V6ONLY option; null when not told.", |s| {
        Value::of(s.socket().v6only, Value::Bool)
    }),
    field(
        ("reuse_address", "REUSEADDR"),
        Kind::Bool,
        9,
        "SO_REUSEADDR; null where owners are not read through BPF.",
        |s| Value::of(s.socket().reuse, |reuse| Value::Bool(reuse.address)),
    ),
    field(
        ("reuse_port", "REUSEPORT"),
        Kind::Bool,
        9,
        "SO_REUSEPORT; null where owners are not read through BPF.",
        |s| Value::of(s.socket().reuse, |reuse| Value::Bool(reuse.port)),
    ),
    field(
        ("unit", "UNIT"),
        Kind::Text,
        18,
        "The systemd unit of the first owner, else of the cgroup.",
        |s| Value::of(s.workload().and_then(|workload| workload.unit.as_ref()), Value::Text),
    ),
    field(
        ("activates", "ACTIVATES"),
        Kind::Text,
        18,
        "The systemd unit that is started when somebody calls; null once it runs, and when unknown.",
        |s| Value::of(s.names.activates.get(&s.socket().key), Value::Text),
    ),
    field(
        ("dnat", "PASSED ON"),
        Kind::List(Item::PublishedPort),
        30,
        "Where rules (DNAT) pass on what comes from outside; null when none does, and when unknown.",
        |s| {
            let ports = s.names.passed_on.get(&s.socket().key);
            Value::of(ports, |ports| Value::PublishedPorts(ports))
        },
    ),
    field(
        ("container", "CONTAINER"),
        Kind::Text,
        18,
        "The container of the first owner, else of the cgroup: its name, or its id where that is unknown.",
        |s| {
            let container = s.workload().and_then(|workload| workload.container.as_ref());
            Value::of(container.map(Container::label), Value::Text)
        },
    ),
    field(("cgroup", "CGROUP"), Kind::Text, 24, "The cgroup v2 of the socket's creator, as a path.", |s| {
        let id = s.details().and_then(|details| details.cgroup);
        Value::of(id.and_then(|id| s.names.cgroups.get(&id)), Value::Text)
    }),
    field(
        ("cgroup_id", "CGROUP ID"),
        Kind::Id,
        10,
        "The same as a number: the inode of the cgroup's directory.",
        |s| Value::of(s.details().and_then(|details| details.cgroup), |id| Value::Id(id.0)),
    ),
    detail_field!("tos", "TOS", "IP_TOS, the byte.", |d| Value::of(d.tos, |tos| Value::Number(tos.into()))),
    detail_field!("tclass", "TCLASS", "IPV6_TCLASS, the byte.", |d| Value::of(d.tclass, |class| {
        Value::Number(class.into())
    })),
    detail_field!("class_id", "CLASS", "The net_cls class of the cgroup.", |d| Value::of(d.class_id, |id| {
        Value::Number(id.into())
    })),
    detail_field!("mark", "MARK", "SO_MARK; null without CAP_NET_ADMIN.", |d| Value::of(d.mark, |mark| {
        Value::Number(mark.into())
    })),
    field(("shutdown", "SHUTDOWN"), Kind::Word, 8, "Which directions were shut down.", |s| {
        Value::of(s.details().and_then(|d| d.shutdown), |shutdown| Value::Word(shutdown.word()))
    }),
    detail_field!("ip_protocol", "IPPROTO", "The transport protocol of a raw socket.", |d| {
        Value::of(d.ip_protocol, |number| Value::Number(number.into()))
    }),
    field(("ulp", "ULP"), Kind::Text, 8, "The upper layer protocol: tls, mptcp, espintcp.", |s| {
        Value::of(s.details().and_then(|d| d.ulp.as_ref()), Value::Text)
    }),
    field(
        ("protocol_name", "PROTONAME"),
        Kind::Text,
        12,
        "The kernel's name for the protocol of a socket that is in no table.",
        |s| Value::of(s.details().and_then(|d| d.proto_name.as_ref()), Value::Text),
    ),
    field(
        ("local_addresses", "LOCALS"),
        Kind::List(Item::Address),
        20,
        "Every local address of a multihomed socket.",
        |s| Value::of(s.details().and_then(|d| d.locals.as_deref()), Value::Addresses),
    ),
    field(
        ("remote_addresses", "REMOTES"),
        Kind::List(Item::Address),
        20,
        "Every remote address of a multihomed socket.",
        |s| Value::of(s.details().and_then(|d| d.peers.as_deref()), Value::Addresses),
    ),
    field(
        ("md5_keys", "MD5"),
        Kind::List(Item::Text),
        20,
        "Peers with a TCP-MD5 key, as prefixes; null without CAP_NET_ADMIN.",
        |s| Value::of(s.details().and_then(|d| d.md5_keys.as_deref()), Value::Md5Keys),
    ),
    field(
        ("bpf_storages", "BPF"),
        Kind::List(Item::Storage),
        20,
        "BPF storages of the socket, by map and size.",
        |s| Value::of(s.details().and_then(|d| d.bpf_storages.as_deref()), Value::Storages),
    ),
    field(("owner_status", "OWNERSHIP"), Kind::Word, 12, "Known, or why there is no owner to show.", |s| {
        Value::Word(s.socket().owners.status())
    })
    .certain(),
    field(
        ("kernel_use", "KERNEL USE"),
        Kind::Text,
        20,
        "What the kernel opened the socket for, where it tells that it did; null for others.",
        |s| Value::of(s.kernel_use(), Value::Text),
    ),
    field(
        ("owner_count", "OWNERS"),
        Kind::Number,
        6,
        "How many processes hold the socket; null when unknown.",
        |s| Value::of(s.socket().owners.known(), |set| Value::Number(set.count() as u64)),
    ),
    composed(field(
        ("owner", "OWNER"),
        Kind::Object,
        20,
        "The first process that holds the socket, and how many more.",
        |s| Value::Owner(&s.socket().owners),
    )),
    field(
        ("owners", "OWNER LIST"),
        Kind::List(Item::Owner),
        20,
        "The processes that hold the socket, at most 64.",
        |s| Value::of(s.socket().owners.known(), Value::OwnerList),
    ),
    field(
        ("owner_candidates", "CANDIDATES"),
        Kind::List(Item::Process),
        20,
        "Where the descriptor of a socket in flight may be on its way to; null for others.",
        |s| match s.socket().owners {
            Owners::Unknown(NoOwner::InFlight) => Value::Candidates(s.candidates),
            _ => Value::Null,
        },
    ),
    composed(field(("pid", "PID"), Kind::Number, 7, "The pid of the first owner.", |s| {
        Value::of(s.socket().owners.first(), |owner| Value::Number(owner.process.id.pid.0.into()))
    })),
    composed(field(("comm", "PROCESS"), Kind::Text, 15, "The name of the first owner.", |s| {
        Value::of(s.socket().owners.first().map(|owner| &owner.process.comm), Value::Text)
    })),
    composed(field(("exe", "EXECUTABLE"), Kind::Path, 30, "The executable of the first owner.", |s| {
        Value::of(s.socket().owners.first().and_then(|owner| owner.process.exe.as_ref()), Value::Executable)
    })),
    field(
        ("opened_at", "SINCE"),
        Kind::Moment,
        8,
        "When it was first seen; null for what was there before.",
        |s| Value::of(s.row.history().opened, |stamp| Value::Moment(stamp.wall)),
    ),
    number(
        "send_rate_bytes_per_s",
        "Bytes a second that TCP sent between the last two readings; null after a single one.",
        |s| Value::of(s.row.history().rate, |rate| Value::Number(rate.sent)),
    ),
    number(
        "receive_rate_bytes_per_s",
        "Bytes a second that TCP received between the last two readings; null after a single one.",
        |s| Value::of(s.row.history().rate, |rate| Value::Number(rate.received)),
    ),
];
