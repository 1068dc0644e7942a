//! Two controllers of Bluetooth that hear each other and nobody else. The kernel has the driver (`hci_vhci`), and
//! this is their firmware: as much of it as a connection takes (Bluetooth Core, volume 4, part E, section 7).

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io;
use rustix::ioctl::{IntegerSetter, ioctl};

use super::bluetooth::open_hci;

/// The address of each, as it stands in a `bdaddr_t`: the last byte first.
pub(crate) const ADDRESSES: [[u8; 6]; 2] = [[1, 0, 0, 0x01, 0xaa, 0x00], [2, 0, 0, 0x01, 0xaa, 0x00]];

// Kinds of packets (`hci.h`).
const COMMAND: u8 = 1;
const DATA: u8 = 2;
const EVENT: u8 = 4;
const VENDOR: u8 = 0xff;

// Commands.
const CREATE_CONNECTION: u16 = 0x0405;
const DISCONNECT: u16 = 0x0406;
const ADD_SCO: u16 = 0x0407;
const ACCEPT: u16 = 0x0409;
const READ_REMOTE_NAME: u16 = 0x0419;
const READ_REMOTE_FEATURES: u16 = 0x041b;
const READ_VERSION: u16 = 0x1001;
const READ_COMMANDS: u16 = 0x1002;
const READ_FEATURES: u16 = 0x1003;
const READ_BUFFER_SIZE: u16 = 0x1005;
const READ_ADDRESS: u16 = 0x1009;

// Events.
const CONNECTED: u8 = 0x03;
const ASKED: u8 = 0x04;
const DISCONNECTED: u8 = 0x05;
const REMOTE_NAME: u8 = 0x07;
const REMOTE_FEATURES: u8 = 0x0b;
const COMPLETE: u8 = 0x0e;
const STATUS: u8 = 0x0f;
const SENT: u8 = 0x13;

/// A link for voice, and one for data.
const SCO: u8 = 0;
const ACL: u8 = 1;

/// Packets of several slots, and links for voice.
const FEATURES: [u8; 8] = [0x03, 0x08, 0, 0, 0, 0, 0, 0];

/// One bit for each command that there may be; that of the settings of voice.
const VOICE_SETTINGS: [u8; 64] = {
    let mut bits = [0; 64];
    bits[9] = 1 << 2;
    bits
};

/// Makes both and puts them in operation, once. They work until the program ends.
pub(crate) fn put_in_operation() -> io::Result<()> {
    static DONE: OnceLock<io::Result<()>> = OnceLock::new();
    *DONE.get_or_init(|| {
        let devices = [register()?, register()?];
        std::thread::spawn(move || Air { devices, asked: VecDeque::new(), links: 0 }.carry());
        let control = open_hci()?;
        (0..ADDRESSES.len()).try_for_each(|index| bring_up(&control, index))
    })
}

/// A controller of the driver, whose firmware is who has the descriptor.
fn register() -> io::Result<File> {
    let errno = |error: std::io::Error| io::Errno::from_io_error(&error).unwrap_or(io::Errno::IO);
    let mut device = OpenOptions::new().read(true).write(true).open("/dev/vhci").map_err(errno)?;
    device.write_all(&[VENDOR, 0]).map_err(errno)?;
    Ok(device)
}

/// `HCIDEVUP` (`hci_sock.h`). One that is up already says so.
fn bring_up(control: &OwnedFd, index: usize) -> io::Result<()> {
    // SAFETY: the request takes the number of a controller, so no memory is read or written.
    #[expect(unsafe_code, reason = "rustix has no requests of Bluetooth")]
    let answer = unsafe { ioctl(control, IntegerSetter::<0x4004_48c9>::new_usize(index)) };
    match answer {
        Err(io::Errno::ALREADY) => Ok(()),
        other => other,
    }
}

/// What is between the controllers.
struct Air {
    devices: [File; 2],
    /// The kinds of links for which one asked, and the other has not answered.
    asked: VecDeque<u8>,
    /// How many there were; the number of each is its handle, at both ends.
    links: u16,
}

impl Air {
    fn carry(mut self) {
        let mut packet = [0; 2048];
        loop {
            let mut fds = self.devices.each_ref().map(|device| PollFd::new(device, PollFlags::IN));
            if poll(&mut fds, None).is_err() {
                continue;
            }
            let ready = fds.map(|fd| fd.revents().contains(PollFlags::IN));
            for at in (0..2).filter(|at| ready[*at]) {
                let length = (&self.devices[at]).read(&mut packet).unwrap();
                self.take(at, &packet[..length]);
            }
        }
    }

    fn take(&mut self, at: usize, packet: &[u8]) {
        match packet {
            [COMMAND, low, high, _, parameters @ ..] => {
                self.obey(at, u16::from_le_bytes([*low, *high]), parameters);
            }
            [DATA, low, high, ..] => {
                (&self.devices[1 - at]).write_all(packet).unwrap();
                // The upper bits say which part of a message it is.
                self.tell(at, SENT, &[&[1, *low, *high & 0x0f, 1, 0]]);
            }
            _ => {}
        }
    }

    fn obey(&mut self, at: usize, command: u16, parameters: &[u8]) {
        let other = 1 - at;
        let code = command.to_le_bytes();
        match command {
            CREATE_CONNECTION | ADD_SCO => {
                self.begun(at, code);
                let kind = if command == ADD_SCO { SCO } else { ACL };
                self.asked.push_back(kind);
                self.tell(other, ASKED, &[&ADDRESSES[at], &[0; 3], &[kind]]);
            }
            ACCEPT => {
                self.begun(at, code);
                let Some(kind) = self.asked.pop_front() else { return };
                self.links += 1;
                for end in [at, other] {
                    let handle = self.links.to_le_bytes();
                    self.tell(end, CONNECTED, &[&[0], &handle, &ADDRESSES[1 - end], &[kind, 0]]);
                }
            }
            DISCONNECT => {
                self.begun(at, code);
                for end in [at, other] {
                    self.tell(end, DISCONNECTED, &[&[0], parameters]);
                }
            }
            READ_REMOTE_FEATURES => {
                self.begun(at, code);
                self.tell(at, REMOTE_FEATURES, &[&[0], &parameters[..2], &FEATURES]);
            }
            READ_REMOTE_NAME => {
                self.begun(at, code);
                self.tell(at, REMOTE_NAME, &[&[0], &ADDRESSES[other], &[0; 248]]);
            }
            // Version 1.2 is the first whose commands are asked for: without the one for the settings of voice there
            // would be no links for it.
            READ_VERSION => self.done(at, code, &[2, 0, 0, 2, 0, 0, 0, 0]),
            READ_COMMANDS => self.done(at, code, &VOICE_SETTINGS),
            READ_FEATURES => self.done(at, code, &FEATURES),
            READ_ADDRESS => self.done(at, code, &ADDRESSES[at]),
            // Packets of 1021 bytes and of 64, eight of each.
            READ_BUFFER_SIZE => self.done(at, code, &[0xfd, 3, 64, 8, 0, 8, 0]),
            // Whatever else it asks or sets: nothing. No answer is longer than that of a name.
            _ => self.done(at, code, &[0; 248]),
        }
    }

    /// What a command asks follows.
    fn begun(&self, at: usize, code: [u8; 2]) {
        self.tell(at, STATUS, &[&[0, 1], &code]);
    }

    /// What a command asked.
    fn done(&self, at: usize, code: [u8; 2], answer: &[u8]) {
        self.tell(at, COMPLETE, &[&[1], &code, &[0], answer]);
    }

    fn tell(&self, at: usize, event: u8, parts: &[&[u8]]) {
        let body = parts.concat();
        let head = [EVENT, event, u8::try_from(body.len()).unwrap()];
        (&self.devices[at]).write_all(&[&head[..], &body].concat()).unwrap();
    }
}

/// The address as people write it.
pub(crate) fn written(address: [u8; 6]) -> String {
    let bytes: Vec<String> = address.iter().rev().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}
