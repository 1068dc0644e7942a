//! The settings: each is declared once, here. The file, the variables, the default file, what is
//! explained and what the manual says of settings all come from this list.
//!
//! Merging is pure: what was read goes in, values with their origins come out.

use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::keys::Bindings;
use super::value::{Color, Columns, Owners, Place, Plain, Source, Value, Wrong};
use crate::tui::Theme;

/// For whom something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Somebody looks at a terminal.
    Person,
    /// A program reads it, or a verdict comes of it: it must be the same whoever runs it.
    Program,
}

/// When a setting counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Always: it chooses the way, and what a way cannot see is told with every answer.
    Always,
    /// Where a person looks. It would change what a script reads.
    ForPeople,
}

/// Where a value came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    File {
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The environment variable of the setting.
    Variable,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Told<T> {
    fn default(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

/// What is known of a setting whatever its value.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in files.
    pub key: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
    pub counts: Counts,
    /// One sentence.
    pub help: &'static str,
}

macro_rules! settings {
    ($($help:literal $key:ident: $kind:ty = $default:expr, $variable:literal, $counts:ident;)+) => {
        /// Every setting with its value.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Settings {
            $(#[doc = $help] pub $key: Told<$kind>,)+
            /// The keys of the dashboard, for people. They have no variable.
            pub keys: Bindings,
        }

        /// What is known of each setting, in the order in which they are shown.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            key: stringify!($key),
            variable: $variable,
            counts: Counts::$counts,
            help: $help,
        }),+];

        impl Default for Settings {
            fn default() -> Self {
                Self { $($key: Told::default($default),)+ keys: Bindings::default() }
            }
        }

        impl Settings {
            /// Takes a value of a file; `None` when there is no such setting.
            pub(super) fn set(
                &mut self,
                key: &str,
                value: &Spanned<DeValue<'_>>,
                origin: Origin,
            ) -> Option<Result<(), Wrong>> {
                match key {
                    $(stringify!($key) => Some(
                        <$kind>::from_toml(value).map(|value| self.$key = Told { value, origin }),
                    ),)+
                    _ => None,
                }
            }

            /// Takes the value of a variable; of one that belongs to no setting nothing.
            pub(super) fn set_from_variable(&mut self, variable: &str, text: &str) -> Result<(), Wrong> {
                match variable {
                    $($variable => <$kind>::from_text(text)
                        .map(|value| self.$key = Told { value, origin: Origin::Variable }),)+
                    _ => Ok(()),
                }
            }

            /// Those that count for somebody; the others have their defaults.
            #[must_use]
            pub fn counting_for(&self, audience: Audience) -> Self {
                let counts = |setting: Counts| setting == Counts::Always || audience == Audience::Person;
                let mut counting = self.clone();
                $(if !counts(Counts::$counts) {
                    counting.$key = Told::default($default);
                })+
                if !counts(Counts::ForPeople) {
                    counting.keys = Bindings::default();
                }
                counting
            }

            /// Every setting with its value and its origin, in the order in which they are shown.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static Setting, Plain, &Origin)> {
                let told = [$((self.$key.value.plain(), &self.$key.origin)),+];
                SETTINGS.iter().zip(told).map(|(setting, (value, origin))| (setting, value, origin)).collect()
            }
        }
    };
}

settings! {
    "How sockets are read: auto, netlink, procfs or portable."
    source: Source = Source::Auto, "SOCKEYE_SOURCE", Always;

    "How owners are found: auto, bpf or proc."
    owners: Owners = Owners::Auto, "SOCKEYE_OWNERS", Always;

    "The time between two readings of the dashboard, watch and events, from 10ms to 1d."
    interval: Duration = Duration::from_secs(1), "SOCKEYE_INTERVAL", Always;

    "The policy file of check, watch and policy, by its whole path; without one the usual place."
    policy: Place = Place(None), "SOCKEYE_POLICY", Always;

    "Every network namespace, not only the own one."
    all_netns: bool = false, "SOCKEYE_ALL_NETNS", ForPeople;

    "Ask Docker and Podman for names of containers; a daemon may be slow, and its socket is as good as root."
    ask_runtimes: bool = false, "SOCKEYE_ASK_RUNTIMES", ForPeople;

    "Port numbers instead of service names."
    numeric: bool = false, "SOCKEYE_NUMERIC", ForPeople;

    "The columns of a listing where no option of ss asks for its table; sockeye --columns help lists them."
    columns: Columns = Columns(Vec::new()), "SOCKEYE_COLUMNS", ForPeople;

    "ASCII characters only, as where the locale has no others."
    ascii: bool = false, "SOCKEYE_ASCII", ForPeople;

    "Colours: auto (as the environment asks), always or never."
    color: Color = Color::Auto, "SOCKEYE_COLOR", ForPeople;

    "Colours of the dashboard: terminal (its own 16), dark, light, colorblind-dark, colorblind-light or mono."
    theme: Theme = Theme::Terminal, "SOCKEYE_THEME", ForPeople;

    "The mouse in the dashboard; where it is on, most terminals select text while Shift is held down."
    mouse: bool = true, "SOCKEYE_MOUSE", ForPeople;

    "The dashboard begins as it was left: view, filter, order, columns and groups, theme, and the filters before."
    state: bool = true, "SOCKEYE_STATE", ForPeople;

    "The dashboard does nothing to sockets and processes, and gives up the rights for that."
    read_only: bool = false, "SOCKEYE_READ_ONLY", ForPeople;
}
