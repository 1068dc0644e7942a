//! What a line of the list is about, and its cells.
//!
//! One place for all views, so that what is drawn and what is copied cannot differ.

use std::sync::Arc;

use super::app::App;
use super::cell::{Cell, Seen};
use super::columns::{Body, Column};
use super::happening_cell::SeenHappening;
use super::headings::Heading;
use super::listing::Stand;
use super::standing;
use super::tally_cell::SeenTally;
use super::timeline::{Happening, Report, What};

/// What a line is about.
pub(super) enum Of<'a> {
    Socket(Seen<'a>),
    Tally(SeenTally<'a>),
    Happening(SeenHappening<'a>),
    /// Sockets that have something in common stand below it.
    Heading(Heading),
}

/// What the selected line is about; `None` where there is none.
pub(super) fn selected(app: &App) -> Option<Of<'_>> {
    of(app, app.pane().cursor)
}

/// What the line is about; `None` behind the last one.
pub(super) fn of(app: &App, line: usize) -> Option<Of<'_>> {
    if let Some(Stand::Heading(heading)) = app.listing.stand(line) {
        return Some(Of::Heading(*heading));
    }
    let socket = app.seen_at(line).map(Of::Socket);
    let tally = || app.tally_at(line).map(Of::Tally);
    socket.or_else(tally).or_else(|| app.happening_at(line).map(Of::Happening))
}

impl<'a> Of<'a> {
    /// The socket that it is about; `None` where it counts several.
    pub(super) fn socket(&self) -> Option<Seen<'a>> {
        match self {
            Self::Socket(seen) => Some(*seen),
            Self::Happening(seen) => Some(seen.socket),
            Self::Tally(_) | Self::Heading(_) => None,
        }
    }

    /// What was reported, where it is about that.
    pub(super) fn report(&self) -> Option<Arc<Report>> {
        match self {
            Self::Happening(SeenHappening {
                happening: Happening { what: What::Reported(report), .. },
                ..
            }) => Some(Arc::clone(report)),
            _ => None,
        }
    }

    /// Its cell in a column that is made for such lines.
    pub(super) fn cell(&self, column: &Column) -> Option<Cell<'a>> {
        match (self, &column.body) {
            (Self::Socket(seen), Body::Socket { field, show, .. }) => Some(show(field, seen)),
            (Self::Socket(seen), Body::Standing { .. }) => Some(standing::cell_of(seen.standing, &seen.look)),
            (Self::Tally(seen), Body::Tally { show, .. }) => Some(show(seen)),
            (Self::Happening(seen), Body::Happening { show }) => Some(show(seen)),
            _ => None,
        }
    }
}
