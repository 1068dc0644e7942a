//! `sockeye -E`: sockets as they close, from the kernel's own mouth, until it is stopped.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;

use super::args::{ListArgs, OwnersChoice};
use super::ending::{self, Asked};
use super::exit::Exit;
use super::reader::{self, Request};
use super::selection::Selection;
use super::settings::Reading;
use super::{complain, notice};
use crate::config::{Environment, Settings};
use crate::event::{self, Closes, Notice, Subjects, Turns, What};
use crate::model::{Ending, History, Protocol, Row, Socket, SocketKey, Stamp};
use crate::output::Face;
use crate::output::event::{Event, write_json};
use crate::output::table::{Layout, Sheet, Stream};
use crate::store::{Moment, Table, ended};
use crate::sys::{self, clock, host};
use crate::text;

/// Nothing is missed by looking up now and then.
const PATIENCE: Duration = Duration::from_hours(1);

/// Tells sockets that close, each line flushed at once.
pub(super) fn run(args: ListArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let Asked { args, mut reading, selection, json } = ending::resolve(args)?;
    let by_bpf = matches!(reading.owners, OwnersChoice::Auto | OwnersChoice::Bpf);
    let owners = json || args.processes || selection.needs.owners;
    if !owners {
        reading.owners = OwnersChoice::None;
    }
    let deadline = args.ending.events_for.map(|span| (clock::now(), span));
    // First, so that nothing closes between the reading and the listening.
    let own = host::netns()?;
    let mut closes = Closes::open(own, &selection.tables)?;
    // What it tells beside that is more than is promised: without it less is known of how connections ended.
    let states = || Turns::open(Subjects { states: true, binds: false, only: Some(own) }).ok()?.0;
    let words = Words { states: by_bpf.then(states).flatten(), known: HashMap::new() };
    let services = if selection.service_names { sys::names::services() } else { HashMap::new() };
    let (known, moment) = known(&reading, &selection)?;
    notice::tell(&moment.coverage, owners && reading.owners != OwnersChoice::None);
    // Lines come one by one, so that nobody knows what would have to be left out.
    let face = Face { width: None, ..args.face.face(&Settings::default(), environment) };
    let mut follow = Follow {
        face,
        stream: Stream::new(selection.layout.header && !json),
        left: args.ending.events_count,
        layout: Layout { processes: args.processes, state: true, ..selection.layout },
        selection,
        reading,
        json,
        services,
        known,
        words,
        moment,
        bursts: 0,
        stale: false,
    };
    follow.greet();
    follow.take_all(&mut closes, deadline)
}

/// What is there, for what is told of it when it closes.
fn known(args: &Reading, selection: &Selection) -> anyhow::Result<(Table, Moment)> {
    reader::read_once(args, Request { narrow: None, ..Request::of(selection) }, None)
}

struct Follow {
    selection: Selection,
    reading: Reading,
    json: bool,
    face: Face,
    layout: Layout,
    services: HashMap<(Protocol, u16), String>,
    stream: Stream,
    /// How many may still be told.
    left: Option<u64>,
    /// The last reading.
    known: Table,
    words: Words,
    moment: Moment,
    /// How often something was lost.
    bursts: usize,
    /// Something was lost since the last reading.
    stale: bool,
}

impl Follow {
    /// Says what will be known of sockets that close, and what not.
    fn greet(&self) {
        let known = text::counted(self.known.open().count(), "socket", "sockets");
        let what = match self.reading.owners {
            OwnersChoice::None => "the state before is",
            _ => "the owner and the state before are",
        };
        complain(&format!(
            "sockeye: telling what closes; of {known} {what} known, of what opens from now on not: a filter on that \
             lets none of it pass"
        ));
    }

    fn take_all(&mut self, closes: &mut Closes, deadline: Option<(Stamp, Duration)>) -> anyhow::Result<Exit> {
        while self.left != Some(0) {
            let rest = deadline.map(|(start, span)| span.saturating_sub(clock::now().since(&start)));
            if rest.is_some_and(|rest| rest.is_zero()) {
                break;
            }
            let patience = if self.stale { Duration::ZERO } else { rest.unwrap_or(PATIENCE) };
            match closes.next(patience)? {
                Notice::Closed(socket) => self.tell(*socket)?,
                Notice::Lost => self.tell_loss(),
                Notice::Malformed(error) => {
                    complain(&format!("sockeye: a socket that closed could not be understood: {error}"));
                }
                Notice::Nothing if self.stale => {
                    // All that was left has been told; of what opened meanwhile the owners are known again.
                    (self.known, self.moment) = known(&self.reading, &self.selection)?;
                    self.stale = false;
                }
                Notice::Nothing => {}
            }
        }
        Ok(Exit::Ok)
    }

    fn tell_loss(&mut self) {
        self.bursts += 1;
        self.stale = true;
        complain(&format!(
            "sockeye: more sockets closed at once than could be told; some are missing here, for the {} time",
            ordinal(self.bursts)
        ));
    }

    fn tell(&mut self, told: Socket) -> anyhow::Result<()> {
        let word = self.words.of(&told.key);
        let read = self.known.row(&told.key).map(|row| &row.socket);
        let before = read.or(word.as_ref().map(|word| &word.socket));
        let from = before.map(|before| before.state);
        let ending = word.as_ref().and_then(|word| word.ending).or_else(|| Ending::told(&told, from));
        let history = History { ending, ..History::default() };
        let row = Row::new(ended(told, before), history);
        // A filter sees it as it was, as far as that is known.
        let seen = Row::found(Socket { state: from.unwrap_or(row.socket.state), ..row.socket.clone() });
        if !self.selection.shows(&seen, &self.moment) {
            return Ok(());
        }
        self.left = self.left.map(|left| left - 1);
        self.moment.taken = clock::now();
        let mut out = io::stdout().lock();
        if self.json {
            write_json(&mut out, &Event::ended(&row, from), &self.moment)?;
        } else {
            let service = |protocol, port| self.services.get(&(protocol, port)).cloned();
            let (names, layout, face) = (&self.moment.names, self.layout, self.face);
            let sheet = Sheet { layout, names, services: &service, hosts: None, holding: None, face };
            self.stream.write_end(&mut out, &row.socket, from, sheet)?;
        }
        out.flush().context("the end of a socket cannot be told")
    }
}

/// What BPF told of TCP sockets before the kernel tells that it destroyed them.
struct Words {
    states: Option<Turns>,
    known: HashMap<SocketKey, Word>,
}

/// What it told of one.
struct Word {
    /// As it was last.
    socket: Socket,
    ending: Option<Ending>,
}

impl Words {
    /// Connections that end and stay, held by their programs: no more of them are remembered.
    const MOST: usize = 10_000;

    /// What was told of that one.
    fn of(&mut self, key: &SocketKey) -> Option<Word> {
        while let Some(word) = self.states.as_mut()?.hear() {
            let event::Word::Turn(turn) = word else { continue };
            let What::Ended(errno) = turn.what else { continue };
            if self.known.len() >= Self::MOST {
                self.known.clear();
            }
            let ending = Ending::heard(&turn.socket, errno);
            self.known.insert(turn.socket.key, Word { socket: turn.socket, ending });
        }
        self.known.remove(key)
    }
}

/// `first`, `2nd`, `3rd`, `11th`.
fn ordinal(number: usize) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    if number == 1 { "first".to_owned() } else { format!("{number}{suffix}") }
}
