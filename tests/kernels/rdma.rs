//! A connection of SMC whose ends share memory by RDMA. Where no card can do that, software plays one.

use rustix::io;
use rustix::net::netlink::RDMA;
use sockeye::sys::host::is_before;

use super::cases::{Opened, SMC, STREAM};
use super::expect::Expected;
use super::links::{attributes, command, talk};
use super::particular::connected;

/// `linux/smc.h`. The connection goes through `lo`, so there is the card. Needs `rdma_rxe`, and
/// `crc32_generic`, which it asks for by name.
pub(crate) fn smc_over_rdma() -> io::Result<Opened> {
    const FAMILY: &str = "SMC_GEN_NETLINK";
    const ADD_USER_EID: u8 = 10;
    const REMOVE_USER_EID: u8 = 11;
    const EID: u16 = 1;
    add_card("rxe0", "lo")?;
    // The card speaks RoCE version 2 alone, which takes SMC version 2, which takes an id that both ends
    // have: 32 characters, and the zero after them.
    let id = format!("{:32}\0", "SOCKEYE");
    command(FAMILY, ADD_USER_EID, &[(EID, id.as_bytes())])?;
    let opened = connected((SMC, STREAM, 0), (7015, 7115), if carries_smc() { by_rdma } else { by_tcp });
    // Without it the other connections of SMC stay on TCP, whichever is made first.
    command(FAMILY, REMOVE_USER_EID, &[(EID, id.as_bytes())])?;
    opened
}

/// The descriptor leads to the socket of SMC, as does the cookie that it tells.
fn by_rdma(end: Expected) -> Expected {
    end.is("smc", "smc", "established").has("/smc/mode", "smc-r")
}

/// The descriptor leads to the socket of TCP now, as does the cookie that it tells.
fn by_tcp(end: Expected) -> Expected {
    end.by_inode().is("smc", "smc", "established").has("/smc/mode", "tcp")
}

/// Makes a card of RDMA out of software, on top of a network device (`rdma/rdma_netlink.h`).
fn add_card(name: &str, device: &str) -> io::Result<()> {
    const NLDEV: u16 = 5; // the client, in the upper bits of a type
    const NEW_LINK: u16 = 3;
    const DEVICE_NAME: u16 = 2;
    const NETWORK_DEVICE_NAME: u16 = 51;
    const LINK_TYPE: u16 = 65;
    let [name, device] = [name, device].map(|text| [text.as_bytes(), b"\0"].concat());
    let body = attributes(&[(DEVICE_NAME, &name), (NETWORK_DEVICE_NAME, &device), (LINK_TYPE, b"rxe\0")]);
    talk(Some(RDMA), NLDEV << 10 | NEW_LINK, 0, &body).map(drop)
}

/// SMC finds no card beneath `lo` in Linux 6.1. (Helped by an entry in its table of networks it does, and
/// hangs: `rdma_rxe` does not tell that a queue is ready to send, so `smc_link_sendable` denies it.)
fn carries_smc() -> bool {
    !is_before(6, 12)
}
