//! Which part of the screen shows what.
//!
//! A pure function of the state; `update` needs it to page and drawing to draw.

use ratatui::layout::{Rect, Size};

use super::app::App;
use super::{menu, notice, palette};

/// The least that can show anything useful.
pub(super) const LEAST: Size = Size { width: 40, height: 10 };

/// The parts, from top to bottom. A part without height is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) header: Rect,
    /// How many sockets are in which state, and what goes through them.
    pub(super) states: Rect,
    pub(super) tabs: Rect,
    pub(super) notice: Rect,
    /// The filter, the palette, or what is chosen from.
    pub(super) filter: Rect,
    pub(super) heads: Rect,
    pub(super) rows: Rect,
    /// More about the selected socket, under a rule.
    pub(super) preview: Rect,
    pub(super) footer: Rect,
    /// What details and help take: heads, rows and preview.
    pub(super) body: Rect,
}

/// True when there is no room for the parts.
pub(super) fn too_small(size: Size) -> bool {
    size.width < LEAST.width || size.height < LEAST.height
}

/// The parts of the screen.
pub(super) fn screen(app: &App) -> Screen {
    let Size { width, height } = app.size;
    let mut y = 0;
    let mut take = |lines: u16| {
        let taken = Rect { x: 0, y, width, height: lines.min(height - y) };
        y += taken.height;
        taken
    };
    let low = height < 20;
    let header = take(1);
    let states = take(u16::from(!low));
    let tabs = take(1);
    // On a low screen, what is read in a pane needs the lines more.
    let pane = app.help.is_some() || app.inspected.is_some() || app.dialog.is_some();
    let crowded = low && (pane || app.menu.is_some());
    let notice = take(if crowded { 0 } else { notice_height(app) });
    let filter = take(match (&app.palette, &app.menu) {
        (Some(_), _) => palette::height(low),
        (None, Some(menu)) => menu::height(menu, height),
        (None, None) if crowded => 0,
        (None, None) => prompt_height(app, low),
    });
    let preview_lines = if low { 0 } else { 3 };
    let top = header.height + states.height + tabs.height + notice.height + filter.height;
    let heads = take(1);
    let rows = take(height.saturating_sub(top + 1 + preview_lines + 1));
    let preview = take(preview_lines);
    let footer = take(1);
    let body = Rect { height: heads.height + rows.height + preview.height, ..heads };
    Screen { header, states, tabs, notice, filter, heads, rows, preview, footer, body }
}

/// The line of the filter, and while it is typed what is wrong with it and what may follow; a low screen
/// has one line for either. As many for a filter without mistakes: the list must not jump.
fn prompt_height(app: &App, low: bool) -> u16 {
    match (app.prompt.is_shown(), app.prompt.is_typed()) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) if low => 2,
        (true, true) => 3,
    }
}

/// High screens show the notices whole, low ones the first line of them.
fn notice_height(app: &App) -> u16 {
    let most = if app.size.height >= 24 { 3 } else { 1 };
    let lines = notice::lines(app, usize::from(app.size.width.saturating_sub(2))).len();
    u16::try_from(lines).unwrap_or(u16::MAX).min(most)
}
