//! Values of fields as JSON, pushed to a line.
//!
//! Of 200,000 sockets that is thirty million values, so nothing stands between a value and the line: no
//! map of keys, no second look at texts that the escaper left clean.

use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use super::owner::Owners;
use super::published::PublishedPortView;
use crate::model::{Names, SocketKey, UnixName, Value};
use crate::text::{escape, push, push_addr, push_number};

/// Appends a value. `names` are those that its owners need.
pub(super) fn push_value(
    line: &mut String,
    value: &Value<'_>,
    names: &Names,
    owners: &mut Owners,
) -> serde_json::Result<()> {
    match value {
        Value::Null => line.push_str("null"),
        Value::Bool(flag) => line.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => push_number(line, *number),
        Value::Id(id) => quoted(line, |line| push_number(line, *id)),
        // Our own, without quotes.
        Value::Word(word) => quoted(line, |line| line.push_str(word)),
        Value::Text(text) => push_text(line, &escape(text.as_bytes())),
        Value::Address(addr) => quoted(line, |line| push_addr(line, *addr)),
        Value::Path(name) => push_text(line, &unix_name(name)),
        Value::Moment(moment) => shown(line, moment),
        Value::Name(name) => shown(line, name),
        Value::Addresses(list) => {
            push_array(line, list, |line, addr| quoted(line, |line| push_addr(line, *addr)));
        }
        Value::Numbers(list) => push_array(line, list, |line, number| push_number(line, *number)),
        Value::Inodes(list) => push_array(line, list, |line, inode| push_number(line, inode.get())),
        Value::Sockets(list) => push_array(line, list, push_cookie),
        Value::Md5Keys(list) => push_array(line, list, |line, key| {
            shown(line, format_args!("{}/{}", key.addr, key.prefix));
        }),
        Value::Filter(list) => push_array(line, list, |line, step| {
            shown(line, format_args!("0x{:02x} {} {} {}", step.code, step.jt, step.jf, step.k));
        }),
        Value::Storages(list) => {
            return views(line, list.iter().map(|one| StorageView { map: one.map, bytes: one.bytes }));
        }
        Value::Candidates(list) => {
            return listed(line, list.iter(), |line, one| owners.push_name(line, one));
        }
        Value::PublishedPorts(list) => {
            return views(line, list.iter().map(|port| PublishedPortView::new(port)));
        }
        Value::OwnerList(set) => {
            return listed(line, set.shown(), |line, owner| owners.push(line, owner, names));
        }
        Value::PeerOwners(set) => {
            return listed(line, set.shown(), |line, owner| owners.push_name(line, owner.process));
        }
        // Composed for eyes; no exported field has such a value, which a test asserts.
        Value::Endpoint(end) => shown(line, end),
        Value::Executable(exe) => push_text(line, &escape(exe.path.as_bytes())),
        Value::Owner(owners) => push_text(line, owners.status()),
    }
    Ok(())
}

/// Appends a text that has no control characters: what was escaped, and our own words.
pub(super) fn push_text(line: &mut String, text: &str) {
    line.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\']) {
        line.push_str(&rest[..at]);
        line.push('\\');
        line.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    line.push_str(rest);
    line.push('"');
}

fn quoted(line: &mut String, inner: impl FnOnce(&mut String)) {
    line.push('"');
    inner(line);
    line.push('"');
}

/// What is written with digits, letters and signs that need no care.
fn shown(line: &mut String, value: impl Display) {
    quoted(line, |line| push(line, format_args!("{value}")));
}

/// A socket that is told by its cookie, which what is in no table has not.
fn push_cookie(line: &mut String, key: &SocketKey) {
    match key.cookie() {
        Some(cookie) => quoted(line, |line| push_number(line, cookie.0)),
        None => line.push_str("null"),
    }
}

pub(super) fn push_array<T>(line: &mut String, list: &[T], each: impl Fn(&mut String, &T)) {
    line.push('[');
    for (at, one) in list.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        each(line, one);
    }
    line.push(']');
}

/// An array of views.
fn views<T: Serialize>(line: &mut String, views: impl Iterator<Item = T>) -> serde_json::Result<()> {
    listed(line, views, |line, view| {
        line.push_str(&serde_json::to_string(&view)?);
        Ok(())
    })
}

/// An array of objects.
fn listed<T>(
    line: &mut String,
    list: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut String, T) -> serde_json::Result<()>,
) -> serde_json::Result<()> {
    line.push('[');
    for (at, one) in list.enumerate() {
        if at > 0 {
            line.push(',');
        }
        each(line, one)?;
    }
    line.push(']');
    Ok(())
}

/// The raw bytes of a value in hexadecimal, when its text had to be escaped.
#[must_use]
pub(super) fn hex_twin(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Path(UnixName::Path(path)) => hex(path.as_bytes()),
        Value::Path(UnixName::Abstract(name)) => hex(name.as_bytes()).map(|hex| format!("00{hex}")),
        _ => None,
    }
}

/// A Unix name as text: abstract ones begin with `@`, and a path that begins so itself is written
/// with its first byte escaped, so that the two are never mistaken.
pub(in crate::output) fn unix_name(name: &UnixName) -> String {
    match name {
        UnixName::Abstract(name) => format!("@{}", escape(name.as_bytes())),
        UnixName::Path(path) => match escape(path.as_bytes()).strip_prefix('@') {
            Some(rest) => format!("\\x40{rest}"),
            None => escape(path.as_bytes()).into_owned(),
        },
    }
}

/// The bytes in hexadecimal, unless they are shown as they are.
pub(super) fn hex(bytes: &[u8]) -> Option<String> {
    (escape(bytes).as_bytes() != bytes).then(|| digits(bytes))
}

pub(super) fn digits(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push(&mut out, format_args!("{byte:02x}"));
    }
    out
}

/// A BPF storage of a socket.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "bpf_storage", deny_unknown_fields)]
pub(super) struct StorageView {
    /// The id of its map.
    map: u32,
    /// Its size.
    bytes: u32,
}
