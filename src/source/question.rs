//! What a dump is asked for, and how much of its answer is kept. Nothing is read here.

use std::sync::Arc;

use super::Wanted;
use super::tables::{Diag, KernelTable};
use crate::model::{Ask, Details, Narrow, Socket, SocketKey};
use crate::wire::{Context, WireError, inet_diag};

/// What a dump is asked for.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) known: &'a KernelTable,
    pub(super) diag: Diag,
    pub(super) context: Context,
    /// What the kernel is asked for.
    pub(super) ask: Ask,
    /// Whether byte counters are kept.
    pub(super) rates: bool,
    /// The one whose details are kept in any case.
    pub(super) closely: Option<SocketKey>,
    /// Which sockets are enough; `None` for all.
    pub(super) narrow: Option<&'a Narrow>,
    /// The table whose rows are to come along.
    pub(super) along: Option<Wanted>,
}

impl Question<'_> {
    /// The request, with this sequence number.
    pub(super) fn request(&self, seq: u32) -> Vec<u8> {
        let mut request = match self.along {
            Some(_) => inet_diag::both_families_request(seq, self.ask),
            None => (self.diag.request)(&self.context, seq, self.ask),
        };
        if let Some(narrow) = self.narrow {
            inet_diag::narrow(&mut request, narrow);
        }
        request
    }

    /// True for a row of the table that comes along.
    pub(super) fn is_along(&self, socket: &Socket) -> bool {
        self.along == Some((socket.family, socket.protocol))
    }

    /// One socket of the answer, with as much of it as is kept.
    pub(super) fn decode(&self, payload: &[u8]) -> Result<Socket, WireError> {
        let socket = (self.diag.decode)(payload, &self.context)?;
        if self.closely == Some(socket.key) && !self.context.details {
            return (self.diag.decode)(payload, &Context { details: true, ..self.context });
        }
        if !self.rates {
            return Ok(socket);
        }
        let counters = inet_diag::counters(payload, &self.context).map(Box::new);
        // The kernel told all of `tcp_info` with them, in which clocks run: every row would change with every reading.
        let without = |mut details: Arc<Details>| {
            Arc::make_mut(&mut details).tcp_info = None;
            details
        };
        Ok(Socket { counters, details: socket.details.map(without), ..socket })
    }
}
