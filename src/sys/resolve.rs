//! Names of hosts, by the system's resolver: `/etc/hosts`, DNS, whatever nsswitch.conf says
//! (getnameinfo(3)). A lookup may take as long as it likes: who asks sees to that. Nothing is remembered.

use std::net::{IpAddr, SocketAddr};

use rustix::net::addr::SocketAddrArg as _;

use crate::model::SystemBytes;

/// `NI_MAXHOST` (`netdb.h`).
const LONGEST: usize = 1025;

/// The resolver has no answer: it could not ask, or whom it asked did not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer of the resolver (getnameinfo: {0})")]
pub struct Unanswered(i32);

#[cfg(test)]
impl Unanswered {
    /// The same, for the tests of others.
    pub(crate) fn of(code: i32) -> Self {
        Self(code)
    }
}

/// The name of a host as its owner tells it: hostile bytes. `None` when it has none.
pub fn host_name(addr: IpAddr) -> Result<Option<SystemBytes>, Unanswered> {
    let mut name = [0_u8; LONGEST];
    // The type of a length is that of the system.
    let room = name.len().try_into().unwrap_or_default();
    let end = SocketAddr::new(addr, 0);
    // SAFETY: the address is valid for its length while the closure runs, which hands it to getnameinfo
    // alone; that writes `room` bytes of `name` at most, and no service.
    #[expect(unsafe_code, reason = "rustix has no resolver")]
    let code = unsafe {
        end.with_sockaddr(|addr, len| {
            let service = std::ptr::null_mut();
            libc::getnameinfo(addr.cast(), len, name.as_mut_ptr().cast(), room, service, 0, libc::NI_NAMEREQD)
        })
    };
    match code {
        0 => Ok(name.split(|byte| *byte == 0).next().map(SystemBytes::from)),
        libc::EAI_NONAME => Ok(None),
        code => Err(Unanswered(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_called_what_the_system_calls_it() {
        let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
        let line = hosts
            .lines()
            .map(str::split_whitespace)
            .find_map(|mut words| (words.next() == Some("127.0.0.1")).then(|| words.next()).flatten());
        if let Some(name) = line {
            assert_eq!(host_name("127.0.0.1".parse().unwrap()), Ok(Some(SystemBytes::from(name))));
        }
    }
}
