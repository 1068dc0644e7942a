//! `-T`, `-Z` and `-z` of `ss`: what is told of who holds a socket. Each implies `-p`.

use anyhow::ensure;
use clap::Args as ClapArgs;

use super::args::{FORMS, SourceChoice};
use super::{complain, live};
use crate::model::{Holding, Known, Row};

#[derive(Clone, Copy, Debug, Default, ClapArgs)]
#[command(next_help_heading = "What is told of each")]
pub(super) struct HoldersArgs {
    /// Every thread that holds each socket; implies -p
    #[arg(short = 'T', long, conflicts_with_all = ["events", "kill"])]
    threads: bool,
    /// Security contexts of the processes, and with -T of threads; implies -p
    #[arg(short = 'Z', long, conflicts_with_all = ["events", "kill"])]
    context: bool,
    #[arg(
        short = 'z',
        long,
        conflicts_with_all = FORMS,
        help = "Security contexts of sockets, too, by their inodes; implies -Z, needs SELinux"
    )]
    contexts: bool,
}

impl HoldersArgs {
    /// True when processes are asked for.
    pub(super) fn any(self) -> bool {
        self.threads || self.has_contexts()
    }

    /// True when more than names is to be known of them.
    pub(super) fn has_contexts(self) -> bool {
        self.context || self.contexts
    }

    /// Refuses what nobody could tell here. Asked before anything is read.
    pub(super) fn check(self) -> anyhow::Result<()> {
        ensure!(
            !self.contexts || live::has_selinux(),
            "contexts of sockets are told by SELinux, which is not enabled here; those of processes: -Z"
        );
        Ok(())
    }

    /// What is asked for of the holders of these rows. The processes of a script do not run here.
    pub(super) fn look(self, rows: &[&Row], source: &SourceChoice) -> Holding {
        self.tell(rows);
        let here = !matches!(source, SourceChoice::Scenario(_));
        let sockets = || rows.iter().filter(|_| here).map(|row| &row.socket);
        Holding {
            threads: self.threads.then(|| live::threads(sockets())),
            contexts: self.has_contexts(),
            sockets: self.contexts.then(|| live::labels(sockets())),
        }
    }

    /// Says that no owner has a context, where they are asked for.
    fn tell(self, rows: &[&Row]) {
        let owners = rows.iter().filter_map(|row| row.socket.owners.known()).flat_map(Known::shown);
        let mut owners = owners.peekable();
        if self.has_contexts()
            && owners.peek().is_some()
            && owners.all(|owner| owner.process.security.is_none())
        {
            complain("sockeye: no process has a security context that could be read");
        }
    }
}
