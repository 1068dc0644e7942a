//! `-r`: names of hosts instead of addresses, for the sockets that are shown.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::args::SourceChoice;
use super::complain;
use crate::engine::HostNames;
use crate::model::{Row, SystemBytes};
use crate::text;

/// Looks up the names, and says what stays a number because nobody told. Addresses of a script are not
/// those of this network.
pub(super) fn hosts(rows: &[&Row], source: &SourceChoice) -> HashMap<IpAddr, SystemBytes> {
    if matches!(source, SourceChoice::Scenario(_)) {
        return HashMap::new();
    }
    let ends = rows.iter().flat_map(|row| [row.socket.ends.local(), row.socket.ends.remote()]);
    // To the resolver an IPv4-mapped address is another one than that of IPv4, to ss it is not.
    let addresses = ends.flatten().map(|end| end.addr.to_canonical()).filter(|addr| !addr.is_unspecified());
    let names = HostNames::look_up(&addresses.collect::<BTreeSet<_>>());
    let numbers = |count| text::counted(count, "address stays a number", "addresses stay numbers");
    if names.unanswered > 0 {
        complain(&format!("sockeye: {}: the resolver gave no answer in time", numbers(names.unanswered)));
    }
    if names.refused > 0 {
        complain(&format!("sockeye: {}: their names are none that a host can have", numbers(names.refused)));
    }
    names.found
}
