//! The lines above the table: what they count, and what they tell when something is late or lost.

use std::time::Duration;

use super::Stage;
use super::screens::pictures;
use crate::engine::Feed;
use crate::model::{NetnsCoverage, NetnsFound, NetnsId, SliceStatus};
use crate::tui::input::Input;
use crate::tui::theme::{ColorChoice, Look};

/// A reading that was late, and to which something got lost.
fn late_and_lost(stage: &mut Stage) {
    stage.polls(3);
    let mut sample = stage.sampler.take().unwrap();
    let [first, second, ..] = &mut sample.coverage.slices[..] else { panic!("two tables") };
    (first.skipped, first.retries, first.repeated) = (3, 1, 12);
    second.malformed = 2;
    let mut snapshot = stage.snapshot(sample);
    snapshot.took = Duration::from_millis(1200);
    snapshot.due = Duration::from_millis(2400);
    snapshot.hints_lost = 1234;
    stage.send(Input::Feed(Feed::Snapshot(snapshot)));
}

#[test]
fn what_is_late_and_lost_is_told_at_every_size() {
    pictures("late_and_lost", late_and_lost);
}

/// The lines above the tabs.
fn head(stage: &Stage) -> String {
    stage.screen().lines().take(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_stretched_interval_is_told_before_anything_else_but_the_pulse() {
    for (width, told) in [
        (80, "poll 1s → 2.4s, took 1.2s   ● live"),
        (60, " sockeye   web1          poll 1s → 2.4s, took 1.2s   ● live"),
        (44, "poll 1s → 2.4s, took 1.2s   ● live"),
    ] {
        let mut stage = Stage::new(width, 24);
        late_and_lost(&mut stage);
        assert!(head(&stage).contains(told), "{width}\n{}", head(&stage));
        // Late is not silent: the next reading is awaited when it is due.
        stage.wait(2.4 + 1.2 + 2.9);
        assert!(head(&stage).contains("● live"), "{}", head(&stage));
        stage.wait(0.2);
        assert!(head(&stage).contains("▲ no news for 6s"), "{}", head(&stage));
    }
}

#[test]
fn states_are_counted_when_a_reading_comes_and_leave_when_they_were_empty_for_a_while() {
    let mut stage = Stage::new(140, 40);
    stage.polls(4);
    let states = |stage: &Stage| head(stage).lines().nth(1).unwrap().trim().to_owned();
    assert_eq!(
        states(&stage),
        "LISTEN 8 ▆▇█▇   ESTAB 3 ▅▅█▅   SYN-RECV 1 ▁▁██   CLOSE-WAIT 1 ▁▁▁█   TIME-WAIT 1 ████"
    );
    // The script's last step is told again and again; what closes is counted no more.
    let mut last = stage.sampler.take().unwrap();
    last.sockets.retain(|socket| socket.state == crate::model::State::Listen);
    for reading in 0..8 {
        stage.feed(last.clone());
        assert!(states(&stage).contains("ESTAB 3") == (reading == 0), "two absences prove it: {reading}");
        assert!(states(&stage).contains("ESTAB"), "{reading}: it was there a moment ago");
    }
    stage.feed(last.clone());
    assert_eq!(states(&stage), "LISTEN 8 ████████", "and the ring is bounded");
}

#[test]
fn graphs_go_before_numbers_and_unimportant_states_before_others() {
    let line = |width| {
        let mut stage = Stage::new(width, 24);
        stage.polls(4);
        head(&stage).lines().nth(1).unwrap().trim().to_owned()
    };
    assert!(line(89).ends_with("TIME-WAIT 1 ████"), "{}", line(89));
    assert_eq!(line(80), "LISTEN 8   ESTAB 3   SYN-RECV 1   CLOSE-WAIT 1   TIME-WAIT 1");
    assert_eq!(line(60), "LISTEN 8   ESTAB 3   SYN-RECV 1   CLOSE-WAIT 1");
    assert_eq!(line(40), "LISTEN 8   ESTAB 3   SYN-RECV 1");
}

const TRAFFIC: &str = include_str!("../../../tests/scenarios/diagnosis.toml");

#[test]
fn rates_stand_beside_states_and_on_low_screens_above() {
    for (width, height, line) in [(140, 40, 1), (80, 24, 1), (140, 15, 0)] {
        let mut stage = Stage::playing(TRAFFIC, width, height, Look::new(ColorChoice::Ansi16, false));
        stage.keys("2");
        stage.polls(3);
        let told = head(&stage).lines().nth(line).unwrap().to_owned();
        assert!(told.contains("in ") && told.contains("/s ") && told.contains("out "), "{told}");
    }
}

#[test]
fn namespaces_are_told_where_there_are_several_or_some_are_missing() {
    let own = |stage: &Stage| stage.app.moment().unwrap().coverage.namespaces.list[0].clone();
    let mut stage = Stage::new(140, 40);
    stage.polls(1);
    assert!(!head(&stage).contains("netns"));
    for (status, gap, told) in [
        (SliceStatus::Ok, None, "netns 2/2  "),
        (SliceStatus::Denied("EPERM".into()), None, "netns 1/2  "),
        (SliceStatus::Ok, Some("a process may not be looked into".to_owned()), "netns 2/2+"),
    ] {
        let mut sample = stage.sampler.take().unwrap();
        let other = NetnsCoverage { id: NetnsId(77), name: None, found: NetnsFound::Own, status };
        sample.coverage.namespaces.list = vec![own(&stage), other];
        sample.coverage.namespaces.gap = gap;
        stage.feed(sample);
        assert!(head(&stage).contains(told), "{told}\n{}", head(&stage));
    }
}
