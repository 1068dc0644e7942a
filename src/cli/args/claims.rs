//! The arguments of the commands that claim something of sockets: `wait-for` and `assert`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::{FaceArgs, ListArgs, ReadingArgs, ShapeArgs};
use crate::cli::claim::Claim;
use crate::config::interval;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 it is so, 1 the time is over, 2 error, 3 the time is over and not enough could be seen to say."
)]
pub(in crate::cli) struct WaitForArgs {
    /// How long to wait; at least one look is taken
    #[arg(long, value_name = "TIME", value_parser = interval, default_value = "30s")]
    pub(in crate::cli) timeout: Duration,
    /// Wait until no socket passes
    #[arg(long, conflicts_with = "count")]
    pub(in crate::cli) gone: bool,
    /// Time between two readings; where the kernel tells what begins and ends, it is noticed sooner
    #[arg(long, value_name = "TIME", value_parser = interval, default_value = "100ms")]
    pub(in crate::cli) interval: Duration,
    #[command(flatten)]
    pub(in crate::cli) sockets: ClaimArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Exit codes: 0 it is so, 1 it is not, 2 error, 3 not enough could be seen to say.")]
pub(in crate::cli) struct AssertArgs {
    /// No socket may pass
    #[arg(long, conflicts_with = "count")]
    pub(in crate::cli) none: bool,
    #[command(flatten)]
    pub(in crate::cli) sockets: ClaimArgs,
}

/// Which sockets, how many of them, and what is printed of those that pass.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ClaimArgs {
    /// At least so many must pass [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// What passes as one JSON document, as of a listing
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print nothing but what went wrong
    #[arg(short, long, conflicts_with = "json")]
    pub(in crate::cli) quiet: bool,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    /// A filter in a file, beside that of the arguments; - is stdin
    #[arg(short = 'F', long = "filter", value_name = "FILE")]
    filter_file: Option<PathBuf>,
    /// Only sockets that pass, such as: port = 8080 and listening, proc = nginx
    #[arg(value_name = "FILTER", required_unless_present = "filter_file")]
    filter: Vec<String>,
}

impl ClaimArgs {
    pub(in crate::cli) fn claim(&self, nobody: bool) -> Claim {
        if nobody {
            return Claim::Nobody;
        }
        Claim::AtLeast(self.count.map_or(1, |count| usize::try_from(count).unwrap_or(usize::MAX)))
    }

    /// The listing of what passes.
    pub(in crate::cli) fn listing(&self) -> ListArgs {
        ListArgs {
            quiet: self.quiet,
            face: self.face,
            shape: ShapeArgs { json: self.json, ..ShapeArgs::default() },
            reading: self.reading.clone(),
            filter_file: self.filter_file.clone(),
            filter: self.filter.clone(),
            ..ListArgs::default()
        }
    }
}
