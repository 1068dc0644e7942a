//! `-q`: whether some socket passes, as an exit code. Nothing is printed, but for what could not be read.

use super::exit::Exit;
use super::{complain, notice};
use crate::model::Coverage;

/// As grep says it: what was seen counts, whatever else could not be. That nothing passes is said only
/// where everything was seen that could: `owners` says that they were looked at to judge, `blind` why
/// sockets of the kind may be there that nothing lists.
pub(super) fn verdict(passes: bool, coverage: &Coverage, owners: bool, blind: Option<&str>) -> Exit {
    if passes {
        return Exit::Ok;
    }
    notice::tell(coverage, owners);
    if let Some(why) = blind {
        complain(&format!("sockeye: {why}"));
    }
    let all_seen = if owners { coverage.is_complete() } else { coverage.is_whole() };
    if all_seen && blind.is_none() {
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
        for (passes, status, denied, owners, blind, exit) in [
            (true, &ok, 0, true, None, Exit::Ok),
            (true, &partial, 0, false, None, Exit::Ok),
            (true, &ok, 3, true, None, Exit::Ok),
            (false, &ok, 0, false, None, Exit::Found),
            (false, &ok, 0, true, None, Exit::Found),
            (false, &ok, 3, false, None, Exit::Found),
            (false, &ok, 3, true, None, Exit::Error),
            (false, &partial, 0, false, None, Exit::Error),
            (false, &ok, 0, false, Some("not listed"), Exit::Error),
        ] {
            let coverage = coverage(status.clone(), denied);
            let told = verdict(passes, &coverage, owners, blind);
            assert_eq!(told, exit, "{passes} {status:?} {denied} {owners} {blind:?}");
        }
    }
}
