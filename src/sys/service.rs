//! Telling a service manager how a service does (`sd_notify(3)`). Where none listens nothing is told, and one that does
//! not take it is no reason to stop: it will notice by itself.

use sd_notify::{NotifyState, notify};

/// It began to do what it is there for.
pub fn ready() {
    drop(notify(&[NotifyState::Ready]));
}

/// It does what it is there for still: what a watchdog waits for (`WatchdogSec=`, systemd.service(5)).
pub fn alive() {
    drop(notify(&[NotifyState::Watchdog]));
}

/// How it does, for people.
pub fn tell(status: &str) {
    drop(notify(&[NotifyState::Status(status)]));
}

/// It comes to its end.
pub fn stopping() {
    drop(notify(&[NotifyState::Stopping]));
}
