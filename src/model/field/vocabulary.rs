//! The words that a field can have. Filters offer and check them, and the JSON schema lists them.

use super::Field;
use crate::model::{Family, NoOwner, Protocol, Role, Scope, Shutdown, SmcMode, SocketType, State, TimerKind};

/// The words that a field can have; `None` when any text may stand there.
#[must_use]
pub fn vocabulary(field: &Field) -> Option<Vec<&'static str>> {
    let words = match field.key {
        "family" => Family::ALL.iter().map(|it| it.word()).collect(),
        "protocol" => Protocol::ALL.iter().map(|it| it.word()).collect(),
        "type" => SocketType::ALL.iter().map(|it| it.word()).collect(),
        "state" => State::ALL.iter().map(|it| it.word()).collect(),
        "role" => Role::ALL.iter().map(|it| it.word()).collect(),
        "scope" => Scope::ALL.iter().map(|it| it.word()).collect(),
        "reach" => vec!["v4", "v6", "both"],
        "shutdown" => Shutdown::ALL.iter().map(|it| it.word()).collect(),
        "timer_name" => TimerKind::ALL.iter().map(|it| it.word()).collect(),
        "smc_mode" => SmcMode::ALL.iter().map(|it| it.word()).collect(),
        "owner_status" => NoOwner::statuses().collect(),
        _ => return None,
    };
    Some(words)
}
