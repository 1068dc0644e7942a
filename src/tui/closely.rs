//! The one socket of which the poller is to bring more than of the others. Asks for nothing itself.

use super::app::App;
use crate::model::{Ask, Closely, Options, Protocol, Row};

/// The socket that is looked at: all of it while its details are open; while it is selected, what its diagnosis
/// under the list is made from, where counters are read anyway.
pub(super) fn wanted(app: &App) -> Option<Closely> {
    let (row, ask) = match &app.inspected {
        Some(inspected) => (&inspected.row, Ask::EVERYTHING),
        None if app.view.ask().counts_bytes() => {
            (app.row_at(app.pane().cursor)?, Ask { info: true, ..Ask::NOTHING })
        }
        None => return None,
    };
    let (key, slice) = (row.socket.key, row.socket.slice());
    can_stand_alone(row).then_some(Closely { key, slice, ask })
}

/// True for a socket whose details need none of another: those of MPTCP and SCTP are put together from several.
pub(super) fn can_stand_alone(row: &Row) -> bool {
    matches!(row.socket.protocol, Protocol::Tcp | Protocol::Udp | Protocol::Unix) && !may_be_a_mirror(row)
}

/// True for a transparent socket: whether it is connected to another, the details of that one tell.
pub(super) fn may_be_a_mirror(row: &Row) -> bool {
    let options = row.socket.details.as_ref().and_then(|details| details.options);
    options.is_some_and(|options| options.0 & Options::TRANSPARENT != 0)
}
