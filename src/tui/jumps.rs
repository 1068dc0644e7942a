//! From one thing to another that belongs to it: a listener's connections, a socket's process, the other end.
//!
//! Each jump leaves a place behind, to which `trail` leads back. What cannot be reached is told.

use super::app::{App, Chosen};
use super::line;
use super::tally::Common;
use super::trail;
use super::update::{inspect, relist, turn};
use super::views::View;
use crate::model::{Ends, Protocol, Row, Socket, UnixName};
use crate::text;

/// What the details are open of, or what is selected; `None` where that is no single socket.
pub(super) fn subject(app: &App) -> Option<&Row> {
    let inspected = app.inspected.as_ref().map(|inspected| &inspected.row);
    inspected.or_else(|| Some(line::selected(app)?.socket()?.subject.row))
}

/// True for a connection, whose other end may be here.
pub(super) fn has_other_end(socket: &Socket) -> bool {
    match socket.ends {
        Ends::Unix { peer, .. } => peer.is_some(),
        Ends::Inet { remote, .. } => remote.is_some(),
        Ends::Other { .. } => false,
    }
}

/// Shows the connections at the place of the selected listener.
pub(super) fn connections(app: &mut App) {
    let Some(socket) = subject(app).map(|row| &row.socket).filter(|socket| socket.is_listener()) else {
        return;
    };
    let many = app.moment().is_some_and(|moment| moment.coverage.namespaces.list.len() > 1);
    let view = if socket.protocol == Protocol::Unix { View::Unix } else { View::Connections };
    match at_its_place(socket, many) {
        Some(filter) => go(app, &filter, view, None),
        None => say(app, "it has no place at which others could come in"),
    }
}

/// The filter for what comes in through a listener, as far as its place tells.
fn at_its_place(socket: &Socket, many_namespaces: bool) -> Option<String> {
    let place = match &socket.ends {
        Ends::Inet { local, .. } if local.addr.is_unspecified() => format!("sport = {}", local.port),
        Ends::Inet { local, .. } => format!("src = {} sport = {}", local.addr, local.port),
        Ends::Unix { .. } => {
            let name = match socket.ends.unix_name()? {
                UnixName::Path(path) => text::escape(path.as_bytes()),
                UnixName::Abstract(name) => format!("@{}", text::escape(name.as_bytes())).into(),
            };
            format!("path = \"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Ends::Other { .. } => format!("sport = {}", socket.ends.names().0?.port()?),
    };
    let netns = if many_namespaces { format!(" netns = {}", socket.key.netns.0) } else { String::new() };
    Some(format!("{} {place}{netns}", socket.protocol.word()))
}

/// Shows the process that holds the selected socket.
pub(super) fn process(app: &mut App) {
    let Some(row) = subject(app) else { return };
    match row.socket.owners.found() {
        Ok(known) => {
            let id = known.first().process.id;
            go(
                app,
                &format!("pid = {}", id.pid.0),
                View::Processes,
                Some(Chosen::Tally(Common::Process(id), None)),
            );
        }
        Err(why) => say(app, &format!("no process to go to: {}", why.reason())),
    }
}

/// Goes to the other end of the selected connection.
pub(super) fn other_end(app: &mut App) {
    let Some(row) = subject(app) else { return };
    let Some(peer) = app.peer(row).cloned() else {
        return say(app, "the other end is not on this machine, or not in what is shown");
    };
    let reads_details = app.inspected.is_some();
    let filter = app.prompt.text().to_owned();
    go(app, &filter, View::of(&peer), Some(Chosen::Socket(peer.socket.key)));
    if !is_listed(app, &peer) {
        app.prompt.clear(); // the filter does not let it through
        relist(app);
    }
    if reads_details {
        inspect(app, peer, None);
    }
}

fn is_listed(app: &App, row: &Row) -> bool {
    let chosen = Some(Chosen::Socket(row.socket.key));
    (0..app.listing.len()).any(|line| app.chosen_at(line) == chosen)
}

/// Leaves the present place for another.
fn go(app: &mut App, filter: &str, view: View, selected: Option<Chosen>) {
    trail::leave(app);
    app.inspected = None;
    if app.prompt.text() != filter {
        app.prompt.put(filter);
    }
    turn(app, view);
    if selected.is_some() {
        app.pane_mut().selected = selected;
        relist(app);
    }
}

fn say(app: &mut App, remark: &str) {
    app.remark = Some((remark.to_owned(), app.now));
}
