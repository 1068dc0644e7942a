//! The one-shot listing: `sockeye -tulpn`, `sockeye --json`.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::mem::ManuallyDrop;
use std::net::IpAddr;

use super::args::{ListArgs, OwnersChoice, SourceChoice};
use super::claim::Tally;
use super::exit::Exit;
use super::reader::{self, Request};
use super::selection::{Selection, asks_like_ss};
use super::settings::audience;
use super::shape::Shape;
use super::{complain, notice, quiet, resolve};
use crate::config::{Config, Environment};
use crate::model::{Holding, Row, SystemBytes};
use crate::output::columns::Columns;
use crate::output::{Face, Group, columns, json, table};
use crate::owner::Facts;
use crate::store::{Moment, Table};
use crate::sys;

/// True when nothing asks for a listing and stdout can show the dashboard.
pub(super) fn wants_dashboard(args: &ListArgs, environment: &Environment) -> bool {
    let asks = asks_like_ss(args)
        || args.no_header
        || args.quiet
        || args.extras.resolve().oneline
        || !args.filter.is_empty()
        || args.filter_file.is_some();
    !asks && !args.shape.is_any() && io::stdout().is_terminal() && !environment.dumb_terminal
}

/// Lists the sockets once.
pub(super) fn run(args: ListArgs, config: &Config) -> anyhow::Result<Exit> {
    if args.shape.columns.as_deref() == Some("help") {
        return columns_help();
    }
    let settings = config.settings(audience(args.shape.is_for_programs()));
    let args = args.resolve(&settings);
    let selection = Selection::of(&args)?;
    args.holders.check()?;
    let owners_shown = selection.shows_owners() && !args.quiet;
    let mut reading = args.reading.resolve(&settings);
    if !owners_shown && !selection.needs.owners {
        reading.owners = OwnersChoice::None;
    }
    let runtimes = args.runtimes.places(&settings, &config.environment);
    let mut request = Request::of(&selection);
    if args.holders.has_contexts() {
        request.facts = Facts::All;
    }
    let (sockets, moment) = reader::read_once(&reading, request, runtimes.as_ref())?;
    // The process ends after this, and the kernel takes back a large table sooner than it is taken apart.
    let sockets = ManuallyDrop::new(sockets);
    let blindness = |seen| selection.blindness(&moment, seen);
    if args.quiet {
        let tally = Tally::of(&sockets, &moment, &selection);
        return Ok(quiet::verdict(
            &tally,
            &moment.coverage,
            selection.needs.owners,
            blindness(tally.passing > 0),
        ));
    }
    let rows: Vec<&Row> = sockets.open().filter(|row| selection.shows(row, &moment)).collect();
    let blind = blindness(!rows.is_empty());
    let face = args.face.face(&settings, &config.environment);
    Printing { args: &args, source: &reading.source, selection: &selection, face }
        .print(&sockets, &moment, rows)?;
    let failed = notice::tell(&moment.coverage, owners_shown && reading.owners != OwnersChoice::None);
    if let Some(why) = blind {
        complain(&format!("sockeye: {why}"));
    }
    Ok(if failed || blind.is_some() { Exit::Error } else { Exit::Ok })
}

/// How rows are printed: as the arguments of a listing ask for it.
pub(super) struct Printing<'a> {
    pub(super) args: &'a ListArgs,
    pub(super) source: &'a SourceChoice,
    pub(super) selection: &'a Selection,
    pub(super) face: Face,
}

impl Printing<'_> {
    /// Prints these rows of a reading, in the order that is asked for.
    pub(super) fn print<'a>(
        &self,
        sockets: &'a Table,
        moment: &'a Moment,
        mut rows: Vec<&'a Row>,
    ) -> anyhow::Result<()> {
        let Self { args, source, selection, face } = *self;
        if !selection.sorting.is_empty() {
            selection.sorting.sort(&mut rows, |row| moment.subject(row));
        }
        let holding = match selection.shape {
            Shape::Table => args.holders.look(&rows, source),
            _ => Holding::default(),
        };
        let hosts = if args.resolve { resolve::hosts(&rows, source) } else { HashMap::new() };
        let face = if args.shape.wide { Face { width: None, ..face } } else { face };
        let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
        let listing = Listing { sockets, moment, selection, holding: &holding, hosts: &hosts, face };
        let left_out = listing.write(&mut out, rows)?;
        out.flush()?;
        if let (Some(cells), false) = (face.width, left_out.is_empty()) {
            let columns = left_out.join(", ");
            complain(&format!("sockeye: no room for {columns} in {cells} cells; --wide shows all"));
        }
        Ok(())
    }
}

/// What a listing is written from.
struct Listing<'a> {
    sockets: &'a Table,
    moment: &'a Moment,
    selection: &'a Selection,
    holding: &'a Holding,
    hosts: &'a HashMap<IpAddr, SystemBytes>,
    face: Face,
}

impl<'a> Listing<'a> {
    /// Writes the rows; returns the columns for which there was no room.
    fn write(&self, out: &mut dyn io::Write, rows: Vec<&'a Row>) -> anyhow::Result<Vec<&'static str>> {
        let Self { sockets, moment, selection, face, .. } = *self;
        let needs_peers = selection.needs_peers();
        let peers = LazyCell::new(|| sockets.peers());
        let subject = |row| {
            let subject = moment.subject(row);
            if needs_peers { subject.facing(peers.find(&subject.row.socket)) } else { subject }
        };
        let header = selection.layout.header;
        let grouped = |rows| match selection.grouping {
            Some(field) => Group::by(field, rows, subject),
            None => Group::of_all(rows),
        };
        match &selection.shape {
            Shape::Json => json::write(out, &rows, moment, &peers)?,
            Shape::Ndjson => json::write_lines(out, &rows, moment, &peers)?,
            Shape::Csv(fields) => columns::write_csv(out, rows.iter().copied(), fields, header, subject)?,
            Shape::Template(template) => template.write(out, rows.iter().copied(), subject)?,
            Shape::Columns(fields) => {
                return Ok(Columns { fields, header, face }.write(out, &grouped(rows), subject)?);
            }
            Shape::Table => return self.write_table(out, grouped(rows)),
        }
        Ok(Vec::new())
    }

    fn write_table(
        &self,
        out: &mut dyn io::Write,
        groups: Vec<Group<'_>>,
    ) -> anyhow::Result<Vec<&'static str>> {
        let Self { moment, selection, holding, hosts, face, .. } = *self;
        let services = if selection.service_names { sys::names::services() } else { HashMap::new() };
        let several = moment.coverage.namespaces.list.len() > 1;
        let layout = table::Layout { netns: several, ..selection.layout };
        let service = |protocol, port| services.get(&(protocol, port)).cloned();
        let (hosts, holding) = (Some(hosts), Some(holding));
        let sheet = table::Sheet { layout, names: &moment.names, services: &service, hosts, holding, face };
        Ok(table::write(out, groups, sheet)?)
    }
}

/// Every field that may stand in a column, and what it says.
fn columns_help() -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    let widest = crate::model::field::all().map(|field| field.key.len()).max().unwrap_or(0);
    for field in crate::model::field::all() {
        writeln!(out, "{:widest$}  {}", field.key, field.help)?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}
