//! Sockets that the kernel opens for itself, and what their rows must say: nobody holds them, and the
//! kernel tells what for.

use std::any::Any;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::mpsc::channel;

use rustix::io;
use rustix::mount::{MountFlags, mount};
use rustix::net::{accept, connect, listen};
use serde_json::Value;

use super::cases::{SMC, STREAM, loopback};
use super::{in_flight, links, raw};

/// What makes the kernel open sockets at a port, how many, and what must be told of them.
pub(crate) struct Use {
    pub(crate) name: &'static str,
    /// The module without which nothing proves it.
    pub(crate) lister: Option<&'static str>,
    /// Whether the text tables suffice.
    pub(crate) textual: bool,
    /// The end of the sockets that no other has.
    port: u16,
    /// The protocol and the family of each.
    rows: &'static [(&'static str, &'static str)],
    /// `None` where the socket is another's, who hides it.
    told: Option<&'static str>,
    make: fn(u16) -> io::Result<Kept>,
}

/// What must live on.
pub(crate) type Kept = Vec<Box<dyn Any>>;

const UDP: (&str, &str) = ("udp", "inet");
const UDP6: (&str, &str) = ("udp", "inet6");
const TCP: (&str, &str) = ("tcp", "inet");

const fn tunnel(
    name: &'static str,
    port: u16,
    rows: &'static [(&'static str, &'static str)],
    told: &'static str,
    make: fn(u16) -> io::Result<Kept>,
) -> Use {
    Use { name, lister: None, textual: true, port, rows, told: Some(told), make }
}

pub(crate) const USES: &[Use] = &[
    tunnel("vxlan", 7020, &[UDP], "VXLAN device vx0", |port| {
        links::add("vx0", "vxlan", true, &[(1, &id(1)), (15, &port.to_be_bytes())]).map(|()| Vec::new())
    }),
    tunnel("vxlan on IPv6", 7021, &[UDP6], "VXLAN device vx6", |port| {
        let data: &[links::Attribute<'_>] = &[(1, &id(2)), (16, &DOCUMENTATION), (15, &port.to_be_bytes())];
        links::add("vx6", "vxlan", true, data).map(|()| Vec::new())
    }),
    tunnel("vxlan on both", 7022, &[UDP, UDP6], "VXLAN device vxe", |port| {
        links::add("vxe", "vxlan", true, &[(25, &[1]), (15, &port.to_be_bytes())]).map(|()| Vec::new())
    }),
    tunnel("vxlan, two of one port", 7023, &[UDP], "VXLAN device vxa and 1 other", |port| {
        links::add("vxa", "vxlan", true, &[(1, &id(3)), (15, &port.to_be_bytes())])?;
        links::add("vxb", "vxlan", true, &[(1, &id(4)), (15, &port.to_be_bytes())]).map(|()| Vec::new())
    }),
    tunnel("geneve", 7024, &[UDP], "GENEVE device gv0", |port| {
        let data: &[links::Attribute<'_>] = &[(1, &id(1)), (2, &[127, 0, 0, 1]), (5, &port.to_be_bytes())];
        links::add("gv0", "geneve", true, data).map(|()| Vec::new())
    }),
    tunnel("geneve on IPv6", 7025, &[UDP6], "GENEVE device gv6", |port| {
        let data: &[links::Attribute<'_>] = &[(1, &id(2)), (7, &DOCUMENTATION), (5, &port.to_be_bytes())];
        links::add("gv6", "geneve", true, data).map(|()| Vec::new())
    }),
    tunnel("geneve on both", 7026, &[UDP, UDP6], "GENEVE device gve", |port| {
        links::add("gve", "geneve", true, &[(6, &[]), (5, &port.to_be_bytes())]).map(|()| Vec::new())
    }),
    tunnel("wireguard", 7027, &[UDP, UDP6], "WireGuard device wg0", |port| {
        wireguard("wg0", port)?;
        links::raise("wg0").map(|()| Vec::new())
    }),
    tunnel("fou", 7028, &[UDP], "foo-over-UDP", |port| fou(port, 2, 1)),
    tunnel("gue on IPv6", 7029, &[UDP6], "generic UDP encapsulation (GUE)", |port| fou(port, 10, 2)),
    tunnel("nfs", 7030, &[TCP], "NFS client of 127.0.0.1", nfs),
    Use {
        name: "smc",
        lister: Some("smc_diag"),
        textual: false,
        port: 7031,
        rows: &[TCP, TCP, TCP],
        told: Some("TCP beneath an SMC socket"),
        make: smc,
    },
];

/// A socket that another hides where the kernel might have one. While it is on its way the other end of a
/// connection proves nothing, so it is made last.
pub(crate) const IMPOSTOR: Use = Use {
    name: "wireguard that was moved here",
    lister: None,
    textual: true,
    port: 7032,
    rows: &[UDP],
    told: None,
    make: moved_wireguard,
};

/// `2001:db8::1`, which nobody has (RFC 3849).
const DOCUMENTATION: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

fn id(number: u32) -> [u8; 4] {
    number.to_ne_bytes()
}

/// A device that is down, with its port (`WGDEVICE_A_IFNAME`, `WGDEVICE_A_LISTEN_PORT`).
fn wireguard(name: &str, port: u16) -> io::Result<()> {
    const SET_DEVICE: u8 = 1;
    links::add(name, "wireguard", false, &[])?;
    let name = [name.as_bytes(), b"\0"].concat();
    links::command("wireguard", SET_DEVICE, &[(2, &name), (6, &port.to_ne_bytes())])
}

/// A device has its socket where it was made. Here, somebody hides at the same port.
fn moved_wireguard(port: u16) -> io::Result<Kept> {
    let here = std::fs::File::open("/proc/thread-self/ns/net").unwrap();
    let (ready, is_ready) = channel();
    std::thread::spawn(move || {
        #[expect(deprecated, reason = "only UnshareFlags::FILES makes it unsafe")]
        let entered = rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNET);
        let moved = entered.and_then(|()| wireguard("wg1", port)).and_then(|()| links::move_to("wg1", &here));
        ready.send(moved).unwrap();
        loop {
            std::thread::park(); // its namespace ends with it
        }
    });
    is_ready.recv().unwrap()?;
    links::raise("wg1")?;
    let hidden = raw::bound(2, 2, 17, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))?;
    Ok(vec![Box::new(in_flight::hide(hidden)?)])
}

/// `FOU_CMD_ADD` with port, family, protocol and type.
fn fou(port: u16, family: u8, kind: u8) -> io::Result<Kept> {
    const ADD: u8 = 1;
    let mut body: Vec<links::Attribute<'_>> = Vec::new();
    let port = port.to_be_bytes();
    let (family, kind) = ([family], [kind]);
    body.extend([(1, &port[..]), (2, &family), (4, &kind)]);
    if kind == [1] {
        body.push((3, &[4])); // IPIP
    }
    links::command("fou", ADD, &body).map(|()| Vec::new())
}

/// A listener and both ends of a connection, which speaks plain TCP where there is no memory to share.
fn smc(port: u16) -> io::Result<Kept> {
    let listener = raw::bound(SMC, STREAM, 0, &loopback(2, port))?;
    listen(&listener, 8)?;
    let client = raw::open(SMC, STREAM, 0)?;
    let server = std::thread::scope(|scope| {
        let accepting = scope.spawn(|| accept(&listener));
        connect(&client, &loopback(2, port))?;
        accepting.join().unwrap()
    })?;
    Ok(vec![Box::new(listener), Box::new(client), Box::new(server)])
}

/// A server that lets itself be mounted and then says no more. The mount waits for ever, and its client
/// with it.
fn nfs(port: u16) -> io::Result<Kept> {
    let mounts = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let files = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let options = format!(
        "vers=3,proto=tcp,port={port},addr=127.0.0.1,nolock,\
        mountvers=3,mountproto=tcp,mountport={},mountaddr=127.0.0.1",
        mounts.local_addr().unwrap().port()
    );
    std::fs::create_dir_all("/tmp/nfs").unwrap();
    for listener in [mounts, files] {
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(move || answer(stream.unwrap()));
            }
        });
    }
    std::thread::spawn(move || {
        let options = std::ffi::CString::new(options).unwrap();
        let ended = mount("127.0.0.1:/", "/tmp/nfs", "nfs", MountFlags::empty(), &*options);
        println!("the mount has ended: {ended:?}");
    });
    let listed =
        || std::fs::read_to_string("/proc/net/nfsfs/servers").is_ok_and(|text| text.lines().count() > 1);
    for _ in 0..200 {
        if listed() {
            print!("{}", std::fs::read_to_string("/proc/net/nfsfs/servers").unwrap());
            return Ok(Vec::new());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Err(io::Errno::TIMEDOUT)
}

/// Remote procedure calls (RFC 5531): nothing is done as asked, and a handle is given for any path
/// (RFC 1813, appendix I). To everything else there is no answer.
fn answer(mut stream: TcpStream) {
    const NOTHING: u32 = 0;
    const MOUNT_PROGRAM: u32 = 100_005;
    let mut head = [0; 4];
    while stream.read_exact(&mut head).is_ok() {
        let length = u32::from_be_bytes(head) & 0x7fff_ffff;
        let mut call = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut call).unwrap();
        let word = |at: usize| u32::from_be_bytes(call[4 * at..4 * at + 4].try_into().unwrap());
        let (transaction, program, procedure) = (word(0), word(3), word(5));
        // A reply, accepted, without credentials, a success.
        let mut reply = vec![transaction, 1, 0, 0, 0, 0];
        match (program, procedure) {
            (_, NOTHING) => {}
            // Fine, a handle of four bytes, and one way to say who asks: AUTH_UNIX.
            (MOUNT_PROGRAM, 1) => reply.extend([0, 4, 7, 1, 1]),
            _ => continue,
        }
        let bytes: Vec<u8> = reply.iter().flat_map(|word| word.to_be_bytes()).collect();
        let mark = 0x8000_0000 | u32::try_from(bytes.len()).unwrap();
        stream.write_all(&[&mark.to_be_bytes()[..], &bytes].concat()).unwrap();
    }
}

impl Use {
    pub(crate) fn make(&self) -> io::Result<Kept> {
        (self.make)(self.port)
    }

    /// Compares with a whole document. Where nothing proves it nothing may be claimed.
    pub(crate) fn check(&self, document: &Value, proven: bool) -> Result<(), String> {
        let sockets = document["sockets"].as_array().ok_or("the document has no sockets")?;
        let at_port = |row: &&Value| row["local_port"] == self.port || row["remote_port"] == self.port;
        let rows: Vec<&Value> = sockets
            .iter()
            .filter(at_port)
            .filter(|row| row["protocol"] != "smc" && row["owner_status"] != "known")
            .collect();
        let mut found: Vec<_> = rows
            .iter()
            .filter_map(|row| Some((row["protocol"].as_str()?, row["family"].as_str()?)))
            .collect();
        found.sort_unstable();
        let told = self.told.filter(|_| proven);
        let is_told = |row: &&Value| {
            (row["owner_status"] == "kernel") == told.is_some() && row["kernel_use"].as_str() == told
        };
        let right = found == self.rows && rows.iter().all(is_told);
        let said = rows.iter().map(|row| format!("{} {}", row["owner_status"], row["kernel_use"]));
        let said: Vec<_> = said.collect();
        if right { Ok(()) } else { Err(format!("{found:?} as {said:?}, not {:?} as {told:?}", self.rows)) }
    }
}
