//! Themes on the screen: what lies under everything, what is selected, what fades, and the next one.

use ratatui::style::{Color, Modifier};

use super::Stage;
use crate::text;
use crate::tui::theme::{ColorChoice, Look, Meaning, Theme};

fn stage(theme: Theme) -> Stage {
    let mut stage = Stage::with_look(140, 40, Look::themed(theme, ColorChoice::Truecolor, false));
    stage.polls(4);
    stage
}

/// The line of the screen with that text.
fn line(stage: &Stage, text: &str) -> u16 {
    let screen = stage.screen();
    let at =
        screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{screen}"));
    u16::try_from(at).unwrap()
}

/// The colour of the glyph that marks the row.
fn mark(stage: &Stage, text: &str) -> Color {
    stage.buffer()[(1, line(stage, text))].fg
}

#[test]
fn a_theme_covers_the_whole_screen_and_no_colour_of_the_terminal_is_left() {
    for (name, theme) in Theme::ALL {
        for keys in ["", "2", "3", "6", "?", ":f", "/prot", "f"] {
            let mut stage = stage(*theme);
            stage.keys(keys);
            let own = |color: Color| matches!(color, Color::Rgb(..));
            let buffer = stage.buffer();
            let second = |at: &usize| *at > 0 && text::width(buffer.content()[at - 1].symbol()) == 2;
            for at in (0..buffer.content().len()).filter(|at| !second(at)) {
                let cell = &buffer.content()[at];
                let painted = own(cell.fg) && own(cell.bg);
                assert_eq!(painted, stage.app.look.ground().bg.is_some(), "{name} {keys}: {cell:?}");
            }
        }
    }
}

#[test]
fn the_selected_row_keeps_its_colours_on_a_ground_of_its_own() {
    let mut stage = stage(Theme::Dark);
    let look = stage.app.look;
    stage.keys("jjjjjj"); // the listener that is new
    let at = line(&stage, "0.0.0.0:4444");
    let buffer = stage.buffer();
    let selected = look.style(Meaning::Selected).bg.unwrap();
    assert!((0..140).all(|x| buffer[(x, at)].bg == selected), "the whole row");
    assert_eq!(Some(buffer[(1, at)].fg), look.fading(Meaning::New, 1).fg);
    assert!((0..140).all(|x| !buffer[(x, at)].modifier.contains(Modifier::REVERSED)));
}

#[test]
fn marks_fade_towards_the_text_in_three_steps_and_are_kept_since_a_chosen_moment() {
    let mut stage = stage(Theme::Light);
    let look = stage.app.look;
    let mut seen = Vec::new();
    for (step, rest) in [1_200, 800, 1_200].into_iter().enumerate() {
        seen.push(mark(&stage, "192.168.1.5:5432"));
        assert_eq!(Some(seen[step]), look.fading(Meaning::Changed, step.try_into().unwrap()).fg);
        let next = stage.app.stays_true_for().unwrap();
        assert_eq!(next.as_millis(), rest, "drawn again at the beat after it fades, and not before");
        stage.wait(next.as_secs_f64());
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
    assert_eq!(stage.app.stays_true_for().map(|rest| rest.as_millis() > 500), Some(true));

    let mut compared = Stage::with_look(140, 40, look);
    compared.polls(3);
    compared.keys("m");
    compared.polls(1);
    compared.wait(10.0);
    assert_eq!(Some(mark(&compared, "192.168.1.5:5432")), look.style(Meaning::Changed).fg);
}

#[test]
fn the_next_theme_is_told_and_after_the_last_comes_the_first() {
    let mut stage = stage(Theme::Terminal);
    for (name, theme) in Theme::ALL.iter().cycle().skip(1).take(Theme::ALL.len()) {
        stage.keys("T");
        assert_eq!(stage.app.look.theme(), *theme);
        assert!(stage.screen().lines().last().unwrap().contains(&format!("theme {name}")));
    }
    stage.app.look = Look::new(ColorChoice::Monochrome, false);
    stage.keys(":theme");
    assert!(
        stage.screen().contains("no action matches") || !stage.screen().contains("next-theme"),
        "all look alike"
    );
}
