//! Rows under headings: those with one value of a field, then those with the next.

use std::io::{self, Write};

use super::face::{Face, Meaning};
use super::plain::push_value;
use crate::model::field::Field;
use crate::model::{Row, Subject, Value};
use crate::text::counted;

/// Rows that stand together.
#[derive(Debug)]
pub struct Group<'a> {
    /// `None` where all rows are one table.
    pub heading: Option<Heading>,
    pub rows: Vec<&'a Row>,
}

/// What the rows below have in common, and how many they are.
#[derive(Debug)]
pub struct Heading {
    key: &'static str,
    value: String,
    count: usize,
}

impl<'a> Group<'a> {
    /// All rows as one.
    #[must_use]
    pub fn of_all(rows: Vec<&'a Row>) -> Vec<Self> {
        vec![Self { heading: None, rows }]
    }

    /// A group for each value of the field, in the order of the values, what is not known last. Rows
    /// within a group keep their order.
    pub fn by(
        field: &'static Field,
        rows: Vec<&'a Row>,
        subject: impl Fn(&'a Row) -> Subject<'a>,
    ) -> Vec<Self> {
        let text = |value: &Value<'_>| {
            let mut text = String::new();
            push_value(&mut text, value);
            text
        };
        let subjects: Vec<_> = rows.into_iter().map(|row| (row, subject(row))).collect();
        let mut valued: Vec<_> = subjects
            .iter()
            .map(|(row, subject)| {
                let value = (field.extract)(subject);
                (*row, value, text(&value))
            })
            .collect();
        valued.sort_by(|(_, a, a_text), (_, b, b_text)| a.compare(b).then_with(|| a_text.cmp(b_text)));
        let group = |valued: &[(&'a Row, Value<'_>, String)]| Self {
            heading: valued.first().map(|(_, _, value)| Heading {
                key: field.key,
                value: if value.is_empty() { "none or unknown".to_owned() } else { value.clone() },
                count: valued.len(),
            }),
            rows: valued.iter().map(|(row, ..)| *row).collect(),
        };
        valued.chunk_by(|a, b| a.2 == b.2).map(group).collect()
    }
}

impl Heading {
    /// Writes the heading on a line of its own, with an empty one above it except at the very top.
    pub(super) fn write(&self, out: &mut dyn Write, top: bool, face: Face) -> io::Result<()> {
        let Self { key, value, count } = self;
        let (value, sockets) = (face.charset.show(value), counted(*count, "socket", "sockets"));
        let heading = face.paint.paint(Meaning::Heading, &format!("{key} {value}: {sockets}"));
        writeln!(out, "{}{heading}", if top { "" } else { "\n" })
    }
}
