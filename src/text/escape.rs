//! The one escaper: makes bytes that somebody else chose harmless, visibly and reversibly.
//!
//! Nothing is dropped and nothing becomes `?`: `ss\x01hd` must not read as `sshd`. What is clean
//! passes unchanged, so that ordinary names look ordinary.
//!
//! | input | output |
//! |---|---|
//! | a backslash | `\\` |
//! | newline, carriage return, tab | `\n` `\r` `\t` |
//! | other ASCII controls, DEL, bytes that are not UTF-8 | `\x1b` |
//! | C1 controls, format characters (bidi, zero-width), line separators, private use, unassigned, spaces that are not ' ', fillers, a combining mark with nothing to combine with | `\u{202e}` |

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The bytes as text that can be shown anywhere.
#[must_use]
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && is_clean(text)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    let mut after_base = false;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(&mut out, c, &mut after_base);
        }
        for byte in chunk.invalid() {
            push_hex(&mut out, *byte);
            after_base = false;
        }
    }
    Cow::Owned(out)
}

/// The bytes that [`escape`] was given; `None` for text that it cannot have made.
#[must_use]
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let code = &rest[at + 1..];
        rest = match code.chars().next()? {
            '\\' => literal(&mut out, b'\\', code),
            'n' => literal(&mut out, b'\n', code),
            'r' => literal(&mut out, b'\r', code),
            't' => literal(&mut out, b'\t', code),
            'x' => {
                out.push(u8::from_str_radix(code.get(1..3)?, 16).ok()?);
                code.get(3..)?
            }
            'u' => {
                let (digits, tail) = code.strip_prefix("u{")?.split_once('}')?;
                let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                tail
            }
            _ => return None,
        };
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

fn literal<'a>(out: &mut Vec<u8>, byte: u8, code: &'a str) -> &'a str {
    out.push(byte);
    &code[1..]
}

fn is_clean(text: &str) -> bool {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'\\') {
        return true;
    }
    let mut after_base = false;
    text.chars().all(|c| {
        let clean = passes(c, after_base);
        after_base = is_base(c);
        clean
    })
}

fn push_char(out: &mut String, c: char, after_base: &mut bool) {
    if passes(c, *after_base) {
        out.push(c);
        *after_base = is_base(c);
        return;
    }
    *after_base = false;
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0'..='\x7f' => push_hex(out, c as u8),
        _ => out.extend(c.escape_unicode()),
    }
}

fn push_hex(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push_str("\\x");
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// True for a character that a combining mark may sit on.
fn is_base(c: char) -> bool {
    c != ' ' && c != '\\'
}

fn passes(c: char, after_base: bool) -> bool {
    match c {
        '\\' | '\0'..='\x1f' | '\x7f' => return false,
        ' '..='~' => return true,
        _ => {}
    }
    if is_blank_letter(c) {
        return false;
    }
    match c.general_category() {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::SpaceSeparator
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned => false,
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::SpacingMark => {
            after_base
        }
        _ => true,
    }
}

/// Default-ignorable characters that Unicode files under letters and marks: they print as nothing
/// (`DerivedCoreProperties.txt`), so two names that differ would look alike.
fn is_blank_letter(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{2800}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass_unchanged_and_unallocated() {
        for name in
            ["nginx", "postgres: writer", "日本", "naïve", "e\u{301}", "नमस्ते", "(sd-pam)", "~`!@#$%^&*\"'"]
        {
            assert!(matches!(escape(name.as_bytes()), Cow::Borrowed(text) if text == name), "{name}");
        }
    }

    /// Each row is an attack, named.
    #[test]
    fn attacks_become_visible() {
        for (what, bytes, shown) in [
            ("clears the screen", &b"a\x1b[2Jb"[..], r"a\x1b[2Jb"),
            ("sets the clipboard by OSC 52", b"\x1b]52;c;cm0=\x07", r"\x1b]52;c;cm0=\x07"),
            ("sets the title", b"\x1b]0;root\x1b\\", r"\x1b]0;root\x1b\\"),
            ("CSI as one raw C1 byte", b"\x9b31m", r"\x9b31m"),
            ("CSI as UTF-8 C1", "\u{9b}31m".as_bytes(), r"\u{9b}31m"),
            ("forges a row", b"x\nLISTEN 0 1 0.0.0.0:22", r"x\nLISTEN 0 1 0.0.0.0:22"),
            ("overwrites the row", b"evil\rgood", r"evil\rgood"),
            ("shifts the columns", b"a\tb", r"a\tb"),
            ("hides behind backspaces", b"evil\x08\x08\x08\x08good", r"evil\x08\x08\x08\x08good"),
            ("ends the string", b"a\0b", r"a\x00b"),
            ("deletes", b"a\x7f", r"a\x7f"),
            ("is not UTF-8", b"\xff\xc3(", r"\xff\xc3("),
            ("overlong encoding of ESC", b"\xc0\x9b", r"\xc0\x9b"),
            ("a lone surrogate", b"\xed\xa0\x80", r"\xed\xa0\x80"),
            ("reverses the text", "\u{202e}txt.exe".as_bytes(), r"\u{202e}txt.exe"),
            ("isolates it", "\u{2066}a\u{2069}".as_bytes(), r"\u{2066}a\u{2069}"),
            ("zero-width space", "ss\u{200b}hd".as_bytes(), r"ss\u{200b}hd"),
            ("zero-width joiner", "ss\u{200d}hd".as_bytes(), r"ss\u{200d}hd"),
            ("soft hyphen", "ss\u{ad}hd".as_bytes(), r"ss\u{ad}hd"),
            ("byte order mark", "\u{feff}sshd".as_bytes(), r"\u{feff}sshd"),
            ("tag characters", "a\u{e0041}".as_bytes(), r"a\u{e0041}"),
            ("line separator", "a\u{2028}b".as_bytes(), r"a\u{2028}b"),
            ("a space that is none", "a\u{a0}b".as_bytes(), r"a\u{a0}b"),
            ("invisible filler", "a\u{3164}".as_bytes(), r"a\u{3164}"),
            ("variation selector", "a\u{fe0f}".as_bytes(), r"a\u{fe0f}"),
            ("private use", "\u{e000}".as_bytes(), r"\u{e000}"),
            ("a mark that eats the cell before it", "\u{301}x".as_bytes(), r"\u{301}x"),
            ("pretends to be escaped", br"\x1b", r"\\x1b"),
        ] {
            let escaped = escape(bytes);
            assert_eq!(escaped, shown, "{what}");
            assert_eq!(unescape(&escaped).as_deref(), Some(bytes), "{what} is reversible");
        }
    }

    #[test]
    fn unescape_refuses_what_escape_never_writes() {
        for text in [r"\", r"\q", r"\x1", r"\xzz", r"\u{}", r"\u{110000}", r"\u202e"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_back_and_no_control_gets_out(bytes: Vec<u8>) {
            let escaped = escape(&bytes);
            proptest::prop_assert!(!escaped.chars().any(char::is_control));
            proptest::prop_assert_eq!(unescape(&escaped), Some(bytes));
        }

        #[test]
        fn any_text_comes_back_and_escaping_twice_differs_only_in_backslashes(text: String) {
            let escaped = escape(text.as_bytes()).into_owned();
            proptest::prop_assert_eq!(unescape(&escaped), Some(text.into_bytes()));
            proptest::prop_assert_eq!(escape(escaped.as_bytes()), escaped.replace('\\', "\\\\"));
        }
    }
}
