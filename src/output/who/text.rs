//! The answer for people: a paragraph for each group. Its first line says who, the others what follows
//! from it. Every text of the system is escaped.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Write};

use super::{Group, Peer, Target, Who, troubles};
use crate::diagnosis::Crowd;
use crate::model::{
    Ends, NoOwner, Owner, Process, ProcessId, Reach, Row, Scope, Socket, SocketKey, State, Uid, Workload,
};
use crate::output::face::{Face, Meaning};
use crate::output::json::unix_name;
use crate::phrase;
use crate::store::{Moment, Table};
use crate::text::{self, Charset, escape};

/// Names are shown in what can be shown when the page is written.
const CHARSET: Charset = Charset::Unicode;
/// How many peers are told of.
const PEERS: usize = 10;
/// How many rules of the packet filter are told.
const RULES: usize = 8;

/// Whether one does is not looked at.
const FIREWALL: &str = "unless a firewall forbids it";

/// The package that installed what a process runs, where that is known.
pub(super) type Package<'a> = dyn Fn(&Process) -> Option<String> + 'a;

/// Writes the answer.
pub fn write(
    out: &mut dyn Write,
    who: &Who<'_>,
    (table, moment): (&Table, &Moment),
    package: &Package<'_>,
    face: Face,
) -> io::Result<()> {
    let crowd = Crowd::of(table.rows(), &moment.names);
    let page = Page { who, moment, crowd, package, arrow: face.charset.arrow(), told: RefCell::default() };
    let mut paragraphs: Vec<Vec<String>> = who.groups.iter().map(|group| page.group(group)).collect();
    paragraphs.extend(page.rules());
    if paragraphs.is_empty() {
        paragraphs.push(vec![page.nothing()]);
    }
    for (at, lines) in paragraphs.iter().enumerate() {
        let before = if at == 0 { "" } else { "\n" };
        for (at, line) in lines.iter().enumerate() {
            let line = face.charset.show(line);
            match at {
                0 => writeln!(out, "{before}{}", face.paint.paint(Meaning::Heading, &line))?,
                _ => writeln!(out, "  {line}")?,
            }
        }
    }
    Ok(())
}

struct Page<'a> {
    who: &'a Who<'a>,
    moment: &'a Moment,
    /// What the sockets of the table say of each other.
    crowd: Crowd,
    package: &'a Package<'a>,
    /// Between a process and what it started.
    arrow: &'static str,
    /// Processes that are told of: each stands there in full once.
    told: RefCell<BTreeSet<ProcessId>>,
}

impl Page<'_> {
    /// That there is nothing, as far as could be seen.
    fn nothing(&self) -> String {
        let target = self.who.target;
        let coverage = &self.moment.coverage;
        let unread = match (coverage.is_whole(), target.is_process() && coverage.owners.denied > 0) {
            (false, _) => ", as far as the tables could be read",
            (true, true) => ", as far as this user may see",
            (true, false) => "",
        };
        match target {
            Target::Pid(_) => format!("{} holds no socket{unread}", target.describe()),
            Target::Process(_) => format!("no {} holds a socket{unread}", target.describe()),
            Target::Ports(_) | Target::At(_) | Target::Unix(..) => {
                format!("nothing has {}{unread}", target.describe())
            }
        }
    }

    fn group(&self, group: &Group<'_>) -> Vec<String> {
        let mut lines = vec![self.headline(group)];
        if self.moment.coverage.namespaces.list.len() > 1 {
            let name = self.moment.names.namespaces.get(&group.netns);
            let name = name.map_or_else(|| group.netns.0.to_string(), |name| escape(name.as_bytes()).into());
            lines.push(format!("in the network namespace {name}"));
        }
        if let Some(seat) = group.seats.first() {
            lines.extend(bound(&seat.socket));
            lines.extend(self.reasons(&seat.socket.key));
            if group.seats.len() > 1 {
                lines.push(format!("{} share this place", text::count(group.seats.len())));
            }
        }
        for owner in group.owners() {
            lines.extend(self.owner(&owner));
        }
        match group.beyond() {
            0 => {}
            more => lines.push(format!("and {} more", text::counted(more, "process", "processes"))),
        }
        if group.owners().is_empty()
            && let Some(row) = group.holding().first()
            && let Some(workload) = self.moment.subject(row).workload().and_then(workload)
        {
            lines.push(format!("it was made in {workload}"));
        }
        lines.extend(accept_queue(group));
        lines.extend(troubles::of(group, self.moment, &self.crowd));
        lines.extend(connections(group));
        lines.extend(left_over(group));
        lines
    }

    fn headline(&self, group: &Group<'_>) -> String {
        let label = self.label(group);
        let owners = group.owners();
        let names = owners.first().map(|first| {
            let more = owners.len() + group.beyond() - 1;
            let more = match more {
                0 => String::new(),
                _ => format!(" and {}", text::counted(more, "more process", "more processes")),
            };
            format!("{}{more}", phrase::process(first.process, CHARSET))
        });
        match (names, group.seats.first()) {
            (Some(names), Some(_)) => format!("{label} is held by {names}"),
            (Some(names), None) if self.who.target.is_process() => {
                let count = text::counted(group.through.len(), "socket", "sockets");
                format!("{label}: {names} holds {count} without listening")
            }
            (Some(names), None) => format!("{label} is held by {names}, but nobody listens"),
            (None, Some(seat)) => format!("{label}{}", self.without_owner(seat)),
            (None, None) => format!("{label}: nobody listens"),
        }
    }

    /// Who holds a socket that no process is known to hold.
    fn without_owner(&self, row: &Row) -> String {
        let used = self.moment.subject(row).kernel_use();
        match row.socket.owners.found() {
            Err(NoOwner::Denied) => {
                let of = row.socket.uid.map_or_else(String::new, |uid| format!(" of {}", self.user(uid)));
                format!(" is held by a process{of} that may not be read by this user")
            }
            Err(NoOwner::Kernel) => match used {
                Some(what) => format!(" is held by the kernel itself: {}", escape(what.as_bytes())),
                None => " is held by the kernel itself".to_owned(),
            },
            Err(why) => format!(": {}", why.reason()),
            Ok(_) => String::new(),
        }
    }

    /// What the place is called.
    fn label(&self, group: &Group<'_>) -> String {
        let protocol = group.protocol.word();
        let Some(row) = group.holding().first() else { return protocol.to_owned() };
        match &row.socket.ends {
            _ if group.seats.is_empty() && self.who.target.is_process() => protocol.to_owned(),
            Ends::Inet { local, .. } if group.seats.is_empty() => format!("{protocol} port {}", local.port),
            Ends::Inet { local, .. } => format!("{protocol} {local}"),
            Ends::Unix { name: Some(name), .. } => format!("{protocol} {}", unix_name(name)),
            Ends::Other { local: Some(name), .. } => match name.port() {
                Some(port) => format!("{protocol} {name}:{port}"),
                None => format!("{protocol} {name}"),
            },
            Ends::Unix { name: None, .. } | Ends::Other { local: None, .. } => {
                format!("{protocol} without a name")
            }
        }
    }

    /// Why it is held, beyond the process that holds it.
    fn reasons(&self, key: &SocketKey) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(unit) = self.moment.names.activates.get(key) {
            lines.push(format!(
                "socket activation: systemd holds it, and starts {} when somebody calls",
                escape(unit.as_bytes())
            ));
        }
        let rules = self.moment.names.passed_on.get(key).map_or(&[][..], Vec::as_slice);
        let told = rules.iter().take(RULES);
        lines.extend(
            told.map(|rule| format!("what comes from outside is passed on: {}", phrase::rule(rule, CHARSET))),
        );
        if rules.len() > RULES {
            lines.push(format!("and by {}", text::counted(rules.len() - RULES, "more rule", "more rules")));
        }
        lines
    }

    /// The rules that nobody's socket stands behind.
    fn rules(&self) -> Option<Vec<String>> {
        let rules = self.who.rules.as_ref().filter(|rules| !rules.is_empty())?;
        let seated = self.who.groups.iter().any(|group| !group.seats.is_empty());
        if seated {
            return None; // each listener tells its own
        }
        let mut lines = vec![format!("{} is published by the packet filter", self.who.target.describe())];
        lines.extend(rules.iter().take(RULES).map(|rule| phrase::rule(rule, CHARSET)));
        if rules.len() > RULES {
            lines.push(format!("and by {}", text::counted(rules.len() - RULES, "more rule", "more rules")));
        }
        Some(lines)
    }

    fn owner(&self, owner: &Owner<'_>) -> Vec<String> {
        let process = owner.process;
        if !self.told.borrow_mut().insert(process.id) {
            return vec![format!("{}, as above", phrase::process(process, CHARSET))];
        }
        let user = process.uid.map_or_else(String::new, |uid| format!(" of {}", self.user(uid)));
        let since = process.started.map_or_else(String::new, |started| {
            let age = text::span(self.moment.taken.wall.duration_since(started).unsigned_abs());
            format!(", since {started:.0} ({age})")
        });
        let ring = if owner.ring { ", through io_uring" } else { "" };
        let mut lines = vec![format!("{}{user}{since}{ring}", phrase::process(process, CHARSET))];
        lines.extend(phrase::command_line(process, CHARSET).map(|line| format!("  command: {line}")));
        lines.push(match &process.exe {
            None => "  runs: not readable".to_owned(),
            Some(exe) => {
                let package = (self.package)(process);
                let package = package.map_or_else(String::new, |name| format!(", of package {name}"));
                format!("  runs: {}{package}", phrase::executable(exe, CHARSET))
            }
        });
        lines.extend(self.ancestry(process).map(|line| format!("  started by: {line}")));
        let workload = process.workload.as_deref().and_then(workload);
        lines.extend(workload.map(|text| format!("  part of: {text}")));
        let login = phrase::login(process, &self.moment.names, CHARSET);
        lines.extend(login.map(|text| format!("  login: {text}")));
        if let Some(published) = process.publishes.as_deref() {
            let target = phrase::published(published, CHARSET);
            lines.push(format!("  publishes: passes on what arrives to {target}"));
        }
        lines
    }

    /// From the first known ancestor down to the process: `systemd 1 → sshd 812 → bash 900`. `None` when
    /// no ancestor is known.
    fn ancestry(&self, process: &Process) -> Option<String> {
        let ancestors = phrase::ancestors(process, CHARSET);
        let own = phrase::process(process, CHARSET);
        (!ancestors.is_empty()).then(|| {
            let names: Vec<_> = ancestors.into_iter().rev().chain([own]).collect();
            names.join(&format!(" {} ", self.arrow))
        })
    }

    fn user(&self, uid: Uid) -> String {
        let name = self.moment.names.users.get(&uid);
        name.map_or_else(|| format!("uid {}", uid.0), |name| escape(name.as_bytes()).into_owned())
    }
}

/// What it is part of, from the inside out; `None` for what runs for itself.
fn workload(workload: &Workload) -> Option<String> {
    let parts = phrase::workload(workload, CHARSET);
    let parts: Vec<_> = parts.into_iter().map(|(what, name)| format!("{what} {name}")).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What it is bound to, and from where it can be reached.
fn bound(socket: &Socket) -> Option<String> {
    let Some(local) = socket.ends.local() else {
        let unix = matches!(socket.ends, Ends::Unix { .. });
        return unix.then(|| "reachable from processes of this machine".to_owned());
    };
    let versions = match socket.reach() {
        Some(Reach::V4) => "over IPv4",
        Some(Reach::V6) => "over IPv6",
        Some(Reach::Both) => "over IPv4 and IPv6",
        None => "over IPv6, and whether over IPv4 is not told",
    };
    Some(match Scope::of(local.addr) {
        Scope::Any => {
            format!("bound to every address, reachable from any network {versions}, {FIREWALL}")
        }
        Scope::Loopback => format!("bound to {}, reachable from this machine only", local.addr),
        Scope::Link => format!("bound to {}, reachable from the local link only", local.addr),
        Scope::Private => format!(
            "bound to {}, a private address, reachable from networks that have a route to it {versions}, {FIREWALL}",
            local.addr
        ),
        Scope::Public => format!(
            "bound to {}, a public address, reachable from any network {versions}, {FIREWALL}",
            local.addr
        ),
    })
}

/// The accept queues of all that listen there together.
fn accept_queue(group: &Group<'_>) -> Option<String> {
    let queues: Vec<_> = group
        .seats
        .iter()
        .filter(|row| row.socket.state == State::Listen)
        .map(|row| row.socket.accept_queue())
        .collect();
    if queues.is_empty() {
        return None;
    }
    let sum =
        |one: &mut dyn Iterator<Item = Option<u32>>| one.map(|it| it.map(u64::from)).sum::<Option<u64>>();
    let Some(waiting) = sum(&mut queues.iter().map(|queue| queue.0)) else {
        return Some("accept queue: not told".to_owned());
    };
    let limit = sum(&mut queues.iter().map(|queue| queue.1));
    let full = group.seats.iter().any(|row| row.socket.is_accept_queue_full() == Some(true));
    let of = limit.map_or_else(String::new, |limit| format!(" of {limit}"));
    let full = if full { ", full: callers are turned away" } else { "" };
    Some(format!("accept queue: {waiting}{of} wait to be accepted{full}"))
}

/// How many connections there are, and with whom.
fn connections(group: &Group<'_>) -> Option<String> {
    let all = group.connections();
    let listens = group.seats.iter().any(|row| row.socket.state == State::Listen);
    if all == 0 {
        return listens.then(|| "no connections".to_owned());
    }
    let word = if group.seats.is_empty() { "with" } else { "from" };
    let amount = text::counted(all, "connection", "connections");
    if let [(peer, _)] = group.peers.as_slice() {
        return Some(format!("{amount} {word} {}", name(peer)));
    }
    let told = group.peers.iter().take(PEERS);
    let mut peers: Vec<_> =
        told.map(|(peer, count)| format!("{} {word} {}", text::count(*count), name(peer))).collect();
    if group.peers.len() > PEERS {
        let more: usize = group.peers[PEERS..].iter().map(|(_, count)| count).sum();
        let others = text::counted(group.peers.len() - PEERS, "more peer", "more peers");
        peers.push(format!("and {} {word} {others}", text::count(more)));
    }
    Some(format!("{amount}: {}", peers.join(", ")))
}

fn name(peer: &Peer<'_>) -> String {
    match peer {
        Peer::Address(addr) => addr.to_string(),
        Peer::Service(end) => end.to_string(),
        Peer::Process(id, comm) => format!("{} {}", escape(comm), id.pid.0),
        Peer::Unknown => "an unknown peer".to_owned(),
    }
}

/// What no process holds any more, or not yet.
fn left_over(group: &Group<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let amount = |number, one: &str, many: &str| match number {
        1 => format!("1 connection {one}"),
        _ => format!("{} connections {many}", text::count(number)),
    };
    match group.without(NoOwner::Handshake) {
        0 => {}
        count => {
            lines.push(amount(count, "has not finished its handshake", "have not finished their handshake"));
        }
    }
    match group.without(NoOwner::Orphan) {
        0 => {}
        count => lines.push(amount(
            count,
            "was closed by its process and is finished by the kernel",
            "were closed by their process and are finished by the kernel",
        )),
    }
    match group.lingering() {
        0 => {}
        count if group.seats.is_empty() => lines.push(amount(
            count,
            "lingers in TIME-WAIT, which keeps bind(2) from succeeding without SO_REUSEADDR",
            "linger in TIME-WAIT, which keeps bind(2) from succeeding without SO_REUSEADDR",
        )),
        count => lines.push(amount(count, "lingers in TIME-WAIT", "linger in TIME-WAIT")),
    }
    lines
}
