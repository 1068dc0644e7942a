//! A question to a daemon of this machine over its Unix socket: within a time, for so many bytes, and
//! only where the socket is of somebody who is trusted. Decides nothing about answers.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with, sockopt};

use super::clock;
use crate::wire::http::{self, Answer, Broken};

/// How long an answer may take, from the connection to its last byte, and how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub within: Duration,
    pub most: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("there is no such socket")]
    Missing,
    #[error("it belongs to user {0}, who could tell anything")]
    Foreign(u32),
    #[error("it did not answer in time")]
    Late,
    #[error("it answered at too great a length")]
    TooLong,
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("{0}")]
    Errno(#[from] Errno),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Sends a GET and reads the answer. `target` is a path of HTTP without spaces. Both must be trusted, the
/// owner of the socket's file and who listens there: a stranger is not even called, and who may put
/// another file in its place in between is not spoken to.
pub fn get(
    path: &Path,
    target: &str,
    trusted: impl Fn(u32) -> bool,
    bounds: Bounds,
) -> Result<Answer, NoAnswer> {
    let deadline = clock::now().mono + bounds.within;
    let trust = |uid| if trusted(uid) { Ok(()) } else { Err(NoAnswer::Foreign(uid)) };
    let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NoAnswer::Missing,
        _ => error.into(),
    })?;
    trust(meta.uid())?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // It is done at once, or others wait in such numbers that nobody can be taking their calls.
    connect(&socket, &SocketAddrUnix::new(path)?).map_err(|errno| match errno {
        Errno::AGAIN => NoAnswer::Late,
        _ => errno.into(),
    })?;
    // unix(7): of who called listen(2), so no heir of the descriptor answers in another's name.
    trust(sockopt::socket_peercred(&socket)?.uid.as_raw())?;
    let mut stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    let version = env!("CARGO_PKG_VERSION");
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sockeye/{version}\r\nConnection: close\r\n\r\n"
    );
    stream.set_write_timeout(Some(left(deadline)?))?;
    stream.write_all(request.as_bytes()).map_err(late)?;
    read(&mut stream, deadline, bounds.most)
}

fn read(stream: &mut UnixStream, deadline: Duration, most: usize) -> Result<Answer, NoAnswer> {
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        stream.set_read_timeout(Some(left(deadline)?))?;
        let read = match stream.read(&mut part) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(late)?,
        };
        bytes.extend_from_slice(part.get(..read).unwrap_or_default());
        if bytes.len() > most {
            return Err(NoAnswer::TooLong);
        }
        if let Some(answer) = http::answer(&bytes, read == 0)? {
            return Ok(answer);
        }
    }
}

/// What is left of the time. No timeout at all would be for ever.
fn left(deadline: Duration) -> Result<Duration, NoAnswer> {
    deadline.checked_sub(clock::now().mono).filter(|left| !left.is_zero()).ok_or(NoAnswer::Late)
}

fn late(error: io::Error) -> NoAnswer {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => NoAnswer::Late,
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// Time enough for a busy machine; only who never answers is waited for.
    const PATIENT: Bounds = Bounds { within: Duration::from_mins(1), most: 1_000_000 };

    /// What is told by a daemon that says this, and hangs up or does not; and what it was asked.
    fn told(says: Vec<u8>, hangs_up: bool, bounds: Bounds) -> (Result<Answer, NoAnswer>, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        thread::scope(|scope| {
            let daemon = scope.spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = vec![0; 1024];
                let length = stream.read(&mut asked).unwrap();
                asked.truncate(length);
                drop(stream.write_all(&says)); // who has heard enough hangs up
                if !hangs_up {
                    drop(stream.read_to_end(&mut Vec::new())); // until the other side does
                }
                String::from_utf8(asked).unwrap()
            });
            let told = get(&path, "/x", |_| true, bounds);
            (told, daemon.join().unwrap())
        })
    }

    #[test]
    fn an_answer_is_read_to_its_end() {
        let large = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(300_000));
        let (answer, asked) = told(large.clone().into(), true, PATIENT);
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, 300_000));
        assert!(asked.starts_with("GET /x HTTP/1.1\r\nHost: ") && asked.ends_with("\r\n\r\n"), "{asked}");
        assert!(asked.contains("\r\nConnection: close\r\n"), "{asked}");
        let (answer, _) = told(large.into(), true, Bounds { most: 299_999, ..PATIENT });
        assert!(matches!(answer, Err(NoAnswer::TooLong)), "{answer:?}");
    }

    #[test]
    fn who_never_comes_to_an_end_is_not_waited_for() {
        for says in ["", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"] {
            let (answer, _) =
                told(says.into(), false, Bounds { within: Duration::from_millis(200), ..PATIENT });
            assert!(matches!(answer, Err(NoAnswer::Late)), "{says:?}: {answer:?}");
            let (answer, _) = told(says.into(), true, PATIENT);
            assert!(matches!(answer, Err(NoAnswer::Broken(_))), "{says:?}: {answer:?}");
        }
        let all = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        let (answer, _) = told(all.into(), false, PATIENT);
        assert_eq!(answer.unwrap().body, b"{}", "who has said all there is need not hang up");
        let dir = tempfile::tempdir().unwrap();
        let busy = dir.path().join("busy");
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        rustix::net::bind(&socket, &SocketAddrUnix::new(&busy).unwrap()).unwrap();
        rustix::net::listen(&socket, 0).unwrap();
        let _first = UnixStream::connect(&busy).unwrap();
        let answer = get(&busy, "/", |_| true, PATIENT);
        assert!(matches!(answer, Err(NoAnswer::Late)), "a full queue: {answer:?}");
    }

    #[test]
    fn only_the_trusted_are_called() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        assert!(matches!(get(&path, "/", |_| true, PATIENT), Err(NoAnswer::Missing)));
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let own = rustix::process::geteuid().as_raw();
        let answer = get(&path, "/", |uid| uid != own, PATIENT);
        assert!(matches!(answer, Err(NoAnswer::Foreign(uid)) if uid == own), "{answer:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock, "it was called");
        drop(listener);
        let answer = get(&path, "/", |_| true, PATIENT);
        assert!(matches!(answer, Err(NoAnswer::Errno(Errno::CONNREFUSED))), "{answer:?}");
        let long = dir.path().join("x".repeat(200));
        std::fs::write(&long, "").unwrap();
        let answer = get(&long, "/", |_| true, PATIENT);
        assert!(matches!(answer, Err(NoAnswer::Errno(Errno::NAMETOOLONG))), "{answer:?}");
    }
}
