//! Lines made to order: `{pid} {local_port}`.

use std::io::{self, Write};
use std::ops::Range;

use super::plain::push_value;
use crate::model::field::{self, Field};
use crate::model::{Row, Subject};

/// A line with places for fields.
#[derive(Clone, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Field(&'static Field),
}

/// The template cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    pub span: Range<usize>,
    pub wrong: String,
}

impl Template {
    /// Reads a template. `{{` and `}}` are braces, `\t` and `\n` what they are elsewhere.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match (c, chars.peek().map(|(_, next)| *next)) {
                ('{', Some('{')) | ('}', Some('}')) => {
                    chars.next();
                    plain.push(c);
                }
                ('\\', Some(escaped @ ('t' | 'n' | '\\'))) => {
                    chars.next();
                    plain.push(match escaped {
                        't' => '\t',
                        'n' => '\n',
                        other => other,
                    });
                }
                ('{', _) => {
                    let Some(length) = text[at..].find('}') else {
                        return Err(wrong(at..text.len(), "this brace is not closed"));
                    };
                    let name = &text[at + 1..at + length];
                    let Some(field) = field::by_key(name) else {
                        return Err(wrong(at + 1..at + length, "there is no such field"));
                    };
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Field(field));
                    while chars.next_if(|(next, _)| *next <= at + length).is_some() {}
                }
                ('}', _) => return Err(wrong(at..at + 1, "this brace was never opened")),
                _ => plain.push(c),
            }
        }
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// The fields that it shows.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(field) => Some(*field),
            Part::Text(_) => None,
        })
    }

    /// Writes a line for each row, as it comes.
    pub fn write<'a>(
        &self,
        out: &mut dyn Write,
        rows: impl Iterator<Item = &'a Row>,
        subject: impl Fn(&'a Row) -> Subject<'a>,
    ) -> io::Result<()> {
        let mut line = String::new();
        for row in rows {
            let seen = subject(row);
            for part in &self.0 {
                match part {
                    Part::Text(text) => line.push_str(text),
                    Part::Field(field) => push_value(&mut line, &(field.extract)(&seen)),
                }
            }
            line.push('\n');
            out.write_all(line.as_bytes())?;
            line.clear();
        }
        Ok(())
    }
}

fn wrong(span: Range<usize>, wrong: &str) -> TemplateError {
    TemplateError { span, wrong: wrong.to_owned() }
}
