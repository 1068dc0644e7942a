//! The rules of nftables in the network namespace of the calling thread (`NETLINK_NETFILTER`), as far as
//! they publish ports. `wire::nftables` understands them.
//!
//! Nothing is changed, but the kernel asks for `CAP_NET_ADMIN` even so (`nfnetlink_rcv`).

use std::io;

use rustix::io::Errno;
use rustix::net::netlink::NETFILTER;

use super::netlink::{CHUNK, DiagError, DiagSocket};
use super::procnet::{self, Whose};
use crate::model::SliceStatus;
use crate::wire::WireError;
use crate::wire::nftables::{Found, Request, Ruleset};

/// How often the rules are read again because they changed meanwhile.
const RETRIES: usize = 3;
/// A verdict map leads to chains with maps of their own, and these to others: no rules are as deep.
const ROUNDS: usize = 16;

/// Why the rules could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("reading the rules of nftables needs CAP_NET_ADMIN")]
    Denied,
    #[error("this kernel has no nftables")]
    Unsupported,
    #[error("the rules of nftables cannot be read: {0}")]
    Dump(DiagError),
    #[error("the rules of nftables cannot be understood: {0}")]
    Wire(#[from] WireError),
    #[error("the rules of nftables changed while they were read, {RETRIES} times")]
    Changing,
}

impl RulesError {
    /// True when there can be no rules.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported)
    }

    /// The same for a coverage.
    #[must_use]
    pub fn status(&self) -> SliceStatus {
        let why = self.to_string();
        match self {
            Self::Denied => SliceStatus::Denied(why),
            Self::Unsupported => SliceStatus::Unsupported(why),
            Self::Dump(_) | Self::Wire(_) | Self::Changing => SliceStatus::Failed(why),
        }
    }
}

impl From<DiagError> for RulesError {
    fn from(error: DiagError) -> Self {
        match error {
            error if error.is_denial() => Self::Denied,
            // No such protocol of netlink, or no such part of it (`nfnetlink_rcv_msg`).
            DiagError::Open(Errno::PROTONOSUPPORT) | DiagError::Refused(Errno::INVAL) => Self::Unsupported,
            error => Self::Dump(error),
        }
    }
}

/// Reads the rules that publish ports.
pub fn published() -> Result<Found, RulesError> {
    for _ in 0..RETRIES {
        match once() {
            Ok(Some(found)) => return Ok(found),
            // A table or set that was there a moment ago.
            Ok(None) | Err(RulesError::Dump(DiagError::Refused(Errno::NOENT))) => {}
            Err(error) => return Err(error),
        }
    }
    Err(RulesError::Changing)
}

/// One attempt; `None` when the rules changed under it.
fn once() -> Result<Option<Found>, RulesError> {
    let mut reader = Reader {
        socket: DiagSocket::of(Some(NETFILTER), CHUNK)?,
        rules: Ruleset::default(),
        buffer: Vec::new(),
    };
    let mut whole = reader.read(Request::Tables)? && reader.read(Request::Chains)?;
    let tables: Vec<_> = reader.rules.nat_tables().cloned().collect();
    for table in &tables {
        whole &= reader.read(Request::Rules(table))?;
    }
    let mut found = reader.rules.published();
    for round in 0..ROUNDS {
        if found.missing.is_empty() || reader.rules.is_mixed() || !whole {
            break;
        }
        for table in tables.iter().filter(|_| round == 0) {
            whole &= reader.read(Request::Sets(table))?;
        }
        for set in &found.missing {
            whole &= reader.read(Request::Elements(set))?;
            reader.rules.settle(set);
        }
        found = reader.rules.published();
    }
    Ok((whole && !reader.rules.is_mixed()).then_some(found))
}

struct Reader {
    socket: DiagSocket,
    rules: Ruleset,
    buffer: Vec<u8>,
}

impl Reader {
    /// False when the rules changed under the dump.
    fn read(&mut self, request: Request<'_>) -> Result<bool, RulesError> {
        self.buffer.clear();
        let dump = self.socket.dump(|seq| request.message(seq), &mut self.buffer, &mut |_| {})?;
        self.rules.take(&self.buffer)?;
        Ok(!dump.interrupted)
    }
}

/// Whether the older iptables has a table for translation in this namespace, which nftables knows nothing
/// of: `None` when that may not be told.
#[must_use]
pub fn has_legacy_nat() -> Option<bool> {
    let has = |file| match procnet::table(Whose::Ours, file) {
        Ok(text) => Some(text.split(|byte| *byte == b'\n').any(|line| line == b"nat")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
    };
    Some(has("ip_tables_names")? || has("ip6_tables_names")?)
}
