//! Sockets under headings: those with one value of a field, then those with the next.
//!
//! Puts rows in order and counts; words are made for the headings in sight. How a heading is
//! drawn is said in `view`.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::app::App;
use super::arranged::Pane;
use super::cell::{self, Seen};
use super::kept::Pool;
use super::menu::Choice;
use super::update::relist;
use crate::model::field::{self, Field, Kind};
use crate::model::{Row, Value};
use crate::text;

/// What people group by, before all other fields.
const USUAL: &[&str] = &[
    "owner",
    "comm",
    "user",
    "unit",
    "container",
    "state",
    "protocol",
    "local_port",
    "remote_address",
    "scope",
    "netns_name",
];

/// How the lines of a view are grouped.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    /// `None` where they are not.
    pub(super) field: Option<&'static Field>,
    /// The headings whose lines are hidden.
    pub(super) folded: HashSet<Id>,
}

/// What tells a heading from others, whatever is below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(u64);

/// A heading in the listing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heading {
    pub(super) id: Id,
    /// The line that it stands in.
    pub(super) line: usize,
    /// The number of a socket below it.
    pub(super) first: u32,
    pub(super) count: usize,
    pub(super) folded: bool,
}

/// Puts the rows under headings: groups in the order of their values, the unknown last; within one the order
/// stays. What is folded is left out.
pub(super) fn put_under_headings<'a>(
    index: &mut Vec<u32>,
    grouping: &Grouping,
    pool: Pool<'a>,
    seen: impl Fn(&'a Row) -> Seen<'a>,
) -> Vec<Heading> {
    let Some(field) = grouping.field else { return Vec::new() };
    let value = |at: u32| pool.get(at).map_or(Value::Null, |row| (field.extract)(&seen(row).subject));
    let mut valued: Vec<(Value<'_>, u32)> = index.iter().map(|at| (value(*at), *at)).collect();
    valued.sort_by(|(a, _), (b, _)| a.compare(b));
    index.clear();
    let mut headings = Vec::new();
    for group in valued.chunk_by(|(a, _), (b, _)| a.compare(b).is_eq()) {
        let Some((_, first)) = group.first() else { continue };
        let Some(row) = pool.get(*first) else { continue };
        let id = id(&label(field, &seen(row)));
        let folded = grouping.folded.contains(&id);
        let line = index.len() + headings.len();
        headings.push(Heading { id, line, first: *first, count: group.len(), folded });
        if !folded {
            index.extend(group.iter().map(|(_, at)| *at));
        }
    }
    headings
}

fn id(label: &str) -> Id {
    let mut hasher = DefaultHasher::new();
    label.hash(&mut hasher);
    Id(hasher.finish())
}

/// What the sockets below a heading have in common.
pub(super) fn label(field: &'static Field, seen: &Seen<'_>) -> String {
    let socket = &seen.subject.row.socket;
    match (field.extract)(&seen.subject) {
        Value::Owner(owners) => match owners.found() {
            Ok(known) => {
                let process = known.first().process;
                format!("{} {}", seen.look.escape(process.comm.as_bytes()), process.id.pid.0)
            }
            Err(why) => cell::no_owner(why, socket.uid, seen).into_owned(),
        },
        value => cell::value_text(&value, seen).map_or_else(|| "none or unknown".to_owned(), Into::into),
    }
}

/// The text of a heading.
pub(super) fn headline(app: &App, heading: &Heading) -> String {
    let sign = match (heading.folded, app.look.ascii) {
        (false, false) => "▾",
        (true, false) => "▸",
        (false, true) => "v",
        (true, true) => ">",
    };
    let count = text::counted(heading.count, "socket", "sockets");
    let seen = app.pool().get(heading.first).and_then(|row| app.seen(row));
    let Some((field, seen)) = app.pane().grouping.field.zip(seen) else { return format!("{sign} {count}") };
    format!("{sign} {} {}: {count}", field.title, label(field, &seen))
}

/// What lines can be grouped by.
pub(super) fn choices(app: &App) -> Vec<Choice> {
    let now = app.pane().grouping.field.map(|field| field.key);
    let choice = |key: &str, title: &str, about: &str| Choice {
        key: key.to_owned(),
        shown: Some(now.unwrap_or_default() == key),
        title: title.to_owned(),
        about: about.to_owned(),
    };
    let usual = USUAL.iter().filter_map(|key| field::by_key(key));
    let others = field::all().filter(|field| can_be_grouped_by(field) && !USUAL.contains(&field.key));
    let fields = usual.chain(others).map(|field| choice(field.key, field.key, field.help));
    [choice("", "none", "No headings.")].into_iter().chain(fields).collect()
}

/// The values of lists are not compared; the other end would be looked for with every reading.
fn can_be_grouped_by(field: &Field) -> bool {
    !matches!(field.kind, Kind::List(_)) && field.key != "peer_cookie"
}

/// The field of that name, where lines can be grouped by it.
pub(super) fn field(key: &str) -> Option<&'static Field> {
    field::by_key(key).filter(|field| can_be_grouped_by(field))
}

/// Groups by the field of that name, or not at all.
pub(super) fn by(app: &mut App, key: &str) {
    app.pane_mut().grouping = Grouping { field: field(key), folded: HashSet::new() };
    relist(app);
}

/// Hides what is below a heading, or shows it again.
pub(super) fn fold(app: &mut App, id: Id) {
    let Pane { grouping: Grouping { folded, .. }, .. } = app.pane_mut();
    if !folded.remove(&id) {
        folded.insert(id);
    }
    relist(app);
}
