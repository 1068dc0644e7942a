//! Processes outside of the pid namespace that can be looked into. It only tells that there are some.

use crate::sys::procdir::{Viewer, pid_namespace};

/// `PROC_PID_INIT_INO` (`linux/proc_ns.h`): the namespace that has every process.
const INITIAL: u64 = 4_026_531_836;

/// True when there are processes that nobody in here can see. The BPF program sees what this process
/// might, `/proc` shows the namespace of its first process. What may not be asked is not claimed.
pub(super) fn is_unseen(method: &str) -> bool {
    let viewer = if method == super::super::bpf::METHOD { Viewer::Ourselves } else { Viewer::First };
    pid_namespace(viewer).is_some_and(|namespace| namespace != INITIAL)
}
