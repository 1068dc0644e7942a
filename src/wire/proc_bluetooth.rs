//! `/proc/net/{hci,l2cap,rfcomm,sco}` (`bt_seq_show`, `net/bluetooth/af_bluetooth.c`): the only
//! list of Bluetooth sockets that the kernel keeps for everybody.
//!
//! It tells no state. Addresses were told by some older kernels alone, so the columns are found by
//! their headings.

use super::line::{Line, columns, decimal, rows};
use super::{Context, WireError};
use crate::model::{Ends, Inode, Name, Protocol, Queues, SocketType, State, Uid};

/// Calls `each` with every row.
pub fn parse(text: &[u8], context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    let heading: Vec<&str> = columns(text.split(|b| *b == b'\n').next().unwrap_or_default()).collect();
    rows(text).for_each(|line| each(row(line, &heading, context.protocol)));
}

/// `sk RefCnt Rmem Wmem User Inode Parent`, or with `Src Dst` before `Parent`.
fn row(line: &[u8], heading: &[&str], protocol: Protocol) -> Result<Line, WireError> {
    let cells: Vec<&str> = columns(line).collect();
    let cell = |title: &str| {
        let at = heading.iter().position(|known| *known == title)?;
        cells.get(at).copied()
    };
    let device =
        |title| cell(title).and_then(address).map(|device| Name::Bluetooth { device, channel: None });
    let inode = Inode::new(decimal(cell("Inode").ok_or(WireError::Line)?)?);
    let uid: u32 = decimal(cell("User").ok_or(WireError::Line)?)?;
    let kind = match protocol {
        Protocol::Sco => SocketType::Seqpacket,
        Protocol::Hci => SocketType::Raw,
        _ => SocketType::Unknown, // L2CAP has four, RFCOMM two
    };
    let ends = Ends::Other { local: device("Src"), remote: device("Dst") };
    let mut line = Line::new(kind, State::Unknown, ends, inode);
    line.uid = inode.map(|_| Uid(uid));
    let bytes = |title| cell(title).and_then(|text| text.parse().ok());
    line.queues = Queues { recv: bytes("Rmem"), send: bytes("Wmem") };
    Ok(line)
}

/// `00:1A:7D:DA:71:13`; `None` for `BDADDR_ANY`, which is all zeroes.
fn address(text: &str) -> Option<[u8; 6]> {
    let mut device = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut device {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    (parts.next().is_none() && device != [0; 6]).then_some(device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;

    fn only(text: &str, protocol: Protocol) -> Result<Line, WireError> {
        let context = Context::of(Family::Bluetooth, protocol);
        let mut lines = Vec::new();
        parse(text.as_bytes(), &context, &mut |line| lines.push(line));
        assert_eq!(lines.len(), 1, "{text}");
        lines.remove(0)
    }

    #[test]
    fn today() {
        let text = "sk               RefCnt Rmem   Wmem   User   Inode  Parent\n\
            00000000f1b2c3d4 2      10     20     1000   4242   0     \n";
        let line = only(text, Protocol::Sco).unwrap();
        assert_eq!((line.kind, line.state), (SocketType::Seqpacket, State::Unknown));
        assert_eq!((line.inode, line.uid), (Inode::new(4242), Some(Uid(1000))));
        assert_eq!(line.queues, Queues { recv: Some(10), send: Some(20) });
        assert_eq!(line.ends, Ends::Other { local: None, remote: None });
    }

    #[test]
    fn with_addresses() {
        let text = "sk               RefCnt Rmem   Wmem   User   Inode  Src Dst Parent\n\
            ffff880037a0bc00 2      0      0      0      0 00:00:00:00:00:00 00:1A:7D:DA:71:13 17\n";
        let line = only(text, Protocol::L2cap).unwrap();
        let peer = Name::Bluetooth { device: [0, 0x1a, 0x7d, 0xda, 0x71, 0x13], channel: None };
        assert_eq!(line.ends, Ends::Other { local: None, remote: Some(peer) });
        assert_eq!((line.kind, line.inode, line.uid), (SocketType::Unknown, None, None));
    }

    #[test]
    fn refuses_what_has_no_inode() {
        assert_eq!(only("sk RefCnt\n0 2\n", Protocol::Hci), Err(WireError::Line));
        assert_eq!(only("sk User Inode\n0 2\n", Protocol::Hci), Err(WireError::Line));
        assert_eq!(address("00:1a:7d:da:71:13:99"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _row = row(&bytes, &["sk", "User", "Inode", "Src"], Protocol::Rfcomm);
        }
    }
}
