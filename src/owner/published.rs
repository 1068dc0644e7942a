//! The ports that rules of the packet filter publish, and for which containers.
//!
//! Rules are those of the network namespace that this process is in.

use std::sync::Arc;
use std::time::Duration;

use super::Workloads;
use crate::model::{PublishedPort, SliceStatus};
use crate::sys::nftables::{self, RulesError};
use crate::wire::nftables::Found;

/// How long an answer counts. Rules change when containers come and go, which is shown within this time;
/// who looks every second need not read all of them every second.
const FRESH: Duration = Duration::from_secs(5);

/// Reads the rules; remembers them for a moment.
#[derive(Debug, Default)]
pub struct PublishedPorts {
    known: Option<(Duration, Told)>,
}

/// What the rules tell, and how whole that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub status: SliceStatus,
    /// `None` when they could not be read.
    pub ports: Option<Vec<Arc<PublishedPort>>>,
}

impl PublishedPorts {
    /// What there is at this moment of the monotonic clock.
    pub fn read(&mut self, workloads: &mut Workloads, now: Duration) -> Told {
        if let Some((since, told)) = &self.known
            && now.saturating_sub(*since) < FRESH
        {
            return told.clone();
        }
        let told = told(nftables::published(), nftables::has_legacy_nat(), workloads);
        self.known = Some((now, told.clone()));
        told
    }
}

fn told(read: Result<Found, RulesError>, has_legacy: Option<bool>, workloads: &mut Workloads) -> Told {
    let found = match read {
        Ok(found) => found,
        // Rules of iptables may be there all the same.
        Err(error) if error.is_unsupported() && has_legacy != Some(false) => Found::default(),
        Err(error) => {
            let ports = error.is_unsupported().then(Vec::new);
            return Told { status: error.status(), ports };
        }
    };
    let mut gaps = Vec::new();
    match has_legacy {
        Some(false) => {}
        Some(true) => gaps.push("the nat table of iptables-legacy is in use, which is not read"),
        None => gaps.push("it may not be told whether iptables-legacy is in use, which is not read"),
    }
    if found.is_cut {
        gaps.push("there are more rules than are followed");
    }
    if !found.missing.is_empty() {
        gaps.push("some sets are nested deeper than is followed");
    }
    let status = if gaps.is_empty() { SliceStatus::Ok } else { SliceStatus::Partial(gaps.join("; ")) };
    let named = |mut port: PublishedPort| {
        port.container = port.target_address().and_then(|addr| workloads.container_at(addr));
        Arc::new(port)
    };
    Told { status, ports: Some(found.ports.into_iter().map(named).collect()) }
}

#[cfg(test)]
#[cfg(linux)]
mod tests {
    use super::*;

    fn status(read: Result<Found, RulesError>, has_legacy: Option<bool>) -> (SliceStatus, Option<usize>) {
        let told = told(read, has_legacy, &mut Workloads::default());
        (told.status, told.ports.map(|ports| ports.len()))
    }

    #[test]
    fn what_could_not_be_read_is_never_called_none() {
        let found = || Ok(Found::default());
        assert_eq!(status(found(), Some(false)), (SliceStatus::Ok, Some(0)));
        let denied = SliceStatus::Denied("reading the rules of nftables needs CAP_NET_ADMIN".into());
        assert_eq!(status(Err(RulesError::Denied), Some(false)), (denied, None));
        let (failed, none) = status(Err(RulesError::Changing), Some(false));
        assert!(failed.is_blind() && none.is_none(), "{failed:?}");
        let unsupported = SliceStatus::Unsupported("this kernel has no nftables".into());
        assert_eq!(status(Err(RulesError::Unsupported), Some(false)), (unsupported, Some(0)));
        for (read, has_legacy, says) in [
            (found(), Some(true), "iptables-legacy is in use"),
            (found(), None, "may not be told whether iptables-legacy"),
            (Err(RulesError::Unsupported), Some(true), "iptables-legacy is in use"),
            (Ok(Found { is_cut: true, ..Found::default() }), Some(false), "more rules than are followed"),
        ] {
            let (status, _) = status(read, has_legacy);
            assert!(status.word() == "partial" && status.reason().unwrap().contains(says), "{status:?}");
        }
    }
}
