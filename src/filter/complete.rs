//! What may stand at the end of a filter that is being typed.

use std::collections::BTreeSet;

use super::lex::{Token, lex};
use super::names::{self, Named};
use super::states::States;
use crate::model::NoOwner;
use crate::model::field;

/// Words that begin a condition and are no fields.
const BEGINNINGS: &[&str] = &["state", "exclude", "autobound", "not"];
/// What may follow a name.
const COMPARISONS: &[&str] = &["=", "!=", "<", "<=", ">", ">=", "~", "!~", "in"];
/// What may follow a condition.
const JOINTS: &[&str] = &["and", "or"];

/// What the last word of a text may become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where that word begins, in bytes; the end of the text where it is empty.
    pub from: usize,
    /// Words that may stand in its place, each once: in the order of the alphabet where the word is
    /// begun, else the more usual ones first.
    pub words: Vec<&'static str>,
}

/// Words that may stand in the place of the last one, which may be empty or begun: those that begin
/// like it. For a text that is no filter so far there are none.
#[must_use]
pub fn complete(text: &str) -> Completion {
    let from = text.rfind(ends_word).map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let begun = &text[from..];
    let Ok(tokens) = lex(&text[..from]) else { return Completion { from, words: Vec::new() } };
    let tokens: Vec<Token> = tokens.into_iter().map(|(token, _)| token).collect();
    let (mut words, mut seen) = (expected(&tokens), BTreeSet::new());
    let start = begun.to_ascii_lowercase();
    words.retain(|word| word.starts_with(&start) && *word != begun && seen.insert(*word));
    if !begun.is_empty() {
        words.sort_unstable();
    }
    Completion { from, words }
}

/// True for what parts words.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || "(){},!&|=<>~".contains(c)
}

/// Everything that may follow.
fn expected(tokens: &[Token]) -> Vec<&'static str> {
    match tokens {
        [.., Token::Word(word)] if matches!(word.as_str(), "state" | "exclude" | "excl") => {
            States::names().collect()
        }
        [.., Token::Word(name), Token::Compare(_) | Token::In] => values(name),
        [before @ .., Token::OpenSet | Token::Comma] => match before.iter().rposition(is_comparison) {
            Some(at) if at > 0 => match &before[at - 1] {
                Token::Word(name) => values(name),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        },
        [.., Token::Compare(_) | Token::In] => Vec::new(),
        [.., Token::Word(name)] if is_name(name) => COMPARISONS.to_vec(),
        [] | [.., Token::Not | Token::And | Token::Or | Token::Open] => conditions(),
        _ => JOINTS.iter().copied().chain(conditions()).collect(),
    }
}

fn is_comparison(token: &Token) -> bool {
    matches!(token, Token::Compare(_) | Token::In)
}

/// True for a name that says nothing without a comparison.
fn is_name(name: &str) -> bool {
    names::named(name).is_some() && names::Flag::named(name).is_none()
}

/// Whatever a condition may begin with.
fn conditions() -> Vec<&'static str> {
    BEGINNINGS.iter().copied().chain(names::flags()).chain(names::names()).collect()
}

/// The values of a name, where they are words.
fn values(name: &str) -> Vec<&'static str> {
    match names::named(name) {
        Some(Named::Field(named)) => {
            let words = field::vocabulary(named).unwrap_or_default();
            words.into_iter().chain(["none"]).collect()
        }
        Some(Named::OwnerOrStatus) => NoOwner::statuses().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_follow_is_offered() {
        for (typed, has, lacks) in [
            ("", &["listening", "proc", "state", "tcp", "not"][..], &["and", "=", "established "][..]),
            ("lis", &["listen", "listener", "listening"], &["tcp"]),
            ("state ", &["established", "connected", "big"], &["tcp", "proc"]),
            ("exclude est", &["established"], &["big"]),
            ("proc ", &["=", "~", "in"], &["and", "tcp"]),
            ("proc = ", &[], &["tcp", "and"]),
            ("protocol = t", &["tcp", "tipc"], &["udp"]),
            ("scope >= ", &["private", "any"], &["tcp"]),
            ("reach in { v", &["v4", "v6"], &["both"]),
            ("reach in {v4,", &["v6", "both"], &["tcp"]),
            ("owner = ", &["none", "denied", "kernel"], &["tcp"]),
            ("tcp ", &["and", "or", "listening", "port"], &["="]),
            ("tcp and (", &["listening", "not"], &["and"]),
            ("tcp and not ex", &["exposed", "exclude", "exe"], &["tcp"]),
            ("port = 'x", &[], &["tcp"]),
            ("TC", &["tcp"], &[]),
            ("tcp", &[], &["tcp"]),
        ] {
            let Completion { from, words: offered } = complete(typed);
            let begun = typed[from..].to_ascii_lowercase();
            assert!(offered.iter().all(|word| word.starts_with(&begun)), "{typed:?}: {offered:?}");
            assert!(has.iter().all(|word| offered.contains(word)), "{typed:?}: {offered:?}");
            assert!(!lacks.iter().any(|word| offered.contains(word)), "{typed:?}: {offered:?}");
            assert!(begun.is_empty() || offered.is_sorted());
        }
    }
}
