//! Which rows a view shows, and in which order: indices into the table.
//!
//! Made when something changed, never while drawing.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::{Life, Row, Stamp};
use crate::store::{Moment, Table};

use super::app::Chosen;
use super::cell::Seen;
use super::columns::{Body, Column};
use super::grouping::{By, Folds};
use super::guard::Guard;
use super::happening_cell::{self, SeenHappening};
use super::headings::{self, Grouping, Heading};
use super::kept::{self, Kept, Pool};
use super::mark::{self, Mark};
use super::order::Order;
use super::other_ends::OtherEnds;
use super::sieve::Sieve;
use super::tally::{Node, Tallies, Tally};
use super::tally_cell::{SeenTally, by_common};
use super::theme::Look;
use super::timeline::{Happening, Timeline, is_after};
use super::tree::Tree;
use super::views::{Lines, View};

/// By which column rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) column: usize,
    /// Against the direction that is natural for the column.
    pub(super) reversed: bool,
}

/// The lines of one view, and counts over all.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The rows by their numbers in the pool, in the order of the screen; empty where lines are tallies.
    pub(super) index: Vec<u32>,
    /// The headings between them.
    pub(super) headings: Vec<Heading>,
    /// Sockets counted together, in the order of the screen; empty where lines are sockets.
    pub(super) tallies: Vec<Tally>,
    /// The numbers of what happened, in the order of the screen; empty where lines are something else.
    pub(super) happenings: Vec<u64>,
    /// Open sockets of each view whose lines are sockets, whatever the filter says.
    pub(super) open: [usize; View::ALL.len()],
    /// Open sockets that the view shows or counts, and that the filter lets through.
    pub(super) matched: usize,
    /// How many rows that closed are kept and listed.
    pub(super) kept: usize,
    /// Open sockets of each other view that the filter lets through; counted where this one shows none.
    pub(super) elsewhere: [usize; View::ALL.len()],
    /// How many processes, peers or namespaces are counted, those in folded groups too.
    pub(super) counted: usize,
    /// The line of the tally that is selected, or of the folded group that it is in.
    pub(super) followed: Option<usize>,
    /// When marks are shown to have faded or ended, on the monotonic clock.
    turns: BTreeSet<Duration>,
    /// When the first of the rows that closed leaves.
    leaves: Option<Duration>,
}

/// What a listing is made from.
pub(super) struct Wish<'a> {
    pub(super) view: View,
    pub(super) now: Stamp,
    pub(super) columns: &'a [Column],
    pub(super) sort: Sort,
    /// By what tallies are brought together, and which of these groups are folded.
    pub(super) by: By,
    pub(super) folds: &'a Folds,
    pub(super) selected: Option<&'a Chosen>,
    pub(super) look: Look,
    pub(super) timeline: &'a Timeline,
    pub(super) guard: &'a Guard,
    /// Nothing that happened before it is told.
    pub(super) compared: Option<Stamp>,
    /// Who is at the other ends, where that is shown.
    pub(super) ends: Option<&'a OtherEnds>,
    pub(super) grouping: &'a Grouping,
    pub(super) kept: Option<&'a Kept>,
}

/// What stands in a line of sockets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stand<'a> {
    /// A socket, by its number in the pool.
    Row(u32),
    Heading(&'a Heading),
}

impl Listing {
    /// The lines that are wished for.
    pub(super) fn new(rows: &[Row], moment: &Moment, wish: &Wish<'_>, sieve: &mut Sieve) -> Self {
        let mut listing = Self::default();
        let mut tallies = match wish.view.lines() {
            Lines::Sockets | Lines::Happenings => None,
            Lines::Tallies => Some(Tallies::new((wish.view, wish.by), rows, moment)),
        };
        let pool = Pool { rows, kept: wish.kept };
        let is_counted = tallies.is_some();
        let is_wanted = |row: &Row| (is_counted || View::of(row) == wish.view) && !long_gone(row, &wish.now);
        sieve.judge(rows, moment, wish.now, is_wanted);
        for (at, row) in (0u32..).zip(rows) {
            if long_gone(row, &wish.now) {
                continue;
            }
            if wish.kept.is_some() && kept::is_closed(row) {
                continue; // it is among those that are kept
            }
            let view = View::of(row);
            listing.open[view.number()] += usize::from(row.is_open());
            let is_looked_at = tallies.is_some() || view == wish.view;
            let is_hidden = !is_looked_at || wish.guard.hides(wish.view, &row.socket.key);
            if is_hidden || !sieve.passes(at as usize, moment.subject(row), wish.now) {
                continue;
            }
            listing.matched += usize::from(row.is_open());
            match &mut tallies {
                // What closed is counted no more.
                Some(tallies) if row.is_open() => tallies.count(at, row),
                Some(_) => {}
                None => {
                    let beat = |turn| mark::beat(turn, moment.taken.mono);
                    listing.turns.extend(Mark::turns(row, &wish.now).map(beat));
                    listing.leaves = [listing.leaves, Mark::leaves(row)].into_iter().flatten().min();
                    listing.index.push(at);
                }
            }
        }
        if listing.index.is_empty() && wish.view.lines() == Lines::Sockets && !sieve.filter().is_empty() {
            let others =
                rows.iter().enumerate().filter(|(_, row)| row.is_open() && View::of(row) != wish.view);
            for (at, row) in others {
                let passes = sieve.passes(at, moment.subject(row), wish.now);
                listing.elsewhere[View::of(row).number()] += usize::from(passes);
            }
        }
        if let Some(column) = wish.columns.get(wish.sort.column) {
            listing.keep(pool, moment, wish, sieve);
            let down = column.descending != wish.sort.reversed;
            Order { pool, moment, column, guard: wish.guard, down, ends: wish.ends }.put(&mut listing.index);
        }
        if let Some(tallies) = tallies {
            listing.arrange(tallies.done(), rows, moment, wish);
        }
        let seen =
            |row| Seen { subject: moment.subject(row), now: wish.now, look: wish.look, standing: None };
        listing.headings = headings::put_under_headings(&mut listing.index, wish.grouping, pool, seen);
        listing.tell(moment, wish, sieve);
        listing
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.index.len() + self.headings.len() + self.tallies.len() + self.happenings.len()
    }

    /// What stands in a line of sockets; `None` behind the last.
    pub(super) fn stand(&self, line: usize) -> Option<Stand<'_>> {
        let before = self.headings.partition_point(|heading| heading.line <= line);
        if let Some(heading) = before.checked_sub(1).and_then(|at| self.headings.get(at))
            && heading.line == line
        {
            return Some(Stand::Heading(heading));
        }
        self.index.get(line - before).copied().map(Stand::Row)
    }

    /// The line of what is chosen, as it was told with the wish; `None` where there is no such line.
    pub(super) fn line_of(&self, chosen: &Chosen, table: &Table, kept: Option<&Kept>) -> Option<usize> {
        match chosen {
            Chosen::Socket(key) => {
                let pool = Pool { rows: table.rows(), kept };
                let place = table.place(key).and_then(|place| u32::try_from(place).ok());
                let listed = place.and_then(|place| self.index.iter().position(|at| *at == place));
                let is_it =
                    |at: u32| pool.is_kept(at) && pool.get(at).is_some_and(|row| row.socket.key == *key);
                let place = listed.or_else(|| self.index.iter().position(|at| is_it(*at)))?;
                Some(self.line_at(place))
            }
            Chosen::Tally(..) => self.followed,
            Chosen::Happening(number) => self.happenings.iter().position(|one| one == number),
            Chosen::Heading(id) => {
                self.headings.iter().find(|heading| heading.id == *id).map(|heading| heading.line)
            }
        }
    }

    /// The line of the socket at a place, of which headings stand before.
    fn line_at(&self, place: usize) -> usize {
        let rows_before = |(at, heading): (usize, &Heading)| heading.line - at;
        let headings = self.headings.iter().enumerate();
        place + headings.take_while(|(at, heading)| rows_before((*at, heading)) <= place).count()
    }

    /// How long until the next mark fades or ends.
    pub(super) fn next_turn(&self, now: &Stamp) -> Option<Duration> {
        self.turns.iter().find(|turn| **turn > now.mono).map(|turn| turn.saturating_sub(now.mono))
    }

    /// True once a row that is listed is to be listed no more.
    pub(super) fn is_past(&self, now: &Stamp) -> bool {
        self.leaves.is_some_and(|leaves| leaves <= now.mono)
    }

    /// Tallies that compare equal are ordered by what they have in common, so that nothing jumps.
    fn arrange(&mut self, nodes: Vec<Node>, rows: &[Row], moment: &Moment, wish: &Wish<'_>) {
        let Some(Column { body: Body::Tally { order, .. }, descending, .. }) =
            wish.columns.get(wish.sort.column)
        else {
            return;
        };
        let down = *descending != wish.sort.reversed;
        let lines = Tree::new(nodes, (wish.by, wish.folds), wish.selected).lines(|one, other| {
            let seen = |tally| wish.seen_tally(tally, rows, moment);
            let Some((one, other)) = seen(one).zip(seen(other)) else { return Ordering::Equal };
            let order = order(&one, &other);
            let order = if down { order.reverse() } else { order };
            order.then_with(|| by_common(&one, &other))
        });
        (self.tallies, self.counted, self.followed) = (lines.tallies, lines.counted, lines.followed);
    }
}

impl Listing {
    /// What closed until the moment that is shown, and is kept.
    fn keep(&mut self, pool: Pool<'_>, moment: &Moment, wish: &Wish<'_>, sieve: &Sieve) {
        if wish.view.lines() != Lines::Sockets {
            return;
        }
        let filter = sieve.filter();
        let is_listed = |row: &Row| {
            let seen = crate::filter::Seen { subject: moment.subject(row), now: wish.now };
            let closed = matches!(row.life(), Life::Closed { at } if at.mono <= wish.now.mono);
            let is_shown = View::of(row) == wish.view && !wish.guard.hides(wish.view, &row.socket.key);
            closed && is_shown && filter.passes(&seen)
        };
        let before = self.index.len();
        self.index.extend(pool.closed().filter(|(_, row)| is_listed(row)).map(|(at, _)| at));
        self.kept = self.index.len() - before;
    }

    /// What happened until the moment that is shown, as far as the filter lets it through.
    fn tell(&mut self, moment: &Moment, wish: &Wish<'_>, sieve: &Sieve) {
        let Some(Column { key, body: Body::Happening { show }, descending, .. }) =
            wish.columns.get(wish.sort.column)
        else {
            return;
        };
        let seen =
            |(number, happening)| SeenHappening { number, happening, socket: wish.seen(moment, happening) };
        let happened = wish.timeline.all().filter(|(_, happening)| happening.at.mono <= wish.now.mono);
        let happened = happened.filter(|(_, happening)| is_after(happening, wish.compared));
        let filter = sieve.filter();
        let passing = happened.map(seen).filter(|seen: &SeenHappening<'_>| {
            let (subject, now) = (seen.socket.subject, wish.now);
            filter.passes(&crate::filter::Seen { subject, now })
        });
        let mut told: Vec<SeenHappening<'_>> = passing.collect();
        told.sort_by_cached_key(|seen| happening_cell::rank((key, *show), seen));
        if *descending != wish.sort.reversed {
            told.reverse();
        }
        self.matched = told.len();
        self.happenings = told.iter().map(|seen| seen.number).collect();
    }
}

impl Wish<'_> {
    fn seen_tally<'a>(&self, tally: &'a Tally, rows: &'a [Row], moment: &'a Moment) -> Option<SeenTally<'a>> {
        let subject = moment.subject(rows.get(tally.first as usize)?);
        let socket = Seen { subject, now: self.now, look: self.look, standing: None };
        Some(SeenTally { tally, socket })
    }

    fn seen<'a>(&self, moment: &'a Moment, happening: &'a Happening) -> Seen<'a> {
        Seen { subject: moment.subject(&happening.row), now: self.now, look: self.look, standing: None }
    }
}

/// The table may keep closed rows longer than they are to be shown.
fn long_gone(row: &Row, now: &Stamp) -> bool {
    matches!(row.life(), Life::Closed { at } if now.since(&at) >= mark::LASTS)
}
