//! Network devices and ports of the kernel, made and taken away as ip(8) does it: by messages of netlink.

use std::os::fd::AsRawFd;

use rustix::io::{self, Errno};
use rustix::net::netlink::{GENERIC, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

const NEW_LINK: u16 = 16;
const DELETE_LINK: u16 = 17;
const UP: u32 = 1;
const IFNAME: u16 = 3;
const LINKINFO: u16 = 18;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;

/// An attribute: its type, and what is in it.
pub(crate) type Attribute<'a> = (u16, &'a [u8]);

/// Makes a device, up or down, with the data of its kind (`linux/if_link.h`).
pub(crate) fn add(name: &str, kind: &str, up: bool, data: &[Attribute<'_>]) -> io::Result<()> {
    const CREATE_EXCLUSIVELY: u16 = 0x600;
    let info = attributes(&[(INFO_KIND, kind.as_bytes()), (INFO_DATA, &attributes(data))]);
    let body = attributes(&[(IFNAME, &[name.as_bytes(), b"\0"].concat()), (LINKINFO, &info)]);
    talk(None, NEW_LINK, CREATE_EXCLUSIVELY, &[device(if up { UP } else { 0 }), body].concat()).map(drop)
}

/// Puts a device in operation.
pub(crate) fn raise(name: &str) -> io::Result<()> {
    let body = attributes(&[(IFNAME, &[name.as_bytes(), b"\0"].concat())]);
    talk(None, NEW_LINK, 0, &[device(UP), body].concat()).map(drop)
}

/// Moves a device to another namespace, where it is down at first.
pub(crate) fn move_to(name: &str, netns: &impl AsRawFd) -> io::Result<()> {
    const NET_NS_FD: u16 = 28;
    let name = [name.as_bytes(), b"\0"].concat();
    let body = attributes(&[(IFNAME, &name), (NET_NS_FD, &netns.as_raw_fd().to_ne_bytes())]);
    talk(None, NEW_LINK, 0, &[[0; 16].to_vec(), body].concat()).map(drop)
}

/// Takes a device away.
pub(crate) fn remove(name: &str) -> io::Result<()> {
    let body = attributes(&[(IFNAME, &[name.as_bytes(), b"\0"].concat())]);
    talk(None, DELETE_LINK, 0, &[device(0), body].concat()).map(drop)
}

/// Sends a command to a family of generic netlink (`linux/genetlink.h`).
pub(crate) fn command(family: &str, command: u8, body: &[Attribute<'_>]) -> io::Result<()> {
    const CONTROL: u16 = 16;
    const GET_FAMILY: u8 = 3;
    const FAMILY_NAME: u16 = 2;
    let name = attributes(&[(FAMILY_NAME, &[family.as_bytes(), b"\0"].concat())]);
    let answer = talk(Some(GENERIC), CONTROL, 0, &[&[GET_FAMILY, 1, 0, 0], &name[..]].concat())?;
    // After both headers comes its name, which is as long as ours, and then its number.
    let number = answer.get(20 + name.len() + 4..).and_then(|rest| rest.first_chunk().copied());
    let number = u16::from_ne_bytes(number.ok_or(Errno::NOENT)?);
    talk(Some(GENERIC), number, 0, &[&[command, 1, 0, 0], &attributes(body)[..]].concat()).map(drop)
}

/// `struct ifinfomsg` of the device that is named in what follows.
fn device(flags: u32) -> Vec<u8> {
    [[0; 4], [0; 4], flags.to_ne_bytes(), UP.to_ne_bytes()].concat()
}

/// Attributes, one after the other.
pub(crate) fn attributes(all: &[Attribute<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, payload) in all {
        bytes.extend(u16::try_from(4 + payload.len()).unwrap().to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(*payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// Sends a request and returns the first message of the answer, whole.
pub(crate) fn talk(protocol: Option<Protocol>, kind: u16, flags: u16, body: &[u8]) -> io::Result<Vec<u8>> {
    const REQUEST_AND_ACK: u16 = 1 | 4;
    const ERROR: u16 = 2;
    let mut message = u32::try_from(16 + body.len()).unwrap().to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend((REQUEST_AND_ACK | flags).to_ne_bytes());
    message.extend([0; 8]); // sequence, port
    message.extend(body);
    let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
    sendto(&fd, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = vec![0; 8192];
    let (got, _) = recv(&fd, &mut answer[..], RecvFlags::empty())?;
    answer.truncate(got);
    let errno = i32::from_ne_bytes(answer[16..20].try_into().unwrap());
    if answer[4..6] == ERROR.to_ne_bytes() && errno != 0 {
        return Err(Errno::from_raw_os_error(-errno));
    }
    Ok(answer)
}
