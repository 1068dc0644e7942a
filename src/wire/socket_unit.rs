//! Socket units of systemd (systemd.socket(5)): on which addresses the manager listens, and what it
//! starts when somebody calls. Reads no files.

use std::net::{IpAddr, SocketAddr};

use crate::model::{Protocol, Socket, SocketType, SystemBytes, UnixName};

/// What is used of a socket unit, from its file and the drop-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketUnit {
    /// As written, specifiers and all.
    listens: Vec<(SocketType, Vec<u8>)>,
    service: Option<Vec<u8>>,
    accept: bool,
    /// `BindIPv6Only=`; `None` is the default of the kernel.
    v6only: Option<bool>,
}

/// What the specifiers of a unit stand for (systemd.unit(5)).
#[derive(Clone, Copy, Debug)]
pub struct Specifiers<'a> {
    /// The name of the unit, `NAME.socket` or `NAME@INSTANCE.socket`.
    pub name: &'a [u8],
    /// `%t`: the runtime directory of the manager.
    pub runtime: &'a str,
}

/// One address of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    kind: SocketType,
    address: Address,
    v6only: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    /// A port on every address: of IPv6, or of IPv4 where there is no IPv6.
    Port(u16),
    Inet(SocketAddr),
    Unix(UnixName),
}

impl SocketUnit {
    /// Takes in the text of the unit, or of its next drop-in. What is not understood is passed over, as
    /// by the manager.
    pub fn read(&mut self, text: &[u8]) {
        let mut ours = false;
        for line in logical_lines(text) {
            let line = line.trim_ascii();
            if line.first() == Some(&b'[') {
                ours = line == b"[Socket]";
                continue;
            }
            let Some(at) = line.iter().position(|byte| *byte == b'=').filter(|_| ours) else { continue };
            self.set(line[..at].trim_ascii(), line[at + 1..].trim_ascii());
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let kind = match key {
            b"ListenStream" => SocketType::Stream,
            b"ListenDatagram" => SocketType::Dgram,
            b"ListenSequentialPacket" => SocketType::Seqpacket,
            b"Service" => {
                self.service = (!value.is_empty()).then(|| value.to_vec());
                return;
            }
            b"Accept" => {
                self.accept = is_true(value);
                return;
            }
            b"BindIPv6Only" => {
                self.v6only = match value {
                    b"both" => Some(false),
                    b"ipv6-only" => Some(true),
                    _ => None,
                };
                return;
            }
            _ => return,
        };
        if value.is_empty() {
            self.listens.clear(); // those of every kind (`config_parse_socket_listen`)
        } else {
            self.listens.push((kind, value.to_vec()));
        }
    }

    /// The addresses; those that cannot be told are left out.
    #[must_use]
    pub fn listens(&self, specifiers: &Specifiers<'_>) -> Vec<Listen> {
        let listen = |(kind, value): &(SocketType, Vec<u8>)| {
            let address = Address::parse(&specifiers.expand(value)?)?;
            Some(Listen { kind: *kind, address, v6only: self.v6only })
        };
        self.listens.iter().filter_map(listen).collect()
    }

    /// The unit that is started. With `Accept=yes` that is one for each connection: then its template.
    #[must_use]
    pub fn activates(&self, specifiers: &Specifiers<'_>) -> Option<SystemBytes> {
        let stem = specifiers.stem()?;
        let named = self.service.as_ref().filter(|_| !self.accept);
        let name = match named {
            Some(service) => specifiers.expand(service)?,
            None if self.accept => [specifiers.prefix()?, b"@.service"].concat(),
            None => [stem, b".service"].concat(),
        };
        Some(SystemBytes::from(name))
    }
}

/// The lines of a unit file, those joined that a backslash ends; comments left out.
fn logical_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mut pending: Option<Vec<u8>> = None;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if matches!(line.trim_ascii_start().first(), Some(b'#' | b';')) {
            continue;
        }
        let mut whole = pending.take().unwrap_or_default();
        let part = line.strip_suffix(b"\\");
        whole.extend_from_slice(part.unwrap_or(line));
        if part.is_some() {
            whole.push(b' ');
            pending = Some(whole);
        } else {
            lines.push(whole);
        }
    }
    lines.extend(pending);
    lines
}

/// `parse_boolean` of systemd.
fn is_true(value: &[u8]) -> bool {
    [&b"1"[..], b"yes", b"y", b"true", b"t", b"on"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

impl Specifiers<'_> {
    /// The name without its suffix.
    fn stem(&self) -> Option<&[u8]> {
        self.name.strip_suffix(b".socket")
    }

    /// The name up to the `@` of an instance.
    fn prefix(&self) -> Option<&[u8]> {
        self.stem()?.split(|byte| *byte == b'@').next()
    }

    fn instance(&self) -> Option<&[u8]> {
        let stem = self.stem()?;
        let at = stem.iter().position(|byte| *byte == b'@')?;
        stem.get(at + 1..)
    }

    /// The value with its specifiers replaced; `None` with one that nobody here can tell.
    fn expand(&self, value: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(value.len());
        let mut bytes = value.iter();
        while let Some(byte) = bytes.next() {
            if *byte != b'%' {
                out.push(*byte);
                continue;
            }
            out.extend_from_slice(match bytes.next()? {
                b'%' => b"%",
                b't' => self.runtime.as_bytes(),
                b'i' => self.instance()?,
                b'n' => self.name,
                b'N' => self.stem()?,
                b'p' => self.prefix()?,
                _ => return None,
            });
        }
        Some(out)
    }
}

impl Address {
    /// As systemd.socket(5) writes it; `None` for a family that is not of interest here.
    fn parse(value: &[u8]) -> Option<Self> {
        match value {
            [b'/', ..] => {
                // The manager knows that one is a link to the other (`patch_var_run`).
                let path = value.strip_prefix(b"/var/run/").map(|rest| [b"/run/", rest].concat());
                Some(Self::Unix(UnixName::Path(path.map_or_else(|| value.into(), SystemBytes::from))))
            }
            [b'@', name @ ..] => Some(Self::Unix(UnixName::Abstract(name.into()))),
            _ => {
                let text = std::str::from_utf8(value).ok()?;
                let port = text.parse().ok().filter(|port| *port != 0).map(Self::Port);
                port.or_else(|| text.parse().ok().map(Self::Inet))
            }
        }
    }
}

impl Listen {
    /// True when a socket that listens can be the one that the unit asks for.
    #[must_use]
    pub fn is(&self, socket: &Socket) -> bool {
        if self.kind != socket.kind {
            return false;
        }
        let local = match &self.address {
            Address::Unix(name) => return socket.ends.unix_name() == Some(name),
            Address::Port(port) => socket.ends.local().filter(|end| end.port == *port && is_any(end.addr)),
            Address::Inet(addr) => {
                socket.ends.local().filter(|end| (end.addr, end.port) == (addr.ip(), addr.port()))
            }
        };
        let plain = matches!(socket.protocol, Protocol::Tcp | Protocol::Mptcp | Protocol::Udp);
        let versions = match (self.v6only, socket.v6only) {
            (Some(asked), Some(is)) => asked == is,
            _ => true,
        };
        local.is_some() && plain && versions
    }
}

fn is_any(addr: IpAddr) -> bool {
    addr.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Basics, Cookie, Endpoint, Ends, Family, Identity, NetnsId, PortRange, SocketKey, State,
    };

    const SSH: Specifiers<'_> = Specifiers { name: b"ssh.socket", runtime: "/run" };

    fn unit(texts: &[&str]) -> SocketUnit {
        let mut unit = SocketUnit::default();
        for text in texts {
            unit.read(text.as_bytes());
        }
        unit
    }

    /// The addresses as a person would write them.
    fn told(unit: &SocketUnit, specifiers: &Specifiers<'_>) -> Vec<String> {
        let text = |name: &SystemBytes| String::from_utf8_lossy(name.as_bytes()).into_owned();
        let one = |listen: Listen| {
            let address = match &listen.address {
                Address::Port(port) => format!("*:{port}"),
                Address::Inet(addr) => addr.to_string(),
                Address::Unix(UnixName::Path(path)) => text(path),
                Address::Unix(UnixName::Abstract(name)) => format!("@{}", text(name)),
            };
            format!("{} {address}", listen.kind.word())
        };
        unit.listens(specifiers).into_iter().map(one).collect()
    }

    #[test]
    fn addresses_of_every_kind() {
        let text = "[Unit]\nListenStream=1\n[Socket]\n# ListenStream=2\n;ListenStream=3\nListenStream = 22\n\
            ListenStream=127.0.0.1:80\nListenDatagram=[::1]:53\nListenSequentialPacket=@udev\\\n\n\
            ListenStream=/var/run/a b\nListenStream=%t/%N-%p%%\nListenStream=%h/x\nListenNetlink=route 1\n\
            ListenStream=vsock:2:22\nListenStream=0\nListenStream=65536\nNoise\n[Install]\nListenStream=9\n";
        let all = [
            "stream *:22",
            "stream 127.0.0.1:80",
            "dgram [::1]:53",
            "seqpacket @udev",
            "stream /run/a b",
            "stream /run/ssh-ssh%",
        ];
        assert_eq!(told(&unit(&[text]), &SSH), all);
    }

    #[test]
    fn a_drop_in_adds_and_an_empty_value_begins_anew() {
        let base = "[Socket]\nListenStream=22\nListenDatagram=23\n";
        assert_eq!(told(&unit(&[base, "[Socket]\nListenStream=24\n"]), &SSH).len(), 3);
        let anew = unit(&[base, "[Socket]\nListenStream=\nListenStream=2222\n"]);
        assert_eq!(told(&anew, &SSH), ["stream *:2222"]);
        assert!(unit(&["ListenStream=22\n"]).listens.is_empty(), "a drop-in without a section says nothing");
    }

    #[test]
    fn what_is_started() {
        let starts = |text: &str, name: &str| {
            let specifiers = Specifiers { name: name.as_bytes(), runtime: "/run" };
            let told = unit(&[&format!("[Socket]\n{text}")]).activates(&specifiers);
            told.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned())
        };
        for (text, name, service) in [
            ("", "ssh.socket", "ssh.service"),
            ("Service=other.service", "ssh.socket", "other.service"),
            ("Accept=no", "ssh.socket", "ssh.service"),
            ("Accept=YES", "ssh.socket", "ssh@.service"),
            ("", "web@a.socket", "web@a.service"),
            ("Service=x-%i.service", "web@a.socket", "x-a.service"),
            ("Accept=yes", "web@a.socket", "web@.service"),
        ] {
            assert_eq!(starts(text, name).as_deref(), Some(service), "{text} {name}");
        }
        assert_eq!(starts("", "ssh.service"), None);
    }

    fn listener(kind: SocketType, local: &str, v6only: Option<bool>) -> Socket {
        let local: SocketAddr = local.parse().unwrap();
        let protocol = if kind == SocketType::Dgram { Protocol::Udp } else { Protocol::Tcp };
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(1)) },
            family: if local.is_ipv4() { Family::Inet } else { Family::Inet6 },
            protocol,
            kind,
            state: State::Listen,
            ends: Ends::Inet { local: Endpoint::from(local), remote: None },
            inode: None,
        };
        Socket { v6only, ..Socket::new(basics, &PortRange::default()) }
    }

    #[test]
    fn a_socket_is_the_one_of_its_address() {
        let is = |text: &str, socket: &Socket| {
            unit(&[&format!("[Socket]\n{text}")]).listens(&SSH).iter().any(|listen| listen.is(socket))
        };
        let any = listener(SocketType::Stream, "[::]:22", Some(false));
        assert!(is("ListenStream=22", &any) && is("ListenStream=[::]:22", &any));
        assert!(is("ListenStream=22", &listener(SocketType::Stream, "0.0.0.0:22", None)));
        assert!(is("ListenStream=22\nBindIPv6Only=both", &any));
        for text in ["ListenStream=23", "ListenDatagram=22", "ListenStream=0.0.0.0:22", "ListenStream=@22"] {
            assert!(!is(text, &any), "{text}");
        }
        assert!(!is("ListenStream=22\nBindIPv6Only=ipv6-only", &any));
        assert!(!is("ListenStream=22", &listener(SocketType::Stream, "127.0.0.1:22", None)));
        let unix = |name: UnixName| {
            let ends = Ends::Unix { name: Some(name), peer: None };
            let protocol = Protocol::Unix;
            Socket { ends, family: Family::Unix, protocol, ..listener(SocketType::Stream, "[::]:1", None) }
        };
        assert!(is("ListenStream=/run/x", &unix(UnixName::Path("/run/x".into()))));
        assert!(!is("ListenStream=/run/x", &unix(UnixName::Abstract("/run/x".into()))));
        assert!(is("ListenStream=@x", &unix(UnixName::Abstract("x".into()))));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut unit = SocketUnit::default();
            unit.read(&[b"[Socket]\nListenStream=", &bytes[..]].concat());
            let specifiers = Specifiers { name: &bytes, runtime: "" };
            let _all = (unit.listens(&specifiers), unit.listens(&SSH), unit.activates(&specifiers));
        }
    }
}
