//! Pointing at a place in a text that somebody wrote.

use std::ops::Range;

/// Where and what: the line with its number, carets under the span, and what is wrong there.
///
/// ```text
///   3 | port = "8000-80"
///     |        ^^^^^^^^^ the range ends before it begins
/// ```
#[must_use]
pub fn point(text: &str, span: Range<usize>, wrong: &str) -> String {
    let start = floor(text, span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = text[..line_start].matches('\n').count() + 1;
    let shown = super::escape(&text.as_bytes()[line_start..line_end]);
    let before = super::width(&super::escape(&text.as_bytes()[line_start..start]));
    let end = floor(text, span.end).clamp(start, line_end);
    let marked = super::width(&super::escape(&text.as_bytes()[start..end])).max(1);
    let mut out = format!("{line:>4} | {shown}\n");
    super::push(&mut out, format_args!("     | {:before$}{:^<marked$} {wrong}", "", ""));
    out
}

/// The line that a byte offset lies in, counted from 1.
#[must_use]
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..floor(text, offset)].matches('\n').count() + 1
}

/// The nearest character boundary at or before the offset.
fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points() {
        let text = "version = 1\nport = \"8000-80\"\n";
        assert_eq!(
            point(text, 19..28, "ends before it begins"),
            "   2 | port = \"8000-80\"\n     |        ^^^^^^^^^ ends before it begins"
        );
        assert_eq!(line_of(text, 19), 2);
    }

    #[test]
    fn odd_places_do_not_panic() {
        let backwards = Range { start: 3, end: 1 };
        for span in [0..0, backwards, 2..900, 900..901, 1..2] {
            assert!(point("äö\x1b\n", span, "x").ends_with('x'));
        }
        assert_eq!(point("", 0..1, "empty"), "   1 | \n     | ^ empty");
    }
}
