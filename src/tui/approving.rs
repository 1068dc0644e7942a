//! Approving and rejecting listeners: asked here, written outside, and judged by what was written.
//!
//! A part of `update`. It makes questions, orders and words; the edits are those of `policy`, and nothing is written
//! here.

use std::path::PathBuf;
use std::sync::Arc;

use super::acting;
use super::action::Action;
use super::app::App;
use super::dialog::{Choice, Dialog, Order};
use super::guard;
use super::line;
use super::standing::Standing;
use super::theme::Meaning;
use super::update::{Effect, relist};
use crate::model::{Row, Socket};
use crate::output::alert::listener;
use crate::policy::{Edit, EditError, Part, Wish, is_judged, turned};
use crate::text;

/// Writes a policy file, where nobody waits for it, and tells what came of it.
pub type WritePolicy = Box<dyn Fn(Amendment, TellWritten)>;
/// Takes what came of an amendment.
pub type TellWritten = Box<dyn FnOnce(Written) + Send>;

/// What a policy file is to say from now on.
#[derive(Clone, Debug)]
pub struct Amendment {
    pub path: PathBuf,
    /// What it must still say; `None` where there must be none.
    pub before: Option<String>,
    pub text: String,
    told: Told,
}

/// What is said of an amendment.
#[derive(Clone, Debug)]
struct Told {
    wish: Wish,
    /// `tcp 0.0.0.0:4444`
    listener: String,
    /// The first line that changes.
    line: usize,
    /// What does the same, in a shell.
    command: String,
}

/// What came of an amendment.
#[derive(Debug)]
pub struct Written {
    pub amendment: Amendment,
    pub done: Result<(), Refusal>,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum Refusal {
    /// The file says something else by now: this, or why it cannot be read.
    Changed(Result<Option<String>, String>),
    /// This user may not.
    Denied(String),
    Failed(String),
}

/// Why there is nothing to ask.
enum Nothing {
    /// In a few words.
    Brief(String),
    /// With what to do about it: it stays until it is read.
    Long(String),
}

impl From<&str> for Nothing {
    fn from(why: &str) -> Self {
        Self::Brief(why.to_owned())
    }
}

fn wish(action: Action) -> Wish {
    if action == Action::Reject { Wish::Reject } else { Wish::Approve }
}

/// True where it would change something.
pub(super) fn can(app: &App, action: Action) -> bool {
    let Some(row) = meant(app).filter(|row| row.is_open() && is_judged(&row.socket)) else { return false };
    let is_expected = matches!(app.guard.standing(&row.socket.key), Some(Standing::Expected { .. }));
    let fits = is_expected == (wish(action) == Wish::Reject);
    fits && !app.acting.removed && app.guard.draft().is_ok()
}

/// The listener that is looked at, as it is shown now.
fn meant(app: &App) -> Option<&Row> {
    let row = match &app.inspected {
        Some(inspected) => &inspected.row,
        None => line::selected(app)?.socket()?.subject.row,
    };
    app.news.as_ref()?.snapshot.table.row(&row.socket.key)
}

/// Asks whether to write it, or says why there is nothing to ask.
pub(super) fn ask(app: &mut App, action: Action) {
    if app.acting.removed {
        return;
    }
    match question(app, wish(action)) {
        Ok(dialog) => app.dialog = Some(dialog),
        Err(Nothing::Brief(why)) => app.remark = Some((format!("nothing to do: {why}"), app.now)),
        Err(Nothing::Long(why)) => {
            let lines = vec![(acting::shown(&why, &app.look), Meaning::Text)];
            app.dialog = Some(Dialog::new("Nothing to write".to_owned(), lines, Vec::new(), app.now));
        }
    }
}

fn question(app: &App, wish: Wish) -> Result<Dialog, Nothing> {
    if let Some(doing) = &app.acting.doing {
        return Err(Nothing::Brief(format!("{doing}, which comes first")));
    }
    let news = app.news.as_ref().ok_or("nothing was read so far")?;
    let table = &news.snapshot.table;
    let moment = table.moment().ok_or("nothing was read so far")?;
    let is_about_one = app.inspected.is_some() || line::selected(app).is_some_and(|of| of.socket().is_some());
    if !is_about_one {
        return Err("choose one listener".into());
    }
    let row = meant(app).filter(|row| row.is_open()).ok_or("it is closed")?;
    let socket = &row.socket;
    let draft = app.guard.draft().map_err(Nothing::Long)?;
    let edit = draft.edit(wish, socket, moment).map_err(|why| match why {
        EditError::NotJudged | EditError::Expected { .. } | EditError::NotExpected => {
            Nothing::Brief(why.to_string())
        }
        _ => Nothing::Long(format!("{}: {why}", app.guard.path().unwrap_or_default())),
    })?;
    let policy = (draft.parse)(&edit.text).map_err(|wrong| Nothing::Long(wrong.brief()))?;
    let others: Vec<_> = turned(draft.policy, &policy, table, moment)
        .filter(|other| other.socket.key != socket.key)
        .map(|other| format!("{}: {}", wish.spreads(), listener(&other.socket, moment)))
        .collect();
    let mut lines = vec![(listener(socket, moment), Meaning::Text)];
    lines.extend(changes(app, &edit));
    if draft.text.is_none() {
        lines.push((NEW.to_owned(), Meaning::Warning));
    }
    if app.guard.is_scripted() {
        lines.push((SCRIPTED.to_owned(), Meaning::Warning));
    }
    lines.extend(others.into_iter().map(|other| (other, Meaning::Warning)));
    let lines = lines.into_iter().map(|(line, meaning)| (acting::shown(&line, &app.look), meaning)).collect();
    let title = match wish {
        Wish::Approve => "Approve this listener",
        Wish::Reject => "Reject this listener",
    };
    Ok(Dialog::new(title.to_owned(), lines, vec![choice(app, edit, socket, wish)?], app.now))
}

const NEW: &str = "The file is new, and begins as one that sockeye policy learn writes. All other listeners are \
    unexpected then; sockeye policy learn takes them in.";
const SCRIPTED: &str = "The listener is of a scenario; the file is real.";

/// What changes in the file, and where.
fn changes(app: &App, edit: &Edit) -> Vec<(String, Meaning)> {
    let path = app.guard.path().unwrap_or_default();
    let mut lines = Vec::new();
    for Part { line, does, removed, added } in &edit.parts {
        lines.push((format!("{path}:{line}: {does}"), Meaning::Muted));
        let shown = |sign: char, line: &String| format!("  {sign} {}", text::escape(line.as_bytes()));
        lines.extend(removed.iter().map(|line| (shown('-', line), Meaning::Closed)));
        lines.extend(added.iter().map(|line| (shown('+', line), Meaning::New)));
    }
    lines
}

fn choice(app: &App, edit: Edit, socket: &Socket, wish: Wish) -> Result<Choice, Nothing> {
    let (path, before) = app.guard.source().ok_or("there is no policy")?;
    let place = socket.ends.local().map(|end| end.to_string()).unwrap_or_default();
    let shown = app.guard.path().unwrap_or_default();
    let told = Told {
        wish,
        listener: format!("{} {place}", socket.protocol.word()),
        line: edit.parts.first().map_or(1, |part| part.line),
        command: app.guard.command(wish, &place),
    };
    Ok(Choice {
        label: wish.word().to_owned(),
        sentence: format!("write {shown}"),
        question: acting::shown(&format!("Write this to {shown}?"), &app.look),
        order: Order::Amend(Box::new(Amendment { path, before, text: edit.text, told })),
    })
}

/// Gives the order, after a yes.
pub(super) fn order(app: &mut App, amendment: Box<Amendment>) -> Vec<Effect> {
    app.acting.doing = Some("writing the policy".to_owned());
    vec![Effect::Amend(amendment)]
}

/// Takes in what came of an order: what the file says by now is what listeners are judged by.
pub(super) fn take(app: &mut App, written: Written) {
    app.acting.doing = None;
    let Written { amendment: Amendment { text, told, .. }, done } = written;
    let path = app.guard.path().unwrap_or_default();
    let Told { wish, listener, line, command } = told;
    let failed = format!("{listener} is not {}: nothing was written to {path}", wish.done());
    match done {
        Ok(()) => {
            judge_by(app, Ok(Some(text)));
            app.remark = Some((format!("{}: {listener}, at {path}:{line}", wish.done()), app.now));
        }
        Err(Refusal::Changed(read)) => {
            judge_by(app, read);
            let why =
                "the file says something else than when it was read; it was read anew just now. Ask again.";
            tell(app, &[failed, why.to_owned()]);
        }
        Err(Refusal::Denied(why)) => {
            let sudo = if app.asker.is_root { "" } else { "sudo " };
            tell(app, &[failed, why, format!("This does it: {sudo}{command}")]);
        }
        Err(Refusal::Failed(why)) => {
            tell(app, &[failed, why, format!("Once that is mended, this does it, too: {command}")]);
        }
    }
}

fn tell<const N: usize>(app: &mut App, lines: &[String; N]) {
    let lines = lines.iter().map(|line| (acting::shown(line, &app.look), Meaning::Text)).collect();
    app.acting.tell("Nothing was written".to_owned(), lines);
}

/// Judges everything anew by another text: what is shown, while alerts are of the latest reading.
fn judge_by(app: &mut App, text: Result<Option<String>, String>) {
    let latest = app.latest().map(|latest| Arc::clone(&latest.snapshot.table));
    let alerts = app.guard.replace(text, latest.as_deref());
    if let Some(table) = &latest {
        guard::tell(app, alerts, table, false);
    }
    if let Some(news) = &app.news {
        app.guard.judge_all(&news.snapshot.table);
    }
    relist(app);
}

/// The keys that change what the policy says of it. Empty where there are none.
pub(super) fn hint(app: &App) -> String {
    let key = |action| app.key_for(action).filter(|_| can(app, action));
    match (key(Action::Approve), key(Action::Reject)) {
        (Some(key), _) if app.guard.is_in_force() => format!("{key} approves it"),
        (Some(key), _) => format!("{key} begins one with this listener"),
        (None, Some(key)) => format!("{key} rejects it"),
        (None, None) => String::new(),
    }
}
