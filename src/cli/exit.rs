//! Exit codes: stated in the help, never changed.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Ok,
    /// `check`: there is an unexpected listener. `policy diff`: something differs. `who`: nobody holds it. `-q`: no
    /// socket passes. `assert`: it is not so. `wait-for`: the time is over.
    Found,
    /// Wrong usage, or what was asked for could not be done.
    Error,
    /// `check`, `policy diff`, `assert`, `wait-for`: too little could be seen to say.
    Unseen,
    /// Ended by a signal, as shells number it.
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Found => 1,
            Exit::Error => 2,
            Exit::Unseen => 3,
            Exit::Signal(signal) => signal.saturating_add(128),
        })
    }
}
