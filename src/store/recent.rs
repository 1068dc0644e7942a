//! What was heard of sockets and no reading has settled yet.

use std::collections::BTreeMap;
use std::time::Duration;

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
    /// When it was told to be gone.
    told: Option<Stamp>,
}

/// What so many readings have not settled is forgotten.
const KEPT: u8 = 2;
/// What was told to be gone is remembered so long: the kernel tells that it destroyed a socket when it finds the time.
const LATE: Duration = Duration::from_secs(5);

impl Recent {
    /// The same, with what was heard since.
    pub(super) fn with(&self, begun: Vec<Begun>, ends: Vec<End>) -> Self {
        let mut all = self.0.clone();
        for begun in begun {
            let trace = all.entry(begun.socket.key).or_default();
            if trace.told.is_some_and(|told| begun.at.mono <= told.mono) {
                continue;
            }
            trace.told = None;
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

    /// The same after a reading of that moment, which settled what it has: its beginning counts no more. These it told
    /// to be gone, of which more may be heard. What it does not have is older after a reading of all alone.
    pub(super) fn aged(
        mut self,
        now: Stamp,
        is_whole: bool,
        gone: impl IntoIterator<Item = SocketKey>,
        is_settled: impl Fn(&SocketKey) -> bool,
    ) -> Self {
        for key in gone {
            self.0.entry(key).or_default().told = Some(now);
        }
        self.0.retain(|key, trace| {
            trace.readings = trace.readings.saturating_add(u8::from(is_whole));
            if is_settled(key) {
                trace.begun = None;
            }
            let counts = trace.readings < KEPT && (trace.begun.is_some() || trace.end.is_some());
            counts || trace.told.is_some_and(|told| now.since(&told) < LATE)
        });
        self
    }

    /// True when that one was told to be gone.
    pub(super) fn was_told(&self, key: &SocketKey) -> bool {
        self.0.get(key).is_some_and(|trace| trace.told.is_some())
    }

    /// That one, where it began to listen and has not ended since.
    pub(super) fn listens(&self, key: &SocketKey) -> Option<&Socket> {
        let trace = self.0.get(key).filter(|trace| trace.end.is_none())?;
        trace.begun.as_ref().map(|begun| &begun.socket).filter(|socket| socket.is_listener())
    }

    /// That one, where it listened after that moment, whether it does still or not.
    pub(super) fn listened(&self, key: &SocketKey, after: Option<Stamp>) -> Option<&Socket> {
        let trace = self.0.get(key)?;
        let times = [trace.begun.as_ref().map(|begun| begun.at), trace.end.as_ref().map(|end| end.at)];
        let last = times.into_iter().flatten().max()?;
        let socket = self.socket(key).filter(|socket| socket.is_listener())?;
        after.is_none_or(|after| last.mono > after.mono).then_some(socket)
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

    /// Those that began and must be gone, when the reading of this moment does not have them: they have ended, or it
    /// is of all and the one before did not have them either.
    pub(super) fn past(&self, is_whole: bool) -> impl Iterator<Item = &Begun> {
        let is_past = move |trace: &&Trace| trace.end.is_some() || (is_whole && trace.readings > 0);
        let past = self.0.values().filter(is_past);
        past.filter_map(|trace| trace.begun.as_ref())
    }
}
