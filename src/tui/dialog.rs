//! A question over the list, whose yes does something; or something told, which stays until it is read.
//!
//! Data, its answers, and where its parts are. What is asked and what a yes does is said by whoever opens it; nothing
//! is drawn here.

use std::time::Duration;

use ratatui::layout::{Position, Rect};

use super::Amendment;
use super::action::Action;
use super::app::App;
use super::layout;
use super::pointer::Spot;
use super::theme::Meaning;
use super::update::Effect;
use super::wrap;
use crate::engine::acting;
use crate::model::Stamp;

/// Answers count from then on. What was typed before was not meant for a question that nobody has seen.
const UNSEEN: Duration = Duration::from_millis(300);
/// Cells of the frame, at most: longer lines are hard to read.
const WIDEST: u16 = 100;
/// Lines of the body that leave room for a frame around and gaps within.
const ROOMY: u16 = 12;

/// A question, or something told where it has no choices.
#[derive(Debug)]
pub(super) struct Dialog {
    title: String,
    lines: Vec<(String, Meaning)>,
    choices: Vec<Choice>,
    chosen: usize,
    /// Somebody moved to what is chosen, so that Enter means it.
    picked: bool,
    pub(super) scroll: usize,
    opened: Stamp,
}

/// What a yes may mean. Texts are escaped before they come here.
#[derive(Debug)]
pub(super) struct Choice {
    /// A word or two: `TERM`.
    pub(super) label: String,
    /// What it is for.
    pub(super) sentence: String,
    /// What is asked while it is chosen: `Send TERM to nginx 812?`
    pub(super) question: String,
    pub(super) order: Order,
}

/// What is done after a yes.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// Something is done to sockets, or to who holds them.
    Act(acting::Order),
    /// The policy file is changed.
    Amend(Box<Amendment>),
    /// Says this, and does nothing else.
    #[cfg(test)]
    Say(&'static str),
}

/// Where the parts are. A part without height is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) frame: Rect,
    /// It is all around, and not only above.
    pub(super) closed: bool,
    pub(super) lines: Rect,
    pub(super) choices: Rect,
    /// The question and its answers.
    pub(super) question: Rect,
}

impl Dialog {
    pub(super) fn new(
        title: String,
        lines: Vec<(String, Meaning)>,
        choices: Vec<Choice>,
        opened: Stamp,
    ) -> Self {
        Self { title, lines, choices, chosen: 0, picked: false, scroll: 0, opened }
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The place of what a yes means now.
    pub(super) fn chosen(&self) -> usize {
        self.chosen
    }

    /// What a yes means now; `None` where nothing is asked.
    pub(super) fn choice(&self) -> Option<&Choice> {
        self.choices.get(self.chosen)
    }

    /// The lines as they fit into so many cells.
    pub(super) fn wrapped(&self, width: usize) -> Vec<(String, Meaning)> {
        let parts = |(line, meaning): &(String, Meaning)| {
            wrap::wrap(line, width).into_iter().map(|part| (part, *meaning)).collect::<Vec<_>>()
        };
        self.lines.iter().flat_map(parts).collect()
    }

    /// How long it has to stand there until an answer counts; `None` when it does.
    pub(super) fn unseen_for(&self, now: &Stamp) -> Option<Duration> {
        UNSEEN.checked_sub(now.since(&self.opened)).filter(|rest| !rest.is_zero())
    }

    /// How many choices there are to move through: one needs no list.
    fn listed(&self) -> usize {
        if self.choices.len() > 1 { self.choices.len() } else { 0 }
    }

    /// The first choice in sight, where so many are.
    pub(super) fn first(&self, height: u16) -> usize {
        let height = usize::from(height).max(1);
        self.chosen / height * height
    }

    /// Where its parts are within the body of the screen.
    pub(super) fn parts(&self, body: Rect) -> Parts {
        let closed = body.height >= ROOMY && body.width >= 60;
        let width = if closed { body.width.saturating_sub(2).min(WIDEST) } else { body.width };
        let (side, gap) = if closed { (2, 1) } else { (1, 0) };
        let inner = width.saturating_sub(2 * side);
        let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let lines = count(self.wrapped(usize::from(inner)).len());
        let choices = count(self.listed());
        let edges = if closed { 2 } else { 1 };
        let gaps = if choices > 0 { 2 * gap } else { gap };
        let wanted =
            lines.saturating_add(choices).saturating_add(gaps).saturating_add(1 + edges).min(body.height);
        let height = if closed { wanted } else { body.height };
        let frame = Rect {
            x: body.x + (body.width - width) / 2,
            y: body.y + (body.height - height) / 2,
            width,
            height,
        };
        let within = |y: u16, height: u16| Rect { x: frame.x + side, y, width: inner, height };
        // Choices keep half of what there is, so that neither pushes the other out.
        let room = height.saturating_sub(edges + 1 + gaps);
        let choices = choices.min((room / 2).max(room.saturating_sub(lines)));
        let lines = within(frame.y + 1, lines.min(room - choices));
        let choices = within(lines.bottom() + gap, choices);
        let last = frame.bottom().saturating_sub(if closed { 2 } else { 1 });
        Parts { frame, closed, lines, choices, question: within(last, 1) }
    }
}

/// Does what an answer means.
pub(super) fn answer(app: &mut App, action: Action) -> Vec<Effect> {
    if !can(app, action) {
        return Vec::new();
    }
    let dialog = app.dialog.take();
    let order = dialog.and_then(|dialog| dialog.choices.into_iter().nth(dialog.chosen)).map(|it| it.order);
    match order.filter(|_| action != Action::No) {
        Some(order) => obey(app, order),
        None => Vec::new(),
    }
}

/// True when the answer would do something now.
pub(super) fn can(app: &App, action: Action) -> bool {
    let Some(dialog) = &app.dialog else { return false };
    let (asks, seen) = (dialog.choice().is_some(), dialog.unseen_for(&app.now).is_none());
    match action {
        Action::Yes => asks && seen,
        // It opens what is selected in the list, and comes twice before anybody has read anything.
        Action::Enter => seen && (!asks || dialog.picked),
        _ => asks || seen,
    }
}

/// True when a yes would do something, and nothing is only told.
pub(super) fn asks(app: &App) -> bool {
    app.dialog.as_ref().is_some_and(|dialog| dialog.choice().is_some())
}

fn obey(app: &mut App, order: Order) -> Vec<Effect> {
    match order {
        Order::Act(order) => super::acting::order(app, order),
        Order::Amend(amendment) => super::approving::order(app, amendment),
        #[cfg(test)]
        Order::Say(words) => {
            app.remark = Some((words.to_owned(), app.now));
            Vec::new()
        }
    }
}

/// Goes so many choices on; where there are none to go through, so many lines.
pub(super) fn step(app: &mut App, by: isize) {
    let Some(dialog) = &app.dialog else { return };
    match dialog.listed().checked_sub(1) {
        Some(last) => {
            let place = dialog.chosen.saturating_add_signed(by).min(last);
            choose(app, place);
        }
        None => scroll(app, by),
    }
}

/// Moves the lines.
pub(super) fn scroll(app: &mut App, by: isize) {
    if let Some(dialog) = &mut app.dialog {
        dialog.scroll = dialog.scroll.saturating_add_signed(by);
    }
}

/// Chooses what stands at that place.
pub(super) fn choose(app: &mut App, place: usize) {
    if let Some(dialog) = &mut app.dialog
        && place < dialog.choices.len()
    {
        dialog.chosen = place;
        dialog.picked = true;
    }
}

/// How many lines a page has.
pub(super) fn page(app: &App) -> usize {
    let body = layout::screen(app).body;
    app.dialog.as_ref().map_or(0, |dialog| usize::from(dialog.parts(body).lines.height))
}

/// Keeps the last line in sight.
pub(super) fn settle(app: &mut App) {
    let body = layout::screen(app).body;
    if let Some(dialog) = &mut app.dialog {
        let lines = dialog.parts(body).lines;
        let most = dialog.wrapped(usize::from(lines.width)).len().saturating_sub(usize::from(lines.height));
        dialog.scroll = dialog.scroll.min(most);
    }
}

/// The choice that stands there.
pub(super) fn spot(app: &App, at: Position) -> Option<Spot> {
    let dialog = app.dialog.as_ref()?;
    let choices = dialog.parts(layout::screen(app).body).choices;
    let place = dialog.first(choices.height) + usize::from(at.y.checked_sub(choices.y)?);
    (choices.contains(at) && place < dialog.choices.len()).then_some(Spot::Choice(place))
}
