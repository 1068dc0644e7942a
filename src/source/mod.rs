//! Where sockets are read from: netlink, `/proc/net`, or a script.
//!
//! Layer 3. A source reads everything that is wanted and says what it could not: partial success
//! is normal, silence about it is a bug. It knows no filter and no owner (a script excepted: it
//! tells its owners and its time itself).

pub mod netlink;
pub mod procfs;
mod protocols;
pub mod scenario;
mod second_look;
mod tables;

pub use tables::{RESIDUAL, everything};

use std::sync::Arc;

use crate::model::{Family, Host, Names, OwnerCoverage, Protocol, SliceCoverage, Socket, Stamp};

/// A family and a protocol: one table of the kernel.
pub type Wanted = (Family, Protocol);

/// One way of reading the socket table.
pub trait SocketSource: Send {
    /// Reads the wanted tables. Never fails as a whole for a table's sake: what went wrong with
    /// one stands in its coverage.
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError>;
}

/// What a source read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Each key at most once.
    pub sockets: Vec<Socket>,
    /// One for every wanted table, in the order asked for.
    pub slices: Vec<SliceCoverage>,
    /// The surroundings, when the source brings its own.
    pub stage: Option<Stage>,
}

/// What a script knows besides sockets. Its sockets carry their owners already.
#[derive(Clone, Debug)]
pub struct Stage {
    pub taken: Stamp,
    pub host: Arc<Host>,
    pub names: Arc<Names>,
    pub owners: OwnerCoverage,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Netns(#[from] crate::sys::host::NetnsError),
}

/// Appends the sockets of one table, each key once. Of rows that the kernel repeated the later
/// one is kept. Counts them in the table's coverage.
fn keep(mut sockets: Vec<Socket>, coverage: &mut SliceCoverage, reading: &mut Reading) {
    let read = sockets.len();
    sockets.sort_by_key(|socket| socket.key);
    sockets.dedup_by(|later, kept| {
        let same = later.key == kept.key;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
    coverage.rows = sockets.len();
    coverage.repeated = read - sockets.len();
    reading.sockets.append(&mut sockets);
}
