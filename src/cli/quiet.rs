//! `-q`: whether some socket passes, as an exit code. Nothing is printed, but for what could not be read.

use super::claim::{Answer, Claim, Tally};
use super::exit::Exit;
use super::{complain, notice};
use crate::model::Coverage;

/// As grep says it: what was seen counts, whatever else could not be. That nothing passes is said only
/// where everything was seen that could: `owners` says that they were looked at to judge, `blind` why
/// sockets of the kind may be there that nothing lists.
pub(super) fn verdict(tally: &Tally, coverage: &Coverage, owners: bool, blind: Option<&str>) -> Exit {
    let answer = Claim::AtLeast(1).answer(tally);
    if answer == Answer::Holds {
        return Exit::Ok;
    }
    notice::tell(coverage, owners);
    if let Some(why) = blind {
        complain(&format!("sockeye: {why}"));
    }
    if answer == Answer::Fails && blind.is_none() {
        return Exit::Found;
    }
    complain("sockeye: no socket that was seen passes, but not everything could be seen");
    Exit::Error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_said_only_where_all_was_seen() {
        for (passing, in_doubt, whole, blind, exit) in [
            (1, 0, true, None, Exit::Ok),
            (1, 0, false, None, Exit::Ok),
            (2, 3, true, None, Exit::Ok),
            (0, 0, true, None, Exit::Found),
            (0, 3, true, None, Exit::Error),
            (0, 0, false, None, Exit::Error),
            (0, 0, true, Some("not listed"), Exit::Error),
        ] {
            let tally = Tally { passing, in_doubt, whole };
            let told = verdict(&tally, &Coverage::default(), true, blind);
            assert_eq!(told, exit, "{tally:?} {blind:?}");
        }
    }
}
