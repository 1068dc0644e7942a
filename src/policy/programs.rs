//! Which programs listened at each address, from reading to reading, also while nobody does: another one behind a
//! known port is told. Whether it may is the policy's business.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{AlertKind, Severity};
use super::facts::finding;
use super::is_judged;
use super::watch::Finding;
use crate::model::{Change, Endpoint, Life, NetnsId, Protocol, Row, Socket, SystemBytes};
use crate::store::{Moment, Table};
use crate::text;

/// Where something listens.
type Address = (NetnsId, Protocol, Endpoint);

/// How many addresses are remembered at which nobody listens. Users can make any number of them.
const LIMIT: usize = 10_000;

/// The programs that listened when an address was first seen, or when others were reported there.
#[derive(Debug, Default)]
pub(super) struct Programs {
    known: BTreeMap<Address, Known>,
    /// Where a listener was missing from the last reading: the next one tells whether it is gone.
    unsure: BTreeSet<Address>,
    readings: u64,
}

#[derive(Debug)]
struct Known {
    exes: BTreeSet<SystemBytes>,
    /// In which reading it was seen first.
    since: u64,
}

/// Who listens at an address now.
#[derive(Default)]
struct Now<'a> {
    latest: Option<&'a Row>,
    /// `None` where not all can be seen.
    exes: Option<BTreeSet<SystemBytes>>,
    is_missed: bool,
}

impl Programs {
    /// Takes in a reading. Returns the listeners whose address belonged to other programs alone, and those.
    pub(super) fn update<'a>(
        &mut self,
        changes: &[Change],
        table: &'a Table,
        moment: &Moment,
    ) -> Vec<(&'a Socket, BTreeSet<SystemBytes>)> {
        self.readings += 1;
        let places = changes.iter().filter_map(|change| address(&change.socket, moment));
        let touched: BTreeSet<_> = std::mem::take(&mut self.unsure).into_iter().chain(places).collect();
        if touched.is_empty() {
            return Vec::new();
        }
        let (mut now, mut live) = (BTreeMap::<Address, Now<'_>>::new(), BTreeSet::new());
        for row in table.open() {
            let Some(at) = address(&row.socket, moment) else { continue };
            live.insert(at);
            if touched.contains(&at) {
                now.entry(at).or_insert_with(Now::nobody).add(row);
            }
        }
        let mut others = Vec::new();
        for (at, now) in now {
            if now.is_missed {
                self.unsure.insert(at);
            } else if let (Some(row), Some(exes)) = (now.latest, now.exes) {
                others.extend(self.take(at, exes).map(|before| (&row.socket, before)));
            }
        }
        self.forget(&live, moment);
        others
    }

    /// Remembers who listens. Returns who did before, where none of them is left.
    fn take(&mut self, at: Address, exes: BTreeSet<SystemBytes>) -> Option<BTreeSet<SystemBytes>> {
        let since = self.readings;
        let Some(known) = self.known.get_mut(&at) else {
            self.known.insert(at, Known { exes, since });
            return None;
        };
        known.exes.is_disjoint(&exes).then(|| std::mem::replace(&mut known.exes, exes))
    }

    /// Forgets what ended with its namespace, and of the addresses without a listener the newest beyond
    /// the limit, so that nobody can push out what was there before.
    fn forget(&mut self, live: &BTreeSet<Address>, moment: &Moment) {
        self.known.retain(|(netns, ..), _| !moment.coverage.namespaces.is_gone(*netns));
        let idle = self.known.iter().filter(|(at, _)| !live.contains(at));
        let mut idle: Vec<_> = idle.map(|(at, known)| (known.since, *at)).collect();
        if idle.len() > LIMIT {
            idle.sort_unstable();
            idle.drain(LIMIT..).for_each(|(_, at)| drop(self.known.remove(&at)));
        }
    }
}

impl<'a> Now<'a> {
    fn nobody() -> Self {
        Self { exes: Some(BTreeSet::new()), ..Self::default() }
    }

    fn add(&mut self, row: &'a Row) {
        self.is_missed |= row.life() != Life::Open;
        let opened = |row: &Row| row.history().opened;
        if self.latest.is_none_or(|latest| opened(row) >= opened(latest)) {
            self.latest = Some(row);
        }
        let seen = row.socket.owners.known().and_then(|set| {
            set.shown()
                .map(|owner| Some(owner.process.exe.as_ref()?.path.clone()))
                .collect::<Option<Vec<_>>>()
        });
        self.exes = self.exes.take().zip(seen).map(|(mut exes, seen)| {
            exes.extend(seen);
            exes
        });
    }
}

/// Where a listener stands. A port that the kernel gave out belongs to nobody afterwards.
fn address(socket: &Socket, moment: &Moment) -> Option<Address> {
    let local = socket.ends.local().filter(|_| is_judged(socket))?;
    let netns = socket.key.netns;
    let is_given_out = moment.names.ephemeral.get(&netns).copied().unwrap_or_default().contains(local.port);
    (!is_given_out).then_some((netns, socket.protocol, local))
}

/// Another program behind a known port.
pub(super) fn changed(socket: &Socket, before: &BTreeSet<SystemBytes>) -> Finding {
    let now = socket.owners.first().and_then(|owner| owner.process.exe.as_ref());
    let now = now.map_or_else(String::new, |exe| text::escape(exe.path.as_bytes()).into_owned());
    let before: Vec<_> = before.iter().map(|exe| text::escape(exe.as_bytes())).collect();
    let reason = format!("{now} listens where {} did", before.join(" and "));
    finding(AlertKind::ExecutableChanged, Severity::High, reason)
}
