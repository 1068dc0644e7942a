//! The numbers of what a filter names: interfaces and cgroups, at the time and in the namespace of a
//! reading. What is not found has none, and the kernel is not asked to judge by it.

use crate::model::{IfIndex, Narrow, SystemBytes};
use crate::sys::interfaces::Interfaces;
use crate::sys::procnet::Whose;
use crate::sys::{cgroup, procnet};
use crate::wire::proc_net_dev;

/// Fills in what is known in the namespace of the calling thread.
pub(super) fn fill(narrow: Narrow) -> Narrow {
    if narrow.blanks.is_empty() { narrow } else { narrow.filled(device, cgroup::id_of) }
}

/// The index of a device that is named so, or is the one of that index.
fn device(typed: &SystemBytes) -> Option<IfIndex> {
    // Asked for a name that is not there, the kernel looks for a module.
    let list = procnet::table(Whose::Ours, "dev").ok()?;
    let by_index = std::str::from_utf8(typed.as_bytes()).ok()?.parse().ok().and_then(IfIndex::new);
    match (proc_net_dev::has(&list, typed.as_bytes()), by_index) {
        (true, None) => Interfaces::default().index(typed),
        (false, by_index) => by_index,
        // It is called like the number of another one: either is meant.
        (true, Some(_)) => None,
    }
}
