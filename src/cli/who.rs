//! `sockeye who TARGET...`: who holds a port, an address or a Unix name, and what a process holds.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::Context as _;
use clap::Args as ClapArgs;

use super::args::{OwnersChoice, ReadingArgs, RuntimeArgs, SourceChoice};
use super::exit::Exit;
use super::filter::Machine;
use super::reader::Request;
use super::settings::audience;
use super::stdout::FaceArgs;
use super::{notice, reader};
use crate::config::Config;
use crate::model::{Ask, Process, Protocol};
use crate::output::who::{self, PORTED, Surroundings, Target, Who};
use crate::owner::Packages;
use crate::source::{Wanted, everything};
use crate::sys::file;

#[derive(Debug, ClapArgs)]
#[command(after_help = "Exit codes: 0 somebody holds it, 1 nobody does, 2 error.")]
pub(super) struct WhoArgs {
    /// A port (80, :80, https), ADDR:PORT, a Unix path, @name, pid:812, or the name of a process
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<OsString>,
    /// One JSON object a line for each target
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    runtimes: RuntimeArgs,
}

/// Reads once and answers for every target. Exits with 1 when nobody holds one of them.
pub(super) fn run(args: &WhoArgs, config: &Config) -> anyhow::Result<Exit> {
    let targets = args.targets.iter().map(|typed| target(typed)).collect::<anyhow::Result<Vec<_>>>()?;
    let settings = config.settings(audience(args.json));
    let reading = args.reading.resolve(&settings);
    let runtimes = args.runtimes.places(&settings, &config.environment);
    let (table, moment) =
        reader::read_once(&reading, Request::all(wanted(&targets), Ask::EVERYTHING), runtimes.as_ref())?;
    let packages = RefCell::new(Packages::new(Path::new("/")));
    // The processes of a script do not run here.
    let scripted = matches!(reading.source, SourceChoice::Scenario(_));
    let package = |process: &Process| {
        if scripted { None } else { packages.borrow_mut().of(process) }
    };
    let face = args.face.face(&settings, &config.environment);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut held = true;
    for (at, (target, typed)) in targets.iter().zip(&args.targets).enumerate() {
        let who = Who::of(target, &table, &moment);
        held &= who.is_held();
        if args.json {
            who::write_json(&mut out, &who, typed.as_bytes(), (&table, &moment), &package)?;
        } else {
            if at > 0 {
                writeln!(out)?;
            }
            who::write(&mut out, &who, (&table, &moment), &package, face)?;
        }
    }
    out.flush()?;
    let failed = notice::tell(&moment.coverage, reading.owners != OwnersChoice::None);
    Ok(match (failed, held) {
        (true, _) => Exit::Error,
        (false, true) => Exit::Ok,
        (false, false) => Exit::Found,
    })
}

/// Understands what somebody asks about, with what this machine calls things.
pub(super) fn target(typed: &OsStr) -> anyhow::Result<Target> {
    let machine = Machine::default();
    let services = |name: &str| machine.ports(name);
    let near = |name: &str| machine.near_service(name);
    let identity = |path: &[u8]| file::identity(Path::new(OsStr::from_bytes(path)));
    let around = Surroundings { services: &services, near: &near, file: &identity };
    Target::parse(typed.as_bytes(), around).with_context(|| {
        format!("the target \"{}\" cannot be understood", crate::text::escape(typed.as_bytes()))
    })
}

/// The tables in which the targets may be. Of a process everything is told.
pub(super) fn wanted(targets: &[Target]) -> Vec<Wanted> {
    let in_question = |protocol: Protocol| {
        targets.iter().any(|target| match target {
            Target::Ports(_) | Target::At(_) => PORTED.contains(&protocol),
            Target::Unix(..) => protocol == Protocol::Unix,
            Target::Pid(_) | Target::Process(_) => true,
        })
    };
    everything().into_iter().filter(|(_, protocol)| in_question(*protocol)).collect()
}
