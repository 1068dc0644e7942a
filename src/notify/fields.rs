//! What sinks tell apart of an alert: a few fields of its JSON. What is not there is not told; nothing is
//! refused for it, because an alert of another kind is better delivered plain than not at all.

use serde::Deserialize;

use super::Notice;

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub(super) id: Option<String>,
    /// The kind of alert.
    pub(super) alert: Option<String>,
    /// The alert as a sentence.
    pub(super) message: Option<String>,
    pub(super) pid: Option<u32>,
    pub(super) exe: Option<String>,
    pub(super) socket: Option<Socket>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Socket {
    pub(super) protocol: Option<String>,
    pub(super) local_address: Option<String>,
    pub(super) local_port: Option<u16>,
}

impl Fields {
    pub(super) fn of(notice: &Notice) -> Self {
        serde_json::from_str(&notice.json).unwrap_or_default()
    }

    /// The stable id of the alert.
    pub(super) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// The kind of alert.
    pub(super) fn alert(&self) -> &str {
        self.alert.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::notice;
    use super::*;

    #[test]
    fn what_is_not_there_is_not_told() {
        let fields = Fields::of(&notice(1));
        assert_eq!((fields.id(), fields.alert()), ("00000000000000a1", "unexpected-listener"));
        assert_eq!((fields.pid, fields.exe.as_deref()), (Some(31337), Some("/usr/bin/nc")));
        assert_eq!(fields.socket.unwrap().local_port, Some(4444));
        let other = Notice { json: r#"{"type":"storm","id":null,"count":3}"#.to_owned(), ..notice(1) };
        assert_eq!(Fields::of(&other), Fields::default());
        let broken = Notice { json: "{".to_owned(), ..notice(1) };
        assert_eq!(Fields::of(&broken).id(), "");
    }
}
