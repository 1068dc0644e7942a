//! The policy in force: what it says of each listener, and what is reported by it.
//!
//! A listener is judged once, and again when it changes: a frame judges nothing. It reads and writes no file; texts
//! come from outside and go there.

use std::collections::HashMap;
use std::path::PathBuf;

use foldhash::fast::RandomState;

use super::app::App;
use super::standing::Standing;
use super::timeline::Report;
use super::update::show;
use super::views::View;
use crate::engine::Snapshot;
use crate::model::{Ask, Change, Row, SocketKey};
use crate::phrase;
use crate::policy::{Alert, Draft, HEADER, Policy, PolicyError, Watcher, Wish, is_judged};
use crate::store::{Moment, Table};
use crate::text;

/// Understands the text of a policy: what it has to know of the machine comes from outside.
pub type UnderstandPolicy = Box<dyn Fn(&str) -> Result<Policy, PolicyError> + Send + Sync>;

/// The policy file: where it is, what it says, and how such texts are understood.
pub struct PolicyFile {
    pub path: PathBuf,
    /// What was read; `None` where there is no file. The error says why it could not be read.
    pub text: Result<Option<String>, String>,
    pub parse: UnderstandPolicy,
    /// The listeners are those of a scenario, while the file is one of this machine.
    pub is_for_a_scenario: bool,
    /// The arguments with which a command of the shell finds the same listeners.
    pub reading: String,
}

/// What the file means, where there is one; or what is wrong with it.
fn understood(file: &PolicyFile) -> Result<Option<Policy>, String> {
    match &file.text {
        Ok(None) => Ok(None),
        Ok(Some(text)) => {
            (file.parse)(text).map(Some).map_err(|wrong| format!("is not valid, {}", wrong.brief()))
        }
        Err(why) => Err(format!("cannot be read: {why}")),
    }
}

/// The policy and what it says.
#[derive(Default)]
pub(super) struct Guard {
    file: Option<PolicyFile>,
    /// Holds the policy; `None` where there is none in force.
    watcher: Option<Watcher>,
    /// The policy where there is no file yet.
    nothing: Policy,
    /// What is wrong with the file.
    trouble: Option<String>,
    standings: HashMap<SocketKey, Standing, RandomState>,
    unexpected: usize,
    /// Nothing has been reported yet.
    begins: bool,
    /// Of listeners, only those that are unexpected are listed.
    pub(super) only: bool,
    /// How often a listener was judged.
    #[cfg(test)]
    pub(super) judged: usize,
}

impl Guard {
    pub(super) fn new(file: PolicyFile) -> Self {
        let nothing = (file.parse)(HEADER).unwrap_or_default();
        let mut guard = Self { begins: true, nothing, ..Self::default() };
        match understood(&file) {
            Ok(policy) => guard.watcher = policy.map(Watcher::new),
            Err(trouble) => guard.trouble = Some(trouble),
        }
        Self { file: Some(file), ..guard }
    }

    /// Takes what the file says by now. Returns what is to be reported of the latest reading that was not before.
    pub(super) fn replace(
        &mut self,
        text: Result<Option<String>, String>,
        latest: Option<&Table>,
    ) -> Vec<Alert> {
        let Some(file) = &mut self.file else { return Vec::new() };
        file.text = text;
        let policy = understood(file);
        self.trouble = policy.as_ref().err().cloned();
        let Ok(Some(policy)) = policy else {
            self.watcher = None;
            self.only = false; // nothing is unexpected
            return Vec::new();
        };
        let watcher = self.watcher.get_or_insert_with(|| Watcher::new(Policy::default()));
        if let Some((table, moment)) = latest.and_then(|table| Some((table, table.moment()?))) {
            return watcher.replace(policy, table, moment);
        }
        *watcher = Watcher::new(policy);
        Vec::new()
    }

    /// The policy as it is to be edited; or why it cannot be.
    pub(super) fn draft(&self) -> Result<Draft<'_>, String> {
        let file =
            self.file.as_ref().ok_or("there is no place for a policy file; name one: --policy FILE")?;
        if let Some(trouble) = self.trouble() {
            return Err(format!("{trouble}; mend it, and start sockeye again"));
        }
        let policy = self.watcher.as_ref().map_or(&self.nothing, Watcher::policy);
        let text = file.text.as_ref().ok().and_then(Option::as_deref);
        Ok(Draft { text, policy, parse: &*file.parse })
    }

    /// The file and what it said when it was read.
    pub(super) fn source(&self) -> Option<(PathBuf, Option<String>)> {
        let file = self.file.as_ref()?;
        Some((file.path.clone(), file.text.as_ref().ok()?.clone()))
    }

    /// True when the listeners are not of this machine, as the file is.
    pub(super) fn is_scripted(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.is_for_a_scenario)
    }

    /// True when listeners are judged.
    pub(super) fn is_in_force(&self) -> bool {
        self.watcher.is_some()
    }

    /// Where the policy is, or would be, as it may be shown.
    pub(super) fn path(&self) -> Option<String> {
        self.file.as_ref().map(|file| text::path(&file.path).into_owned())
    }

    /// The command that does in a shell what is wished for of the listener at a place.
    pub(super) fn command(&self, wish: Wish, place: &str) -> String {
        let reading = self.file.as_ref().map_or("", |file| &file.reading);
        phrase::change(wish.word(), place, &self.path().unwrap_or_default(), reading)
    }

    /// What is wrong with the file, as a sentence.
    pub(super) fn trouble(&self) -> Option<String> {
        let (path, trouble) = (self.path()?, self.trouble.as_ref()?);
        Some(format!("the policy {path} {trouble}"))
    }

    /// What rules look at.
    pub(super) fn ask(&self) -> Ask {
        let rules = self.watcher.iter().flat_map(|watcher| &watcher.policy().rules);
        rules.fold(Ask::NOTHING, |ask, rule| ask.or(rule.when.ask()))
    }

    /// What the policy says of a socket; `None` where it is not about it.
    pub(super) fn standing(&self, key: &SocketKey) -> Option<Standing> {
        self.standings.get(key).copied()
    }

    /// How many open listeners are unexpected.
    pub(super) fn unexpected(&self) -> usize {
        self.unexpected
    }

    /// True for a socket that is not to be listed.
    pub(super) fn hides(&self, view: View, key: &SocketKey) -> bool {
        let is_told = || self.standing(key).is_some_and(Standing::is_unexpected);
        self.only && view == View::Listeners && !is_told()
    }

    /// What is to be reported of a snapshot.
    fn watch(&mut self, snapshot: &Snapshot) -> Vec<Alert> {
        // A rule that looks at details is judged by readings that have them.
        let can_answer = snapshot.asked.covers(self.ask());
        let Some(watcher) = self.watcher.as_mut().filter(|_| can_answer) else { return Vec::new() };
        let Some(moment) = snapshot.table.moment() else { return Vec::new() };
        watcher.watch(&snapshot.changes, &snapshot.table, moment)
    }

    /// Judges what a snapshot changed. `before` is the moment shown until now.
    pub(super) fn refresh(&mut self, snapshot: &Snapshot, before: Option<&Moment>) {
        let Some(moment) = snapshot.table.moment() else { return };
        if before.is_none_or(|before| before.names.users != moment.names.users) {
            return self.judge_all(&snapshot.table);
        }
        let is_there = |change: &&Change| !change.kind.is_end();
        for change in snapshot.changes.iter().filter(is_there) {
            match snapshot.table.row(&change.socket.key) {
                Some(row) => self.judge(row, moment),
                None => drop(self.standings.remove(&change.socket.key)),
            }
        }
        self.count(&snapshot.table);
    }

    /// Judges every listener anew.
    pub(super) fn judge_all(&mut self, table: &Table) {
        self.standings = HashMap::default();
        let Some(moment) = table.moment() else { return };
        for row in table.rows() {
            self.judge(row, moment);
        }
        self.count(table);
    }

    fn judge(&mut self, row: &Row, moment: &Moment) {
        let Some(watcher) = self.watcher.as_ref() else { return };
        if !is_judged(&row.socket) {
            self.standings.remove(&row.socket.key);
            return;
        }
        #[cfg(test)]
        {
            self.judged += 1;
        }
        let standing = Standing::of(watcher.policy().judge(&row.socket, &moment.names));
        self.standings.insert(row.socket.key, standing);
    }

    /// Forgets what left the table, and counts.
    fn count(&mut self, table: &Table) {
        self.unexpected = 0;
        let unexpected = &mut self.unexpected;
        self.standings.retain(|key, standing| {
            let row = table.row(key);
            *unexpected += usize::from(standing.is_unexpected() && row.is_some_and(Row::is_open));
            row.is_some()
        });
    }
}

/// Reports what a snapshot brought, among the events.
pub(super) fn report(app: &mut App, snapshot: &Snapshot) {
    let alerts = app.guard.watch(snapshot);
    let at_start = std::mem::replace(&mut app.guard.begins, false);
    tell(app, alerts, &snapshot.table, at_start);
}

/// Puts alerts among the events.
pub(super) fn tell(app: &mut App, alerts: Vec<Alert>, table: &Table, at_start: bool) {
    for alert in alerts {
        let row = table.row(&alert.socket.key).cloned().unwrap_or_else(|| Row::found(alert.socket.clone()));
        app.timeline.report(Report { alert, at_start }, row);
    }
}

/// Shows of the listeners only those that are unexpected, or all of them again.
pub(super) fn toggle(app: &mut App) {
    if app.guard.is_in_force() {
        app.guard.only = !(app.guard.only && app.view == View::Listeners);
        show(app, View::Listeners);
    }
}
