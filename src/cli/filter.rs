//! The filter on the command line: words of the arguments to a filter.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::filter::{self, Filter, FilterError, Vocabulary};
use crate::model::{PortRange, Protocol};
use crate::source::{RESIDUAL, Wanted, everything};
use crate::sys::{names, procnet};

/// Understands the arguments that are left, joined as they were typed.
pub(super) fn parse(words: &[String], file: Option<&Path>) -> anyhow::Result<Filter> {
    let text = joined(words, file)?;
    // Nothing of the machine is looked up for nothing.
    if text.is_empty() { Ok(Filter::default()) } else { understood(&text, &Machine::new()) }
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

/// What filters have to know of this machine.
pub(super) struct Machine {
    ephemeral: PortRange,
    /// Read when the first name is asked for.
    services: OnceCell<HashMap<(Protocol, u16), String>>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self { ephemeral: procnet::ephemeral_ports(), services: OnceCell::new() }
    }

    pub(super) fn understand(&self, text: &str) -> Result<Filter, FilterError> {
        self.with(|vocabulary| Filter::parse(text, vocabulary))
    }

    /// Gives it as filters want it.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Vocabulary<'_>) -> T) -> T {
        let services = |name: &str| {
            let all = self.services.get_or_init(names::services);
            let named = all.iter().filter(|(_, known)| known.as_str() == name);
            let ports: BTreeSet<u16> = named.map(|((_, port), _)| *port).collect();
            ports.into_iter().collect()
        };
        read(&Vocabulary { services: &services, ephemeral: self.ephemeral })
    }
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
