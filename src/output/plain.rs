//! A value as plain text: for columns, CSV and templates. What is not known is empty.

use crate::model::{Known, Owners, SocketKey, Value};
use crate::text::{escape, push, push_addr, push_number};

/// Appends the text of a value.
pub(super) fn push_value(line: &mut String, value: &Value<'_>) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => line.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) | Value::Id(number) => push_number(line, *number),
        Value::Word(word) => line.push_str(word),
        Value::Text(text) => line.push_str(&escape(text.as_bytes())),
        Value::Address(addr) => push_addr(line, *addr),
        Value::Endpoint(end) => push(line, format_args!("{end}")),
        Value::Path(name) => line.push_str(&super::json::unix_name(name)),
        Value::Moment(moment) => push(line, format_args!("{moment}")),
        Value::Executable(exe) => line.push_str(&escape(exe.path.as_bytes())),
        Value::Name(name) => {
            push(line, format_args!("{name}"));
            if let Some(port) = name.port() {
                push(line, format_args!(":{port}"));
            }
        }
        Value::Addresses(list) => push_list(line, list.iter(), |line, addr| push_addr(line, *addr)),
        Value::Numbers(list) => push_list(line, list.iter(), |line, number| push_number(line, *number)),
        Value::Inodes(list) => push_list(line, list.iter(), |line, inode| push_number(line, inode.get())),
        Value::Sockets(list) => {
            let cookies = list.iter().filter_map(SocketKey::cookie);
            push_list(line, cookies, |line, cookie| push_number(line, cookie.0));
        }
        Value::Md5Keys(list) => {
            push_list(line, list.iter(), |line, key| push(line, format_args!("{}/{}", key.addr, key.prefix)));
        }
        Value::Storages(list) => {
            push_list(line, list.iter(), |line, one| push(line, format_args!("{}:{}", one.map, one.bytes)));
        }
        Value::Filter(list) => push_list(line, list.iter(), |line, step| {
            push(line, format_args!("{} {} {} {}", step.code, step.jt, step.jf, step.k));
        }),
        Value::Candidates(list) => push_list(line, list.iter(), |line, process| {
            push_process(line, process);
        }),
        Value::PublishedPorts(list) => push_list(line, list.iter(), |line, port| {
            push(line, format_args!("{}->{}", port.host_side(), port.target_side()));
        }),
        Value::Owner(owners) => push_owner(line, owners),
        Value::OwnerList(known) | Value::PeerOwners(known) => push_owners(line, *known),
    }
}

fn push_list<T>(line: &mut String, list: impl Iterator<Item = T>, mut each: impl FnMut(&mut String, T)) {
    for (at, one) in list.enumerate() {
        if at > 0 {
            line.push(',');
        }
        each(line, one);
    }
}

fn push_process(line: &mut String, process: &crate::model::Process) {
    push(line, format_args!("{}({})", escape(process.comm.as_bytes()), process.id.pid.0));
}

/// The first one and how many more, or nothing.
fn push_owner(line: &mut String, owners: &Owners) {
    if let Some(known) = owners.known() {
        push_process(line, known.first().process);
        if known.count() > 1 {
            push(line, format_args!(" +{}", known.count() - 1));
        }
    }
}

fn push_owners(line: &mut String, known: Known<'_>) {
    push_list(line, known.shown(), |line, owner| push_process(line, owner.process));
    if known.beyond() > 0 {
        push(line, format_args!(",+{}", known.beyond()));
    }
}
