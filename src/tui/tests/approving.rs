//! Listeners that are approved and rejected: asked, ordered, and judged by what was written.

use crossterm::event::KeyCode;

use super::Stage;
use super::acting::looks;
use super::guard::{POLICY, file, guarded};
use crate::policy::HEADER;
use crate::tui::acting::{Acting, Acts};
use crate::tui::action::Mode;
use crate::tui::guard::{Guard, PolicyFile};
use crate::tui::input::Input;
use crate::tui::standing::Standing;
use crate::tui::update::Effect;
use crate::tui::{Amendment, Refusal, Written};

/// What is ordered by a yes to the open question.
fn yes(stage: &mut Stage) -> Amendment {
    assert_eq!(stage.app.mode(), Mode::Dialog, "{:?}", stage.app.remark);
    stage.wait(0.3);
    match stage.code(KeyCode::Char('y')).pop() {
        Some(Effect::Amend(amendment)) => *amendment,
        other => panic!("{other:?}"),
    }
}

impl Stage {
    /// Asks about the listener at that place.
    fn wish(&mut self, place: &str, key: &str) {
        self.select(place);
        self.keys(key);
    }

    fn written(&mut self, amendment: Amendment, done: Result<(), Refusal>) {
        self.send(Input::Amended(Box::new(Written { amendment, done })));
    }

    /// The lines of what is asked or told.
    fn told(&self) -> String {
        let lines = self.app.dialog.as_ref().map(|dialog| dialog.wrapped(1000)).unwrap_or_default();
        lines.into_iter().map(|(line, _)| line + "\n").collect()
    }

    /// What the policy says of the listener at that place.
    fn standing(&self, place: &str) -> Option<Standing> {
        let at =
            |row: &&crate::model::Row| row.socket.ends.local().is_some_and(|end| end.to_string() == place);
        self.app.guard.standing(&self.app.rows().iter().find(at).unwrap().socket.key)
    }
}

/// Guarded, with all that the script has.
fn stage() -> Stage {
    let mut stage = guarded(140, 40);
    stage.polls(4);
    stage
}

#[test]
fn pictures() {
    let exe = "exe = \"/usr/lib/postgresql/15/bin/postgres\"";
    let both = exe.replace("= ", "= [\"/srv/app/bin/app\", ") + "]\nuser = \"postgres\"";
    let narrow = POLICY.replace(exe, &both);
    for (name, look) in looks() {
        for (width, height) in [(140, 40), (80, 24), (40, 10)] {
            for (what, place, key, text) in [
                ("added", "0.0.0.0:4444", "a", Some(POLICY)),
                ("widened", "192.168.1.5:5432", "a", Some(narrow.as_str())),
                ("rejected", "0.0.0.0:80", "A", Some(POLICY)),
                ("begun", "[::]:22", "a", None),
            ] {
                let mut stage = Stage::with_look(width, height, look);
                stage.app.guard = Guard::new(file(text));
                stage.polls(4);
                stage.wish(place, key);
                stage.wait(0.3);
                insta::assert_snapshot!(format!("approving_{what}_{width}x{height}{name}"), stage.screen());
            }
        }
    }
}

#[test]
fn an_approved_listener_is_written_and_judged_anew_at_once() {
    let mut stage = stage();
    stage.wish("0.0.0.0:4444", "a");
    let screen = stage.screen();
    for line in ["+ port = 4444", "/etc/sockeye/policy.toml:51: an entry is added", "Write this to /etc/sock"]
    {
        assert!(screen.contains(line), "{line}\n{screen}");
    }
    let amendment = yes(&mut stage);
    assert_eq!(amendment.before.as_deref(), Some(POLICY));
    let entry = amendment.text.strip_prefix(POLICY).unwrap();
    assert!(entry.starts_with("\n[[expect]]\nprotocol = \"tcp\"\nport = 4444\nscope = \"any\"\n"), "{entry}");
    assert_eq!(stage.standing("0.0.0.0:4444"), Some(Standing::Nobody), "not before it is written");
    assert!(stage.screen().contains("writing the policy…"));
    stage.keys("a");
    assert_eq!(stage.remark(), "nothing to do: writing the policy, which comes first");
    let (text, before) = (amendment.text.clone(), stage.app.guard.judged);
    stage.written(amendment, Ok(()));
    assert_eq!(stage.standing("0.0.0.0:4444"), Some(Standing::Expected { line: 51 }));
    assert_eq!(stage.app.guard.judged - before, 11, "each anew");
    assert_eq!(stage.remark(), "approved: tcp 0.0.0.0:4444, at /etc/sockeye/policy.toml:51");
    let screen = stage.screen();
    assert!(screen.contains("▲ 4 unexpected") && screen.contains("approved: tcp 0.0.0.0:4444"), "{screen}");
    // The next edit is one of what was written.
    stage.keys("A");
    let back = yes(&mut stage);
    assert_eq!((back.before.as_ref(), back.text.as_str()), (Some(&text), POLICY));
    stage.written(back, Ok(()));
    assert_eq!(stage.standing("0.0.0.0:4444"), Some(Standing::Nobody));
    assert_eq!(stage.remark(), "rejected: tcp 0.0.0.0:4444, at /etc/sockeye/policy.toml:51");
    stage.keys("6g");
    let screen = stage.screen();
    let alerts = screen.lines().filter(|line| line.contains("◆ high") && line.contains("0.0.0.0:4444"));
    assert_eq!(alerts.count(), 2, "it is news again\n{screen}");
}

#[test]
fn a_no_writes_nothing() {
    let mut stage = stage();
    stage.wish("0.0.0.0:4444", "a");
    assert!(stage.code(KeyCode::Esc).is_empty());
    assert_eq!((stage.app.mode(), stage.app.acting.doing.as_ref()), (Mode::List, None));
    assert_eq!(stage.standing("0.0.0.0:4444"), Some(Standing::Nobody));
}

#[test]
fn who_is_judged_otherwise_then_is_named() {
    let mut stage = stage();
    stage.wish("0.0.0.0:80", "A");
    let screen = stage.screen();
    assert!(screen.contains("not expected any more, too: tcp [::]:80  nginx 2210"), "{screen}");
    assert!(screen.contains("- [[expect]] # the web server, whoever runs it"), "{screen}");
    let order = yes(&mut stage);
    stage.written(order, Ok(()));
    for place in ["0.0.0.0:80", "[::]:80"] {
        assert_eq!(stage.standing(place), Some(Standing::Nobody), "{place}");
    }
}

#[test]
fn details_and_events_are_of_a_listener_too() {
    let mut stage = stage();
    stage.select("0.0.0.0:4444");
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("a approves it"), "{}", stage.screen());
    stage.keys("a");
    let order = yes(&mut stage);
    assert_eq!(stage.app.mode(), Mode::Details);
    stage.written(order, Ok(()));
    let screen = stage.screen();
    assert!(screen.contains("✓ yes: by the entry at") && screen.contains("A rejects it"), "{screen}");
    stage.keys("A");
    assert!(stage.screen().contains("Reject this listener"));
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    stage.keys("6/port = 6666");
    stage.code(KeyCode::Enter);
    stage.keys("ga");
    let screen = stage.screen();
    assert!(screen.contains("Approve this listener") && screen.contains(r"\x1b[2J"), "{screen}");
    assert!(!screen.contains('\u{202e}'));
}

#[test]
fn without_a_file_approving_begins_one() {
    let mut stage = Stage::new(140, 40);
    stage.app.guard = Guard::new(file(None));
    stage.polls(4);
    stage.select("[::]:22");
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("a begins one with this listener"), "{}", stage.screen());
    stage.keys("A");
    assert_eq!(stage.remark(), "nothing to do: no entry expects it, so there is none to take back");
    stage.keys("a");
    assert!(stage.screen().contains("The file is new"), "{}", stage.screen());
    let order = yes(&mut stage);
    assert_eq!(order.before, None);
    assert!(order.text.starts_with(HEADER) && order.text.contains("port = 22"), "{}", order.text);
    stage.written(order, Ok(()));
    stage.code(KeyCode::Esc);
    let screen = stage.screen();
    assert!(screen.contains("EXPECTED") && screen.contains("▲ 9 unexpected"), "{screen}");
    assert!(matches!(stage.standing("[::]:22"), Some(Standing::Expected { .. })));
}

#[test]
fn what_is_not_written_is_told_with_the_way_out() {
    let command = "sockeye policy approve '0.0.0.0:4444' --policy /etc/sockeye/policy.toml \
        --source procfs --all-netns";
    for (is_root, refusal, says) in [
        (
            false,
            Refusal::Denied("Permission denied".into()),
            ["Permission denied".to_owned(), format!("does it: sudo {command}")],
        ),
        (
            true,
            Refusal::Denied("Permission denied".into()),
            ["Permission denied".to_owned(), format!("does it: {command}")],
        ),
        (
            false,
            Refusal::Failed("it is a link".into()),
            ["it is a link".to_owned(), format!("it, too: {command}")],
        ),
    ] {
        let mut stage = Stage::new(140, 40);
        let reading = "--source procfs --all-netns".to_owned();
        stage.app.guard = Guard::new(PolicyFile { reading, ..file(Some(POLICY)) });
        stage.polls(4);
        stage.app.asker.is_root = is_root;
        stage.wish("0.0.0.0:4444", "a");
        let order = yes(&mut stage);
        stage.written(order, Err(refusal));
        let screen = stage.told();
        assert!(screen.contains("tcp 0.0.0.0:4444 is not approved: nothing was written to /etc"), "{screen}");
        for words in says {
            assert!(screen.contains(&words), "{words}\n{screen}");
        }
        assert_eq!(stage.standing("0.0.0.0:4444"), Some(Standing::Nobody));
        stage.wait(0.3);
        stage.code(KeyCode::Enter);
        stage.keys("a");
        assert!(stage.screen().contains("Approve this listener"), "it can be tried again");
    }
}

#[test]
fn a_file_that_others_changed_is_read_anew_and_judged_by() {
    let mut stage = stage();
    stage.wish("0.0.0.0:4444", "a");
    let order = yes(&mut stage);
    let now = POLICY.replace("port = 22\n", "port = 2222\n");
    stage.written(order, Err(Refusal::Changed(Ok(Some(now.clone())))));
    assert!(stage.screen().contains("it was read anew just now"), "{}", stage.screen());
    assert_eq!(stage.standing("[::]:22"), Some(Standing::Nobody));
    stage.wait(0.3);
    stage.code(KeyCode::Enter);
    stage.keys("a");
    let order = yes(&mut stage);
    assert_eq!(order.before, Some(now));
    // It may be gone by now, or broken: nothing is judged then.
    stage.written(order.clone(), Err(Refusal::Changed(Ok(None))));
    assert_eq!((stage.standing("[::]:22"), stage.app.guard.unexpected()), (None, 0));
    assert!(!stage.screen().contains("EXPECTED"));
    stage.written(order, Err(Refusal::Changed(Ok(Some("version = ".into())))));
    stage.wait(0.3);
    stage.code(KeyCode::Enter);
    stage.wait(0.3);
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("is not valid, line 1"), "{}", stage.screen());
}

#[test]
fn there_is_nothing_to_ask_where_nothing_would_change() {
    let mut stage = stage();
    for (place, key, says) in [
        ("[::]:22", "a", "it is expected already, by the entry of line 4"),
        ("0.0.0.0:4444", "A", "no entry expects it, so there is none to take back"),
        ("127.0.0.1:3000", "a", "it is closed"),
    ] {
        stage.wish(place, key);
        assert_eq!(stage.remark(), format!("nothing to do: {says}"), "{place}");
        assert_eq!(stage.app.mode(), Mode::List);
    }
    for (view, says) in [("2", "this is none"), ("3", "choose one listener"), ("5", "this is none")] {
        for key in ["a", "A"] {
            stage.keys(&format!("{view}g{key}"));
            assert!(stage.remark().contains(says), "{view}{key}: {}", stage.remark());
        }
    }
    let mut stage = Stage::new(80, 24);
    stage.keys("aA");
    assert_eq!(stage.remark(), "nothing to do: nothing was read so far");
}

#[test]
fn what_people_must_do_themselves_is_told_until_it_is_read() {
    let any = "version = 1\n[[expect]]\nprotocol = 'tcp'\nport = 'any'\nscope = 'any'\n";
    let broken = "version = 1\n[[expect]]\nprotocol = 'tcp'\nport = 0\nscope = 'any'\n";
    for (policy, key, says) in [
        (Some(file(Some(any))), "A", "name the ports that are fine there by hand"),
        (Some(file(Some(broken))), "a", "is not valid, line 4: a port lies between 1 and 65535; mend it"),
        (
            Some(PolicyFile { text: Err("others may write to it".into()), ..file(None) }),
            "a",
            "cannot be read: others may write to it; mend it",
        ),
        (None, "a", "name one: --policy FILE"),
    ] {
        let mut stage = Stage::new(140, 40);
        stage.app.guard = policy.map(Guard::new).unwrap_or_default();
        stage.polls(4);
        stage.wish("[::]:22", key);
        assert!(stage.screen().contains("Nothing to write"));
        assert!(stage.told().contains(says), "{}", stage.told());
        stage.wait(0.3);
        assert!(stage.code(KeyCode::Char('y')).is_empty(), "there is nothing to say yes to");
    }
}

#[test]
fn a_held_picture_is_what_is_asked_about_and_judged_anew() {
    let mut stage = guarded(140, 40);
    stage.polls(2);
    stage.keys("f");
    stage.polls(2);
    // Closed by now, and open in the picture.
    stage.wish("127.0.0.1:3000", "a");
    let order = yes(&mut stage);
    stage.written(order, Ok(()));
    assert!(matches!(stage.standing("127.0.0.1:3000"), Some(Standing::Expected { .. })));
    assert!(stage.app.frozen.is_some());
    stage.keys("f");
    assert_eq!(stage.standing("0.0.0.0:4444"), Some(Standing::Nobody));
}

#[test]
fn the_listener_of_a_scenario_is_told_as_one() {
    let mut stage = Stage::new(140, 40);
    stage.app.guard = Guard::new(PolicyFile { is_for_a_scenario: true, ..file(Some(POLICY)) });
    stage.app.acting = Acting::of(&Acts::Refused("a scenario is no machine".to_owned()));
    stage.polls(4);
    stage.wish("0.0.0.0:4444", "a");
    assert!(stage.screen().contains("of a scenario; the file is real"), "{}", stage.screen());
    yes(&mut stage);
}

#[test]
fn for_reading_alone_nothing_is_written_and_nothing_tells_of_it() {
    let mut stage = stage();
    let all = |stage: &mut Stage| {
        stage.select("0.0.0.0:4444");
        stage.code(KeyCode::Enter);
        let mut seen = stage.screen();
        stage.code(KeyCode::Esc);
        stage.keys(":appro");
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
    let words =
        ["a approves it", "make the listener one that the policy expects", "take back that the policy"];
    let seen = all(&mut stage);
    for word in words {
        assert!(seen.contains(word), "{word}\n{seen}");
    }
    stage.app.acting = Acting::of(&Acts::Removed);
    let seen = all(&mut stage);
    for word in words {
        assert!(!seen.contains(word), "{word}");
    }
    for key in ["a", "A"] {
        stage.keys(key);
        assert_eq!((stage.app.mode(), stage.remark()), (Mode::List, ""));
    }
    assert!(stage.app.guard.path().is_some());
}

#[test]
fn only_a_plain_path_stands_in_a_command() {
    let mut stage = Stage::new(140, 40);
    let path = "/tmp/$(id) x/policy.toml".into();
    stage.app.guard = Guard::new(PolicyFile { path, ..file(Some(POLICY)) });
    stage.polls(4);
    stage.wish("0.0.0.0:4444", "a");
    let order = yes(&mut stage);
    stage.written(order, Err(Refusal::Denied("Permission denied".into())));
    assert!(stage.told().contains("--policy FILE"), "{}", stage.told());
}
