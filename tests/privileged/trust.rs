//! Root trusts no policy that others could have written.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};

use crate::Case;
use crate::harness::{run, sockeye};
use crate::others::NOBODY;
use crate::stock::write_file;

pub(crate) const CASES: &[Case] = &[("trust::root_refuses_a_policy_that_others_may_write", refuses)];

fn refuses() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    write_file(&policy, "version = 1\n");
    let source = "scenario:tests/scenarios/blind.toml";
    let checked = |sudo: Option<&str>, says: Option<&str>, what: &str| {
        for command in [&["check"][..], &["policy", "learn", "--dry-run"]] {
            let mut sockeye =
                sockeye(&[command, &["--source", source, "--policy", policy.to_str().unwrap()]].concat());
            sockeye.current_dir(env!("CARGO_MANIFEST_DIR")).envs(sudo.map(|uid| ("SUDO_UID", uid)));
            let ran = run(&mut sockeye);
            let what = format!("{command:?}, {what}: {ran:?}");
            match says {
                None => assert_ne!(ran.code(), 2, "{what}"),
                Some(says) => {
                    assert_eq!((ran.code(), ran.stdout.is_empty()), (2, true), "{what}");
                    assert!(ran.stderr().contains(says) && ran.stderr().contains("policy.toml"), "{what}");
                }
            }
        }
    };
    for (mode, owner, sudo, says) in [
        (0o644, 0, None, None),
        (0o600, 0, None, None),
        (0o666, 0, None, Some("mode 666")),
        (0o664, 0, None, Some("chmod go-w")),
        (0o644, NOBODY, None, Some("belongs to user 65534")),
        (0o644, NOBODY, Some("1234"), Some("chown it to root")),
        (0o644, NOBODY, Some("65534"), None),
        (0o666, NOBODY, Some("65534"), Some("others may write to it")),
    ] {
        fs::set_permissions(&policy, Permissions::from_mode(mode)).unwrap();
        chown(&policy, Some(owner), None).unwrap();
        checked(sudo, says, &format!("mode {mode:o}, owner {owner}, sudo {sudo:?}"));
    }
    fs::set_permissions(&policy, Permissions::from_mode(0o644)).unwrap();
    chown(&policy, Some(0), None).unwrap();
    for (mode, says) in [(0o777, Some("chmod go-w the directory")), (0o1777, None), (0o755, None)] {
        fs::set_permissions(dir.path(), Permissions::from_mode(mode)).unwrap();
        checked(None, says, &format!("directory with mode {mode:o}"));
    }
}
