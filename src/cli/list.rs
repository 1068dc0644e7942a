//! The one-shot listing: `sockeye -tulpn`, `sockeye --json`.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use super::args::{ListArgs, OwnersChoice};
use super::exit::Exit;
use super::{notice, reader};
use crate::config::Environment;
use crate::model::{Ask, Family, Protocol, Row, State};
use crate::output::{json, table};
use crate::owner::Facts;
use crate::source::{Wanted, everything};
use crate::store::{Moment, Table};
use crate::sys;

/// True when nothing asks for a listing and stdout can show the dashboard.
pub(super) fn wants_dashboard(args: &ListArgs, environment: &Environment) -> bool {
    let asks = asks_like_ss(args) || args.json || args.no_header || args.oneline;
    !asks && io::stdout().is_terminal() && !environment.dumb_terminal
}

/// Lists the sockets once.
pub(super) fn run(args: &ListArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let selection = Selection::of(args);
    let owners_shown = args.json || selection.layout.processes;
    let mut reading = args.reading.clone();
    if !owners_shown {
        reading.owners = OwnersChoice::None;
    }
    let facts = if args.json { Facts::All } else { Facts::Names };
    let runtimes = args.runtimes.places(environment);
    let (sockets, moment) =
        reader::read_once(&reading, selection.tables.clone(), selection.ask, facts, runtimes.as_ref())?;
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    if args.json {
        json::write(&mut out, &sockets, &moment, &|row| selection.shows(row))?;
    } else {
        write_table(&mut out, &sockets, &moment, &selection)?;
    }
    out.flush()?;
    let failed = notice::tell(&moment.coverage, owners_shown && reading.owners != OwnersChoice::None);
    Ok(if failed { Exit::Error } else { Exit::Ok })
}

fn write_table(
    out: &mut dyn io::Write,
    sockets: &Table,
    moment: &Moment,
    selection: &Selection,
) -> anyhow::Result<()> {
    let rows = sockets.open().filter(|row| selection.shows(row));
    let services = if selection.service_names { sys::names::services() } else { HashMap::new() };
    let several = moment.coverage.namespaces.list.len() > 1;
    let layout = table::Layout { netns: several, ..selection.layout };
    let service = |protocol, port| services.get(&(protocol, port)).cloned();
    table::write(out, rows, table::Sheet { layout, names: &moment.names, services: &service })?;
    Ok(())
}

/// What the options ask for, resolved once.
#[derive(Debug)]
struct Selection {
    tables: Vec<Wanted>,
    /// The protocols that were named; empty for all.
    chosen: Vec<Protocol>,
    states: States,
    service_names: bool,
    ask: Ask,
    layout: table::Layout,
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
    /// Neither `-l` nor `-a`.
    Connected,
}

/// True when an option of `ss` chooses what is listed.
fn asks_like_ss(args: &ListArgs) -> bool {
    let family = !args.protocols().is_empty() || args.ipv4 || args.ipv6;
    family || args.listening || args.all || args.numeric || args.processes
}

impl Selection {
    fn of(args: &ListArgs) -> Self {
        let chosen = args.protocols();
        let narrowed = !chosen.is_empty() || args.listening || args.all;
        // A script that asks for JSON and nothing else wants everything there is.
        let all_there_is = !asks_like_ss(args) || (args.json && !narrowed);
        let states = match (args.listening, args.all || all_there_is) {
            (true, _) => States::Listening,
            (false, true) => States::All,
            (false, false) => States::Connected,
        };
        let one_version = args.ipv4 || args.ipv6;
        let wants = |(family, protocol): &Wanted| {
            let version = match family {
                Family::Inet => args.ipv4 || !one_version,
                Family::Inet6 => args.ipv6 || !one_version,
                _ => !one_version || chosen.contains(protocol),
            };
            // What is in no table is known only when all tables are.
            let asked = chosen.is_empty() || chosen.contains(protocol) || chosen.contains(&Protocol::Other);
            version && asked
        };
        let tables: Vec<Wanted> = everything().into_iter().filter(wants).collect();
        let kinds: BTreeSet<Protocol> = tables.iter().map(|(_, protocol)| *protocol).collect();
        let datagrams =
            kinds.iter().all(|kind| matches!(kind, Protocol::Udp | Protocol::UdpLite | Protocol::Raw));
        Self {
            states,
            service_names: !args.numeric && asks_like_ss(args),
            layout: table::Layout {
                netns: false, // known when the namespaces are
                header: !args.no_header,
                // Unix, packet and TIPC sockets are of several kinds themselves.
                netid: kinds.len() > 1 || kinds.iter().any(|kind| SEVERAL_KINDS.contains(kind)),
                // A connected datagram socket has but one state.
                state: !datagrams || states != States::Connected,
                processes: args.processes || !asks_like_ss(args),
                numeric: args.numeric,
            },
            ask: if args.json { Ask::EVERYTHING } else { Ask::NOTHING },
            tables,
            chosen,
        }
    }

    fn shows(&self, row: &Row) -> bool {
        if !self.chosen.is_empty() && !self.chosen.contains(&row.socket.protocol) {
            return false;
        }
        let state = row.socket.state;
        let stateless = STATELESS.contains(&row.socket.protocol);
        let idle = matches!(state, State::Closed | State::Unconnected | State::Bound | State::Unknown);
        match self.states {
            States::All => true,
            States::Listening => idle || state == State::Listen,
            States::Connected => {
                stateless || !idle && !matches!(state, State::Listen | State::TimeWait | State::SynRecv)
            }
        }
    }
}
