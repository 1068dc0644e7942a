//! The journal's socket: an entry is one datagram, or a sealed file where it is too large for one
//! (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>). It does not know what an entry says.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// Where it listens.
pub const PLACE: &str = "/run/systemd/journal/socket";

/// Sends an entry. Whoever listens may be busy: then it is refused and nobody waits.
pub fn send(place: &Path, entry: &[u8]) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect(place)?;
    match socket.send(entry).map(drop) {
        Err(error) if matches!(super::errno_of(&error), Some(Errno::MSGSIZE | Errno::NOBUFS)) => {
            send_file(&socket, entry)
        }
        sent => sent,
    }
}

/// The file must be sealed: who reads it must not see it change.
fn send_file(socket: &UnixDatagram, entry: &[u8]) -> io::Result<()> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("sockeye-journal", flags)?);
    file.write_all(entry)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
    let files = [file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&files));
    // The entry is the file alone.
    sendmsg(socket, &[IoSlice::new(&[])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{IoSliceMut, Read as _};

    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

    use super::*;

    #[test]
    fn an_entry_is_a_datagram_and_a_large_one_a_sealed_file() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("socket");
        assert!(send(&place, b"A=b\n").is_err(), "nobody listens");
        let journal = UnixDatagram::bind(&place).unwrap();
        send(&place, b"A=b\n").unwrap();
        let mut buffer = [0; 16];
        let length = journal.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"A=b\n");

        let large = vec![b'x'; 4_000_000];
        send(&place, &large).unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got =
            recvmsg(&journal, &mut [IoSliceMut::new(&mut buffer)], &mut control, RecvFlags::CMSG_CLOEXEC);
        assert_eq!(got.unwrap().bytes, 0, "the datagram says nothing");
        let files = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut files) => files.next(),
            _ => None,
        });
        let mut file = File::from(files.unwrap());
        let mut told = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut told).unwrap();
        assert!(told == large);
        assert!(file.write_all(b"y").is_err(), "it can be changed");
    }

    #[test]
    fn a_full_queue_keeps_nobody_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("socket");
        let _journal = UnixDatagram::bind(&place).unwrap();
        let refused = (0..100_000).find_map(|_| send(&place, b"A=b\n").err());
        assert_eq!(refused.unwrap().kind(), io::ErrorKind::WouldBlock);
    }
}
