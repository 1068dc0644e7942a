//! Where the entries of a policy file stand in its text, and how a piece of it is taken out.
//!
//! Knows TOML and no policy: it judges nothing. What lies outside of a patch stays to the letter.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A piece of the text, and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// An entry in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// `[[expect]]`, or an inline table as a whole.
    head: Range<usize>,
    /// Where its last value ends.
    end: usize,
    values: Vec<(String, Value)>,
}

/// A value of an entry: a text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) range: Range<usize>,
    /// The texts of a list; `None` where it is no list.
    items: Option<Vec<Range<usize>>>,
}

/// Every `[[expect]]` of a text that is valid; none of one that is not.
pub(super) fn places(text: &str) -> Vec<Place> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let entries = table.get_ref().get("expect").and_then(|entries| entries.get_ref().as_array());
    entries.into_iter().flat_map(|entries| entries.iter()).map(place).collect()
}

fn place(entry: &Spanned<DeValue<'_>>) -> Place {
    let values = entry.get_ref().as_table().into_iter().flat_map(|table| table.iter());
    let values: Vec<_> = values.map(|(key, value)| (key.get_ref().to_string(), self::value(value))).collect();
    let end = values.iter().map(|(_, value)| value.range.end).max();
    Place { head: entry.span(), end: end.unwrap_or(entry.span().end), values }
}

fn value(value: &Spanned<DeValue<'_>>) -> Value {
    let items = value.get_ref().as_array().map(|items| items.iter().map(Spanned::span).collect());
    Value { range: value.span(), items }
}

impl Place {
    /// Where the value of a key stands.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// True for a `[[expect]]` with lines of its own, false for an inline table.
    pub(super) fn has_lines(&self, text: &str) -> bool {
        text[self.head.clone()].starts_with("[[")
    }

    /// Takes the entry out with all its lines, and with the comment that is clearly its own: one that stands right
    /// above it with an empty line before. A comment under which more than this entry stands, or that follows
    /// something else directly, may be about that. `None` for an inline table, which shares its lines.
    pub(super) fn removal(&self, text: &str) -> Option<Patch> {
        if !self.has_lines(text) {
            return None;
        }
        let mut start = line_start(text, self.head.start);
        let mut above = start;
        while let Some(line) = line_before(text, above).filter(|line| is_comment(&text[line.clone()])) {
            above = line.start;
        }
        if line_before(text, above).is_some_and(|line| is_empty(&text[line])) {
            start = above;
        }
        let end = line_end(text, self.end);
        let rest = text[end..].lines().next();
        if rest.is_none_or(is_empty)
            && let Some(line) = line_before(text, start).filter(|line| is_empty(&text[line.clone()]))
        {
            start = line.start;
        }
        Some(Patch { range: start..end, text: String::new() })
    }
}

impl Value {
    /// The same with more texts, which are quoted already.
    pub(super) fn with(&self, text: &str, more: &[String]) -> Patch {
        let more = more.join(", ");
        match self.items.as_deref().map(|items| items.last()) {
            // What follows the last one, a comma or a comment, stays behind the new ones.
            Some(Some(last)) => Patch { range: last.end..last.end, text: format!(", {more}") },
            Some(None) => Patch { range: self.range.clone(), text: format!("[{more}]") },
            None => {
                Patch { range: self.range.clone(), text: format!("[{}, {more}]", &text[self.range.clone()]) }
            }
        }
    }

    /// The same list without some of its texts.
    pub(super) fn without(&self, text: &str, gone: &[usize]) -> Patch {
        let mut list = text[self.range.clone()].to_owned();
        let items = self.items.as_deref().unwrap_or_default();
        for (at, item) in items.iter().enumerate().rev() {
            if gone.contains(&at) {
                cut(&mut list, item.start - self.range.start..item.end - self.range.start);
            }
        }
        Patch { range: self.range.clone(), text: list }
    }
}

/// Takes a text and its comma out of a list, and its line where nothing else stands there.
fn cut(list: &mut String, item: Range<usize>) {
    let behind = list[item.end..].trim_start_matches([' ', '\t']);
    if !behind.starts_with(',') {
        // The last one: the comma before it is of no use, unless a comment stands between.
        let before = list[..item.start].trim_end();
        let start = if before.ends_with(',') { before.len() - 1 } else { item.start };
        list.replace_range(start..item.end, "");
        return;
    }
    let rest = behind[1..].trim_start_matches([' ', '\t']);
    let end = list.len() - rest.len();
    let start = line_start(list, item.start);
    let alone = is_empty(&list[start..item.start]) && rest.starts_with(['\n', '\r']);
    let range = if alone { start..line_end(list, end) } else { item.start..end };
    list.replace_range(range, "");
}

/// The lines that a patch touches, as they are and as they will be, without empty ones around them.
pub(super) fn lines(text: &str, patch: &Patch) -> (Vec<String>, Vec<String>) {
    let Patch { range, text: new } = patch;
    let start = line_start(text, range.start);
    // What ends at the end of a line touches no other.
    let whole = range.end > start && text[..range.end].ends_with('\n');
    let end = if whole { range.end } else { line_end(text, range.end) };
    let before = &text[start..end];
    let after = format!("{}{new}{}", &text[start..range.start], &text[range.end..end]);
    let list = |text: &str| {
        let lines: Vec<String> = text.trim_matches(['\n', '\r']).lines().map(str::to_owned).collect();
        lines
    };
    (list(before), list(&after))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Behind the newline that ends the line.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The line before the one that begins there.
fn line_before(text: &str, start: usize) -> Option<Range<usize>> {
    let end = start.checked_sub(1)?;
    Some(line_start(text, end)..start)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn is_empty(line: &str) -> bool {
    line.trim().is_empty()
}
