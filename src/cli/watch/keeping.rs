//! What a watch keeps from run to run, where a store is named.

use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::super::complain;
use crate::model::{Change, ChangeKind, Stamp, SystemBytes};
use crate::notify::Notice;
use crate::notify::delivery::Delivery;
use crate::notify::health::StoreHealth;
use crate::notify::ledger::{Entry, Fact, Happening, Ledger, Left, News, State};
use crate::policy::{Remembered, Vigil, is_judged};
use crate::store::Moment;
use crate::sys::clock;
use crate::text;

/// How far the places got, and whether the file is there still, is looked at that often.
const SOMETIMES: Duration = Duration::from_secs(1);

/// The store and what it is to say.
pub(super) struct Keeping {
    /// `None`: nothing is kept.
    ledger: Option<Ledger>,
    path: String,
    state: State,
    facts: Vec<Fact>,
    /// Something was noted since the last commit.
    changed: bool,
    looked: Option<Stamp>,
    resumes: bool,
    /// How it does, as it was told.
    health: StoreHealth,
}

impl Keeping {
    /// Opens the store, and reads what was left in it.
    pub(super) fn open(path: Option<&Path>, boot: Option<SystemBytes>) -> anyhow::Result<(Self, Left)> {
        let mut left = Left::default();
        let mut ledger = None;
        if let Some(path) = path {
            let opened = Ledger::open(path, boot.as_ref(), clock::now());
            let (opened, was_left) =
                opened.with_context(|| format!("cannot keep alerts in {}", text::path(path)))?;
            (ledger, left) = (Some(opened), was_left);
        }
        let path = path.map(text::path).unwrap_or_default().into_owned();
        let state = State { boot, cursors: left.cursors.clone(), ..State::default() };
        let resumes = left.memory.is_some();
        let keeping = Self {
            ledger,
            path,
            state,
            facts: Vec::new(),
            changed: true,
            looked: None,
            resumes,
            health: StoreHealth { works: true, lost: 0 },
        };
        Ok((keeping, left))
    }

    /// What is said of it at the start.
    pub(super) fn greeting(&self) -> Option<String> {
        self.ledger.as_ref()?;
        let how = if self.resumes { "it goes on from there" } else { "nothing of this boot is in it yet" };
        Some(format!("sockeye: alerts are kept in {}; {how}", self.path))
    }

    /// Takes in which listeners came and went.
    pub(super) fn note(&mut self, changes: &[Change], moment: &Moment) {
        if self.ledger.is_none() {
            return;
        }
        for Change { kind, socket } in changes {
            let is_there = !kind.is_end() && is_judged(socket);
            let happened = match (is_there, self.state.listeners.contains_key(&socket.key)) {
                (true, false) if *kind == ChangeKind::Found => Some(Happening::Found),
                (true, false) => Some(Happening::Opened),
                (false, true) => Some(Happening::Closed),
                (false, false) if *kind == ChangeKind::Passed && is_judged(socket) => Some(Happening::Passed),
                _ => None,
            };
            self.facts.extend(happened.map(|what| Fact { at: moment.taken, what, socket: socket.clone() }));
            let was = self.state.listeners.remove(&socket.key);
            self.changed |= happened.is_some();
            if is_there {
                let was_told = was.is_some_and(|was| was.was_told);
                self.state.listeners.insert(socket.key, Remembered { socket: socket.clone(), was_told });
            }
        }
    }

    /// Takes in what stands.
    fn refresh(&mut self, vigil: &Vigil) {
        self.state.standing = vigil.standing().collect();
        for one in self.state.listeners.values_mut() {
            one.was_told |= vigil.stands(one.socket.key);
        }
    }

    /// Writes alerts, and how everything stands, before anybody is told.
    pub(super) fn commit(&mut self, notices: &[Arc<Notice>], vigil: &Vigil, delivery: &Delivery) {
        if notices.is_empty() && !mem::take(&mut self.changed) {
            return;
        }
        self.refresh(vigil);
        self.write(notices.to_vec(), delivery);
    }

    /// Writes how far the places got, now and then, and whatever could not be written before.
    pub(super) fn catch_up(&mut self, vigil: &Vigil, delivery: &Delivery) {
        let now = clock::now();
        if self.looked.is_some_and(|looked| now.since(&looked) < SOMETIMES) {
            return;
        }
        self.looked = Some(now);
        self.close(vigil, delivery);
    }

    /// Writes what is not written yet.
    pub(super) fn close(&mut self, vigil: &Vigil, delivery: &Delivery) {
        self.state.cursors = delivery.cursors();
        self.refresh(vigil);
        if self.ledger.as_ref().is_some_and(|ledger| !ledger.says(&self.state)) {
            self.write(Vec::new(), delivery);
        }
    }

    fn write(&mut self, notices: Vec<Arc<Notice>>, delivery: &Delivery) {
        let Some(ledger) = &mut self.ledger else { return };
        let new = Entry { notices, facts: mem::take(&mut self.facts) };
        ledger.write(new, &self.state, &delivery.pending(), clock::now());
    }

    /// How the store does; `None` where there is none.
    pub(super) fn health(&self) -> Option<StoreHealth> {
        self.ledger.as_ref().map(|_| self.health)
    }

    /// Tells how the store does, when that changes.
    pub(super) fn tell(&mut self) {
        let path = &self.path;
        for news in self.ledger.as_mut().map(Ledger::news).unwrap_or_default() {
            match &news {
                News::Broken(_) => self.health.works = false,
                News::Mended { lost } => {
                    self.health = StoreHealth { works: true, lost: self.health.lost + lost };
                }
                News::PutAside(_) => {}
            }
            let what = match news {
                News::Broken(why) => {
                    format!(
                        "the store {path} cannot be used, and alerting goes on without it until it can: {why}"
                    )
                }
                News::Mended { lost: 0 } => format!("the store {path} can be written again, and is complete"),
                News::Mended { lost } => {
                    format!(
                        "the store {path} can be written again; {lost} facts about listeners are missing in it"
                    )
                }
                News::PutAside(aside) => {
                    let aside = text::path(&aside);
                    format!(
                        "the store {path} was no sound database; it is {aside} now, and a new one was begun"
                    )
                }
            };
            complain(&format!("sockeye: {what}"));
        }
    }
}
