//! The filter on the command line: words of the arguments to a filter.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use anyhow::bail;

use crate::filter::{self, Filter, Vocabulary};
use crate::sys::{names, procnet};

/// Understands the arguments that are left, joined as they were typed.
pub(super) fn parse(words: &[String]) -> anyhow::Result<Filter> {
    let text = words.join(" ");
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
