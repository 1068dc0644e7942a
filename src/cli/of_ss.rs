//! Options of `ss` that are not there, and what to do instead. None is passed over in silence.

use clap::Error;
use clap::error::{ContextKind, ContextValue};

/// By both names.
const MISSING: &[(&str, &str, &str)] = &[
    ("-D", "--diag", "the kernel's answers are not written to files; --json has all that they tell"),
    ("--tipcinfo", "--tipcinfo", "what TIPC counts is not read yet"),
];

/// What is to be said instead of clap's own words, if it is an option of `ss`.
pub(super) fn missing(error: &Error) -> Option<String> {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return None };
    let (short, long, instead) = MISSING.iter().find(|(short, long, _)| typed == short || typed == long)?;
    let names = if short == long { (*long).to_owned() } else { format!("{short}, {long}") };
    Some(format!("sockeye: there is no {names} as in ss: {instead}"))
}
