//! Which sockets a listing has: what the options and the filter choose, resolved once.

use std::collections::BTreeSet;

use super::args::ListArgs;
use super::bound;
use super::filter::{self, Version};
use super::query::Query;
use super::shape::Shape;
use crate::filter::{Filter, Needs, Seen};
use crate::model::{Ask, Family, Field, Narrow, Protocol, Row, Socket, State};
use crate::output::choice::Sorting;
use crate::output::table::{self, Extras};
use crate::policy;
use crate::source::{RESIDUAL, Wanted, everything};
use crate::store::Moment;

/// What the options ask for, resolved once.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) tables: Vec<Wanted>,
    /// The protocols that were named; empty for all.
    chosen: Vec<Protocol>,
    /// Those of which every kind was named.
    whole: Vec<Protocol>,
    query: Option<Query>,
    states: States,
    pub(super) service_names: bool,
    pub(super) ask: Ask,
    pub(super) layout: table::Layout,
    filter: Filter,
    pub(super) shape: Shape,
    pub(super) sorting: Sorting,
    /// The field whose values are headings.
    pub(super) grouping: Option<&'static Field>,
    /// What must be known of a socket.
    pub(super) needs: Needs,
}

/// Protocols of which `ss` tells the kind although no other is asked for.
const SEVERAL_KINDS: [Protocol; 4] = [Protocol::Unix, Protocol::Packet, Protocol::Vsock, Protocol::Tipc];

/// Protocols that know no connection: `ss` lists them whichever states are asked for.
const STATELESS: [Protocol; 5] =
    [Protocol::Packet, Protocol::Netlink, Protocol::Xdp, Protocol::Hci, Protocol::Other];

/// The groups of states that `ss` knows by option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum States {
    All,
    /// `-l`: listening, and what is unconnected.
    Listening,
    /// `-B`: TCP sockets that are bound and no more.
    Bound,
    /// None of these.
    Connected,
}

/// True when an option of `ss` chooses among sockets.
pub(super) fn chooses(args: &ListArgs) -> bool {
    let family = !args.protocols().is_empty() || args.versions() != [false; 2];
    family || args.listening || args.all || args.bound_inactive
}

/// True when an option of `ss` asks for a listing.
pub(super) fn asks_like_ss(args: &ListArgs) -> bool {
    chooses(args)
        || args.numeric
        || args.resolve
        || args.processes
        || args.holders.any()
        || args.extras.resolve().any()
}

/// What the source must tell for these options.
fn asked_by(extras: Extras, shape: &Shape) -> Ask {
    if !matches!(shape, Shape::Table) {
        return Ask::NOTHING; // they speak of the table
    }
    let Extras { extended, options: _, memory, info, bpf, tos, cgroup, inet_sockopt, oneline: _ } = extras;
    let rest = extended || bpf || tos || cgroup || inet_sockopt;
    Ask { info, memory, rest, cgroups: extended || cgroup, ..Ask::NOTHING }
}

/// The tables that the options name.
fn named(args: &ListArgs, chosen: &[Protocol]) -> Vec<Wanted> {
    let [ipv4, ipv6] = args.versions();
    let one_version = ipv4 || ipv6;
    let is_named = |(family, protocol): &Wanted| {
        let version = match family {
            Family::Inet => ipv4 || !one_version,
            Family::Inet6 => ipv6 || !one_version,
            _ => !one_version || chosen.contains(protocol),
        };
        version && (chosen.is_empty() || chosen.contains(protocol) || chosen.contains(&Protocol::Other))
    };
    everything().into_iter().filter(is_named).collect()
}

/// Those of which a socket can pass; an error when there is none although more is chosen than tables.
fn passable(named: &[Wanted], states: States, filter: &Filter, shape: &Shape) -> anyhow::Result<Vec<Wanted>> {
    let version = if matches!(shape, Shape::Table) { Version::Own } else { Version::Either };
    let mut tables = filter::tables(filter, named, version);
    if states == States::Bound {
        tables.retain(|(_, protocol)| *protocol == Protocol::Tcp);
        anyhow::ensure!(!tables.is_empty(), "no socket can pass: --bound-inactive lists TCP sockets alone");
    }
    anyhow::ensure!(
        !tables.is_empty() || filter.is_empty(),
        "no socket can pass: the filter and the options exclude each other"
    );
    Ok(tables)
}

impl Selection {
    /// Of a single look.
    pub(super) fn of(args: &ListArgs) -> anyhow::Result<Self> {
        let selection = Self::of_several_looks(args)?;
        anyhow::ensure!(
            !selection.filter.needs().history,
            "a single look knows no ages, no rates and nothing new: use sockeye top or sockeye events"
        );
        Ok(selection)
    }

    /// Of looks that follow each other, so that the filter may ask for what happened meanwhile.
    pub(super) fn of_several_looks(args: &ListArgs) -> anyhow::Result<Self> {
        let filter = filter::parse(&args.filter, args.filter_file.as_deref())?;
        let (shape, sorting) = args.shape.resolve()?;
        let grouping = args.shape.grouping()?;
        let needs = filter.needs();
        let chosen = args.protocols();
        let narrowed = !chosen.is_empty() || args.listening || args.all || args.bound_inactive;
        // A script that asks for JSON and nothing else wants everything there is.
        let for_machines = !matches!(shape, Shape::Table);
        let all_there_is = !asks_like_ss(args) || (for_machines && !narrowed);
        // A filter that speaks of states chooses among all of them.
        let states = match () {
            () if needs.states => States::All,
            () if args.listening => States::Listening,
            () if args.bound_inactive => States::Bound,
            () if args.all || all_there_is => States::All,
            () => States::Connected,
        };
        let named = named(args, &chosen);
        let tables = passable(&named, states, &filter, &shape)?;
        let kinds: BTreeSet<Protocol> = named.iter().map(|(_, protocol)| *protocol).collect();
        let several =
            !args.query.as_ref().is_some_and(Query::is_one_kind) || !args.whole_protocols().is_empty();
        let datagrams =
            kinds.iter().all(|kind| matches!(kind, Protocol::Udp | Protocol::UdpLite | Protocol::Raw));
        let extras = args.extras.resolve();
        let all_needs = shape.needs().or(needs).or(Needs::of(sorting.fields().chain(grouping)));
        Ok(Self {
            states,
            service_names: !args.numeric && asks_like_ss(args),
            layout: table::Layout {
                netns: false, // known when the namespaces are
                header: !args.no_header,
                // Unix, packet and TIPC sockets are of several kinds themselves.
                netid: kinds.len() > 1 || (several && kinds.iter().any(|kind| SEVERAL_KINDS.contains(kind))),
                // A connected datagram socket has but one state.
                state: !filter.has_one_state()
                    && states != States::Bound
                    && (!datagrams || states != States::Connected),
                processes: args.processes || args.holders.any() || !asks_like_ss(args),
                numeric: args.numeric,
                ordered: !sorting.is_empty(),
                extras,
            },
            ask: Ask {
                reuse: all_needs.reuse,
                ..if all_needs.details { details(&shape) } else { asked_by(extras, &shape) }
            },
            tables,
            chosen,
            whole: args.whole_protocols(),
            query: args.query.clone(),
            filter,
            shape,
            sorting,
            grouping,
            needs: all_needs,
        })
    }

    /// The group of states that the options choose.
    #[cfg(test)]
    pub(super) fn states_word(&self) -> &'static str {
        match self.states {
            States::All => "all states",
            States::Listening => "listening",
            States::Bound => "bound",
            States::Connected => "connected",
        }
    }

    /// Why sockets of the states that the options choose may be there and not be seen.
    pub(super) fn blindness(&self, moment: &Moment, seen: bool) -> Option<&'static str> {
        (self.states == States::Bound && !seen).then(|| bound::unlisted(moment)).flatten()
    }

    /// True when owners are told, so that it matters whether they were found.
    pub(super) fn shows_owners(&self) -> bool {
        match self.shape {
            Shape::Table => self.layout.processes || Needs::of(self.grouping).owners,
            _ => self.shape.needs().or(Needs::of(self.grouping)).owners,
        }
    }

    /// True when the other end of a connection is told.
    pub(super) fn needs_peers(&self) -> bool {
        let of_peer = |field: &Field| field.key.starts_with("peer_");
        self.shape.shows(of_peer) || self.grouping.is_some_and(of_peer)
    }

    /// True when a filter chooses among sockets, besides the options.
    pub(super) fn has_filter(&self) -> bool {
        !self.filter.is_empty()
    }

    pub(super) fn shows(&self, row: &Row, moment: &Moment) -> bool {
        self.offers(row) && filter::passes(&self.filter, row, moment)
    }

    /// The same where not everything could be seen; `None` when that could make the difference. Without a look
    /// at all holders, an unseen one may hold any socket.
    pub(super) fn judge(&self, row: &Row, moment: &Moment) -> Option<bool> {
        if !self.offers(row) {
            return Some(false);
        }
        let holders = &moment.coverage.owners;
        let unseen = policy::unseen(&row.socket, moment);
        let owners = unseen.owners || holders.denied > 0 || holders.reason.is_some();
        let seen = Seen { subject: moment.subject(row), now: moment.taken };
        self.filter.judge(&seen, Needs { owners, ..unseen })
    }

    /// What the kernel can judge by itself. Not where all sockets are needed to tell of one: its other
    /// end, the listener that it waits for, or that it is in no table.
    pub(super) fn narrow(&self) -> Option<Narrow> {
        let whole = self.shape.shows(needs_all) || self.grouping.is_some_and(needs_all);
        let narrow = || self.filter.narrow(|state| self.offers_state(Protocol::Tcp, state));
        (!whole && !self.tables.contains(&RESIDUAL)).then(narrow)
    }

    /// True for what the options choose.
    fn offers(&self, row: &Row) -> bool {
        let Socket { protocol, kind, state, .. } = row.socket;
        let chosen = self.chosen.is_empty() || self.chosen.contains(&protocol);
        let asked = |query: &Query| query.has(protocol, kind) || self.whole.contains(&protocol);
        chosen && self.query.as_ref().is_none_or(asked) && self.offers_state(protocol, state)
    }

    fn offers_state(&self, protocol: Protocol, state: State) -> bool {
        let stateless = STATELESS.contains(&protocol);
        let idle = matches!(state, State::Closed | State::Unconnected | State::Bound | State::Unknown);
        match self.states {
            States::All => true,
            States::Listening => idle || state == State::Listen,
            States::Bound => (protocol, state) == (Protocol::Tcp, State::Bound),
            States::Connected => {
                stateless || !idle && !matches!(state, State::Listen | State::TimeWait | State::SynRecv)
            }
        }
    }
}

/// True for a field that says of one socket what is known from others.
fn needs_all(field: &Field) -> bool {
    field.key.starts_with("peer_") || ["listener_cookie", "owner_status"].contains(&field.key)
}

/// The details that a form needs, or that a filter may look at. What is told in few forms, and takes its
/// time, is asked for by those.
fn details(shape: &Shape) -> Ask {
    let shown = |key: &str| shape.shows(|field| field.key == key);
    Ask { published: shown("dnat"), storages: shown("bpf_storages"), ..Ask::EVERYTHING }
}
