//! What arguments leave open comes from the settings: the one place where the two meet.
//!
//! Arguments count more. It opens nothing: the settings were read before.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum as _;

use super::args::{
    IntervalArgs, ListArgs, OwnersChoice, PolicyArgs, ReadingArgs, RuntimeArgs, ShapeArgs, SourceChoice,
};
use super::selection::asks_like_ss;
use crate::config::{Audience, Environment, Owners, Settings, Source};
use crate::owner::RuntimePlaces;
use crate::phrase;

/// Who gets what goes to stdout: a person on a terminal, unless its form is made for programs.
pub(super) fn audience(for_programs: bool) -> Audience {
    if for_programs || !io::stdout().is_terminal() { Audience::Program } else { Audience::Person }
}

/// How sockets and owners are read, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) source: SourceChoice,
    pub(super) owners: OwnersChoice,
    pub(super) all_netns: bool,
    pub(super) net: Option<OsString>,
}

impl Reading {
    /// True when the network namespace that sockeye runs in is read, and no other.
    pub(super) fn is_here(&self) -> bool {
        !self.all_netns && self.net.is_none() && !matches!(self.source, SourceChoice::Scenario(_))
    }

    /// The same as arguments to type, but for what is so by default.
    pub(super) fn arguments(&self) -> String {
        let typed = |text: &OsStr, instead: &str| {
            text.to_str().and_then(phrase::argument).unwrap_or(instead).to_owned()
        };
        let source = match &self.source {
            SourceChoice::Auto => None,
            SourceChoice::Netlink => Some("netlink".to_owned()),
            SourceChoice::Procfs => Some("procfs".to_owned()),
            #[cfg(any(feature = "portable", not(linux)))]
            SourceChoice::Portable => Some("portable".to_owned()),
            SourceChoice::Scenario(path) => Some(format!("scenario:{}", typed(path.as_os_str(), "FILE"))),
        };
        let source = source.map(|source| format!("--source {source}"));
        let owners = Some(self.owners).filter(|owners| *owners != OwnersChoice::Auto);
        let owners = owners.and_then(|owners| owners.to_possible_value());
        let owners = owners.map(|owners| format!("--owners {}", owners.get_name()));
        let all = self.all_netns.then(|| "--all-netns".to_owned());
        let net = self.net.as_ref().map(|net| format!("--net {}", typed(net, "NAME")));
        [source, owners, all, net].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

impl ReadingArgs {
    pub(super) fn resolve(&self, settings: &Settings) -> Reading {
        let source = self.source.clone().unwrap_or_else(|| settings.source.value.into());
        // A namespace that was named is meant alone, and not every source knows others.
        let others = settings.all_netns.value && self.net.is_none() && source.knows_namespaces();
        Reading {
            all_netns: self.all_netns || others,
            owners: self.owners.unwrap_or_else(|| settings.owners.value.into()),
            net: self.net.clone(),
            source,
        }
    }
}

impl From<Source> for SourceChoice {
    fn from(source: Source) -> Self {
        match source {
            Source::Auto => Self::Auto,
            Source::Netlink => Self::Netlink,
            Source::Procfs => Self::Procfs,
            #[cfg(any(feature = "portable", not(linux)))]
            Source::Portable => Self::Portable,
        }
    }
}

impl From<Owners> for OwnersChoice {
    fn from(owners: Owners) -> Self {
        match owners {
            Owners::Auto => Self::Auto,
            Owners::Bpf => Self::Bpf,
            Owners::Proc => Self::Proc,
        }
    }
}

impl RuntimeArgs {
    /// Where to ask container runtimes for names, if they shall be asked.
    pub(super) fn places(self, settings: &Settings, environment: &Environment) -> Option<RuntimePlaces> {
        let Environment { docker_host, runtime_dir, .. } = environment.clone();
        let asked = self.ask_runtimes || settings.ask_runtimes.value;
        asked.then_some(RuntimePlaces { docker_host, runtime_dir })
    }
}

impl IntervalArgs {
    pub(super) fn resolve(&self, settings: &Settings) -> Duration {
        self.interval.unwrap_or(settings.interval.value)
    }
}

impl PolicyArgs {
    /// The file that somebody named.
    pub(super) fn resolve(&self, settings: &Settings) -> Option<PathBuf> {
        self.policy.clone().or_else(|| settings.policy.value.0.clone())
    }
}

impl ShapeArgs {
    /// True when the form is made for programs.
    pub(super) fn is_for_programs(&self) -> bool {
        self.json || self.ndjson || self.csv || self.format.is_some()
    }
}

impl ListArgs {
    /// The same listing with the settings that shape it. The table of ss keeps its columns.
    pub(super) fn resolve(mut self, settings: &Settings) -> Self {
        let columns = &settings.columns.value.0;
        let asks_for_a_table = asks_like_ss(&self) || self.extras.resolve().oneline;
        if asks_for_a_table {
            self.numeric |= settings.numeric.value;
        } else if !columns.is_empty() && self.shape.columns.is_none() && !self.shape.is_for_programs() {
            self.shape.columns = Some(columns.join(","));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Args, Command};
    use super::*;
    use crate::config::Origin;

    fn listing(line: &str) -> ListArgs {
        Args::try_parse_from(line.split(' ')).unwrap().list
    }

    fn merged(system: &str, own: &str, variables: &[(&'static str, OsString)]) -> Settings {
        let files = [("/etc", system), ("/home", own)].map(|(path, text)| (path.into(), text.to_owned()));
        Settings::merge(&files, variables).unwrap()
    }

    /// Every combination of the four places where a value may stand.
    #[test]
    fn arguments_count_more_than_variables_those_more_than_files() {
        for given in 0..16 {
            let has = |bit: u8| given & bit != 0;
            let text = |bit, text| if has(bit) { text } else { "" };
            let variable = ("SOCKEYE_OWNERS", OsString::from(text(4, "bpf")));
            let variables: Vec<_> = [variable].into_iter().filter(|_| has(4)).collect();
            let settings = merged(text(1, "owners = 'bpf'"), text(2, "owners = 'proc'"), &variables);
            let args = listing(if has(8) { "sockeye --owners none" } else { "sockeye" });
            let told = args.reading.resolve(&settings).owners;
            let origin = match &settings.owners.origin {
                _ if args.reading.owners.is_some() => "argument",
                Origin::Default => "default",
                Origin::File { path, .. } if path.ends_with("etc") => "system",
                Origin::File { .. } => "own",
                Origin::Variable => "variable",
            };
            let expected = match given {
                0 => (OwnersChoice::Auto, "default"),
                1 => (OwnersChoice::Bpf, "system"),
                2 | 3 => (OwnersChoice::Proc, "own"),
                4..8 => (OwnersChoice::Bpf, "variable"),
                _ => (OwnersChoice::None, "argument"),
            };
            assert_eq!((told, origin), expected, "{given:04b}");
        }
    }

    const EVERYTHING: &str = "source = 'procfs'\nowners = 'proc'\ninterval = '3s'\npolicy = '/p'\n\
        all_netns = true\nask_runtimes = true\nnumeric = true\ncolumns = ['local', 'pid']";

    #[test]
    fn how_it_is_read_can_be_typed_again() {
        for (line, again) in [
            ("sockeye", ""),
            ("sockeye --all-netns", "--all-netns"),
            ("sockeye -N web", "--net web"),
            ("sockeye -N $(reboot)", "--net NAME"),
            ("sockeye --source procfs --owners none", "--source procfs --owners none"),
            ("sockeye --source scenario:/a/b.toml", "--source scenario:/a/b.toml"),
            ("sockeye --source scenario:a;b", "--source scenario:FILE"),
        ] {
            let reading = listing(line).reading.resolve(&Settings::default());
            assert_eq!(reading.arguments(), again, "{line}");
            let typed = format!("sockeye {again}");
            let same = listing(typed.trim()).reading.resolve(&Settings::default());
            assert!(again.contains("NAME") || again.contains("FILE") || same == reading, "{line}");
        }
    }

    #[test]
    fn what_arguments_leave_open_is_as_it_was_set() {
        let settings = merged(EVERYTHING, "", &[]);
        let reading = |line| listing(line).reading.resolve(&settings);
        let set = reading("sockeye");
        assert_eq!(
            set,
            Reading { source: SourceChoice::Procfs, owners: OwnersChoice::Proc, all_netns: true, net: None }
        );
        assert_eq!(reading("sockeye --source netlink").source, SourceChoice::Netlink);
        assert!(!reading("sockeye -N web").all_netns, "one is meant alone");
        assert!(!reading("sockeye --source scenario:x").all_netns, "a script has its own");
        assert!(reading("sockeye --source netlink").all_netns);
        let Some(Command::Watch(watch)) = Args::try_parse_from(["sockeye", "watch"]).unwrap().command else {
            panic!()
        };
        assert_eq!(watch.interval.resolve(&settings), Duration::from_secs(3));
        assert_eq!(watch.policy.resolve(&settings), Some("/p".into()));
        let typed = ["sockeye", "watch", "--interval", "20ms", "--policy", "/q"];
        let Some(Command::Watch(watch)) = Args::try_parse_from(typed).unwrap().command else { panic!() };
        assert_eq!(watch.interval.resolve(&settings), Duration::from_millis(20));
        assert_eq!(watch.policy.resolve(&settings), Some("/q".into()));
        let environment = Environment::default();
        assert!(listing("sockeye").runtimes.places(&settings, &environment).is_some());
        assert!(listing("sockeye").runtimes.places(&Settings::default(), &environment).is_none());
    }

    #[test]
    fn the_table_of_ss_keeps_its_columns() {
        let settings = merged(EVERYTHING, "", &[]);
        for (line, numeric, columns) in [
            ("sockeye -tl", true, None),
            ("sockeye -a", true, None),
            ("sockeye -e", true, None),
            ("sockeye -O listening", true, None),
            ("sockeye listening", false, Some("local,pid")),
            ("sockeye --sort local listening", false, Some("local,pid")),
            ("sockeye -H listening", false, Some("local,pid")),
            ("sockeye --columns uid listening", false, Some("uid")),
            ("sockeye -t --columns uid", true, Some("uid")),
            ("sockeye --json listening", false, None),
            ("sockeye --csv listening", false, None),
            ("sockeye --format {pid}", false, None),
        ] {
            let list = listing(line).resolve(&settings);
            assert_eq!((list.numeric, list.shape.columns.as_deref()), (numeric, columns), "{line}");
            let unset = listing(line).resolve(&settings.counting_for(Audience::Program));
            let typed = listing(line);
            assert_eq!((unset.numeric, unset.shape.columns), (typed.numeric, typed.shape.columns), "{line}");
        }
    }
}
