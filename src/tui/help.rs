//! The help, made from the table of actions, the marks and the notices; or what explains the gaps.

use ratatui::text::{Line, Span};

use super::action::ACTIONS;
use super::app::App;
use super::mark::Mark;
use super::theme::Meaning;
use super::{acting, explanation, judged, notice, wrap};
use crate::diagnosis::Severity;

/// Cells for the keys.
const KEYS: usize = 16;

/// What the help is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// What can be done.
    Keys,
    /// What cannot be seen.
    Gaps,
}

impl Topic {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Keys => "Help",
            Self::Gaps => "What you can see, and what not",
        }
    }
}

/// Opens the help about that, or closes it where that is open.
pub(super) fn turn_to(app: &mut App, topic: Topic) {
    let is_open = app.help.is_some() && app.topic == topic;
    app.help = (!is_open).then_some(0);
    app.topic = topic;
}

/// The lines of the help, each at most `width` cells.
pub(super) fn lines(app: &App, width: u16) -> Vec<Line<'static>> {
    match app.topic {
        Topic::Keys => keys(app, width),
        Topic::Gaps => explanation::lines(app, width),
    }
}

fn keys(app: &App, width: u16) -> Vec<Line<'static>> {
    let look = app.look;
    let width = usize::from(width).saturating_sub(2);
    let heading = |text: &str| Line::styled(text.to_owned(), look.style(Meaning::Heading));
    let about = format!("sockeye {}: every open socket, whose it is, and what changed", app.version);
    let mut lines: Vec<_> = wrap::wrap(&about, width).into_iter().map(Line::raw).collect();
    lines.push(Line::default());
    let notices = notice::all(app);
    if !notices.is_empty() {
        lines.push(heading("What this screen cannot show"));
        for notice in notices {
            for (at, part) in wrap::wrap(&notice.text, width.saturating_sub(4)).into_iter().enumerate() {
                let bullet = if at == 0 { look.symbols.dot } else { " " };
                lines.push(Line::styled(format!("  {bullet} {part}"), look.style(notice.meaning)));
            }
        }
        lines.push(Line::default());
    }
    lines.push(heading("Keys"));
    for entry in ACTIONS.iter().filter(|entry| !(app.acting.removed && acting::is_act(entry.action))) {
        let keys: Vec<_> = app.keymap.keys(entry.action).iter().map(|key| key.label(look.ascii)).collect();
        // The names are for configuration and bug reports; narrow screens keep to the sentences.
        let name = if width >= 76 { format!("{:<16}", entry.name) } else { String::new() };
        let sentence = format!("{name}{}", entry.sentence);
        row(&mut lines, app, (&keys.join("  "), Meaning::Key), &sentence, width);
    }
    lines.push(Line::default());
    lines.push(heading("Marks, for three seconds"));
    let marks = Mark::ALL.map(|(mark, word)| {
        [
            Span::styled(format!("  {}", mark.glyph()), look.style(mark.meaning())),
            Span::raw(format!(" {word}")),
        ]
    });
    lines.push(Line::from(marks.concat()));
    let troubles = [Severity::Warning, Severity::Alarm].map(|severity| {
        [
            Span::styled(
                format!("  {}", judged::glyph(severity, &look)),
                look.style(judged::meaning(severity)),
            ),
            Span::raw(format!(" {}", severity.word())),
        ]
    });
    let told = Span::raw(": what it is stands below the list, and in the details");
    lines.push(Line::from([&troubles.concat()[..], &[told]].concat()));
    lines
}

fn row(
    lines: &mut Vec<Line<'static>>,
    app: &App,
    (left, meaning): (&str, Meaning),
    right: &str,
    width: usize,
) {
    for (at, part) in wrap::wrap(right, width.saturating_sub(KEYS + 2)).into_iter().enumerate() {
        let left = if at == 0 { left } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!("  {left:<KEYS$}"), app.look.style(meaning)),
            Span::raw(part),
        ]));
    }
}
