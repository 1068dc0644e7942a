//! Which columns each view has, as data, and how they share the width of a screen.
//!
//! What a field is called and how it leans comes from the registry. Nothing is drawn here.

use crate::model::field::{self, Align, Kind};
use crate::model::{Field, Value};
use crate::text;

use super::cell::{self, Show};
use super::fitting::Facts;
use super::happening_cell::{self, ShowHappening};
use super::tally_cell::{Rank, ShowTally};
use super::tally_columns;
use super::views::View;

/// A column as it is declared.
struct Spec {
    /// The field that gives title and alignment.
    key: &'static str,
    /// Another head, where the cell shows more than the field.
    title: Option<&'static str>,
    show: Show,
    /// The fields that decide its order, the first one first.
    sort: &'static [&'static str],
    /// Largest first: what people look for in a column of amounts or moments.
    descending: bool,
    /// 0 is never dropped; then the smaller stays longer.
    priority: u8,
    /// Cells at the least, usually, and at most.
    width: [u16; 3],
    /// Shown only while there is more than one namespace to tell apart.
    among_many: bool,
}

/// A column.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that it is, or not")]
pub(super) struct Column {
    /// Its name for configuration and for whoever looks for it.
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) body: Body,
    pub(super) descending: bool,
    pub(super) right: bool,
    pub(super) among_many: bool,
    pub(super) priority: u8,
    pub(super) width: [u16; 3],
    /// Hidden ones stay where rows are ordered by them.
    pub(super) shown: bool,
}

/// What its cells are made from.
pub(super) enum Body {
    /// A field of a socket, and those that decide the order, the first one first.
    Socket { field: &'static Field, show: Show, sort: Vec<&'static Field> },
    /// What the policy says of a listener, and which fields decide the order of those of which it says the same.
    Standing { then: Vec<&'static Field> },
    /// Numbers of a tally, or what its sockets have in common.
    Tally { show: ShowTally, order: Rank },
    /// What happened, to which socket.
    Happening { show: ShowHappening },
}

const ALL_THE_REST: u16 = u16::MAX;
/// What a column that nobody declared has at most at first, unless its head is longer.
const MOST_USUAL: u16 = 30;
/// Fields whose numbers are names, and no amounts.
const NAMED_BY_NUMBERS: &[&str] =
    &["netns", "inode", "uid", "pid", "local_port", "remote_port", "peer_inode", "interface_index", "mark"];

const PLAIN: Spec = Spec {
    key: "",
    title: None,
    show: cell::plain,
    sort: &[],
    descending: false,
    priority: 0,
    width: [0; 3],
    among_many: false,
};

const NAMESPACE: Spec = Spec {
    key: "netns_name",
    show: cell::namespace,
    sort: &["netns_name", "netns"],
    priority: 1,
    width: [9, 12, 20],
    among_many: true,
    ..PLAIN
};
const PROTOCOL: Spec = Spec { key: "protocol", sort: &["protocol", "family"], width: [5, 5, 5], ..PLAIN };
const USER: Spec =
    Spec { key: "user", show: cell::user_name, sort: &["user", "uid"], width: [6, 9, 14], ..PLAIN };
const OWNER: Spec = Spec { key: "owner", show: cell::owner, sort: &["owner"], width: [12, 18, 28], ..PLAIN };
const SINCE: Spec = Spec {
    key: "opened_at",
    show: cell::since,
    sort: &["opened_at"],
    descending: true,
    width: [9, 13, 13],
    ..PLAIN
};
const EXECUTABLE: Spec = Spec { key: "exe", sort: &["exe"], width: [16, 22, ALL_THE_REST], ..PLAIN };

static LISTENERS: &[Spec] = &[
    NAMESPACE,
    PROTOCOL,
    Spec { key: "local", sort: &["local_port", "local_address", "path"], width: [15, 22, 46], ..PLAIN },
    Spec {
        key: "scope",
        show: cell::scope,
        sort: &["scope", "reach"],
        priority: 2,
        width: [11, 11, 11],
        ..PLAIN
    },
    OWNER,
    Spec { priority: 3, ..USER },
    Spec { priority: 1, ..SINCE },
    Spec {
        key: "recv_q",
        title: Some("QUEUE"),
        show: cell::backlog,
        sort: &["recv_q", "send_q"],
        descending: true,
        priority: 4,
        width: [7, 7, 9],
        ..PLAIN
    },
    Spec { priority: 5, ..EXECUTABLE },
];

static CONNECTIONS: &[Spec] = &[
    NAMESPACE,
    Spec { priority: 3, ..PROTOCOL },
    Spec { key: "state", sort: &["state"], priority: 1, width: [11, 11, 11], ..PLAIN },
    Spec { key: "local", sort: &["local", "path"], priority: 2, width: [15, 21, 46], ..PLAIN },
    Spec { key: "remote", sort: &["remote"], width: [15, 21, 46], ..PLAIN },
    OWNER,
    Spec { priority: 6, ..USER },
    Spec {
        key: "recv_q",
        show: cell::amount,
        sort: &["recv_q"],
        descending: true,
        priority: 7,
        width: [7, 7, 11],
        ..PLAIN
    },
    Spec {
        key: "send_q",
        show: cell::amount,
        sort: &["send_q"],
        descending: true,
        priority: 7,
        width: [7, 7, 11],
        ..PLAIN
    },
    Spec {
        key: "receive_rate_bytes_per_s",
        title: Some("IN/S"),
        show: cell::rate,
        sort: &["receive_rate_bytes_per_s"],
        descending: true,
        priority: 4,
        width: [8, 8, 10],
        ..PLAIN
    },
    Spec {
        key: "send_rate_bytes_per_s",
        title: Some("OUT/S"),
        show: cell::rate,
        sort: &["send_rate_bytes_per_s"],
        descending: true,
        priority: 4,
        width: [8, 8, 10],
        ..PLAIN
    },
    Spec {
        key: "rtt_us",
        title: Some("RTT"),
        show: cell::round_trip,
        sort: &["rtt_us"],
        descending: true,
        priority: 5,
        width: [5, 6, 7],
        ..PLAIN
    },
    Spec {
        key: "total_retrans",
        title: Some("RETRANS"),
        show: cell::amount,
        sort: &["total_retrans"],
        descending: true,
        priority: 5,
        width: [7, 7, 9],
        ..PLAIN
    },
    Spec { priority: 4, ..SINCE },
    Spec { priority: 8, ..EXECUTABLE },
];

static UNIX: &[Spec] = &[
    NAMESPACE,
    Spec { key: "type", sort: &["type"], priority: 4, width: [9, 9, 9], ..PLAIN },
    Spec { key: "state", sort: &["state"], priority: 2, width: [11, 11, 11], ..PLAIN },
    Spec { key: "local", title: Some("NAME"), sort: &["path"], width: [15, 24, ALL_THE_REST], ..PLAIN },
    OWNER,
    Spec {
        key: "peer_owners",
        show: cell::other_end,
        sort: &["peer_owners", "peer_inode"],
        priority: 1,
        width: [12, 18, 28],
        ..PLAIN
    },
    Spec { priority: 5, ..USER },
    Spec { priority: 3, ..SINCE },
];

/// The columns of a view.
pub(super) fn of(view: View) -> Vec<Column> {
    let specs = match view {
        View::Listeners => LISTENERS,
        View::Connections => CONNECTIONS,
        View::Unix => UNIX,
        View::Processes | View::Peers | View::Namespaces => return tally_columns::of(view),
        View::Events => return happening_cell::columns(),
    };
    let mut columns: Vec<_> = specs.iter().filter_map(Column::new).collect();
    if view == View::Listeners {
        let owner = columns.iter().position(|column| column.key == OWNER.key).unwrap_or(0);
        columns.insert(owner + 1, standing());
    }
    columns
}

/// What the policy says, beside whom it is about. It stays longer than the age.
fn standing() -> Column {
    Column {
        key: "expected",
        title: "EXPECTED",
        body: Body::Standing {
            then: ["local_port", "local_address"].into_iter().filter_map(field::by_key).collect(),
        },
        descending: false,
        right: false,
        among_many: false,
        shown: true,
        priority: 1,
        width: [8, 22, 24],
    }
}

impl Column {
    /// `None` for a key that is not in the registry; a test says that there is none such.
    fn new(spec: &Spec) -> Option<Self> {
        let field = field::by_key(spec.key)?;
        let sort = spec.sort.iter().filter_map(|key| field::by_key(key)).collect();
        Some(Self {
            key: spec.key,
            title: spec.title.unwrap_or(field.title),
            body: Body::Socket { field, show: spec.show, sort },
            descending: spec.descending,
            right: field.align == Align::Right,
            among_many: spec.among_many,
            priority: spec.priority,
            width: spec.width,
            shown: true,
        })
    }

    /// A column of any field of a socket, as some view declares it, or else as its type suggests.
    pub(super) fn of_field(field: &'static Field) -> Self {
        let declared = CONNECTIONS.iter().chain(LISTENERS).chain(UNIX).find(|spec| spec.key == field.key);
        let chosen = declared.and_then(Self::new).unwrap_or_else(|| Self::undeclared(field));
        // Who chose it wants to see it, so it stays longer than what was there at first.
        Self { priority: 1, ..chosen }
    }

    fn undeclared(field: &'static Field) -> Self {
        let head = u16::try_from(text::width(field.title)).unwrap_or(u16::MAX).max(5);
        let usual = field.width.clamp(head, head.max(MOST_USUAL));
        let most = if field.align == Align::Right { usual } else { usual.saturating_mul(2) };
        Self {
            key: field.key,
            title: field.title,
            body: Body::Socket { field, show: cell::plain, sort: vec![field] },
            descending: field.kind == Kind::Number && !NAMED_BY_NUMBERS.contains(&field.key),
            right: field.align == Align::Right,
            among_many: false,
            priority: 1,
            width: [head, usual, most],
            shown: true,
        }
    }

    /// How many values decide the order.
    pub(super) fn ranks(&self) -> usize {
        match &self.body {
            Body::Socket { sort, .. } => sort.len(),
            Body::Standing { then } => 1 + then.len(),
            Body::Tally { .. } | Body::Happening { .. } => 1,
        }
    }

    /// The values that decide the order of sockets in this column, the first one first.
    pub(super) fn sort_value<'a>(&self, at: usize, subject: &crate::model::Subject<'a>) -> Value<'a> {
        match &self.body {
            Body::Socket { sort, .. } => sort.get(at).map_or(Value::Null, |field| (field.extract)(subject)),
            Body::Standing { then } => {
                let field = at.checked_sub(1).and_then(|at| then.get(at));
                field.map_or(Value::Null, |field| (field.extract)(subject))
            }
            Body::Tally { .. } | Body::Happening { .. } => Value::Null,
        }
    }

    /// True when there is a reason to show it.
    pub(super) fn is_wanted(&self, facts: Facts) -> bool {
        (facts.many || !self.among_many) && (facts.judged || !matches!(self.body, Body::Standing { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_in_the_registry_and_can_be_sorted() {
        for (view, specs) in
            [(View::Listeners, LISTENERS), (View::Connections, CONNECTIONS), (View::Unix, UNIX)]
        {
            let columns = of(view);
            let sockets = || columns.iter().filter(|column| !matches!(column.body, Body::Standing { .. }));
            assert_eq!(sockets().count(), specs.len());
            for (column, spec) in sockets().zip(specs) {
                assert_eq!(column.ranks(), spec.sort.len(), "{}", spec.key);
                assert!(column.ranks() > 0, "{}", spec.key);
            }
        }
        for column in View::ALL.into_iter().flat_map(of) {
            let [least, usual, most] = column.width;
            assert!(least <= usual && usual <= most, "{}", column.key);
            assert!(column.title.len() <= usize::from(least), "{}", column.key);
        }
    }
}
