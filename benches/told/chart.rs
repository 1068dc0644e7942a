//! Bars of which each tenfold is as long as the next, drawn as SVG. Its colours can be read on white and on black.
//! Pure, and tested by `tests/it/bench_report.rs`; it must not decide what is shown.

use std::fmt::Write as _;

/// A picture of several groups of bars, below each other and to one scale.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// What the scale is of, and what is said of its numbers: `ms`, `%`.
    pub(crate) scale: String,
    pub(crate) unit: &'static str,
    pub(crate) groups: Vec<Group>,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: f64,
    /// The least and the most that were measured.
    pub(crate) spread: (f64, f64),
    pub(crate) tone: Tone,
}

/// Whose bar it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Sockeye,
    Limit,
    Other,
}

/// All in pixels: the width of the picture, the column of labels, what is left for numbers, the height of a bar
/// and from one to the next.
const WIDTH: f64 = 860.0;
const LABELS: f64 = 270.0;
const NUMBERS: f64 = 90.0;
const BAR: f64 = 11.0;
const STEP: f64 = 17.0;
/// Both stand out from white and from black.
const INK: &str = "#768390";
const FAINT: &str = "#76839055";

impl Tone {
    fn colour(self) -> &'static str {
        match self {
            Self::Sockeye => "#e5534b",
            Self::Limit => "#57ab5a",
            Self::Other => "#539bf5",
        }
    }
}

impl Chart {
    pub(crate) fn svg(&self) -> String {
        let (first, last) = self.decades();
        let place = |value: f64| {
            let share = (value.max(f64::MIN_POSITIVE).log10() - first) / (last - first);
            LABELS + (WIDTH - LABELS - NUMBERS) * share.clamp(0.0, 1.0)
        };
        let mut body = String::new();
        let mut y = 66.0;
        let top = y - 8.0;
        for group in &self.groups {
            y += 14.0;
            text(&mut body, (0.0, y), "start", "bold", &group.title);
            y += 9.0;
            for bar in &group.bars {
                self.bar(&mut body, bar, y, &place);
                y += STEP;
            }
            y += 6.0;
        }
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {:.0}\" width=\"{WIDTH}\" \
             font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"12\" fill=\"{INK}\" role=\"img\">\n",
            y + 8.0
        );
        _ = writeln!(svg, "<title>{}</title>", escaped(&self.title));
        text(&mut svg, (0.0, 16.0), "start", "bold", &self.title);
        text(&mut svg, (0.0, 34.0), "start", "normal", &self.scale);
        let mut decade = first;
        while decade <= last {
            let x = place(10_f64.powf(decade));
            _ = writeln!(svg, "<path d=\"M{x:.1} {top}V{y:.1}\" stroke=\"{FAINT}\"/>");
            text(
                &mut svg,
                (x, top - 4.0),
                "middle",
                "normal",
                &format!("{} {}", 10_f64.powf(decade), self.unit),
            );
            decade += 1.0;
        }
        svg + &body + "</svg>\n"
    }

    fn bar(&self, body: &mut String, bar: &Bar, y: f64, place: &impl Fn(f64) -> f64) {
        let (end, low, high) = (place(bar.value), place(bar.spread.0), place(bar.spread.1));
        text(body, (LABELS - 8.0, y + 10.0), "end", "normal", &bar.label);
        let (width, colour) = ((end - LABELS).max(1.0), bar.tone.colour());
        _ = writeln!(
            body,
            "<rect x=\"{LABELS}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{colour}\"/>"
        );
        let middle = y + BAR / 2.0;
        _ = writeln!(
            body,
            "<path d=\"M{low:.1} {middle:.1}H{high:.1}\" stroke=\"{INK}\" stroke-width=\"2\"/>"
        );
        text(
            body,
            (high.max(end) + 6.0, y + 10.0),
            "start",
            "normal",
            &format!("{} {}", short(bar.value), self.unit),
        );
    }

    /// The powers of ten below and above everything.
    fn decades(&self) -> (f64, f64) {
        let values = || self.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.value);
        let least = values().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let most = self.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.spread.1.max(bar.value));
        let most = most.fold(0.0, f64::max);
        if least > most {
            return (0.0, 1.0); // there is nothing
        }
        let first = least.log10().floor();
        (first, most.log10().ceil().max(first + 1.0))
    }
}

fn text(into: &mut String, (x, y): (f64, f64), anchor: &str, weight: &str, text: &str) {
    let text = escaped(text);
    _ = writeln!(
        into,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-weight=\"{weight}\">{text}</text>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Three digits that count are enough: runs differ by more.
pub(crate) fn short(value: f64) -> String {
    match value {
        _ if value < 10.0 => format!("{value:.2}"),
        _ if value < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
