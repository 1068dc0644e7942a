//! The filter on the command line: words of the arguments to a filter.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use crate::filter::{self, Filter, FilterError, Seen, Vocabulary};
use crate::model::{PortRange, Protocol, Row};
use crate::source::{RESIDUAL, Wanted, everything};
use crate::store::Moment;
use crate::sys::{names, procnet};

/// Understands the arguments that are left, joined as they were typed.
pub(super) fn parse(words: &[String], file: Option<&Path>) -> anyhow::Result<Filter> {
    understood(&joined(words, file)?, &Machine::default())
}

/// Understands a text; what is wrong with it is told with its place.
pub(super) fn understood(text: &str, machine: &Machine) -> anyhow::Result<Filter> {
    match machine.understand(text) {
        Ok(filter) => Ok(filter),
        Err(wrong) => bail!("the filter cannot be understood\n{wrong}"),
    }
}

/// The filter of the arguments and that in a file, as one text.
pub(super) fn joined(words: &[String], file: Option<&Path>) -> anyhow::Result<String> {
    let text = match file.map(read).transpose()? {
        Some(written) if words.is_empty() => written,
        Some(written) if !written.is_empty() => format!("({}) ({written})", words.join(" ")),
        _ => words.join(" "),
    };
    if let Some(word) = words.first()
        && !filter::flags().any(|flag| flag == word)
        && let Some(command) = super::args::near_command(word)
    {
        let text = format!("to look for the text, write '\"{word}\"'");
        if command == *word {
            bail!("the command `{word}` comes before all options; {text}");
        }
        if words.len() == 1 {
            bail!("there is no command {word:?}: did you mean `{command}`? Else, {text}");
        }
    }
    Ok(text)
}

/// What this machine calls things: each is read when it is first asked for.
#[derive(Default)]
pub(super) struct Machine {
    ephemeral: OnceCell<PortRange>,
    services: OnceCell<HashMap<(Protocol, u16), String>>,
}

impl Machine {
    pub(super) fn understand(&self, text: &str) -> Result<Filter, FilterError> {
        self.with(|vocabulary| Filter::parse(text, vocabulary))
    }

    /// Gives it as filters want it.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Vocabulary<'_>) -> T) -> T {
        let services = |name: &str| self.ports(name).into_iter().collect();
        let ephemeral = || *self.ephemeral.get_or_init(|| procnet::ephemeral_ports().unwrap_or_default());
        read(&Vocabulary { services: &services, ephemeral: &ephemeral })
    }

    /// The ports of a service, by its name.
    pub(super) fn ports(&self, name: &str) -> BTreeSet<u16> {
        let named = self.services().iter().filter(|(_, known)| known.as_str() == name);
        named.map(|((_, port), _)| *port).collect()
    }

    /// The service that was probably meant.
    pub(super) fn near_service(&self, name: &str) -> Option<String> {
        filter::nearest(name, self.services().values().map(String::as_str)).map(str::to_owned)
    }

    fn services(&self) -> &HashMap<(Protocol, u16), String> {
        self.services.get_or_init(names::services)
    }
}

/// True when the socket passes at this moment.
pub(super) fn passes(filter: &Filter, row: &Row, moment: &Moment) -> bool {
    filter.passes(&Seen { subject: moment.subject(row), now: moment.taken })
}

/// The tables of which a socket can pass, of both versions of IP; an error when there is none.
pub(super) fn all_tables(filter: &Filter) -> anyhow::Result<Vec<Wanted>> {
    let tables = tables(filter, &everything(), Version::Either);
    ensure!(!tables.is_empty(), "no socket can pass: the conditions of the filter exclude each other");
    Ok(tables)
}

/// Which version of IP a table must be of, of which a socket can pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Its own.
    Own,
    /// Either: the other end of a connection, or the listener that it waits for, may be of the other one.
    Either,
}

/// Those of the tables of which a socket can pass.
pub(super) fn tables(filter: &Filter, among: &[Wanted], version: Version) -> Vec<Wanted> {
    let may_pass = |(family, protocol): &Wanted| match version {
        Version::Own => filter.may_pass(*family, *protocol),
        Version::Either => everything()
            .into_iter()
            .any(|(family, other)| other == *protocol && filter.may_pass(family, other)),
    };
    // What is in no table is known only when all tables are.
    let all = among.contains(&RESIDUAL) && may_pass(&RESIDUAL);
    among.iter().filter(|table| all || may_pass(table)).copied().collect()
}

/// The text of a filter in a file, or on stdin where its name is `-`; its lines are one.
fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("the filter cannot be read from stdin")?;
    } else {
        text = std::fs::read_to_string(file)
            .with_context(|| format!("the filter in {} cannot be read", crate::text::path(file)))?;
    }
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
