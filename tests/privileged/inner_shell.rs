//! The dashboard in a pid namespace of its own, whose shell is outside: a container's first process.

use crate::Case;
use crate::session::Session;

pub(crate) const CASES: &[Case] = &[("inner_shell::its_leader_is_outside", its_leader_is_outside)];

/// There, getsid(2) and getpgrp(2) answer 0, for which there is no word in the usual bindings.
fn its_leader_is_outside() {
    let program = env!("CARGO_BIN_EXE_sockeye");
    let args = ["--pid", "--fork", "--mount-proc", program, "top", "--interval", "200ms"];
    let mut session = Session::start("unshare", &args);
    session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
    session.press("\x1a/still here");
    session.wait_for("the filter", |screen| screen.contents().contains("filter still here"));
    session.press("\x03");
    session.ends_with(0);
}
