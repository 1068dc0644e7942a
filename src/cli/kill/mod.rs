//! `sockeye kill TARGET|FILTER...`: a signal for the processes that hold sockets, after showing them and asking.

mod choice;

use std::io::{self, BufWriter, Write as _};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::args::{KillArgs, OwnersChoice, SourceChoice};
use super::choice::Choice;
use super::exit::Exit;
use super::reader::{self, Request};
use super::settings::Reading;
use super::{complain, notice, question};
use crate::action::{self, Found, Hold, Meant};
use crate::config::Settings;
use crate::model::{Ask, Owner, Row, Signal, Signalling};
use crate::output::signalling;
use crate::source::everything;
use crate::store::{Aftermath, Holder, Moment, Table, aftermath, holders};
use crate::sys::rights;
use crate::text::counted;
use choice::Chosen;

/// How often, and with which pauses, the tables are read to see whether somebody comes after those that ended: half
/// a second in all. systemd waits for a tenth of it unless told otherwise (`RestartSec=`, systemd.service(5)).
const LOOKS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// Sends a signal to who holds what is meant. Everything that could go wrong by accident is asked before.
pub(super) fn run(args: &KillArgs) -> anyhow::Result<Exit> {
    let signal = signal(&args.signal)?;
    let choice = Choice::of(&args.words)?;
    let asks = !args.yes && !args.dry_run;
    ensure!(
        !asks || question::can_be_asked(),
        "kill asks before it sends anything, and there is no terminal to ask on: add --yes to send without asking, \
         or --dry-run to see who would get it"
    );
    let reading = reading(args)?;
    let (before, moment) = read(&reading)?;
    let Chosen { owners, gaps } = choice.chosen(&before, &moment);
    let unread = tell_gaps(&choice, &moment, owners.is_empty() || !gaps.is_empty())?;
    for (row, why) in &gaps {
        complain(&format!("sockeye: {}: {why}", signalling::place(&row.socket)));
    }
    let all = holders(owners, &before);
    let whole = gaps.is_empty() && !unread;
    if all.is_empty() {
        complain("sockeye: no process holds it, as far as could be seen: nothing was sent");
        return Ok(if whole { Exit::Found } else { Exit::Error });
    }
    let report = Report { json: args.json, signal, moment: &moment };
    if asks && !is_wanted(&all, signal, &moment)? {
        complain("sockeye: nothing was sent");
        return Ok(Exit::Error);
    }
    if args.dry_run {
        let scripted = matches!(reading.source, SourceChoice::Scenario(_));
        let would = |holder| if scripted { as_told(holder) } else { planned(holder) };
        let became: Vec<Signalling> = all.iter().map(would).collect();
        report.planned(&all, &became)?;
        return Ok(done(whole, &became, &[]));
    }
    let became = send(&all, signal, args.wait)?;
    report.became(&all, &became)?;
    if !signal.is_to_end() {
        return Ok(done(whole, &became, &[]));
    }
    let (after, later) = settle(&reading, &all, &before)?;
    let fates = fates(&all, &before, &after);
    report.fates(&fates, &later)?;
    Ok(done(whole, &became, &fates))
}

fn signal(text: &str) -> anyhow::Result<Signal> {
    let known = || Signal::ALL.iter().map(|signal| signal.word()).collect::<Vec<_>>().join(", ");
    action::signal_of(text)
        .with_context(|| format!("there is no signal {text:?} to send: expected one of {}", known()))
}

/// By the arguments alone: no setting of somebody's means more.
fn reading(args: &KillArgs) -> anyhow::Result<Reading> {
    let reading = args.reading.resolve(&Settings::default());
    let scripted = matches!(reading.source, SourceChoice::Scenario(_));
    ensure!(!scripted || args.dry_run, "the processes of a scenario do not run here: add --dry-run");
    ensure!(
        reading.owners != OwnersChoice::None,
        "kill must know who holds a socket: leave out --owners none"
    );
    Ok(reading)
}

/// Tells what could not be read of the tables that the choice is about. True when one could not be read at all.
fn tell_gaps(choice: &Choice, moment: &Moment, owners_missing: bool) -> anyhow::Result<bool> {
    let wanted = choice.tables()?;
    let mut coverage = moment.coverage.clone();
    coverage.slices.retain(|read| wanted.contains(&(read.slice.family, read.slice.protocol)));
    Ok(notice::tell(&coverage, owners_missing))
}

/// All tables: what else a process holds is told, too.
fn read(reading: &Reading) -> anyhow::Result<(Table, Moment)> {
    reader::read_once(reading, Request::all(everything(), Ask::EVERYTHING), None)
}

/// Who is meant, as it was read. What a ring holds is at no descriptor, so that its identity is enough.
fn meant(holder: &Holder<'_>) -> Meant {
    let through_ring = holder.sockets.iter().any(|(_, owner)| owner.ring);
    let hold = |(row, owner): &(&Row, Owner<'_>)| {
        Some(Hold { thread: owner.thread, fd: *owner.fds.first()?, socket: row.socket.inode? })
    };
    let holds = holder.sockets.iter().filter(|_| !through_ring).filter_map(hold).collect();
    Meant { process: holder.process.id, holds }
}

/// What would become of it.
fn planned(holder: &Holder<'_>) -> Signalling {
    action::find(&meant(holder)).map_or_else(|why| why, |_| Signalling::Planned)
}

/// The same for a process that does not run here.
fn as_told(holder: &Holder<'_>) -> Signalling {
    let never = action::never(holder.process.id.pid, None);
    never.map_or(Signalling::Planned, |why| Signalling::Refused(why.to_owned()))
}

/// Finds all of them, sends, and waits for their ends where they are to end.
fn send(all: &[Holder<'_>], signal: Signal, wait: Duration) -> anyhow::Result<Vec<Signalling>> {
    let found: Vec<Result<Found, Signalling>> =
        all.iter().map(|holder| action::find(&meant(holder))).collect();
    let send = |found: &Result<Found, Signalling>| match found {
        Ok(found) => found.send(signal),
        Err(why) => why.clone(),
    };
    let mut became: Vec<Signalling> = rights::with_signalling(|| found.iter().map(send).collect())
        .context("the right to signal can be neither used nor given up")?;
    if !signal.is_to_end() {
        return Ok(became);
    }
    let got: Vec<usize> = (0..all.len()).filter(|at| became[*at] == Signalling::Sent).collect();
    let handles: Vec<&Found> = got.iter().filter_map(|at| found[*at].as_ref().ok()).collect();
    let ended = action::wait(&handles, wait).context("their end cannot be waited for")?;
    for (at, ended) in got.into_iter().zip(ended) {
        became[at] = if ended { Signalling::Ended } else { Signalling::Running };
    }
    Ok(became)
}

/// Reads again, until every place is taken anew or half a second has passed. Who holds a socket still may be about
/// to let it go.
fn settle(reading: &Reading, all: &[Holder<'_>], before: &Table) -> anyhow::Result<(Table, Moment)> {
    // The rights to load a program are gone.
    let reading = Reading { owners: OwnersChoice::Proc, ..reading.clone() };
    for _ in 1..LOOKS {
        let (after, later) = read(&reading)?;
        if fates(all, before, &after).iter().all(|(_, fate)| matches!(fate, Aftermath::Again(_))) {
            return Ok((after, later));
        }
        thread::sleep(PAUSE);
    }
    read(&reading)
}

/// What became of each socket that was meant.
fn fates<'a, 'b>(all: &[Holder<'a>], before: &Table, after: &'b Table) -> Vec<(&'a Row, Aftermath<'b>)> {
    let mut rows: Vec<&'a Row> =
        all.iter().flat_map(|holder| holder.sockets.iter().map(|(row, _)| *row)).collect();
    rows.sort_by_key(|row| row.socket.key);
    rows.dedup_by_key(|row| row.socket.key);
    rows.into_iter().map(|row| (row, aftermath(&row.socket, before, after))).collect()
}

fn done(whole: bool, became: &[Signalling], fates: &[(&Row, Aftermath<'_>)]) -> Exit {
    let done = became.iter().all(Signalling::is_done) && fates.iter().all(|(_, fate)| fate.is_free());
    if whole && done { Exit::Ok } else { Exit::Error }
}

/// Shows who would get it, and asks.
fn is_wanted(all: &[Holder<'_>], signal: Signal, moment: &Moment) -> anyhow::Result<bool> {
    let mut out = BufWriter::new(io::stderr().lock());
    for holder in all {
        signalling::write_plan(&mut out, holder, moment)?;
    }
    let these = match all.len() {
        1 => "this process".to_owned(),
        many => format!("these {}", counted(many, "process", "processes")),
    };
    question::is_answered_yes(out, &format!("Send {} to {these}?", signal.word()))
}

/// Tells what became of processes and sockets.
struct Report<'a> {
    json: bool,
    signal: Signal,
    moment: &'a Moment,
}

impl Report<'_> {
    /// Who would get it, with what people are asked about.
    fn planned(&self, all: &[Holder<'_>], became: &[Signalling]) -> anyhow::Result<()> {
        if !self.json {
            let mut out = BufWriter::new(io::stdout().lock());
            for holder in all {
                signalling::write_plan(&mut out, holder, self.moment)?;
            }
            out.flush()?;
        }
        self.became(all, became)
    }

    fn became(&self, all: &[Holder<'_>], became: &[Signalling]) -> anyhow::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        for (holder, became) in all.iter().zip(became) {
            if self.json {
                signalling::write_json(&mut out, holder, self.signal, became, self.moment)?;
            } else {
                signalling::write_line(&mut out, holder, self.signal, became, self.moment)?;
            }
        }
        out.flush()?;
        Ok(())
    }

    fn fates(&self, fates: &[(&Row, Aftermath<'_>)], later: &Moment) -> anyhow::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        for (row, fate) in fates {
            if self.json {
                signalling::write_release_json(&mut out, row, fate, (self.moment, later))?;
            } else {
                signalling::write_release_line(&mut out, row, fate, (self.moment, later))?;
            }
        }
        out.flush()?;
        Ok(())
    }
}
