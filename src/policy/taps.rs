//! New sockets that no port tells of: packet, raw, XDP and ping sockets. They receive what passes, or carry what
//! they like, and no expectation is about them.

use super::Policy;
use super::alert::{Alert, AlertKind, Severity};
use super::facts::finding;
use super::watch::raise;
use crate::model::{Change, ChangeKind, Protocol, Socket};
use crate::phrase;
use crate::store::Moment;
use crate::text;

/// Their tables.
pub const PROTOCOLS: &[Protocol] = &[Protocol::Packet, Protocol::Raw, Protocol::Xdp, Protocol::Icmp];

/// Tells of those that opened.
pub(super) fn watch(policy: &Policy, changes: &[Change], moment: &Moment) -> Vec<Alert> {
    if policy.ignored.contains(&AlertKind::RawOpened) {
        return Vec::new();
    }
    let opened =
        changes.iter().filter(|change| matches!(change.kind, ChangeKind::Opened | ChangeKind::Passed));
    let told = opened.filter_map(|change| {
        let (severity, reason) = what(&change.socket, moment)?;
        Some(raise(finding(AlertKind::RawOpened, severity, reason), &change.socket, moment))
    });
    told.collect()
}

fn what(socket: &Socket, moment: &Moment) -> Option<(Severity, String)> {
    let details = socket.details.as_deref();
    Some(match socket.protocol {
        Protocol::Packet => {
            let place = match (socket.interface, moment.names.interface(socket)) {
                (_, Some(name)) => text::escape(name.as_bytes()).into_owned(),
                (Some(index), None) => format!("interface {}", index.get()),
                (None, None) => "every interface".to_owned(),
            };
            let filter = match details.and_then(|details| details.packet.as_ref()?.filter.as_deref()) {
                None => "whether it has a filter is not told".to_owned(),
                Some([]) => "it has no filter".to_owned(),
                Some(steps) => format!("its filter has {}", phrase::packet_filter(steps)),
            };
            (Severity::Medium, format!("it may see what passes {place}, whoever that is for; {filter}"))
        }
        Protocol::Raw => {
            let of = details.and_then(|details| details.ip_protocol);
            let of = of.map_or_else(String::new, |number| format!(" of IP protocol {number}"));
            (Severity::Medium, format!("it sees every packet{of} that comes, and sends what it likes"))
        }
        Protocol::Xdp => {
            (Severity::Medium, "it gets packets before the kernel, its filters and counters do".to_owned())
        }
        Protocol::Icmp => (Severity::Low, "it pings, and what it pings with may be any data".to_owned()),
        _ => return None,
    })
}
