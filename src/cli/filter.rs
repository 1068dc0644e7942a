//! The filter on the command line: words of the arguments to a filter.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::filter::{self, Filter, Vocabulary};
use crate::source::{RESIDUAL, Wanted, everything};
use crate::sys::{names, procnet};

/// Understands the arguments that are left, joined as they were typed.
pub(super) fn parse(words: &[String], file: Option<&Path>) -> anyhow::Result<Filter> {
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
    let known = OnceCell::new();
    let services = |name: &str| {
        let all = known.get_or_init(names::services);
        let ports: BTreeSet<u16> =
            all.iter().filter(|(_, known)| known.as_str() == name).map(|((_, port), _)| *port).collect();
        ports.into_iter().collect()
    };
    let vocabulary = Vocabulary { services: &services, ephemeral: procnet::ephemeral_ports() };
    match Filter::parse(&text, &vocabulary) {
        Ok(filter) => Ok(filter),
        Err(wrong) => bail!("the filter cannot be understood\n{wrong}"),
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
