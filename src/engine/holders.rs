//! Owners for a reading, and rows for the sockets that only their owners know of. Reads no table
//! but for a second look.

use std::panic::resume_unwind;
use std::thread::{Builder, JoinHandle};

use super::plan::{Chances, Method, plan};
use super::{OwnerAsk, residual};
use crate::model::{NetnsId, OwnerCoverage, SliceStatus};
use crate::owner::{self, BpfScanner, Facts, Hidden, OwnerMap, Question};
use crate::source::{RESIDUAL, Reading, SocketSource, Wanted};
use crate::sys::bpf::{self, BpfError};
use crate::sys::procnet::{self, Whose};
use crate::wire::proc_protocols::sockets_used;

/// Finds the holders of sockets.
pub(super) struct Holders {
    facts: Facts,
    way: Way,
    hidden: Hidden,
    /// Why it is not another one.
    why: Option<String>,
}

/// The way that was planned, and how far it is prepared.
enum Way {
    None,
    Proc,
    /// The program is being loaded, while the sockets are read.
    Preparing(JoinHandle<Result<BpfScanner, BpfError>>),
    Bpf(Box<BpfScanner>),
}

impl Holders {
    /// Chooses the way, and begins to prepare it.
    pub(super) fn new(ask: OwnerAsk) -> Self {
        let chances = || Chances {
            bpf: bpf::may_load().map_err(|error| error.to_string()),
            sockets: procnet::table(Whose::Ours, "sockstat").ok().and_then(|text| sockets_used(&text)),
        };
        let (method, why) = plan(ask, chances);
        let way = match method {
            Method::None => Way::None,
            Method::Proc => Way::Proc,
            Method::Bpf => match Builder::new().name("bpf".to_owned()).spawn(BpfScanner::load) {
                Ok(preparing) => Way::Preparing(preparing),
                Err(_) => Way::Proc, // too few threads to prepare anything
            },
        };
        Self { facts: ask.facts, way, hidden: Hidden::default(), why }
    }

    /// Gives every socket its owners, and sockets that are in no table a row.
    pub(super) fn find(
        &mut self,
        reading: &mut Reading,
        wanted: &[Wanted],
        source: &mut dyn SocketSource,
    ) -> OwnerCoverage {
        let residual = wanted.contains(&RESIDUAL);
        // Each namespace that was read, in the order of reading.
        let mut places: Vec<NetnsId> = reading.slices.iter().map(|read| read.slice.netns).collect();
        places.dedup();
        // What is in no table may be in one that was not read.
        let all_read = reading.namespaces.list.iter().all(|known| known.status.proves_absence());
        let blind = reading.slices.iter().any(|read| may_hold_more(&read.status));
        let gap = match self.way {
            Way::None => Some("owners were not looked up"),
            _ if blind => Some("not every table could be read"),
            _ if !all_read => {
                Some("not every network namespace was read, so nothing is known to be in no table")
            }
            _ => None,
        };
        let strays = if residual && gap.is_none() { &places[..] } else { &[] };
        let question = Question { sockets: &reading.sockets, strays, facts: self.facts };
        let mut map = self.scan(&question);
        if let Some(map) = &mut map {
            self.hidden.look(map, &question);
            residual::append(reading, map, strays, || source.read(wanted).ok());
        }
        if residual {
            reading
                .slices
                .extend(places.iter().map(|netns| residual::coverage(*netns, &reading.sockets, gap)));
        }
        let told = match map {
            Some(map) => map.assign(&mut reading.sockets),
            None => owner::tally("none", &reading.sockets),
        };
        OwnerCoverage { method_reason: self.why.clone(), ..told }
    }

    /// Who holds what. When BPF fails, `/proc` is scanned from then on.
    fn scan(&mut self, question: &Question<'_>) -> Option<OwnerMap> {
        let prepared = match std::mem::replace(&mut self.way, Way::Proc) {
            Way::None => {
                self.way = Way::None;
                return None;
            }
            Way::Proc => return Some(owner::scan(question)),
            Way::Preparing(thread) => match thread.join() {
                Ok(loaded) => loaded.map(Box::new),
                Err(panic) => resume_unwind(panic),
            },
            Way::Bpf(scanner) => Ok(scanner),
        };
        let scanned = prepared.and_then(|mut scanner| {
            let map = scanner.scan(question)?;
            self.way = Way::Bpf(scanner);
            Ok(map)
        });
        Some(scanned.unwrap_or_else(|error| {
            self.why = Some(format!("no BPF: {error}"));
            owner::scan(question)
        }))
    }
}

/// True for a table that has rows which were not read. One that the kernel does not keep has none.
fn may_hold_more(status: &SliceStatus) -> bool {
    !status.proves_absence() && !matches!(status, SliceStatus::Unlisted(_))
}
