//! What a row of `sockeye --json` must say about a socket that this program holds.

use std::os::fd::AsFd;

use rustix::fs::fstat;
use rustix::net::sockopt::socket_cookie;
use serde_json::{Value, json};

/// A socket, by the ids that the kernel gives its holder, and what its row must hold.
pub(crate) struct Expected {
    cookie: String,
    pub(crate) inode: u64,
    fields: Vec<(&'static str, Value)>,
}

impl Expected {
    /// The socket behind a descriptor.
    pub(crate) fn of(socket: impl AsFd) -> Self {
        let inode = fstat(&socket).unwrap().st_ino;
        let cookie = socket_cookie(&socket).unwrap().to_string();
        let pid = std::process::id();
        Self {
            cookie,
            inode,
            fields: vec![
                ("inode", json!(inode)),
                ("owner_status", json!("known")),
                ("owners", json!(pid)), // compared with the pid of the only owner
            ],
        }
    }

    /// What the row must say under that key, or at that place in it: `/packet/version`.
    pub(crate) fn has(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((key, value.into()));
        self
    }

    /// Family, protocol and state.
    pub(crate) fn is(self, family: &str, protocol: &str, state: &str) -> Self {
        self.has("family", family).has("protocol", protocol).has("state", state)
    }

    /// An address and its port.
    pub(crate) fn local(self, address: &str, port: u32) -> Self {
        self.has("local_address", address).has("local_port", port)
    }

    /// The other end.
    pub(crate) fn remote(self, address: &str, port: u32) -> Self {
        self.has("remote_address", address).has("remote_port", port)
    }

    /// A row with a cookie that its holder cannot know.
    pub(crate) fn by_inode(mut self) -> Self {
        self.cookie.clear();
        self
    }

    /// A row that has no cookie.
    pub(crate) fn without_cookie(self) -> Self {
        self.by_inode().has("cookie", Value::Null)
    }

    /// The family that its row must have.
    pub(crate) fn family(&self) -> Option<&Value> {
        self.fields.iter().find(|(key, _)| *key == "family").map(|(_, value)| value)
    }

    /// What must be said at least where the kernel lists no such sockets.
    pub(crate) fn residual(&self) -> Self {
        let always = ["inode", "owner_status", "owners"];
        let fields = self.fields.iter().filter(|(key, _)| always.contains(key)).cloned().collect();
        Self { cookie: String::new(), inode: self.inode, fields }.has("family", "other")
    }

    /// Compares with a whole document. What is in the text tables has no cookie.
    pub(crate) fn check(&self, document: &Value, textual: bool) -> Result<(), String> {
        let sockets = document["sockets"].as_array().ok_or("the document has no sockets")?;
        let row = sockets
            .iter()
            .find(|row| self.is_row(row, textual))
            .ok_or_else(|| format!("no row has cookie {} and inode {}", self.cookie, self.inode))?;
        let wrong: Vec<String> =
            self.fields.iter().filter_map(|(key, wanted)| differs(row, key, wanted, textual)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n    {row}", wrong.join("; "))) }
    }

    /// Associations are told apart by where they lead.
    fn is_row(&self, row: &Value, textual: bool) -> bool {
        let same = |key: &str| {
            self.fields.iter().filter(|(known, _)| *known == key).all(|(_, value)| row[key] == *value)
        };
        if self.cookie.is_empty() || textual {
            row["inode"] == json!(self.inode) && same("remote_port") && same("protocol")
        } else {
            row["cookie"] == json!(self.cookie) && same("protocol")
        }
    }
}

/// What the text tables do not tell; there it must be null or `unknown`, or right.
const NOT_IN_TEXT: [&str; 3] = ["state", "cookie", "interface"];

fn differs(row: &Value, key: &str, wanted: &Value, textual: bool) -> Option<String> {
    let said = match key {
        "owners" => &row["owners"][0]["pid"],
        place if place.starts_with('/') => row.pointer(place).unwrap_or(&Value::Null),
        key => &row[key],
    };
    let unknown = said.is_null() || said == "unknown";
    // Those of Bluetooth are asked, because only text lists them.
    let excused = textual && unknown && NOT_IN_TEXT.contains(&key) && row["family"] != "bluetooth";
    (said != wanted && !excused).then(|| format!("{key} is {said}, not {wanted}"))
}
