//! Signals that may be sent to who holds a socket, and what became of one. Sends nothing.

use super::words::words;

words! {
    /// A signal for a process, by its name without `SIG` (signal(7)). Those that people send; others are for
    /// programs among themselves.
    Signal {
        Term = "TERM",
        Kill = "KILL",
        Int = "INT",
        Quit = "QUIT",
        Hup = "HUP",
        Usr1 = "USR1",
        Usr2 = "USR2",
        Stop = "STOP",
        Cont = "CONT",
    }
}

impl Signal {
    /// The signal of that name, with or without `SIG`, in capitals or not.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        Self::ALL.iter().copied().find(|signal| signal.word() == name)
    }

    /// What it is for, as a sentence without its full stop.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Term => "Asks to end, which a program may do in its own time",
            Self::Kill => "Ends at once, whatever the program would have saved",
            Self::Int => "Asks to end, as Ctrl-C does",
            Self::Quit => "Asks to end, and to leave a core dump",
            Self::Hup => "Asks most servers to read their configuration again, and ends other programs",
            Self::Usr1 => "Means what the program says, such as opening its logs again",
            Self::Usr2 => "Means what the program says, such as an upgrade without a pause",
            Self::Stop => "Halts it; its sockets stay open and nobody answers",
            Self::Cont => "Lets it go on after it was halted",
        }
    }

    /// True when who gets it is to end.
    #[must_use]
    pub fn is_to_end(self) -> bool {
        matches!(self, Self::Term | Self::Kill | Self::Int | Self::Quit)
    }
}

/// What became of a process that was to get a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signalling {
    /// It would have got one.
    Planned,
    /// It got one, and is not expected to end by it.
    Sent,
    /// It got one and ended.
    Ended,
    /// It got one that should end it, and runs still.
    Running,
    /// It had ended before, and nothing was sent to anybody.
    Gone,
    /// Nothing was sent, for this reason: a sentence fragment.
    Refused(String),
}

impl Signalling {
    /// The words that there are.
    pub const WORDS: [&str; 6] = ["planned", "sent", "ended", "running", "gone", "refused"];

    /// The word used in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let [planned, sent, ended, running, gone, refused] = Self::WORDS;
        match self {
            Self::Planned => planned,
            Self::Sent => sent,
            Self::Ended => ended,
            Self::Running => running,
            Self::Gone => gone,
            Self::Refused(_) => refused,
        }
    }

    /// Why nothing was sent.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            _ => None,
        }
    }

    /// True when it is as it was to be.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Running | Self::Refused(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_people_write_them() {
        for (name, signal) in [
            ("TERM", Some(Signal::Term)),
            ("SIGKILL", Some(Signal::Kill)),
            ("hup", Some(Signal::Hup)),
            ("sigusr1", Some(Signal::Usr1)),
            ("SIG", None),
            ("SIGSIGTERM", None),
            ("CHLD", None),
            ("9", None),
            ("", None),
        ] {
            assert_eq!(Signal::named(name), signal, "{name}");
        }
    }

    #[test]
    fn each_has_one_sentence_and_four_are_to_end() {
        for signal in Signal::ALL {
            assert!(!signal.purpose().ends_with('.') && signal.purpose().len() < 80, "{signal:?}");
        }
        let ending: Vec<_> = Signal::ALL.iter().filter(|signal| signal.is_to_end()).collect();
        assert_eq!(ending, [&Signal::Term, &Signal::Kill, &Signal::Int, &Signal::Quit]);
    }
}
