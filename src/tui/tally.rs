//! Sockets counted together: by the process that holds them, by the address at their other end, by their network
//! namespace.
//!
//! A tally keeps numbers and the place of one of its sockets; names are looked up when it is drawn.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::views::View;
use crate::model::{NetnsId, NoOwner, ProcessId, Protocol, Rate, Row, Socket};

/// What the sockets of a tally have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Common {
    Process(ProcessId),
    /// Nobody is known to hold them, for this reason.
    Unowned(NoOwner),
    Peer(IpAddr),
    Netns(NetnsId),
}

/// Sockets that have something in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    pub(super) common: Common,
    /// The place in the table of the first of them.
    pub(super) first: u32,
    pub(super) sockets: usize,
    pub(super) listeners: usize,
    /// Connections that others opened.
    pub(super) incoming: usize,
    /// Connections that were opened from here.
    pub(super) outgoing: usize,
    pub(super) unix: usize,
    /// Bytes that wait to be read, and to be sent or acknowledged.
    pub(super) queued: [u64; 2],
    /// The sum of the rates that are known; `None` where none is.
    pub(super) rate: Option<Rate>,
}

/// The places where others come in.
pub(super) struct Doors(HashSet<(NetnsId, Protocol, u16), RandomState>);

impl Doors {
    pub(super) fn of(rows: &[Row]) -> Self {
        let listeners = rows.iter().filter(|row| row.is_open() && row.socket.is_listener());
        Self(listeners.filter_map(|row| door(&row.socket)).collect())
    }

    /// True for a connection that came in: its own port is one at which somebody waits.
    fn lead_to(&self, socket: &Socket) -> bool {
        door(socket).is_some_and(|door| self.0.contains(&door))
    }
}

fn door(socket: &Socket) -> Option<(NetnsId, Protocol, u16)> {
    Some((socket.key.netns, socket.protocol, socket.ends.local()?.port))
}

/// The tallies of a view, being made.
pub(super) struct Tallies {
    view: View,
    doors: Doors,
    made: Vec<Tally>,
    places: HashMap<Common, usize, RandomState>,
}

impl Tallies {
    pub(super) fn new(view: View, doors: Doors) -> Self {
        Self { view, doors, made: Vec::new(), places: HashMap::default() }
    }

    /// Counts a socket that is open. One that several processes hold is counted for each.
    pub(super) fn count(&mut self, at: u32, row: &Row) {
        let socket = &row.socket;
        match self.view {
            View::Processes => match socket.owners.found() {
                Ok(known) => {
                    // Threads of a process may hold it each by itself.
                    let mut last = None;
                    for id in known.ids() {
                        if last.replace(id) != Some(id) {
                            self.add(Common::Process(id), at, row);
                        }
                    }
                }
                Err(why) => self.add(Common::Unowned(why), at, row),
            },
            View::Peers => {
                if let Some(remote) = socket.ends.remote() {
                    self.add(Common::Peer(remote.addr.to_canonical()), at, row);
                }
            }
            View::Namespaces => self.add(Common::Netns(socket.key.netns), at, row),
            View::Listeners | View::Connections | View::Unix | View::Events => {}
        }
    }

    pub(super) fn done(self) -> Vec<Tally> {
        self.made
    }

    fn add(&mut self, common: Common, first: u32, row: &Row) {
        let place = *self.places.entry(common).or_insert(self.made.len());
        if place == self.made.len() {
            self.made.push(Tally::of_none(common, first));
        }
        let socket = &row.socket;
        let comes_in = self.doors.lead_to(socket);
        let tally = &mut self.made[place];
        tally.sockets += 1;
        if socket.protocol == Protocol::Unix {
            tally.unix += 1;
        } else if socket.is_listener() {
            tally.listeners += 1;
            return; // its queues hold connections, and no bytes
        } else if socket.ends.remote().is_some() {
            *(if comes_in { &mut tally.incoming } else { &mut tally.outgoing }) += 1;
        }
        for (sum, queue) in tally.queued.iter_mut().zip([socket.queues.recv, socket.queues.send]) {
            *sum += u64::from(queue.unwrap_or(0));
        }
        if let Some(rate) = row.history().rate {
            let sum = tally.rate.get_or_insert(Rate { sent: 0, received: 0 });
            sum.sent = sum.sent.saturating_add(rate.sent);
            sum.received = sum.received.saturating_add(rate.received);
        }
    }
}

impl Tally {
    fn of_none(common: Common, first: u32) -> Self {
        Self {
            common,
            first,
            sockets: 0,
            listeners: 0,
            incoming: 0,
            outgoing: 0,
            unix: 0,
            queued: [0; 2],
            rate: None,
        }
    }

    /// The filter that lets through what it counts, and the view that shows most of it.
    pub(super) fn way_in(&self) -> (String, View) {
        let filter = match self.common {
            Common::Process(id) => format!("pid = {}", id.pid.0),
            Common::Unowned(why) => format!("owner_status = {}", why.word()),
            Common::Peer(addr) => format!("dst = {addr}"),
            Common::Netns(netns) => format!("netns = {}", netns.0),
        };
        let connections = self.incoming + self.outgoing;
        let view = match self.listeners.max(connections).max(self.unix) {
            most if most == connections => View::Connections,
            most if most == self.listeners => View::Listeners,
            _ => View::Unix,
        };
        (filter, view)
    }
}
