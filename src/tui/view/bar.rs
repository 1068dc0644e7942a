//! A line of pieces: some from the left, some from the right, the unimportant dropped.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::cells;
use crate::tui::theme::Look;

/// One piece: parts that stand or fall together.
pub(super) struct Piece {
    parts: Vec<(Cow<'static, str>, Style)>,
    /// The larger is dropped first; 0 stays.
    priority: u8,
}

impl Piece {
    pub(super) fn new(priority: u8, text: impl Into<Cow<'static, str>>, style: Style) -> Self {
        Self { parts: vec![(text.into(), style)], priority }
    }

    /// The piece with another part right behind it.
    pub(super) fn and(mut self, text: impl Into<Cow<'static, str>>, style: Style) -> Self {
        self.parts.push((text.into(), style));
        self
    }

    fn width(&self) -> u16 {
        self.parts.iter().map(|(text, _)| cells(text)).sum()
    }

    /// Draws into the area and returns where it ended.
    fn draw(&self, look: &Look, buffer: &mut Buffer, area: Rect) -> u16 {
        let mut x = area.x;
        for (text, style) in &self.parts {
            let room = usize::from(area.right().saturating_sub(x));
            (x, _) = buffer.set_stringn(x, area.y, look.elide(text, room), room, *style);
        }
        x
    }
}

/// Draws the pieces that fit, `gap` cells apart, with a margin of one cell.
pub(super) fn draw(
    look: &Look,
    buffer: &mut Buffer,
    area: Rect,
    gap: u16,
    (mut left, mut right): (Vec<Piece>, Vec<Piece>),
) {
    if area.is_empty() {
        return;
    }
    let room = area.width.saturating_sub(2);
    let total = |pieces: &[Piece]| pieces.iter().map(|piece| piece.width().saturating_add(gap)).sum::<u16>();
    while total(&left).saturating_add(total(&right)).saturating_sub(gap) > room {
        let worst = left.iter().chain(&right).map(|piece| piece.priority).max().unwrap_or(0);
        if worst == 0 {
            break; // the rest is cut visibly
        }
        left.retain(|piece| piece.priority != worst);
        right.retain(|piece| piece.priority != worst);
    }
    let end = area.x + area.width.saturating_sub(1);
    let from = |x: u16| Rect { x: x.min(end), y: area.y, width: end.saturating_sub(x), height: 1 };
    let mut x = area.x + 1;
    for piece in &left {
        x = piece.draw(look, buffer, from(x)) + gap;
    }
    x = x.max((end + gap).saturating_sub(total(&right)));
    for piece in &right {
        x = piece.draw(look, buffer, from(x)) + gap;
    }
}
