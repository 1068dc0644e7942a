//! A text for whoever asks at a port or a socket of this machine: `GET /metrics`, and nothing else. It does not know
//! what the text says.
//!
//! Who asks may be anybody here, so there are four at a time, of whom each has five seconds and some kilobytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::clock;
use crate::wire::http;

/// How many may ask at a time.
const MOST: usize = 4;
/// How long one may take.
const WITHIN: Duration = Duration::from_secs(if cfg!(test) { 60 } else { 5 });
/// How long a request may be.
const LONGEST: usize = 4096;
/// The pause where nobody can be let in, as without descriptors.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Port(SocketAddr),
    Path(PathBuf),
}

/// Says the text as it is now, in the thread of who asks.
pub type Tell = Arc<dyn Fn() -> String + Send + Sync>;

/// The endpoint. It closes when it is dropped.
#[derive(Debug)]
pub struct Endpoint {
    address: Address,
    /// Hung up when it shall end.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Listens from now on, and tells this.
    pub fn open(address: &Address, tell: Tell) -> io::Result<Self> {
        let listener = Listener::bind(address)?;
        let address = match &listener {
            Listener::Port(listener) => Address::Port(listener.local_addr()?),
            Listener::Path(_) => address.clone(),
        };
        let (stop, stopped) = UnixStream::pair()?;
        let serve = move || serve(&listener, &stopped, &tell);
        let thread = thread::Builder::new().name("endpoint".to_owned()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens: a port that was left to the kernel has its number.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join()); // it is gone either way
        }
        if let Address::Path(path) = &self.address {
            drop(std::fs::remove_file(path)); // somebody may have taken it away
        }
    }
}

enum Listener {
    Port(TcpListener),
    Path(UnixListener),
}

impl Listener {
    fn bind(address: &Address) -> io::Result<Self> {
        let listener = match address {
            Address::Port(address) => Self::Port(TcpListener::bind(address)?),
            Address::Path(path) => {
                if is_left_behind(path) {
                    std::fs::remove_file(path)?;
                }
                let listener = UnixListener::bind(path)?;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
                Self::Path(listener)
            }
        };
        match &listener {
            Self::Port(listener) => listener.set_nonblocking(true)?,
            Self::Path(listener) => listener.set_nonblocking(true)?,
        }
        Ok(listener)
    }

    fn accept(&self) -> io::Result<Caller> {
        match self {
            Self::Port(listener) => listener.accept().map(|(stream, _)| Caller::Port(stream)),
            Self::Path(listener) => listener.accept().map(|(stream, _)| Caller::Path(stream)),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Port(listener) => listener.as_fd(),
            Self::Path(listener) => listener.as_fd(),
        }
    }
}

/// The socket of a run that was killed: ours, and nobody listens.
fn is_left_behind(path: &Path) -> bool {
    let is_own = std::fs::symlink_metadata(path)
        .is_ok_and(|meta| meta.file_type().is_socket() && meta.uid() == rustix::process::geteuid().as_raw());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_own && UnixStream::connect(path).is_err_and(refused)
}

fn serve(listener: &Listener, stopped: &UnixStream, tell: &Tell) {
    // Each caller holds one; who asks when there is none left is hung up on.
    let places = Arc::new(());
    loop {
        let mut ready = [PollFd::new(listener, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        let waited = poll(&mut ready, None);
        if !ready[1].revents().is_empty() {
            return;
        }
        let accepted = waited.map_err(io::Error::from).and_then(|_| listener.accept());
        match accepted {
            Ok(_) if Arc::strong_count(&places) > MOST => {}
            Ok(caller) => {
                let tell = Arc::clone(tell);
                let place = Arc::clone(&places);
                let answer = move || {
                    drop(caller.answer(&tell)); // who hung up needs no answer
                    drop(place);
                };
                // Without a thread for it the caller is hung up on.
                drop(thread::Builder::new().name("caller".to_owned()).spawn(answer));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => drop(poll(&mut [PollFd::new(stopped, PollFlags::IN)], Some(&PAUSE)).ok()),
        }
    }
}

enum Caller {
    Port(TcpStream),
    Path(UnixStream),
}

impl Caller {
    fn answer(mut self, tell: &Tell) -> io::Result<()> {
        let deadline = clock::now().mono + WITHIN;
        let answer = match self.request(deadline)? {
            Some(request) => answer(&request, tell),
            None => response("400 Bad Request", "", "this is no request\n"),
        };
        self.set_timeouts(deadline)?;
        self.write_all(answer.as_bytes())?;
        match &self {
            Self::Port(stream) => stream.shutdown(Shutdown::Write),
            Self::Path(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// `None` for what is no request.
    fn request(&mut self, deadline: Duration) -> io::Result<Option<http::Request>> {
        let mut bytes = Vec::new();
        let mut part = [0; 1024];
        loop {
            match http::request(&bytes) {
                Ok(Some(request)) => return Ok(Some(request)),
                Ok(None) if bytes.len() < LONGEST => {}
                Ok(None) | Err(_) => return Ok(None),
            }
            self.set_timeouts(deadline)?;
            match self.read(&mut part) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => bytes.extend_from_slice(&part[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What is left of the time, which no timeout at all would not be.
    fn set_timeouts(&self, deadline: Duration) -> io::Result<()> {
        let left = deadline.checked_sub(clock::now().mono).filter(|left| !left.is_zero());
        let left = Some(left.ok_or(io::ErrorKind::TimedOut)?);
        match self {
            Self::Port(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(left)?;
                stream.set_write_timeout(left)
            }
            Self::Path(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(left)?;
                stream.set_write_timeout(left)
            }
        }
    }
}

impl Read for Caller {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Port(stream) => stream.read(buffer),
            Self::Path(stream) => stream.read(buffer),
        }
    }
}

impl Write for Caller {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Port(stream) => stream.write(bytes),
            Self::Path(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answer(request: &http::Request, tell: &Tell) -> String {
    match (request.method.as_str(), request.target.split('?').next()) {
        ("GET", Some("/metrics")) => response("200 OK", "", &tell()),
        (_, Some("/metrics")) => {
            response("405 Method Not Allowed", "Allow: GET\r\n", "only GET is answered\n")
        }
        _ => response("404 Not Found", "", "there is /metrics alone\n"),
    }
}

fn response(status: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n{more}\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Tells what was put in there last.
    fn telling(text: &str) -> (Tell, Arc<Mutex<String>>) {
        let shown = Arc::new(Mutex::new(text.to_owned()));
        let told = Arc::clone(&shown);
        (Arc::new(move || told.lock().unwrap().clone()), shown)
    }

    fn open_with(tell: Tell) -> (Endpoint, SocketAddr) {
        let endpoint = Endpoint::open(&Address::Port("127.0.0.1:0".parse().unwrap()), tell).unwrap();
        let Address::Port(port) = *endpoint.address() else { panic!("{endpoint:?}") };
        (endpoint, port)
    }

    fn open() -> (Endpoint, SocketAddr) {
        open_with(telling("a 1\n").0)
    }

    /// What is said to who asks this; all that comes before the other side hangs up.
    fn told(port: SocketAddr, asked: &str) -> String {
        let mut stream = TcpStream::connect(port).unwrap();
        drop(stream.write_all(asked.as_bytes())); // who has heard enough hangs up
        let mut told = Vec::new();
        drop(stream.read_to_end(&mut told));
        String::from_utf8(told).unwrap()
    }

    const GET: &str = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

    #[test]
    fn the_text_is_told_as_it_is_now_and_nothing_else_is() {
        let (tell, shown) = telling("a 1\n");
        let (_endpoint, port) = open_with(tell);
        let answer = told(port, GET);
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4;"),
            "{answer}"
        );
        assert!(answer.ends_with("Content-Length: 4\r\nConnection: close\r\n\r\na 1\n"), "{answer}");
        *shown.lock().unwrap() = "a 22\n".to_owned();
        assert!(told(port, "GET /metrics?x=y HTTP/1.0\r\n\r\n").ends_with("\r\n\r\na 22\n"));
        for (asked, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("GET /metrics/ HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405"),
            ("HEAD /metrics HTTP/1.1\r\n\r\n", "405"),
            ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "400"),
        ] {
            let answer = told(port, asked);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{asked:?}: {answer}");
            assert!(!answer.contains("a 22"), "{asked:?}: {answer}");
        }
        let endless = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(LONGEST));
        assert!(!told(port, &endless).contains("200 OK"));
    }

    #[test]
    fn who_says_nothing_keeps_nobody_else_waiting_and_there_are_few() {
        let (_endpoint, port) = open();
        let mut silent: Vec<TcpStream> = (1..MOST).map(|_| TcpStream::connect(port).unwrap()).collect();
        assert!(told(port, GET).contains("200 OK"));
        silent.extend((0..MOST).map(|_| TcpStream::connect(port).unwrap()));
        // The last one has no place.
        let mut last = silent.pop().unwrap();
        drop(last.write_all(GET.as_bytes())); // nobody may be there any more
        assert_eq!(last.read_to_end(&mut Vec::new()).unwrap_or(0), 0);
        drop(silent);
        let again = || if told(port, GET).contains("200 OK") { Some(()) } else { None };
        let served = (0..1000).find_map(|_| {
            again().or_else(|| {
                thread::sleep(Duration::from_millis(5));
                None
            })
        });
        assert_eq!(served, Some(()), "places are free again when callers are gone");
    }

    #[test]
    fn it_closes_when_it_is_dropped() {
        let (endpoint, port) = open();
        drop(endpoint);
        assert!(TcpStream::connect(port).is_err());
    }

    #[test]
    fn a_socket_is_private_and_what_a_killed_run_left_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let address = Address::Path(path.clone());
        drop(UnixListener::bind(&path).unwrap()); // its file stays
        let endpoint = Endpoint::open(&address, telling("a 1\n").0).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let again = Endpoint::open(&address, telling("b 2\n").0).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AddrInUse, "one that is alive stays");
        drop(endpoint);
        assert!(!path.exists());
        std::fs::write(&path, "precious").unwrap();
        assert!(Endpoint::open(&address, telling("a 1\n").0).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
