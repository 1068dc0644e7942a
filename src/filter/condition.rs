//! One condition of a filter: what it looks at, and whether that holds.

use std::net::IpAddr;

use super::Seen;
use super::host::{End, Host, Network, inet_end};
use super::names::Flag;
use super::pattern::Pattern;
use super::quantity::Numbers;
use super::states::States;
use crate::model::{
    Container, Ends, Family, Field, Owner, PortRange, Socket, SystemBytes, Uid, UnixName, Value, Workload,
};

/// Something that holds of a socket, or does not.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    States(States),
    Host(End, Host),
    /// `sport` and `dport`: without a peer the port is 0, as for ss.
    Port(End, Numbers),
    /// Of either end.
    AnyPort(Numbers),
    AnyAddress(Vec<Network>),
    /// An interface, by name or index.
    Device(String),
    Mark {
        value: u32,
        mask: u32,
    },
    /// The local port is one that the kernel gives to who asks for none.
    Autobound(PortRange),
    Flag(Flag),
    /// A field of the socket.
    Field(&'static Field, Test),
    /// Something of any owner.
    Owner(OwnerPart, Test),
    /// Since when it is known, in nanoseconds.
    Age(Numbers),
    /// Bytes a second, both ways.
    Rate(Numbers),
    /// Any text that tells of the socket.
    Text(Pattern),
}

/// What a value is compared with.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Numbers(Numbers),
    Texts(Vec<Pattern>),
    Networks(Vec<Network>),
    Bool(bool),
    /// Words of a vocabulary.
    Words(Vec<&'static str>),
    /// Nothing is known.
    Null,
}

/// A part of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnerPart {
    Name,
    Pid,
    Executable,
    CommandLine,
    /// Where no owner is known, what the cgroup of the socket's creator tells.
    Unit,
    Container,
    /// As whom the owner runs, by name or number; where none is known, the user that created the socket.
    User,
}

impl Condition {
    pub(super) fn holds(&self, seen: &Seen<'_>) -> bool {
        let socket = &seen.subject.row.socket;
        match self {
            Self::States(states) => states.has(socket.state),
            Self::Host(end, host) => host.is(socket, *end),
            Self::Port(end, numbers) => port(socket, *end).is_some_and(|port| numbers.has(port)),
            Self::AnyPort(numbers) => {
                let ends = [End::Local, End::Remote].into_iter().filter_map(|end| port(socket, end));
                ends.filter(|port| *port != 0).any(|port| numbers.has(port))
            }
            Self::AnyAddress(networks) => {
                let known = [socket.ends.local(), socket.ends.remote()].into_iter().flatten();
                known.into_iter().any(|at| networks.iter().any(|network| network.has(at.addr)))
            }
            Self::Device(device) => is_device(seen, socket, device),
            Self::Mark { value, mask } => {
                let mark = socket.details.as_ref().and_then(|details| details.mark);
                mark.is_some_and(|mark| mark & mask == *value)
            }
            Self::Autobound(range) => is_autobound(socket, *range),
            Self::Flag(flag) => flag.holds(seen),
            Self::Field(field, test) => test.holds(&(field.extract)(&seen.subject)),
            Self::Owner(part, test) => of_owners(seen, *part, test),
            Self::Age(numbers) => seen.age().is_some_and(|age| numbers.has_scaled(age.as_nanos())),
            Self::Rate(numbers) => {
                seen.subject.row.history().rate.is_some_and(|rate| numbers.has(rate.both()))
            }
            Self::Text(pattern) => super::search::any_text(seen, pattern),
        }
    }
}

/// The port of an end, whatever the family calls so. `None` for families without any.
fn port(socket: &Socket, end: End) -> Option<u64> {
    if let Some(at) = inet_end(&socket.ends, end) {
        return Some(at.port.into());
    }
    let (local, remote) = socket.ends.names();
    let name = if end == End::Local { local } else { remote };
    name.and_then(|name| name.port()).map(u64::from)
}

fn is_device(seen: &Seen<'_>, socket: &Socket, device: &str) -> bool {
    let named = seen.subject.names.interface(socket).is_some_and(|name| name.as_bytes() == device.as_bytes());
    let index = device.parse().ok().filter(|index: &u32| *index != 0);
    named || index.is_some_and(|index| socket.interface.is_some_and(|it| it.get() == index))
}

/// What ss takes for given: the kernel tells nobody who chose a port.
fn is_autobound(socket: &Socket, range: PortRange) -> bool {
    match &socket.ends {
        Ends::Inet { local, .. } => range.contains(local.port),
        // Autobind makes an abstract name of five hexadecimal digits (unix(7)).
        Ends::Unix { name: None, .. } => true,
        Ends::Unix { name: Some(UnixName::Abstract(name)), .. } => {
            let name = name.as_bytes();
            name.len() == 5 && name.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
        }
        Ends::Unix { .. } => false,
        Ends::Other { local, .. } => match socket.family {
            Family::Vsock => local.and_then(|local| local.port()).is_some_and(|port| port > 1023),
            _ => false,
        },
    }
}

fn of_owners(seen: &Seen<'_>, part: OwnerPart, test: &Test) -> bool {
    let Some(owners) = seen.subject.row.socket.owners.known() else {
        return of_creator(seen, part, test);
    };
    let is = |owner| of_owner(seen, owner, part, test);
    match (test, part) {
        // Who shares a socket with a container does not take it out of there.
        (Test::Null, OwnerPart::Unit | OwnerPart::Container | OwnerPart::User) => owners.shown().all(is),
        _ => owners.shown().any(is),
    }
}

/// What is known of who made a socket that nobody is known to hold.
fn of_creator(seen: &Seen<'_>, part: OwnerPart, test: &Test) -> bool {
    match part {
        OwnerPart::Unit | OwnerPart::Container => of_workload(seen.subject.workload(), part, test),
        OwnerPart::User => is_user(seen, seen.subject.row.socket.uid, test),
        OwnerPart::Name | OwnerPart::Pid | OwnerPart::Executable | OwnerPart::CommandLine => {
            matches!(test, Test::Null)
        }
    }
}

fn of_workload(workload: Option<&Workload>, part: OwnerPart, test: &Test) -> bool {
    let name = match part {
        OwnerPart::Container => workload.and_then(|it| it.container.as_ref()).map(Container::label),
        _ => workload.and_then(|it| it.unit.as_ref()),
    };
    test.holds(&Value::of(name, Value::Text))
}

fn is_user(seen: &Seen<'_>, uid: Option<Uid>, test: &Test) -> bool {
    let Some(uid) = uid else { return matches!(test, Test::Null) };
    let name = seen.subject.names.users.get(&uid);
    test.is_number(uid.0.into()) || name.is_some_and(|name| test.is_text(name.as_bytes()))
}

fn of_owner(seen: &Seen<'_>, owner: Owner<'_>, part: OwnerPart, test: &Test) -> bool {
    let process = owner.process;
    match part {
        OwnerPart::Unit | OwnerPart::Container => of_workload(process.workload.as_deref(), part, test),
        OwnerPart::User => is_user(seen, process.uid, test),
        OwnerPart::Name => test.is_text(process.comm.as_bytes()),
        OwnerPart::Pid => test.is_number(process.id.pid.0.into()),
        OwnerPart::Executable => match &process.exe {
            Some(exe) => test.is_text(exe.path.as_bytes()),
            None => matches!(test, Test::Null),
        },
        OwnerPart::CommandLine => match &process.cmdline {
            Some(line) => {
                let words: Vec<&[u8]> = line.iter().map(SystemBytes::as_bytes).collect();
                test.is_text(&words.join(&b' '))
            }
            None => matches!(test, Test::Null),
        },
    }
}

impl Test {
    fn is_text(&self, text: &[u8]) -> bool {
        matches!(self, Self::Texts(patterns) if patterns.iter().any(|pattern| pattern.matches(text)))
    }

    fn is_number(&self, number: u64) -> bool {
        matches!(self, Self::Numbers(numbers) if numbers.has(number))
    }

    fn is_address(&self, addr: IpAddr) -> bool {
        match self {
            Self::Networks(networks) => networks.iter().any(|network| network.has(addr)),
            _ => false,
        }
    }

    /// True when the value is what is asked for. What is not known is nothing but unknown.
    fn holds(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Null => matches!(self, Self::Null),
            Value::Number(number) | Value::Id(number) => self.is_number(*number),
            Value::Bool(bool) => matches!(self, Self::Bool(asked) if asked == bool),
            Value::Word(word) => match self {
                Self::Words(words) => words.contains(word),
                _ => self.is_text(word.as_bytes()),
            },
            Value::Text(text) => self.is_text(text.as_bytes()),
            Value::Address(addr) => self.is_address(*addr),
            Value::Name(name) => self.is_text(name.to_string().as_bytes()),
            Value::Path(UnixName::Path(path)) => self.is_text(path.as_bytes()),
            Value::Path(UnixName::Abstract(name)) => self.is_text(&[b"@", name.as_bytes()].concat()),
            Value::Executable(exe) => self.is_text(exe.path.as_bytes()),
            // Lists and composed values are asked for by their parts; the parser sees to that.
            _ => false,
        }
    }
}
