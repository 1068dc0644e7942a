//! The expectations beside what listens.

use super::*;
use crate::model::Protocol::{Sctp, Tcp, Udp};
use crate::model::SliceStatus;

/// What comparing with a sample tells: `= 80:2` for a listener that the entry of line 2 expects, `- 2` for an entry that
/// is gone, `? 2` for one that may be, and `80 why` for all else.
fn compared(text: &str, sockets: &str, spoil: impl Fn(&mut Moment)) -> Vec<String> {
    let policy = policy(text);
    let mut said = Vec::new();
    play(&samples(&[sockets]), |_, table, moment| {
        let mut moment = moment.clone();
        spoil(&mut moment);
        let Comparison { there, gone, not_seen, others } = compare(&policy, table, &moment);
        let port = |row: &Row| row.socket.ends.local().map_or(0, |end| end.port);
        said = there.iter().map(|(row, entry)| format!("= {}:{}", port(row), entry.line)).collect();
        said.extend(gone.iter().map(|entry| format!("- {}", entry.line)));
        said.extend(not_seen.iter().map(|entry| format!("? {}", entry.line)));
        said.extend(others.iter().map(|(alert, nearest)| {
            assert_eq!(alert.line, nearest.map(|entry| entry.line));
            told(alert).replace("-listener", "")
        }));
    });
    said
}

#[test]
fn each_entry_and_each_listener_is_told_once() {
    let web = entry("tcp", "80", "any", "exe = \"/usr/sbin/nginx\"");
    let any = entry("tcp", "\"any\"", "any", "");
    let narrow = entry("tcp", "80", "loopback", "");
    for (text, sockets, says) in [
        ("", ALL, &["80 unexpected: no expectation covers it"][..]),
        (&web, r#""web""#, &["= 80:2"]),
        (&web, r#""web", "web6""#, &["= 80:2", "= 80:2"]),
        (&web, "", &["- 2"]),
        (&web, r#""dns""#, &["- 2", "53 unexpected: no expectation covers it"]),
        (&web, r#""query", "local""#, &["- 2"]),
        (&(web.clone() + &any), r#""web""#, &["= 80:2"]), // both expect it, the first decides
        (&(any.clone() + &web), r#""door""#, &["= 4444:2", "- 7"]),
        (&narrow, r#""web""#, &["80 unexpected: wider than expected: only loopback is accepted"]),
        (
            &(narrow.clone() + &web.replace("nginx", "other")),
            r#""web""#,
            &["- 2", "80 unexpected: its exe is not the expected /usr/sbin/other"],
        ),
    ] {
        let said = compared(text, sockets, |_| {});
        let head: Vec<_> = said.iter().take(says.len()).collect();
        assert_eq!(head, says.iter().collect::<Vec<_>>(), "{text}{sockets}");
        assert!(said.len() == says.len() || sockets == ALL, "{said:?}");
    }
}

#[test]
fn two_entries_in_one_line_are_two() {
    let one = |port| format!("{{ protocol = \"tcp\", port = {port}, scope = \"loopback\" }}");
    let said = compared(&format!("expect = [{}, {}]\n", one(80), one(81)), r#""web""#, |_| {});
    assert_eq!(said, ["- 2", "80 unexpected: wider than expected: only loopback is accepted"]);
}

#[test]
fn nobody_is_gone_of_whom_not_all_was_read() {
    let both = entry("tcp", "81", "any", "") + &entry("udp", "54", "any", "");
    let refuse = |protocol| {
        move |moment: &mut Moment| {
            let read = moment.coverage.slices.iter_mut().find(|read| read.slice.protocol == protocol);
            read.unwrap().status = SliceStatus::Failed("refused".to_owned());
        }
    };
    assert_eq!(compared(&both, "", refuse(Tcp)), ["- 7", "? 2"]);
    assert_eq!(compared(&both, "", refuse(Udp)), ["- 2", "? 7"]);
    assert_eq!(compared(&both, "", refuse(Sctp)), ["- 2", "- 7"]);
}

#[test]
fn entries_and_rules_are_kept_as_they_were_written() {
    let text = entry("tcp", "80", "any", "note = \"n\"")
        + "[[rule]]\nname = \"r\"\nwhen = 'port = door'\nnote = \"m\"\n";
    let Policy { expectations, rules, .. } = policy(&text);
    assert_eq!(expectations[0].note.as_deref(), Some("n"));
    assert_eq!((rules[0].text.as_str(), rules[0].note.as_deref()), ("port = door", Some("m")));
    for (ports, says) in
        [(Ports::Any, "any port"), (Ports::Range(8, 8), "port 8"), (Ports::Range(8, 9), "ports 8-9")]
    {
        assert_eq!(ports.to_string(), says);
    }
}
