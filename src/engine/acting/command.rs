//! The command that stops what manages a process, where sockeye runs such commands. Runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Known, Process, ProcessId, Uid};
use crate::phrase;
use crate::store::Table;
use crate::text::Charset;

/// The programs that are run. Others are for who knows them.
const PROGRAMS: [&str; 3] = ["systemctl", "docker", "podman"];

/// A command that stops a unit or a container: words of which each means itself to every shell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Command(String);

impl Command {
    /// As somebody would type it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The program and its arguments.
    #[must_use]
    pub fn words(&self) -> (&str, Vec<&str>) {
        let mut words = self.0.split(' ');
        (words.next().unwrap_or_default(), words.collect())
    }
}

/// The command that stops what manages the process, when `own` runs it; or why none is run, a sentence fragment.
pub fn command(process: &Process, own: Uid) -> Result<Command, String> {
    let Some(stop) = phrase::stop(process, Charset::Unicode) else {
        return Err("nobody looks after it, as far as is known: a signal is what there is".to_owned());
    };
    let Some(command) = stop.command else {
        let what = stop.what;
        return Err(format!("it is of {what}, and how that is stopped cannot be told from its name"));
    };
    let command = Command(command);
    let (program, words) = command.words();
    if !PROGRAMS.contains(&program) {
        return Err(format!("{program} is not run from here: {}", command.text()));
    }
    let workload = process.workload.as_deref();
    let of_user = workload.and_then(|workload| workload.user);
    match of_user.filter(|user| *user != own) {
        // In the slice of a user anything may be named after anything: it is theirs alone to stop.
        Some(user) if program != "systemctl" || words.contains(&"--user") => {
            Err(format!("it is of user {}, who alone can do that: {}", user.0, command.text()))
        }
        _ => Ok(command),
    }
}

/// What ends with a command: how many processes that hold sockets, and how many sockets.
#[must_use]
pub fn stopped_with(command: &Command, table: &Table) -> (usize, usize) {
    let mut known: BTreeMap<ProcessId, bool> = BTreeMap::new();
    let mut processes = BTreeSet::new();
    let mut sockets = 0;
    for row in table.open() {
        let mut any = false;
        for owner in row.socket.owners.known().into_iter().flat_map(Known::shown) {
            let id = owner.process.id;
            let is_of = *known.entry(id).or_insert_with(|| {
                let stop = phrase::stop(owner.process, Charset::Unicode);
                stop.and_then(|stop| stop.command).is_some_and(|other| other == command.0)
            });
            if is_of {
                any = true;
                processes.insert(id);
            }
        }
        sockets += usize::from(any);
    }
    (processes.len(), sockets)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Container, Pid, Runtime, Workload};

    fn process(workload: Workload) -> Process {
        let mut process = Process::named(ProcessId { pid: Pid(7), start: 1 }, "x".into());
        process.workload = Some(Arc::new(workload));
        process
    }

    #[test]
    fn only_what_is_known_and_ones_own_is_run() {
        let unit = |name: &str| Workload { unit: Some(name.into()), ..Workload::default() };
        let of_user = |user| Workload {
            user_unit: Some("x.service".into()),
            user: Some(Uid(user)),
            ..unit("user@1000.service")
        };
        let container = |runtime, user: Option<u32>| Workload {
            container: Some(Container {
                name: Some("web".into()),
                ..Container::new("0123456789abcdef".repeat(4).as_str(), runtime)
            }),
            user: user.map(Uid),
            ..unit("docker.service")
        };
        for (workload, expected) in [
            (unit("nginx.service"), Ok("systemctl stop nginx.service")),
            (of_user(1000), Ok("systemctl --user stop x.service")),
            (
                of_user(1001),
                Err("it is of user 1001, who alone can do that: systemctl --user stop x.service"),
            ),
            (container(Runtime::Docker, None), Ok("docker stop web")),
            (container(Runtime::Podman, Some(1000)), Ok("podman stop web")),
            (
                container(Runtime::Podman, Some(0)),
                Err("it is of user 0, who alone can do that: podman stop web"),
            ),
            (container(Runtime::Lxc, None), Err("lxc-stop is not run from here: lxc-stop -n web")),
            (
                unit("a;reboot.service"),
                Err("it is of unit a;reboot.service, and how that is stopped cannot be told"),
            ),
            (unit("session-3.scope"), Err("nobody looks after it")),
            (Workload::default(), Err("nobody looks after it")),
        ] {
            match (command(&process(workload), Uid(1000)), expected) {
                (Ok(command), Ok(expected)) => assert_eq!(command.text(), expected),
                (Err(why), Err(expected)) => assert!(why.starts_with(expected), "{why}"),
                (told, expected) => panic!("{told:?} and not {expected:?}"),
            }
        }
    }
}
