//! What a process of the load does: opens what it is to hold, says so, and waits for its end. It must not live
//! longer than who needs it.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

use super::size::{Holding, Kind};
use super::{READY, network};

/// Seconds until a holder ends by itself.
const LIFE: u32 = 30 * 60;

/// Returns when nobody needs it any more.
pub(crate) fn hold(holding: &Holding) -> anyhow::Result<()> {
    end_in_time();
    let held = open(holding)?;
    io::stdout().write_all(READY.as_bytes())?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    drop(held);
    Ok(())
}

fn open(&Holding { kind, address, count }: &Holding) -> anyhow::Result<Vec<OwnedFd>> {
    let mut held = Vec::new();
    match kind {
        Kind::Tcp => connect(address, count, &mut held)?,
        Kind::Namespaces => {
            network::leave()?;
            connect(Ipv4Addr::LOCALHOST, count, &mut held)?;
        }
        Kind::Unix => {
            for _ in 0..count {
                let (one, other) = UnixStream::pair()?;
                held.extend([one.into(), other.into()]);
            }
        }
        Kind::Udp => {
            for _ in 0..count {
                held.push(UdpSocket::bind((address, 0))?.into());
            }
        }
        Kind::Listeners => {
            for _ in 0..count {
                held.push(TcpListener::bind((address, 0))?.into());
            }
        }
        Kind::Files => {
            for _ in 0..count {
                held.push(File::open("/dev/null")?.into());
            }
        }
    }
    Ok(held)
}

fn connect(address: Ipv4Addr, count: u32, held: &mut Vec<OwnedFd>) -> anyhow::Result<()> {
    let listener = TcpListener::bind((address, 0))?;
    let at = listener.local_addr()?;
    for _ in 0..count {
        for end in [TcpStream::connect(at)?, listener.accept()?.0] {
            set_socket_linger(&end, Some(Duration::ZERO))?;
            held.push(end.into());
        }
    }
    held.push(listener.into());
    Ok(())
}

/// SIGALRM ends a process that does not handle it. A thread that waits would be part of the load.
fn end_in_time() {
    #[expect(unsafe_code, reason = "the standard library has no alarm(2)")]
    // SAFETY: it takes a number and touches no memory.
    unsafe {
        libc::alarm(LIFE);
    }
}
