//! Root trusts no policy and no configuration that others could have written; nobody reads through the
//! program what they may not read.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use sockeye::sys::own_file;
use tempfile::TempDir;

use crate::Case;
use crate::harness::{run, sockeye};
use crate::others::{NOBODY, PublicCopy};
use crate::stock::write_file;

pub(crate) const CASES: &[Case] = &[
    ("trust::root_refuses_a_policy_that_others_may_write", refuses),
    ("trust::root_refuses_a_configuration_that_others_may_write", refuses_configuration),
    ("trust::under_sudo_the_configuration_is_that_of_root", under_sudo),
    ("trust::a_setuid_program_reads_no_configuration_that_its_user_names", setuid),
    ("trust::root_keeps_nothing_where_others_may_write", keeps),
    ("trust::a_home_that_may_not_be_searched_has_no_configuration", closed_home),
];

/// Cases that need a mount namespace of their own.
pub(crate) const APART: &[Case] =
    &[("trust::the_configuration_of_the_system_counts_less_than_that_of_the_user", of_the_system)];

/// Cases that give capabilities to a user.
pub(crate) const CAPABLE: &[Case] =
    &[("trust::no_capability_opens_a_configuration_that_its_user_may_not_read", no_more_than_the_user)];

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

fn refuses_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    write_file(&file, "interval = '3s'\n");
    for ((mode, owner), (dir_mode, dir_owner), sudo, says) in [
        ((0o644, 0), (0o755, 0), None, None),
        ((0o600, 0), (0o700, 0), None, None),
        ((0o646, 0), (0o755, 0), None, Some("mode 646")),
        ((0o664, 0), (0o755, 0), None, Some("chmod go-w it")),
        ((0o644, NOBODY), (0o755, 0), None, Some("belongs to user 65534")),
        ((0o644, 0), (0o775, 0), None, Some("directory (mode 775)")),
        ((0o644, 0), (0o757, 0), None, Some("chmod go-w the directory")),
        ((0o644, 0), (0o1777, 0), None, None), // nobody else can exchange it there
        ((0o644, 0), (0o755, NOBODY), None, Some("its directory belongs to user 65534")),
        ((0o644, NOBODY), (0o755, NOBODY), Some("1234"), Some("chown it to root")),
        ((0o644, NOBODY), (0o755, NOBODY), Some("65534"), None),
    ] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        chown(&file, Some(owner), None).unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(dir_mode)).unwrap();
        chown(dir.path(), Some(dir_owner), None).unwrap();
        let mut command = sockeye(&["config", "--explain"]);
        let ran = run(command.env("SOCKEYE_CONFIG", &file).envs(sudo.map(|uid| ("SUDO_UID", uid))));
        let what = format!("{mode:o} {owner}, {dir_mode:o} {dir_owner}, sudo {sudo:?}: {ran:?}");
        match says {
            None => assert!(ran.stdout().contains("\"3s\""), "{what}"),
            Some(says) => {
                assert_eq!((ran.code(), ran.stdout.is_empty()), (2, true), "{what}");
                assert!(ran.stderr().contains(says) && ran.stderr().contains("config.toml"), "{what}");
            }
        }
    }
}

/// What the dashboard remembers, neither read nor written over where somebody else could have made it.
fn keeps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dashboard.toml");
    own_file::write(&path, "text").unwrap();
    for ((mode, owner), (dir_mode, dir_owner), says) in [
        ((0o600, 0), (0o700, 0), None),
        ((0o644, 0), (0o755, 0), None),
        ((0o620, 0), (0o700, 0), Some("mode 620")),
        ((0o602, 0), (0o700, 0), Some("mode 602")),
        ((0o600, NOBODY), (0o700, 0), Some("belongs to user 65534")),
        ((0o600, 0), (0o770, 0), Some("directory (mode 770)")),
        ((0o600, 0), (0o700, NOBODY), Some("its directory belongs to user 65534")),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(owner), None).unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(dir_mode)).unwrap();
        chown(dir.path(), Some(dir_owner), None).unwrap();
        let (read, written) = (own_file::read(&path, 100), own_file::write(&path, "text"));
        let what = format!("{mode:o} {owner}, {dir_mode:o} {dir_owner}: {read:?} {written:?}");
        match says {
            None => assert!(read.is_ok() && written.is_ok(), "{what}"),
            Some(says) => {
                assert!(read.is_err_and(|error| error.to_string().contains(says)), "{what}");
                assert!(written.is_err_and(|error| error.to_string().contains(says)), "{what}");
            }
        }
    }
}

/// sudo may leave the home of its caller in the environment.
fn under_sudo() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".config/sockeye");
    fs::create_dir_all(&dir).unwrap();
    write_file(&dir.join("config.toml"), "interval = '3s'\n");
    let explained = |sudo: Option<&str>| {
        let mut command = sockeye(&["config", "--explain"]);
        command.env_remove("SOCKEYE_CONFIG").env("HOME", home.path());
        run(command.envs(sudo.map(|uid| ("SUDO_UID", uid)))).ok()
    };
    assert!(explained(None).contains("\"3s\""));
    let told = explained(Some("65534"));
    assert!(!told.contains("\"3s\"") && !told.contains(home.path().to_str().unwrap()), "{told}");
}

/// With an /etc that nobody else sees.
fn of_the_system() {
    const SCRIPT: &str = "mount -t tmpfs none /etc && mkdir -m 755 /etc/sockeye && \
        printf 'interval = \"3s\"\\nascii = true\\n' > /etc/sockeye/config.toml && exec \"$0\" config --explain";
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".config/sockeye");
    fs::create_dir_all(&dir).unwrap();
    write_file(&dir.join("config.toml"), "interval = '4s'\n");
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", SCRIPT, env!("CARGO_BIN_EXE_sockeye")]);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", home.path());
    let told = run(&mut command).ok();
    let counts = |key: &str| -> Vec<String> {
        let line = told.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().skip(1).take(2).map(str::to_owned).collect()
    };
    let own = format!("{}/.config/sockeye/config.toml:1", home.path().display());
    assert_eq!(counts("interval "), ["\"4s\"", own.as_str()]);
    assert_eq!(counts("ascii "), ["true", "/etc/sockeye/config.toml:2"]);
}

fn closed_home() {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    let copy = PublicCopy::new();
    let explained = |home: &Path| {
        run(copy.by_nobody(&["config", "--explain"]).env_remove("SOCKEYE_CONFIG").env("HOME", home))
    };
    let told = explained(home.path()).ok();
    assert!(told.contains("config.toml (its directory may not be searched)"), "{told}");
    // One that is there, and may not be read, is no such case.
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let dir = home.path().join(".config/sockeye");
    fs::create_dir_all(&dir).unwrap();
    write_file(&dir.join("config.toml"), "interval = '3s'\n");
    fs::set_permissions(dir.join("config.toml"), Permissions::from_mode(0o600)).unwrap();
    let ran = explained(home.path());
    assert_eq!(ran.code(), 2);
    assert!(
        ran.stderr().contains("Permission denied") && ran.stderr().contains("SOCKEYE_CONFIG="),
        "{ran:?}"
    );
}

/// A file that is root's alone, and no configuration: a message about it would show its text.
fn secret() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let file = dir.path().join("config.toml");
    write_file(&file, "root:secret\n");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    (dir, file)
}

/// Where the file system ignores the bit, the file may not be read at all.
fn setuid() {
    let (_dir, file) = secret();
    let copy = PublicCopy::new();
    let mut command = copy.by_nobody(&["config", "--explain"]);
    fs::set_permissions(command.get_program(), Permissions::from_mode(0o4755)).unwrap();
    let ran = run(command.env("SOCKEYE_CONFIG", &file).env("SOCKEYE_INTERVAL", "soon"));
    assert!(!ran.stderr().contains("secret"), "{ran:?}");
    match ran.code() {
        0 => assert!(!ran.stdout().contains("SOCKEYE_INTERVAL"), "variables do not count: {ran:?}"),
        _ => assert!(ran.stderr().contains("Permission denied"), "{ran:?}"),
    }
}

fn no_more_than_the_user() {
    let (_dir, file) = secret();
    let copy = PublicCopy::new();
    let program = copy.by_nobody(&[]).get_program().to_owned();
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.args(["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]);
    command.arg(program).arg("-tl").env_clear().env("SOCKEYE_CONFIG", &file).current_dir("/");
    let ran = run(&mut command);
    assert_eq!((ran.code(), ran.stdout()), (2, ""));
    assert!(ran.stderr().contains("Permission denied") && !ran.stderr().contains("secret"), "{ran:?}");
}
