//! The text format of Prometheus, version 0.0.4: families with help and type, samples with labels.
//!
//! It knows nothing of sockets, and writes no timestamps: whoever scrapes knows when.

use crate::text::{self, escape};

/// A text that grows family by family.
#[derive(Debug, Default)]
pub struct Exposition(String);

/// The samples of one family. One that gets none leaves no trace: what is not known is not there.
#[derive(Debug)]
pub struct Samples<'a> {
    text: &'a mut String,
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    begun: bool,
}

impl Exposition {
    /// A family of what may rise and fall. `help` is one line without backslashes.
    pub fn gauge(&mut self, name: &'static str, help: &'static str) -> Samples<'_> {
        self.family(name, "gauge", help)
    }

    /// A family of what only rises, until the machine boots again; its name ends in `_total`.
    pub fn counter(&mut self, name: &'static str, help: &'static str) -> Samples<'_> {
        self.family(name, "counter", help)
    }

    fn family(&mut self, name: &'static str, kind: &'static str, help: &'static str) -> Samples<'_> {
        Samples { text: &mut self.0, name, kind, help, begun: false }
    }

    /// All of it.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl Samples<'_> {
    /// Adds a sample. Values of labels may be what others chose: they are escaped here.
    pub fn push(&mut self, labels: &[(&'static str, &[u8])], value: impl std::fmt::Display) {
        let Self { name, kind, help, .. } = *self;
        if !self.begun {
            text::push(self.text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
            self.begun = true;
        }
        self.text.push_str(name);
        for (at, (label, told)) in labels.iter().enumerate() {
            text::push(self.text, format_args!("{}{label}=\"", if at == 0 { '{' } else { ',' }));
            push_value(self.text, told);
            self.text.push('"');
        }
        let end = if labels.is_empty() { "" } else { "}" };
        text::push(self.text, format_args!("{end} {value}\n"));
    }
}

/// The value of a label: harmless first, then by the rules of the format, which a reader undoes.
fn push_value(text: &mut String, value: &[u8]) {
    for c in escape(value).chars() {
        match c {
            '\\' => text.push_str(r"\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str(r"\n"),
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_its_head_once_and_none_without_samples() {
        let mut out = Exposition::default();
        let mut samples = out.gauge("a", "What it is.");
        samples.push(&[], 1);
        samples.push(&[("of", b"x"), ("to", b"y")], 0.5);
        out.gauge("nothing", "Never told.");
        out.counter("b_total", "Rises.").push(&[], u64::MAX);
        assert_eq!(
            out.into_text(),
            "# HELP a What it is.\n# TYPE a gauge\na 1\na{of=\"x\",to=\"y\"} 0.5\n\
             # HELP b_total Rises.\n# TYPE b_total counter\nb_total 18446744073709551615\n"
        );
    }

    #[test]
    fn values_of_labels_are_harmless_and_cannot_end_themselves() {
        for (value, told) in [
            (&b"nginx.service"[..], "nginx.service"),
            (b"dev-disk\\x2d1.swap", r"dev-disk\\\\x2d1.swap"),
            (b"\"} 1", "\\\"} 1"),
            (b"a\nup 1", r"a\\nup 1"),
            (b"\x1b[2J\xff", r"\\x1b[2J\\xff"),
            ("\u{202e}日".as_bytes(), r"\\u{202e}日"),
            (b"", ""),
        ] {
            let mut text = String::new();
            push_value(&mut text, value);
            assert_eq!(text, told);
        }
    }
}
