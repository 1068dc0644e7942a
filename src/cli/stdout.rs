//! What stdout can show: colours, characters, and how many of them side by side.

use std::io::{self, IsTerminal as _};

use clap::{Args as ClapArgs, ValueEnum};

use crate::config::{Color, Environment, Settings};
use crate::output::{Face, Paint};
use crate::text::Charset;
use crate::tui::ColorChoice;

/// How text is shown.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
#[command(next_help_heading = "In which form")]
pub(super) struct FaceArgs {
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        help = "Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]",
        hide_possible_values = true
    )]
    color: Option<ColorWhen>,
    /// ASCII characters only
    #[arg(long)]
    ascii: bool,
}

/// When there are colours, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ColorWhen {
    Auto,
    Always,
    Never,
}

impl FaceArgs {
    /// The face of stdout. A pipe has no width, no colours, and all characters.
    pub(super) fn face(self, settings: &Settings, environment: &Environment) -> Face {
        let terminal = io::stdout().is_terminal();
        let cells = || crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns));
        let colours = has_colours(self.color(settings), environment, terminal);
        Face {
            paint: if colours { Paint::Ansi16 } else { Paint::Plain },
            charset: self.charset(settings, environment, terminal),
            width: terminal.then(cells).flatten().filter(|columns| *columns > 0),
        }
    }

    /// The characters of the dashboard's terminal.
    pub(super) fn is_ascii(self, settings: &Settings, environment: &Environment) -> bool {
        self.charset(settings, environment, true) == Charset::Ascii
    }

    /// The colours of the dashboard's terminal, in a theme that somebody named or not.
    pub(super) fn dashboard_colors(
        self,
        settings: &Settings,
        environment: &Environment,
        named: bool,
    ) -> ColorChoice {
        match environment {
            _ if !has_colours(self.color(settings), environment, true) => ColorChoice::Monochrome,
            Environment { truecolor: true, .. } => ColorChoice::Truecolor,
            // Most of these show every colour, and ssh takes only TERM along.
            Environment { many_colors: true, .. } if named => ColorChoice::Truecolor,
            Environment { many_colors: true, .. } => ColorChoice::Indexed256,
            _ => ColorChoice::Ansi16,
        }
    }

    fn color(self, settings: &Settings) -> Color {
        match self.color {
            Some(ColorWhen::Auto) => Color::Auto,
            Some(ColorWhen::Always) => Color::Always,
            Some(ColorWhen::Never) => Color::Never,
            None => settings.color.value,
        }
    }

    fn charset(self, settings: &Settings, environment: &Environment, terminal: bool) -> Charset {
        let unable = terminal && !environment.utf8;
        if self.ascii || settings.ascii.value || unable { Charset::Ascii } else { Charset::Unicode }
    }
}

/// no-color.org and bixense.com/clicolors: what is forbidden wins over what is forced.
fn has_colours(when: Color, environment: &Environment, terminal: bool) -> bool {
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if environment.no_color => false,
        Color::Auto if environment.color_forced => true,
        Color::Auto => terminal && !environment.dumb_terminal && !environment.color_off,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn colours_by_wish_environment_and_terminal() {
        use Color::{Always, Auto, Never};
        let none: &[(&str, &str)] = &[("TERM", "xterm")];
        for (when, variables, terminal, colours) in [
            (Auto, none, true, true),
            (Auto, none, false, false),
            (Auto, &[("TERM", "dumb")], true, false),
            (Auto, &[("TERM", "xterm"), ("NO_COLOR", "1")], true, false),
            (Auto, &[("TERM", "xterm"), ("NO_COLOR", "")], true, true),
            (Auto, &[("TERM", "xterm"), ("CLICOLOR", "0")], true, false),
            (Auto, &[("CLICOLOR_FORCE", "1")], false, true),
            (Auto, &[("CLICOLOR_FORCE", "0")], false, false),
            (Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true, false),
            (Always, &[("NO_COLOR", "1"), ("TERM", "dumb")], false, true),
            (Never, &[("CLICOLOR_FORCE", "1")], true, false),
        ] {
            let variable = |name| variables.iter().find(|(known, _)| *known == name);
            let environment = Environment::from(|name| variable(name).map(|(_, it)| OsString::from(*it)));
            assert_eq!(
                has_colours(when, &environment, terminal),
                colours,
                "{when:?} {variables:?} {terminal}"
            );
        }
    }

    #[test]
    fn a_terminal_gets_as_many_colours_as_it_tells_of() {
        use ColorChoice::{Ansi16, Indexed256, Monochrome, Truecolor};
        for (variables, unnamed, named) in [
            (&[("TERM", "xterm")][..], Ansi16, Ansi16),
            (&[("TERM", "linux"), ("COLORTERM", "truecolor")], Truecolor, Truecolor),
            (&[("TERM", "xterm-256color")], Indexed256, Truecolor),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Monochrome, Monochrome),
            (&[("TERM", "xterm-direct"), ("NO_COLOR", "1")], Monochrome, Monochrome),
        ] {
            let variable = |name| variables.iter().find(|(known, _)| *known == name);
            let environment = Environment::from(|name| variable(name).map(|(_, it)| OsString::from(*it)));
            let colors =
                |named| FaceArgs::default().dashboard_colors(&Settings::default(), &environment, named);
            assert_eq!((colors(false), colors(true)), (unnamed, named), "{variables:?}");
        }
    }

    #[test]
    fn letters_need_a_terminal_that_has_them() {
        let environment =
            |locale: &str| Environment::from(|name| (name == "LC_ALL").then(|| OsString::from(locale)));
        let charset = |ascii, locale, terminal| {
            let args = FaceArgs { ascii, ..FaceArgs::default() };
            args.charset(&Settings::default(), &environment(locale), terminal)
        };
        assert_eq!(charset(false, "C.UTF-8", true), Charset::Unicode);
        assert_eq!(charset(false, "C", true), Charset::Ascii);
        assert_eq!(charset(false, "C", false), Charset::Unicode, "a pipe gets what there is");
        assert_eq!(charset(true, "C.UTF-8", false), Charset::Ascii);
    }
}
