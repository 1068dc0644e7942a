//! Sockets counted together: by the process that holds them, by the address at their other end, by their network
//! namespace, and by the groups that these belong to.
//!
//! A tally keeps numbers and the place of one of its sockets; names are looked up when it is drawn. A socket that
//! several processes hold counts for each of them, and once for a group that several of them belong to.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::grouping::By;
use super::kin::Kin;
use super::network::Network;
use super::used::Used;
use super::views::View;
use crate::model::{
    Container, NetnsId, NoOwner, Pid, Process, ProcessId, Protocol, Rate, Row, Scope, Socket, SystemBytes,
    Uid, Workload,
};
use crate::store::Moment;

/// What the sockets of a tally have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Common {
    Process(ProcessId),
    /// Nobody is known to hold them, for this reason.
    Unowned(NoOwner),
    Peer(IpAddr),
    Netns(NetnsId),
    /// `None` for processes in no unit, and where the unit may not be read.
    Unit(Option<SystemBytes>),
    Container(Option<SystemBytes>),
    User(Option<Uid>),
    Network(Network),
    Scope(Scope),
}

/// Sockets that have something in common.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) common: Common,
    /// The group that it stands in: the same reason, or process, may stand in several.
    pub(super) under: Option<Common>,
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
    pub(super) used: Used,
    /// How many processes or hosts it counts, itself included.
    pub(super) members: usize,
    /// What a process calls itself that only started others.
    pub(super) comm: Option<SystemBytes>,
    /// Those of a process and of all that come from it, where these stand below it.
    pub(super) pids: Vec<Pid>,
    pub(super) branch: Option<Branch>,
}

/// Where a tally stands in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) depth: usize,
    pub(super) fold: Fold,
}

/// Whether something stands below a tally, and is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Leaf,
    Open,
    Folded,
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

/// A tally and its place among the others.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) tally: Tally,
    /// The group that it stands in.
    pub(super) parent: Option<usize>,
    /// The row that was counted last: a group counts it once, whoever of its members holds it.
    last: Option<u32>,
    /// A process that holds a socket itself, or a host.
    pub(super) is_member: bool,
}

/// The tallies of a view, being made.
pub(super) struct Tallies<'a> {
    view: View,
    by: By,
    moment: &'a Moment,
    doors: Doors,
    kin: Kin,
    nodes: Vec<Node>,
    /// Groups, and what stands in one group alone.
    places: HashMap<Common, usize, RandomState>,
    /// Sockets without owner, by the reason and the group.
    unowned: HashMap<(NoOwner, Option<usize>), usize, RandomState>,
}

impl<'a> Tallies<'a> {
    pub(super) fn new((view, by): (View, By), rows: &[Row], moment: &'a Moment) -> Self {
        let kin = if by == By::Parent { Kin::of(rows) } else { Kin::default() };
        Self {
            view,
            by,
            moment,
            doors: Doors::of(rows),
            kin,
            nodes: Vec::new(),
            places: HashMap::default(),
            unowned: HashMap::default(),
        }
    }

    /// Counts a socket that is open. One that several processes hold is counted for each.
    pub(super) fn count(&mut self, at: u32, row: &Row) {
        let socket = &row.socket;
        match self.view {
            View::Processes => match socket.owners.found() {
                Ok(known) => {
                    for owner in known.shown() {
                        let place = self.holder(owner.process, at);
                        self.add(place, at, row);
                    }
                }
                Err(why) => {
                    let place = self.unheld(why, at, row);
                    self.add(place, at, row);
                }
            },
            View::Peers => {
                if let Some(remote) = socket.ends.remote() {
                    let place = self.peer(remote.addr.to_canonical(), at);
                    self.add(place, at, row);
                }
            }
            View::Namespaces => {
                let place = self.place(Common::Netns(socket.key.netns), None, at);
                self.add(place, at, row);
            }
            View::Listeners | View::Connections | View::Unix | View::Events => {}
        }
    }

    pub(super) fn done(self) -> Vec<Node> {
        self.nodes
    }

    /// The place of a process that holds sockets, where it is known what it takes of the machine.
    fn holder(&mut self, process: &Process, first: u32) -> usize {
        if let Some(place) = self.places.get(&Common::Process(process.id))
            && self.nodes[*place].is_member
        {
            return *place;
        }
        let workload = process.workload.as_deref();
        let parent = match self.by {
            By::Parent => self.starter(process.id, first),
            by => self.group(by, workload, process.uid, first),
        };
        let place = self.place(Common::Process(process.id), parent, first);
        // Until now it may have been there for those whom it started alone.
        self.nodes[place].tally.first = first;
        self.nodes[place].tally.comm = None;
        let mut used = Used::default();
        used.add(self.moment.loads.get(&process.id));
        self.admit(place, &used, Some(process.id.pid));
        place
    }

    /// The place of the process that started this one; `None` where nobody is known.
    fn starter(&mut self, id: ProcessId, first: u32) -> Option<usize> {
        let mut place = None;
        for ancestor in self.kin.above(id).into_iter().rev() {
            let known = self.places.contains_key(&Common::Process(ancestor));
            let above = self.place(Common::Process(ancestor), place, first);
            if !known {
                self.nodes[above].tally.comm = self.kin.comm(ancestor).cloned();
            }
            place = Some(above);
        }
        place
    }

    /// The place of sockets that nobody is known to hold.
    fn unheld(&mut self, why: NoOwner, first: u32, row: &Row) -> usize {
        let group = match self.by {
            By::Parent => None,
            // What the kernel tells of the cgroup and the user of who made it.
            by => self.group(by, self.moment.subject(row).workload(), row.socket.uid, first),
        };
        if let Some(place) = self.unowned.get(&(why, group)) {
            return *place;
        }
        let place = self.push(Common::Unowned(why), group, first);
        self.unowned.insert((why, group), place);
        place
    }

    fn peer(&mut self, addr: IpAddr, first: u32) -> usize {
        if let Some(place) = self.places.get(&Common::Peer(addr)) {
            return *place;
        }
        let parent = match self.by {
            By::Network => Some(self.place(Common::Network(Network::of(addr)), None, first)),
            By::Scope => Some(self.place(Common::Scope(Scope::of(addr)), None, first)),
            _ => None,
        };
        let place = self.place(Common::Peer(addr), parent, first);
        self.admit(place, &Used::default(), None);
        place
    }

    fn group(&mut self, by: By, workload: Option<&Workload>, user: Option<Uid>, first: u32) -> Option<usize> {
        let common = match by {
            By::Unit => Common::Unit(workload.and_then(|workload| workload.unit.clone())),
            By::Container => {
                let container = workload.and_then(|workload| workload.container.as_ref());
                Common::Container(container.map(Container::label).cloned())
            }
            By::User => Common::User(user),
            By::Each | By::Parent | By::Network | By::Scope => return None,
        };
        Some(self.place(common, None, first))
    }

    fn place(&mut self, common: Common, parent: Option<usize>, first: u32) -> usize {
        if let Some(place) = self.places.get(&common) {
            return *place;
        }
        let place = self.push(common.clone(), parent, first);
        self.places.insert(common, place);
        place
    }

    fn push(&mut self, common: Common, parent: Option<usize>, first: u32) -> usize {
        let under = parent.map(|parent| self.nodes[parent].tally.common.clone());
        let tally = Tally::of_none(common, under, first);
        self.nodes.push(Node { tally, parent, last: None, is_member: false });
        self.nodes.len() - 1
    }

    /// Counts a process or a host for itself and all groups that it is in.
    fn admit(&mut self, place: usize, used: &Used, pid: Option<Pid>) {
        self.nodes[place].is_member = true;
        let mut next = Some(place);
        while let Some(at) = next {
            let node = &mut self.nodes[at];
            node.tally.members += 1;
            node.tally.used.join(used);
            if self.by == By::Parent {
                node.tally.pids.extend(pid);
            }
            next = node.parent;
        }
    }

    /// Counts a socket for whoever has that place, and for the groups that did not count it yet.
    fn add(&mut self, place: usize, at: u32, row: &Row) {
        let comes_in = self.doors.lead_to(&row.socket);
        let mut next = Some(place);
        while let Some(place) = next {
            let node = &mut self.nodes[place];
            if node.last.replace(at) == Some(at) {
                return; // and so did all groups above
            }
            node.tally.add(row, comes_in);
            next = node.parent;
        }
    }
}

impl Tally {
    fn of_none(common: Common, under: Option<Common>, first: u32) -> Self {
        Self {
            common,
            under,
            first,
            sockets: 0,
            listeners: 0,
            incoming: 0,
            outgoing: 0,
            unix: 0,
            queued: [0; 2],
            rate: None,
            used: Used::default(),
            members: 0,
            comm: None,
            pids: Vec::new(),
            branch: None,
        }
    }

    fn add(&mut self, row: &Row, comes_in: bool) {
        let socket = &row.socket;
        self.sockets += 1;
        if socket.protocol == Protocol::Unix {
            self.unix += 1;
        } else if socket.is_listener() {
            self.listeners += 1;
            return; // its queues hold connections, and no bytes
        } else if socket.ends.remote().is_some() {
            *(if comes_in { &mut self.incoming } else { &mut self.outgoing }) += 1;
        }
        for (sum, queue) in self.queued.iter_mut().zip([socket.queues.recv, socket.queues.send]) {
            *sum += u64::from(queue.unwrap_or(0));
        }
        if let Some(rate) = row.history().rate {
            let sum = self.rate.get_or_insert(Rate { sent: 0, received: 0 });
            sum.sent = sum.sent.saturating_add(rate.sent);
            sum.received = sum.received.saturating_add(rate.received);
        }
    }

    /// True where something stands below it.
    pub(super) fn is_group(&self) -> bool {
        self.branch.is_some_and(|branch| branch.fold != Fold::Leaf)
    }
}
