//! The system's log: an alert is a line (RFC 3164), as every syslog daemon takes it.

use std::path::PathBuf;
use std::sync::Arc;

use super::settings::{Keys, Wrong};
use super::{Failure, Notice, Sink, Undelivered, each};
use crate::policy::Severity;
use crate::sys::syslog::{self, Facility};

/// What the file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Syslog {
    path: PathBuf,
    facility: Facility,
}

impl Syslog {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        let path = keys.path("path")?;
        let facility = keys.word("facility", &Facility::ALL, Facility::word)?;
        Ok(Self {
            path: path.unwrap_or_else(|| syslog::PLACE.into()),
            facility: facility.unwrap_or(Facility::Daemon),
        })
    }

    pub(super) fn open(&self, name: &str) -> Log {
        Log { name: name.to_owned(), to: self.clone() }
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Log {
    name: String,
    to: Syslog,
}

impl Sink for Log {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        let Syslog { path, facility } = &self.to;
        each(notices, |notice| {
            syslog::send(path, (*facility, level(notice.severity)), &notice.line).map_err(|error| {
                let path = crate::text::path(path);
                Failure::again(format!("the log at {path} did not take it: {error}"))
            })
        })
    }
}

/// The severity as the logs count it (RFC 3164, section 4.1.1).
pub(super) fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 2,
        Severity::High => 3, // an error
        Severity::Medium => 4,
        Severity::Low => 5,
        Severity::Info => 6,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::super::tests::notices;
    use super::*;

    #[test]
    fn an_alert_is_a_line_with_its_priority() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut sink = Syslog { path: path.clone(), facility: Facility::Local3 }.open("log");
        let lost = sink.deliver(&notices(1..2)).unwrap_err();
        assert!(lost.to_string().contains("did not take it"), "{lost}");
        let log = UnixDatagram::bind(&path).unwrap();
        sink.deliver(&notices(1..2)).unwrap();
        let mut buffer = [0; 1024];
        let length = log.recv(&mut buffer).unwrap();
        // 19 * 8 + 3
        let says = format!("<155>sockeye[{}]: {}", std::process::id(), notices(1..2)[0].line);
        assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), says);
    }
}
