//! Sockets through `sock_diag`, and through `/proc/net` for what netlink refuses or does not know.
//!
//! A refusal (a sandbox, a kernel without the module) is final: the table is read from procfs from
//! then on, and its coverage says so. What may pass is tried again; when it does not pass, the
//! table has failed, and is never shown as empty.

use std::collections::{BTreeMap, BTreeSet};

use super::along::{Along, Came, Drained};
use super::crosscheck;
use super::decoder::{self, Rows};
use super::numbers;
use super::place::Place;
use super::protocols::{self, Counts};
use super::question::Question;
use super::second_look::{self, SecondLook};
use super::tables::{self, KernelTable};
use super::{Reading, SocketSource, SourceError, Wanted, keep, procfs};
use crate::model::{Ask, Closely, KernelUse, Narrow, NetnsId, SliceCoverage, SliceStatus, Socket, State};
use crate::sys::netlink::{CHUNK, DiagError, DiagSocket, Dump};
use crate::wire::Context;

/// How often a dump that broke or was interrupted is started again.
const RETRIES: usize = 3;

/// The live kernel of this network namespace.
#[derive(Debug)]
pub struct Netlink {
    ask: Ask,
    reader: Reader,
}

impl Netlink {
    /// Netlink, with procfs for what it refuses.
    #[must_use]
    pub fn with_fallback(ask: Ask) -> Self {
        Self { ask, reader: Reader::new(true) }
    }

    /// Netlink alone: what it refuses has failed.
    #[must_use]
    pub fn strict(ask: Ask) -> Self {
        Self { ask, reader: Reader::new(false) }
    }
}

impl SocketSource for Netlink {
    fn ask(&mut self, ask: Ask) {
        self.ask = ask;
    }

    fn look_closely(&mut self, closely: Option<Closely>) {
        self.reader.look_closely(closely);
    }

    fn narrow(&mut self, narrow: Option<Narrow>) {
        self.reader.narrow(narrow);
    }

    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let place = Place::here()?;
        let mut reading = Reading::of_own(place.netns);
        self.reader.read(wanted, place, self.ask, &mut reading);
        reading.name_interfaces(0);
        reading.tell_ports(place);
        Ok(reading)
    }

    fn kernel_uses(&mut self, places: &BTreeSet<NetnsId>) -> Vec<(NetnsId, Vec<KernelUse>)> {
        super::kernel_uses_here(places)
    }
}

/// Reads the tables of the namespace that the calling thread is in.
#[derive(Debug)]
pub(super) struct Reader {
    /// Whether procfs takes over what netlink refuses.
    fallback: bool,
    socket: Option<DiagSocket>,
    /// The size of the pieces in which dumps come.
    chunk: usize,
    /// How often a second look was taken.
    looks: usize,
    /// The tables that netlink refused, and why.
    refused: BTreeMap<Wanted, String>,
    /// The kernel refuses dumps that ask for BPF storages to who may not use BPF.
    no_storages: bool,
    /// The kernel's own counts at the beginning of this reading.
    counts: Counts,
    second: SecondLook,
    /// Which sockets are enough.
    narrow: Option<Narrow>,
    closely: Option<Closely>,
    along: Along,
    /// The kernel does not take the program of that.
    no_program: bool,
    buffer: Vec<u8>,
}

impl Reader {
    pub(super) fn new(fallback: bool) -> Self {
        Self {
            fallback,
            socket: None,
            chunk: CHUNK,
            looks: 0,
            refused: BTreeMap::new(),
            no_storages: false,
            counts: Counts::default(),
            second: SecondLook::default(),
            narrow: None,
            closely: None,
            along: Along::default(),
            no_program: false,
            buffer: Vec::new(),
        }
    }

    /// Says which sockets are enough.
    pub(super) fn narrow(&mut self, narrow: Option<Narrow>) {
        (self.narrow, self.no_program) = (narrow, false);
    }

    /// Says of which socket the details are wanted, whatever is asked for of the others.
    pub(super) fn look_closely(&mut self, closely: Option<Closely>) {
        self.closely = closely;
    }

    /// What is enough of a table.
    fn narrow_of(&self, table: &KernelTable) -> Option<Narrow> {
        self.narrow.clone().filter(|_| Narrow::concerns(table.table.1))
    }

    /// Prepares for another namespace: a socket belongs to the one that it was opened in. What was
    /// refused stays refused, it is the kernel or the sandbox that does it.
    pub(super) fn move_on(&mut self) {
        self.socket = None;
    }

    /// Appends every wanted table, and its coverage.
    pub(super) fn read(&mut self, wanted: &[Wanted], place: Place, ask: Ask, reading: &mut Reading) {
        self.counts = Counts::read(place.whose);
        self.along.begin(wanted);
        for table in wanted.iter().filter_map(|wanted| tables::find(*wanted)) {
            let start = reading.sockets.len();
            let mut coverage = self.read_table(table, place, ask, reading);
            if crosscheck::is_short(&coverage, &reading.sockets[start..]) {
                // Once more, the count too: sockets may have been closed between the two.
                reading.sockets.truncate(start);
                self.counts = Counts::read(place.whose);
                coverage = self.read_table(table, place, ask, reading);
                if crosscheck::is_short(&coverage, &reading.sockets[start..]) {
                    coverage.status = crosscheck::degraded(&coverage);
                }
            }
            reading.slices.push(coverage);
        }
    }

    /// Appends a table; what is said of it has the kernel's own count.
    fn read_table(
        &mut self,
        known: &KernelTable,
        place: Place,
        ask: Ask,
        reading: &mut Reading,
    ) -> SliceCoverage {
        let coverage = self.read_uncounted(known, place, ask, reading);
        // What is narrowed cannot be compared with it.
        let counted = self.counts.number(known.table).filter(|_| self.narrow_of(known).is_none());
        SliceCoverage { counted, ..coverage }
    }

    fn read_uncounted(
        &mut self,
        known: &KernelTable,
        place: Place,
        ask: Ask,
        reading: &mut Reading,
    ) -> SliceCoverage {
        let table = known.table;
        let Some(diag) = known.diag else { return procfs::read_table(known, place, &self.counts, reading) };
        let mut coverage = SliceCoverage::new(place.slice(table), "netlink");
        if !self.refused.contains_key(&table) {
            let context = Context { details: ask.is_for_details(), ..place.context(table) };
            let narrow = self.narrow_of(known).map(numbers::fill);
            let along = self.along.wanted_with(table, ask);
            let is_asked = |slice| slice == coverage.slice || along.map(|it| place.slice(it)) == Some(slice);
            let closely = self.closely.filter(|one| is_asked(one.slice));
            let question = Question {
                known,
                diag,
                context,
                ask: closely.map_or(ask, |one| ask.or(one.ask)),
                rates: ask.rates,
                closely: closely.map(|one| one.key),
                narrow: narrow.as_ref(),
                along,
            };
            match self.read_dump(question, &mut coverage, reading) {
                Ok(()) => return coverage,
                Err(error) if self.fallback && error.is_refusal() => {
                    self.refused.insert(table, error.to_string());
                }
                Err(error) => {
                    coverage.status = match error {
                        _ if error.is_unknown() => protocols::unlisted(self.counts.of(table)),
                        _ if error.is_denial() => SliceStatus::Denied(error.to_string()),
                        _ => SliceStatus::Failed(error.to_string()),
                    };
                    return coverage;
                }
            }
        }
        let mut coverage = procfs::read_table(known, place, &self.counts, reading);
        if let Some(why) = self.refused.get(&table) {
            coverage.status = match coverage.status {
                SliceStatus::Ok => SliceStatus::Fallback(why.clone()),
                SliceStatus::Fallback(and) => SliceStatus::Fallback(format!("{why}; {and}")),
                SliceStatus::Unlisted(and) => SliceStatus::Unlisted(format!("{why}; {and}")),
                SliceStatus::Failed(and) => SliceStatus::Failed(format!("{why}; {and}")),
                other => other,
            };
        }
        coverage
    }

    /// Appends the sockets of a table, looking twice where the kernel may have left some out.
    fn read_dump(
        &mut self,
        question: Question<'_>,
        coverage: &mut SliceCoverage,
        reading: &mut Reading,
    ) -> Result<(), DiagError> {
        let Drained { sockets, pieces } = match self.along.take(question.known.table) {
            Some(came) => came.told(coverage),
            None => self.drain(question, coverage)?,
        };
        keep(sockets, coverage, reading);
        let start = reading.sockets.len() - coverage.rows;
        if pieces > 1 && self.second.pays(coverage.slice, &reading.sockets[start..]) {
            self.look_again(question, coverage, reading);
        }
        self.second.remember(coverage.slice, &reading.sockets[start..]);
        Ok(())
    }

    /// Adds the rows that a dump of several pieces left out. They are looked for by a second dump,
    /// whose pieces end elsewhere.
    fn look_again(&mut self, question: Question<'_>, coverage: &mut SliceCoverage, reading: &mut Reading) {
        let listening = second_look::only_listeners(question.context.protocol);
        let unwanted = |narrow: &Narrow| listening && !narrow.states.contains(&State::Listen);
        if !coverage.status.proves_absence() || question.narrow.is_some_and(unwanted) {
            return;
        }
        let first = self.socket.take();
        self.looks = self.looks.wrapping_add(1);
        self.chunk = CHUNK - 1024 * (1 + self.looks % 13);
        let question = Question { ask: Ask { listening, ..question.ask }, along: None, ..question };
        let ended = self.drain(question, coverage);
        (self.socket, self.chunk) = (first, CHUNK);
        let sockets = match ended {
            Ok(drained) => drained.sockets,
            Err(error) => {
                let why = format!("what it seems to lack could not be looked for again: {error}");
                coverage.status = SliceStatus::Partial(why);
                return;
            }
        };
        let mut found = Reading::default();
        keep(sockets, &mut coverage.clone(), &mut found);
        self.add_skipped(found.sockets, coverage, reading);
    }

    /// Adds what the second look found and the first did not. What nobody knew before may have been
    /// opened since: it is left to the next reading, but for the first one, in which it is no news.
    fn add_skipped(&self, mut found: Vec<Socket>, coverage: &mut SliceCoverage, reading: &mut Reading) {
        let slice = coverage.slice;
        let start = reading.sockets.len() - coverage.rows;
        let key = |socket: &Socket| socket.key;
        let had = |socket: &Socket| self.second.had(slice, &socket.key);
        let first = !self.second.knows(slice);
        let read = &reading.sockets[start..];
        found.retain(|socket| (first || had(socket)) && read.binary_search_by_key(&socket.key, key).is_err());
        coverage.skipped = found.iter().filter(|socket| had(socket)).count();
        coverage.rows += found.len();
        reading.sockets.append(&mut found);
        reading.sockets[start..].sort_by_key(key);
    }

    /// Reads one dump whole, starting again as long as it pays.
    fn drain(
        &mut self,
        mut question: Question<'_>,
        coverage: &mut SliceCoverage,
    ) -> Result<Drained, DiagError> {
        loop {
            let ask = question.ask;
            let ask = Ask { storages: ask.storages && !self.no_storages, ..ask };
            let plain = question.narrow.filter(|_| self.no_program).cloned().map(Narrow::by_states_alone);
            let narrow = plain.as_ref().or(question.narrow);
            let has_program = narrow.is_some_and(|narrow| !narrow.code.is_empty());
            let ended = self.dump_once(Question { ask, narrow, ..question });
            let again = coverage.retries < RETRIES;
            match ended {
                Ok((Dump { interrupted: true, .. }, _)) if again => {}
                Ok((Dump { interrupted, pieces }, rows)) => {
                    if interrupted {
                        let why = "the table changed during every attempt to read it".to_owned();
                        coverage.status = SliceStatus::Partial(why);
                    }
                    let (sockets, along) = rows.told(coverage);
                    self.along.keep(question.along.map(|table| Came::new(table, along, pieces, coverage)));
                    let sockets = question.known.settle(sockets);
                    return Ok(Drained { sockets, pieces });
                }
                Err(error) if error.is_refusal() && question.along.is_some() => {
                    question.along = None;
                    self.along.refuse();
                    continue;
                }
                Err(error) if has_program && error.may_be_the_program() => {
                    self.no_program = true; // everything is judged again anyway
                    continue;
                }
                Err(error) if error.is_refusal() && ask.storages => {
                    // The program may have been blamed for it.
                    (self.no_storages, self.no_program) = (true, false);
                    continue;
                }
                Err(error) if again && !error.is_refusal() => {}
                Err(error) => return Err(error),
            }
            coverage.retries += 1;
        }
    }

    fn dump_once(&mut self, question: Question<'_>) -> Result<(Dump, Rows), DiagError> {
        self.buffer.clear();
        // Taken out, and put back only after success: a socket that failed may hold old answers.
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => DiagSocket::open(self.chunk)?,
        };
        let dump = decoder::dump(&mut socket, question, &mut self.buffer)?;
        self.socket = Some(socket);
        Ok(dump)
    }
}
