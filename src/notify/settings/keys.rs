//! The keys of one `[[sink]]`: each kind of sink takes those that it knows, and none may be left.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::filter::nearest;
use crate::text::{brief, count};

/// What is wrong at a place of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::notify) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) what: String,
    /// The line is not shown: there may be a secret in it.
    pub(super) is_secret: bool,
}

impl Wrong {
    pub(in crate::notify) fn new(span: Range<usize>, what: impl Into<String>) -> Self {
        Self { span, what: what.into(), is_secret: false }
    }

    /// The same for a line that nobody may see in a message.
    pub(in crate::notify) fn secret(span: Range<usize>, what: impl Into<String>) -> Self {
        Self { is_secret: true, ..Self::new(span, what) }
    }
}

/// A text and where it stands.
#[derive(Clone, Debug)]
pub(in crate::notify) struct Text<'a> {
    pub(in crate::notify) text: &'a str,
    pub(in crate::notify) span: Range<usize>,
}

/// The keys, and which of them are known so far.
#[derive(Debug)]
pub(in crate::notify) struct Keys<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    known: Vec<&'static str>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl<'a> Keys<'a> {
    pub(super) fn of(table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { table, span, known: Vec::new() }
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Value<'a>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// A key that must be there.
    pub(in crate::notify) fn missing(&self, key: &str, such_as: &str) -> Wrong {
        Wrong::new(self.span.clone(), format!("the key {key} is missing, such as {such_as}"))
    }

    /// What is wrong with the value of a key.
    pub(in crate::notify) fn wrong(&self, key: &str, why: &str) -> Wrong {
        let span = self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span);
        Wrong::new(span, why)
    }

    pub(in crate::notify) fn text(&mut self, key: &'static str) -> Result<Option<Text<'a>>, Wrong> {
        self.take(key).map(|value| text(value, "expected a text")).transpose()
    }

    /// One of these words.
    pub(in crate::notify) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<Option<T>, Wrong> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        let expected = format!("expected one of {}", words.join(", "));
        let typed = text(value, &expected)?;
        let found = all.iter().find(|one| word(**one) == typed.text).copied();
        found.map(Some).ok_or_else(|| {
            let meant = nearest(typed.text, words);
            let meant = meant.map_or_else(String::new, |word| format!("; did you mean {word:?}?"));
            Wrong::new(typed.span, expected + &meant)
        })
    }

    /// The whole path of a file. One that is relative would be another file in each directory.
    pub(in crate::notify) fn path(&mut self, key: &'static str) -> Result<Option<PathBuf>, Wrong> {
        const EXPECTED: &str = "expected a whole path, such as \"/var/log/sockeye/alerts.json\"";
        let Some(value) = self.take(key) else { return Ok(None) };
        let Text { text, span } = text(value, EXPECTED)?;
        let path = PathBuf::from(text);
        let names_a_file = path.is_absolute() && path.file_name().is_some() && !text.contains('\0');
        if names_a_file { Ok(Some(path)) } else { Err(Wrong::new(span, EXPECTED)) }
    }

    /// A list of texts, none of them with a zero in it.
    pub(in crate::notify) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<Text<'a>>>, Wrong> {
        const EXPECTED: &str = "expected a list of texts, such as [\"/usr/local/bin/page\", \"--urgent\"]";
        let Some(value) = self.take(key) else { return Ok(None) };
        let wrong = |span| Wrong::new(span, EXPECTED);
        let list = value.get_ref().as_array().ok_or_else(|| wrong(value.span()))?;
        let texts = list.iter().map(|entry| match text(entry, EXPECTED)? {
            word if word.text.contains('\0') => Err(wrong(word.span)),
            word => Ok(word),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// A time such as `"10s"`.
    pub(in crate::notify) fn time(
        &mut self,
        key: &'static str,
        sensible: RangeInclusive<Duration>,
    ) -> Result<Option<Duration>, Wrong> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let (least, most) = (brief(*sensible.start()), brief(*sensible.end()));
        let expected = format!("expected a time such as \"10s\", between {least} and {most}");
        let Text { text, span } = text(value, &expected)?;
        let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        let time = time.filter(|time| sensible.contains(time));
        time.map(Some).ok_or_else(|| Wrong::new(span, expected))
    }

    pub(in crate::notify) fn number(
        &mut self,
        key: &'static str,
        sensible: RangeInclusive<u32>,
    ) -> Result<Option<u32>, Wrong> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let [least, most] =
            [*sensible.start(), *sensible.end()].map(|end| count(end as usize).replace(',', "_"));
        let number = number.filter(|number| sensible.contains(number));
        number.map(Some).ok_or_else(|| {
            Wrong::new(value.span(), format!("expected a number between {least} and {most}, without quotes"))
        })
    }

    /// That nothing is left which `kind` does not know.
    pub(super) fn finish(self, kind: &str) -> Result<(), Wrong> {
        let unknown = self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let typed = key.get_ref().replace('-', "_");
        let advice = match nearest(&typed, self.known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("it has {}", self.known.join(", ")),
        };
        Err(Wrong::new(key.span(), format!("a sink of the kind {kind} has no such key; {advice}")))
    }
}

fn text<'a>(value: &'a Value<'a>, expected: &str) -> Result<Text<'a>, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Text { text, span: value.span() }),
        _ => Err(Wrong::new(value.span(), expected)),
    }
}
