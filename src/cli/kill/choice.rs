//! Which owners are meant, of the sockets that somebody chose.

use crate::cli::choice::{Choice, meant};
use crate::cli::filter;
use crate::filter::Filter;
use crate::model::{Held, NoOwner, Owner, Owners, Row, Socket, State};
use crate::store::{Moment, Table};
use crate::text::counted;

/// What is meant, as far as it is there.
#[derive(Debug, Default)]
pub(super) struct Chosen<'a> {
    pub(super) owners: Vec<(&'a Row, Owner<'a>)>,
    /// Sockets whose holders cannot be told, or not all: each with the reason.
    pub(super) gaps: Vec<(&'a Row, String)>,
}

impl Choice {
    /// What is meant of this table.
    pub(super) fn chosen<'a>(&'a self, table: &'a Table, moment: &'a Moment) -> Chosen<'a> {
        let mut chosen = Chosen::default();
        match self {
            Self::Targets(targets) => {
                for target in targets {
                    for row in meant(target, table, moment) {
                        chosen.add(row, |owner| target.means_owner(owner));
                    }
                }
            }
            Self::Filter(wanted) => {
                for row in table.open().filter(|row| filter::passes(wanted, row, moment)) {
                    chosen.add(row, |owner| passes_alone(wanted, row, owner, moment));
                }
            }
        }
        chosen
    }
}

/// True when the socket would pass if this were its only owner: who asks for one of several processes that share a
/// socket does not mean the others.
fn passes_alone(wanted: &Filter, row: &Row, owner: &Owner<'_>, moment: &Moment) -> bool {
    if row.socket.owners.known().is_some_and(|known| known.count() == 1) {
        return true;
    }
    let Owner { process, thread, ring, fds } = *owner;
    let held = Held { process: process.clone(), thread, ring, fds: fds.to_vec() };
    let alone = Socket { owners: Owners::of(vec![held]), ..row.socket.clone() };
    filter::passes(wanted, &Row::found(alone), moment)
}

impl<'a> Chosen<'a> {
    fn add(&mut self, row: &'a Row, means: impl Fn(&Owner<'_>) -> bool) {
        let known = match row.socket.owners.found() {
            Ok(known) => known,
            Err(why) if is_left_over(&row.socket, why) => return,
            Err(why) => return self.gaps.push((row, why.reason().to_owned())),
        };
        // Two targets may mean the same.
        let told = |all: &[(&Row, Owner<'_>)], owner: &Owner<'_>| {
            all.iter().any(|(other, one)| other.socket.key == row.socket.key && one == owner)
        };
        let mut any = false;
        for owner in known.shown().filter(|owner| means(owner)) {
            any = true;
            if !told(&self.owners, &owner) {
                self.owners.push((row, owner));
            }
        }
        if known.beyond() > 0 {
            let more = counted(known.beyond(), "more process holds", "more processes hold");
            self.gaps.push((row, format!("{more} it, beyond those that are kept: ask again afterwards")));
        } else if !any {
            let why = "the filter passes for all of its holders together, and for none alone".to_owned();
            self.gaps.push((row, why));
        }
    }
}

/// True for what no process holds, or not yet.
fn is_left_over(socket: &Socket, why: NoOwner) -> bool {
    let left = [NoOwner::Orphan, NoOwner::Handshake, NoOwner::AcceptQueue];
    socket.state == State::TimeWait || left.contains(&why)
}
