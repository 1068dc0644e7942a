//! Names of many hosts at once, within a bound of time. The resolver waits as long as it likes for DNS, so
//! it is asked by threads that nobody waits for: what it has not said in time has no name.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::Builder;
use std::time::Duration;

use crate::model::SystemBytes;
use crate::sys::clock;
use crate::sys::resolve::{self, Unanswered};

/// So many lookups at a time.
const HELPERS: usize = 64;

/// What is said of one address.
type Answer = Result<Option<SystemBytes>, Unanswered>;

/// How long answers are waited for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For the next one.
    each: Duration,
    /// For all of them.
    all: Duration,
}

const PATIENCE: Patience = Patience { each: Duration::from_secs(1), all: Duration::from_secs(5) };

/// The names of some hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNames {
    pub found: HashMap<IpAddr, SystemBytes>,
    /// Of how many addresses it is not known whether they have a name.
    pub unanswered: usize,
    /// How many names are none: addresses, or what no host may be called.
    pub refused: usize,
}

impl HostNames {
    /// Asks the system's resolver for each address once. Returns after five seconds at the latest, and
    /// when it has been silent for one.
    #[must_use]
    pub fn look_up(addresses: &BTreeSet<IpAddr>) -> Self {
        Self::ask(addresses, resolve::host_name, PATIENCE)
    }

    fn ask(addresses: &BTreeSet<IpAddr>, lookup: fn(IpAddr) -> Answer, patience: Patience) -> Self {
        let (answers, next) = start(addresses.iter().copied().collect(), lookup);
        let began = clock::now().mono;
        let mut names = Self::default();
        for answered in 0..addresses.len() {
            let left = (began + patience.all).saturating_sub(clock::now().mono);
            // An error also when there was no thread to be had.
            let Ok((addr, answer)) = answers.recv_timeout(left.min(patience.each)) else {
                names.unanswered += addresses.len() - answered;
                break;
            };
            names.take(addr, answer);
        }
        next.store(addresses.len(), Ordering::Relaxed); // nobody waits for the rest
        names
    }

    fn take(&mut self, addr: IpAddr, answer: Answer) {
        match answer {
            Ok(Some(name)) if is_host_name(name.as_bytes()) => drop(self.found.insert(addr, name)),
            Ok(Some(_)) => self.refused += 1,
            Ok(None) => {}
            Err(_) => self.unanswered += 1,
        }
    }
}

/// Starts the threads. They take the addresses in turn, beginning at the number that is returned.
fn start(
    addresses: Vec<IpAddr>,
    lookup: fn(IpAddr) -> Answer,
) -> (Receiver<(IpAddr, Answer)>, Arc<AtomicUsize>) {
    let (send, answers) = channel();
    let next = Arc::new(AtomicUsize::new(0));
    let addresses = Arc::new(addresses);
    for _ in 0..addresses.len().min(HELPERS) {
        let (send, next, addresses) = (send.clone(), Arc::clone(&next), Arc::clone(&addresses));
        let work = move || {
            while let Some(addr) = addresses.get(next.fetch_add(1, Ordering::Relaxed)) {
                if send.send((*addr, lookup(*addr))).is_err() {
                    return;
                }
            }
        };
        if Builder::new().name("resolver".to_owned()).spawn(work).is_err() {
            break; // those that run do the rest
        }
    }
    (answers, next)
}

/// True for what a host may be called (RFC 1123, and the underscore that is in use). Whoever has an address
/// chooses its name in DNS: another address would be a lie, and signs could look like columns.
fn is_host_name(name: &[u8]) -> bool {
    let is_fine = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // 127.1 and 0x7f.1 are addresses to many (inet_aton(3)); the last label of a name is no number.
    let last = name.rsplit(|byte| *byte == b'.').find(|label| !label.is_empty());
    name.iter().all(is_fine) && last.is_some_and(|label| !label[0].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> BTreeSet<IpAddr> {
        list.iter().map(|addr| addr.parse().unwrap()).collect()
    }

    /// What a resolver says of test addresses; of 10.0.0.9 it says nothing, ever.
    fn scripted(addr: IpAddr) -> Answer {
        let text = addr.to_string();
        match text.as_str() {
            "10.0.0.1" => Ok(Some("one.example".into())),
            "10.0.0.2" => Ok(Some("10.9.9.9".into())),
            "10.0.0.3" => Ok(None),
            "10.0.0.4" => Err(Unanswered::of(libc::EAI_AGAIN)),
            "10.0.0.9" => loop {
                std::thread::park();
            },
            _ => Ok(Some(format!("host-{}", text.replace('.', "-")).into())),
        }
    }

    const LONG: Patience = Patience { each: Duration::from_hours(1), all: Duration::from_hours(1) };

    #[test]
    fn each_address_is_asked_for_once_by_however_many() {
        let asked = addresses(&["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
        let names = HostNames::ask(&asked, scripted, LONG);
        let found = HashMap::from([("10.0.0.1".parse().unwrap(), "one.example".into())]);
        assert_eq!(names, HostNames { found, unanswered: 1, refused: 1 });
        let many: BTreeSet<IpAddr> = (0..1000u32).map(|n| IpAddr::V4((0xc000_0200 + n).into())).collect();
        assert_eq!(HostNames::ask(&many, scripted, LONG).found.len(), 1000);
        assert_eq!(HostNames::ask(&BTreeSet::new(), scripted, LONG), HostNames::default());
    }

    #[test]
    fn nobody_waits_for_what_never_comes() {
        let asked = addresses(&["10.0.0.9"]);
        for patience in [
            Patience { each: Duration::from_millis(1), ..LONG },
            Patience { all: Duration::from_millis(1), ..LONG },
        ] {
            let names = HostNames::ask(&asked, scripted, patience);
            assert_eq!(names, HostNames { unanswered: 1, ..HostNames::default() });
        }
    }

    #[test]
    fn a_name_is_no_address_and_has_no_signs() {
        for (name, fine) in [
            ("localhost", true),
            ("ec2-1-2-3-4.eu.example", true),
            ("_srv.example.", true),
            ("1and1.example", true),
            ("10.0.0.1", false),
            ("127.1", false),
            ("0x7f.0x1", false),
            ("10", false),
            ("::1", false),
            ("a:80", false),
            ("a b", false),
            ("a\x1b[2J", false),
            ("a)\u{202e}", false),
            ("", false),
            (".", false),
        ] {
            assert_eq!(is_host_name(name.as_bytes()), fine, "{name:?}");
        }
    }
}
