//! The policy file: TOML in, expectations and rules out, every mistake with its line.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{AlertKind, Exes, Expectation, Matcher, Occasion, Policy, Ports, Rule, Severity};
use crate::filter::{Filter, Vocabulary, nearest};
use crate::model::{Family, Protocol, Scope, SystemBytes};
use crate::text;

/// The policy file is not valid. The message shows the line and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown}")]
pub struct PolicyError {
    shown: String,
    line: usize,
    why: String,
}

impl PolicyError {
    fn at(text: &str, span: Range<usize>, why: &str) -> Self {
        let line = text::line_of(text, span.start);
        Self { shown: text::point(text, span, why), line, why: why.to_owned() }
    }

    /// The same with more below.
    fn and(self, more: &str) -> Self {
        Self { shown: self.shown + more, ..self }
    }

    /// The place and what is wrong there, in one line.
    #[must_use]
    pub fn brief(&self) -> String {
        format!("line {}: {}", self.line, self.why)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<i64>,
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    expect: Vec<Spanned<Entry>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    protocol: Spanned<String>,
    port: Spanned<toml::Value>,
    scope: Spanned<String>,
    exe: Option<Spanned<OneOrMore>>,
    comm: Option<Spanned<OneOrMore>>,
    user: Option<Spanned<OneOrMore>>,
    unit: Option<Spanned<OneOrMore>>,
    container: Option<Spanned<OneOrMore>>,
    netns: Option<Spanned<OneOrMore>>,
    /// For people.
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    name: Spanned<String>,
    when: Spanned<String>,
    on: Option<Spanned<Vec<Spanned<String>>>>,
    severity: Option<Spanned<String>>,
    /// For people.
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Policy {
    /// Reads the text of a policy file (version 1). Rules may use the words that the machine knows.
    pub fn parse(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| {
            // The message as toml writes it shows the line as it is, whatever a terminal makes of it.
            let why: Vec<_> = error.message().lines().map(|line| text::escape(line.as_bytes())).collect();
            PolicyError::at(text, error.span().unwrap_or_default(), &why.join(", "))
        })?;
        let reader = Reader { text, vocabulary };
        if *file.version.get_ref() != 1 {
            return Err(reader.wrong(&file.version, "this sockeye reads policies of version 1"));
        }
        let expectations = file.expect.iter().map(|entry| reader.entry(entry)).collect::<Result<_, _>>()?;
        let rules: Vec<Rule> = file.rule.iter().map(|entry| reader.rule(entry)).collect::<Result<_, _>>()?;
        for (at, rule) in rules.iter().enumerate() {
            if let Some(first) = rules[..at].iter().find(|other| other.name == rule.name) {
                let place = &file.rule[at].get_ref().name;
                return Err(reader.wrong(place, &format!("the rule of line {} has this name", first.line)));
            }
        }
        let ignored = file.ignore.iter().map(|word| reader.word(word, AlertKind::IGNORABLE, AlertKind::word));
        Ok(Self { expectations, rules, ignored: ignored.collect::<Result<_, _>>()?, locate: None })
    }
}

struct Reader<'a> {
    text: &'a str,
    vocabulary: &'a Vocabulary<'a>,
}

/// Without `on`, a rule speaks as soon as it holds.
const WHENEVER: [Occasion; 2] = [Occasion::Opened, Occasion::Changed];

impl Reader<'_> {
    fn rule(&self, entry: &Spanned<RuleEntry>) -> Result<Rule, PolicyError> {
        let line = text::line_of(self.text, entry.span().start);
        let RuleEntry { name, when, on, severity, note } = entry.get_ref();
        let shown = name.get_ref();
        if shown.trim().is_empty() || text::escape(shown.as_bytes()) != shown.as_str() {
            return Err(self.wrong(name, "a name has letters, without control characters and backslashes"));
        }
        let on = match on {
            None => WHENEVER.to_vec(),
            Some(on) if on.get_ref().is_empty() => {
                return Err(self.wrong(on, "an empty list never comes; leave the key out"));
            }
            Some(on) => {
                let words = on.get_ref().iter();
                words.map(|word| self.word(word, &Occasion::ALL, Occasion::word)).collect::<Result<_, _>>()?
            }
        };
        let severity = match severity {
            Some(word) => self.word(word, &Severity::OF_RULES, Severity::word)?,
            None => Severity::High,
        };
        let (filter, text) = (self.filter(when)?, when.get_ref().clone());
        Ok(Rule { line, name: shown.clone(), when: filter, text, on, severity, note: note.clone() })
    }

    /// The one that the word means.
    fn word<T: Copy>(
        &self,
        place: &Spanned<String>,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<T, PolicyError> {
        let found = all.iter().find(|one| word(**one) == place.get_ref());
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|one| word(*one)).collect();
            let meant = nearest(place.get_ref(), known.iter().copied());
            let meant = meant.map_or_else(String::new, |word| format!("; did you mean {word:?}?"));
            self.wrong(place, &format!("expected one of {}{meant}", known.join(", ")))
        })
    }

    /// A condition in the filter language. What is wrong with it is shown in the file.
    fn filter(&self, place: &Spanned<String>) -> Result<Filter, PolicyError> {
        let filter = Filter::parse(place.get_ref(), self.vocabulary).map_err(|wrong| {
            let written = &self.text[place.span()];
            // As it is written, unless TOML's escapes are in it.
            let Some(at) = written.find(place.get_ref().as_str()) else {
                let error = self.wrong(place, "this cannot be understood");
                return error.and(&format!("\nwithout the escapes it is\n{wrong}"));
            };
            let start = place.span().start + at;
            let span = start + wrong.span.start..start + wrong.span.end;
            let advice = wrong.advice.as_ref().map(|advice| format!("\n     = {advice}"));
            PolicyError::at(self.text, span, &wrong.wrong).and(&advice.unwrap_or_default())
        })?;
        if filter.is_empty() {
            return Err(self.wrong(place, "without any condition it would hold of every socket"));
        }
        let may_hold = |family| Protocol::ALL.iter().any(|protocol| filter.may_pass(family, *protocol));
        if !Family::ALL.iter().copied().any(may_hold) {
            return Err(self.wrong(place, "it holds of no socket: the conditions exclude each other"));
        }
        Ok(filter)
    }

    fn wrong<T>(&self, place: &Spanned<T>, why: &str) -> PolicyError {
        PolicyError::at(self.text, place.span(), why)
    }

    fn entry(&self, entry: &Spanned<Entry>) -> Result<Expectation, PolicyError> {
        let line = text::line_of(self.text, entry.span().start);
        let entry = entry.get_ref();
        let protocol = super::PROTOCOLS
            .iter()
            .copied()
            .find(|protocol| protocol.word() == entry.protocol.get_ref())
            .ok_or_else(|| {
                let known: Vec<_> = super::PROTOCOLS.iter().map(|protocol| protocol.word()).collect();
                self.wrong(&entry.protocol, &format!("expected one of {}", known.join(", ")))
            })?;
        let scope =
            Scope::ALL.into_iter().find(|scope| scope.word() == entry.scope.get_ref()).ok_or_else(|| {
                self.wrong(
                    &entry.scope,
                    "expected \"loopback\", \"link\", \"private\", \"public\" or \"any\"",
                )
            })?;
        let ports = self.ports(&entry.port)?;
        let mut matchers = Vec::new();
        let conditions = [
            (&entry.exe, (|paths| Matcher::Exe(Exes::new(paths))) as fn(_) -> _),
            (&entry.comm, Matcher::Comm),
            (&entry.user, Matcher::User),
            (&entry.unit, Matcher::Unit),
            (&entry.container, Matcher::Container),
            (&entry.netns, Matcher::Netns),
        ];
        for (names, matcher) in conditions {
            let names = names.as_ref().map(|names| self.names(names)).transpose()?;
            matchers.extend(names.map(matcher));
        }
        Ok(Expectation { line, protocol, ports, scope, matchers, note: entry.note.clone() })
    }

    fn ports(&self, place: &Spanned<toml::Value>) -> Result<Ports, PolicyError> {
        const WANTED: &str = "expected a port such as 22, a range such as \"8000-8100\", or \"any\"";
        match place.get_ref() {
            toml::Value::Integer(port) => {
                let port = u16::try_from(*port).ok().filter(|port| *port > 0);
                let port = port.ok_or_else(|| self.wrong(place, "a port lies between 1 and 65535"))?;
                Ok(Ports::Range(port, port))
            }
            toml::Value::String(text) if text == "any" => Ok(Ports::Any),
            toml::Value::String(text) => {
                let (first, last) = text.split_once('-').unwrap_or((text, text));
                let ends = first.trim().parse::<u16>().ok().zip(last.trim().parse().ok());
                let (first, last) = ends.ok_or_else(|| self.wrong(place, WANTED))?;
                if first > last {
                    return Err(self.wrong(place, "the range ends before it begins"));
                }
                Ok(Ports::Range(first, last))
            }
            _ => Err(self.wrong(place, WANTED)),
        }
    }

    fn names(&self, place: &Spanned<OneOrMore>) -> Result<Vec<SystemBytes>, PolicyError> {
        let names = match place.get_ref() {
            OneOrMore::One(name) => std::slice::from_ref(name),
            OneOrMore::More(names) => names,
        };
        if names.is_empty() {
            return Err(self.wrong(place, "an empty list can never match; leave the key out"));
        }
        let bytes = names.iter().map(|name| text::unescape(name).map(SystemBytes::from));
        bytes
            .collect::<Option<_>>()
            .ok_or_else(|| self.wrong(place, "not a valid escape; a backslash is written \\\\ here"))
    }
}
