//! The kinds of values that settings have: how each is read from a file and from a variable, and
//! how it is written. Pure: it opens nothing and never asks the environment.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::filter::nearest;
use crate::model::field;
use crate::tui::Theme;

/// What is wrong at a place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) what: String,
    pub(super) advice: Option<String>,
}

impl Wrong {
    pub(super) fn new(span: Range<usize>, what: impl Into<String>) -> Self {
        Self { span, what: what.into(), advice: None }
    }

    pub(super) fn advise(self, advice: Option<String>) -> Self {
        Self { advice, ..self }
    }
}

/// A value without its type, for those who show it. Written as it would stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    Switch(bool),
    Text(String),
    List(Vec<String>),
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.clone() {
            Self::Switch(on) => toml::Value::Boolean(on),
            Self::Text(text) => toml::Value::String(text),
            Self::List(texts) => texts.into(),
        };
        write!(f, "{value}")
    }
}

/// A kind of value.
pub(super) trait Value: Sized {
    /// Reads what stands in a variable. Places in what is wrong are places in that text.
    fn from_text(text: &str) -> Result<Self, Wrong>;
    /// Reads a value of a file. Places in what is wrong are places in the file.
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong>;
    fn plain(&self) -> Plain;
}

/// A kind of value that is one of a few words.
trait Word: Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];

    /// Why a word that is none of them is not accepted, when that can be told.
    fn refusal(_typed: &str) -> Option<&'static str> {
        None
    }
}

/// A text in a file is what would stand in the variable.
fn text<T: Value>(value: &Spanned<DeValue<'_>>, expected: &str) -> Result<T, Wrong> {
    let DeValue::String(text) = value.get_ref() else {
        return Err(Wrong::new(value.span(), expected));
    };
    T::from_text(text).map_err(|wrong| Wrong { span: value.span(), ..wrong })
}

/// `a, b and c`.
pub(super) fn listed(words: &[&str], last: &str) -> String {
    match words {
        [most @ .., end] if !most.is_empty() => format!("{} {last} {end}", most.join(", ")),
        _ => words.concat(),
    }
}

impl<T: Word> Value for T {
    fn from_text(text: &str) -> Result<Self, Wrong> {
        if let Some((_, value)) = T::WORDS.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        let near = || nearest(text, words.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
        let advice = T::refusal(text).map(str::to_owned).or_else(near);
        Err(Wrong::new(0..text.len(), format!("expected {}", listed(&words, "or"))).advise(advice))
    }

    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let quoted: Vec<String> = T::WORDS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
        text(value, &format!("expected {}", listed(&quoted, "or")))
    }

    fn plain(&self) -> Plain {
        let word = T::WORDS.iter().find(|(_, value)| value == self).map_or("", |(word, _)| *word);
        Plain::Text(word.to_owned())
    }
}

/// How sockets are read. Scenarios are missing: what is made up is shown only where it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    #[default]
    Auto,
    Netlink,
    Procfs,
    /// netstat2, where it is built in.
    #[cfg(any(feature = "portable", not(linux)))]
    Portable,
}

impl Source {
    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == name).map(|(_, source)| *source)
    }
}

impl Word for Source {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("netlink", Self::Netlink),
        ("procfs", Self::Procfs),
        #[cfg(any(feature = "portable", not(linux)))]
        ("portable", Self::Portable),
    ];

    fn refusal(typed: &str) -> Option<&'static str> {
        match typed {
            "portable" => Some("this sockeye was built without it; --source portable tells how to get it"),
            _ if typed.starts_with("scenario:") => {
                Some("a scenario is for single runs: sockeye --source scenario:FILE")
            }
            _ => None,
        }
    }
}

/// How owners are found. Not looking for them is missing: it would take them from every script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owners {
    #[default]
    Auto,
    Bpf,
    Proc,
}

impl Word for Owners {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("bpf", Self::Bpf), ("proc", Self::Proc)];

    fn refusal(typed: &str) -> Option<&'static str> {
        (typed == "none").then_some("leaving owners out is for single runs: sockeye --owners none")
    }
}

/// Where colours are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl Word for Color {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("always", Self::Always), ("never", Self::Never)];
}

impl Word for Theme {
    const WORDS: &'static [(&'static str, Self)] = Self::ALL;
}

impl Value for bool {
    fn from_text(text: &str) -> Result<Self, Wrong> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(Wrong::new(0..text.len(), "expected true or false")),
        }
    }

    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let wrong = || Wrong::new(value.span(), "expected true or false, without quotes");
        value.get_ref().as_bool().ok_or_else(wrong)
    }

    fn plain(&self) -> Plain {
        Plain::Switch(*self)
    }
}

/// What every time between two readings must be.
const INTERVAL: &str = "expected a time such as 500ms, 2s or 1m, between 10ms and 1d";

/// A time between two readings such as `200ms` or `2s`, between 10 ms and a day. The error says so.
pub fn interval(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| INTERVAL.to_owned())?;
    let span = Duration::try_from(span).map_err(|_| INTERVAL.to_owned())?;
    let sensible = Duration::from_millis(10)..=Duration::from_hours(24);
    if sensible.contains(&span) { Ok(span) } else { Err(INTERVAL.to_owned()) }
}

impl Value for Duration {
    fn from_text(text: &str) -> Result<Self, Wrong> {
        interval(text).map_err(|wrong| Wrong::new(0..text.len(), wrong))
    }

    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        text(value, &INTERVAL.replacen("500ms, 2s or 1m", "\"500ms\", \"2s\" or \"1m\"", 1))
    }

    fn plain(&self) -> Plain {
        let nanos = self.as_nanos();
        let (by, unit) = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")]
            .into_iter()
            .find(|(by, _)| nanos.is_multiple_of(*by))
            .unwrap_or((1, "ns"));
        Plain::Text(format!("{}{unit}", nanos / by))
    }
}

/// Fields of a socket, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(pub Vec<&'static str>);

/// The field of that name.
fn column(typed: &str, span: Range<usize>) -> Result<&'static str, Wrong> {
    if let Some(field) = field::by_key(typed) {
        return Ok(field.key);
    }
    let advice = match nearest(typed, field::all().map(|field| field.key)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "sockeye --columns help lists them all".to_owned(),
    };
    Err(Wrong::new(span, "there is no such field").advise(Some(advice)))
}

impl Value for Columns {
    fn from_text(text: &str) -> Result<Self, Wrong> {
        let mut columns = Vec::new();
        let mut start = 0;
        for part in text.split(',') {
            let name = part.trim();
            let at = start + (part.len() - part.trim_start().len());
            columns.push(column(name, at..at + name.len())?);
            start += part.len() + 1;
        }
        Ok(Self(columns))
    }

    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let wrong = |span| Wrong::new(span, "expected a list of fields such as [\"local\", \"owner\"]");
        let list = value.get_ref().as_array().ok_or_else(|| wrong(value.span()))?;
        let named = list.iter().map(|entry| match entry.get_ref() {
            DeValue::String(name) => column(name, entry.span()),
            _ => Err(wrong(entry.span())),
        });
        named.collect::<Result<_, _>>().map(Self)
    }

    fn plain(&self) -> Plain {
        Plain::List(self.0.iter().map(|key| (*key).to_owned()).collect())
    }
}

/// A file; nothing for the usual place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(pub Option<PathBuf>);

/// What every path must be. One that is relative would be another file in each directory.
const PLACE: &str = "expected the whole path of a file, such as \"/etc/sockeye/policy.toml\"";

impl Value for Place {
    fn from_text(text: &str) -> Result<Self, Wrong> {
        let path = PathBuf::from(text);
        if text.is_empty() {
            Ok(Self(None))
        } else if path.is_absolute() && !text.contains('\0') {
            Ok(Self(Some(path)))
        } else {
            Err(Wrong::new(0..text.len(), PLACE))
        }
    }

    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        text(value, PLACE)
    }

    fn plain(&self) -> Plain {
        let path = self.0.as_deref().map(|path| path.to_string_lossy().into_owned());
        Plain::Text(path.unwrap_or_default())
    }
}
