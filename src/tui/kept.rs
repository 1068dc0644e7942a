//! What closed and is kept in sight on wish: a bounded memory of rows as they were last seen.
//!
//! Takes readings in and gives rows back. It knows no filter and draws nothing.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::app::App;
use super::cell::Seen;
use super::update::relist;
use crate::engine::Snapshot;
use crate::model::{Ends, Life, NetnsId, Protocol, Role, Row, Socket, SocketKey, Stamp, State, UnixName};
use crate::text;

/// How many are kept.
const MOST: usize = 1_000;

/// The rows that closed, the latest last.
#[derive(Debug, Default)]
pub(super) struct Kept {
    closed: VecDeque<Closed>,
    dropped: usize,
}

/// One of them.
#[derive(Debug)]
struct Closed {
    row: Row,
    /// How many connections were at its place when it was there last; `None` where none could come in.
    callers: Option<usize>,
}

impl Kept {
    /// Those that the snapshot still has, to begin with.
    fn of(snapshot: &Snapshot) -> Self {
        let mut kept = Self::default();
        let rows = snapshot.table.rows();
        let closed: Vec<&Row> = rows.iter().filter(|row| is_closed(row)).collect();
        kept.keep(&closed, rows);
        kept
    }

    /// Takes in what a snapshot says of closing.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        let closed = snapshot.changes.iter().filter(|change| change.kind.is_end());
        let rows = closed.filter_map(|change| snapshot.table.row(&change.socket.key));
        let closed: Vec<&Row> = rows.filter(|row| is_closed(row)).collect();
        self.keep(&closed, snapshot.table.rows());
    }

    fn keep(&mut self, closed: &[&Row], all: &[Row]) {
        let callers = Callers::of(closed, all);
        let mut too_many = closed.len().saturating_sub(MOST);
        for row in closed {
            if too_many > 0 && !row.socket.is_listener() {
                (too_many, self.dropped) = (too_many - 1, self.dropped + 1);
                continue;
            }
            if self.closed.len() == MOST {
                // Connections come by the thousand, and no listener that closed is forgotten for them.
                let oldest = self.closed.iter().position(|closed| !closed.row.socket.is_listener());
                self.closed.remove(oldest.unwrap_or(0));
                self.dropped += 1;
            }
            self.closed.push_back(Closed { row: (*row).clone(), callers: callers.at(&row.socket) });
        }
    }

    /// How many were dropped because there were too many.
    pub(super) fn dropped(&self) -> usize {
        self.dropped
    }

    fn len(&self) -> usize {
        self.closed.len()
    }

    /// How many connections a listener had, where it is one that is kept.
    fn callers(&self, key: &SocketKey) -> Option<usize> {
        self.closed.iter().rfind(|closed| closed.row.socket.key == *key)?.callers
    }
}

/// The rows that a list may show, each by a number: those of the table, and behind them those that are kept.
#[derive(Clone, Copy)]
pub(super) struct Pool<'a> {
    pub(super) rows: &'a [Row],
    pub(super) kept: Option<&'a Kept>,
}

impl<'a> Pool<'a> {
    pub(super) fn get(self, at: u32) -> Option<&'a Row> {
        let at = at as usize;
        let closed = || self.kept?.closed.get(at.checked_sub(self.rows.len())?);
        self.rows.get(at).or_else(|| closed().map(|closed| &closed.row))
    }

    /// Those that are kept, with their numbers.
    pub(super) fn closed(self) -> impl Iterator<Item = (u32, &'a Row)> {
        let begin = self.rows.len();
        let end = begin + self.kept.map_or(0, Kept::len);
        (begin..end).filter_map(move |at| {
            let at = u32::try_from(at).ok()?;
            Some((at, self.get(at)?))
        })
    }

    /// True for the number of one that is kept.
    pub(super) fn is_kept(self, at: u32) -> bool {
        at as usize >= self.rows.len()
    }
}

/// Where somebody waited: by the name that callers have, too.
type Seat<'a> = (NetnsId, Protocol, Result<u16, &'a UnixName>);

/// How many connections are at the places of some listeners.
struct Callers<'a>(HashMap<Seat<'a>, Vec<Option<IpAddr>>, RandomState>);

impl<'a> Callers<'a> {
    /// Counts in one pass, and none where no listener closed. A connection that closed with its listener is one.
    fn of(closed: &[&'a Row], all: &'a [Row]) -> Self {
        let listeners = closed.iter().map(|row| &row.socket).filter(|socket| socket.state == State::Listen);
        let mut callers: HashMap<_, _, _> =
            listeners.filter_map(|socket| Some((seat(socket)?, Vec::new()))).collect();
        let Some(now) = closed.iter().filter_map(|row| closed_at(row)).max_by_key(|at| at.mono) else {
            return Self(callers);
        };
        if callers.is_empty() {
            return Self(callers);
        }
        let is_there = |row: &&Row| row.is_open() || closed_at(row) == Some(now);
        let connections = all.iter().filter(|row| row.socket.role == Role::Connection);
        for socket in connections.filter(is_there).map(|row| &row.socket) {
            if let Some(here) = seat(socket).and_then(|seat| callers.get_mut(&seat)) {
                here.push(socket.ends.local().map(|end| end.addr.to_canonical()));
            }
        }
        Self(callers)
    }

    fn at(&self, socket: &Socket) -> Option<usize> {
        let here = self.0.get(&seat(socket).filter(|_| socket.state == State::Listen)?)?;
        let local = socket.ends.local().map(|end| end.addr).filter(|addr| !addr.is_unspecified());
        let local = local.map(|addr| addr.to_canonical());
        Some(here.iter().filter(|addr| local.is_none() || **addr == local).count())
    }
}

fn seat(socket: &Socket) -> Option<Seat<'_>> {
    let place = match &socket.ends {
        Ends::Inet { local, .. } => Ok(local.port),
        Ends::Unix { .. } => Err(socket.ends.unix_name()?),
        Ends::Other { .. } => return None,
    };
    Some((socket.key.netns, socket.protocol, place))
}

pub(super) fn is_closed(row: &Row) -> bool {
    closed_at(row).is_some()
}

fn closed_at(row: &Row) -> Option<Stamp> {
    match row.life() {
        Life::Closed { at } => Some(at),
        Life::Open | Life::Missed => None,
    }
}

/// Keeps what closes from now on, or lets go of all that was kept.
pub(super) fn switch(app: &mut App) {
    let remark = if app.kept.take().is_some() {
        "what closes leaves after three seconds again"
    } else {
        app.kept = Some(app.news.as_ref().map(|news| Kept::of(&news.snapshot)).unwrap_or_default());
        "what closes stays, in its place"
    };
    app.remark = Some((remark.to_owned(), app.now));
    relist(app);
}

/// How long it was there, and what went through it: `closed after 3m 12s, 1.8 MB out, 12 kB in`, or of a listener
/// `closed after 3m 12s, 4 connections`.
pub(super) fn epitaph(seen: &Seen<'_>, kept: &Kept) -> Option<String> {
    let row = seen.subject.row;
    let at = closed_at(row)?;
    let mut words = vec![match row.history().opened {
        Some(opened) => format!("closed after {}", text::span(at.since(&opened))),
        None => format!("closed {} ago", text::span(seen.now.since(&at))),
    }];
    if let Some(callers) = kept.callers(&row.socket.key).filter(|callers| *callers > 0) {
        words.push(text::counted(callers, "connection", "connections"));
    }
    if let Some((sent, received)) = row.socket.bytes().filter(|_| !row.socket.is_listener()) {
        words.push(format!("{} out", text::bytes(sent)));
        words.push(format!("{} in", text::bytes(received)));
    }
    Some(words.join(", "))
}
