//! Which columns the views of tallies have, as data. Nothing is drawn here.

use super::columns::{Body, Column};
use super::tally_cell::{self as show, Rank, ShowTally};
use super::tally_used as used;
use super::views::View;

/// A column as it is declared: its name, its head, what it shows and by what it is ordered.
struct Spec {
    key: &'static str,
    title: &'static str,
    show: ShowTally,
    order: Rank,
    /// Cells at the least, usually, and at most.
    width: [u16; 3],
    /// 0 is never dropped; then the smaller stays longer.
    priority: u8,
    /// An amount: it leans to the right, and the largest comes first.
    amount: bool,
}

const ALL_THE_REST: u16 = u16::MAX;

const fn text(
    (key, title): (&'static str, &'static str),
    (show, order): (ShowTally, Rank),
    width: [u16; 3],
    priority: u8,
) -> Spec {
    Spec { key, title, show, order, width, priority, amount: false }
}

const fn amount(
    (key, title): (&'static str, &'static str),
    (show, order): (ShowTally, Rank),
    width: u16,
    priority: u8,
) -> Spec {
    Spec { key, title, show, order, width: [width, width, width + 2], priority, amount: true }
}

const SOCKETS: Spec = amount(("sockets", "SOCKETS"), (show::sockets, show::by_sockets), 7, 0);
const LISTENERS: Spec = amount(("listeners", "LISTEN"), (show::listeners, show::by_listeners), 6, 2);
const CONNECTIONS: Spec = amount(("connections", "CONN"), (show::connections, show::by_connections), 6, 1);
const UNIX: Spec = amount(("unix", "UNIX"), (show::unix, show::by_unix), 6, 6);
const RECEIVING: Spec = amount(("receiving", "IN/S"), (show::receiving, show::by_receiving), 8, 3);
const SENDING: Spec = amount(("sending", "OUT/S"), (show::sending, show::by_sending), 8, 3);
const CPU: Spec = amount(("cpu", "CPU %"), (used::cpu, used::by_cpu), 6, 3);
const MEMORY: Spec = amount(("memory", "MEMORY"), (used::memory, used::by_memory), 8, 4);
const QUEUES: Spec = amount(("queues", "QUEUES"), (show::queues, show::by_queues), 13, 7);

static PROCESSES: &[Spec] = &[
    text(("process", "PROCESS"), (show::branch, show::by_common), [14, 20, 40], 0),
    text(("user", "USER"), (show::user, show::by_user), [6, 9, 14], 4),
    text(("workload", "UNIT / CONTAINER"), (show::workload, show::by_workload), [16, 22, 32], 5),
    SOCKETS,
    LISTENERS,
    CONNECTIONS,
    UNIX,
    RECEIVING,
    SENDING,
    CPU,
    MEMORY,
    QUEUES,
    text(("executable", "EXECUTABLE"), (show::executable, show::by_executable), [16, 22, ALL_THE_REST], 8),
];

static PEERS: &[Spec] = &[
    text(("peer", "PEER"), (show::branch, show::by_common), [15, 24, 44], 0),
    amount(("connections", "CONN"), (show::connections, show::by_connections), 6, 0),
    amount(("incoming", "CAME IN"), (show::incoming, show::by_incoming), 7, 2),
    amount(("outgoing", "WENT OUT"), (show::outgoing, show::by_outgoing), 8, 2),
    RECEIVING,
    SENDING,
    QUEUES,
    text(("with", "FIRST WITH"), (show::owner, show::by_first_owner), [12, 18, ALL_THE_REST], 4),
];

static NAMESPACES: &[Spec] = &[
    text(("namespace", "NAMESPACE"), (show::common, show::by_common), [12, 20, 40], 0),
    SOCKETS,
    LISTENERS,
    CONNECTIONS,
    UNIX,
    QUEUES,
];

/// The columns of a view of tallies; none for other views.
pub(super) fn of(view: View) -> Vec<Column> {
    let specs = match view {
        View::Processes => PROCESSES,
        View::Peers => PEERS,
        View::Namespaces => NAMESPACES,
        View::Listeners | View::Connections | View::Unix | View::Events => &[],
    };
    let column = |spec: &Spec| Column {
        key: spec.key,
        title: spec.title,
        body: Body::Tally { show: spec.show, order: spec.order },
        descending: spec.amount,
        right: spec.amount,
        among_many: false,
        priority: spec.priority,
        width: spec.width,
        shown: true,
    };
    specs.iter().map(column).collect()
}
