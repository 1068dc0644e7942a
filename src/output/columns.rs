//! A table of chosen fields: aligned for eyes, or CSV (RFC 4180) for spreadsheets.

use std::borrow::Cow;
use std::io::{self, Write};

use super::face::{Face, Meaning};
use super::group::Group;
use super::plain::push_value;
use crate::model::field::{Align, Field, Kind};
use crate::model::{Row, Subject};
use crate::text::width;

/// A table of chosen fields.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    pub fields: &'a [&'static Field],
    pub header: bool,
    pub face: Face,
}

/// What stands between two columns.
const GAP: &str = "  ";
/// Texts are cut on a narrow terminal, but not to less than this.
const LEAST_TEXT: usize = 16;

impl Columns<'_> {
    /// Writes the table, each group under its heading. Two passes, the first measures: no row is kept as
    /// text. Returns the columns for which there was no room.
    pub fn write<'r>(
        &self,
        out: &mut dyn Write,
        groups: &[Group<'r>],
        subject: impl Fn(&'r Row) -> Subject<'r>,
    ) -> io::Result<Vec<&'static str>> {
        let mut widths = self.measure(groups, &subject);
        self.fit(&mut widths);
        let shown = &self.fields[..widths.len()];
        let mut line = String::new();
        if self.header {
            for (at, (field, width)) in shown.iter().zip(&widths).enumerate() {
                self.push_cell(&mut line, (field.title, Meaning::Heading), (at, *width), field);
            }
            end(out, &mut line)?;
        }
        let mut cell = String::new();
        for (at, group) in groups.iter().enumerate() {
            if let Some(heading) = &group.heading {
                heading.write(out, at == 0 && !self.header, self.face)?;
            }
            for row in &group.rows {
                let seen = subject(row);
                for (at, (field, width)) in shown.iter().zip(&widths).enumerate() {
                    fill(&mut cell, field, &seen);
                    let meaning =
                        if field.key == "state" { Meaning::of(row.socket.state) } else { Meaning::Text };
                    self.push_cell(&mut line, (&cell, meaning), (at, *width), field);
                }
                end(out, &mut line)?;
            }
        }
        Ok(self.fields[widths.len()..].iter().map(|field| field.key).collect())
    }

    fn measure<'r>(&self, groups: &[Group<'r>], subject: &impl Fn(&'r Row) -> Subject<'r>) -> Vec<usize> {
        let mut cell = String::new();
        let title = |field: &&Field| if self.header { width(field.title) } else { 0 };
        let mut widths: Vec<usize> = self.fields.iter().map(title).collect();
        for row in groups.iter().flat_map(|group| &group.rows) {
            let seen = subject(row);
            for (field, widest) in self.fields.iter().zip(&mut widths) {
                fill(&mut cell, field, &seen);
                *widest = (*widest).max(width(&self.face.charset.show(&cell)));
            }
        }
        widths
    }

    /// Makes the columns fit: texts are cut, the longest first, and then the last columns are left out.
    fn fit(&self, widths: &mut Vec<usize>) {
        let Some(room) = self.face.width else { return };
        let over = |widths: &[usize]| {
            let cells: usize = widths.iter().map(|width| width + GAP.len()).sum();
            cells > room + GAP.len()
        };
        while over(widths) {
            let texts = widths.iter_mut().zip(self.fields).filter(|(_, field)| is_text(field));
            let longest = texts.map(|(width, _)| width).max().filter(|width| **width > LEAST_TEXT);
            if let Some(longest) = longest {
                *longest -= 1;
            } else if widths.len() > 1 {
                widths.pop();
            } else {
                return;
            }
        }
    }

    fn push_cell(
        &self,
        line: &mut String,
        (text, meaning): (&str, Meaning),
        (at, widest): (usize, usize),
        field: &Field,
    ) {
        if at > 0 {
            line.push_str(GAP);
        }
        let charset = self.face.charset;
        let mut text = charset.show(text);
        if self.face.width.is_some() && is_text(field) {
            text = Cow::Owned(match field.kind {
                // The end of a path says most.
                Kind::Path => charset.elide_start(&text, widest).into_owned(),
                _ => charset.elide(&text, widest).into_owned(),
            });
        }
        let room = widest.saturating_sub(width(&text));
        if field.align == Align::Right {
            line.extend(std::iter::repeat_n(' ', room));
        }
        self.face.paint.push(line, meaning, &text);
        if field.align == Align::Left {
            line.extend(std::iter::repeat_n(' ', room));
        }
    }
}

/// True for what may be cut: half of an address or of a number is another one.
fn is_text(field: &Field) -> bool {
    matches!(field.kind, Kind::Text | Kind::Path | Kind::Object | Kind::List(_))
}

fn fill(cell: &mut String, field: &Field, seen: &Subject<'_>) {
    cell.clear();
    push_value(cell, &(field.extract)(seen));
}

fn end(out: &mut dyn Write, line: &mut String) -> io::Result<()> {
    line.truncate(line.trim_end().len());
    line.push('\n');
    let written = out.write_all(line.as_bytes());
    line.clear();
    written
}

/// Writes CSV: a line of keys, then one line for each row as it comes. Lines end as RFC 4180 says.
pub fn write_csv<'a>(
    out: &mut dyn Write,
    rows: impl Iterator<Item = &'a Row>,
    fields: &[&Field],
    header: bool,
    subject: impl Fn(&'a Row) -> Subject<'a>,
) -> io::Result<()> {
    let mut line = String::new();
    let mut cell = String::new();
    if header {
        let keys: Vec<&str> = fields.iter().map(|field| field.key).collect();
        write!(out, "{}\r\n", keys.join(","))?;
    }
    for row in rows {
        let seen = subject(row);
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            fill(&mut cell, field, &seen);
            push_quoted(&mut line, &cell);
        }
        line.push_str("\r\n");
        out.write_all(line.as_bytes())?;
        line.clear();
    }
    Ok(())
}

/// Writes lines of cells as CSV, below a line of their names.
pub fn write_csv_of<'a>(
    out: &mut dyn Write,
    names: &[&str],
    lines: impl Iterator<Item = &'a Vec<String>>,
) -> io::Result<()> {
    write!(out, "{}\r\n", names.join(","))?;
    let mut line = String::new();
    for cells in lines {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            push_quoted(&mut line, cell);
        }
        line.push_str("\r\n");
        out.write_all(line.as_bytes())?;
        line.clear();
    }
    Ok(())
}

/// A field with a comma or a quote stands in quotes, which are doubled within. There are no line ends
/// in it: they are escaped.
fn push_quoted(line: &mut String, cell: &str) {
    if !cell.contains([',', '"']) && cell.trim() == cell {
        line.push_str(cell);
        return;
    }
    line.push('"');
    for c in cell.chars() {
        if c == '"' {
            line.push('"');
        }
        line.push(c);
    }
    line.push('"');
}
