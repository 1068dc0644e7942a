//! What was heard of sockets and no reading has settled yet.

use std::collections::BTreeMap;

use crate::model::{Begun, End, Ending, Socket, SocketKey, Stamp};

/// By socket.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(BTreeMap<SocketKey, Trace>);

/// What was heard of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// How it began.
    pub(super) begun: Option<Begun>,
    pub(super) end: Option<End>,
    /// How many readings have followed.
    readings: u8,
}

/// What so many readings have not settled is forgotten.
const KEPT: u8 = 2;

impl Recent {
    /// The same, with what was heard since.
    pub(super) fn with(&self, begun: Vec<Begun>, ends: Vec<End>) -> Self {
        let mut all = self.0.clone();
        for begun in begun {
            let trace = all.entry(begun.socket.key).or_default();
            // One that listens again is the same socket; it is there since it did first.
            trace.begun.get_or_insert(begun);
            trace.end = None;
        }
        for end in ends {
            let trace = all.entry(end.socket.key).or_default();
            trace.end = Some(end);
        }
        Self(all)
    }

    /// The same after a reading, which settled what it has: its beginning counts no more.
    pub(super) fn aged(mut self, is_settled: impl Fn(&SocketKey) -> bool) -> Self {
        self.0.retain(|key, trace| {
            trace.readings += 1;
            if is_settled(key) {
                trace.begun = None;
            }
            trace.readings < KEPT && (trace.begun.is_some() || trace.end.is_some())
        });
        self
    }

    /// How that socket began.
    pub(super) fn begun(&self, key: &SocketKey) -> Option<&Begun> {
        self.0.get(key)?.begun.as_ref()
    }

    /// That one as it began, or just before it ended.
    pub(super) fn socket(&self, key: &SocketKey) -> Option<&Socket> {
        let trace = self.0.get(key)?;
        let end = || trace.end.as_ref().map(|end| &end.socket);
        trace.begun.as_ref().map(|begun| &begun.socket).or_else(end)
    }

    /// How that one ended.
    pub(super) fn ending(&self, key: &SocketKey) -> Option<Ending> {
        self.0.get(key)?.end.as_ref()?.ending
    }

    /// When that one ended.
    pub(super) fn ended(&self, key: &SocketKey) -> Option<Stamp> {
        Some(self.0.get(key)?.end.as_ref()?.at)
    }

    /// Those that began and must be gone, when the reading of this moment does not have them: they have ended, or
    /// the one before did not have them either.
    pub(super) fn past(&self) -> impl Iterator<Item = &Begun> {
        let past = self.0.values().filter(|trace| trace.end.is_some() || trace.readings > 0);
        past.filter_map(|trace| trace.begun.as_ref())
    }
}
