//! The requests that name the attributes to show. Five structs of the kernel, two layouts: packet,
//! netlink and XDP (`packet_diag_req`, `netlink_diag_req`, `xdp_diag_req`), and those that also name
//! the states, Unix and vsock (`unix_diag_req`, `vsock_diag_req`). Knows no reply.

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{inet_diag, netlink};

/// The struct without states, 20 bytes.
#[derive(Clone, Copy, Debug, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Request {
    family: u8,
    protocol: u8,
    pad: [u8; 2],
    inode: U32,
    show: U32,
    cookie: [U32; 2],
}

/// The struct with states, 24 bytes.
#[derive(Clone, Copy, Debug, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct StatesRequest {
    family: u8,
    protocol: u8,
    pad: [u8; 2],
    states: U32,
    inode: U32,
    show: U32,
    cookie: [U32; 2],
}

/// The request that dumps every socket of a family; `show` is the family's mask of attributes.
pub(super) fn dump_request(family: u8, protocol: u8, seq: u32, show: u32) -> Vec<u8> {
    let request = Request {
        family,
        protocol,
        pad: [0; 2],
        inode: 0.into(),
        show: show.into(),
        cookie: [U32::MAX_VALUE; 2],
    };
    netlink::dump_request(inet_diag::BY_FAMILY, seq, request.as_bytes())
}

/// The same for a family that wants the states to be named: the sockets in any of them.
pub(super) fn dump_states_request(family: u8, seq: u32, show: u32) -> Vec<u8> {
    let request = StatesRequest {
        family,
        protocol: 0,
        pad: [0; 2],
        states: U32::MAX_VALUE,
        inode: 0.into(),
        show: show.into(),
        cookie: [U32::MAX_VALUE; 2],
    };
    netlink::dump_request(inet_diag::BY_FAMILY, seq, request.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_as_long_as_the_kernel_wants_it() {
        let request = dump_request(17, 0, 9, 0x21);
        assert_eq!(request.len(), 16 + 20, "a shorter one is EINVAL");
        assert_eq!(request[16..20], [17, 0, 0, 0]);
        assert_eq!(request[24..28], 0x21u32.to_ne_bytes());
    }

    #[test]
    fn the_request_with_states_names_all_of_them() {
        let request = dump_states_request(1, 9, 0x55);
        assert_eq!(request.len(), 16 + 24, "a shorter one is EINVAL");
        assert_eq!(request[16..20], [1, 0, 0, 0]);
        assert_eq!(request[20..24], [0xff; 4]);
        assert_eq!(request[28..32], 0x55u32.to_ne_bytes());
    }
}
