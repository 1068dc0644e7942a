//! Whether the themes can be read: contrast as WCAG counts it, and how colours look to eyes with two kinds of cones.

use ratatui::style::{Color, Style};

use super::depth::Rgb;
use super::{ColorChoice, Look, Meaning, Theme};

/// The meanings whose letters are read on the ground and in a selected row.
const READ: [Meaning; 13] = [
    Meaning::Text,
    Meaning::Muted,
    Meaning::Title,
    Meaning::Heading,
    Meaning::New,
    Meaning::Changed,
    Meaning::Closed,
    Meaning::Good,
    Meaning::Warning,
    Meaning::Error,
    Meaning::Frozen,
    Meaning::Key,
    Meaning::Mistake,
];

type Matrix = [[f64; 3]; 3];

const NORMAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
/// Without the cones for long waves, and without those for middle ones, in linear sRGB: Machado, Oliveira and
/// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1.0.
const PROTANOPIA: Matrix = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const DEUTERANOPIA: Matrix = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];

/// What the terminal shows.
fn shown(color: Option<Color>) -> Rgb {
    match color {
        Some(Color::Rgb(red, green, blue)) => Rgb([red, green, blue]),
        Some(Color::Indexed(index)) => Rgb::indexed(index),
        other => panic!("{other:?} is the terminal's own"),
    }
}

/// The light of each channel (IEC 61966-2-1).
fn linear(color: Rgb) -> [f64; 3] {
    color.0.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|row| matrix[row].iter().zip(vector).map(|(factor, value)| factor * value).sum())
}

/// The contrast ratio of WCAG 2.2.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |color| times(&[[0.2126, 0.7152, 0.0722]; 3], linear(color))[0] + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

/// The colour in CIELAB under D65, where distances are about as large as they look.
fn lab(color: Rgb, eyes: &Matrix) -> [f64; 3] {
    const XYZ: Matrix = [
        [0.412_456_4, 0.357_576_1, 0.180_437_5],
        [0.212_672_9, 0.715_152_2, 0.072_175_0],
        [0.019_333_9, 0.119_192_0, 0.950_304_1],
    ];
    const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];
    let seen = times(eyes, linear(color)).map(|value| value.clamp(0.0, 1.0));
    let xyz = times(&XYZ, seen);
    let [x, y, z] = [0, 1, 2].map(|at| {
        let value: f64 = xyz[at] / WHITE[at];
        if value > 216.0 / 24389.0 { value.cbrt() } else { (24389.0 / 27.0 * value + 16.0) / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(one: Rgb, other: Rgb, eyes: &Matrix) -> f64 {
    let squares = lab(one, eyes).into_iter().zip(lab(other, eyes)).map(|(one, other)| (one - other).powi(2));
    squares.sum::<f64>().sqrt()
}

/// Every theme with a ground of its own, on every terminal that can show it.
fn painted() -> impl Iterator<Item = (String, Look)> {
    let themes = Theme::ALL.iter().filter(|(_, theme)| theme.colors().is_some());
    themes.flat_map(|(name, theme)| {
        [ColorChoice::Indexed256, ColorChoice::Truecolor]
            .map(|color| (format!("{name} in {color:?}"), Look::themed(*theme, color, false)))
    })
}

#[test]
fn every_meaning_can_be_read_on_its_ground_and_when_it_is_selected_and_while_it_fades() {
    for (name, look) in painted() {
        let grounds = [look.ground(), look.style(Meaning::Selected)].map(|style| shown(style.bg));
        for (ground, meaning) in grounds.iter().flat_map(|ground| READ.map(|meaning| (*ground, meaning))) {
            let least = if meaning == Meaning::Muted { 3.0 } else { 4.5 };
            for steps in 0..4 {
                let ratio = contrast(shown(look.fading(meaning, steps).fg), ground);
                assert!(ratio >= least, "{name}: {meaning:?} after {steps} steps on {ground:?}: {ratio:.2}");
            }
        }
        let tab = look.style(Meaning::ActiveTab);
        assert!(contrast(shown(tab.fg), shown(tab.bg)) >= 4.5, "{name}: the active tab");
        let (ground, selected) = (shown(look.ground().bg), shown(look.style(Meaning::Selected).bg));
        assert!(contrast(ground, selected) > 1.1, "{name}: which row is selected");
    }
}

#[test]
fn marks_differ_for_eyes_with_two_kinds_of_cones() {
    // The least difference that is noticed is about 2.3 (Mahy, van Eycken and Oosterlinck, 1994).
    const APART: f64 = 20.0;
    let marks = [Meaning::New, Meaning::Changed, Meaning::Closed];
    let nearest = |look: &Look, eyes| {
        let color = |meaning| shown(look.style(meaning).fg);
        let pairs = [(0, 1), (0, 2), (1, 2)];
        pairs
            .map(|(one, other)| distance(color(marks[one]), color(marks[other]), eyes))
            .into_iter()
            .fold(f64::MAX, f64::min)
    };
    for (name, look) in painted() {
        assert!(nearest(&look, &NORMAL) >= APART, "{name}");
        if name.starts_with("colorblind") {
            for eyes in [&PROTANOPIA, &DEUTERANOPIA] {
                let nearest = nearest(&look, eyes);
                assert!(nearest >= APART, "{name}: {nearest:.1}");
            }
        }
    }
    // That is what the two themes are for.
    let dark = Look::themed(Theme::Dark, ColorChoice::Truecolor, false);
    assert!(nearest(&dark, &DEUTERANOPIA) < APART && nearest(&dark, &PROTANOPIA) < APART);
}

/// The style of each meaning in a line: letters, ground, and what else.
fn table(look: &Look) -> String {
    let color = |color: Option<Color>| color.map_or("-".to_owned(), |color| color.to_string());
    let line = |name: &str, style: Style| {
        let (fg, bg) = (color(style.fg), color(style.bg));
        format!("{name:<11}{fg:<13}{bg:<13}{:?}\n", style.add_modifier)
    };
    let meanings = READ.into_iter().chain([Meaning::ActiveTab, Meaning::Selected, Meaning::Match]);
    let mut lines = line("ground", look.ground());
    lines.extend(meanings.map(|meaning| line(&format!("{meaning:?}"), look.style(meaning))));
    for meaning in [Meaning::New, Meaning::Changed, Meaning::Closed] {
        let faded = |steps| line(&format!("{meaning:?} {steps}"), look.fading(meaning, steps));
        lines.extend((1..3).map(faded));
    }
    lines
}

#[test]
fn styles_of_every_theme() {
    for (name, theme) in Theme::ALL {
        for color in
            [ColorChoice::Monochrome, ColorChoice::Ansi16, ColorChoice::Indexed256, ColorChoice::Truecolor]
        {
            let look = Look::themed(*theme, color, false);
            // Without colours all are one.
            if color == ColorChoice::Monochrome && *theme != Theme::Terminal {
                let plain = Look::new(color, false);
                assert_eq!(table(&look), table(&plain), "{name}");
            } else {
                insta::assert_snapshot!(format!("{name}_{color:?}"), table(&look));
            }
        }
    }
}
