//! `/proc/PID/fdinfo/FD`: what a descriptor tells of sockets that no descriptor of its own refers to.
//!
//! Only the kernel's own lines count: in a ring's list every file is on one line, and what others
//! name is escaped there and begins with a slash.

use super::proc_pid::{number, socket_link};
use crate::model::Inode;

/// What `/proc/PID/fd` says of an `io_uring` instance.
pub const RING: &[u8] = b"anon_inode:[io_uring]";

/// The sockets among the files that are registered with a ring (`io_uring_show_fdinfo`,
/// `io_uring/fdinfo.c`): `    0: socket:[4711]` below `UserFiles:`. Linux before 6.11 tells no inodes,
/// so there are none to find.
pub fn registered_sockets(text: &[u8]) -> impl Iterator<Item = Inode> + '_ {
    let lines = text.split(|byte| *byte == b'\n');
    let below = lines.skip_while(|line| !line.starts_with(b"UserFiles:")).skip(1);
    below.map_while(indexed).filter_map(socket_link)
}

/// What stands behind the index of a list; `None` for a line of anything else.
fn indexed(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    number(line[..colon].trim_ascii_start())?;
    line[colon + 1..].strip_prefix(b" ")
}

/// How many descriptors wait in a Unix socket to be received (`unix_show_fdinfo`, `net/unix/af_unix.c`);
/// a listener's count has those of connections that wait to be accepted. `None` for what is no Unix
/// socket, and before Linux 5.8.
#[must_use]
pub fn descriptors_in_flight(text: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"scm_fds:"))?;
    number(line.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(text: &[u8]) -> Vec<u64> {
        registered_sockets(text).map(Inode::get).collect()
    }

    #[test]
    fn a_ring_tells_of_its_sockets() {
        let text = b"pos:\t0\nflags:\t02000002\nSqMask:\t0x3\nSQEs:\t1\n    0: socket:[1]\nUserFiles:\t5\n\
            \x20   0: socket:[4711]\n    1: /tmp/socket:[2]\n    2: <none>\n99999: socket:[4712]\n\
            UserBufs:\t1\n    0: socket:[3]\n";
        assert_eq!(sockets(text), [4711, 4712]);
        for none in [
            &b"UserFiles:\t0\nUserBufs:\t0\n"[..],
            b"UserFiles:\t1\n    0: TCP\n",
            b"UserFiles:\t1\nx0: socket:[1]\n",
            b"UserFiles:\t1\n    0:socket:[1]\n",
            b"    0: socket:[1]\n",
            b"",
        ] {
            assert!(sockets(none).is_empty(), "{}", none.escape_ascii());
        }
    }

    #[test]
    fn a_unix_socket_counts_what_is_on_its_way() {
        assert_eq!(descriptors_in_flight(b"pos:\t0\nflags:\t02\nscm_fds: 3\n"), Some(3));
        assert_eq!(descriptors_in_flight(b"pos:\t0\nflags:\t02\n"), None);
        assert_eq!(descriptors_in_flight(b"scm_fds: -1\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _all = (sockets(&bytes), descriptors_in_flight(&bytes));
            let _below = sockets(&[b"UserFiles:\t1\n", &bytes[..]].concat());
        }

        #[test]
        fn every_socket_is_found(inodes in proptest::collection::vec(1u64.., 0..9)) {
            let lines = inodes.iter().enumerate().map(|(at, inode)| format!("{at:5}: socket:[{inode}]\n"));
            let text = format!("UserFiles:\t{}\n{}UserBufs:\t0\n", inodes.len(), lines.collect::<String>());
            proptest::prop_assert_eq!(sockets(text.as_bytes()), inodes);
        }
    }
}
