//! The least that a live view can take: the kernel's dump once a second, and nothing done with it. It must keep
//! nothing.

use std::time::Duration;

use sockeye::model::Ask;
use sockeye::sys::netlink::{CHUNK, DiagSocket};
use sockeye::wire::inet_diag;

use crate::report::Used;
use crate::used::now;

/// As often as the dashboard reads.
const INTERVAL: Duration = Duration::from_secs(1);

/// What dumps take in so many seconds, in the network of the calling thread.
pub(crate) fn used(span: Duration) -> anyhow::Result<Used> {
    let (start, before) = (now(), ran()?);
    let mut next = start;
    let (mut socket, mut bytes) = (DiagSocket::open(CHUNK)?, Vec::new());
    while next < start + span {
        let request = |seq| inet_diag::both_families_request(seq, Ask::NOTHING);
        socket.dump(request, &mut bytes, &mut Vec::clear)?;
        bytes.clear();
        next += INTERVAL;
        std::thread::sleep(next.saturating_duration_since(now()));
    }
    let (ran, passed) = (ran()?.saturating_sub(before), now() - start);
    Ok(Used { share: ran.as_secs_f64() / passed.as_secs_f64(), resident_kib: None })
}

/// How long this thread has run.
fn ran() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(Duration::from_nanos(text.split(' ').next().unwrap_or_default().parse()?))
}
