//! What would start a process again, and how it is stopped for good: a command to type, and no more than that.

use super::shown;
use crate::model::{Container, Pod, Process, Runtime, SystemBytes, Workload};
use crate::text::Charset;

/// What manages a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Who may start it again: `systemd`, `docker`.
    pub by: &'static str,
    /// What it is there: `unit nginx.service`.
    pub what: String,
    /// The command that stops it for good; `None` where its name cannot be typed as it is, or none is known.
    pub command: Option<String>,
}

/// Who may start a process again; `None` for what nobody looks after, as far as is known.
#[must_use]
pub fn stop(process: &Process, charset: Charset) -> Option<Stop> {
    // What passes on for a container goes and comes with it.
    if let Some(container) = process.publishes.as_deref().and_then(|it| it.container.as_ref()) {
        return Some(of_container(container, charset));
    }
    of_workload(process.workload.as_deref()?, charset)
}

fn of_workload(workload: &Workload, charset: Charset) -> Option<Stop> {
    if let Some(pod) = &workload.pod {
        return Some(of_pod(pod, charset));
    }
    if let Some(container) = &workload.container {
        return Some(of_container(container, charset));
    }
    // A scope is what others started: nobody starts it again.
    let service = |unit: &&SystemBytes| unit.as_bytes().ends_with(b".service");
    let of_unit = |unit: &SystemBytes, stop: &str, what: &str| Stop {
        by: "systemd",
        what: format!("{what} {}", shown(unit, charset)),
        command: typed(stop, unit.as_bytes()),
    };
    if let Some(unit) = &workload.user_unit {
        return Some(unit).filter(service).map(|unit| of_unit(unit, "systemctl --user stop", "user unit"));
    }
    workload.unit.as_ref().filter(service).map(|unit| of_unit(unit, "systemctl stop", "unit"))
}

fn of_pod(pod: &Pod, charset: Charset) -> Stop {
    let Pod { uid, name, namespace } = pod;
    let (what, command) = match (namespace, name) {
        (Some(namespace), Some(name)) => {
            let within = typed("kubectl delete pod -n", namespace.as_bytes());
            let command = within.and_then(|begin| typed(&begin, name.as_bytes()));
            (format!("{}/{}", shown(namespace, charset), shown(name, charset)), command)
        }
        _ => (shown(uid, charset), None),
    };
    Stop { by: "Kubernetes", what: format!("pod {what}"), command }
}

fn of_container(container: &Container, charset: Charset) -> Stop {
    let (by, stop) = match container.runtime {
        Runtime::Docker => ("Docker", Some("docker stop")),
        Runtime::Podman => ("Podman", Some("podman stop")),
        Runtime::Containerd => ("containerd", Some("crictl stop")),
        Runtime::CriO => ("CRI-O", Some("crictl stop")),
        Runtime::Lxc => ("LXC", Some("lxc-stop -n")),
        Runtime::Nspawn => ("systemd-nspawn", Some("machinectl poweroff")),
        Runtime::Unknown => ("its runtime", None),
    };
    let by_id = matches!(container.runtime, Runtime::Containerd | Runtime::CriO);
    let name = container.name.as_ref().filter(|_| !by_id);
    let name = name.map_or_else(|| container.short_id(), SystemBytes::as_bytes);
    let command = stop.and_then(|stop| typed(stop, name));
    Stop { by, what: format!("container {}", super::container(container, charset)), command }
}

/// A command with a name behind it. Others choose names, and people paste commands into shells: only a name
/// that means itself to every shell, and cannot be taken for an option, is put there.
fn typed(command: &str, name: &[u8]) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.@:+-".contains(byte);
    let safe = name.first().is_some_and(|first| *first != b'-') && name.iter().all(plain);
    let name = std::str::from_utf8(name).ok().filter(|_| safe)?;
    Some(format!("{command} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(workload: &Workload) -> String {
        of_workload(workload, Charset::Unicode).map_or_else(String::new, |stop| {
            format!("{} / {} / {}", stop.by, stop.what, stop.command.as_deref().unwrap_or("-"))
        })
    }

    #[test]
    fn each_is_stopped_in_its_own_way() {
        let unit = |unit: &str| Workload { unit: Some(unit.into()), ..Workload::default() };
        let user = Workload { user_unit: Some("x.service".into()), ..unit("user@1.service") };
        let of = |name: Option<&str>, runtime| Workload {
            container: Some(Container {
                name: name.map(Into::into),
                ..Container::new("0123456789abcdef".repeat(4).as_str(), runtime)
            }),
            ..unit("docker.service")
        };
        let pod = Pod { uid: "u-1".into(), name: Some("web-1".into()), namespace: Some("shop".into()) };
        let nameless = Pod { uid: "u-1".into(), name: None, namespace: None };
        let in_pod = |pod| Workload { pod: Some(pod), ..of(None, Runtime::Containerd) };
        for (workload, says) in [
            (unit("nginx.service"), "systemd / unit nginx.service / systemctl stop nginx.service"),
            (
                unit("getty@tty1.service"),
                "systemd / unit getty@tty1.service / systemctl stop getty@tty1.service",
            ),
            (unit("session-3.scope"), ""),
            (user, "systemd / user unit x.service / systemctl --user stop x.service"),
            (of(Some("web"), Runtime::Docker), "Docker / container docker web / docker stop web"),
            (of(None, Runtime::Podman), "Podman / container podman 0123456789ab / podman stop 0123456789ab"),
            (of(Some("web"), Runtime::CriO), "CRI-O / container cri-o web / crictl stop 0123456789ab"),
            (of(Some("web"), Runtime::Unknown), "its runtime / container web / -"),
            (in_pod(pod), "Kubernetes / pod shop/web-1 / kubectl delete pod -n shop web-1"),
            (in_pod(nameless), "Kubernetes / pod u-1 / -"),
            (Workload::default(), ""),
        ] {
            assert_eq!(told(&workload), says);
        }
    }

    #[test]
    fn no_name_becomes_a_part_of_a_command() {
        for name in
            ["a;reboot.service", "$(x).service", "a b.service", "-f.service", r"a\x2db.service", "ä.service"]
        {
            let workload = Workload { unit: Some(name.into()), ..Workload::default() };
            let stop = of_workload(&workload, Charset::Unicode).unwrap();
            assert_eq!(stop.command, None, "{name}");
        }
    }
}
