//! Questions, their answers, and what is told until it is read.

use crossterm::event::{KeyCode, MouseEventKind};

use super::Stage;
use crate::tui::action::Mode;
use crate::tui::dialog::{Choice, Dialog, Order};
use crate::tui::theme::{ColorChoice, Look, Meaning};

impl Stage {
    /// Asks with so many choices, which say their number.
    fn ask(&mut self, choices: &[&'static str]) {
        let lines = vec![
            ("nginx 2210 /usr/sbin/nginx (root) and 4 more hold it".to_owned(), Meaning::Text),
            ("tcp 0.0.0.0:80 listen, and 3 other sockets, which go with it".to_owned(), Meaning::Muted),
            ("it is of unit nginx.service, and systemd may start it again".to_owned(), Meaning::Warning),
        ];
        let choice = |word: &&'static str| Choice {
            label: (*word).to_owned(),
            sentence: format!("what {word} is for, in some words that take room"),
            question: format!("Send {word} to nginx 2210?"),
            order: Order::Say(word),
        };
        let choices = choices.iter().map(choice).collect();
        self.app.dialog = Some(Dialog::new("Signal nginx".to_owned(), lines, choices, self.now));
    }

    fn said(&self) -> Option<&str> {
        self.app.remark.as_ref().map(|(words, _)| words.as_str())
    }
}

const FIVE: [&str; 5] = ["TERM", "KILL", "INT", "QUIT", "HUP"];

#[test]
fn pictures() {
    let looks =
        [("", Look::new(ColorChoice::Ansi16, false)), ("_ascii", Look::new(ColorChoice::Monochrome, true))];
    for (name, look) in looks {
        for (width, height) in [(140, 40), (80, 24), (40, 10)] {
            for (what, choices) in [("choices", &FIVE[..]), ("one", &FIVE[..1]), ("told", &[])] {
                let mut stage = Stage::with_look(width, height, look);
                stage.polls(4);
                stage.ask(choices);
                stage.wait(0.3);
                stage.code(KeyCode::Down);
                insta::assert_snapshot!(format!("dialog_{what}_{width}x{height}{name}"), stage.screen());
            }
        }
    }
}

#[test]
fn what_was_typed_before_anybody_saw_the_question_is_no_answer() {
    for key in ['y', '\n'] {
        let mut stage = Stage::played(80, 24);
        stage.ask(&FIVE);
        stage.code(KeyCode::Down);
        let press = |stage: &mut Stage| match key {
            '\n' => drop(stage.code(KeyCode::Enter)),
            key => stage.keys(&key.to_string()),
        };
        assert!(!stage.screen().contains("y yes") && stage.screen().contains("n no"), "{}", stage.screen());
        press(&mut stage);
        assert_eq!((stage.app.mode(), stage.said()), (Mode::Dialog, None));
        let rest = stage.app.stays_true_for().unwrap();
        assert!(
            !rest.is_zero() && rest.as_millis() <= 300,
            "it is drawn anew when an answer counts: {rest:?}"
        );
        stage.wait(rest.as_secs_f64());
        assert!(stage.screen().contains("y yes"), "{}", stage.screen());
        press(&mut stage);
        assert_eq!((stage.app.mode(), stage.said()), (Mode::List, Some("KILL")));
    }
}

#[test]
fn enter_means_only_what_somebody_moved_to() {
    for (choices, said) in [(&FIVE[..], Some("INT")), (&FIVE[..1], None)] {
        let mut stage = Stage::played(80, 24);
        stage.ask(choices);
        stage.wait(1.0);
        stage.code(KeyCode::Enter);
        assert_eq!((stage.app.mode(), stage.said()), (Mode::Dialog, None));
        stage.keys("jjjk");
        stage.code(KeyCode::Enter);
        assert_eq!(stage.said(), said);
        stage.keys("y");
        assert_eq!(stage.app.mode(), Mode::List);
    }
}

#[test]
fn a_no_does_nothing_at_once_and_no_other_key_answers() {
    for leave in [KeyCode::Esc, KeyCode::Char('n')] {
        let mut stage = Stage::played(80, 24);
        stage.ask(&FIVE);
        stage.keys("ms/:?f");
        assert_eq!(stage.app.mode(), Mode::Dialog);
        assert!(stage.app.compared.is_none() && stage.app.frozen.is_none());
        stage.code(leave);
        assert_eq!((stage.app.mode(), stage.said()), (Mode::List, None));
    }
}

#[test]
fn what_is_told_stays_until_it_was_there_and_somebody_closes_it() {
    for close in [KeyCode::Enter, KeyCode::Esc, KeyCode::Char('n')] {
        let mut stage = Stage::played(80, 24);
        stage.ask(&[]);
        stage.code(close);
        stage.keys("y");
        assert_eq!(stage.app.mode(), Mode::Dialog);
        stage.wait(0.4);
        stage.keys("y");
        assert_eq!(stage.app.mode(), Mode::Dialog, "nothing was asked");
        stage.code(close);
        assert_eq!(stage.app.mode(), Mode::List);
    }
}

#[test]
fn clicks_choose_and_answer_and_one_beside_does_nothing() {
    for (width, height) in [(140, 40), (80, 24), (40, 10)] {
        let mut stage = Stage::played(width, height);
        stage.ask(&FIVE);
        stage.wait(0.3);
        let at = stage.find("KILL");
        stage.mouse(MouseEventKind::Down(crossterm::event::MouseButton::Left), at);
        assert!(stage.screen().contains("Send KILL"), "{}", stage.screen());
        stage.mouse(MouseEventKind::Down(crossterm::event::MouseButton::Left), (0, height - 2));
        assert_eq!((stage.app.mode(), stage.said()), (Mode::Dialog, None));
        stage.click("y yes");
        assert_eq!((stage.app.mode(), stage.said()), (Mode::List, Some("KILL")));
        stage.ask(&FIVE);
        let (x, y) = stage.find("  n no");
        stage.mouse(MouseEventKind::Down(crossterm::event::MouseButton::Left), (x + 2, y));
        assert_eq!(stage.app.mode(), Mode::List);
    }
}

#[test]
fn every_choice_and_every_line_can_be_seen_on_the_least_screen() {
    let mut stage = Stage::played(40, 10);
    stage.ask(&FIVE);
    let mut seen = stage.screen();
    for _ in 0..FIVE.len() {
        stage.code(KeyCode::Down);
        seen += &stage.screen();
    }
    for _ in 0..10 {
        stage.code(KeyCode::PageDown);
        seen += &stage.screen();
    }
    for words in ["KILL    ", "HUP     ", "nginx 2210", "go with it", "start it again"] {
        assert!(seen.contains(words), "{words} in\n{seen}");
    }
    let last = stage.app.dialog.as_ref().unwrap().scroll;
    stage.code(KeyCode::PageDown);
    assert_eq!(stage.app.dialog.as_ref().unwrap().scroll, last);
}
