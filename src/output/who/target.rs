//! What somebody asks about: a port, an address, a Unix name, a process. Understood here, and held
//! against sockets. Nothing is looked up; what has to be known of the machine is given.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::model::{Endpoint, Ends, Owner, Pid, Protocol, Socket, SystemBytes, UnixName};
use crate::text::{escape, unescape};

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Ports, of which a service may have several.
    Ports(BTreeSet<u16>),
    At(Endpoint),
    /// A Unix name, and the file that a path names now, as inode and device.
    Unix(UnixName, Option<(u64, u64)>),
    Pid(Pid),
    /// Every process of that name.
    Process(SystemBytes),
}

/// Why a target cannot be understood, and how it can be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; {hint}")]
pub struct TargetError {
    wrong: String,
    hint: String,
}

fn wrong<T>(wrong: impl Into<String>, hint: impl Into<String>) -> Result<T, TargetError> {
    Err(TargetError { wrong: wrong.into(), hint: hint.into() })
}

/// The inode and device of the file that a path leads to.
pub type FileOf<'a> = dyn Fn(&[u8]) -> Option<(u64, u64)> + 'a;

/// What has to be known of the machine.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The ports of a service.
    pub services: &'a dyn Fn(&str) -> BTreeSet<u16>,
    /// The service that was probably meant.
    pub near: &'a dyn Fn(&str) -> Option<String>,
    /// The inode and device of the file that a path leads to.
    pub file: &'a FileOf<'a>,
}

/// Protocols whose ports are asked about.
pub const PORTED: [Protocol; 6] =
    [Protocol::Tcp, Protocol::Udp, Protocol::UdpLite, Protocol::Sctp, Protocol::Dccp, Protocol::Mptcp];

/// The kernel keeps 15 bytes of a name.
const COMM: usize = 15;

impl Target {
    /// Understands what was typed. Texts may be written as the escaper writes them.
    pub fn parse(typed: &[u8], around: Surroundings<'_>) -> Result<Self, TargetError> {
        let plain = std::str::from_utf8(typed).ok();
        let bytes = plain.and_then(unescape).unwrap_or_else(|| typed.to_vec());
        let text = plain.unwrap_or_default();
        if let Some(pid) = text.strip_prefix("pid:") {
            return match pid.parse() {
                Ok(pid @ 1..) => Ok(Self::Pid(Pid(pid))),
                _ => wrong(format!("\"{}\" is no pid", escape(pid.as_bytes())), "write it as in pid:812"),
            };
        }
        match bytes.as_slice() {
            [] => wrong("the target is empty", "name a port, an address, a path or a process"),
            [b'@', name @ ..] => Ok(Self::Unix(UnixName::Abstract(name.into()), None)),
            [b'p', b'r', b'o', b'c', b':', name @ ..] if !name.is_empty() => Ok(Self::Process(name.into())),
            path if path.contains(&b'/') => by_path(path, text, around),
            name => by_name(name, text, around),
        }
    }

    /// True for a socket that is meant, as far as its own place or its owners tell.
    #[must_use]
    pub fn means(&self, socket: &Socket) -> bool {
        let local = socket.ends.local().filter(|_| PORTED.contains(&socket.protocol));
        match self {
            Self::Ports(ports) => local.is_some_and(|local| ports.contains(&local.port)),
            Self::At(end) => local.is_some_and(|local| {
                local.port == end.port && local.addr.to_canonical() == end.addr.to_canonical()
            }),
            Self::Unix(name, file) => is_unix(socket, name, *file),
            Self::Pid(_) | Self::Process(_) => has_owner(socket, |owner| self.means_owner(owner)),
        }
    }

    /// True for an owner that is meant, of a socket that is: of a process that was named no other one.
    #[must_use]
    pub fn means_owner(&self, owner: &Owner<'_>) -> bool {
        match self {
            Self::Ports(_) | Self::At(_) | Self::Unix(..) => true,
            Self::Pid(pid) => owner.process.id.pid == *pid,
            Self::Process(name) => is_called(owner, name.as_bytes()),
        }
    }

    /// True when it is asked what somebody holds, and not who holds something.
    #[must_use]
    pub fn is_process(&self) -> bool {
        matches!(self, Self::Pid(_) | Self::Process(_))
    }

    /// What it is about in words that may be shown: `tcp or udp port 80`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Ports(ports) => {
                let all: Vec<_> = ports.iter().map(u16::to_string).collect();
                format!("tcp or udp port {}", all.join(" or "))
            }
            Self::At(end) => format!("tcp or udp {end}"),
            Self::Unix(name, _) => format!("the Unix socket {}", crate::output::json::unix_name(name)),
            Self::Pid(pid) => format!("process {}", pid.0),
            Self::Process(name) => format!("process called {}", escape(name.as_bytes())),
        }
    }
}

fn is_unix(socket: &Socket, name: &UnixName, file: Option<(u64, u64)>) -> bool {
    let Ends::Unix { name: Some(own), .. } = &socket.ends else { return false };
    let vfs = socket.details.as_ref().and_then(|it| it.unix.as_ref()).and_then(|unix| unix.vfs);
    let vfs = vfs.map(|(inode, device)| (u64::from(inode), u64::from(device)));
    own == name || (file.is_some() && file == vfs)
}

fn has_owner(socket: &Socket, is_it: impl Fn(&Owner<'_>) -> bool) -> bool {
    socket.owners.known().is_some_and(|known| known.shown().any(|owner| is_it(&owner)))
}

/// By what it calls itself, or by the file that it runs.
fn is_called(owner: &Owner<'_>, name: &[u8]) -> bool {
    let comm = owner.process.comm.as_bytes();
    let file =
        owner.process.exe.as_ref().and_then(|exe| exe.path.as_bytes().rsplit(|byte| *byte == b'/').next());
    comm == name || (comm.len() == COMM && name.starts_with(comm)) || file == Some(name)
}

fn by_path(path: &[u8], text: &str, around: Surroundings<'_>) -> Result<Target, TargetError> {
    let (before, after) = text.split_once('/').unwrap_or_default();
    if before.parse::<IpAddr>().is_ok() && after.parse::<u8>().is_ok() {
        return wrong(
            format!("{text} is a network"),
            format!("filters know those, as in: sockeye src {text}"),
        );
    }
    if before.parse::<u16>().is_ok() && matches!(after, "tcp" | "udp") {
        return wrong(
            format!("{text} names a protocol"),
            format!("write {before} for both, or a filter: sockeye '{after} and sport = {before}'"),
        );
    }
    Ok(Target::Unix(UnixName::Path(path.into()), (around.file)(path)))
}

fn by_name(name: &[u8], text: &str, around: Surroundings<'_>) -> Result<Target, TargetError> {
    if let Ok(end) = text.parse::<SocketAddr>() {
        return match end.port() {
            0 => wrong("nothing has port 0", "ports begin at 1"),
            _ => Ok(Target::At(end.into())),
        };
    }
    if let Ok(addr) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        let example = SocketAddr::new(addr, 80);
        let hint = format!("add one, as in {example}, or use a filter: sockeye src {addr}");
        return wrong(format!("{addr} has no port"), hint);
    }
    if let Some(port) = text.strip_prefix("*:").or_else(|| text.strip_prefix(':')) {
        return Ok(Target::Ports(ports(port, around)?));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return Ok(Target::Ports(ports(text, around)?));
    }
    if let Some((host, port)) = text.rsplit_once(':') {
        let addr = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
        let Ok(addr) = addr.parse() else {
            let hint =
                "write an address, as in 127.0.0.1:80 or [::1]:80, a port as :80, a process as proc:NAME";
            return wrong(format!("\"{}\" is no address", escape(host.as_bytes())), hint);
        };
        return match ports(port, around)?.first() {
            Some(port) => Ok(Target::At(Endpoint::new(addr, *port))),
            None => wrong("the address has no port", "add one, as in 127.0.0.1:80"),
        };
    }
    let ports = (around.services)(text);
    Ok(if ports.is_empty() { Target::Process(name.into()) } else { Target::Ports(ports) })
}

/// The ports that a number or the name of a service means, at least one.
fn ports(typed: &str, around: Surroundings<'_>) -> Result<BTreeSet<u16>, TargetError> {
    if !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return match typed.parse() {
            Ok(port @ 1..) => Ok(BTreeSet::from([port])),
            _ => wrong(
                format!("{typed} is no port"),
                format!("ports are 1 to 65535, and a process is written pid:{typed}"),
            ),
        };
    }
    let known = (around.services)(typed);
    if !known.is_empty() {
        return Ok(known);
    }
    let near = (around.near)(typed).map(|near| format!("did you mean :{near}?"));
    let hint = near.unwrap_or_else(|| "write the number of the port, as in :80".to_owned());
    wrong(format!("no service is called \"{}\"", escape(typed.as_bytes())), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &[u8]) -> Result<Target, String> {
        let services = |name: &str| match name {
            "https" => BTreeSet::from([443]),
            "domain" => BTreeSet::from([53]),
            _ => BTreeSet::new(),
        };
        let near = |name: &str| (name == "htpps").then(|| "https".to_owned());
        let file = |path: &[u8]| (path == b"run/x").then_some((7, 8));
        Target::parse(typed, Surroundings { services: &services, near: &near, file: &file })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_way_of_writing_one() {
        let ports = |port| Target::Ports(BTreeSet::from([port]));
        let at = |end: &str| Target::At(end.parse::<SocketAddr>().unwrap().into());
        let path = |path: &[u8], file| Target::Unix(UnixName::Path(path.into()), file);
        let abstracted = |name: &[u8]| Target::Unix(UnixName::Abstract(name.into()), None);
        for (typed, target) in [
            (&b"80"[..], ports(80)),
            (b":80", ports(80)),
            (b"*:80", ports(80)),
            (b"https", ports(443)),
            (b":domain", ports(53)),
            (b"127.0.0.1:80", at("127.0.0.1:80")),
            (b"[::1]:80", at("[::1]:80")),
            (b"[::1]:https", at("[::1]:443")),
            (b"/run/a b", path(b"/run/a b", None)),
            (br"/run/\x1b", path(b"/run/\x1b", None)),
            (b"/run/\xff", path(b"/run/\xff", None)),
            (b"run/x", path(b"run/x", Some((7, 8)))),
            (b"@bus", abstracted(b"bus")),
            (br"@\x00bus", abstracted(b"\0bus")),
            (b"pid:812", Target::Pid(Pid(812))),
            (b"nginx", Target::Process("nginx".into())),
            (b"proc:https", Target::Process("https".into())),
        ] {
            assert_eq!(parse(typed), Ok(target), "{}", typed.escape_ascii());
        }
    }

    #[test]
    fn mistakes_name_the_way_out() {
        for (typed, says) in [
            ("", "empty"),
            ("0", "ports are 1 to 65535"),
            ("65536", "pid:65536"),
            (":htpps", "did you mean :https?"),
            (":nothing", "no service is called \"nothing\""),
            (":", "write the number"),
            ("127.0.0.1", "127.0.0.1:80"),
            ("[::1]", "[::1]:80"),
            ("::1:80", "has no port"),
            ("127.0.0.1:", "no service is called"),
            ("127.0.0.1:0", "begin at 1"),
            ("localhost:80", "\"localhost\" is no address"),
            ("10.0.0.0/8", "sockeye src 10.0.0.0/8"),
            ("80/tcp", "tcp and sport = 80"),
            ("pid:x", "pid:812"),
            ("pid:0", "pid:812"),
            ("\x1b:80", "x1b"),
        ] {
            let error = parse(typed.as_bytes()).expect_err(typed);
            assert!(error.contains(says) && !error.contains('\x1b'), "{typed}: {error}");
        }
    }
}
