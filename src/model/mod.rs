//! Plain data: sockets, processes, samples, changes, coverage, and the field registry.
//!
//! Layer 0. Nothing here reads the system, asks the time, knows a colour or formats for people.
//! Types do not derive `Serialize`: what leaves the process has types of its own in `output`.

mod address;
mod ask;
mod bytes;
mod change;
mod closing;
mod coverage;
mod details;
mod ending;
pub mod field;
mod heard;
mod hearing;
mod holding;
mod ids;
mod kernel_counts;
mod kernel_use;
mod kind;
mod lineage;
mod namespace;
mod narrow;
mod process;
mod published_port;
mod rights;
mod row;
mod sample;
mod signal;
mod socket;
mod state;
mod stopping;
mod tcp_info;
mod usage;
mod words;
mod workload;

pub use address::{Endpoint, Ends, Name, Reach, Scope, UnixName};
pub use ask::{Ask, Closely};
pub use bytes::SystemBytes;
pub use change::{Change, ChangeKind};
pub use closing::Closing;
pub use coverage::{Coverage, OwnerCoverage, SilentRuntime, Slice, SliceCoverage, SliceStatus};
pub use details::{
    BpfInstruction, BpfStorage, CgroupId, Congestion, CongestionState, Details, Md5Key, Memory, MptcpDetails,
    NetlinkDetails, Options, PacketDetails, Ring, Shutdown, SmcDetails, SmcMode, Subflow, Tls, UnixDetails,
    XdpDetails,
};
pub use ending::Ending;
pub use field::{Field, Subject, Value};
pub use heard::{Begun, End, Heard};
pub use hearing::{Hearing, HearingCoverage};
pub use holding::{Holding, Thread};
pub use ids::{Cookie, Fd, Identity, IfIndex, Inode, NetnsId, Pid, SocketKey, Uid};
pub use kernel_counts::{InUse, KernelCounters, KernelCounts};
pub use kernel_use::{KernelUse, Seat};
pub use kind::{Family, Protocol, SocketType};
pub use lineage::{Ancestor, Lineage, Terminal};
pub use namespace::{NamespaceCoverage, NetnsCoverage, NetnsFound};
pub use narrow::{Blank, Extent, Named, Narrow};
pub use process::{
    Executable, FileId, Held, Known, Located, NoOwner, Owner, OwnerSet, Owners, Process, ProcessId,
};
pub use published_port::{Incoming, PublishedPort, Span};
pub use rights::{Profile, Rights};
pub use row::{History, Life, Rate, Row};
pub use sample::{Host, Names, Sample, Stamp};
pub use signal::{Signal, Signalling};
pub use socket::{Basics, Queues, Reuse, Socket, Timer, TimerKind};
pub use state::{PortRange, Role, State};
pub use stopping::Stopping;
pub use tcp_info::{Counters, Place as TcpInfoPlace, TcpInfo};
pub use usage::{NoUsage, Usage, Usages};
pub use workload::{Container, Pod, Published, Runtime, Workload};
