//! The arguments that say how sockets and owners are read, and how often.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use crate::config::{Source, interval};

#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "How it is read")]
pub(in crate::cli) struct ReadingArgs {
    /// How sockets are read: auto, netlink, procfs, portable [default: auto]
    #[arg(long, value_name = "SOURCE")]
    pub(in crate::cli) source: Option<SourceChoice>,
    /// How owners are found [default: auto]
    #[arg(long, value_enum, value_name = "METHOD")]
    pub(in crate::cli) owners: Option<OwnersChoice>,
    /// Every network namespace, not only the own one
    #[arg(long, conflicts_with = "net")]
    pub(in crate::cli) all_netns: bool,
    /// One network namespace: by its name, by a process in it, or by its inode
    #[arg(short = 'N', long, value_name = "NAME|PID|INODE")]
    pub(in crate::cli) net: Option<OsString>,
}

/// Where names of containers are shown.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
#[command(next_help_heading = "How it is read")]
pub(in crate::cli) struct RuntimeArgs {
    /// Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard).
    /// Off unless given: a daemon may be slow, and who may open its socket is as good as root
    #[arg(long)]
    pub(in crate::cli) ask_runtimes: bool,
}

/// Where sockets are read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum SourceChoice {
    /// Netlink, and procfs for what it refuses; netstat2 on other systems than Linux.
    #[default]
    Auto,
    Netlink,
    Procfs,
    /// netstat2, where it is built in.
    #[cfg(any(feature = "portable", not(linux)))]
    Portable,
    /// A script: for tests and documentation.
    Scenario(PathBuf),
}

impl SourceChoice {
    /// True when it can read other namespaces than the own one.
    pub(in crate::cli) fn knows_namespaces(&self) -> bool {
        cfg!(linux) && matches!(self, Self::Auto | Self::Netlink | Self::Procfs)
    }
}

impl std::str::FromStr for SourceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("scenario:").filter(|path| !path.is_empty()) {
            return Ok(Self::Scenario(path.into()));
        }
        match (Source::named(text), text) {
            (Some(source), _) => Ok(source.into()),
            (None, "portable") => Err("this sockeye was built without it; build one that has it with: \
                 cargo build --release --features portable"
                .to_owned()),
            (None, _) => Err("expected auto, netlink, procfs or portable".to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum OwnersChoice {
    /// The best way there is
    #[default]
    Auto,
    /// Let the kernel tell, through BPF
    Bpf,
    /// Scan /proc
    Proc,
    /// Do not look for owners
    None,
}

#[derive(Debug, Default, ClapArgs)]
pub(in crate::cli) struct IntervalArgs {
    /// Time between two readings, such as 500ms or 2s [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub(in crate::cli) interval: Option<Duration>,
}
