//! Plain data: sockets, processes, samples, changes, coverage, and the field registry.
//!
//! Layer 0. Nothing here reads the system, asks the time, knows a colour or formats for people.
//! Types do not derive `Serialize`: what leaves the process has types of its own in `output`.

mod address;
mod bytes;
mod change;
mod coverage;
pub mod field;
mod ids;
mod process;
mod row;
mod sample;
mod socket;

pub use address::{Endpoint, Ends, Reach, Scope, UnixName};
pub use bytes::SystemBytes;
pub use change::{Change, ChangeKind};
pub use coverage::{Coverage, OwnerCoverage, Slice, SliceCoverage, SliceStatus};
pub use field::{Field, Subject, Value};
pub use ids::{Cookie, Fd, Identity, IfIndex, Inode, NetnsId, Pid, SocketKey, Uid};
pub use process::{Executable, NoOwner, Owner, OwnerSet, Owners, Process, ProcessId};
pub use row::{Life, Row};
pub use sample::{Host, Names, Sample, Stamp};
pub use socket::{Family, PortRange, Protocol, Queues, Role, Socket, SocketType, State, Timer, TimerKind};
