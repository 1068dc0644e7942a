//! The journal of systemd: an alert is an entry with fields of its own, so that `journalctl SOCKEYE_PORT=4444`
//! finds it.

use std::path::PathBuf;
use std::sync::Arc;

use super::fields::{Fields, Socket};
use super::settings::{Keys, Wrong};
use super::{Failure, Notice, Sink, Undelivered, each, syslog};
use crate::sys::journal;

/// The same for every alert (`MESSAGE_ID`, systemd.journal-fields(7)).
const MESSAGE_ID: &str = "6f1c2f0b7d0e4a52a0a4f2c1d9b35e77";

/// What the file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Journald {
    path: PathBuf,
}

impl Journald {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        let path = keys.path("path")?;
        Ok(Self { path: path.unwrap_or_else(|| journal::PLACE.into()) })
    }

    pub(super) fn open(&self, name: &str) -> Journal {
        Journal { name: name.to_owned(), path: self.path.clone() }
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Journal {
    name: String,
    path: PathBuf,
}

impl Sink for Journal {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        each(notices, |notice| {
            journal::send(&self.path, &entry(notice)).map_err(|error| {
                let path = crate::text::path(&self.path);
                Failure::again(format!("the journal at {path} did not take it: {error}"))
            })
        })
    }
}

/// The entry: fields, each with its value.
fn entry(notice: &Notice) -> Vec<u8> {
    let mut entry = Vec::new();
    let mut field = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            push(&mut entry, name, value);
        }
    };
    let fields = Fields::of(notice);
    field("MESSAGE", Some(fields.message.as_deref().unwrap_or(&notice.line)));
    field("MESSAGE_ID", Some(MESSAGE_ID));
    field("PRIORITY", Some(&syslog::level(notice.severity).to_string()));
    field("SYSLOG_IDENTIFIER", Some("sockeye"));
    field("SOCKEYE_SEVERITY", Some(notice.severity.word()));
    field("SOCKEYE_ID", fields.id.as_deref());
    field("SOCKEYE_ALERT", fields.alert.as_deref());
    field("SOCKEYE_EXE", fields.exe.as_deref());
    field("OBJECT_PID", fields.pid.map(|pid| pid.to_string()).as_deref());
    let Socket { protocol, local_address, local_port } = fields.socket.unwrap_or_default();
    field("SOCKEYE_PROTOCOL", protocol.as_deref());
    field("SOCKEYE_ADDRESS", local_address.as_deref());
    field("SOCKEYE_PORT", local_port.map(|port| port.to_string()).as_deref());
    entry
}

/// A value with newlines has its length before it.
fn push(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::super::tests::{notice, notices};
    use super::*;

    #[test]
    fn an_alert_is_an_entry_with_fields() {
        let shown = String::from_utf8(entry(&notice(1))).unwrap();
        assert_eq!(
            shown,
            "MESSAGE=unexpected listener: tcp 0.0.0.0:4444 held by nc 31337\n\
             MESSAGE_ID=6f1c2f0b7d0e4a52a0a4f2c1d9b35e77\n\
             PRIORITY=3\n\
             SYSLOG_IDENTIFIER=sockeye\n\
             SOCKEYE_SEVERITY=high\n\
             SOCKEYE_ID=00000000000000a1\n\
             SOCKEYE_ALERT=unexpected-listener\n\
             SOCKEYE_EXE=/usr/bin/nc\n\
             OBJECT_PID=31337\n\
             SOCKEYE_PROTOCOL=tcp\n\
             SOCKEYE_ADDRESS=0.0.0.0\n\
             SOCKEYE_PORT=4444\n"
        );
        let plain = Notice { json: "{}".to_owned(), ..notice(1) };
        let shown = String::from_utf8(entry(&plain)).unwrap();
        assert!(shown.starts_with(&format!("MESSAGE={}\n", plain.line)), "{shown}");
        assert!(!shown.contains("SOCKEYE_PORT"), "{shown}");
    }

    #[test]
    fn no_value_passes_for_another_field() {
        let mut entry = Vec::new();
        push(&mut entry, "A", "x\nPRIORITY=0");
        push(&mut entry, "B", "");
        assert_eq!(entry, b"A\n\x0c\0\0\0\0\0\0\0x\nPRIORITY=0\nB=\n");
    }

    #[test]
    fn entries_arrive_in_order_and_what_does_not_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let mut sink = Journald { path: path.clone() }.open("journal");
        let lost = sink.deliver(&notices(1..3)).unwrap_err();
        assert!(lost.taken == 0 && matches!(lost.failure, Failure::Again { after: None, .. }), "{lost:?}");
        let journal = UnixDatagram::bind(&path).unwrap();
        sink.deliver(&notices(1..3)).unwrap();
        for id in ["a1", "a2"] {
            let mut buffer = vec![0; 4096];
            let length = journal.recv(&mut buffer).unwrap();
            let told = String::from_utf8(buffer[..length].to_vec()).unwrap();
            assert!(told.contains(&format!("SOCKEYE_ID=00000000000000{id}\n")), "{told}");
        }
    }
}
