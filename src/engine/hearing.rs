//! What is heard between readings, from every mouth: what the kernel tells of sockets that it destroys, and what
//! BPF tells of those that begin and end. It decides nothing about sockets; the store does.

use std::time::Duration;

use super::poller::{Hear, Hint};
use crate::event::{Closes, Notice, Turn, Turns, What, Word};
use crate::model::{Begun, End, Ending, Held, NoOwner, Owners, Socket};
use crate::owner::Openers;
use crate::sys::clock;

/// Listens to what there is: to sockets that close, and to TCP and UDP sockets as they begin and end. `None` when nobody
/// tells anything.
#[must_use]
pub fn hear(closes: Option<Closes>, turns: Option<Turns>) -> Option<Hear> {
    let mut ears = Ears { closes, turns, openers: Openers::default(), last: None };
    (ears.closes.is_some() || ears.turns.is_some())
        .then(|| -> Hear { Box::new(move |patience| ears.next(patience)) })
}

struct Ears {
    closes: Option<Closes>,
    turns: Option<Turns>,
    openers: Openers,
    /// What was told of an end, and waits until all that BPF told of that socket was heard.
    last: Option<Hint>,
}

impl Ears {
    /// The next hint within that time; `None` when nobody will tell anything any more.
    fn next(&mut self, patience: Duration) -> Option<Hint> {
        if let Some(hint) = self.told() {
            return Some(hint);
        }
        if let Some(turns) = &self.turns {
            let socket = self.closes.as_ref().map(Closes::descriptor);
            if patience > Duration::ZERO
                && let Err(error) = turns.wait(socket, patience)
            {
                self.turns = None;
                return Some(Hint::NoWords(error.to_string()));
            }
            return Some(self.told().unwrap_or(Hint::Nothing));
        }
        self.closed(patience)
    }

    /// What waits already. How a connection ended is told before that it was destroyed; what was lost, after all that
    /// was not.
    fn told(&mut self) -> Option<Hint> {
        if let Some(hint) = self.turned() {
            return Some(hint);
        }
        if self.last.is_none() {
            self.last = self.closed(Duration::ZERO).filter(|hint| !matches!(hint, Hint::Nothing));
            // BPF told of it before, maybe after it was asked.
            if let Some(hint) = self.last.is_some().then(|| self.turned()).flatten() {
                return Some(hint);
            }
        }
        self.last.take().or_else(|| self.lost())
    }

    fn turned(&mut self) -> Option<Hint> {
        Some(match self.turns.as_mut()?.hear()? {
            Word::Turn(turn) => self.turn(*turn),
            Word::Malformed(_) => Hint::Lost(1),
        })
    }

    fn lost(&mut self) -> Option<Hint> {
        match self.turns.as_mut()?.lost() {
            Ok(0) => None,
            Ok(count) => Some(Hint::Lost(count)),
            Err(error) => {
                self.turns = None;
                Some(Hint::NoWords(error.to_string()))
            }
        }
    }

    fn closed(&mut self, patience: Duration) -> Option<Hint> {
        match self.closes.as_mut()?.next(patience) {
            Ok(Notice::Closed(socket)) => Some(Hint::Ended(socket)),
            Ok(Notice::Lost | Notice::Malformed(_)) => Some(Hint::Lost(0)),
            Ok(Notice::Nothing) => Some(Hint::Nothing),
            Err(error) => {
                self.closes = None;
                Some(Hint::NoEnds(error.to_string()))
            }
        }
    }

    fn turn(&mut self, turn: Turn) -> Hint {
        let Turn { at, socket, what } = turn;
        let at = clock::since_boot(at);
        match what {
            What::Ended(errno) => {
                let ending = Ending::heard(&socket, errno);
                Hint::Turned(Box::new(End { at, socket, ending }))
            }
            What::Began(who) => {
                let owners = match who {
                    None => Owners::Unknown(NoOwner::OtherPidns),
                    Some(who) => {
                        let process = self.openers.process(who);
                        Owners::of(vec![Held { process, thread: None, ring: false, fds: Vec::new() }])
                    }
                };
                let uid = owners.first().and_then(|owner| owner.process.uid);
                Hint::Began(Box::new(Begun { at, socket: Socket { uid, owners, ..socket } }))
            }
        }
    }
}
