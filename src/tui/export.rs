//! What is shown, as a file: the name that is typed, and what is written into it.
//!
//! Makes an order from the state; who opens files is outside. Never opens one itself, and never writes on the
//! screen.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use super::app::App;
use super::columns::Column;
use super::line;
use super::menu::Menu;
use super::update::Effect;
use super::views::{Lines, View};
use crate::model::field::Field;
use crate::model::{Ask, Row, Stamp};
use crate::output::{columns, json};
use crate::store::{Moment, Table};

/// The form, by the end of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
    Ndjson,
}

impl Form {
    fn of(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let is_named = !stem.is_empty() && !stem.ends_with('/');
        match extension {
            "csv" if is_named => Some(Self::Csv),
            "json" if is_named => Some(Self::Json),
            "ndjson" if is_named => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// The lines of a view as they were when that was asked for, and where they go.
#[derive(Debug)]
pub struct Export {
    name: String,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Sockets, by their places in the table, or, behind its end, copies of those that closed and are kept.
    Sockets {
        form: Form,
        table: Arc<Table>,
        index: Vec<u32>,
        kept: HashMap<u32, Row>,
        fields: Vec<&'static Field>,
    },
    /// Lines that are no sockets, as they are shown.
    Lines { heads: Vec<&'static str>, lines: Vec<Vec<String>> },
}

impl Export {
    /// The name that was typed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        match &self.what {
            What::Sockets { index, .. } => index.len(),
            What::Lines { lines, .. } => lines.len(),
        }
    }

    /// Writes all of it.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.what {
            What::Lines { heads, lines } => columns::write_csv_of(out, heads, lines.iter()),
            What::Sockets { form, table, index, kept, fields } => {
                let Some(moment) = table.moment() else { return Ok(()) };
                let row = |at: &u32| table.rows().get(*at as usize).or_else(|| kept.get(at));
                let rows: Vec<&Row> = index.iter().filter_map(row).collect();
                write_sockets((*form, fields), out, &rows, (table, moment))
            }
        }
    }
}

fn write_sockets(
    (form, fields): (Form, &[&'static Field]),
    out: &mut dyn Write,
    rows: &[&Row],
    (table, moment): (&Table, &Moment),
) -> io::Result<()> {
    match form {
        Form::Csv => columns::write_csv(out, rows.iter().copied(), fields, true, |row| moment.subject(row)),
        Form::Json => json::write(out, rows, moment, &table.peers()),
        Form::Ndjson => json::write_lines(out, rows, moment, &table.peers()),
    }
}

/// The name that stands in the line at first.
pub(super) fn suggested(view: View, now: &Stamp) -> String {
    let (_, many) = view.nouns();
    let at = now.wall.strftime("%Y-%m-%dT%H-%M-%S");
    format!("sockeye-{}-{at}.csv", many.to_lowercase().replace(' ', "-"))
}

/// What is told of the name that stands there.
pub(super) fn advice(app: &App, menu: &Menu) -> &'static str {
    match (Form::of(menu.picker.text().trim()), app.view.lines()) {
        (None, _) => "a name that ends in .csv, .json or .ndjson",
        (Some(Form::Csv), _) => "csv: the shown columns, one line for each row",
        (Some(_), Lines::Tallies | Lines::Happenings) => {
            "lines that are no sockets are written as .csv alone"
        }
        (Some(_), Lines::Sockets) if !has_details(app) => "the next reading brings the details for that",
        (Some(Form::Json), _) => "json: one document; everything is at hand",
        (Some(Form::Ndjson), _) => "ndjson: one line for each socket; everything is at hand",
    }
}

/// What a reading must be asked for, so that a document tells of a socket what `--json` tells.
pub(super) const DOCUMENT: Ask = Ask { storages: false, published: false, ..Ask::EVERYTHING };

fn has_details(app: &App) -> bool {
    app.news.as_ref().is_some_and(|news| news.snapshot.asked.covers(DOCUMENT))
}

/// The order to write what is shown; or why that cannot be done now.
pub(super) fn order(app: &App, name: &str) -> Result<Effect, &'static str> {
    let form = Form::of(name.trim()).ok_or("not written: the name must end in .csv, .json or .ndjson")?;
    let news = app.news.as_ref().ok_or("not written: nothing was read so far")?;
    // What was not asked for would be null as if there were none of it.
    if form != Form::Csv && !has_details(app) {
        return Err(match app.frozen {
            Some(_) => "not written: the held picture lacks the details of a document",
            None => "not written so far: the next reading brings the details of a document",
        });
    }
    let shown: Vec<&Column> = app.pane().columns.iter().filter(|column| column.shown).collect();
    let what = if app.view.lines() == Lines::Sockets {
        let (pool, index) = (app.pool(), app.listing.index.clone());
        let kept = index.iter().copied().filter(|at| pool.is_kept(*at));
        let kept = kept.filter_map(|at| Some((at, pool.get(at)?.clone()))).collect();
        What::Sockets {
            form,
            table: Arc::clone(&news.snapshot.table),
            index,
            kept,
            fields: shown.iter().filter_map(|column| column.field()).collect(),
        }
    } else if form == Form::Csv {
        let told = |of: line::Of<'_>| {
            let cell = |column: &&Column| of.cell(column).map(|cell| format!("{}{}", cell.text, cell.tail));
            shown.iter().map(|column| cell(column).unwrap_or_default()).collect()
        };
        let lines = (0..app.listing.len()).filter_map(|at| line::of(app, at)).map(told).collect();
        What::Lines { heads: shown.iter().map(|column| column.key).collect(), lines }
    } else {
        return Err("not written: lines that are no sockets are written as .csv alone");
    };
    Ok(Effect::Export(Box::new(Export { name: name.trim().to_owned(), what })))
}

/// Tells what came of it.
pub(super) fn told(app: &mut App, remark: &str) {
    app.remark = Some((remark.to_owned(), app.now));
}
