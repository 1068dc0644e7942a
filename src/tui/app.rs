//! The state of the dashboard: what is known, what is looked at, and what the user asked for.
//!
//! Data and questions about it. Only `update` changes it; drawing gets it by `&`.

use std::time::Duration;

use ratatui::layout::Size;

use crate::engine::Snapshot;
use crate::model::{Ask, Row, SocketKey, Stamp};
use crate::store::Moment;

use super::action::{Action, Entry, Mode};
use super::around::Surroundings;
use super::cell::Seen;
use super::census::Census;
use super::closely;
use super::columns::{self, Column, Place};
use super::grouping::{Grouping, Id};
use super::happening_cell::{self, SeenHappening};
use super::kept::Kept;
use super::keymap::Keymap;
use super::layout;
use super::listing::{Listing, Sort, Stand};
use super::mark;
use super::menu::{self, Menu};
use super::palette::{self, Palette};
use super::prompt::Prompt;
use super::sieve::Sieve;
use super::tally::{Common, Tally};
use super::tally_cell::SeenTally;
use super::theme::Look;
use super::timeline::Timeline;
use super::totals::Totals;
use super::trail::Trail;
use super::trend::Trend;
use super::views::{Lines, View};
use super::{arrangement, jumps};

/// A snapshot, and when it came.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) snapshot: Snapshot,
    pub(super) arrived: Stamp,
    /// The details that this reading and the one before it were asked for: rates come of both.
    pub(super) asked_twice: Ask,
    /// What its sockets say of each other.
    pub(super) surroundings: Surroundings,
}

impl News {
    pub(super) fn new(snapshot: Snapshot, arrived: Stamp, asked_twice: Ask) -> Self {
        Self { snapshot, arrived, asked_twice, surroundings: Surroundings::default() }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Socket(SocketKey),
    Tally(Common),
    Happening(u64),
    Heading(Id),
}

/// What a view remembers while another one is shown.
pub(super) struct Pane {
    pub(super) columns: Vec<Column>,
    pub(super) sort: Sort,
    pub(super) grouping: Grouping,
    pub(super) selected: Option<Chosen>,
    /// Where the selection is in the listing.
    pub(super) cursor: usize,
    /// The first row on the screen.
    pub(super) top: usize,
}

/// The socket whose details are open.
pub(super) struct Inspected {
    /// As it was last seen, so that it can still be read when it is gone.
    pub(super) row: Row,
    pub(super) gone: bool,
    pub(super) scroll: usize,
    /// How it did since it was opened.
    pub(super) trend: Trend,
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
    pub(super) inspected: Option<Inspected>,
    /// How far the help is scrolled, while it is open.
    pub(super) help: Option<usize>,
    /// The name of an action, while it is typed.
    pub(super) palette: Option<Palette>,
    /// Something is chosen from a list.
    pub(super) menu: Option<Menu>,
    /// Where one was before.
    pub(super) trail: Trail,
    /// What closed and is kept in sight; `None` where nothing is.
    pub(super) kept: Option<Kept>,
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
            inspected: None,
            help: None,
            palette: None,
            menu: None,
            trail: Trail::default(),
            kept: None,
            remark: None,
            clicked: None,
        }
    }

    /// What the poller is to bring of every socket: details cost the kernel and us, so they are asked for while
    /// somebody, or the filter, looks at them.
    pub(super) fn ask(&self) -> Ask {
        let alone = self.inspected.as_ref().is_none_or(|inspected| closely::can_stand_alone(&inspected.row));
        let shown = if alone { Ask::NOTHING } else { Ask::EVERYTHING };
        shown
            .or(self.view.ask())
            .or(arrangement::ask(self.pane()))
            .or(self.menu.as_ref().map_or(Ask::NOTHING, Menu::ask))
            .or(self.sieve.filter().ask())
            .or(self.prompt.wanted().ask())
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

    /// The socket in a line of the listing; `None` where lines are tallies.
    pub(super) fn row_at(&self, line: usize) -> Option<&Row> {
        match self.listing.stand(line)? {
            Stand::Row(at) => self.rows().get(at as usize),
            Stand::Closed(at) => self.kept.as_ref()?.get(at),
            Stand::Heading(_) => None,
        }
    }

    /// The tally in a line of the listing; `None` where lines are sockets.
    pub(super) fn tally_at(&self, line: usize) -> Option<SeenTally<'_>> {
        let tally: Tally = *self.listing.tallies.get(line)?;
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
                _ => self.row_at(line).map(|row| Chosen::Socket(row.socket.key)),
            },
            Lines::Tallies => self.listing.tallies.get(line).map(|tally| Chosen::Tally(tally.common)),
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

    /// How long the screen stays true if nothing comes: until the next mark ends, or until the
    /// silence has to be told. `None` when that is for ever.
    pub(super) fn stays_true_for(&self) -> Option<Duration> {
        let mark = match self.frozen {
            Some(_) => None,
            None => self.listing.next_end(&self.clock()),
        };
        let silence = self.latest().map(|last| {
            let silent = self.now.since(&last.arrived);
            patience(&last.snapshot).checked_sub(silent).unwrap_or(Duration::from_secs(1))
        });
        let remark = self.remark.as_ref().map(|(_, at)| mark::LASTS.saturating_sub(self.now.since(at)));
        [mark, silence, remark].into_iter().flatten().min()
    }

    /// A row as its cells see it, now; `None` before the first table.
    pub(super) fn seen<'a>(&'a self, row: &'a Row) -> Option<Seen<'a>> {
        let subject = self.moment()?.subject(row);
        Some(Seen { subject, now: self.clock(), look: self.look })
    }

    /// The other end of a connection, when it is on this host.
    pub(super) fn peer(&self, row: &Row) -> Option<&Row> {
        let News { snapshot: Snapshot { table, asked, .. }, surroundings, .. } = self.news.as_ref()?;
        surroundings.of(&row.socket).peer(table).filter(|_| asked.rest || !closely::may_be_a_mirror(row))
    }

    /// Where the columns of the current view are.
    pub(super) fn places(&self, width: u16) -> Vec<Place> {
        let many = self.moment().is_some_and(|moment| moment.coverage.namespaces.list.len() > 1);
        columns::fit(&self.pane().columns, width, many)
    }

    /// The key for an action, as people write it, in the mode in which it can be done; `None` without one.
    pub(super) fn key_for(&self, action: Action) -> Option<String> {
        self.keymap.usable(action).next().map(|key| key.label(self.look.ascii))
    }

    /// How many rows the list can show.
    pub(super) fn page(&self) -> usize {
        usize::from(layout::screen(self).rows.height)
    }

    /// True when the action would do something now. Help and footer tell only of such.
    pub(super) fn can(&self, entry: &Entry) -> bool {
        self.can_in(self.mode(), entry)
    }

    /// True when the action would do something in this mode.
    pub(super) fn can_in(&self, mode: Mode, entry: &Entry) -> bool {
        let rows = self.listing.len() > 0;
        entry.modes.contains(&mode)
            && match entry.action {
                Action::ClearFilter => !self.prompt.text().is_empty(),
                Action::KeepFilter => self.prompt.mistake().is_none(),
                Action::Complete | Action::RunChosen if mode == Mode::Palette => {
                    !palette::matches(self).is_empty()
                }
                Action::Complete => !self.prompt.offers().is_empty(),
                Action::GoBack => !self.trail.is_empty(),
                Action::ConnectionsOf => jumps::subject(self).is_some_and(|row| row.socket.is_listener()),
                Action::ProcessOf => {
                    jumps::subject(self).is_some_and(|row| row.socket.owners.known().is_some())
                }
                Action::OtherEnd => jumps::subject(self).is_some_and(|row| jumps::has_other_end(&row.socket)),
                Action::Choose | Action::ToggleColumn => {
                    self.menu.as_ref().is_some_and(Menu::is_free) || !menu::choices(self).is_empty()
                }
                Action::Group => self.view.lines() == Lines::Sockets,
                Action::Copy | Action::CopyJson => rows || self.inspected.is_some(),
                Action::Details
                | Action::NextSort
                | Action::PreviousSort
                | Action::Reverse
                | Action::CopyCell => rows,
                Action::Filter | Action::Freeze | Action::Compare | Action::KeepClosed | Action::Export => {
                    self.news.is_some()
                }
                Action::Up | Action::Down => rows || mode != Mode::List,
                _ => true,
            }
    }
}

impl Pane {
    /// As a view is at first.
    pub(super) fn new(view: View) -> Self {
        let columns = columns::of(view);
        // Listeners by port, as one looks for them; connections by whose they are; tallies by how much they count.
        let key = match view {
            View::Listeners | View::Unix => "local",
            View::Connections => "owner",
            View::Processes | View::Namespaces => "sockets",
            View::Peers => "connections",
            View::Events => happening_cell::FIRST,
        };
        let column = columns.iter().position(|column| column.key == key).unwrap_or(0);
        Self {
            columns,
            sort: Sort { column, reversed: false },
            grouping: Grouping::default(),
            selected: None,
            cursor: 0,
            top: 0,
        }
    }
}

/// How long news may be late before the screen says so.
fn patience(snapshot: &Snapshot) -> Duration {
    let usual = snapshot.interval.saturating_mul(2).saturating_add(snapshot.due);
    usual.saturating_add(snapshot.took).saturating_add(Duration::from_secs(1))
}
