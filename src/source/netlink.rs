//! Sockets through `sock_diag`, and through `/proc/net` for what netlink refuses.
//!
//! A refusal (a sandbox, a kernel without the module) is final: the table is read from procfs from
//! then on, and its coverage says so. What may pass is tried again; when it does not pass, the
//! table has failed, and is never shown as empty.

use std::collections::BTreeMap;

use super::{Reading, SocketSource, SourceError, Wanted, keep, procfs};
use crate::model::{Family, NetnsId, PortRange, Protocol, Slice, SliceCoverage, SliceStatus, Socket};
use crate::sys::netlink::{DiagError, DiagSocket, Dump};
use crate::sys::{host, procnet};
use crate::wire::{WireError, inet_diag, netlink, unix_diag};

/// How often a dump that broke or was interrupted is started again.
const RETRIES: usize = 3;

/// The live kernel of this network namespace.
#[derive(Debug)]
pub struct Netlink {
    /// Whether procfs takes over what netlink refuses.
    fallback: bool,
    socket: Option<DiagSocket>,
    /// The tables that netlink refused, and why.
    refused: BTreeMap<Wanted, String>,
    buffer: Vec<u8>,
}

impl SocketSource for Netlink {
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let place = Place { netns: host::netns()?, ephemeral: procnet::ephemeral_ports() };
        let mut reading = Reading::default();
        for table in wanted {
            let coverage = self.read_table(*table, place, &mut reading);
            reading.slices.push(coverage);
        }
        Ok(reading)
    }
}

/// What every socket of a reading shares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) netns: NetnsId,
    pub(super) ephemeral: PortRange,
}

impl Netlink {
    /// Netlink, with procfs for what it refuses.
    #[must_use]
    pub fn with_fallback() -> Self {
        Self { fallback: true, ..Self::strict() }
    }

    /// Netlink alone: what it refuses has failed.
    #[must_use]
    pub fn strict() -> Self {
        Self { fallback: false, socket: None, refused: BTreeMap::new(), buffer: Vec::new() }
    }

    fn read_table(&mut self, table: Wanted, place: Place, reading: &mut Reading) -> SliceCoverage {
        let slice = Slice { netns: place.netns, family: table.0, protocol: table.1 };
        let mut coverage = SliceCoverage::new(slice, "netlink");
        if !self.refused.contains_key(&table) {
            match self.drain(table, &mut coverage) {
                Ok(()) => {
                    let sockets = decode(&self.buffer, table, place, &mut coverage);
                    keep(sockets, &mut coverage, reading);
                    return coverage;
                }
                Err(error) if self.fallback && error.is_refusal() => {
                    self.refused.insert(table, error.to_string());
                }
                Err(error) => {
                    coverage.status = SliceStatus::Failed(error.to_string());
                    return coverage;
                }
            }
        }
        let mut coverage = procfs::read_table(table, place, reading);
        coverage.fallback = self.refused.get(&table).cloned();
        coverage
    }

    /// Fills the buffer with one dump, starting again as long as it pays.
    fn drain(&mut self, table: Wanted, coverage: &mut SliceCoverage) -> Result<(), DiagError> {
        loop {
            let ended = self.dump_once(table);
            let again = coverage.retries < RETRIES;
            match ended {
                Ok(Dump { interrupted: false }) => return Ok(()),
                Ok(Dump { interrupted: true }) if again => {}
                Ok(Dump { interrupted: true }) => {
                    let why = "the table changed during every attempt to read it".to_owned();
                    coverage.status = SliceStatus::Partial(why);
                    return Ok(());
                }
                Err(error) if again && !error.is_refusal() => {}
                Err(error) => return Err(error),
            }
            coverage.retries += 1;
        }
    }

    fn dump_once(&mut self, table: Wanted) -> Result<Dump, DiagError> {
        self.buffer.clear();
        // Taken out, and put back only after success: a socket that failed may hold old answers.
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => DiagSocket::open()?,
        };
        let dump = socket.dump(|seq| request(table, seq), &mut self.buffer)?;
        self.socket = Some(socket);
        Ok(dump)
    }
}

fn request((family, protocol): Wanted, seq: u32) -> Vec<u8> {
    inet_diag::dump_request(family, protocol, seq).unwrap_or_else(|| unix_diag::dump_request(seq))
}

/// The sockets of a drained dump. What cannot be understood is missing, so the table is partial.
fn decode(buffer: &[u8], table: Wanted, place: Place, coverage: &mut SliceCoverage) -> Vec<Socket> {
    let mut sockets = Vec::new();
    let mut trouble = None;
    for message in netlink::messages(buffer) {
        let socket = message.and_then(|message| match message.header.kind.get() {
            inet_diag::BY_FAMILY => decode_one(message.payload, table, place).map(Some),
            _ => Ok(None),
        });
        match socket {
            Ok(socket) => sockets.extend(socket),
            Err(error) => {
                coverage.malformed += 1;
                trouble = Some(error);
            }
        }
    }
    if let Some(error) = trouble {
        coverage.status = SliceStatus::Partial(format!(
            "{} of its rows could not be understood: {error}",
            coverage.malformed
        ));
    }
    sockets
}

fn decode_one(payload: &[u8], (family, protocol): Wanted, place: Place) -> Result<Socket, WireError> {
    match (family, protocol) {
        (Family::Unix, _) | (_, Protocol::Unix) => unix_diag::decode(payload, place.netns),
        (Family::Inet | Family::Inet6, Protocol::Tcp | Protocol::Udp) => inet_diag::decode(
            payload,
            &inet_diag::Context { netns: place.netns, protocol, ephemeral: place.ephemeral },
        ),
    }
}
