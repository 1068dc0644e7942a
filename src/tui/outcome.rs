//! What came of an act, in lines that stay until they are read. It does nothing.

use std::collections::BTreeSet;

use super::acting::shown;
use super::theme::{Look, Meaning};
use crate::engine::acting::{self, Act, Done, Order, Report};
use crate::model::Closing;
use crate::output::{closing, signalling, stopping};
use crate::store::{Holder, Moment};

/// What came of it: first in a sentence, then of each process and socket.
pub(super) fn lines(report: &Report, look: &Look) -> Vec<(String, Meaning)> {
    let order = &report.order;
    let Some(moment) = order.seen.moment() else { return Vec::new() };
    let mut told = Told { look, lines: Vec::new() };
    match &report.done {
        Err(why) => told.line(&format!("failed: {why}"), false),
        Ok(Done::Signalled(became, after)) => {
            let all = order.holders();
            let Act::Signal(signal) = order.act else { return Vec::new() };
            for (holder, became) in all.iter().zip(became) {
                told.line(&signalling::told(holder, signal, became, moment), became.is_done());
            }
            told.after(&all, after, order, moment);
            // What several have in common is told once.
            let why =
                all.iter().zip(became).filter_map(|(holder, became)| signalling::why(holder, became, moment));
            for why in why.collect::<BTreeSet<_>>() {
                told.line(&why, false);
            }
        }
        Ok(Done::Stopped(stopping, after)) => {
            let Act::Stop(command) = &order.act else { return Vec::new() };
            told.written(stopping.is_done(), |out| stopping::write_stop_line(out, command.text(), stopping));
            told.after(&order.holders(), after, order, moment);
        }
        Ok(Done::Closed(became)) => {
            let Act::Close(key) = order.act else { return Vec::new() };
            let done = !matches!(became, Closing::Refused(_));
            match order.seen.row(&key) {
                Some(row) => told.written(done, |out| closing::write_line(out, row, became, moment)),
                None => told.line(became.word(), done),
            }
        }
    }
    told.lines
}

/// Lines about what was done.
struct Told<'a> {
    look: &'a Look,
    lines: Vec<(String, Meaning)>,
}

impl Told<'_> {
    fn line(&mut self, line: &str, good: bool) {
        self.lines.push((shown(line, self.look), if good { Meaning::Good } else { Meaning::Warning }));
    }

    fn written(&mut self, good: bool, write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) {
        let mut written = Vec::new();
        let done = write(&mut written);
        debug_assert!(done.is_ok(), "memory takes it");
        for line in String::from_utf8_lossy(&written).lines() {
            self.line(line, good);
        }
    }

    /// What became of the sockets, and first whether their places are free.
    fn after(&mut self, all: &[Holder<'_>], after: &acting::After, order: &Order, moment: &Moment) {
        let table = match after {
            None => return,
            Some(Ok(table)) => table,
            Some(Err(why)) => {
                return self.line(&format!("what became of the sockets is not known: {why}"), false);
            }
        };
        let fates = acting::fates(all, &order.seen, table);
        let Some(later) = table.moment() else { return };
        for (row, fate) in &fates {
            self.written(fate.is_free(), |out| {
                signalling::write_release_line(out, row, fate, (moment, later))
            });
        }
        let free = fates.iter().filter(|(_, fate)| fate.is_free()).count();
        let all = fates.len();
        let (sentence, good) = match (free, all) {
            (_, 0) => return,
            (1, 1) => ("Its place is free.".to_owned(), true),
            (0, 1) => ("Its place is not free.".to_owned(), false),
            (free, all) if free == all => (format!("All of its {all} places are free."), true),
            (free, all) => (format!("{free} of {all} places are free."), false),
        };
        self.lines.insert(0, (sentence, if good { Meaning::Good } else { Meaning::Warning }));
    }
}
