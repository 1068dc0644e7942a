//! `/proc/net/packet` (`net/packet/af_packet.c`). It tells neither rings nor filters.

use super::line::{Line, columns, decimal, hex, next, rows};
use super::packet_diag::ends;
use super::{Context, WireError};
use crate::model::{IfIndex, Inode, PacketDetails, Queues, SocketType, State, Uid};

/// Calls `each` with every row.
pub fn parse(text: &[u8], _context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    rows(text).for_each(|line| each(row(line)));
}

/// `sk RefCnt Type Proto Iface R Rmem User Inode`
fn row(line: &[u8]) -> Result<Line, WireError> {
    let mut columns = columns(line);
    next(&mut columns)?; // the socket's place in memory, or 0
    next(&mut columns)?; // references
    let raw_kind: u32 = decimal(next(&mut columns)?)?;
    let kind =
        SocketType::from_raw(raw_kind).ok_or(WireError::Type(u8::try_from(raw_kind).unwrap_or(u8::MAX)))?;
    let protocol = u16::try_from(hex(next(&mut columns)?)?).map_err(|_| WireError::Line)?;
    let interface = IfIndex::new(decimal(next(&mut columns)?)?);
    let running: u8 = decimal(next(&mut columns)?)?;
    let recv = decimal(next(&mut columns)?)?;
    let uid = Uid(decimal(next(&mut columns)?)?);
    let inode = Inode::new(decimal(next(&mut columns)?)?);
    let mut line = Line::new(kind, State::Unconnected, ends(protocol), inode);
    line.uid = Some(uid);
    line.interface = interface;
    line.queues = Queues { recv: Some(recv), send: None };
    line.details.packet = Some(Box::new(PacketDetails { running: running != 0, ..PacketDetails::default() }));
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Name;

    const ROW: &str = "00000000f1b2c3d4 3      3    0003   2     1 768    1000   15332 ";

    #[test]
    fn packet() {
        let line = row(ROW.as_bytes()).unwrap();
        assert_eq!((line.kind, line.state), (SocketType::Raw, State::Unconnected));
        assert_eq!(line.ends.names(), (Some(Name::Packet { protocol: 3 }), None));
        assert_eq!((line.interface, line.uid), (IfIndex::new(2), Some(Uid(1000))));
        assert_eq!((line.inode, line.queues), (Inode::new(15332), Queues { recv: Some(768), send: None }));
        assert!(line.details.packet.unwrap().running);
    }

    #[test]
    fn refuses_lines_that_are_cut_or_made_up() {
        assert_eq!(row(ROW.replace(" 3    0003", " 7    0003").as_bytes()), Err(WireError::Type(7)));
        for text in [&ROW[..40], &ROW.replace("0003", "10003"), &ROW.replace("15332", "x")] {
            assert_eq!(row(text.as_bytes()), Err(WireError::Line), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _row = row(&bytes);
        }
    }
}
