//! Sockets of Bluetooth: on no controller, on one, and connected through two that hear each other.

use std::any::Any;
use std::os::fd::OwnedFd;

use rustix::io;
use rustix::net::{accept, bind, connect, listen};
use serde_json::Value;

use super::cases::{Case, Opened, RAW, SEQPACKET, STREAM, case};
use super::controllers::{ADDRESSES, put_in_operation, written};
use super::expect::Expected;
use super::raw::{self, Bytes};

const BLUETOOTH: u16 = 31;
const ANY: [u8; 6] = [0; 6];

pub(crate) const BLUETOOTH_CASES: &[Case] = &[
    case("hci", None, true, hci),
    case("l2cap", None, true, || unconnected(&L2CAP)),
    case("sco", None, true, || unconnected(&VOICE)),
    case("rfcomm", None, true, || unconnected(&RFCOMM)),
    case("l2cap, connected", None, true, || connected(&L2CAP)),
    case("sco, connected", None, true, || connected(&VOICE)),
    case("rfcomm, connected", None, true, || connected(&RFCOMM)),
];

/// A protocol whose sockets have ends.
struct Kind {
    name: &'static str,
    raw: (u32, u32),
    /// The ports of a socket that is bound, of a listener, and of another.
    ports: Option<[u8; 3]>,
    /// What is added to a port where it is told.
    base: u16,
    /// The rest of its address, after the family.
    address: fn(device: [u8; 6], port: u8) -> Vec<u8>,
}

/// `struct sockaddr_l2`: PSM, device, channel, kind of address.
const L2CAP: Kind = Kind {
    name: "l2cap",
    raw: (SEQPACKET, 0),
    ports: Some([1, 3, 5]),
    base: 0x1000,
    address: |device, port| [&[port, u8::from(port != 0) << 4], &device[..], &[0; 4]].concat(),
};

/// `struct sockaddr_rc`: device, channel.
const RFCOMM: Kind = Kind {
    name: "rfcomm",
    raw: (STREAM, 3),
    ports: Some([1, 3, 5]),
    base: 0,
    address: |device, port| [&device[..], &[port, 0]].concat(),
};

/// `struct sockaddr_sco`: device. It has no ports.
const VOICE: Kind =
    Kind { name: "sco", raw: (SEQPACKET, 2), ports: None, base: 0, address: |device, _| device.to_vec() };

impl Kind {
    fn open(&self) -> io::Result<OwnedFd> {
        raw::open(BLUETOOTH, self.raw.0, self.raw.1)
    }

    fn place(&self, device: [u8; 6], at: Option<usize>) -> Bytes {
        let port = at.and_then(|at| Some(self.ports?[at])).unwrap_or(0);
        Bytes::new(BLUETOOTH, &[&(self.address)(device, port)])
    }

    /// The port as it is told.
    fn port(&self, at: usize) -> Value {
        self.ports.map_or(Value::Null, |ports| (self.base + u16::from(ports[at])).into())
    }

    fn expect(&self, socket: &OwnedFd, state: &str) -> Expected {
        let kind = if self.raw.0 == STREAM { "stream" } else { "seqpacket" };
        // Only text lists them, so their rows have no cookie.
        Expected::of(socket).without_cookie().is("bluetooth", self.name, state).has("type", kind)
    }
}

/// A socket of HCI, which may look at every controller.
pub(crate) fn open_hci() -> io::Result<OwnedFd> {
    raw::open(BLUETOOTH, RAW, 1)
}

/// One that is not bound, and one that receives what the first controller does (`struct sockaddr_hci`).
fn hci() -> io::Result<Opened> {
    put_in_operation()?;
    let [idle, bound] = [open_hci()?, open_hci()?];
    bind(&bound, &Bytes::new(BLUETOOTH, &[&[0; 2], &[0; 2]]))?;
    let of = |socket, state| {
        Expected::of(socket).without_cookie().is("bluetooth", "hci", state).has("type", "raw")
    };
    let expected = vec![
        of(&idle, "unknown").has("local_address", Value::Null),
        of(&bound, "bound").has("local_address", "hci0").has("role", "listener"),
    ];
    Ok(Opened { expected, kept: vec![Box::new(idle), Box::new(bound)] })
}

/// A socket that is not bound, one that is, and a listener, on no controller. All that is known of their state and
/// address they are asked for.
fn unconnected(kind: &Kind) -> io::Result<Opened> {
    let [idle, bound, listener] = [kind.open()?, kind.open()?, kind.open()?];
    for (socket, at) in [(&bound, 0), (&listener, 1)] {
        bind(socket, &kind.place(ANY, Some(at)))?;
    }
    listen(&listener, 8)?;
    let place = |port: &Value| if port.is_null() { Value::Null } else { "any".into() };
    let bound_state = if kind.ports.is_none() { "closed" } else { "bound" };
    let at =
        |expected: Expected, port: Value| expected.has("local_address", place(&port)).has("local_port", port);
    let expected = vec![
        kind.expect(&idle, "closed").has("role", "idle").has("local_address", Value::Null),
        at(kind.expect(&bound, bound_state), kind.port(0)),
        at(kind.expect(&listener, "listen").has("role", "listener"), kind.port(1)),
    ];
    Ok(Opened { expected, kept: vec![Box::new(idle), Box::new(bound), Box::new(listener)] })
}

/// A listener on the second controller, and a connection to it from the first. Either end has the port of the
/// listener: there is no other.
fn connected(kind: &Kind) -> io::Result<Opened> {
    put_in_operation()?;
    let [client, listener] = [kind.open()?, kind.open()?];
    bind(&listener, &kind.place(ADDRESSES[1], Some(2)))?;
    listen(&listener, 8)?;
    bind(&client, &kind.place(ADDRESSES[0], None))?;
    connect(&client, &kind.place(ADDRESSES[1], Some(2)))?;
    let server = accept(&listener)?;
    let [first, second] = ADDRESSES.map(written);
    let end = |socket, local: &str, remote: &str| {
        kind.expect(socket, "established")
            .has("role", "connection")
            .has("local_address", local)
            .has("local_port", kind.port(2))
            .has("remote_address", remote)
            .has("remote_port", kind.port(2))
    };
    let expected = vec![
        kind.expect(&listener, "listen").has("local_address", &*second).has("local_port", kind.port(2)),
        end(&client, &first, &second),
        end(&server, &second, &first),
    ];
    let kept: Vec<Box<dyn Any>> = vec![Box::new(client), Box::new(listener), Box::new(server)];
    Ok(Opened { expected, kept })
}
