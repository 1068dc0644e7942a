//! The file of sinks: what it may say, and that every mistake is pointed at.

use super::super::{SettingsError, parse};
use super::spec;
use crate::policy::Severity;

/// What is wrong with the only sink, as it is told.
fn wrong(keys: &str) -> String {
    parse(&format!("version = 1\n[[sink]]\n{keys}\n")).unwrap_err().to_string()
}

#[test]
fn every_kind_has_a_name_and_takes_what_it_needs() {
    for (keys, kind) in [
        ("kind = \"file\"\npath = \"/var/log/a\"", "file"),
        (
            "kind = \"file\"\npath = \"/var/log/a\"\nformat = \"lines\"\nmax_bytes = 1_000_000\nkeep = 0",
            "file",
        ),
        ("kind = \"exec\"\ncommand = [\"/bin/x\", \"\", \"b c\"]\ntimeout = \"1m30s\"", "exec"),
        ("kind = \"webhook\"\nurl = \"https://example.com/x?y\"\ntimeout = \"5s\"", "webhook"),
        ("kind = \"textfile\"\npath = \"/x/a.prom\"", "textfile"),
        ("kind = \"listen\"\naddress = \"127.0.0.1:9465\"", "listen"),
        ("kind = \"listen\"\naddress = \"[::1]:9465\"", "listen"),
        ("kind = \"listen\"\naddress = \"/run/sockeye/metrics\"", "listen"),
        ("kind = \"journald\"", "journald"),
        ("kind = \"journald\"\npath = \"/run/other\"", "journald"),
        ("kind = \"syslog\"\nfacility = \"local3\"\npath = \"/run/log\"", "syslog"),
    ] {
        let spec = spec(keys);
        assert_eq!(
            (spec.kind(), spec.name.as_str(), spec.min_severity),
            (kind, kind, Severity::Info),
            "{keys}"
        );
    }
    let named = spec("kind = \"syslog\"\nname = \"loud ones\"\nmin_severity = \"high\"");
    assert_eq!((named.name.as_str(), named.min_severity), ("loud ones", Severity::High));
    assert_eq!(parse("version = 1\n"), Ok(Vec::new()));
}

#[test]
fn a_mistake_is_shown_at_its_place_and_what_was_meant() {
    assert_eq!(
        wrong("kind = \"file\"\npath = \"/a\"\nmax-byte = 3"),
        "   5 | max-byte = 3\n     | ^^^^^^^^ a sink of the kind file has no such key; did you mean max_bytes?"
    );
    assert_eq!(
        wrong("kind = \"sylog\""),
        format!(
            "   3 | kind = \"sylog\"\n     |        ^^^^^^^ expected one of {}; did you mean \"syslog\"?",
            "file, exec, webhook, journald, syslog, textfile, listen"
        )
    );
    let error = parse("version = 1\n[[sink]]\nkind = \"journald\"\nurl = \"x\"\n").unwrap_err();
    assert_eq!(
        error.brief(),
        "line 4: a sink of the kind journald has no such key; it has kind, name, min_severity, path"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    for (keys, why) in [
        ("", "the key kind is missing"),
        ("kind = 3", "expected one of file"),
        ("kind = \"file\"", "the key path is missing"),
        ("kind = \"file\"\npath = \"relative\"", "expected a whole path"),
        ("kind = \"file\"\npath = \"/\"", "expected a whole path"),
        ("kind = \"file\"\npath = [\"/a\"]", "expected a whole path"),
        ("kind = \"file\"\npath = \"/a\"\nkeep = -1", "between 0 and 100"),
        ("kind = \"file\"\npath = \"/a\"\nkeep = \"3\"", "without quotes"),
        ("kind = \"file\"\npath = \"/a\"\nmax_bytes = 99_999", "between 100_000 and"),
        ("kind = \"file\"\npath = \"/a\"\nformat = \"xml\"", "expected one of json, lines"),
        ("kind = \"exec\"", "the key command is missing"),
        ("kind = \"exec\"\ncommand = []", "the key command is missing"),
        ("kind = \"exec\"\ncommand = \"/bin/x\"", "expected a list of texts"),
        ("kind = \"exec\"\ncommand = [\"/bin/x\", 3]", "expected a list of texts"),
        ("kind = \"exec\"\ncommand = [\"/bin/x\", \"a\\u0000\"]", "expected a list of texts"),
        ("kind = \"exec\"\ncommand = [\"page\"]", "there is no shell"),
        ("kind = \"exec\"\ncommand = [\"/bin/x\"]\ntimeout = 10", "a time such as \"10s\""),
        ("kind = \"exec\"\ncommand = [\"/bin/x\"]\ntimeout = \"1d\"", "between 100ms and"),
        ("kind = \"textfile\"", "the key path is missing"),
        ("kind = \"textfile\"\npath = \"/x/a.txt\"", "end in .prom"),
        ("kind = \"listen\"", "the key address is missing"),
        ("kind = \"listen\"\naddress = \"0.0.0.0:9465\"", "of this machine alone"),
        ("kind = \"listen\"\naddress = \"[::]:9465\"", "of this machine alone"),
        ("kind = \"listen\"\naddress = \"127.0.0.1:0\"", "of this machine alone"),
        ("kind = \"listen\"\naddress = \"localhost:9465\"", "of this machine alone"),
        ("kind = \"listen\"\naddress = \"/\"", "of this machine alone"),
        ("kind = \"syslog\"\nfacility = \"kern\"", "expected one of user"),
        ("kind = \"syslog\"\nmin_severity = \"loud\"", "expected one of info, low"),
        ("kind = \"syslog\"\nname = \" \"", "a name has letters"),
        ("kind = \"syslog\"\nname = \"a\\u001b\"", "a name has letters"),
        ("kind = \"syslog\"\nname = 3", "expected a text"),
        ("kind = \"syslog\"\n[[sink]]\nkind = \"syslog\"", "another sink has the name syslog"),
        ("kind = \"syslog\"\n[sinks]", "there are version and [[sink]]"),
        ("kind = \"syslog\"\nkind = \"file\"", "duplicate key"),
    ] {
        let told = wrong(keys);
        assert!(told.contains(why), "{keys}: {told}");
        assert!(told.contains('^') && told.contains(" | "), "{keys} is not pointed at: {told}");
    }
    let of = |text: &str| parse(text).map_err(|error: SettingsError| error.to_string()).unwrap_err();
    for text in ["", "version = 2", "version = \"1\"", "[[sink]]\nkind = \"syslog\""] {
        assert!(of(text).contains("version = 1"), "{text}");
    }
    assert!(of("version = 1\nsink = 3").contains("[[sink]]"));
    assert!(of("version = 1\nsink = [3]").contains("[[sink]]"));
    assert!(of("version = \x1b").contains(r"\x1b"), "what is shown is harmless");
}
