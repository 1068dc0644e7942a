//! `sockeye -K`: closes the sockets that pass, after showing them and asking.

use std::io::{self, BufWriter, Write as _};

use anyhow::{Context as _, ensure};

use super::args::ListArgs;
use super::ending::{self, Asked};
use super::exit::Exit;
use super::reader::{self, Request};
use super::selection::Selection;
use super::{complain, notice, question};
use crate::action;
use crate::engine::acting;
use crate::model::{Closing, Row, Socket};
use crate::output::{Face, Group, closing, table};
use crate::owner::Facts;
use crate::store::Moment;
use crate::sys::rights;
use crate::text::counted;

/// Closes what passes. Everything that could go wrong by accident is asked before.
pub(super) fn run(args: ListArgs) -> anyhow::Result<Exit> {
    let Asked { args, reading, selection, json } = ending::resolve(args)?;
    let asks = !args.ending.yes;
    ensure!(
        !asks || question::can_be_asked(),
        "{} asks before it closes anything, and there is no terminal to ask on: add --yes to close without asking",
        args.ending.name()
    );
    // Not narrowed: whether a socket shares its address is known from all of them.
    let request = Request { facts: Facts::All, narrow: None, ..Request::of(&selection) };
    let (table, moment) = reader::read_once(&reading, request, None)?;
    let elsewhere = reading.net.is_some();
    if !elsewhere {
        rights::keep_only_closing().context("rights that are of no use any more cannot be given up")?;
    }
    let unread = notice::tell(&moment.coverage, true);
    let chosen: Vec<&Row> = table.open().filter(|row| selection.shows(row, &moment)).collect();
    let shared = action::share_an_address(table.open().map(|row| &row.socket));
    let (alone, sharing): (Vec<&Row>, Vec<&Row>) =
        chosen.into_iter().partition(|row| !shared.contains(&row.socket.key));
    let report = Report { json, moment: &moment };
    if alone.is_empty() && sharing.is_empty() {
        let more =
            if args.all || args.listening { "" } else { "; what only listens or waits passes with -l or -a" };
        complain(&format!("sockeye: no socket passes, nothing to close{more}"));
        return Ok(if unread { Exit::Error } else { Exit::Ok });
    }
    report.shared(&sharing)?;
    if asks && !alone.is_empty() && !is_wanted(&alone, &moment, &selection)? {
        complain("sockeye: nothing was closed");
        return Ok(Exit::Error);
    }
    if !asks || !alone.is_empty() {
        acting::refused(&sockets(&sharing), acting::SHARED); // told already
    }
    let done = acting::close(&sockets(&alone))?;
    report.closed(&alone, &done)?;
    let refused = done.iter().any(|closing| matches!(closing, Closing::Refused(_)));
    Ok(if refused || unread || !sharing.is_empty() { Exit::Error } else { Exit::Ok })
}

fn sockets<'a>(rows: &[&'a Row]) -> Vec<&'a Socket> {
    rows.iter().map(|row| &row.socket).collect()
}

/// Shows what would be closed, and asks.
fn is_wanted(rows: &[&Row], moment: &Moment, selection: &Selection) -> anyhow::Result<bool> {
    let mut out = BufWriter::new(io::stderr().lock());
    let layout = table::Layout { netid: true, state: true, processes: true, ..selection.layout };
    // Nothing is left out or cut: it is what somebody says yes to.
    let (names, face) = (&*moment.names, Face::default());
    let sheet = table::Sheet { layout, names, services: &|_, _| None, hosts: None, holding: None, face };
    table::write(&mut out, Group::of_all(rows.to_vec()), sheet)?;
    let these = match rows.len() {
        1 => "this socket".to_owned(),
        many => format!("these {}", counted(many, "socket", "sockets")),
    };
    question::is_answered_yes(out, &format!("Close {these}?"))
}

/// Tells what became of sockets.
struct Report<'a> {
    json: bool,
    moment: &'a Moment,
}

impl Report<'_> {
    /// Those that are not even tried.
    fn shared(&self, rows: &[&Row]) -> anyhow::Result<()> {
        let refused = vec![Closing::Refused(acting::SHARED.to_owned()); rows.len()];
        self.closed(rows, &refused)
    }

    fn closed(&self, rows: &[&Row], done: &[Closing]) -> anyhow::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        for (row, closing) in rows.iter().zip(done) {
            if self.json {
                closing::write_json(&mut out, row, closing, self.moment)?;
            } else {
                closing::write_line(&mut out, row, closing, self.moment)?;
            }
        }
        out.flush()?;
        Ok(())
    }
}
