//! Fitting text into terminal cells. Input is escaped already: no controls, no marks of their own.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many cells the text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    // Escaped text holds no control, so each byte of ASCII is a cell.
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The text in at most `cells` cells; what was cut is marked by `…`.
#[must_use]
pub fn elide(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let mut used = 0;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            used += c.width().unwrap_or(0);
            used > room
        })
        .map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// The text in at most `cells` cells, keeping its end: for paths, whose end says most.
#[must_use]
pub fn elide_start(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let mut used = 0;
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .last()
        .map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("…{}", &text[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elides_by_cells_not_by_characters() {
        for (text, cells, front, back) in [
            ("nginx", 5, "nginx", "nginx"),
            ("nginx", 4, "ngi…", "…inx"),
            ("日本語", 6, "日本語", "日本語"),
            ("日本語", 5, "日本…", "…本語"),
            ("日本語", 4, "日…", "…語"),
            ("abc", 1, "…", "…"),
            ("abc", 0, "", ""),
        ] {
            assert_eq!(elide(text, cells), front, "{text} {cells}");
            assert_eq!(elide_start(text, cells), back, "{text} {cells}");
            assert!(width(&elide(text, cells)) <= cells);
        }
    }
}
