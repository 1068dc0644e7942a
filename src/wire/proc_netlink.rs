//! `/proc/net/netlink` (`net/netlink/af_netlink.c`). It tells neither type, peer nor user, and of
//! the groups only the first 32, which is as good as none.

use super::line::{Line, columns, decimal, hex, next, rows};
use super::{Context, WireError};
use crate::model::{Ends, Inode, Memory, Name, Queues, SocketType, State};

/// Calls `each` with every row.
pub fn parse(text: &[u8], _context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    rows(text).for_each(|line| each(row(line)));
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`
fn row(line: &[u8]) -> Result<Line, WireError> {
    let mut columns = columns(line);
    next(&mut columns)?; // the socket's place in memory, or 0
    let protocol = decimal(next(&mut columns)?)?;
    let port = decimal(next(&mut columns)?)?;
    hex(next(&mut columns)?)?; // groups
    let recv = decimal(next(&mut columns)?)?;
    let send = decimal(next(&mut columns)?)?;
    next(&mut columns)?; // whether a dump runs
    next(&mut columns)?; // references
    let drops = decimal(next(&mut columns)?)?;
    let inode = Inode::new(decimal(next(&mut columns)?)?);
    let ends = Ends::Other { local: Some(Name::Netlink { protocol, port }), remote: None };
    let mut line = Line::new(SocketType::Unknown, State::Unknown, ends, inode);
    line.queues = Queues { recv: Some(recv), send: Some(send) };
    line.details.memory = Some(Memory { drops: Some(drops), ..Memory::default() });
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str =
        "00000000f1b2c3d4 15  3232235777 00000002 64       0        0     2        7        1234    ";

    #[test]
    fn netlink() {
        let line = row(ROW.as_bytes()).unwrap();
        let local = Name::Netlink { protocol: 15, port: 3_232_235_777 };
        assert_eq!(line.ends, Ends::Other { local: Some(local), remote: None });
        assert_eq!((line.kind, line.state, line.uid), (SocketType::Unknown, State::Unknown, None));
        assert_eq!((line.inode, line.details.memory.unwrap().drops), (Inode::new(1234), Some(7)));
        assert_eq!(line.queues, Queues { recv: Some(64), send: Some(0) });
    }

    #[test]
    fn refuses_lines_that_are_cut_or_made_up() {
        for text in [&ROW[..60], &ROW.replace(" 15 ", " 256 "), &ROW.replace("1234", "-1")] {
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
