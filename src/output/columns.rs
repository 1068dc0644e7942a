//! A table of chosen fields: aligned for eyes, or CSV (RFC 4180) for spreadsheets.

use std::io::{self, Write};

use super::plain::push_value;
use crate::model::field::{Align, Field};
use crate::model::{Row, Subject};
use crate::text::width;

/// Writes an aligned table. Two passes, the first measures: no row is kept as text.
pub fn write<'a>(
    out: &mut dyn Write,
    rows: &[&'a Row],
    fields: &[&Field],
    header: bool,
    subject: impl Fn(&'a Row) -> Subject<'a>,
) -> io::Result<()> {
    let mut cell = String::new();
    let mut widths: Vec<usize> =
        fields.iter().map(|field| if header { width(field.title) } else { 0 }).collect();
    for row in rows {
        let seen = subject(row);
        for (field, widest) in fields.iter().zip(&mut widths) {
            fill(&mut cell, field, &seen);
            *widest = (*widest).max(width(&cell));
        }
    }
    let mut line = String::new();
    if header {
        for (at, (field, width)) in fields.iter().zip(&widths).enumerate() {
            push_cell(&mut line, field.title, (at, *width), field.align);
        }
        end(out, &mut line)?;
    }
    for row in rows {
        let seen = subject(row);
        for (at, (field, width)) in fields.iter().zip(&widths).enumerate() {
            fill(&mut cell, field, &seen);
            push_cell(&mut line, &cell, (at, *width), field.align);
        }
        end(out, &mut line)?;
    }
    Ok(())
}

fn fill(cell: &mut String, field: &Field, seen: &Subject<'_>) {
    cell.clear();
    push_value(cell, &(field.extract)(seen));
}

fn push_cell(line: &mut String, text: &str, (at, widest): (usize, usize), align: Align) {
    if at > 0 {
        line.push_str("  ");
    }
    let room = widest.saturating_sub(width(text));
    match align {
        Align::Left => {
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', room));
        }
        Align::Right => {
            line.extend(std::iter::repeat_n(' ', room));
            line.push_str(text);
        }
    }
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
