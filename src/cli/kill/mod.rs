//! `sockeye kill TARGET|FILTER...`: a signal for the processes that hold sockets, after showing them and asking.

mod choice;
mod stop;

use std::io::{self, BufWriter, Write as _};

use anyhow::{Context as _, ensure};

use super::args::{KillArgs, OwnersChoice, SourceChoice};
use super::choice::Choice;
use super::exit::Exit;
use super::reader::{self, Request};
use super::settings::Reading;
use super::{complain, notice, question};
use crate::action;
use crate::config::Settings;
use crate::engine::acting::{self, fates};
use crate::model::{Ask, Row, Signal, Signalling};
use crate::output::signalling;
use crate::source::everything;
use crate::store::{Aftermath, Holder, Moment, Table, holders};
use crate::sys::host;
use crate::text::counted;
use choice::Chosen;
use stop::Stops;

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
    ensure!(
        args.dry_run || !host::is_raised(),
        "sockeye has rights here that its user has not, and lends them to nobody: only --dry-run works"
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
    if args.stop {
        let stops =
            Stops { reading: &reading, all: &all, before: &before, whole, asks, dry_run: args.dry_run };
        return stop::run(&stops, &report);
    }
    if asks && !is_wanted(&all, signal, &moment)? {
        complain("sockeye: nothing was sent");
        return Ok(Exit::Error);
    }
    if args.dry_run {
        let scripted = matches!(reading.source, SourceChoice::Scenario(_));
        let would = |holder| if scripted { as_told(holder) } else { acting::plan(holder) };
        let became: Vec<Signalling> = all.iter().map(would).collect();
        report.planned(&all, &became)?;
        return Ok(done(whole, &became, &[]));
    }
    let became = acting::send(&all, signal, args.wait)?;
    report.became(&all, &became)?;
    if !signal.is_to_end() {
        return Ok(done(whole, &became, &[]));
    }
    let after = look_again(&reading, &all, &before)?;
    let fates = fates(&all, &before, &after);
    report.fates(&fates, &after)?;
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

/// The same for a process that does not run here.
fn as_told(holder: &Holder<'_>) -> Signalling {
    let never = action::never(holder.process.id.pid, None);
    never.map_or(Signalling::Planned, |why| Signalling::Refused(why.to_owned()))
}

/// What is there afterwards.
fn look_again(reading: &Reading, all: &[Holder<'_>], before: &Table) -> anyhow::Result<Table> {
    // The rights to load a program are gone.
    let reading = Reading { owners: OwnersChoice::Proc, ..reading.clone() };
    acting::settle(&mut || read(&reading).map(|(table, _)| table), all, before)
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

    fn fates(&self, fates: &[(&Row, Aftermath<'_>)], after: &Table) -> anyhow::Result<()> {
        let later = after.moment().context("the reading left no trace")?;
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
