//! Approving and rejecting a listener in the text of a policy file, which people have written.
//!
//! Pure: text in, text out. Every comment, the order and the layout stay as they are; only what has to be said
//! otherwise is changed, and shown line by line before anybody writes it. An edit that does not bring the wished
//! verdict is none.

mod place;

use super::learn::{Lesson, quoted};
use super::{Expectation, HEADER, Matcher, Policy, PolicyError, Ports, Verdict, is_judged};
use crate::model::{Row, Socket, SystemBytes};
use crate::store::{Moment, Table};
use crate::text;
use place::{Patch, Place};

/// What is wished for of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Approve,
    Reject,
}

impl Wish {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
        }
    }

    /// What also becomes of other listeners.
    #[must_use]
    pub fn spreads(self) -> &'static str {
        match self {
            Self::Approve => "expected then, too",
            Self::Reject => "not expected any more, too",
        }
    }
}

/// The open listeners that one policy expects and the other does not.
pub fn turned<'a>(
    before: &Policy,
    after: &Policy,
    table: &'a Table,
    moment: &Moment,
) -> impl Iterator<Item = &'a Row> {
    let expects =
        |policy: &Policy, row: &Row| matches!(policy.judge(&row.socket, &moment.names), Verdict::Expected(_));
    table
        .open()
        .filter(|row| is_judged(&row.socket))
        .filter(move |row| expects(before, row) != expects(after, row))
}

/// The text of a policy file, what it means, and how such texts are understood.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// `None` where there is no file yet.
    pub text: Option<&'a str>,
    pub policy: &'a Policy,
    pub parse: &'a dyn Fn(&str) -> Result<Policy, PolicyError>,
}

/// What a file will say, and what changes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The whole file afterwards.
    pub text: String,
    pub parts: Vec<Part>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins: of what is added in the new text, of all else in the old one. Counted from 1.
    pub line: usize,
    /// What is done, as a sentence fragment: `the entry accepts any, before loopback`.
    pub does: String,
    /// The lines that go, and those that come.
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

/// Why nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("a policy judges TCP sockets that listen and UDP sockets that serve a port; this is none")]
    NotJudged,
    #[error("it is expected already, by the entry of line {line}")]
    Expected { line: usize },
    #[error("no entry expects it, so there is none to take back")]
    NotExpected,
    #[error(
        "the entry of line {line} expects more than this: {why}; to reject it, {advice} there by hand, in an editor"
    )]
    Broad { line: usize, why: String, advice: String },
    #[error(
        "the entries of this file stand in one list, expect = [...], where none can be added or taken out; do it there by hand, in an editor"
    )]
    Inline,
    #[error("the file would not say what is wished: {0}; change it by hand, in an editor")]
    Unfit(String),
}

impl Draft<'_> {
    /// Does what is wished.
    pub fn edit(&self, wish: Wish, socket: &Socket, moment: &Moment) -> Result<Edit, EditError> {
        match wish {
            Wish::Approve => self.approve(socket, moment),
            Wish::Reject => self.reject(socket, moment),
        }
    }

    /// Makes the listener an expected one. An entry of its port and its program that is only too narrow is changed
    /// in place; else one is added, as learning would.
    pub fn approve(&self, socket: &Socket, moment: &Moment) -> Result<Edit, EditError> {
        is_about(socket)?;
        if let Verdict::Expected(entry) = self.policy.judge(socket, &moment.names) {
            return Err(EditError::Expected { line: entry.line });
        }
        let lesson = Lesson::of(socket, moment, self.policy.locate).ok_or(EditError::NotJudged)?;
        let edit = match self.text.and_then(|text| self.amended(text, &lesson, socket, moment)) {
            Some(edit) => edit,
            None => added(self.text.unwrap_or(HEADER), &lesson, moment),
        };
        let policy = self.understood(&edit)?;
        match policy.judge(socket, &moment.names) {
            Verdict::Expected(_) => Ok(edit),
            _ => Err(EditError::Unfit("it would still not be expected".to_owned())),
        }
    }

    /// Makes the listener an unexpected one: every entry that covers it is narrowed where it lists others too, and
    /// else taken out. One that covers it together with other ports is for people to change.
    pub fn reject(&self, socket: &Socket, moment: &Moment) -> Result<Edit, EditError> {
        is_about(socket)?;
        let text = self.text.unwrap_or_default();
        let all = self.policy.expectations.iter().zip(place::places(text));
        let covers = |entry: &Expectation| matches!(entry.judge(socket, &moment.names), Verdict::Expected(_));
        let mut changes = Vec::new();
        for (entry, place) in all.filter(|(entry, _)| covers(entry)) {
            changes.push(taken_back(text, (entry, &place), socket, moment)?);
        }
        if changes.is_empty() {
            return Err(EditError::NotExpected);
        }
        let edit = edited(text, changes);
        let policy = self.understood(&edit)?;
        match policy.judge(socket, &moment.names) {
            Verdict::Expected(_) => Err(EditError::Unfit("it would still be expected".to_owned())),
            _ => Ok(edit),
        }
    }

    /// What the edited text means.
    fn understood(&self, edit: &Edit) -> Result<Policy, EditError> {
        (self.parse)(&edit.text).map_err(|error| {
            let text = self.text.unwrap_or_default();
            let inline = place::places(text).iter().any(|place| !place.has_lines(text));
            if inline { EditError::Inline } else { EditError::Unfit(error.brief()) }
        })
    }

    /// The edit that changes one entry in place, where that is enough.
    fn amended(&self, text: &str, lesson: &Lesson, socket: &Socket, moment: &Moment) -> Option<Edit> {
        let all = self.policy.expectations.iter().zip(place::places(text));
        let mut changes = all.filter_map(|(entry, place)| {
            let lack = lack(entry, lesson, socket, moment)?;
            let names = |names: &[SystemBytes]| names.iter().map(quoted).collect::<Vec<_>>();
            let shown = |names: &[SystemBytes]| {
                names.iter().map(|name| text::escape(name.as_bytes())).collect::<Vec<_>>().join(" and ")
            };
            let (patch, does) = match &lack {
                Lack::Scope => {
                    let range = place.value("scope")?.range.clone();
                    let (scope, before) = (lesson.scope.word(), entry.scope.word());
                    let patch = Patch { range, text: format!("\"{scope}\"") };
                    (patch, format!("the entry of line {} accepts {scope}, before {before}", entry.line))
                }
                Lack::Exe(more) => {
                    let does = format!("the entry of line {} accepts {} too", entry.line, shown(more));
                    (place.value("exe")?.with(text, &names(more)), does)
                }
                Lack::User(user) => {
                    let user = std::slice::from_ref(user);
                    let does =
                        format!("the entry of line {} accepts the user {} too", entry.line, shown(user));
                    (place.value("user")?.with(text, &names(user)), does)
                }
            };
            Some(Change { patch, does })
        });
        changes.next().map(|change| edited(text, vec![change]))
    }
}

fn is_about(socket: &Socket) -> Result<(), EditError> {
    if is_judged(socket) { Ok(()) } else { Err(EditError::NotJudged) }
}

/// One patch and what it does.
struct Change {
    patch: Patch,
    does: String,
}

/// The one thing that keeps an entry from covering a listener.
enum Lack {
    Scope,
    /// These run there too.
    Exe(Vec<SystemBytes>),
    User(SystemBytes),
}

/// What the entry lacks, where it is about nothing but the listener's port and its conditions stay as strict as those
/// that would be learnt: it must not admit anybody whom nobody approved.
fn lack(entry: &Expectation, lesson: &Lesson, socket: &Socket, moment: &Moment) -> Option<Lack> {
    if entry.protocol != lesson.protocol || entry.ports != Ports::Range(lesson.port, lesson.port) {
        return None;
    }
    let (mut exe, mut user) = (None, None);
    for matcher in &entry.matchers {
        match matcher {
            Matcher::Exe(exes) => exe = Some(exes.paths()),
            Matcher::User(wanted) => user = Some((wanted, matcher.holds(socket, &moment.names))),
            _ if matcher.holds(socket, &moment.names) == Some(true) => {}
            _ => return None,
        }
    }
    let same_exe = exe.is_some_and(|wanted| {
        !lesson.exes.is_empty()
            && wanted.iter().collect::<std::collections::BTreeSet<_>>() == lesson.exes.iter().collect()
    });
    // An entry that names no user was not meant to tell users apart.
    let same_user = user.is_none_or(|(wanted, holds)| wanted.len() == 1 && holds == Some(true));
    let (same_scope, narrower) = (entry.scope == lesson.scope, entry.scope < lesson.scope);
    match (exe, user) {
        _ if narrower && same_exe && same_user => Some(Lack::Scope),
        (Some(wanted), _) if same_scope && same_user && !same_exe && !lesson.exes.is_empty() => {
            let more = lesson.exes.iter().filter(|exe| !wanted.contains(exe)).cloned().collect::<Vec<_>>();
            (!more.is_empty()).then_some(Lack::Exe(more))
        }
        (_, Some((_, Some(false)))) if same_scope && same_exe => Some(Lack::User(lesson.user.clone()?)),
        _ => None,
    }
}

/// An entry of its own, at the end.
fn added(text: &str, lesson: &Lesson, moment: &Moment) -> Edit {
    let day = moment.taken.wall.strftime("%Y-%m-%d");
    let mut entry = lesson.entry(&format!("approved {day}"));
    if text.contains("\r\n") {
        entry = entry.replace('\n', "\r\n");
    }
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{newline}{entry}");
    let start = text.len() - entry.trim_start().len();
    let mut does = "an entry is added".to_owned();
    if lesson.exes.is_empty() {
        does.push_str(", which names no program: whose it is could not be seen, so it is anybody's");
    }
    let part = Part {
        line: text::line_of(&text, start),
        does,
        removed: Vec::new(),
        added: entry.trim().lines().map(str::to_owned).collect(),
    };
    Edit { text, parts: vec![part] }
}

/// How an entry that covers the listener stops to do so.
fn taken_back(
    text: &str,
    (entry, place): (&Expectation, &Place),
    socket: &Socket,
    moment: &Moment,
) -> Result<Change, EditError> {
    let line = entry.line;
    let broad = |why: String, advice: String| EditError::Broad { line, why, advice };
    let port = socket.ends.local().map(|end| end.port).ok_or(EditError::NotJudged)?;
    match entry.ports {
        Ports::Range(first, last) if first == last => {}
        Ports::Range(first, last) => {
            let advice = format!("leave {port} out of its ports: {}", around(port, first, last));
            return Err(broad(format!("the ports {first} to {last}"), advice));
        }
        Ports::Any => {
            let advice = "name the ports that are fine".to_owned();
            return Err(broad("every port".to_owned(), advice));
        }
    }
    // Names that are listed beside those of this listener are others'.
    let mut lists = entry.matchers.iter().filter_map(|matcher| {
        let used = matcher.used(socket, &moment.names);
        (used.len() < matcher.wanted().len()).then_some((matcher, used))
    });
    match (lists.next(), lists.next()) {
        (None, _) => {
            let patch = place.removal(text).ok_or(EditError::Inline)?;
            Ok(Change { patch, does: format!("the entry of line {line} is taken out") })
        }
        (Some((matcher, used)), None) => {
            let value = place.value(matcher.key()).ok_or(EditError::NotExpected)?;
            let shown: Vec<_> =
                used.iter().map(|at| text::escape(matcher.wanted()[*at].as_bytes())).collect();
            let does = format!("the entry of line {line} accepts {} no more", shown.join(" and "));
            Ok(Change { patch: value.without(text, &used), does })
        }
        (Some((one, _)), Some((other, _))) => {
            let why = format!("several a {} and a {}, in every combination", one.key(), other.key());
            Err(broad(why, "write the combinations that are fine as entries of their own".to_owned()))
        }
    }
}

/// The ports of a range without one of them, as they are written.
fn around(port: u16, first: u16, last: u16) -> String {
    let range = |first: u16, last: u16| {
        let one = first == last;
        if one { first.to_string() } else { format!("\"{first}-{last}\"") }
    };
    let before = (first < port).then(|| range(first, port - 1));
    let after = (port < last).then(|| range(port + 1, last));
    let rest: Vec<_> = before.into_iter().chain(after).collect();
    rest.join(" and ")
}

/// The text with all changes, which are of different entries.
fn edited(text: &str, mut changes: Vec<Change>) -> Edit {
    changes.sort_by_key(|change| change.patch.range.start);
    let mut new = text.to_owned();
    for Change { patch, .. } in changes.iter().rev() {
        new.replace_range(patch.range.clone(), &patch.text);
    }
    let part = |Change { patch, does }: Change| {
        let (removed, added) = place::lines(text, &patch);
        let blank = text[patch.range.start..].len() - text[patch.range.start..].trim_start().len();
        let start = if added.is_empty() { patch.range.start + blank } else { patch.range.start };
        Part { line: text::line_of(text, start), does, removed, added }
    };
    Edit { text: new, parts: changes.into_iter().map(part).collect() }
}
