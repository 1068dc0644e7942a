//! Where a process comes from: the processes that started it, its terminal, session and login.
//! Nothing here finds out.

use std::fmt;
use std::sync::Arc;

use super::{Pid, ProcessId, SystemBytes, Uid};

/// A process that started another one, or took it in when that one's parent ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    pub id: ProcessId,
    pub comm: SystemBytes,
}

impl Ancestor {
    /// True for what begins something of its own: what stands above it tells no more about those
    /// below. Names are chosen by processes themselves, so this proves nothing.
    #[must_use]
    pub fn is_origin(&self) -> bool {
        let comm = self.comm.as_bytes();
        self.id.pid == Pid(1)
            || ORIGINS.contains(&comm)
            || ORIGIN_FAMILIES.iter().any(|it| comm.starts_with(it))
    }
}

/// Managers of services and sessions, as they call themselves.
const ORIGINS: [&[u8]; 10] = [
    b"systemd",
    b"conmon",
    b"lxc-start",
    b"login",
    b"cron",
    b"crond",
    b"atd",
    b"screen",
    b"xinetd",
    b"inetd",
];
/// The same where something may follow: `containerd-shim-runc-v2` is cut at 15 bytes, OpenSSH has an
/// `sshd-session` for each connection, tmux calls itself `tmux: server`.
const ORIGIN_FAMILIES: [&[u8]; 4] = [b"containerd-shim", b"sshd", b"tmux", b"systemd-nspawn"];

/// A controlling terminal, by the numbers of its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    pub major: u32,
    pub minor: u32,
}

impl Terminal {
    /// From `tty_nr` of `/proc/PID/stat`: the minor in the bits 31 to 20 and 7 to 0, the major in 15
    /// to 8 (proc(5), `new_encode_dev`). 0 is no terminal.
    #[must_use]
    pub fn from_stat(number: u32) -> Option<Self> {
        let terminal =
            Self { major: (number >> 8) & 0xfff, minor: (number & 0xff) | ((number >> 12) & 0xf_ff00) };
        (number != 0).then_some(terminal)
    }
}

/// Its name below `/dev` (`admin-guide/devices.txt` of the kernel), or else `major:minor`. A container
/// numbers its own `pts`.
impl fmt::Display for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.major, self.minor) {
            (4, minor @ 0..=63) => write!(f, "tty{minor}"),
            (4, minor) => write!(f, "ttyS{}", minor - 64),
            (5, 0) => f.write_str("tty"),
            (5, 1) => f.write_str("console"),
            (136, minor) => write!(f, "pts/{minor}"),
            (major @ 137..=143, minor) => write!(f, "pts/{}", (major - 136) * 256 + minor),
            (166, minor) => write!(f, "ttyACM{minor}"),
            (188, minor) => write!(f, "ttyUSB{minor}"),
            (204, minor @ 64..=79) => write!(f, "ttyAMA{}", minor - 64),
            (229, minor) => write!(f, "hvc{minor}"),
            (major, minor) => write!(f, "{major}:{minor}"),
        }
    }
}

/// Where a process comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The nearest first, up to one that is an origin. Shorter where one cannot be read, or has ended:
    /// then the next one is whoever took its children in.
    pub parents: Arc<[Ancestor]>,
    pub terminal: Option<Terminal>,
    /// The pid of the session's leader (setsid(2)); `None` when that is out of our pid namespace.
    pub session: Option<Pid>,
    /// The user that logged in, whoever the process has become since (`/proc/PID/loginuid`, audit).
    /// `None` for what no login started, and without audit.
    pub login: Option<Uid>,
}

impl Lineage {
    /// The longest line that is told.
    pub const LONGEST: usize = 16;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_by_their_numbers() {
        for (number, name) in [
            (0x8800, "pts/0"),
            (0x8803, "pts/3"),
            (0x0010_8801, "pts/257"),
            (0x8902, "pts/258"),
            (0x0401, "tty1"),
            (0x0440, "ttyS0"),
            (0x0500, "tty"),
            (0x0501, "console"),
            (0xbc01, "ttyUSB1"),
            (0xa600, "ttyACM0"),
            (0xcc40, "ttyAMA0"),
            (0xe500, "hvc0"),
            (0xf007, "240:7"),
        ] {
            assert_eq!(Terminal::from_stat(number).unwrap().to_string(), name, "{number:#x}");
        }
        assert_eq!(Terminal::from_stat(0), None);
    }

    #[test]
    fn origins_are_told_by_pid_and_name() {
        let origin = |pid, comm: &str| {
            Ancestor { id: ProcessId { pid: Pid(pid), start: 0 }, comm: comm.into() }.is_origin()
        };
        assert!(origin(1, "anything"));
        for comm in ["systemd", "sshd", "sshd-session", "tmux: server", "containerd-shim", "conmon", "login"]
        {
            assert!(origin(7, comm), "{comm}");
        }
        for comm in ["bash", "mysystemd", "systemd-udevd", "loginx", ""] {
            assert!(!origin(7, comm), "{comm}");
        }
    }
}
