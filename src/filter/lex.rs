//! The text of a filter, cut into tokens. What they mean is decided by the parser.

use std::ops::Range;

use super::error::Wrong;

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    OpenSet,
    CloseSet,
    Comma,
    Not,
    And,
    Or,
    In,
    Compare(Compare),
    Word(String),
    /// In quotes: a text, whatever it says.
    Quoted(String),
    /// Between slashes.
    Regex(String),
}

/// How two things are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Looks like a pattern.
    Like,
    Unlike,
}

/// A token, and where it is.
pub(super) type Placed = (Token, Range<usize>);

/// Cuts a filter into tokens.
pub(super) fn lex(text: &str) -> Result<Vec<Placed>, Wrong> {
    let mut lexer = Lexer { text, at: 0, in_set: false, tokens: Vec::new() };
    while let Some(token) = lexer.next()? {
        lexer.tokens.push(token);
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Between braces, where a comma parts words.
    in_set: bool,
    tokens: Vec<Placed>,
}

/// Signs that are tokens wherever they stand, the longer ones first.
const SIGNS: &[(&str, Token)] = &[
    ("&&", Token::And),
    ("||", Token::Or),
    ("==", Token::Compare(Compare::Equal)),
    ("!=", Token::Compare(Compare::Unequal)),
    ("!~", Token::Compare(Compare::Unlike)),
    (">=", Token::Compare(Compare::GreaterOrEqual)),
    ("<=", Token::Compare(Compare::LessOrEqual)),
    ("=", Token::Compare(Compare::Equal)),
    (">", Token::Compare(Compare::Greater)),
    ("<", Token::Compare(Compare::Less)),
    ("~", Token::Compare(Compare::Like)),
    ("!", Token::Not),
    ("&", Token::And),
    ("|", Token::Or),
    ("(", Token::Open),
    (")", Token::Close),
    ("{", Token::OpenSet),
    ("}", Token::CloseSet),
];

/// Words that are tokens, as in ss.
const WORDS: &[(&str, Token)] = &[
    ("not", Token::Not),
    ("and", Token::And),
    ("or", Token::Or),
    ("in", Token::In),
    ("eq", Token::Compare(Compare::Equal)),
    ("ne", Token::Compare(Compare::Unequal)),
    ("neq", Token::Compare(Compare::Unequal)),
    ("lt", Token::Compare(Compare::Less)),
    ("le", Token::Compare(Compare::LessOrEqual)),
    ("leq", Token::Compare(Compare::LessOrEqual)),
    ("gt", Token::Compare(Compare::Greater)),
    ("ge", Token::Compare(Compare::GreaterOrEqual)),
    ("geq", Token::Compare(Compare::GreaterOrEqual)),
];

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Result<Option<Placed>, Wrong> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let token = match first {
            '"' | '\'' => self.quoted(first)?,
            ',' if self.in_set => {
                self.at += 1;
                Token::Comma
            }
            '/' if self.may_be_regex() && self.regex_end().is_some() => self.regex(),
            _ => self.sign().unwrap_or_else(|| self.word()),
        };
        match token {
            Token::OpenSet => self.in_set = true,
            Token::CloseSet => self.in_set = false,
            _ => {}
        }
        Ok(Some((token, start..self.at)))
    }

    fn sign(&mut self) -> Option<Token> {
        let (sign, token) = SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign))?;
        self.at += sign.len();
        Some(token.clone())
    }

    /// Up to white space or a sign. A backslash takes the next character as it is, as in ss.
    fn word(&mut self) -> Token {
        let mut word = String::new();
        let mut plain = true;
        while let Some(c) = self.rest().chars().next() {
            if self.ends_word(c) && !(word.is_empty() && plain) {
                break;
            }
            self.at += c.len_utf8();
            match c {
                '\\' => {
                    plain = false;
                    if let Some(taken) = self.rest().chars().next() {
                        self.at += taken.len_utf8();
                        word.push(taken);
                    }
                }
                _ => word.push(c),
            }
        }
        let known = WORDS.iter().find(|(known, _)| plain && *known == word);
        known.map_or(Token::Word(word), |(_, token)| token.clone())
    }

    fn ends_word(&self, c: char) -> bool {
        match c {
            '(' | ')' | '{' | '}' | '&' | '|' | '=' | '<' | '>' | '~' => true,
            ',' => self.in_set,
            '!' => self.rest().starts_with("!=") || self.rest().starts_with("!~"),
            _ => c.is_whitespace(),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Wrong> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                _ if c == quote => {
                    self.at = start + at + 1;
                    return Ok(Token::Quoted(text));
                }
                _ => text.push(c),
            }
        }
        Err(Wrong::new(&(start..self.text.len()), "the quote is not closed"))
    }

    /// Where a value or a condition begins, a slash may begin a pattern. After `=` it begins a path.
    fn may_be_regex(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some((Token::Compare(compare), _)) => matches!(compare, Compare::Like | Compare::Unlike),
            Some((token, _)) => matches!(token, Token::Not | Token::And | Token::Or | Token::Open),
        }
    }

    /// The slash that ends a pattern: one that is followed by nothing that could belong to it.
    fn regex_end(&self) -> Option<usize> {
        let rest = self.rest();
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            let after = rest[at + c.len_utf8()..].chars().next();
            if c == '/' && !escaped && at > 1 && after.is_none_or(|c| c == ')' || c.is_whitespace()) {
                return Some(at);
            }
            escaped = c == '\\' && !escaped;
        }
        None
    }

    fn regex(&mut self) -> Token {
        let end = self.regex_end().unwrap_or_default();
        let pattern = self.rest()[1..end].to_owned();
        self.at += end + 1;
        Token::Regex(pattern)
    }
}
