//! Breaking text into lines of a given width in cells.

use crate::text;

/// The text in lines of at most `width` cells, broken at spaces where that is possible. Never
/// empty; what is escaped already stays as it is.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2); // room for one wide character
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let mut cells = text::width(word);
        let gap = usize::from(used > 0);
        if used + gap + cells <= width {
            if gap > 0 {
                push(&mut lines, ' ');
            }
            word.chars().for_each(|c| push(&mut lines, c));
            used += gap + cells;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
        }
        used = 0;
        for c in word.chars() {
            cells = text::width(c.encode_utf8(&mut [0; 4]));
            if used + cells > width {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c);
            used += cells;
        }
    }
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_long_words_anywhere() {
        for (text, width, lines) in [
            ("", 10, &[""][..]),
            ("one two", 10, &["one two"]),
            ("one two three", 8, &["one two", "three"]),
            ("abcdefgh", 3, &["abc", "def", "gh"]),
            ("a 日本語日本語", 6, &["a", "日本語", "日本語"]),
            ("日", 0, &["日"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text} {width}");
        }
    }
}
