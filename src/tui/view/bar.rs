//! A line of pieces: some from the left, some from the right, the unimportant dropped.
//!
//! Where a piece stands is asked by drawing and by the pointer alike, so that what is seen is what is hit.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::cells;
use crate::tui::pointer::Spot;
use crate::tui::theme::Look;

/// One piece: parts that stand or fall together.
pub(in crate::tui) struct Piece {
    parts: Vec<(Cow<'static, str>, Style)>,
    /// The larger is dropped first; 0 stays.
    priority: u8,
    /// What a click on it means.
    pub(super) spot: Option<Spot>,
}

/// Pieces and the line that they share.
pub(in crate::tui) struct Bar {
    pub(super) area: Rect,
    /// Cells between two pieces.
    pub(super) gap: u16,
    pub(super) left: Vec<Piece>,
    pub(super) right: Vec<Piece>,
}

impl Piece {
    pub(super) fn new(priority: u8, text: impl Into<Cow<'static, str>>, style: Style) -> Self {
        Self { parts: vec![(text.into(), style)], priority, spot: None }
    }

    /// The piece with another part right behind it.
    pub(super) fn and(mut self, text: impl Into<Cow<'static, str>>, style: Style) -> Self {
        self.parts.push((text.into(), style));
        self
    }

    /// The piece, which means this when it is clicked.
    pub(super) fn at(self, spot: Spot) -> Self {
        Self { spot: Some(spot), ..self }
    }

    /// The cells that it takes.
    pub(super) fn width(&self) -> u16 {
        self.parts.iter().map(|(text, _)| cells(text)).sum()
    }

    /// Draws into the area.
    fn draw(&self, look: &Look, buffer: &mut Buffer, area: Rect) {
        let mut x = area.x;
        for (text, style) in &self.parts {
            let room = usize::from(area.right().saturating_sub(x));
            (x, _) = buffer.set_stringn(x, area.y, look.elide(text, room), room, *style);
        }
    }
}

impl Bar {
    /// The pieces that fit and where each stands, with a margin of one cell.
    fn places(&self) -> Vec<(Rect, &Piece)> {
        let Self { area, gap, .. } = *self;
        if area.is_empty() {
            return Vec::new();
        }
        let (mut left, mut right): (Vec<_>, Vec<_>) =
            (self.left.iter().collect(), self.right.iter().collect());
        let room = area.width.saturating_sub(2);
        let total =
            |pieces: &[&Piece]| pieces.iter().map(|piece| piece.width().saturating_add(gap)).sum::<u16>();
        while total(&left).saturating_add(total(&right)).saturating_sub(gap) > room {
            let worst = left.iter().chain(&right).map(|piece| piece.priority).max().unwrap_or(0);
            if worst == 0 {
                break; // the rest is cut visibly
            }
            left.retain(|piece| piece.priority != worst);
            right.retain(|piece| piece.priority != worst);
        }
        let end = area.x + area.width.saturating_sub(1);
        let mut x = area.x + 1;
        let mut places = Vec::with_capacity(left.len() + right.len());
        let mut place = |piece, x: &mut u16| {
            let from = (*x).min(end);
            let width = Piece::width(piece).min(end.saturating_sub(from));
            places.push((Rect { x: from, y: area.y, width, height: 1 }, piece));
            *x = from + width + gap;
        };
        for piece in &left {
            place(*piece, &mut x);
        }
        x = x.max((end + gap).saturating_sub(total(&right)));
        for piece in &right {
            place(*piece, &mut x);
        }
        places
    }

    /// True when nothing has to be dropped.
    pub(super) fn fits(&self) -> bool {
        self.area.is_empty() || self.places().len() == self.left.len() + self.right.len()
    }

    /// Draws what fits.
    pub(super) fn draw(&self, look: &Look, buffer: &mut Buffer) {
        for (area, piece) in self.places() {
            piece.draw(look, buffer, area);
        }
    }

    /// What a click there means.
    pub(in crate::tui) fn spot(&self, at: Position) -> Option<Spot> {
        self.places().into_iter().find(|(area, _)| area.contains(at)).and_then(|(_, piece)| piece.spot)
    }
}
