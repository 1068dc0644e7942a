//! The diff: two sorted lists of sockets, walked side by side.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::recent::Recent;
use super::{Known, ended};
use crate::model::{
    Change, ChangeKind, Ending, Extent, History, Life, NamespaceCoverage, NoOwner, Rate, Row, Slice, Socket,
    SocketKey, Stamp, State,
};

/// The source that names sockets as the kernel does when it tells their end.
const BY_COOKIE: &str = "netlink";

/// What the merge must know besides the two lists.
pub(super) struct Rules<'a> {
    pub(super) now: Stamp,
    pub(super) keep_closed: Duration,
    pub(super) extent: Extent,
    /// The slices that were read whole now, and by which source.
    pub(super) whole: BTreeMap<Slice, &'static str>,
    pub(super) namespaces: &'a NamespaceCoverage,
    pub(super) known: &'a BTreeMap<Slice, Known>,
    /// What the kernel said of those that it destroyed.
    pub(super) ended: BTreeMap<SocketKey, Socket>,
    /// What else it said, now and before the last readings.
    pub(super) recent: &'a Recent,
}

/// The next rows, from the old ones (sorted by key) and the sockets of the new sample.
pub(super) fn merge(
    old: &[Row],
    mut sockets: Vec<Socket>,
    rules: &Rules<'_>,
    changes: &mut Vec<Change>,
) -> Vec<Row> {
    // Each table of the kernel came sorted: a stable sort merges such runs.
    sockets.sort_by_key(|socket| socket.key);
    let mut rows = Vec::with_capacity(sockets.len() + 16);
    let mut old = old.iter().peekable();
    let mut new = sockets.into_iter();
    loop {
        // Sockets are large: the next one is looked at where it is.
        let order = match (old.peek(), new.as_slice().first()) {
            (Some(row), Some(socket)) => row.socket.key.cmp(&socket.key),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        match order {
            Ordering::Less => rows.extend(old.next().and_then(|row| rules.gone(row, changes))),
            Ordering::Greater => {
                let new = new.next().filter(|socket| rules.is_known_to_begin(socket));
                rows.extend(new.map(|socket| rules.came(socket, changes)));
            }
            Ordering::Equal => {
                let both = old.next().zip(new.next());
                rows.extend(both.map(|(row, socket)| rules.stayed(row, socket, changes)));
            }
        }
    }
    rules.never_read(&mut rows, changes);
    rows
}

impl Rules<'_> {
    /// True when the slice is read by another source now, which names its sockets otherwise.
    fn source_changed(&self, slice: Slice) -> bool {
        let now = self.whole.get(&slice);
        now.is_some_and(|now| self.known.get(&slice).is_some_and(|before| before.source != *now))
    }

    /// True when this one, which is not in the reading, is gone or was passed over.
    fn proves_absence(&self, socket: &Socket) -> bool {
        match self.extent {
            Extent::All => {
                let slice = socket.slice();
                self.whole.contains_key(&slice) || self.namespaces.is_gone(slice.netns)
            }
            Extent::Listeners => self.ended.contains_key(&socket.key),
        }
    }

    fn gone(&self, row: &Row, changes: &mut Vec<Change>) -> Option<Row> {
        let history = row.history();
        if let Life::Closed { at } = history.life {
            return (self.now.since(&at) < self.keep_closed).then(|| row.clone());
        }
        let slice = row.socket.slice();
        if self.source_changed(slice) {
            return None; // the same socket is among the new rows under its other name
        }
        if !self.proves_absence(&row.socket) {
            return Some(row.clone());
        }
        let with = |life, socket, ending| Row::new(socket, History { life, ending, rate: None, ..history });
        let (kind, was) = self.as_it_was(row);
        let heard = self.recent.ending(&row.socket.key).or(history.ending);
        match (history.life, self.ended.get(&row.socket.key)) {
            (Life::Open, None) => Some(with(Life::Missed, row.socket.clone(), heard)),
            (_, Some(told)) => {
                // In the state in which it was last seen.
                let state = was.state;
                let ending = heard.or_else(|| Ending::told(told, Some(state)));
                let socket = Socket { state, ..ended(told.clone(), Some(&was)) };
                changes.push(Change { kind, socket: socket.clone() });
                (!self.keep_closed.is_zero()).then(|| with(Life::Closed { at: self.now }, socket, ending))
            }
            (Life::Missed | Life::Closed { .. }, None) => {
                let ending = heard.or_else(|| Ending::seen(&row.socket));
                changes.push(Change { kind, socket: was.as_ref().clone() });
                let socket = || was.as_ref().clone();
                (!self.keep_closed.is_zero()).then(|| with(Life::Closed { at: self.now }, socket(), ending))
            }
        }
    }

    /// What is to be told of one that is gone, and as what: it may have listened since it was read, which no reading
    /// has told then.
    fn as_it_was<'a>(&self, row: &'a Row) -> (ChangeKind, Cow<'a, Socket>) {
        let read = &row.socket;
        let is_bound = read.state == State::Bound;
        match self.recent.listened(&read.key, row.history().changed).filter(|_| is_bound) {
            Some(socket) => {
                let listened = Socket { state: socket.state, role: socket.role, ..read.clone() };
                (ChangeKind::Passed, Cow::Owned(listened))
            }
            None => (ChangeKind::Closed, Cow::Borrowed(read)),
        }
    }

    /// Tells of those that came and went between two readings. A slice that is read by another source names its
    /// sockets otherwise: there nobody knows whether one was read.
    fn never_read(&self, rows: &mut Vec<Row>, changes: &mut Vec<Change>) {
        let gone = self.came_and_went();
        if gone.is_empty() {
            return;
        }
        let told: BTreeSet<SocketKey> = changes.iter().map(|change| change.socket.key).collect();
        let mut new = Vec::new();
        for (key, socket) in gone {
            let slice = socket.slice();
            let was_read =
                rows.binary_search_by(|row| row.socket.key.cmp(&key)).is_ok() || told.contains(&key);
            let by_cookie =
                [self.whole.get(&slice).copied(), self.known.get(&slice).map(|known| known.source)]
                    == [Some(BY_COOKIE); 2];
            if !was_read && !self.recent.was_told(&key) && by_cookie {
                changes.push(Change { kind: ChangeKind::Passed, socket: socket.clone() });
                new.push(self.past(socket));
            }
        }
        if !new.is_empty() {
            changes.sort_by_key(|change| change.socket.key);
            if !self.keep_closed.is_zero() {
                rows.append(&mut new);
                rows.sort_by_key(|row| row.socket.key);
            }
        }
    }

    /// Those that are told to be gone, but whose last word from the kernel is to come. That of what is left of a
    /// connection never does.
    pub(super) fn not_yet_destroyed(&self, changes: &[Change]) -> Vec<SocketKey> {
        let is_late = |change: &&Change| {
            let Change { kind, socket } = change;
            kind.is_end() && socket.state != State::TimeWait && !self.ended.contains_key(&socket.key)
        };
        changes.iter().filter(is_late).map(|change| change.socket.key).collect()
    }

    /// Every socket that was heard to be gone, as it was when it began where that was heard, too.
    fn came_and_went(&self) -> BTreeMap<SocketKey, Socket> {
        let mut gone = self.ended.clone();
        for socket in gone.values_mut() {
            if let Some(before) = self.recent.socket(&socket.key) {
                let ended = ended(socket.clone(), Some(before));
                *socket = Socket { state: before.state, ..ended };
            }
        }
        for begun in self.recent.past(self.extent == Extent::All) {
            gone.entry(begun.socket.key).or_insert_with(|| begun.socket.clone());
        }
        gone
    }

    /// False for one that a glance has and of which nothing was heard: whose it is, the next reading tells.
    fn is_known_to_begin(&self, socket: &Socket) -> bool {
        self.extent == Extent::All || self.recent.begun(&socket.key).is_some()
    }

    /// The row of one that was never read.
    fn past(&self, socket: Socket) -> Row {
        let key = socket.key;
        let told = || self.ended.get(&key).and_then(|told| Ending::told(told, None));
        let history = History {
            life: Life::Closed { at: self.recent.ended(&key).unwrap_or(self.now) },
            opened: self.recent.begun(&key).map(|begun| begun.at),
            ending: self.recent.ending(&key).or_else(told),
            ..History::default()
        };
        Row::new(socket, history)
    }

    fn came(&self, socket: Socket, changes: &mut Vec<Change>) -> Row {
        let socket = self.as_begun(socket);
        let slice = socket.slice();
        let opened = self.known.contains_key(&slice) && !self.source_changed(slice);
        let kind = if opened { ChangeKind::Opened } else { ChangeKind::Found };
        changes.push(Change { kind, socket: socket.clone() });
        let since = self.recent.begun(&socket.key).map_or(self.now, |begun| begun.at);
        Row::new(socket, History { opened: opened.then_some(since), ..History::default() })
    }

    /// As it is by now, where the reading caught it just before it listened.
    fn as_it_listens(&self, socket: Socket) -> Socket {
        let is_bound = socket.state == State::Bound;
        match is_bound.then(|| self.recent.listens(&socket.key)).flatten() {
            Some(now) => Socket { state: now.state, role: now.role, ..socket },
            None => socket,
        }
    }

    /// With the process that had it begin, where whose it is was looked for in vain: it may have been let go of since
    /// it was read.
    fn as_begun(&self, socket: Socket) -> Socket {
        let socket = self.as_it_listens(socket);
        let is_glance = self.extent == Extent::Listeners;
        let is_unknown = |why: NoOwner| why.is_in_vain() || (is_glance && why == NoOwner::NotScanned);
        let in_vain = socket.owners.found().err().is_some_and(is_unknown);
        match in_vain.then(|| self.recent.begun(&socket.key)).flatten() {
            Some(begun) => Socket { owners: begun.socket.owners.clone(), uid: begun.socket.uid, ..socket },
            None => socket,
        }
    }

    fn stayed(&self, row: &Row, socket: Socket, changes: &mut Vec<Change>) -> Row {
        if !row.is_open() {
            // Only a stand-in identity can come back: a cookie is never used again.
            return self.came(socket, changes);
        }
        let socket = self.as_begun(socket);
        let rate = self.rate(row, &socket);
        let History { opened, changed, .. } = row.history();
        let before = &row.socket;
        let mut last_change = changed;
        if before.state != socket.state {
            changes.push(Change { kind: ChangeKind::State { from: before.state }, socket: socket.clone() });
            last_change = Some(self.now);
        }
        if !before.owners.same_processes(&socket.owners) {
            let from = before.owners.clone();
            changes.push(Change { kind: ChangeKind::Owners { from }, socket: socket.clone() });
            last_change = Some(self.now);
        }
        if last_change != Some(self.now) && *before != socket {
            changes.push(Change { kind: ChangeKind::Details, socket: socket.clone() });
        }
        Row::new(socket, History { life: Life::Open, opened, changed: last_change, ending: None, rate })
    }

    /// How fast it was since it was last counted; `None` where one of the two countings passed over it.
    fn rate(&self, before: &Row, socket: &Socket) -> Option<Rate> {
        before.socket.bytes().and(socket.bytes())?; // most tables count none
        let slice = socket.slice();
        let counted = self.known.get(&slice).and_then(|known| known.counted);
        let passed_over = before.life() != Life::Open || !self.whole.contains_key(&slice);
        Rate::between(&before.socket, socket, self.now.since(&counted.filter(|_| !passed_over)?))
    }
}
