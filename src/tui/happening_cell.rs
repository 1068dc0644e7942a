//! What stands in a cell of the timeline, and which columns it has.
//!
//! Every text that leaves this file is escaped. It knows no positions.

use super::cell::{self, Cell, Seen, cell, muted};
use super::columns::{Body, Column};
use super::standing;
use super::theme::Meaning;
use super::timeline::{Happening, What};
use crate::model::{Known, field};
use crate::text;

/// A happening as its cells see it.
#[derive(Clone, Copy)]
pub(super) struct SeenHappening<'a> {
    pub(super) number: u64,
    pub(super) happening: &'a Happening,
    pub(super) socket: Seen<'a>,
}

/// Makes the cell of a column.
pub(super) type ShowHappening = for<'a> fn(&SeenHappening<'a>) -> Cell<'a>;

/// Which column is first: the one that all are ordered by at first.
pub(super) const FIRST: &str = "when";

/// The columns of the timeline.
pub(super) fn columns() -> Vec<Column> {
    let column = |key, title, show: ShowHappening, width, priority| Column {
        key,
        title,
        body: Body::Happening { show },
        descending: key == FIRST,
        right: false,
        among_many: false,
        priority,
        width,
        shown: true,
    };
    vec![
        column(FIRST, "WHEN", when, [7, 8, 11], 0),
        column("what", "WHAT", what, [8, 24, 41], 0),
        column("protocol", "PROTO", |seen| of_field("protocol", seen), [5, 5, 5], 3),
        column("local", "LOCAL", |seen| of_field("local", seen), [15, 21, 46], 1),
        column("remote", "REMOTE", |seen| of_field("remote", seen), [15, 21, 46], 2),
        column("owner", "OWNER", |seen| cell::owner_of(&seen.socket), [12, 18, 28], 1),
        column("bytes", "BYTES", bytes, [18, 24, 28], 4),
    ]
}

/// By what a happening stands in the order of a column: by what is told there, and of equal ones by time.
pub(super) fn rank(
    (key, show): (&str, ShowHappening),
    seen: &SeenHappening<'_>,
) -> (Option<[String; 2]>, u64) {
    let told = (key != FIRST).then(|| {
        let Cell { text, tail, .. } = show(seen);
        [text.into_owned(), tail.into_owned()]
    });
    (told, seen.number)
}

/// How long ago it was seen.
fn when<'a>(seen: &SeenHappening<'a>) -> Cell<'a> {
    cell(format!("{} ago", text::span(seen.socket.now.since(&seen.happening.at))))
}

/// What happened.
pub(super) fn what<'a>(seen: &SeenHappening<'a>) -> Cell<'a> {
    let socket = &seen.happening.row.socket;
    let arrow = seen.socket.look.symbols.arrow;
    let (text, meaning) = match &seen.happening.what {
        What::Opened => ("opened".to_owned(), Meaning::New),
        What::Closed { after: Some(after) } => {
            (format!("closed after {}", text::span(*after)), Meaning::Closed)
        }
        What::Closed { after: None } => ("closed".to_owned(), Meaning::Closed),
        What::State { from } => {
            (format!("{} {arrow} {}", from.word(), socket.state.word()), Meaning::Changed)
        }
        What::Owners { from } => {
            let before = from.known().map(Known::count);
            let now = socket.owners.known().map(Known::count);
            let say = |count: Option<usize>| count.map_or("unknown".to_owned(), |count| count.to_string());
            (format!("owners {} {arrow} {}", say(before), say(now)), Meaning::Changed)
        }
        What::Reported(report) => standing::headline(report, &seen.socket.look),
    };
    Cell { meaning, ..cell(text) }
}

/// How many bytes went through it, by its own counters.
fn bytes<'a>(seen: &SeenHappening<'a>) -> Cell<'a> {
    let socket = &seen.happening.row.socket;
    match socket.bytes().filter(|_| !socket.is_listener()) {
        Some((sent, received)) => cell(format!("{} out, {} in", text::bytes(sent), text::bytes(received))),
        None => muted(seen.socket.look.symbols.none),
    }
}

fn of_field<'a>(key: &str, seen: &SeenHappening<'a>) -> Cell<'a> {
    match field::by_key(key) {
        Some(field) => cell::plain(field, &seen.socket),
        None => muted(seen.socket.look.symbols.none),
    }
}
