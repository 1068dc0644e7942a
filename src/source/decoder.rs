//! From the datagrams of a dump to its rows.
//!
//! Draining must not wait for parsing: the slower a dump is read, the more rows the kernel repeats
//! and skips. A small dump is parsed when it is there; of a large one a thread parses what has been
//! drained while the rest is. Nothing is retried and nothing is judged here.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

use super::question::Question;
use crate::model::{SliceCoverage, SliceStatus, Socket};
use crate::sys::netlink::{DiagError, DiagSocket, Dump};
use crate::wire::{WireError, inet_diag, netlink};

/// What is handed over at once, in bytes. A dump that is smaller is not worth a thread.
const BLOCK: usize = 512 * 1024;

/// The rows of a dump, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Rows {
    sockets: Vec<Socket>,
    /// Those of the table that came along.
    along: Vec<Socket>,
    /// How many could not be understood, and what was wrong with the last of them.
    malformed: usize,
    trouble: Option<WireError>,
}

impl Rows {
    /// Adds the rows of whole messages.
    fn read(&mut self, messages: &[u8], question: Question<'_>) {
        for message in netlink::messages(messages) {
            let socket = message.and_then(|message| match message.header.kind.get() {
                inet_diag::BY_FAMILY | inet_diag::BOTH_FAMILIES => question.decode(message.payload).map(Some),
                _ => Ok(None),
            });
            match socket {
                Ok(Some(socket)) if question.is_along(&socket) => self.along.push(socket),
                Ok(socket) => self.sockets.extend(socket),
                Err(error) => {
                    self.malformed += 1;
                    self.trouble = Some(error);
                }
            }
        }
    }

    /// The sockets, and those that came along. What could not be understood is missing, so that the table is partial.
    pub(super) fn told(self, coverage: &mut SliceCoverage) -> (Vec<Socket>, Vec<Socket>) {
        coverage.malformed += self.malformed;
        if let Some(error) = self.trouble {
            let malformed = coverage.malformed;
            coverage.status =
                SliceStatus::Partial(format!("{malformed} of its rows could not be understood: {error}"));
        }
        (self.sockets, self.along)
    }
}

/// Takes one dump from the socket. `buffer` is room for what is drained; what is left in it is of
/// no use.
pub(super) fn dump(
    socket: &mut DiagSocket,
    question: Question<'_>,
    buffer: &mut Vec<u8>,
) -> Result<(Dump, Rows), DiagError> {
    scope(|scope| {
        let mut decoder = None;
        let dump = socket.dump(|seq| question.request(seq), buffer, &mut |drained| {
            if drained.len() < BLOCK {
                return;
            }
            if decoder.is_none() {
                decoder = Decoder::start(scope, question);
            }
            // Without a thread to be had the buffer grows, and is parsed in the end.
            if let Some(decoder) = &decoder {
                decoder.hand_over(drained);
            }
        });
        let mut rows = decoder.map(Decoder::finish).unwrap_or_default();
        let dump = dump?;
        rows.read(buffer, question);
        Ok((dump, rows))
    })
}

/// The thread that parses, and the buffers that go there and come back.
struct Decoder<'scope> {
    full: Sender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    thread: ScopedJoinHandle<'scope, Rows>,
}

impl<'scope> Decoder<'scope> {
    /// `None` when no thread can be started.
    fn start<'env: 'scope>(scope: &'scope Scope<'scope, 'env>, question: Question<'env>) -> Option<Self> {
        let (full, blocks) = channel::<Vec<u8>>();
        let (back, empty) = channel();
        let parse = move || {
            let mut rows = Rows::default();
            for mut block in blocks {
                rows.read(&block, question);
                block.clear();
                let _nobody_wants_it_back = back.send(block);
            }
            rows
        };
        let thread = Builder::new().name("decoder".to_owned()).spawn_scoped(scope, parse).ok()?;
        Some(Self { full, empty, thread })
    }

    /// Takes what was drained and leaves an empty buffer.
    fn hand_over(&self, drained: &mut Vec<u8>) {
        let empty = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(drained.capacity()));
        let _ends_only_when_it_panics = self.full.send(std::mem::replace(drained, empty));
    }

    /// Everything that was handed over, parsed.
    fn finish(self) -> Rows {
        drop(self.full);
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}
