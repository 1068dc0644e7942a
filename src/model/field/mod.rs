//! The field registry: every field of a socket, declared once.
//!
//! Columns, sort keys, JSON keys and their order, and the tests over them all come from [`FIELDS`].
//! It says what a field is, not how it looks: formatting belongs to the faces.

mod value;

pub use value::Value;

use super::{Names, Row, Socket};

/// What an extractor looks at: a row, and the names for its numbers.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub row: &'a Row,
    pub names: &'a Names,
}

impl<'a> Subject<'a> {
    fn socket(&self) -> &'a Socket {
        &self.row.socket
    }
}

/// The type of a field's values; it never changes from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Number,
    Id,
    Word,
    Text,
    Address,
    Endpoint,
    Path,
    Moment,
    Object,
    List,
}

/// Where a column leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// One field of a socket.
#[derive(Debug)]
pub struct Field {
    /// The name in JSON, filters and on the command line.
    pub key: &'static str,
    /// The head of its column.
    pub title: &'static str,
    pub kind: Kind,
    pub align: Align,
    /// Terminal cells that its usual values need.
    pub width: u16,
    /// One sentence for people: what it says, and its unit.
    pub help: &'static str,
    /// Composed for eyes from other fields, therefore not in JSON.
    pub composed: bool,
    pub extract: for<'a> fn(&Subject<'a>) -> Value<'a>,
}

/// A field that machines get too.
const fn field(
    (key, title): (&'static str, &'static str),
    kind: Kind,
    width: u16,
    help: &'static str,
    extract: for<'a> fn(&Subject<'a>) -> Value<'a>,
) -> Field {
    let align = match kind {
        Kind::Number | Kind::Id => Align::Right,
        _ => Align::Left,
    };
    Field { key, title, kind, align, width, help, composed: false, extract }
}

/// A field for eyes alone.
#[expect(clippy::needless_pass_by_value, reason = "a constant is built from a constant")]
const fn composed(base: Field) -> Field {
    let Field { key, title, kind, align, width, help, extract, .. } = base;
    Field { key, title, kind, align, width, help, composed: true, extract }
}

/// Every field, in the order of the JSON document.
pub static FIELDS: &[Field] = &[
    field(("cookie", "COOKIE"), Kind::Id, 10, "The kernel's id of the socket, unique until reboot.", |s| {
        Value::of(s.socket().key.cookie(), |cookie| Value::Id(cookie.0))
    }),
    field(("netns", "NETNS"), Kind::Number, 10, "The network namespace, as an nsfs inode.", |s| {
        Value::Number(s.socket().key.netns.0)
    }),
    field(("netns_name", "NAMESPACE"), Kind::Text, 12, "A name for the network namespace.", |s| {
        Value::of(s.names.namespaces.get(&s.socket().key.netns), Value::Text)
    }),
    field(("inode", "INODE"), Kind::Number, 10, "The socket's inode; null when no file refers to it.", |s| {
        Value::of(s.socket().inode, |inode| Value::Number(inode.get()))
    }),
    field(("family", "FAMILY"), Kind::Word, 6, "The address family.", |s| {
        Value::Word(s.socket().family.word())
    }),
    field(("protocol", "PROTO"), Kind::Word, 5, "The protocol.", |s| Value::Word(s.socket().protocol.word())),
    field(("type", "TYPE"), Kind::Word, 9, "The socket type.", |s| Value::Word(s.socket().kind.word())),
    field(("state", "STATE"), Kind::Word, 11, "The state.", |s| Value::Word(s.socket().state.word())),
    field(
        ("role", "ROLE"),
        Kind::Word,
        10,
        "Listener, connection, client (UDP on an ephemeral port) or idle.",
        |s| Value::Word(s.socket().role.word()),
    ),
    composed(field(
        ("local", "LOCAL"),
        Kind::Endpoint,
        26,
        "The local address and port, or the Unix path.",
        |s| {
            let ends = &s.socket().ends;
            Value::of(ends.local(), Value::Endpoint).or(|| Value::of(ends.unix_name(), Value::Path))
        },
    )),
    field(("local_address", "LOCAL ADDRESS"), Kind::Address, 20, "The local address.", |s| {
        Value::of(s.socket().ends.local(), |end| Value::Address(end.addr))
    }),
    field(("local_port", "LPORT"), Kind::Number, 5, "The local port.", |s| {
        Value::of(s.socket().ends.local(), |end| Value::Number(end.port.into()))
    }),
    composed(field(("remote", "REMOTE"), Kind::Endpoint, 26, "The remote address and port.", |s| {
        Value::of(s.socket().ends.remote(), Value::Endpoint)
    })),
    field(
        ("remote_address", "REMOTE ADDRESS"),
        Kind::Address,
        20,
        "The remote address; null when connected to nobody.",
        |s| Value::of(s.socket().ends.remote(), |end| Value::Address(end.addr)),
    ),
    field(
        ("remote_port", "RPORT"),
        Kind::Number,
        5,
        "The remote port; null when connected to nobody.",
        |s| Value::of(s.socket().ends.remote(), |end| Value::Number(end.port.into())),
    ),
    field(("path", "PATH"), Kind::Path, 30, "The Unix name; @ begins an abstract one.", |s| {
        Value::of(s.socket().ends.unix_name(), Value::Path)
    }),
    field(("peer_inode", "PEER"), Kind::Number, 10, "The inode of the other end of a Unix socket.", |s| {
        match &s.socket().ends {
            super::Ends::Unix { peer, .. } => Value::of(*peer, |inode| Value::Number(inode.get())),
            super::Ends::Inet { .. } | super::Ends::Other { .. } => Value::Null,
        }
    }),
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
    field(("unit", "UNIT"), Kind::Text, 18, "The systemd unit. Not read yet: always null.", |_| Value::Null),
    field(("container", "CONTAINER"), Kind::Text, 18, "The container. Not read yet: always null.", |_| {
        Value::Null
    }),
    field(("cgroup", "CGROUP"), Kind::Text, 24, "The cgroup path. Not read yet: always null.", |_| {
        Value::Null
    }),
    field(("owner_status", "OWNERSHIP"), Kind::Word, 12, "Known, or why there is no owner to show.", |s| {
        Value::Word(s.socket().owners.status())
    }),
    field(
        ("owner_count", "OWNERS"),
        Kind::Number,
        6,
        "How many processes hold the socket; null when unknown.",
        |s| Value::of(s.socket().owners.known(), |set| Value::Number(set.count as u64)),
    ),
    composed(field(
        ("owner", "OWNER"),
        Kind::Object,
        20,
        "The first process that holds the socket, and how many more.",
        |s| Value::Owner(&s.socket().owners),
    )),
    field(("owners", "OWNER LIST"), Kind::List, 20, "The processes that hold the socket, at most 64.", |s| {
        Value::of(s.socket().owners.known(), Value::OwnerList)
    }),
    composed(field(("exe", "EXECUTABLE"), Kind::Path, 30, "The executable of the first owner.", |s| {
        let first = s.socket().owners.known().and_then(|set| set.shown.first());
        Value::of(first.and_then(|owner| owner.process.exe.as_ref()), Value::Executable)
    })),
    field(
        ("tcp_info", "TCP INFO"),
        Kind::Object,
        20,
        "The kernel's tcp_info. Not read yet: always null.",
        |_| Value::Null,
    ),
    field(("mem", "MEMORY"), Kind::Object, 20, "Memory of the socket. Not read yet: always null.", |_| {
        Value::Null
    }),
    field(
        ("timer", "TIMER"),
        Kind::Object,
        16,
        "The running TCP timer, in milliseconds until it fires.",
        |s| Value::of(s.socket().timer, Value::Timer),
    ),
    field(
        ("opened_at", "SINCE"),
        Kind::Moment,
        8,
        "When it was first seen; null for what was there before.",
        |s| Value::of(s.row.opened, |stamp| Value::Moment(stamp.wall)),
    ),
];

impl Value<'_> {
    /// This value, or another when it is null.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        if matches!(self, Value::Null) { other() } else { self }
    }
}

/// The field of that name.
#[must_use]
pub fn by_key(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_kebab_free_and_explained() {
        let mut keys: Vec<_> = FIELDS.iter().map(|field| field.key).collect();
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all, "a key is declared twice");
        for field in FIELDS {
            assert!(
                field.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{}",
                field.key
            );
            assert!(field.help.ends_with('.'), "{}: help is a sentence", field.key);
            assert!(usize::from(field.width) >= 5, "{}", field.key);
            assert!(by_key(field.key).is_some());
        }
    }
}
