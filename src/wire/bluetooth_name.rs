//! What a Bluetooth socket answers to those who hold it: its names (`struct sockaddr_l2`, `sockaddr_rc`,
//! `sockaddr_sco`, `sockaddr_hci`; `net/bluetooth/`). It does not ask.

use crate::model::{Name, Protocol, SocketType, State};

const AF_BLUETOOTH: u16 = 31;

/// The answers of one socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What getsockname(2) answers.
    pub local: Option<Vec<u8>>,
    /// What getpeername(2) answers, which connections do, and those that are being made.
    pub remote: Option<Vec<u8>>,
    /// What `SO_TYPE` does.
    pub kind: Option<u32>,
    /// It refuses to count what waits to be read, as only a listener does (`bt_sock_ioctl`).
    pub listens: bool,
    /// It tells of its connection (`L2CAP_CONNINFO` and its kind), as only a connection does.
    pub connected: bool,
}

impl Answers {
    /// Its state. `Unknown` while a connection is being made: nothing tells by whom. And of HCI without a
    /// controller: one that monitors all of them answers no more than one that is not bound.
    #[must_use]
    pub fn state(&self, protocol: Protocol) -> State {
        match (self.listens, self.connected) {
            (true, _) => State::Listen,
            (_, true) => State::Established,
            _ if self.remote(protocol).is_some() => State::Unknown,
            _ if self.local(protocol).is_some() => State::Bound,
            _ if protocol == Protocol::Hci => State::Unknown,
            _ => State::Closed,
        }
    }

    /// Its own name; `None` where it has neither a device nor a number.
    #[must_use]
    pub fn local(&self, protocol: Protocol) -> Option<Name> {
        name(self.local.as_deref()?, protocol)
    }

    /// The name of the other end.
    #[must_use]
    pub fn remote(&self, protocol: Protocol) -> Option<Name> {
        name(self.remote.as_deref()?, protocol)
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Option<SocketType> {
        self.kind.and_then(SocketType::from_raw)
    }
}

/// The family, then for L2CAP a PSM and a device, for RFCOMM a device and a channel, for SCO a device. Devices
/// stand backwards, and any of them is all zeroes. For HCI the number of a controller, and a channel.
fn name(address: &[u8], protocol: Protocol) -> Option<Name> {
    let (family, rest) = address.split_first_chunk()?;
    if u16::from_ne_bytes(*family) != AF_BLUETOOTH {
        return None;
    }
    let (device, number) = match protocol {
        Protocol::L2cap => {
            let (psm, rest) = rest.split_first_chunk()?;
            (rest, u16::from_le_bytes(*psm))
        }
        Protocol::Rfcomm => (rest, u16::from(*rest.get(6)?)),
        Protocol::Sco => (rest, 0),
        Protocol::Hci => {
            let (number, _channel) = rest.split_first_chunk()?;
            return Some(Name::Hci { controller: u16::from_ne_bytes(*number) });
        }
        _ => return None,
    };
    let mut device: [u8; 6] = *device.first_chunk()?;
    device.reverse();
    let channel = (number != 0).then_some(number);
    (channel.is_some() || device != [0; 6]).then_some(Name::Bluetooth { device, channel })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: [u8; 6] = [0x13, 0x71, 0xda, 0x7d, 0x1a, 0x00];

    fn address(parts: &[&[u8]]) -> Vec<u8> {
        [&[&31u16.to_ne_bytes()[..]], parts].concat().concat()
    }

    fn named(device: [u8; 6], channel: Option<u16>) -> Name {
        Name::Bluetooth { device, channel }
    }

    #[test]
    fn each_protocol_has_an_address_of_its_own() {
        let turned = [0x00, 0x1a, 0x7d, 0xda, 0x71, 0x13];
        for (protocol, parts, told) in [
            (Protocol::L2cap, &[&[1, 0x10][..], &DEVICE, &[0; 4]][..], Some(named(turned, Some(0x1001)))),
            (Protocol::L2cap, &[&[1, 0x10], &[0; 10]], Some(named([0; 6], Some(0x1001)))),
            (Protocol::L2cap, &[&[0; 12]], None),
            (Protocol::Rfcomm, &[&DEVICE, &[3, 0]], Some(named(turned, Some(3)))),
            (Protocol::Rfcomm, &[&[0; 6], &[3, 0]], Some(named([0; 6], Some(3)))),
            (Protocol::Rfcomm, &[&DEVICE], None),
            (Protocol::Sco, &[&DEVICE], Some(named(turned, None))),
            (Protocol::Sco, &[&[0; 6]], None),
            (Protocol::Hci, &[&1u16.to_ne_bytes(), &[0; 2]], Some(Name::Hci { controller: 1 })),
            (Protocol::Hci, &[&[0]], None),
        ] {
            let answers = Answers { local: Some(address(parts)), ..Answers::default() };
            assert_eq!(answers.local(protocol), told, "{protocol:?} {parts:?}");
        }
        let other = Answers { remote: Some([&[2, 0][..], &[1; 12]].concat()), ..Answers::default() };
        assert_eq!(other.remote(Protocol::L2cap), None, "of another family");
    }

    #[test]
    fn the_state_is_what_the_answers_prove() {
        let name = Some(address(&[&DEVICE, &[3, 0]]));
        let state = |answers: Answers| answers.state(Protocol::Rfcomm);
        let bound = Answers { local: name.clone(), ..Answers::default() };
        assert_eq!(state(Answers::default()), State::Closed);
        assert_eq!(state(bound.clone()), State::Bound);
        assert_eq!(state(Answers { listens: true, ..bound.clone() }), State::Listen);
        assert_eq!(state(Answers { remote: name.clone(), ..bound.clone() }), State::Unknown);
        assert_eq!(state(Answers { remote: name, connected: true, ..bound.clone() }), State::Established);
        let nowhere = Some(address(&[&[0; 6]]));
        let idle = Answers { local: nowhere.clone(), remote: nowhere, ..Answers::default() };
        assert_eq!(idle.state(Protocol::Sco), State::Closed, "it tells of another end before it has one");
        assert_eq!(bound.state(Protocol::Hci), State::Bound);
        assert_eq!(Answers::default().state(Protocol::Hci), State::Unknown, "it may monitor");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let bluetooth = [&31u16.to_ne_bytes()[..], &bytes].concat();
            for protocol in [Protocol::L2cap, Protocol::Rfcomm, Protocol::Sco, Protocol::Hci] {
                let _names = (name(&bytes, protocol), name(&bluetooth, protocol));
            }
        }
    }
}
