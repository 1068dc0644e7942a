//! The policy file: TOML in, expectations out, every mistake with its line.

use serde::Deserialize;
use toml::Spanned;

use super::{Expectation, Matcher, Policy, Ports};
use crate::model::{Protocol, Scope, SystemBytes};
use crate::text;

/// The policy file is not valid. The message shows the line and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<i64>,
    #[serde(default)]
    expect: Vec<Spanned<Entry>>,
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
    /// For people.
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text, or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Policy {
    /// Reads the text of a policy file (version 1).
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File =
            toml::from_str(text).map_err(|error| PolicyError(error.to_string().trim_end().to_owned()))?;
        let reader = Reader { text };
        if *file.version.get_ref() != 1 {
            return Err(reader.wrong(&file.version, "this sockeye reads policies of version 1"));
        }
        let expectations = file.expect.iter().map(|entry| reader.entry(entry));
        Ok(Self { expectations: expectations.collect::<Result<_, _>>()? })
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn wrong<T>(&self, place: &Spanned<T>, why: &str) -> PolicyError {
        PolicyError(text::point(self.text, place.span(), why))
    }

    fn entry(&self, entry: &Spanned<Entry>) -> Result<Expectation, PolicyError> {
        let line = text::line_of(self.text, entry.span().start);
        let entry = entry.get_ref();
        let protocol = [Protocol::Tcp, Protocol::Udp]
            .into_iter()
            .find(|protocol| protocol.word() == entry.protocol.get_ref())
            .ok_or_else(|| self.wrong(&entry.protocol, "expected \"tcp\" or \"udp\""))?;
        let scope =
            Scope::ALL.into_iter().find(|scope| scope.word() == entry.scope.get_ref()).ok_or_else(|| {
                self.wrong(
                    &entry.scope,
                    "expected \"loopback\", \"link\", \"private\", \"public\" or \"any\"",
                )
            })?;
        let ports = self.ports(&entry.port)?;
        let mut matchers = Vec::new();
        if let Some(exe) = &entry.exe {
            matchers.push(Matcher::Exe(self.names(exe)?));
        }
        if let Some(comm) = &entry.comm {
            matchers.push(Matcher::Comm(self.names(comm)?));
        }
        if let Some(user) = &entry.user {
            matchers.push(Matcher::User(self.names(user)?));
        }
        Ok(Expectation { line, protocol, ports, scope, matchers })
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
