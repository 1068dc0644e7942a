//! The filter: the line itself, under it what is wrong with it, and what may stand where the cursor is.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{cells, put};
use crate::text;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::prompt::Pending;
use crate::tui::theme::Meaning;
use crate::tui::views::Lines;

const PROMPT: &str = "filter ";
/// Between the text and what is said of it.
const GAP: u16 = 3;
/// What may stand in an empty line.
const EXAMPLES: &str = "any text, or such as: listening, port = 443, proc = nginx, rtt > 50ms, new";

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let line = |at: u16| Rect { y: area.y + at, height: 1, ..area };
    draw_text(app, line(0), buffer);
    match area.height {
        1 => {}
        // One line for both: a mistake is more, unless somebody is trying words.
        2 if app.prompt.tried().is_some() || !has_hint(app) => draw_offers(app, line(1), buffer),
        2 => draw_hint(app, line(1), buffer),
        _ => {
            draw_hint(app, line(1), buffer);
            draw_offers(app, line(2), buffer);
        }
    }
}

/// Where the terminal's cursor belongs: into the filter while it is typed.
pub(super) fn cursor(app: &App, area: Rect) -> Option<Position> {
    let shown = app.prompt.is_typed() && app.help.is_none() && !area.is_empty();
    shown.then(|| {
        let x = Window::of(app, area).x(app, app.prompt.before_cursor().len());
        Position::new(x.min(area.right().saturating_sub(1)), area.y)
    })
}

/// Which part of the line is in sight.
struct Window {
    /// Where the text begins on the screen.
    left: u16,
    /// How many bytes of it are left out before what is shown.
    skipped: usize,
}

impl Window {
    /// The part with the cursor.
    fn of(app: &App, area: Rect) -> Self {
        let left = area.x + 1 + cells(PROMPT);
        let room = usize::from(room(app, left, area));
        let before = app.prompt.before_cursor();
        if text::width(app.prompt.text()) < room {
            return Self { left, skipped: 0 };
        }
        // A cell for the cursor, and one for the sign that something is left out.
        let starts = before.char_indices().map(|(at, _)| at).chain([before.len()]);
        let skipped = starts.into_iter().find(|at| {
            let sign = usize::from(*at > 0);
            text::width(&before[*at..]) + sign < room
        });
        Self { left, skipped: skipped.unwrap_or(before.len()) }
    }

    /// Where a byte of the text is on the screen.
    fn x(&self, app: &App, byte: usize) -> u16 {
        let sign = u16::from(self.skipped > 0);
        let shown = app.prompt.text().get(self.skipped..byte.max(self.skipped)).unwrap_or_default();
        self.left.saturating_add(sign).saturating_add(cells(shown))
    }
}

fn draw_text(app: &App, area: Rect, buffer: &mut Buffer) {
    let style = |meaning| app.look.style(meaning);
    let window = Window::of(app, area);
    buffer.set_stringn(area.x + 1, area.y, PROMPT, usize::from(area.width), style(Meaning::Key));
    let sign = if window.skipped > 0 { app.look.symbols.ellipsis } else { "" };
    let shown = format!("{sign}{}", app.prompt.text().get(window.skipped..).unwrap_or_default());
    let room = room(app, window.left, area);
    let shown = app.look.elide(&shown, usize::from(room));
    buffer.set_stringn(window.left, area.y, &shown, usize::from(room), style(Meaning::Title));
    if let Some(mistake) = app.prompt.mistake() {
        let place = place(app, &window, &mistake.span, area);
        buffer.set_style(place, style(Meaning::Mistake));
    }
    let (counts, meaning) = counts(app, area.width);
    let end = window.left.saturating_add(cells(&shown)).saturating_add(GAP);
    let x = area.right().saturating_sub(cells(&counts) + 1);
    if x >= end {
        put(app, buffer, Rect { x, width: area.right() - x, ..area }, &counts, meaning);
    }
}

/// The cells for the text. That a filter waits is told in any case; how many rows pass where it fits.
fn room(app: &App, left: u16, area: Rect) -> u16 {
    let told = if waits(app) { cells(&counts(app, area.width).0) + GAP } else { 0 };
    area.right().saturating_sub(left + 1).saturating_sub(told)
}

/// True when the filter that stands there waits for a reading.
fn waits(app: &App) -> bool {
    app.prompt.pending() == Some(Pending::Reading) && app.prompt.mistake().is_none() && app.news.is_some()
}

/// How many rows pass; or why the filter that stands there does not hold yet.
fn counts(app: &App, width: u16) -> (String, Meaning) {
    if waits(app) {
        let waits = match app.frozen {
            _ if width < 120 => "waits for details",
            Some(_) => "waits for details, which the held picture lacks",
            None => "waits for details of the next reading",
        };
        return (waits.to_owned(), Meaning::Warning);
    }
    let (_, many) = app.view.nouns();
    let meaning = if app.listing.matched == 0 { Meaning::Warning } else { Meaning::Text };
    let matched = text::count(app.listing.matched);
    let told = match app.view.lines() {
        Lines::Sockets => format!("{matched} of {} {many}", text::count(app.listing.open[app.view.number()])),
        Lines::Happenings => format!("{matched} of {} {many}", text::count(app.timeline.len())),
        Lines::Tallies => format!("{matched} of {} sockets", text::count(app.listing.open.iter().sum())),
    };
    (told, meaning)
}

/// The cells of a part of the line, at least one: something may be missing at the end.
fn place(app: &App, window: &Window, span: &Range<usize>, area: Rect) -> Rect {
    let (from, to) = (window.x(app, span.start), window.x(app, span.end));
    Rect { x: from, width: to.saturating_sub(from).max(1), height: 1, ..area }.intersection(area)
}

fn has_hint(app: &App) -> bool {
    app.prompt.mistake().is_some() || app.prompt.text().is_empty()
}

/// What is to be known of what stands there.
fn draw_hint(app: &App, area: Rect, buffer: &mut Buffer) {
    let whole = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if app.prompt.mistake().is_some() {
        draw_mistake(app, whole, buffer);
    } else if app.prompt.text().is_empty() {
        put(app, buffer, whole, EXAMPLES, Meaning::Muted);
    } else if app.prompt.pending() == Some(Pending::Word) {
        let means =
            app.key_for(Action::KeepFilter).map_or_else(String::new, |key| format!("; {key} means it so"));
        put(app, buffer, whole, &format!("as a text it would find nothing{means}"), Meaning::Muted);
    }
}

/// What is wrong: under its place, and what would be right beside that, where there is room.
fn draw_mistake(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(mistake) = app.prompt.mistake() else { return };
    let line = Rect { x: 0, width: area.right() + 1, ..area };
    let at = place(app, &Window::of(app, line), &mistake.span, area);
    let wrong = shown(app, &mistake.wrong);
    let advice = shown(app, mistake.advice.as_deref().unwrap_or(&mistake.wrong));
    let full = if mistake.advice.is_some() { format!("{wrong}; {advice}") } else { wrong.clone() };
    let (left, right) = (at.x.saturating_sub(area.x + 1), area.right().saturating_sub(at.right() + 1));
    let beside = |text: &str| match cells(text) {
        width if width <= right => Some(at.right() + 1),
        width if width <= left => Some(at.x - 1 - width),
        _ => None,
    };
    let (text, x) = match (beside(&full), beside(&wrong)) {
        (Some(x), _) => (&full, Some(x)),
        // Its place is marked in the line itself, so words are worth more than carets.
        (None, _) if cells(&full) <= area.width => (&full, None),
        (None, Some(x)) => (&wrong, Some(x)),
        // What would be right says what is wrong, too.
        (None, None) => (&advice, None),
    };
    if x.is_some() {
        put(app, buffer, at, &"^".repeat(usize::from(at.width)), Meaning::Error);
    }
    let x = x.unwrap_or(area.x);
    put(app, buffer, Rect { x, width: area.right().saturating_sub(x), ..area }, text, Meaning::Text);
}

/// A message in the characters of the terminal.
fn shown(app: &App, message: &str) -> String {
    app.look.escape(message.replace('…', app.look.symbols.ellipsis).as_bytes()).into_owned()
}

/// The words that Tab puts there, as many as there is room for; of many those around the one that is
/// tried.
fn draw_offers(app: &App, area: Rect, buffer: &mut Buffer) {
    let (offers, tried) = (app.prompt.offers(), app.prompt.tried());
    // All the words of the language are no help.
    let nothing_begun = app.prompt.text().is_empty() && tried.is_none();
    if offers.is_empty() || nothing_begun {
        return;
    }
    let style = |meaning| app.look.style(meaning);
    let end = area.right().saturating_sub(1);
    let key = app.key_for(Action::Complete).unwrap_or_default();
    let (mut x, _) =
        buffer.set_stringn(area.x + 1, area.y, key, usize::from(area.width), style(Meaning::Key));
    let room = end.saturating_sub(x + 3);
    for (at, word) in page(offers, tried.unwrap_or(0), room) {
        let meaning = if tried == Some(at) { Meaning::Selected } else { Meaning::Muted };
        (x, _) =
            buffer.set_stringn(x + 2, area.y, word, usize::from(end.saturating_sub(x + 2)), style(meaning));
        if at + 1 < offers.len() && x + 2 < end {
            buffer.set_stringn(x + 2, area.y, app.look.symbols.ellipsis, 1, style(Meaning::Muted));
        }
    }
}

/// The page of words that has this one.
fn page<'a>(
    offers: &'a [&'static str],
    with: usize,
    room: u16,
) -> impl Iterator<Item = (usize, &'static str)> + 'a {
    let (mut start, mut used) = (0, 0);
    for (at, word) in offers.iter().enumerate().take(with + 1) {
        used += cells(word) + 2;
        if used > room && at > start {
            (start, used) = (at, cells(word) + 2);
        }
    }
    let mut used = 0;
    let fits = move |(at, word): &(usize, &&'static str)| {
        used += cells(word) + 2;
        used <= room || *at == start
    };
    offers.iter().enumerate().skip(start).take_while(fits).map(|(at, word)| (at, *word))
}
