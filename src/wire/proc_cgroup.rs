//! `/proc/PID/cgroup`: what a process is part of, by the names of its cgroups (cgroups(7)). Knows
//! lines; names are [`super::cgroup_path`]'s.
//!
//! The kernel lets no cgroup have a newline in its name (`cgroup_mkdir`), so a line is a line.

use super::cgroup_path;
use crate::model::{SystemBytes, Workload};

/// Which hierarchy a line is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hierarchy {
    /// Version 2, which systemd manages where there is no other.
    Unified,
    /// What systemd uses on hosts that have version 1.
    Systemd,
    /// A controller of version 1.
    Controller,
}

/// What a process is part of, by the text of its file.
///
/// A container may be told by one hierarchy alone, while another still has the unit of the runtime
/// that started it. So a hierarchy that knows a container or pod counts first.
#[must_use]
pub fn workload(text: &[u8]) -> Workload {
    let mut paths: Vec<_> = text.split(|b| *b == b'\n').filter_map(line).collect();
    paths.sort_by_key(|(hierarchy, _)| *hierarchy);
    let mut named = None;
    for (hierarchy, path) in paths {
        let found = cgroup_path::workload(path);
        if found.container.is_some() || found.pod.is_some() {
            return found;
        }
        if hierarchy != Hierarchy::Controller && found != Workload::default() {
            named.get_or_insert(found);
        }
    }
    named.unwrap_or_default()
}

/// `0::/path`, `1:name=systemd:/path`, `4:memory:/path`
fn line(line: &[u8]) -> Option<(Hierarchy, &[u8])> {
    let mut parts = line.splitn(3, |b| *b == b':');
    let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let hierarchy = match (number, controllers) {
        (b"0", b"") => Hierarchy::Unified,
        (_, b"name=systemd") => Hierarchy::Systemd,
        _ => Hierarchy::Controller,
    };
    Some((hierarchy, path))
}

/// One name for all that: the container, or else the service, in which a process runs. Containers
/// count before services, because a container often runs services of its own.
#[must_use]
pub fn container_or_unit(text: &[u8]) -> Option<SystemBytes> {
    let Workload { unit, user_unit, container, .. } = workload(text);
    let service = |unit: &SystemBytes| {
        unit.as_bytes().ends_with(b".service") && !cgroup_path::is_manager(unit.as_bytes())
    };
    container
        .map(|container| container.short_id().into())
        .or(user_unit.filter(service))
        .or(unit.filter(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_hierarchy_that_knows_most_is_told() {
        for (text, unit, id) in [
            ("0::/\n".to_owned(), None, None),
            ("0::/system.slice/nginx.service\n".into(), Some("nginx.service"), None),
            // Version 1, docker with cgroupfs: version 2 still has the unit of containerd.
            (
                format!(
                    "12:memory:/docker/{ID}\n1:name=systemd:/docker/{ID}\n0::/system.slice/containerd.service\n"
                ),
                None,
                Some(ID),
            ),
            // Version 1 without systemd.
            (format!("4:memory:/docker/{ID}\n3:cpu,cpuacct:/docker/{ID}\n0::/\n"), None, Some(ID)),
            (
                "12:cpu:/x.service\n1:name=systemd:/system.slice/ssh.service\n0::/\n".into(),
                Some("ssh.service"),
                None,
            ),
            ("12:cpu:/x.service\n".into(), None, None),
            // Systemd asks version 2 first, so what was moved there is there.
            ("1:name=systemd:/init.scope\n0::/system.slice/ssh.service\n".into(), Some("ssh.service"), None),
            (
                "11:pids:/system.slice/a:b.service\n1:name=systemd:/system.slice/a:b.service".into(),
                Some("a:b.service"),
                None,
            ),
            ("garbage\n::\n:\n1:x".into(), None, None),
            (String::new(), None, None),
        ] {
            let found = workload(text.as_bytes());
            let bytes = |name: Option<SystemBytes>| name.map(|name| name.as_bytes().to_vec());
            assert_eq!(bytes(found.unit), unit.map(|unit: &str| unit.as_bytes().to_vec()), "{text}");
            let told = bytes(found.container.map(|container| container.id));
            assert_eq!(told, id.map(|id| id.as_bytes().to_vec()), "{text}");
        }
    }

    #[test]
    fn names() {
        for (text, name) in [
            (format!("0::/system.slice/docker-{ID}.scope\n"), Some("0123456789ab")),
            (format!("0::/docker/{ID}\n"), Some("0123456789ab")),
            (format!("0::/system.slice/docker-{ID}.scope/init\n"), Some("0123456789ab")),
            (
                format!("0::/system.slice/docker-{ID}.scope/system.slice/nginx.service\n"),
                Some("0123456789ab"),
            ),
            (
                format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope"),
                Some("0123456789ab"),
            ),
            (format!("0::/machine.slice/libpod-{ID}.scope/container"), Some("0123456789ab")),
            ("0::/lxc.payload.web/init.scope\n".into(), Some("web")),
            ("0::/lxc.payload.longer-than-twelve/init.scope\n".into(), Some("longer-than-twelve")),
            ("0::/machine.slice/machine-deb.scope\n".into(), Some("deb")),
            ("0::/system.slice/nginx.service\n".into(), Some("nginx.service")),
            ("0::/user.slice/user-0.slice/session-1.scope\n".into(), None),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n".into(), None),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n".into(),
                Some("x.service"),
            ),
            ("0::/\n".into(), None),
            ("12:cpu:/x.service\n1:name=systemd:/system.slice/ssh.service\n".into(), Some("ssh.service")),
            (format!("0::/docker-{}.scope", &ID[1..]), None),
        ] {
            let found = container_or_unit(text.as_bytes());
            assert_eq!(found.as_ref().map(SystemBytes::as_bytes), name.map(str::as_bytes), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _name = (container_or_unit(&bytes), container_or_unit(&[b"0::", &bytes[..]].concat()));
        }
    }
}
