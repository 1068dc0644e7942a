//! What is done to sockets and to who holds them: asked for here, done outside, and told when it was.
//!
//! A part of `update`. It makes questions, orders and words of what came of them; nothing is done here.

use std::sync::Arc;

use super::action::{Action, Mode};
use super::app::App;
use super::dialog::{self, Choice, Dialog};
use super::line::{self, Of};
use super::outcome;
use super::tally::Common;
use super::theme::{Look, Meaning};
use super::update::Effect;
use crate::engine::acting::{self, Act, Actor, Command, Order, Report};
use crate::model::{Known, ProcessId, Protocol, Row, Signal, SocketKey, Uid};
use crate::output::stopping::StopPlan;
use crate::output::{closing, signalling};
use crate::phrase;
use crate::store::{Holder, Moment, Table};
use crate::text::{counted, push};

/// How many processes are shown whole in a question.
const SHOWN: usize = 10;

/// Who acts.
#[derive(Debug)]
pub enum Acts {
    /// Nobody, and nobody is asked: the dashboard is for reading alone.
    Removed,
    /// Nobody, for this reason: a sentence fragment.
    Refused(String),
    /// This one, as this user.
    By(Actor, Uid),
}

/// What may be done, and what is being done.
#[derive(Debug)]
pub(super) struct Acting {
    /// Nothing may be done, and nothing tells of it.
    pub(super) removed: bool,
    /// Why nothing can be done.
    pub(super) refused: Option<String>,
    /// As whom.
    pub(super) uid: Uid,
    /// What is being done.
    pub(super) doing: Option<String>,
    /// What came of it, while something else lies over the list.
    told: Option<(String, Vec<(String, Meaning)>)>,
}

impl Default for Acting {
    fn default() -> Self {
        Self { removed: false, refused: None, uid: Uid(0), doing: None, told: None }
    }
}

impl Acting {
    pub(super) fn of(acts: &Acts) -> Self {
        match acts {
            Acts::Removed => Self { removed: true, ..Self::default() },
            Acts::Refused(why) => Self { refused: Some(why.clone()), ..Self::default() },
            Acts::By(_, uid) => Self { uid: *uid, ..Self::default() },
        }
    }

    /// Keeps what is to be told until nothing else lies over the list.
    pub(super) fn tell(&mut self, title: String, lines: Vec<(String, Meaning)>) {
        self.told = Some((title, lines));
    }
}

/// True for what is removed where the dashboard is for reading alone.
pub(super) fn is_act(action: Action) -> bool {
    let writes = matches!(action, Action::Approve | Action::Reject);
    writes || matches!(action, Action::Signal | Action::Stop | Action::CloseSocket)
}

/// True where there is something that it may be about.
pub(super) fn can(app: &App, action: Action) -> bool {
    let about = match line::selected(app) {
        _ if app.inspected.is_some() => true,
        Some(Of::Tally(seen)) => {
            action != Action::CloseSocket && matches!(seen.tally.common, Common::Process(_))
        }
        of => of.is_some(),
    };
    about && !app.acting.removed
}

/// What is meant: sockets with their holders, and what to call them.
struct Meant {
    chosen: Vec<(SocketKey, ProcessId)>,
    /// Holders that are not known one by one.
    beyond: usize,
    name: String,
}

/// Asks about an act, or says why there is nothing to ask.
pub(super) fn ask(app: &mut App, action: Action) {
    if app.acting.removed {
        return;
    }
    match question(app, action) {
        Ok(dialog) => app.dialog = Some(dialog),
        Err(why) => app.remark = Some((format!("nothing to do: {why}"), app.now)),
    }
}

fn question(app: &App, action: Action) -> Result<Dialog, String> {
    if let Some(why) = &app.acting.refused {
        return Err(why.clone());
    }
    if let Some(doing) = &app.acting.doing {
        return Err(format!("{doing}, which comes first"));
    }
    let news = app.news.as_ref().ok_or("nothing was read so far")?;
    let seen = &news.snapshot.table;
    let moment = seen.moment().ok_or("nothing was read so far")?;
    if action == Action::CloseSocket {
        return close(app, seen, moment);
    }
    let meant = meant(app, seen)?;
    let order = |act| Order { seen: Arc::clone(seen), chosen: meant.chosen.clone(), act };
    let first = order(Act::Signal(Signal::Term));
    let all = first.holders();
    let mut lines = plan(&all, moment, &app.look);
    if meant.beyond > 0 {
        let more = counted(meant.beyond, "more process holds", "more processes hold");
        lines
            .push((format!("{more} it, beyond those that are kept: ask again afterwards"), Meaning::Warning));
    }
    let whom = whom(&all, &app.look);
    let stops = stops(&all, app.acting.uid);
    let mut choices: Vec<Choice> = stops
        .iter()
        .filter_map(|stop| stop.as_ref().ok())
        .map(|command| {
            let (processes, sockets) = acting::stopped_with(command, seen);
            let plan = StopPlan { command: command.text(), processes, sockets };
            Choice {
                label: command.text().to_owned(),
                sentence: format!("for good; ends {}", plan.ends()),
                question: format!("Run {}?", command.text()),
                order: dialog::Order::Act(order(Act::Stop(command.clone()))),
            }
        })
        .collect();
    if action == Action::Stop {
        let title = format!("Stop what runs {}", meant.name);
        if choices.is_empty() {
            let why = stops.into_iter().find_map(Result::err);
            return Err(why.unwrap_or_else(|| "nobody looks after it".to_owned()));
        }
        return Ok(Dialog::new(title, lines, choices, app.now));
    }
    let signals = Signal::ALL.iter().map(|signal| Choice {
        label: signal.word().to_owned(),
        sentence: signal.purpose().to_owned(),
        question: format!("Send {} to {whom}?", signal.word()),
        order: dialog::Order::Act(order(Act::Signal(*signal))),
    });
    choices.splice(0..0, signals.clone().take(1));
    choices.extend(signals.skip(1));
    Ok(Dialog::new(format!("End {}", meant.name), lines, choices, app.now))
}

/// The commands that stop what manages them, each once; or why there is none.
fn stops(all: &[Holder<'_>], own: Uid) -> Vec<Result<Command, String>> {
    let mut stops: Vec<_> = all.iter().map(|holder| acting::command(holder.process, own)).collect();
    stops.sort();
    stops.dedup();
    stops
}

/// The sockets and their holders that the selected line is about.
fn meant(app: &App, seen: &Table) -> Result<Meant, String> {
    if let Some(Of::Tally(tally)) = line::selected(app)
        && app.inspected.is_none()
    {
        let Common::Process(id) = tally.tally.common else {
            return Err("this line is about many sockets: choose a process or a socket".to_owned());
        };
        let holds =
            |row: &&Row| row.socket.owners.known().is_some_and(|known| known.ids().any(|one| one == id));
        let rows: Vec<&Row> = seen.open().filter(holds).collect();
        let process = rows.iter().find_map(|row| {
            row.socket.owners.known()?.shown().find(|owner| owner.process.id == id).map(|owner| owner.process)
        });
        let name = process.map(|process| phrase::process(process, app.look.charset()));
        let name = name.ok_or("its process is not known")?;
        let chosen = rows.iter().map(|row| (row.socket.key, id)).collect();
        return Ok(Meant { chosen, beyond: 0, name });
    }
    let row = socket(app)?;
    let known = row.socket.owners.found().map_err(|why| format!("no process to end: {}", why.reason()))?;
    let mut chosen: Vec<_> = known.shown().map(|owner| (row.socket.key, owner.process.id)).collect();
    chosen.dedup();
    let name = format!("who holds {}", shown(&signalling::place(&row.socket), &app.look));
    Ok(Meant { chosen, beyond: known.beyond(), name })
}

/// The socket that is looked at, while it is there.
fn socket(app: &App) -> Result<&Row, String> {
    let row = match &app.inspected {
        Some(inspected) if inspected.gone => return Err("it is gone".to_owned()),
        Some(inspected) => Some(&inspected.row),
        None => line::selected(app).and_then(|of| of.socket()).map(|seen| seen.subject.row),
    };
    let row = row.ok_or("no socket is selected")?;
    let now = app.news.as_ref().and_then(|news| news.snapshot.table.row(&row.socket.key));
    now.filter(|row| row.is_open()).ok_or_else(|| "it is closed".to_owned())
}

/// Asks whether a socket is to be closed.
fn close(app: &App, seen: &Arc<Table>, moment: &Moment) -> Result<Dialog, String> {
    let row = socket(app).map_err(|why| match line::selected(app) {
        Some(Of::Tally(_)) if app.inspected.is_none() => {
            "choose a socket: a line here counts many".to_owned()
        }
        _ => why,
    })?;
    let socket = &row.socket;
    if ![Protocol::Tcp, Protocol::Udp].contains(&socket.protocol) {
        return Err("the kernel closes TCP and UDP sockets alone".to_owned());
    }
    if socket.key.cookie().is_none() {
        return Err("it was read from /proc, which does not tell it from another one".to_owned());
    }
    let place = shown(&signalling::place(socket), &app.look);
    let what_follows = if socket.is_listener() {
        "nobody can connect to it any more; whoever holds it lives on, and keeps its address"
    } else {
        "both ends are told that it was aborted; whoever holds it lives on, and may open another"
    };
    let lines = vec![
        (place.clone(), Meaning::Text),
        (shown(&format!("held by {}", closing::who(socket, moment)), &app.look), Meaning::Text),
        (what_follows.to_owned(), Meaning::Warning),
    ];
    let order = Order { seen: Arc::clone(seen), chosen: Vec::new(), act: Act::Close(socket.key) };
    let choice = Choice {
        label: "close".to_owned(),
        sentence: String::new(),
        question: "Close this socket?".to_owned(),
        order: dialog::Order::Act(order),
    };
    Ok(Dialog::new(format!("Close {place}"), lines, vec![choice], app.now))
}

/// Each process with what it holds, and who may start it again.
fn plan(all: &[Holder<'_>], moment: &Moment, look: &Look) -> Vec<(String, Meaning)> {
    let mut lines = Vec::new();
    let mut managed = Vec::new();
    for holder in all.iter().take(SHOWN) {
        managed.extend(signalling::managed(holder, moment));
        let mut written = Vec::new();
        let told = signalling::write_holding(&mut written, holder, moment);
        debug_assert!(told.is_ok(), "memory takes it");
        lines.extend(said(&written, look).into_iter().enumerate().map(|(at, line)| {
            let first = at == 0;
            (line, if first { Meaning::Title } else { Meaning::Text })
        }));
    }
    match all.len().saturating_sub(SHOWN) {
        0 => {}
        more => {
            lines.push((format!("and {}", counted(more, "more process", "more processes")), Meaning::Title));
        }
    }
    // What several have in common is told once.
    managed.sort();
    managed.dedup();
    lines.extend(managed.iter().map(|line| (shown(line, look), Meaning::Warning)));
    lines
}

fn whom(all: &[Holder<'_>], look: &Look) -> String {
    match all {
        [one] => phrase::process(one.process, look.charset()),
        many => counted(many.len(), "process", "processes"),
    }
}

/// Lines that were written for another face, in the characters of the terminal.
fn said(written: &[u8], look: &Look) -> Vec<String> {
    String::from_utf8_lossy(written).lines().map(|line| shown(line, look)).collect()
}

/// The same in the characters of the terminal.
pub(super) fn shown(line: &str, look: &Look) -> String {
    let charset = look.charset();
    charset.show(&line.replace('→', charset.arrow()).replace('…', charset.ellipsis())).into_owned()
}

/// Gives the order, after a yes.
pub(super) fn order(app: &mut App, order: Order) -> Vec<Effect> {
    let whom = whom(&order.holders(), &app.look);
    app.acting.doing = Some(match &order.act {
        Act::Signal(signal) => format!("sending {} to {whom}", signal.word()),
        Act::Stop(command) => format!("running {}", command.text()),
        Act::Close(_) => "closing a socket".to_owned(),
    });
    vec![Effect::Act(Box::new(order))]
}

/// Takes in what came of an order.
pub(super) fn take(app: &mut App, report: &Report) {
    app.acting.doing = None;
    let order = &report.order;
    let title = match &order.act {
        Act::Signal(signal) => format!("{} to {}", signal.word(), whom(&order.holders(), &app.look)),
        Act::Stop(command) => command.text().to_owned(),
        Act::Close(_) => "Close a socket".to_owned(),
    };
    let lines = outcome::lines(report, &app.look);
    app.acting.tell(title, lines);
}

/// Shows what came of it as soon as nothing else lies over the list.
pub(super) fn settle(app: &mut App) {
    if matches!(app.mode(), Mode::List | Mode::Details)
        && let Some((title, lines)) = app.acting.told.take()
    {
        app.dialog = Some(Dialog::new(title, lines, Vec::new(), app.now));
    }
}

/// How somebody ends who holds what is looked at: the keys, for who sees this for the first time. Empty where nothing
/// can be done.
pub(super) fn hint(app: &App, row: &Row, brief: bool) -> String {
    let held = row.is_open() && row.socket.owners.known().is_some();
    if app.acting.removed || app.acting.refused.is_some() || !held {
        return String::new();
    }
    let Some(key) = app.key_for(Action::Signal) else { return String::new() };
    let holders = row.socket.owners.known().map_or(0, Known::count);
    let mut hint = format!("{key} ends {}", if holders == 1 { "the process" } else { "the processes" });
    if !brief
        && [Protocol::Tcp, Protocol::Udp].contains(&row.socket.protocol)
        && let Some(key) = app.key_for(Action::CloseSocket)
    {
        push(&mut hint, format_args!(", {key} closes the socket"));
    }
    hint
}
