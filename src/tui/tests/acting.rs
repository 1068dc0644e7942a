//! What is done to sockets and to who holds them: asked, ordered, and told when it is done.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::{SCRIPT, Stage};
use crate::engine::acting::{Act, After, Done, Order, Report};
use crate::model::{Closing, Sample, Signal, Signalling, Stopping};
use crate::store::Table;
use crate::tui::acting::{Acting, Acts};
use crate::tui::action::Mode;
use crate::tui::input::Input;
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::update::Effect;

/// What is ordered by a yes to the open question.
fn yes(stage: &mut Stage) -> Order {
    assert_eq!(stage.app.mode(), Mode::Dialog, "{:?}", stage.app.remark);
    stage.wait(0.3);
    match stage.code(KeyCode::Char('y')).pop() {
        Some(Effect::Act(order)) => *order,
        other => panic!("{other:?}"),
    }
}

fn pids(order: &Order) -> Vec<u32> {
    order.holders().iter().map(|holder| holder.process.id.pid.0).collect()
}

impl Stage {
    /// Selects the listener at that place.
    pub(super) fn select(&mut self, place: &str) {
        self.keys("g");
        let at = self.listed().iter().position(|local| local == place).unwrap();
        self.keys(&"j".repeat(at));
    }

    pub(super) fn remark(&self) -> &str {
        self.app.remark.as_ref().map_or("", |(words, _)| words)
    }

    /// The tables as they are once nobody is at that port.
    fn without(&mut self, port: u16) -> Table {
        let mut sample: Sample = self.sampler.take().unwrap();
        sample.sockets.retain(|socket| socket.ends.local().is_none_or(|local| local.port != port));
        Table::of(sample)
    }

    fn report(&mut self, order: Order, done: Done) {
        self.send(Input::Acted(Box::new(Report { order, done: Ok(done) })));
    }
}

pub(super) fn looks() -> [(&'static str, Look); 2] {
    [("", Look::new(ColorChoice::Ansi16, false)), ("_ascii", Look::new(ColorChoice::Monochrome, true))]
}

#[test]
fn pictures() {
    for (name, look) in looks() {
        for (width, height) in [(140, 40), (80, 24), (40, 10)] {
            let picture = |what: &str, stage: &Stage| {
                insta::assert_snapshot!(format!("acting_{what}_{width}x{height}{name}"), stage.screen());
            };
            let mut stage = Stage::with_look(width, height, look);
            stage.polls(4);
            stage.select("0.0.0.0:80");
            stage.keys("K");
            stage.wait(0.3);
            picture("signal", &stage);
            let order = yes(&mut stage);
            let after: After = Some(Ok(stage.without(80)));
            stage.report(order, Done::Signalled(vec![Signalling::Ended; 5], after));
            stage.wait(0.3);
            picture("ended", &stage);
            stage.keys("n2x");
            stage.wait(0.3);
            picture("close", &stage);
        }
    }
}

#[test]
fn all_holders_of_a_socket_are_meant_and_told_when_they_ended() {
    let mut stage = Stage::played(140, 40);
    stage.select("0.0.0.0:80");
    stage.keys("K");
    let order = yes(&mut stage);
    assert_eq!(order.act, Act::Signal(Signal::Term));
    assert_eq!(pids(&order), [2210, 2211, 2212, 2213, 2214]);
    assert!(Arc::ptr_eq(&order.seen, &stage.table));
    assert!(stage.screen().contains("sending TERM to 5 processes"), "{}", stage.screen());
    stage.keys("K");
    assert!(stage.remark().contains("which comes first"), "one after the other");
    let after: After = Some(Ok(stage.without(80)));
    stage.report(order, Done::Signalled(vec![Signalling::Ended; 5], after));
    let screen = stage.screen();
    assert!(screen.contains("Its place is free.") && screen.contains("ended    nginx 2210"), "{screen}");
    stage.wait(60.0);
    assert_eq!(stage.app.mode(), Mode::Dialog, "it stays until it is read");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::List);
    assert!(!stage.screen().contains("sending TERM"));
}

#[test]
fn what_is_held_again_is_told_with_what_stops_it_for_good() {
    let mut stage = Stage::played(140, 40);
    stage.select("[::]:22");
    stage.keys("K");
    let order = yes(&mut stage);
    let mut sample = stage.sampler.take().unwrap();
    for socket in &mut sample.sockets {
        if socket.ends.local().is_some_and(|local| local.to_string() == "[::]:22") {
            socket.key.id = crate::model::Identity::Cookie(crate::model::Cookie(0xabc_def));
        }
    }
    stage.report(order, Done::Signalled(vec![Signalling::Ended], Some(Ok(Table::of(sample)))));
    let screen = stage.screen();
    assert!(screen.contains("Its place is not free.") && screen.contains("held again, by sshd"), "{screen}");
    assert!(screen.contains("systemctl stop ssh.service"), "{screen}");
}

#[test]
fn refusals_and_failures_are_told() {
    let refused = Signalling::Refused("it has ended, and another process has its pid by now".to_owned());
    for (done, says) in [
        (
            Ok(Done::Signalled(vec![refused], Some(Err("no\x1b netlink".to_owned())))),
            "another process has its pid by now; nothing was sent",
        ),
        (Err("cannot start the thread that acts".to_owned()), "failed: cannot start the thread"),
    ] {
        let mut stage = Stage::played(140, 40);
        stage.select("[::]:22");
        stage.keys("K");
        let order = yes(&mut stage);
        stage.send(Input::Acted(Box::new(Report { order, done })));
        let words: Vec<_> = stage.screen().split([' ', '\n', '│']).map(str::to_owned).collect();
        let words: Vec<_> = words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect();
        assert!(words.join(" ").contains(says), "{}", stage.screen());
        assert!(!stage.screen().contains('\x1b'));
    }
}

#[test]
fn another_signal_is_chosen_and_a_no_orders_nothing() {
    let mut stage = Stage::played(80, 24);
    stage.select("127.0.0.53:53");
    stage.keys("Kn");
    assert_eq!((stage.app.mode(), stage.app.acting.doing.as_deref()), (Mode::List, None));
    stage.keys("Kj");
    stage.wait(0.3);
    let signals: Vec<_> =
        stage.app.dialog.as_ref().unwrap().choices().iter().map(|choice| choice.label.clone()).collect();
    assert_eq!(signals[0], "TERM");
    for signal in Signal::ALL {
        assert!(signals.iter().any(|label| label == signal.word()), "{signal:?}");
    }
    stage.keys("jjjjjjjjjjjjk");
    let order = yes(&mut stage);
    assert_eq!(order.act, Act::Signal(Signal::Stop));
    stage.report(order, Done::Signalled(vec![Signalling::Sent], None));
    assert!(stage.screen().contains("sent     systemd-resolve 640"), "{}", stage.screen());
}

#[test]
fn the_container_is_stopped_instead_of_its_processes() {
    let mut stage = Stage::played(140, 40);
    stage.select("0.0.0.0:80");
    stage.keys("X");
    stage.wait(0.3);
    assert!(stage.screen().contains("Run docker stop web?"), "{}", stage.screen());
    let order = yes(&mut stage);
    let Act::Stop(command) = &order.act else { panic!("{:?}", order.act) };
    assert_eq!(command.words(), ("docker", vec!["stop", "web"]));
    let why = Stopping::Failed("docker says: no such container".to_owned());
    let after = Some(Ok(Table::clone(&stage.table)));
    stage.report(order, Done::Stopped(why, after));
    let screen = stage.screen();
    assert!(screen.contains("failed   docker stop web: docker says: no such container"), "{screen}");
    assert!(screen.contains("still held by nginx 2210"), "{screen}");
    stage.code(KeyCode::Esc);
    stage.wait(1.0);
    stage.keys("n");
    stage.select("0.0.0.0:4444");
    stage.keys("X");
    assert!(stage.remark().contains("nobody looks after it"), "{}", stage.remark());
    // The same as a choice, where a signal is asked about.
    stage.select("[::]:22");
    stage.keys("Kj");
    stage.wait(0.3);
    assert!(stage.screen().contains("Run systemctl stop ssh.service?"), "{}", stage.screen());
}

#[test]
fn a_connection_is_closed_by_its_key() {
    let mut stage = Stage::played(140, 40);
    stage.keys("2x");
    let key = stage.app.row_at(stage.app.pane().cursor).unwrap().socket.key;
    let order = yes(&mut stage);
    assert_eq!(order.act, Act::Close(key));
    stage.report(order, Done::Closed(Closing::Closed { still_bound: None }));
    assert!(stage.screen().contains("closed  tcp"), "{}", stage.screen());
    stage.wait(1.0);
    stage.keys("n5x");
    assert!(stage.remark().contains("TCP and UDP sockets alone"), "{}", stage.remark());
    stage.keys("3x");
    assert!(stage.remark().contains("choose a socket"), "{}", stage.remark());
}

#[test]
fn a_process_is_meant_with_all_that_it_holds() {
    let mut stage = Stage::played(140, 40);
    stage.keys("3");
    let line = stage.screen().lines().position(|line| line.contains("postgres 990")).unwrap();
    let heads = usize::from(crate::tui::layout::screen(&stage.app).rows.y);
    stage.keys(&"j".repeat(line - heads));
    stage.keys("K");
    let order = yes(&mut stage);
    assert_eq!(pids(&order), [990]);
    assert!(order.chosen.len() > 1, "{:?}", order.chosen);
    stage.report(order, Done::Signalled(vec![Signalling::Gone], Some(Ok(Table::clone(&stage.table)))));
    stage.wait(1.0);
    stage.keys("n4K");
    assert!(stage.remark().contains("choose a process or a socket"), "{}", stage.remark());
}

#[test]
fn while_the_picture_is_held_what_is_shown_is_meant() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("f");
    let shown = Arc::clone(&stage.table);
    stage.polls(2);
    stage.select("127.0.0.1:3000");
    stage.keys("K");
    let order = yes(&mut stage);
    assert!(Arc::ptr_eq(&order.seen, &shown) && pids(&order) == [4410]);
}

#[test]
fn there_is_nothing_to_ask_where_there_is_nobody_to_ask_about() {
    let mut stage = Stage::played(140, 40);
    for (place, key, says) in [
        ("127.0.0.1:631", "K", "no process to end: its process may not be read"),
        ("127.0.0.1:3000", "K", "it is closed"),
        ("127.0.0.1:3000", "x", "it is closed"),
    ] {
        stage.select(place);
        stage.keys(key);
        assert!(stage.remark().contains(says), "{place}: {}", stage.remark());
        assert_eq!(stage.app.mode(), Mode::List);
    }
    stage.app.acting = Acting::of(&Acts::Refused("a scenario is no machine".to_owned()));
    for key in ["K", "x", "X"] {
        stage.keys(key);
        assert_eq!(stage.remark(), "nothing to do: a scenario is no machine");
    }
    let mut stage = Stage::new(80, 24);
    stage.keys("KxX");
    assert_eq!(stage.app.mode(), Mode::List);
}

#[test]
fn what_came_of_it_waits_until_nothing_else_is_in_its_place() {
    let mut stage = Stage::played(140, 40);
    stage.select("[::]:22");
    stage.keys("K");
    let order = yes(&mut stage);
    stage.keys("/ssh");
    stage.report(order, Done::Signalled(vec![Signalling::Sent], None));
    assert_eq!(stage.app.mode(), Mode::Filter);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::Dialog);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::Dialog, "the Enter that ended something else closes nothing unread");
}

#[test]
fn for_reading_alone_nothing_is_done_and_nothing_tells_of_it() {
    let mut stage = Stage::played(140, 40);
    let words = ["end holder", "x closes", "K ends", "holds it lives on", "stop the unit"];
    let all = |stage: &mut Stage| {
        let mut seen = stage.screen();
        stage.keys(":sto");
        seen += &stage.screen();
        stage.code(KeyCode::Esc);
        stage.keys("?");
        for _ in 0..4 {
            seen += &stage.screen();
            stage.code(KeyCode::PageDown);
        }
        stage.code(KeyCode::Esc);
        seen
    };
    let seen = all(&mut stage);
    for word in words {
        assert!(seen.contains(word), "{word}");
    }
    stage.app.acting = Acting::of(&Acts::Removed);
    let seen = all(&mut stage);
    for word in words {
        assert!(!seen.contains(word), "{word}");
    }
    for key in ["K", "x", "X"] {
        stage.keys(key);
        assert_eq!((stage.app.mode(), stage.remark()), (Mode::List, ""));
    }
}

#[test]
fn hostile_names_are_harmless_in_questions() {
    let mut stage = Stage::playing(SCRIPT, 140, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(4);
    stage.select("[::1]:6666");
    stage.keys("K");
    let screen = stage.screen();
    assert!(screen.contains(r"\x1b[2J") && !screen.contains('\u{202e}'), "{screen}");
}
