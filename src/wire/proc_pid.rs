//! `/proc/PID/*`: names, arguments and descriptors of processes (proc(5)).
//!
//! A process names itself: `comm` and the arguments hold any bytes, parentheses, blanks and
//! newlines among them.

use super::WireError;
use crate::model::{Inode, NetnsId, Pid, SystemBytes, Terminal, Uid};

/// What is used of `/proc/PID/stat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    pub comm: SystemBytes,
    pub parent: Pid,
    /// `PF_KTHREAD` among its flags (`linux/sched.h`).
    pub kernel_thread: bool,
    /// The leader of its session; `None` when that is outside of our pid namespace.
    pub session: Option<Pid>,
    pub terminal: Option<Terminal>,
    /// Fields 14 and 15: clock ticks of all its threads, in user and in kernel mode.
    pub cpu: u64,
    /// Field 22: clock ticks after boot.
    pub start: u64,
    /// Field 24: pages of memory that are resident.
    pub resident: u64,
}

const PF_KTHREAD: u64 = 0x0020_0000;

/// Parses `/proc/PID/stat`. The name ends at the *last* parenthesis: it may hold others.
pub fn stat(text: &[u8]) -> Result<Stat, WireError> {
    let open = text.iter().position(|b| *b == b'(').ok_or(WireError::Line)?;
    let close = text.iter().rposition(|b| *b == b')').ok_or(WireError::Line)?;
    let comm = text.get(open + 1..close).ok_or(WireError::Line)?;
    // Behind the name: state is field 3, the parent field 4, the session 6, the terminal 7, the
    // flags 9, the CPU times 14 and 15, the start time 22, the resident pages 24.
    let mut fields =
        text[close + 1..].split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).skip(1);
    let parent = fields.next().and_then(number).ok_or(WireError::Line)?;
    let session = fields.nth(1).and_then(number).ok_or(WireError::Line)?;
    // A negative number is a device that no terminal has.
    let terminal = fields.next().ok_or(WireError::Line)?;
    let flags = fields.nth(1).and_then(number).ok_or(WireError::Line)?;
    let user = fields.nth(4).and_then(number).ok_or(WireError::Line)?;
    let kernel = fields.next().and_then(number).ok_or(WireError::Line)?;
    let start = fields.nth(6).and_then(number).ok_or(WireError::Line)?;
    let resident = fields.nth(1).and_then(number).ok_or(WireError::Line)?;
    let cpu = user.saturating_add(kernel);
    let parent = Pid(u32::try_from(parent).map_err(|_| WireError::Line)?);
    let session = u32::try_from(session).ok().filter(|leader| *leader != 0).map(Pid);
    let terminal = number(terminal).and_then(|number| u32::try_from(number).ok());
    let terminal = terminal.and_then(Terminal::from_stat);
    let kernel_thread = flags & PF_KTHREAD != 0;
    Ok(Stat { comm: comm.into(), parent, kernel_thread, session, terminal, cpu, start, resident })
}

/// The user of `/proc/PID/loginuid`; `None` when nobody logged in: that is `(uid_t) -1`
/// (`include/linux/audit.h`, `AUDIT_UID_UNSET`).
#[must_use]
pub fn login_uid(text: &[u8]) -> Option<u32> {
    let uid = number(text.trim_ascii_end()).and_then(|uid| u32::try_from(uid).ok());
    uid.filter(|uid| *uid != u32::MAX)
}

/// Splits `/proc/PID/cmdline` into its arguments.
#[must_use]
pub fn cmdline(text: &[u8]) -> Vec<SystemBytes> {
    if text.is_empty() {
        return Vec::new();
    }
    text.strip_suffix(b"\0").unwrap_or(text).split(|b| *b == 0).map(SystemBytes::from).collect()
}

/// The effective user of `/proc/PID/status`: the second number of its `Uid:` line.
#[must_use]
pub fn effective_uid(status: &[u8]) -> Option<Uid> {
    let line = status.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"Uid:"))?;
    let uid = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).nth(1)?;
    number(uid).and_then(|uid| u32::try_from(uid).ok()).map(Uid)
}

/// What the security module calls a task or a file: `attr/current` and its kind, proc(5). `None` for nothing.
#[must_use]
pub fn label(text: &[u8]) -> Option<SystemBytes> {
    let name = text.trim_ascii_end();
    let name = name.strip_suffix(b"\0").unwrap_or(name);
    (!name.is_empty()).then(|| SystemBytes::from(name))
}

/// The socket that a link in `/proc/PID/fd` points to: `socket:[4711]`.
#[must_use]
pub fn socket_link(target: &[u8]) -> Option<Inode> {
    Inode::new(number(target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?)?)
}

/// The network namespace that a link in `/proc/PID/ns` or `/proc/PID/fd` points to:
/// `net:[4026531840]`.
#[must_use]
pub fn net_link(target: &[u8]) -> Option<NetnsId> {
    number(target.strip_prefix(b"net:[")?.strip_suffix(b"]")?).filter(|inode| *inode != 0).map(NetnsId)
}

/// The pid namespace that a link in `/proc/PID/ns` points to: `pid:[4026531836]`.
#[must_use]
pub fn pid_link(target: &[u8]) -> Option<u64> {
    number(target.strip_prefix(b"pid:[")?.strip_suffix(b"]")?)
}

/// The pid of a process by the `fdinfo` of its handle; `None` when it has ended, or is not in the pid namespace
/// of this `/proc`.
#[must_use]
pub fn pidfd_pid(fdinfo: &[u8]) -> Option<Pid> {
    let line = fdinfo.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"Pid:"))?;
    let pid = number(line.trim_ascii()).filter(|pid| *pid != 0)?;
    u32::try_from(pid).ok().map(Pid)
}

/// A plain decimal number and nothing else: the name of a process or descriptor directory.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_survives_hostile_names() {
        for name in [&b"nginx"[..], b"a) R 1 1 1", b"((", b"))", b"", b"x\n1 (sshd) S 1", b"\x1b]0;x\x07\x9b"]
        {
            let mut text = b"42 (".to_vec();
            text.extend_from_slice(name);
            text.extend_from_slice(
                b") S 7 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 98765 1000 10 18446744073709551615\n",
            );
            let stat = stat(&text).unwrap();
            assert_eq!((stat.comm.as_bytes(), stat.parent, stat.start), (name, Pid(7), 98765));
            assert_eq!((stat.cpu, stat.resident), (3, 10));
        }
    }

    #[test]
    fn kernel_threads_are_told_by_their_flags() {
        let text = |flags: u32| format!("2 (kthreadd) S 0 0 0 0 -1 {flags} 0 0 0 0 0 0 0 0 20 0 1 0 7 0 0");
        assert!(stat(text(2_129_984).as_bytes()).unwrap().kernel_thread);
        assert!(!stat(text(4_194_560).as_bytes()).unwrap().kernel_thread);
    }

    #[test]
    fn stat_tells_session_and_terminal() {
        let told = |fields: &str| {
            let text = format!("9 (x) S 7 8 {fields} -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7 0 0");
            let stat = stat(text.as_bytes()).unwrap();
            assert_eq!((stat.parent, stat.start), (Pid(7), 7));
            (stat.session, stat.terminal.map(|terminal| terminal.to_string()))
        };
        assert_eq!(told("6 34817"), (Some(Pid(6)), Some("pts/1".to_owned())));
        assert_eq!(told("0 0"), (None, None));
        assert_eq!(told("6 -1"), (Some(Pid(6)), None));
    }

    #[test]
    fn who_logged_in() {
        assert_eq!(login_uid(b"1000"), Some(1000));
        assert_eq!(login_uid(b"0\n"), Some(0));
        for unset in [&b"4294967295"[..], b"", b"-1", b"4294967296"] {
            assert_eq!(login_uid(unset), None);
        }
    }

    #[test]
    fn stat_refuses_what_is_cut() {
        for text in [&b""[..], b"42", b"42 (x", b"42 x)", b") (", b"42 (x) S", b"42 (x) S 7 42 42 0"] {
            assert_eq!(stat(text), Err(WireError::Line), "{text:?}");
        }
    }

    #[test]
    fn cmdline_keeps_empty_arguments() {
        let args = |text: &[u8]| cmdline(text).iter().map(|arg| arg.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(args(b"nc\0-l\0"), [b"nc".to_vec(), b"-l".to_vec()]);
        assert_eq!(args(b"a\0\0b\0"), [b"a".to_vec(), b"".to_vec(), b"b".to_vec()]);
        assert_eq!(args(b"nginx: master process"), [b"nginx: master process".to_vec()]);
        assert!(args(b"").is_empty());
    }

    #[test]
    fn uid_is_the_effective_one() {
        assert_eq!(effective_uid(b"Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n"), Some(Uid(0)));
        assert_eq!(effective_uid(b"Name:\tUid: 1\n"), None);
    }

    #[test]
    fn pid_of_a_handle() {
        let text =
            |pid: &str| format!("pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t7\nPid:\t{pid}\nNSpid:\t9\n");
        assert_eq!(pidfd_pid(text("812").as_bytes()), Some(Pid(812)));
        for none in ["-1", "0", "", "x"] {
            assert_eq!(pidfd_pid(text(none).as_bytes()), None);
        }
        assert_eq!(pidfd_pid(b"pos:\t0\n"), None);
    }

    #[test]
    fn labels() {
        for (text, told) in [
            (&b"system_u:system_r:sshd_t:s0\0"[..], Some("system_u:system_r:sshd_t:s0")),
            (b"unconfined\n", Some("unconfined")),
            (b"docker-default (enforce)\n", Some("docker-default (enforce)")),
            (b"\n", None),
            (b"\0", None),
            (b"", None),
        ] {
            assert_eq!(label(text), told.map(SystemBytes::from), "{text:?}");
        }
    }

    #[test]
    fn links() {
        assert_eq!(socket_link(b"socket:[4711]"), Inode::new(4711));
        for other in [
            &b"socket:[0]"[..],
            b"socket:[]",
            b"socket:[1",
            b"pipe:[1]",
            b"/socket:[1]",
            b"socket:[99999999999999999999]",
            b"socket:[1](deleted)",
        ] {
            assert_eq!(socket_link(other), None);
        }
    }

    #[test]
    fn net_links() {
        assert_eq!(net_link(b"net:[4026531840]"), Some(NetnsId(4_026_531_840)));
        for other in [&b"net:[0]"[..], b"net:[]", b"net:[1", b"mnt:[1]", b"/net:[1]", b"net:[1] (deleted)"] {
            assert_eq!(net_link(other), None);
        }
    }

    #[test]
    fn pid_links() {
        assert_eq!(pid_link(b"pid:[4026531836]"), Some(4_026_531_836));
        for other in [&b"pid:[]"[..], b"pid:[1", b"net:[1]", b"pid_for_children:[1]"] {
            assert_eq!(pid_link(other), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _all = (login_uid(&bytes), stat(&bytes), cmdline(&bytes), effective_uid(&bytes), socket_link(&bytes));
        }

        #[test]
        fn stat_finds_any_name(name: Vec<u8>, start: u64) {
            let mut text = b"1 (".to_vec();
            text.extend_from_slice(&name);
            text.extend_from_slice(format!(") R 1{} {start} 0 0", " 0".repeat(17)).as_bytes());
            let stat = stat(&text).unwrap();
            proptest::prop_assert_eq!((stat.comm.as_bytes(), stat.start), (&name[..], start));
        }
    }
}
