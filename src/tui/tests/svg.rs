//! A screen as a picture: the cells of a buffer in SVG, text as text.
//!
//! Each word stands at the cell where it stands on the screen and is as wide as its cells, whatever font the
//! viewer has. It knows colours of a theme alone: those of a terminal are nobody's to draw.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::text;

/// Pixels of a cell, and of the margin around all.
const CELL: (u32, u32) = (8, 18);
const MARGIN: u32 = 12;
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace";

/// Neighbouring cells of one look, without the spaces around them.
struct Word {
    at: (u16, u16),
    cells: u16,
    text: String,
    fg: Color,
    modifier: Modifier,
}

/// The picture of a screen.
pub(super) fn draw(buffer: &Buffer, title: &str) -> String {
    let (width, height) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (width * CELL.0 + 2 * MARGIN, height * CELL.1 + 2 * MARGIN);
    let ground = buffer[(0, buffer.area.height - 1)].bg;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{ground}\"/>\n\
         <g font-family=\"{FONTS}\" font-size=\"13\">\n",
        escaped(title)
    );
    for y in 0..buffer.area.height {
        grounds(&mut out, buffer, y, ground);
        for word in words(buffer, y) {
            element(&mut out, &word);
        }
    }
    out + "</g>\n</svg>\n"
}

fn place((x, y): (u16, u16)) -> (u32, u32) {
    (MARGIN + u32::from(x) * CELL.0, MARGIN + u32::from(y) * CELL.1)
}

/// What lies under cells that have a ground of their own.
fn grounds(out: &mut String, buffer: &Buffer, y: u16, ground: Color) {
    let mut x = 0;
    while x < buffer.area.width {
        let bg = buffer[(x, y)].bg;
        let same = (x..buffer.area.width).take_while(|x| buffer[(*x, y)].bg == bg).count();
        if bg != ground && bg != Color::Reset {
            let (left, top) = place((x, y));
            let (width, height) = (u32::try_from(same).unwrap() * CELL.0, CELL.1);
            let rect =
                format!("x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{bg}\"");
            writeln!(out, "<rect {rect}/>").unwrap();
        }
        x += u16::try_from(same).unwrap();
    }
}

fn words(buffer: &Buffer, y: u16) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut x, mut open) = (0, false);
    while x < buffer.area.width {
        let cell: &Cell = &buffer[(x, y)];
        let cells = u16::try_from(text::width(cell.symbol()).max(1)).unwrap();
        let goes_on = |word: &Word| word.fg == cell.fg && word.modifier == cell.modifier && cells == 1;
        match words.last_mut() {
            _ if cell.symbol() == " " => open = false,
            Some(word) if open && goes_on(word) => {
                word.text.push_str(cell.symbol());
                word.cells += 1;
            }
            _ => {
                let (fg, modifier) = (cell.fg, cell.modifier);
                words.push(Word { at: (x, y), cells, text: cell.symbol().to_owned(), fg, modifier });
                open = cells == 1; // a wide character keeps to its two cells
            }
        }
        x += cells;
    }
    words
}

fn element(out: &mut String, word: &Word) {
    let (x, top) = place(word.at);
    let (y, length) = (top + 13, u32::from(word.cells) * CELL.0);
    let bold = if word.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line =
        if word.modifier.contains(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    let (fg, text) = (word.fg, escaped(&word.text));
    writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fg}\"{bold}{line}>{text}</text>"
    )
    .unwrap();
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
