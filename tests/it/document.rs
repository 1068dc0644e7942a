//! The JSON as an outside consumer models it: every key must be there, no other key may be.
//!
//! Declared by hand and on purpose not shared with the program: when a key appears, disappears or
//! changes its type there, reading it back fails here.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a value that may be null but not missing: serde lets only plain `Option`s be missing.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}

/// Declares objects of which every key is required and no other is allowed.
macro_rules! objects {
    ($(struct $name:ident { $($key:ident: $type:ty,)* })*) => {$(
        #[derive(Clone, Debug, Default, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields)]
        #[allow(clippy::struct_field_names, clippy::allow_attributes, reason = "the names are those of the document")]
        pub(crate) struct $name {
            $(#[serde(deserialize_with = "present")] pub(crate) $key: $type,)*
        }
    )*};
}

/// An object of numbers, each of which may be unknown.
pub(crate) type Numbers = BTreeMap<String, Option<u64>>;

objects! {
    struct Document {
        schema: u32,
        tool: String,
        version: String,
        generated_at: String,
        host: Host,
        coverage: Coverage,
        published: Option<Vec<PublishedPort>>,
        sockets: Vec<Socket>,
    }

    struct PublishedPort {
        family: Option<String>,
        protocol: Option<String>,
        address: Option<String>,
        address_last: Option<String>,
        port: Option<u16>,
        port_last: Option<u16>,
        interface: Option<String>,
        interface_excluded: Option<String>,
        conditional: bool,
        to_address: Option<String>,
        to_address_last: Option<String>,
        to_port: Option<u16>,
        to_port_last: Option<u16>,
        container: Option<Container>,
        table_family: String,
        table: String,
        chain: String,
    }

    struct Host {
        name: String,
        kernel: String,
        boot_id: Option<String>,
    }

    struct Coverage {
        complete: bool,
        tables: Vec<Slice>,
        owners: OwnerSearch,
        namespaces: Namespaces,
        published: Option<RulesRead>,
        hearing: Option<Hearing>,
        losses: Losses,
    }

    struct Hearing {
        beginnings: Option<Told>,
        binds: Option<Told>,
        ends: Option<Told>,
        interval_ms: Option<u64>,
        promise: String,
        overruns: u64,
        words_lost: u64,
    }

    struct Told {
        status: String,
        reason: Option<String>,
    }

    struct RulesRead {
        status: String,
        reason: Option<String>,
    }

    struct Slice {
        netns: u64,
        family: String,
        protocol: String,
        source: String,
        status: String,
        reason: Option<String>,
        rows: u64,
        kernel_count: Option<u64>,
    }

    struct OwnerSearch {
        method: String,
        method_reason: Option<String>,
        processes: u64,
        processes_denied: u64,
        processes_covered: Vec<u32>,
        reason: Option<String>,
        runtimes_silent: Vec<Silent>,
        resolved: u64,
        unresolved: Vec<Unresolved>,
    }

    struct Silent {
        socket: String,
        reason: String,
    }

    struct Unresolved {
        status: String,
        count: u64,
        reason: String,
    }

    struct Namespaces {
        seen: u64,
        refused: u64,
        left_out: u64,
        reason: Option<String>,
        list: Vec<Namespace>,
    }

    struct Namespace {
        netns: u64,
        name: Option<String>,
        found: String,
        status: String,
        reason: Option<String>,
    }

    struct Losses {
        repeated_rows: u64,
        skipped_rows: u64,
        dump_retries: u64,
        malformed_rows: u64,
    }

    struct Socket {
        cookie: Option<String>,
        netns: u64,
        netns_name: Option<String>,
        inode: Option<u64>,
        family: String,
        protocol: String,
        r#type: String,
        state: String,
        role: String,
        role_reason: String,
        local_address: Option<String>,
        local_port: Option<u32>,
        remote_address: Option<String>,
        remote_port: Option<u32>,
        path: Option<String>,
        path_hex: Option<String>,
        peer_inode: Option<u64>,
        peer_cookie: Option<String>,
        peer_owners: Option<Vec<Named>>,
        interface: Option<String>,
        interface_index: Option<u32>,
        uid: Option<u32>,
        user: Option<String>,
        recv_q: Option<u32>,
        send_q: Option<u32>,
        accept_queue: Option<u32>,
        backlog: Option<u32>,
        listener_cookie: Option<String>,
        mptcp: Option<bool>,
        scope: Option<String>,
        reach: Option<String>,
        v6only: Option<bool>,
        reuse_address: Option<bool>,
        reuse_port: Option<bool>,
        unit: Option<String>,
        activates: Option<String>,
        dnat: Option<Vec<PublishedPort>>,
        container: Option<String>,
        cgroup: Option<String>,
        cgroup_id: Option<String>,
        tos: Option<u8>,
        tclass: Option<u8>,
        class_id: Option<u32>,
        mark: Option<u32>,
        shutdown: Option<String>,
        ip_protocol: Option<u8>,
        ulp: Option<String>,
        protocol_name: Option<String>,
        local_addresses: Option<Vec<String>>,
        remote_addresses: Option<Vec<String>>,
        md5_keys: Option<Vec<String>>,
        bpf_storages: Option<Vec<Value>>,
        owner_status: String,
        kernel_use: Option<String>,
        owner_count: Option<u64>,
        owners: Option<Vec<Owner>>,
        owner_candidates: Option<Vec<Named>>,
        opened_at: Option<String>,
        send_rate_bytes_per_s: Option<u64>,
        receive_rate_bytes_per_s: Option<u64>,
        timer: Option<Timer>,
        mem: Option<Numbers>,
        tcp_info: Option<Numbers>,
        congestion: Option<BTreeMap<String, Value>>,
        options: Option<BTreeMap<String, bool>>,
        tls: Option<BTreeMap<String, Value>>,
        subflow: Option<Numbers>,
        mptcp_info: Option<BTreeMap<String, Value>>,
        unix: Option<BTreeMap<String, Value>>,
        packet: Option<BTreeMap<String, Value>>,
        netlink: Option<BTreeMap<String, Value>>,
        xdp: Option<BTreeMap<String, Value>>,
        smc: Option<BTreeMap<String, Value>>,
    }

    struct Named {
        pid: u32,
        comm: String,
        comm_hex: Option<String>,
    }

    struct Owner {
        pid: u32,
        tid: Option<u32>,
        io_uring: bool,
        fds: Vec<u32>,
        comm: String,
        comm_hex: Option<String>,
        exe: Option<String>,
        exe_hex: Option<String>,
        exe_deleted: Option<bool>,
        cmdline: Option<Vec<String>>,
        cmdline_hex: Option<Vec<String>>,
        uid: Option<u32>,
        user: Option<String>,
        start_time: Option<String>,
        security_context: Option<String>,
        unit: Option<String>,
        user_unit: Option<String>,
        session: Option<String>,
        container: Option<Container>,
        pod: Option<Pod>,
        parents: Option<Vec<Named>>,
        tty: Option<String>,
        session_id: Option<u32>,
        login_uid: Option<u32>,
        publishes: Option<Published>,
    }

    struct Published {
        address: String,
        port: u16,
        container: Option<Container>,
    }

    struct Container {
        id: String,
        runtime: String,
        name: Option<String>,
        image: Option<String>,
    }

    struct Pod {
        uid: String,
        name: Option<String>,
        namespace: Option<String>,
    }

    struct Timer {
        name: String,
        expires_ms: u32,
        retransmits: u8,
    }

    struct Alert {
        schema: u32,
        r#type: String,
        id: String,
        alert: String,
        severity: String,
        at: String,
        host: Host,
        message: String,
        reason: String,
        rule: Option<String>,
        policy: Option<String>,
        seen: String,
        stands_for: u64,
        since: Option<String>,
        pid: Option<u32>,
        exe: Option<String>,
        socket: Socket,
    }

    struct Who {
        schema: u32,
        r#type: String,
        generated_at: String,
        host: Host,
        target: String,
        held: bool,
        coverage: Coverage,
        connections: Through,
        published: Option<Vec<PublishedPort>>,
        packages: Vec<Package>,
        sockets: Vec<Socket>,
    }

    struct Through {
        count: u64,
        time_wait: u64,
        peers: Vec<Caller>,
    }

    struct Caller {
        address: Option<String>,
        port: Option<u16>,
        pid: Option<u32>,
        comm: Option<String>,
        count: u64,
    }

    struct Package {
        pid: u32,
        exe: Option<String>,
        package: String,
    }

    struct Event {
        schema: u32,
        r#type: String,
        event: String,
        at: String,
        host: Host,
        from_state: Option<String>,
        owners_changed: bool,
        duration_ms: Option<u64>,
        bytes_sent: Option<u64>,
        ending: Option<String>,
        bytes_received: Option<u64>,
        socket: Socket,
    }

    struct Summary {
        schema: u32,
        r#type: String,
        at: String,
        host: Host,
        listeners: u64,
        expected: u64,
        unexpected: u64,
        unverifiable: u64,
        rule_matched: u64,
        rule_unverifiable: u64,
        facts: u64,
        coverage: Coverage,
    }
}

impl Document {
    /// Reads a whole document, and checks what every document must keep.
    pub(crate) fn read(text: &[u8]) -> Self {
        let document: Self = serde_json::from_slice(text)
            .unwrap_or_else(|error| panic!("not the documented JSON: {error}\n{}", text.escape_ascii()));
        assert_eq!((document.schema, document.tool.as_str()), (1, "sockeye"));
        assert_eq!(document.version, env!("CARGO_PKG_VERSION"));
        moment(&document.generated_at);
        document
    }

    /// The socket with this cookie; listed more than once it fails.
    pub(crate) fn by_cookie(&self, cookie: u64) -> Option<&Socket> {
        let cookie = cookie.to_string();
        self.only(|socket| socket.cookie.as_ref() == Some(&cookie))
    }

    /// The socket with this inode; listed more than once it fails.
    pub(crate) fn by_inode(&self, inode: u64) -> Option<&Socket> {
        self.only(|socket| socket.inode == Some(inode))
    }

    /// The one socket of which this holds.
    pub(crate) fn only(&self, is_it: impl Fn(&Socket) -> bool) -> Option<&Socket> {
        let mut found = self.sockets.iter().filter(|socket| is_it(socket));
        let first = found.next();
        let more: Vec<_> = found.collect();
        assert!(more.is_empty(), "listed more than once: {first:#?} {more:#?}");
        first
    }
}

/// A moment as RFC 3339 writes it, in UTC.
pub(crate) fn moment(text: &str) -> jiff::Timestamp {
    assert!(text.contains('T') && text.ends_with('Z'), "{text} is not RFC 3339 in UTC");
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The bytes that a `*_hex` twin holds.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

impl Socket {
    /// The socket without its details, which other tests look at, and without what follows from where
    /// the tests run: units, containers, parents.
    pub(crate) fn plain(&self) -> Self {
        let placeless = |owner: &Owner| Owner {
            unit: None,
            user_unit: None,
            session: None,
            container: None,
            pod: None,
            parents: None,
            tty: None,
            session_id: None,
            login_uid: None,
            publishes: None,
            ..owner.clone()
        };
        Self {
            unit: None,
            container: None,
            owners: self.owners.as_ref().map(|owners| owners.iter().map(placeless).collect()),
            activates: None,
            dnat: None,
            peer_cookie: None,
            peer_owners: None,
            role_reason: String::new(),
            accept_queue: None,
            backlog: None,
            listener_cookie: None,
            mptcp: None,
            cgroup: None,
            cgroup_id: None,
            tos: None,
            tclass: None,
            class_id: None,
            mark: None,
            shutdown: None,
            ip_protocol: None,
            ulp: None,
            protocol_name: None,
            local_addresses: None,
            remote_addresses: None,
            md5_keys: None,
            bpf_storages: None,
            mem: None,
            tcp_info: None,
            congestion: None,
            options: None,
            tls: None,
            subflow: None,
            mptcp_info: None,
            unix: None,
            packet: None,
            netlink: None,
            xdp: None,
            smc: None,
            ..self.clone()
        }
    }
}
