//! What is written into files, and what is told of it.

use crossterm::event::KeyCode;
use serde_json::Value;

use super::Stage;
use crate::model::Ask;
use crate::tui::input::Input;
use crate::tui::update::Effect;

/// What would be written under the name that stands there; `None` where nothing would.
fn written(stage: &mut Stage) -> Option<(String, String)> {
    let effects = stage.code(KeyCode::Enter);
    let [Effect::Export(export)] = &effects[..] else { return None };
    let mut out = Vec::new();
    export.write(&mut out).unwrap();
    Some((export.name().to_owned(), String::from_utf8(out).unwrap()))
}

#[test]
fn the_rows_in_sight_order_after_the_filter_as_csv() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/nginx");
    stage.code(KeyCode::Enter);
    stage.keys("rw");
    assert!(
        stage.screen().contains("write to sockeye-listeners-2026-11-20T09-00-10.csv"),
        "{}",
        stage.screen()
    );
    let (name, text) = written(&mut stage).unwrap();
    assert_eq!(name, "sockeye-listeners-2026-11-20T09-00-10.csv");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "netns_name,protocol,local,scope,owner,user,opened_at,recv_q,exe");
    assert_eq!(lines[1], "host,tcp,[::]:80,any,nginx(2210),root,,0,/usr/sbin/nginx");
    assert!(lines[2].starts_with("host,tcp,0.0.0.0:80,any,nginx(2210) +4,"), "{text}");
    assert_eq!(lines.len(), 3);
    assert!(stage.app.menu.is_none());
    stage.send(Input::Exported("2 rows written to /tmp/x\x1b.csv".to_owned()));
    assert!(stage.screen().contains(r"2 rows written to /tmp/x\x1b.csv"), "{}", stage.screen());
}

#[test]
fn a_document_waits_for_the_details_that_it_tells() {
    let mut stage = Stage::played(140, 40);
    stage.keys("w");
    assert!(stage.app.ask().covers(Ask { storages: false, published: false, ..Ask::EVERYTHING }));
    stage.ctrl('u');
    stage.keys("x.ndjson");
    assert_eq!(written(&mut stage), None);
    assert!(stage.screen().contains("the next reading brings the details of"), "{}", stage.screen());
    stage.sampler.ask(stage.app.ask());
    stage.polls(1);
    let (name, text) = written(&mut stage).unwrap();
    assert_eq!(name, "x.ndjson");
    let sockets = stage.listed().len();
    assert_eq!(text.lines().count(), sockets + 1, "each socket, and the coverage");
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["socket"]["local_port"], 22);
}

#[test]
fn lines_that_are_no_sockets_are_csv() {
    let mut stage = Stage::played(140, 40);
    stage.keys("3w");
    stage.ctrl('u');
    stage.keys("x.json");
    assert!(stage.screen().contains("written as .csv alone"), "{}", stage.screen());
    stage.ctrl('u');
    stage.keys("x.csv");
    let (_, text) = written(&mut stage).unwrap();
    assert!(text.starts_with("process,"), "{text}");
    assert!(text.lines().count() > 5, "{text}");
}

#[test]
fn a_name_without_a_form_is_refused() {
    for name in ["", "x", "x.txt", ".csv", "/tmp/.json"] {
        let mut stage = Stage::played(140, 40);
        stage.keys("w");
        stage.ctrl('u');
        stage.keys(name);
        assert_eq!(written(&mut stage), None, "{name}");
        assert!(stage.app.menu.is_some(), "it can be mended");
    }
}
