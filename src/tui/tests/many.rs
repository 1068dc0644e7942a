//! Many sockets: what a frame and a key cost.

use std::cell::Cell as Counter;

use crossterm::event::KeyCode;

use super::Stage;
use crate::model::{Cookie, Field, Identity, Sample, Socket};
use crate::tui::cell::{self, Cell, Seen};
use crate::tui::columns::Body;

thread_local! {
    static CELLS: Counter<usize> = const { Counter::new(0) };
}

fn counting<'a>(field: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    CELLS.set(CELLS.get() + 1);
    cell::plain(field, seen)
}

/// The sockets of the script, over and over.
fn many(stage: &mut Stage, count: usize) -> Sample {
    let mut sample = stage.sampler.take().unwrap();
    let few: Vec<Socket> = std::mem::take(&mut sample.sockets);
    sample.sockets = (1u64..)
        .zip(few.iter().cycle().take(count))
        .map(|(id, socket)| {
            let mut socket = socket.clone();
            socket.key.id = Identity::Cookie(Cookie(id));
            socket
        })
        .collect();
    sample
}

#[test]
fn a_frame_builds_the_rows_in_sight_alone() {
    let mut stage = Stage::new(140, 40);
    let sample = many(&mut stage, 100_000);
    stage.feed(sample);
    let Body::Socket { show, .. } = &mut stage.app.panes[0].columns[1].body else { unreachable!() };
    *show = counting; // the first is shown among many namespaces
    for keys in ["", "j", "G", "\x04", "r", "s"] {
        stage.keys(keys);
        CELLS.set(0);
        stage.buffer();
        assert_eq!(CELLS.get(), stage.app.page(), "{keys:?}");
    }
    assert!(stage.app.listing.index.len() > 50_000);
}

#[test]
fn a_filter_judges_a_row_once() {
    let mut stage = Stage::new(140, 40);
    let mut sample = many(&mut stage, 5_000);
    stage.feed(sample.clone());
    let judged = |stage: &mut Stage| std::mem::take(&mut stage.app.sieve.judged);
    stage.keys("/proc = nginx");
    judged(&mut stage);
    stage.keys("x");
    let all: usize = stage.app.listing.open.iter().sum();
    assert_eq!(judged(&mut stage), all, "the others, too, where nothing is found");
    for keys in ["\t", " ", "\x04"] {
        stage.keys(keys);
        stage.buffer();
    }
    stage.code(KeyCode::PageDown);
    stage.send(crate::tui::input::Input::Tick);
    judged(&mut stage);
    sample.sockets[0].queues.recv = Some(77);
    stage.feed(sample.clone());
    assert_eq!(judged(&mut stage), 1, "the one that changed");
    stage.ctrl('u');
    stage.keys("age < 1h");
    judged(&mut stage);
    stage.feed(sample);
    assert_eq!(judged(&mut stage), all, "time passes for all");
}
