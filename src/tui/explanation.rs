//! What this user cannot see, why, and the command that mends it: what `sockeye doctor` tells, in a pane.
//!
//! Made from the coverage of the shown snapshot. It asks nobody and mends nothing.

use std::borrow::Cow;

use ratatui::text::Line;

use super::app::App;
use super::theme::Meaning;
use super::wrap;
use crate::output::doctor::{self, Section};

const ABOUT: &str = "How much of this machine this user can see, what is missing, and what mends it; sockeye doctor prints it:";

/// The lines, each at most `width` cells.
pub(super) fn lines(app: &App, width: u16) -> Vec<Line<'static>> {
    let mut page = Page { app, width: usize::from(width).saturating_sub(2), lines: Vec::new() };
    if let Some(failure) = &app.failure {
        page.add(
            0,
            &format!("the last poll failed: {}", app.look.escape(failure.as_bytes())),
            Meaning::Error,
        );
        page.add(0, "What is shown is from before; the next poll is tried in time.", Meaning::Text);
        page.lines.push(Line::default());
    }
    page.add(0, ABOUT, Meaning::Text);
    match app.moment() {
        Some(moment) => doctor::sections(moment, &app.asker).iter().for_each(|section| page.section(section)),
        None => page.add(0, "nothing was read so far", Meaning::Muted),
    }
    page.lines
}

struct Page<'a> {
    app: &'a App,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn section(&mut self, section: &Section) {
        self.lines.push(Line::default());
        self.add(0, &format!("{}: {}", section.name, section.result), Meaning::Heading);
        for line in &section.lines {
            // What can be typed stands out.
            let meaning = if line.contains("sudo ") { Meaning::Key } else { Meaning::Text };
            self.add(2, &self.shown(line), meaning);
        }
    }

    fn add(&mut self, indent: usize, text: &str, meaning: Meaning) {
        let style = self.app.look.style(meaning);
        let parts = wrap::wrap(text, self.width.saturating_sub(indent));
        self.lines.extend(parts.iter().map(|part| Line::styled(format!("{:indent$}{part}", ""), style)));
    }

    /// What is escaped already, in the characters of the terminal.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.app.look.ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let ascii = |c: char| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() };
        Cow::Owned(text.chars().map(ascii).collect())
    }
}
