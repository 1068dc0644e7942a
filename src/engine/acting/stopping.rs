//! Running the command that stops a unit or a container.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Command, audit};
use crate::model::Stopping;
use crate::sys::program::{self, Order, Ran};
use crate::sys::{host, names};
use crate::text;

/// Where programs are looked for. Nobody's PATH is asked.
const PLACES: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
/// What such a program finds others by.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// Docker and Podman kill after ten seconds, systemd after ninety unless told otherwise.
const WITHIN: Duration = Duration::from_secs(30);
/// What of a complaint is told.
const MOST: usize = 4096;

/// Runs the command and waits for its end. A process that has rights which its user has not runs nothing.
#[must_use]
pub fn stop(command: &Command) -> Stopping {
    let became = run(command);
    audit::stopped(command, &became);
    became
}

fn run(command: &Command) -> Stopping {
    if host::is_raised() {
        return Stopping::Failed(
            "sockeye has rights here that its user has not, and lends them to nobody".to_owned(),
        );
    }
    let (name, words) = command.words();
    let Some(path) = PLACES.iter().map(|place| Path::new(place).join(name)).find(|path| path.exists()) else {
        return Stopping::Failed(format!("there is no {name} in {}", PLACES.join(", ")));
    };
    let args: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    let order = Order {
        program: &path,
        args: &args,
        environment: &environment(),
        input: &[],
        within: WITHIN,
        most: MOST,
    };
    match program::run(&order) {
        Ran::Ended { status, .. } if status.success() => Stopping::Stopped,
        Ran::Ended { said, .. } => Stopping::Failed(complaint(name, &said)),
        Ran::Late => Stopping::Late,
        Ran::Untrusted => Stopping::Failed(format!("others than root may write {}", path.display())),
        Ran::Unstarted(error) => Stopping::Failed(format!("{} cannot be run: {error}", path.display())),
    }
}

fn complaint(name: &str, said: &[u8]) -> String {
    text::last_line(said)
        .map_or_else(|| format!("{name} failed and did not say why"), |line| format!("{name} says: {line}"))
}

/// What such programs cannot do without: where the user's manager listens, and where Podman keeps its things.
fn environment() -> Vec<(&'static str, OsString)> {
    let runtime: PathBuf = format!("/run/user/{}", host::own_uid().0).into();
    let home = names::own_home().map(|(_, home)| home).or_else(names::home_of_root);
    let home = home.map(|home| ("HOME", home.into_os_string()));
    [("PATH", PATH.into()), ("XDG_RUNTIME_DIR", runtime.into_os_string())].into_iter().chain(home).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_the_last_line_and_harmless() {
        assert_eq!(
            complaint("docker", b"hint\nno such\x1b container\n\n"),
            r"docker says: no such\x1b container"
        );
        assert_eq!(complaint("docker", b"\n"), "docker failed and did not say why");
    }
}
