//! The state of the dashboard: what is known, what is looked at, and what the user asked for.
//!
//! Data and questions about it. Only `update` changes it; drawing gets it by `&`.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Size;

use crate::engine::Snapshot;
use crate::model::{Ask, Row, SocketKey, Stamp};
use crate::output::doctor::Asker;
use crate::store::Moment;

use super::acting::Acting;
use super::action::{Action, Mode};
use super::around::Surroundings;
use super::arranged::Pane;
use super::arrangement;
use super::cell::Seen;
use super::census::Census;
use super::closely;
use super::dialog::Dialog;
use super::fitting::{self, Facts, Place};
use super::guard::Guard;
use super::happening_cell::SeenHappening;
use super::headings::Id;
use super::help::Topic;
use super::kept::{Kept, Pool};
use super::keymap::Keymap;
use super::layout;
use super::listing::{Listing, Stand};
use super::mark;
use super::menu::Menu;
use super::other_ends::OtherEnds;
use super::picker::Picker;
use super::prompt::Prompt;
use super::saved::Saved;
use super::sieve::Sieve;
use super::tally::Common;
use super::tally_cell::SeenTally;
use super::theme::Look;
use super::timeline::{Report, Timeline};
use super::totals::Totals;
use super::trail::Trail;
use super::trend::Trend;
use super::views::{Lines, View};

/// A snapshot, and when it came.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) snapshot: Snapshot,
    pub(super) arrived: Stamp,
    /// The details that this reading and the one before it were asked for: rates come of both.
    pub(super) asked_twice: Ask,
    /// What its sockets say of each other.
    pub(super) surroundings: Surroundings,
    /// Who is at the other ends of its Unix sockets, once they were shown.
    ends: OnceCell<OtherEnds>,
}

impl News {
    pub(super) fn new(snapshot: Snapshot, arrived: Stamp, asked_twice: Ask) -> Self {
        Self { snapshot, arrived, asked_twice, surroundings: Surroundings::default(), ends: OnceCell::new() }
    }

    /// Looks up the other ends of its Unix sockets: once for the snapshot, and never while drawing.
    pub(super) fn look_across(&self) -> &OtherEnds {
        self.ends.get_or_init(|| OtherEnds::of(&self.snapshot.table))
    }

    #[cfg(test)]
    pub(super) fn has_looked_across(&self) -> bool {
        self.ends.get().is_some()
    }

    /// The other end of the row at this place, where they were looked up.
    fn across(&self, place: u32) -> Option<&Row> {
        self.ends.get()?.at(place, self.snapshot.table.rows())
    }
}

/// The picture is held.
#[derive(Debug)]
pub(super) struct Frozen {
    /// The moment that is shown.
    pub(super) at: Stamp,
    /// What came since, shown on thaw.
    pub(super) latest: Option<News>,
    /// How many sockets opened, closed or changed in the meantime.
    pub(super) waiting: usize,
}

/// What a line is about, however the lines move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Socket(SocketKey),
    /// What is counted, and the group that it stands in.
    Tally(Common, Option<Common>),
    Happening(u64),
    Heading(Id),
}

/// The socket whose details are open.
pub(super) struct Inspected {
    /// As it was last seen, so that it can still be read when it is gone.
    pub(super) row: Row,
    pub(super) gone: bool,
    pub(super) scroll: usize,
    /// How it did since it was opened.
    pub(super) trend: Trend,
    /// What was reported, where it was opened from that.
    pub(super) report: Option<Arc<Report>>,
}

/// Everything.
pub(super) struct App {
    pub(super) version: &'static str,
    pub(super) look: Look,
    pub(super) keymap: Keymap,
    pub(super) size: Size,
    /// The last time that was told.
    pub(super) now: Stamp,
    pub(super) news: Option<News>,
    pub(super) frozen: Option<Frozen>,
    /// Why the last poll failed; `None` when it did not.
    pub(super) failure: Option<String>,
    pub(super) view: View,
    pub(super) panes: [Pane; View::ALL.len()],
    /// The filter as it is typed.
    pub(super) prompt: Prompt,
    /// The filter in force.
    pub(super) sieve: Sieve,
    /// The rows of the current view.
    pub(super) listing: Listing,
    /// What goes through all sockets together.
    pub(super) totals: Totals,
    /// How many sockets are in which state.
    pub(super) census: Census,
    /// The moment that the picture is compared with, when the user chose one.
    pub(super) compared: Option<Stamp>,
    /// What happened lately.
    pub(super) timeline: Timeline,
    /// The policy, and what it says.
    pub(super) guard: Guard,
    pub(super) inspected: Option<Inspected>,
    /// How far the help is scrolled, while it is open.
    pub(super) help: Option<usize>,
    /// What the help is about, while it is open.
    pub(super) topic: Topic,
    /// Who looks.
    pub(super) asker: Asker,
    /// The name of an action, while it is typed.
    pub(super) palette: Option<Picker>,
    /// What is done to sockets and to who holds them.
    pub(super) acting: Acting,
    /// What is asked, or told until it is read.
    pub(super) dialog: Option<Dialog>,
    /// Something is chosen from a list.
    pub(super) menu: Option<Menu>,
    /// Where one was before.
    pub(super) trail: Trail,
    /// What closed and is kept in sight; `None` where nothing is.
    pub(super) kept: Option<Kept>,
    /// Views that were saved.
    pub(super) saved: Saved,
    /// What was remembered and cannot be used.
    pub(super) forgotten: Option<String>,
    /// What was done that cannot be seen, and when: told for three seconds.
    pub(super) remark: Option<(String, Stamp)>,
    /// The line that was clicked last, and when: a second click soon after opens it.
    pub(super) clicked: Option<(Chosen, Stamp)>,
}

impl App {
    pub(super) fn new(version: &'static str, look: Look, size: Size, now: Stamp, prompt: Prompt) -> Self {
        Self {
            version,
            look,
            keymap: Keymap::default(),
            size,
            now,
            news: None,
            frozen: None,
            failure: None,
            view: View::Listeners,
            panes: View::ALL.map(Pane::new),
            prompt,
            sieve: Sieve::default(),
            listing: Listing::default(),
            totals: Totals::default(),
            census: Census::default(),
            compared: None,
            timeline: Timeline::default(),
            guard: Guard::default(),
            inspected: None,
            help: None,
            topic: Topic::Keys,
            asker: Asker::default(),
            palette: None,
            acting: Acting::default(),
            dialog: None,
            menu: None,
            trail: Trail::default(),
            kept: None,
            saved: Saved::default(),
            forgotten: None,
            remark: None,
            clicked: None,
        }
    }

    /// What the poller is to bring of every socket: details cost the kernel and us, so they are asked for while
    /// somebody, or the filter, looks at them.
    pub(super) fn ask(&self) -> Ask {
        let alone = self.inspected.as_ref().is_none_or(|inspected| closely::can_stand_alone(&inspected.row));
        let shown = if alone { Ask::NOTHING } else { Ask::EVERYTHING };
        let filters = self.sieve.filter().ask().or(self.prompt.wanted().ask());
        let shown = shown.or(self.view.ask()).or(arrangement::ask(self.pane())).or(self.pane().by.ask());
        let chosen = self.menu.as_ref().map_or(Ask::NOTHING, Menu::ask);
        shown.or(chosen).or(filters).or(self.guard.ask())
    }

    pub(super) fn mode(&self) -> Mode {
        if self.palette.is_some() { Mode::Palette } else { self.mode_below() }
    }

    /// What the keys are about when no action is being chosen.
    pub(super) fn mode_below(&self) -> Mode {
        if let Some(menu) = &self.menu {
            return menu.mode();
        }
        match (&self.help, self.prompt.is_typed(), &self.inspected) {
            _ if self.dialog.is_some() => Mode::Dialog,
            (Some(_), _, _) => Mode::Help,
            (None, true, _) => Mode::Filter,
            (None, false, Some(_)) => Mode::Details,
            (None, false, None) => Mode::List,
        }
    }

    pub(super) fn pane(&self) -> &Pane {
        &self.panes[self.view.number()]
    }

    pub(super) fn pane_mut(&mut self) -> &mut Pane {
        &mut self.panes[self.view.number()]
    }

    /// The facts of the shown snapshot; `None` before the first.
    pub(super) fn moment(&self) -> Option<&Moment> {
        self.news.as_ref().and_then(|news| news.snapshot.table.moment())
    }

    /// The rows of the shown snapshot.
    pub(super) fn rows(&self) -> &[Row] {
        self.news.as_ref().map_or(&[], |news| news.snapshot.table.rows())
    }

    /// The rows that a list may show, by the numbers that the listing has.
    pub(super) fn pool(&self) -> Pool<'_> {
        Pool { rows: self.rows(), kept: self.kept.as_ref() }
    }

    /// The socket in a line of the listing, as its cells see it, with its other end where that is shown.
    pub(super) fn seen_at(&self, line: usize) -> Option<Seen<'_>> {
        let seen = self.seen(self.row_at(line)?)?;
        let across = || match self.listing.stand(line)? {
            Stand::Row(at) => self.news.as_ref()?.across(at),
            Stand::Heading(_) => None,
        };
        let peer = if self.view == View::Unix { across() } else { None };
        Some(Seen { subject: seen.subject.facing(peer), ..seen })
    }

    /// The socket in a line of the listing; `None` where lines are tallies.
    pub(super) fn row_at(&self, line: usize) -> Option<&Row> {
        match self.listing.stand(line)? {
            Stand::Row(at) => self.pool().get(at),
            Stand::Heading(_) => None,
        }
    }

    /// The tally in a line of the listing; `None` where lines are sockets.
    pub(super) fn tally_at(&self, line: usize) -> Option<SeenTally<'_>> {
        let tally = self.listing.tallies.get(line)?;
        let first = self.rows().get(tally.first as usize)?;
        Some(SeenTally { tally, socket: self.seen(first)? })
    }

    /// What happened, in a line of the listing; `None` where lines are something else.
    pub(super) fn happening_at(&self, line: usize) -> Option<SeenHappening<'_>> {
        let number = *self.listing.happenings.get(line)?;
        let happening = self.timeline.get(number)?;
        Some(SeenHappening { number, happening, socket: self.seen(&happening.row)? })
    }

    /// What a line is about.
    pub(super) fn chosen_at(&self, line: usize) -> Option<Chosen> {
        match self.view.lines() {
            Lines::Sockets => match self.listing.stand(line)? {
                Stand::Heading(heading) => Some(Chosen::Heading(heading.id)),
                Stand::Row(_) => self.row_at(line).map(|row| Chosen::Socket(row.socket.key)),
            },
            Lines::Tallies => {
                let tally = self.listing.tallies.get(line)?;
                Some(Chosen::Tally(tally.common.clone(), tally.under.clone()))
            }
            Lines::Happenings => self.listing.happenings.get(line).copied().map(Chosen::Happening),
        }
    }

    /// The moment that the screen shows, on the clock of the snapshot: a script has its own.
    pub(super) fn clock(&self) -> Stamp {
        if let Some(frozen) = &self.frozen {
            return frozen.at;
        }
        let (Some(news), Some(moment)) = (&self.news, self.moment()) else { return self.now };
        let passed = self.now.since(&news.arrived);
        let wall = jiff::SignedDuration::try_from(passed).ok();
        let wall = wall.and_then(|passed| moment.taken.wall.checked_add(passed).ok());
        Stamp { mono: moment.taken.mono + passed, wall: wall.unwrap_or(moment.taken.wall) }
    }

    /// How long nothing has come, once that is longer than it should be.
    pub(super) fn silence(&self) -> Option<Duration> {
        let last = self.latest()?;
        let silent = self.now.since(&last.arrived);
        (silent >= patience(&last.snapshot)).then_some(silent)
    }

    /// The newest news, shown or waiting.
    pub(super) fn latest(&self) -> Option<&News> {
        self.frozen.as_ref().and_then(|frozen| frozen.latest.as_ref()).or(self.news.as_ref())
    }

    /// How long the screen stays true if nothing comes: until the next mark fades or ends, or until the
    /// silence has to be told. `None` when that is for ever.
    pub(super) fn stays_true_for(&self) -> Option<Duration> {
        let mark = match self.frozen {
            Some(_) => None,
            None => self.listing.next_turn(&self.clock()),
        };
        let silence = self.latest().map(|last| {
            let silent = self.now.since(&last.arrived);
            patience(&last.snapshot).checked_sub(silent).unwrap_or(Duration::from_secs(1))
        });
        let remark = self.remark.as_ref().map(|(_, at)| mark::LASTS.saturating_sub(self.now.since(at)));
        let unseen = self.dialog.as_ref().and_then(|dialog| dialog.unseen_for(&self.now));
        [mark, silence, remark, unseen].into_iter().flatten().min()
    }

    /// A row as its cells see it, now; `None` before the first table.
    pub(super) fn seen<'a>(&'a self, row: &'a Row) -> Option<Seen<'a>> {
        let subject = self.moment()?.subject(row);
        let standing = self.guard.standing(&row.socket.key);
        Some(Seen { subject, now: self.clock(), look: self.look, standing })
    }

    /// The other end of a connection, when it is on this host.
    pub(super) fn peer(&self, row: &Row) -> Option<&Row> {
        let News { snapshot: Snapshot { table, asked, .. }, surroundings, .. } = self.news.as_ref()?;
        surroundings.of(&row.socket).peer(table).filter(|_| asked.rest || !closely::may_be_a_mirror(row))
    }

    /// Where the columns of the current view are.
    pub(super) fn places(&self, width: u16) -> Vec<Place> {
        fitting::fit(&self.pane().columns, width, self.facts())
    }

    /// What decides which columns the current view shows.
    pub(super) fn facts(&self) -> Facts {
        let many = self.moment().is_some_and(|moment| moment.coverage.namespaces.list.len() > 1);
        Facts { many, judged: self.guard.is_in_force(), sorted: Some(self.pane().sort.column) }
    }

    /// The key for an action, as people write it, in the mode in which it can be done; `None` without one.
    pub(super) fn key_for(&self, action: Action) -> Option<String> {
        self.keymap.usable(action).next().map(|key| key.label(self.look.ascii))
    }

    /// How many rows the list can show.
    pub(super) fn page(&self) -> usize {
        usize::from(layout::screen(self).rows.height)
    }
}

/// How long news may be late before the screen says so.
fn patience(snapshot: &Snapshot) -> Duration {
    let usual = snapshot.interval.saturating_mul(2).saturating_add(snapshot.due);
    usual.saturating_add(snapshot.took).saturating_add(Duration::from_secs(1))
}
