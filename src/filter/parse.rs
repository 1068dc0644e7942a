//! The grammar: tokens in, an expression out, every mistake with its place. `docs/filter.md` has it
//! written down.

use std::ops::Range;

use super::condition::{Condition, Test};
use super::error::Wrong;
use super::expr::Expr;
use super::lex::{Compare, Placed, Token};
use super::names::{self, Flag, Named};
use super::operand::Operand;
use super::pattern::Pattern;
use super::states::States;
use super::{Vocabulary, error};
use crate::model::field::Kind;

/// Reads all tokens. `None` for no tokens.
pub(super) fn parse(
    tokens: &[Placed],
    end: usize,
    vocabulary: &Vocabulary<'_>,
) -> Result<Option<Expr>, Wrong> {
    let mut parser = Parser { tokens, at: 0, end, depth: 0, vocabulary };
    if tokens.is_empty() {
        return Ok(None);
    }
    let expr = parser.list()?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(Token::Close) => Err(Wrong::new(&parser.span(), "this parenthesis was never opened")),
        Some(_) => Err(Wrong::new(&parser.span(), "this is not expected here")),
    }
}

/// Deeper nesting than this is no filter but an attack on the stack.
const DEEPEST: usize = 100;

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    /// Where the text ends.
    end: usize,
    depth: usize,
    vocabulary: &'a Vocabulary<'a>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// Where the next token is, or the end.
    fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |(_, span)| span.clone())
    }

    fn next(&mut self) -> Option<Placed> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, token: &Token) -> bool {
        let there = self.peek() == Some(token);
        self.at += usize::from(there);
        there
    }

    /// Conditions that are joined. ss reads them from left to right, most languages read `and` first;
    /// where that makes a difference, nobody should have to guess.
    fn list(&mut self) -> Result<Expr, Wrong> {
        let mut expr = self.unary()?;
        let mut after_or = false;
        while let Some(token) = self.peek() {
            let span = self.span();
            let joined = match token {
                Token::Close | Token::CloseSet => break,
                Token::Or => {
                    self.at += 1;
                    after_or = true;
                    expr.or(self.unary()?)
                }
                _ if after_or => {
                    return Err(Wrong::new(
                        &span,
                        "this could belong to the last condition alone, or to all before",
                    )
                    .advise("put parentheses: `(a or b) and c`, as ss reads it, or `a or (b and c)`"));
                }
                token => {
                    self.at += usize::from(*token == Token::And);
                    expr.and(self.unary()?)
                }
            };
            expr = joined;
        }
        Ok(expr)
    }

    /// What is below a `not` or in parentheses.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Expr, Wrong>) -> Result<Expr, Wrong> {
        if self.depth == DEEPEST {
            return Err(Wrong::new(&self.span(), "this is nested too deeply"));
        }
        self.depth += 1;
        let expr = read(self)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn unary(&mut self) -> Result<Expr, Wrong> {
        let span = self.span();
        match self.next() {
            Some((Token::Not, _)) => Ok(self.nested(Self::unary)?.not()),
            Some((Token::Open, _)) => {
                if self.peek() == Some(&Token::Close) {
                    return Err(Wrong::new(&self.span(), "there is nothing in the parentheses"));
                }
                let expr = self.nested(Self::list)?;
                if self.take(&Token::Close) {
                    Ok(expr)
                } else {
                    Err(Wrong::new(&span, "this parenthesis is not closed"))
                }
            }
            Some((Token::Word(word), span)) => self.condition(&word, &span),
            Some((Token::Quoted(text), span)) => text_search(Pattern::within(&text), &span),
            Some((Token::Regex(pattern), span)) => text_search(Pattern::regex(&pattern), &span),
            Some((_, span)) => Err(Wrong::new(&span, "a condition should begin here")
                .advise("such as `listening`, `sport = :22`, `proc = nginx` or a text to look for")),
            None => Err(Wrong::new(&span, "a condition is missing here")),
        }
    }

    fn condition(&mut self, word: &str, span: &Range<usize>) -> Result<Expr, Wrong> {
        match word {
            "state" | "exclude" | "excl" if !self.is_comparison() => return self.states(word),
            // The comparison may be left out.
            "src" | "dst" | "sport" | "dport" | "dev" | "fwmark" | "cgroup" => {
                let operand = if self.is_comparison() { self.operand()? } else { self.value()? };
                return self.compare(word, span, &operand);
            }
            "autobound" => return Ok(Expr::Is(Condition::Autobound((self.vocabulary.ephemeral)()))),
            _ => {}
        }
        if self.is_comparison() {
            let operand = self.operand()?;
            return self.compare(word, span, &operand);
        }
        Self::alone(word, span)
    }

    fn is_comparison(&self) -> bool {
        matches!(self.peek(), Some(Token::Compare(_) | Token::In))
    }

    /// `state a state b` are both, `exclude c` is none of those, as in ss: one after the other, they
    /// make one set.
    fn states(&mut self, word: &str) -> Result<Expr, Wrong> {
        let mut word = word.to_owned();
        // What is excluded first is taken from all.
        let mut states = if word == "state" { States::NONE } else { States::all() };
        loop {
            let named = self.state_name()?;
            states = if word == "state" { states.or(named) } else { states.without(named) };
            match self.tokens.get(self.at) {
                Some((Token::Word(next), _)) if matches!(next.as_str(), "state" | "exclude" | "excl") => {
                    word.clone_from(next);
                    self.at += 1;
                }
                _ => break,
            }
        }
        Ok(Expr::Is(Condition::States(states)))
    }

    fn state_name(&mut self) -> Result<States, Wrong> {
        let span = self.span();
        let Some((Token::Word(name), _)) = self.next() else {
            return Err(Wrong::new(&span, "the name of a state should stand here").advise(STATES));
        };
        States::named(&name).ok_or_else(|| {
            let wrong = Wrong::new(&span, "there is no such state").expecting(&name, States::names());
            if wrong.advice.is_some() { wrong } else { wrong.advise(STATES) }
        })
    }

    fn compare(&self, word: &str, span: &Range<usize>, operand: &Operand) -> Result<Expr, Wrong> {
        let name = word.to_ascii_lowercase();
        match names::named(&name) {
            Some(named) => operand.compare(named, self.vocabulary),
            None => Err(Wrong::new(span, "there is no such field").expecting(&name, names::names())),
        }
    }

    /// A word that stands for itself: a state, a protocol, a flag, or a text to look for.
    fn alone(word: &str, span: &Range<usize>) -> Result<Expr, Wrong> {
        if let Some(flag) = Flag::named(word) {
            return Ok(Expr::Is(Condition::Flag(flag)));
        }
        match names::named(word) {
            Some(Named::Field(field)) if field.kind == Kind::Bool => {
                return Ok(Expr::Is(Condition::Field(field, Test::Bool(true))));
            }
            Some(_) => {
                return Err(Wrong::new(span, "with what is it to be compared?").advise(format!(
                    "such as `{word} = …`; write \"{word}\" in quotes to look for the text"
                )));
            }
            None => {}
        }
        if let Some(port) = word.strip_prefix(':') {
            return Err(Wrong::new(span, "a port stands right of a comparison")
                .advise(format!("such as `port = {port}`; who holds it is told by: sockeye who {word}")));
        }
        // A slip must not become an empty table.
        if let Some(near) = error::nearest(word, names::flags()) {
            return Err(Wrong::new(span, "there is no such word")
                .advise(format!("did you mean `{near}`? To look for the text, write \"{word}\" in quotes")));
        }
        text_search(Pattern::within(word), span)
    }

    /// A comparison and what stands right of it.
    fn operand(&mut self) -> Result<Operand, Wrong> {
        let span = self.span();
        let compare = match self.next() {
            Some((Token::Compare(compare), _)) => compare,
            Some((Token::In, _)) => Compare::Equal,
            _ => return Err(Wrong::new(&span, "a comparison should stand here")),
        };
        Ok(Operand { compare, sign: span, ..self.value()? })
    }

    /// One value, or several in braces.
    fn value(&mut self) -> Result<Operand, Wrong> {
        let span = self.span();
        let one = |values, regex| Operand {
            compare: Compare::Equal,
            sign: span.clone(),
            values,
            regex,
            span: span.clone(),
        };
        match self.next() {
            Some((Token::Word(word) | Token::Quoted(word), span)) => Ok(one(vec![(word, span)], false)),
            Some((Token::Regex(pattern), span)) => Ok(one(vec![(pattern, span)], true)),
            Some((Token::OpenSet, _)) => {
                let mut values = Vec::new();
                loop {
                    let at = self.span();
                    match self.next() {
                        Some((Token::Word(word) | Token::Quoted(word), span)) => values.push((word, span)),
                        Some((Token::Comma, _)) => {}
                        Some((Token::CloseSet, _)) if values.is_empty() => {
                            return Err(Wrong::new(&at, "there is nothing in the braces"));
                        }
                        Some((Token::CloseSet, _)) => return Ok(one(values, false)),
                        _ => return Err(Wrong::new(&span, "these braces are not closed")),
                    }
                }
            }
            Some(_) => Err(Wrong::new(&span, "a value should stand here")),
            None => Err(Wrong::new(&span, "a value is missing here")),
        }
    }
}

const STATES: &str =
    "expected a state such as established or listening, or all, connected, synchronized, bucket or big";

fn text_search(pattern: Result<Pattern, String>, span: &Range<usize>) -> Result<Expr, Wrong> {
    let pattern = pattern.map_err(|wrong| Wrong::new(span, wrong))?;
    Ok(Expr::Is(Condition::Text(pattern)))
}
