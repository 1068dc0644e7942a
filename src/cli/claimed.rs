//! What `assert` and `wait-for` have alike: what is read for a claim, and what is printed of it.

use super::args::{ClaimArgs, ListArgs, OwnersChoice};
use super::claim::{Answer, Claim, Tally, verdict};
use super::complain;
use super::exit::Exit;
use super::list::Printing;
use super::selection::Selection;
use super::settings::{Reading, audience};
use super::shape::Shape;
use crate::config::Config;
use crate::model::Row;
use crate::output::Face;
use crate::store::{Moment, Table};

/// A claim, and how sockets are read and shown for it.
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) selection: Selection,
    /// As it was asked for: `--owners` says, too, whether BPF may be used to hear of sockets.
    pub(super) asked: Reading,
    list: ListArgs,
    face: Face,
}

impl Claimed {
    pub(super) fn of(
        args: &ClaimArgs,
        claim: Claim,
        config: &Config,
        select: impl FnOnce(&ListArgs) -> anyhow::Result<Selection>,
    ) -> anyhow::Result<Self> {
        let settings = config.settings(audience(args.json));
        let list = args.listing().resolve(&settings);
        let face = list.face.face(&settings, &config.environment);
        let asked = list.reading.resolve(&settings);
        Ok(Self { claim, selection: select(&list)?, asked, list, face })
    }

    /// The same, without a search for owners that nobody would look at.
    pub(super) fn reading(&self) -> Reading {
        let mut reading = self.asked.clone();
        if !self.shows_owners() && !self.selection.needs.owners {
            reading.owners = OwnersChoice::None;
        }
        reading
    }

    /// True when owners are told or judged, so that it matters whether they were found.
    pub(super) fn looks_at_owners(&self) -> bool {
        let told = self.shows_owners() && self.asked.owners != OwnersChoice::None;
        told || self.selection.needs.owners
    }

    fn shows_owners(&self) -> bool {
        !self.list.quiet && self.selection.shows_owners()
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.list.quiet
    }

    /// Prints what passes, as a listing does. Nothing has no lines, and no header.
    pub(super) fn print(&self, sockets: &Table, moment: &Moment) -> anyhow::Result<()> {
        let passes = |row: &&Row| verdict(row, moment, &self.selection) == Some(true);
        let rows: Vec<&Row> = sockets.open().filter(passes).collect();
        let has_header = matches!(self.selection.shape, Shape::Table | Shape::Columns(_));
        if self.list.quiet || (rows.is_empty() && has_header) {
            return Ok(());
        }
        let Self { selection, asked, list, face, .. } = self;
        Printing { args: list, source: &asked.source, selection, face: *face }.print(sockets, moment, rows)
    }

    /// Says what was expected and what is there, unless nobody wants to know, and how more could be said.
    pub(super) fn say(&self, tally: &Tally, moment: &Moment, before: &str) {
        let unknown = self.claim.answer(tally) == Answer::Unknown;
        if !self.list.quiet || unknown {
            complain(&format!("sockeye: {before}{}", self.claim.sentence(tally)));
        }
        let read = |proves| moment.coverage.slices.iter().any(|read| read.status.proves_absence() == proves);
        if unknown && read(true) && read(false) {
            complain("hint: a filter that names the protocol, such as tcp, needs no other table");
        }
    }
}

impl From<Answer> for Exit {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Holds => Self::Ok,
            Answer::Fails => Self::Found,
            Answer::Unknown => Self::Unseen,
        }
    }
}
