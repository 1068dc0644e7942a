//! `-q`: whether some socket passes, as an exit code. Nothing is printed, but for what could not be read.

use super::exit::Exit;
use super::{complain, notice};
use crate::model::Coverage;

/// As grep says it: what was seen counts, whatever else could not be. That nothing passes is said only
/// where everything was seen that could; `owners` says that they were looked at to judge.
pub(super) fn verdict(passes: bool, coverage: &Coverage, owners: bool) -> Exit {
    if passes {
        return Exit::Ok;
    }
    notice::tell(coverage, owners);
    let all_seen = if owners { coverage.is_complete() } else { coverage.is_whole() };
    if all_seen {
        return Exit::Found;
    }
    complain("sockeye: no socket that was seen passes, but not everything could be seen");
    Exit::Error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, NetnsId, OwnerCoverage, Protocol, Slice, SliceCoverage, SliceStatus};

    fn coverage(status: SliceStatus, denied: usize) -> Coverage {
        let slice = Slice { netns: NetnsId(1), family: Family::Inet, protocol: Protocol::Tcp };
        let read = SliceCoverage { status, ..SliceCoverage::new(slice, "netlink") };
        let owners = OwnerCoverage { denied, ..OwnerCoverage::default() };
        Coverage { slices: vec![read], owners, ..Coverage::default() }
    }

    #[test]
    fn none_is_said_only_where_all_was_seen() {
        let (ok, partial) = (SliceStatus::Ok, SliceStatus::Partial("it broke off".to_owned()));
        for (passes, status, denied, owners, exit) in [
            (true, &ok, 0, true, Exit::Ok),
            (true, &partial, 0, false, Exit::Ok),
            (true, &ok, 3, true, Exit::Ok),
            (false, &ok, 0, false, Exit::Found),
            (false, &ok, 0, true, Exit::Found),
            (false, &ok, 3, false, Exit::Found),
            (false, &ok, 3, true, Exit::Error),
            (false, &partial, 0, false, Exit::Error),
        ] {
            let coverage = coverage(status.clone(), denied);
            assert_eq!(verdict(passes, &coverage, owners), exit, "{passes} {status:?} {denied} {owners}");
        }
    }
}
