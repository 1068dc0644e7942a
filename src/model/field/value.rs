//! The value of a field: typed, so that sorting, JSON and columns never parse a string again.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{
    BpfInstruction, BpfStorage, Endpoint, Executable, Inode, Known, Md5Key, Name, Owners, Process,
    PublishedPort, SocketKey, SystemBytes, UnixName,
};

/// What a field says about one socket. [`Value::Null`] is "unknown" or "does not apply", never 0.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(u64),
    /// A 64-bit id: a number here, a string in JSON, whose readers may hold 53 bits.
    Id(u64),
    Word(&'static str),
    Text(&'a SystemBytes),
    Address(IpAddr),
    Endpoint(Endpoint),
    Path(&'a UnixName),
    Moment(jiff::Timestamp),
    Executable(&'a Executable),
    Name(Name),
    Addresses(&'a [IpAddr]),
    Numbers(&'a [u32]),
    Inodes(&'a [Inode]),
    Sockets(&'a [SocketKey]),
    Md5Keys(&'a [Md5Key]),
    Storages(&'a [BpfStorage]),
    Filter(&'a [BpfInstruction]),
    PublishedPorts(&'a [Arc<PublishedPort>]),
    /// For eyes: the first owner and how many more, or why there is none.
    Owner(&'a Owners),
    /// For machines: every owner that is kept.
    OwnerList(Known<'a>),
    Candidates(&'a [Arc<Process>]),
    /// The same for the other end of a connection, of which no more than their names are told.
    PeerOwners(Known<'a>),
}

impl Value<'_> {
    /// `Null` for `None`, else the value that `make` builds.
    pub fn of<T>(option: Option<T>, make: impl FnOnce(T) -> Self) -> Self {
        option.map_or(Value::Null, make)
    }

    /// The order that people expect in a column: numbers by size, names by their bytes, addresses
    /// by version and value, the unknown last.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Number(a) | Value::Id(a), Value::Number(b) | Value::Id(b)) => a.cmp(b),
            (Value::Word(a), Value::Word(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Address(a), Value::Address(b)) => a.cmp(b),
            (Value::Endpoint(a), Value::Endpoint(b)) => a.cmp(b),
            (Value::Path(a), Value::Path(b)) => a.cmp(b),
            (Value::Moment(a), Value::Moment(b)) => a.cmp(b),
            (Value::Executable(a), Value::Executable(b)) => a.path.cmp(&b.path),
            (Value::Name(a), Value::Name(b)) => a.cmp(b),
            (Value::Owner(a), Value::Owner(b)) => compare_owners(a, b),
            (Value::OwnerList(a), Value::OwnerList(b)) => a.count().cmp(&b.count()),
            (Value::PeerOwners(a), Value::PeerOwners(b)) => {
                let by_name =
                    |known: &Known<'_>| (known.first().process.comm.clone(), known.first().process.id);
                by_name(a).cmp(&by_name(b))
            }
            _ => Ordering::Equal,
        })
    }

    /// Values of one kind stand together; the unknown comes last.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Value::Bool(_) => 0,
            Value::Number(_) | Value::Id(_) => 1,
            Value::Word(_) => 2,
            Value::Text(_) => 3,
            Value::Address(_) => 4,
            Value::Endpoint(_) => 5,
            Value::Path(_) => 6,
            Value::Moment(_) => 7,
            Value::Executable(_) => 8,
            Value::Name(_) => 9,
            Value::Owner(_) => 10,
            Value::OwnerList(_) | Value::PeerOwners(_) => 11,
            Value::Addresses(_)
            | Value::Numbers(_)
            | Value::Inodes(_)
            | Value::Sockets(_)
            | Value::Candidates(_)
            | Value::Md5Keys(_)
            | Value::Storages(_)
            | Value::Filter(_)
            | Value::PublishedPorts(_) => 12,
            Value::Null => u8::MAX,
        }
    }
}

/// By name, then pid; sockets without owner after all others.
fn compare_owners(a: &Owners, b: &Owners) -> Ordering {
    match (a.first(), b.first()) {
        (Some(a), Some(b)) => {
            a.process.comm.cmp(&b.process.comm).then_with(|| a.process.id.cmp(&b.process.id))
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.status().cmp(b.status()),
    }
}
