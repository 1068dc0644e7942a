//! What is remembered from reading to reading changes nothing: the same lines in the same order as if everything
//! were judged and sorted anew.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::Stage;
use crate::filter::Seen;
use crate::model::{Cookie, Identity, Queues, Row, Sample, Socket, State, Value};
use crate::tui::views::{Lines, View};

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Step {
    /// These of the sockets are there, with such a queue, and listen or not.
    Reading(Vec<(u8, u8, bool)>),
    Keys(&'static str),
    Filter(&'static str),
    Frozen(Vec<Vec<(u8, u8, bool)>>),
}

fn reading() -> impl Strategy<Value = Vec<(u8, u8, bool)>> {
    prop::collection::vec((0u8..60, 0u8..4, prop::bool::weighted(0.1)), 0..60)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => reading().prop_map(Step::Reading),
        3 => prop::sample::select(vec!["1", "2", "5", "s", "s", "r", "j", "G"]).prop_map(Step::Keys),
        2 => prop::sample::select(vec!["tcp", "nginx", "recv_q > 1", "not listening", "age < 2s", ""])
            .prop_map(Step::Filter),
        1 => prop::collection::vec(reading(), 0..3).prop_map(Step::Frozen),
    ]
}

/// A reading with these of the script's sockets.
fn sample(base: &Sample, at: u32, chosen: &[(u8, u8, bool)]) -> Sample {
    let mut sample = base.clone();
    sample.taken.mono += std::time::Duration::from_millis(700 * u64::from(at));
    sample.sockets.clear();
    for (id, queue, turned) in chosen {
        let id = u64::from(*id) + 1;
        if sample.sockets.iter().any(|socket| socket.key.id == Identity::Cookie(Cookie(id))) {
            continue;
        }
        let mut socket: Socket = base.sockets[usize::try_from(id).unwrap() % base.sockets.len()].clone();
        socket.key.id = Identity::Cookie(Cookie(id));
        socket.queues = Queues { recv: Some((*queue).into()), ..socket.queues };
        if *turned && socket.state == State::Established {
            socket.state = State::CloseWait;
        }
        sample.sockets.push(socket);
    }
    sample
}

/// The lines that the view should have, found the plain way.
fn plainly(stage: &Stage) -> Vec<u32> {
    let app = &stage.app;
    let (Some(moment), now) = (app.moment(), app.clock()) else { return Vec::new() };
    let filter = app.sieve.filter();
    let is_listed = |row: &&Row| {
        let subject = moment.subject(row);
        View::of(row) == app.view && filter.passes(&Seen { subject, now })
    };
    let rows: Vec<(u32, &Row)> = (0..).zip(app.rows()).filter(|(_, row)| is_listed(row)).collect();
    let mut rows: Vec<(u32, &Row)> = rows
        .into_iter()
        .filter(|(at, _)| app.listing.index.contains(at) || app.rows()[*at as usize].is_open())
        .collect();
    let (pane, column) = (app.pane(), &app.pane().columns[app.pane().sort.column]);
    let down = column.descending != pane.sort.reversed;
    rows.sort_by(|(_, one), (_, other)| {
        (0..column.ranks()).fold(Ordering::Equal, |order, key| {
            let peer = |row: &Row| app.news.as_ref()?.snapshot.table.peer(&row.socket);
            let peer = |row| if app.view == View::Unix { peer(row) } else { None };
            let value = |row| column.sort_value(key, &moment.subject(row).facing(peer(row)));
            order.then_with(|| directed(&value(one), &value(other), down))
        })
    });
    rows.into_iter().map(|(at, _)| at).collect()
}

/// What is unknown comes last, whichever way.
fn directed(one: &Value<'_>, other: &Value<'_>, down: bool) -> Ordering {
    let unknown = |value: &Value<'_>| match value {
        Value::Null => true,
        Value::Owner(owners) => owners.known().is_none(),
        _ => false,
    };
    match (unknown(one), unknown(other)) {
        (false, false) if down => other.compare(one),
        _ => one.compare(other),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_remembered_changes_nothing(steps in prop::collection::vec(step(), 1..25)) {
        let mut stage = Stage::new(140, 40);
        let base = stage.sampler.take().unwrap();
        let mut at = 0;
        let mut feed = |stage: &mut Stage, chosen: &[(u8, u8, bool)]| {
            at += 1;
            stage.feed(sample(&base, at, chosen));
        };
        feed(&mut stage, &(0..60).map(|id| (id, 0, false)).collect::<Vec<_>>());
        for step in steps {
            let chosen = stage.app.pane().selected.clone();
            match &step {
                Step::Reading(reading) => feed(&mut stage, reading),
                Step::Keys(keys) => stage.keys(keys),
                Step::Filter(text) => {
                    stage.keys("/");
                    stage.ctrl('u');
                    stage.keys(text);
                    stage.code(crossterm::event::KeyCode::Enter);
                }
                Step::Frozen(readings) => {
                    stage.keys("f");
                    for reading in readings {
                        feed(&mut stage, reading);
                    }
                    stage.keys("f");
                }
            }
            if stage.app.view.lines() == Lines::Sockets {
                prop_assert_eq!(&stage.app.listing.index, &plainly(&stage), "{:?}", step);
            }
            let stays = matches!(step, Step::Reading(_) | Step::Frozen(_) | Step::Keys("s" | "r"));
            let is_chosen = |line: &usize| chosen.is_some() && stage.app.chosen_at(*line) == chosen;
            let line = (0..stage.app.listing.len()).find(is_chosen);
            if let Some(line) = line.filter(|_| stays) {
                prop_assert_eq!(stage.app.pane().cursor, line, "the selection stays on its socket");
            }
        }
    }
}
