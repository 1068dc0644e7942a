//! Alerts, and how the watch does, in numbers for whoever scrapes: an endpoint of this machine alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::health::Board;
use super::settings::{Keys, Wrong};
use super::tally::Tally;
use super::{Notice, Sink, Undelivered};
use crate::sys::endpoint::{Address, Endpoint};
use crate::sys::way;
use crate::text;

const EXPECTED: &str = "expected a port of this machine alone, such as \"127.0.0.1:9465\" or \"[::1]:9465\", \
                        or the whole path of a socket: others would learn what this machine fears";

/// What the file of sinks says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    address: Address,
}

impl Listen {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        let address = keys.text("address")?.ok_or_else(|| keys.missing("address", "\"127.0.0.1:9465\""))?;
        let wrong = || Wrong::new(address.span.clone(), EXPECTED);
        if address.text.starts_with('/') {
            let path = PathBuf::from(address.text);
            let names_a_file = path.file_name().is_some() && !address.text.contains('\0');
            return names_a_file.then_some(Self { address: Address::Path(path) }).ok_or_else(wrong);
        }
        let port: SocketAddr = address.text.parse().map_err(|_| wrong())?;
        if port.ip().is_loopback() && port.port() > 0 {
            Ok(Self { address: Address::Port(port) })
        } else {
            Err(wrong())
        }
    }

    pub(super) fn open(&self, name: &str, board: &Board) -> Result<Scraped, String> {
        if let Address::Path(path) = &self.address {
            way::is_safe(path).map_err(|why| super::file::told(&why))?;
        }
        let tally = Arc::new(Mutex::new(Tally::new()));
        let (counted, board) = (Arc::clone(&tally), board.clone());
        let tell = move || counted.lock().unwrap_or_else(PoisonError::into_inner).text() + &board.text();
        let endpoint = Endpoint::open(&self.address, Arc::new(tell))
            .map_err(|error| format!("cannot listen at {}: {error}", self.told()))?;
        Ok(Scraped { name: name.to_owned(), _endpoint: endpoint, tally })
    }
}

impl Listen {
    fn told(&self) -> String {
        match &self.address {
            Address::Port(address) => address.to_string(),
            Address::Path(path) => text::path(path).into_owned(),
        }
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Scraped {
    name: String,
    /// Listens for as long as this is here.
    _endpoint: Endpoint,
    tally: Arc<Mutex<Tally>>,
}

impl Sink for Scraped {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in notices {
            tally.count(notice);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::super::tests::{notices, spec};
    use super::Board;

    #[test]
    fn who_scrapes_gets_the_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let mut sink =
            spec(&format!("kind = \"listen\"\naddress = {path:?}")).open(&Board::default()).unwrap();
        let scrape = || {
            let mut stream = UnixStream::connect(&path).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut told = String::new();
            stream.read_to_string(&mut told).unwrap();
            told
        };
        let line = |count| {
            format!("sockeye_alerts_total{{alert=\"unexpected-listener\",severity=\"high\"}} {count}\n")
        };
        assert!(scrape().contains(&line(0)));
        sink.deliver(&notices(1..3)).unwrap();
        assert!(scrape().contains(&line(2)));
    }
}
