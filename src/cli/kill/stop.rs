//! `kill --stop`: what manages the holders is stopped, so that nothing starts them again.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write as _};

use super::{Report, done, look_again};
use crate::cli::exit::Exit;
use crate::cli::settings::Reading;
use crate::cli::{complain, question};
use crate::engine::acting::{self, Command, fates, stopped_with};
use crate::model::Stopping;
use crate::output::signalling;
use crate::output::stopping::{self, StopPlan};
use crate::store::{Holder, Table};
use crate::sys::host;
use crate::text::counted;

/// What is to be stopped, and how.
pub(super) struct Stops<'a> {
    pub(super) reading: &'a Reading,
    pub(super) all: &'a [Holder<'a>],
    pub(super) before: &'a Table,
    /// All that is meant could be seen.
    pub(super) whole: bool,
    pub(super) asks: bool,
    pub(super) dry_run: bool,
}

/// Runs the command of each manager, once.
pub(super) fn run(stops: &Stops<'_>, report: &Report<'_>) -> anyhow::Result<Exit> {
    let Stops { reading, all, before, dry_run, .. } = *stops;
    let mut whole = stops.whole;
    let mut commands = BTreeSet::new();
    for holder in all {
        match acting::command(holder.process, host::own_uid()) {
            Ok(command) => drop(commands.insert(command)),
            Err(why) => {
                complain(&format!("sockeye: {}: {why}", signalling::holding(holder, report.moment)));
                whole = false;
            }
        }
    }
    let commands: Vec<Command> = commands.into_iter().collect();
    if commands.is_empty() {
        complain("sockeye: nothing was stopped");
        return Ok(Exit::Error);
    }
    if stops.asks && !is_wanted(stops, report, &commands)? {
        complain("sockeye: nothing was stopped");
        return Ok(Exit::Error);
    }
    if dry_run && !report.json {
        let mut out = BufWriter::new(io::stdout().lock());
        plan(&mut out, stops, report, &commands)?;
        out.flush()?;
    }
    let mut became = Vec::new();
    for command in &commands {
        let one = if dry_run { Stopping::Planned } else { acting::stop(command) };
        tell(report, command, before, &one)?;
        became.push(one);
    }
    let stopped = became.iter().all(Stopping::is_done);
    if dry_run {
        return Ok(done(whole && stopped, &[], &[]));
    }
    let after = look_again(reading, all, before)?;
    let fates = fates(all, before, &after);
    report.fates(&fates, &after)?;
    Ok(done(whole && stopped, &[], &fates))
}

/// The holders, and what ends with them.
fn plan(
    out: &mut dyn io::Write,
    stops: &Stops<'_>,
    report: &Report<'_>,
    commands: &[Command],
) -> io::Result<()> {
    for holder in stops.all {
        signalling::write_plan(out, holder, report.moment)?;
    }
    for command in commands {
        stopping::write_stop_plan(out, &stop_plan(command, stops.before))?;
    }
    Ok(())
}

fn is_wanted(stops: &Stops<'_>, report: &Report<'_>, commands: &[Command]) -> anyhow::Result<bool> {
    let mut out = BufWriter::new(io::stderr().lock());
    plan(&mut out, stops, report, commands)?;
    let these = match commands {
        [one] => one.text().to_owned(),
        many => format!("these {}", counted(many.len(), "command", "commands")),
    };
    question::is_answered_yes(out, &format!("Run {these}?"))
}

fn tell(report: &Report<'_>, command: &Command, before: &Table, became: &Stopping) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if report.json {
        stopping::write_stop_json(&mut out, &stop_plan(command, before), became, report.moment)?;
    } else {
        stopping::write_stop_line(&mut out, command.text(), became)?;
    }
    out.flush()?;
    Ok(())
}

fn stop_plan<'a>(command: &'a Command, before: &Table) -> StopPlan<'a> {
    let (processes, sockets) = stopped_with(command, before);
    StopPlan { command: command.text(), processes, sockets }
}
