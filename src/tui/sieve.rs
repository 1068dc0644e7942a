//! The filter of the dashboard: rows that contain every word.
//!
//! Searches the text that the eyes see, and what the details tell of the owners. The text of a row
//! is made once and kept until the row changes, so that typing stays quick with many sockets.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::engine::Snapshot;
use crate::model::{Known, SocketKey, Subject};
use crate::phrase;
use crate::store::Moment;

use super::cell::Seen;
use super::columns::Column;
use super::listing::Wish;
use super::theme::Look;

/// The words that are looked for, and the texts that they are looked for in.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// In lower case.
    words: Vec<String>,
    texts: HashMap<SocketKey, Box<str>, RandomState>,
}

impl Search {
    /// Looks for these words from now on.
    pub(super) fn look_for(&mut self, filter: &str) {
        self.words = filter.split_whitespace().map(str::to_lowercase).collect();
        if self.words.is_empty() {
            self.texts = HashMap::default(); // gives the memory back
        }
    }

    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Forgets the texts that the snapshot made old. `before` is the moment shown until now.
    pub(super) fn refresh(&mut self, snapshot: &Snapshot, before: Option<&Moment>) {
        let names = |moment: Option<&Moment>| moment.map(|moment| moment.names.clone());
        if names(before) != names(snapshot.table.moment()) {
            self.texts.clear();
        }
        for change in snapshot.changes.iter() {
            self.texts.remove(&change.socket.key);
        }
    }

    /// Forgets every text.
    pub(super) fn forget(&mut self) {
        self.texts.clear();
    }

    /// True when the row contains every word.
    pub(super) fn matches(&mut self, subject: &Subject<'_>, wish: &Wish<'_>) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let text = self
            .texts
            .entry(subject.row.socket.key)
            .or_insert_with(|| searchable(subject, wish.columns, wish).into_boxed_str());
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Everything that can be found in a row, in lower case. Newlines part the pieces: no escaped text
/// contains one, so that no word is found across a border.
fn searchable(subject: &Subject<'_>, columns: &[Column], wish: &Wish<'_>) -> String {
    let seen = Seen { subject: *subject, now: wish.now, look: wish.look };
    let mut text = String::with_capacity(128);
    let mut add = |piece: &str| {
        text.push_str(piece);
        text.push('\n');
    };
    for column in columns.iter().filter(|column| column.searched) {
        let cell = (column.show)(column.field, &seen);
        add(&format!("{}{}", cell.text, cell.tail));
    }
    for owner in subject.row.socket.owners.known().into_iter().flat_map(Known::shown) {
        owner_texts(owner, &wish.look, &mut add);
    }
    text.to_lowercase()
}

fn owner_texts(owner: crate::model::Owner<'_>, look: &Look, add: &mut impl FnMut(&str)) {
    add(&phrase::process(owner.process, look.charset()));
    if let Some(exe) = &owner.process.exe {
        add(&look.escape(exe.path.as_bytes()));
    }
    if let Some(line) = phrase::command_line(owner.process, look.charset()) {
        add(&line);
    }
    for (what, name) in
        owner.process.workload.iter().flat_map(|workload| phrase::workload(workload, look.charset()))
    {
        add(&format!("{what} {name}"));
    }
}
