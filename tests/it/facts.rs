//! Facts that are told whatever is expected, end to end.

use crate::policy::Policy;
use crate::stock::write_file;

/// Everybody may listen anywhere.
const ALL: &str = "[[expect]]\nprotocol = \"udp\"\nport = \"any\"\nscope = \"any\"\n";

/// A name server, and somebody who took its address.
const HIJACK: &str = r#"
[users]
0 = "root"
33 = "www-data"
[process.named]
pid = 20
comm = "named"
exe = "/usr/sbin/named"
[process.evil]
pid = 70
comm = 'e\x1b[2Jl'
exe = "/tmp/evil"
[socket.dns]
cookie = 1
protocol = "udp"
state = "unconnected"
local = "127.0.0.1:53"
inode = 1
uid = 0
owners = ["named:3"]
[socket.taker]
cookie = 2
protocol = "udp"
state = "unconnected"
local = "127.0.0.1:53"
inode = 2
uid = 33
owners = ["evil:3"]
[[sample]]
at = 0
sockets = ["dns", "taker"]
"#;

#[test]
fn a_check_tells_who_took_an_address_and_ends_with_1_unless_that_is_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = dir.path().join("hijack.toml");
    write_file(&scenario, HIJACK);
    let source = format!("scenario:{}", scenario.display());
    let policy = Policy::with(&format!("version = 1\n{ALL}"));
    let ran = policy.run(&["check", "--source", &source]);
    assert_eq!(ran.code(), 1, "{}", ran.stderr());
    let text = ran.stdout();
    assert!(text.contains(r"udp 127.0.0.1:53  e\x1b[2Jl 70 /tmp/evil (www-data)  named 20 "), "{text}");
    assert!(text.contains("0 unexpected, 1 fact beside them, 2 as expected."), "{text}");

    let ran = policy.run(&["check", "--json", "--source", &source]);
    let alert: serde_json::Value = serde_json::from_str(ran.stdout().lines().next().unwrap()).unwrap();
    assert_eq!((&alert["alert"], &alert["severity"]), (&"second-owner".into(), &"high".into()));
    let said = "second owner of an address: udp 127.0.0.1:53 held by e\\x1b[2Jl 70 /tmp/evil (www-data): named 20 \
                /usr/sbin/named (root) serves the same address, and either may get what is the other's";
    assert_eq!(alert["message"], said);

    let quiet = Policy::with(&format!("version = 1\nignore = [\"second-owner\"]\n{ALL}"));
    let ran = quiet.run(&["check", "--source", &source]);
    assert_eq!(ran.code(), 0, "{}{}", ran.stdout(), ran.stderr());
    let shown = quiet.run(&["policy", "show"]);
    assert!(shown.stdout().contains("policy.toml: ignores second-owner\n"), "{}", shown.stdout());
}
