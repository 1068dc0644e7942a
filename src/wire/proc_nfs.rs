//! `/proc/net/nfsfs/servers`: whom the NFS client of a namespace talks to
//! (`nfs_server_list_show`, `fs/nfs/client.c`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{WireError, line};
use crate::model::{Endpoint, KernelUse, Seat};

/// Each server.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<KernelUse, WireError>> + '_ {
    line::rows(text).map(server)
}

/// One row: version, address, port, number of uses, name. The name is whatever was given to mount(8).
fn server(row: &[u8]) -> Result<KernelUse, WireError> {
    let mut columns = line::columns(row);
    let version = line::next(&mut columns)?;
    let addr = address(line::next(&mut columns)?)?;
    let port = u16::try_from(line::hex(line::next(&mut columns)?)?).map_err(|_| WireError::Line)?;
    if !version.starts_with('v') || port == 0 {
        return Err(WireError::Line);
    }
    Ok(KernelUse {
        what: format!("NFS client of {addr}").into(),
        seat: Seat::Peer(Endpoint::new(addr, port)),
    })
}

/// The digits stand in the order in which people read an address: `%08x` of the number, `%pi6` of the
/// bytes (`xs_format_common_peer_addresses`, `net/sunrpc/xprtsock.c`).
fn address(digits: &str) -> Result<IpAddr, WireError> {
    let number = u128::from_str_radix(digits, 16).map_err(|_| WireError::Line)?;
    match (digits.len(), u32::try_from(number)) {
        (8, Ok(number)) if !digits.starts_with('+') => Ok(Ipv4Addr::from(number).into()),
        (32, _) if !digits.starts_with('+') => Ok(Ipv6Addr::from(number).into()),
        _ => Err(WireError::Line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The heading and the first row are what Linux 6.12 wrote.
    const TEXT: &[u8] = b"NV SERVER   PORT USE HOSTNAME\n\
        v3 7f000001 1b76   1 127.0.0.1\n\
        v4 0a000001  801  12 files.example\n\
        v4 20010db8000000000000000000000001  801   1 \xff\n";

    #[test]
    fn servers_of_both_versions_of_ip() {
        let told: Vec<_> = parse(TEXT).map(Result::unwrap).collect();
        let whats: Vec<_> = told.iter().map(|one| one.what.as_bytes()).collect();
        let wanted = ["NFS client of 127.0.0.1", "NFS client of 10.0.0.1", "NFS client of 2001:db8::1"];
        assert_eq!(whats, wanted.map(str::as_bytes));
        let ends = [("127.0.0.1", 7030), ("10.0.0.1", 2049), ("2001:db8::1", 2049)];
        for (one, (addr, port)) in told.iter().zip(ends) {
            assert_eq!(one.seat, Seat::Peer(Endpoint::new(addr.parse().unwrap(), port)));
        }
    }

    #[test]
    fn other_lines_are_refused() {
        for row in [
            "x4 7f000001  801   1 a",
            "v4 7f00001  801   1 a",
            "v4 +7f00001  801   1 a",
            "v4 7f000001  0   1 a",
            "v4 7f000001  10801   1 a",
            "v4 7f000001",
        ] {
            let text = format!("heading\n{row}\n");
            assert_eq!(parse(text.as_bytes()).collect::<Vec<_>>(), [Err(WireError::Line)], "{row}");
        }
        assert_eq!(parse(b"").count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _servers = parse(&bytes).count();
        }
    }
}
