//! `/proc/PID/cgroup`: the container or unit that a process belongs to, by the name of its cgroup
//! (cgroups(7)).
//!
//! Cgroups are named by whoever makes them. What is returned is a name to show, and proof of nothing.

use crate::model::SystemBytes;

/// How much of a container's id people are used to see.
const SHORT: usize = 12;
const PAYLOADS: [&[u8]; 2] = [b"lxc.payload.", b"machine-"];

/// The container, or else the unit, in which a process runs. Containers count before units,
/// because a container often runs units of its own; of several the innermost counts.
#[must_use]
pub fn container_or_unit(text: &[u8]) -> Option<SystemBytes> {
    // The unified hierarchy, or what systemd uses on hosts that have the old ones.
    let paths = || {
        let unified = text.split(|b| *b == b'\n').filter_map(|line| line.strip_prefix(b"0::"));
        let named = text.split(|b| *b == b'\n').filter_map(|line| {
            let rest = &line[line.iter().position(|b| *b == b':')? + 1..];
            rest.strip_prefix(b"name=systemd:")
        });
        unified.chain(named)
    };
    let parts = || paths().flat_map(|path| path.rsplit(|b| *b == b'/'));
    parts().find_map(container).or_else(|| parts().find_map(unit))
}

/// `docker-<id>.scope`, `cri-containerd-<id>.scope`, a bare id, `lxc.payload.NAME`.
fn container(part: &[u8]) -> Option<SystemBytes> {
    let scope = part.strip_suffix(b".scope").unwrap_or(part);
    let id = scope.rsplit(|b| *b == b'-').next().unwrap_or(scope);
    if id.len() == 64 && id.iter().all(u8::is_ascii_hexdigit) {
        return Some(id[..SHORT].into());
    }
    let name = PAYLOADS.iter().find_map(|payload| scope.strip_prefix(*payload))?;
    (!name.is_empty()).then(|| name.into())
}

/// A service. Not the manager of a user's services: everything that the user does is below it.
fn unit(part: &[u8]) -> Option<SystemBytes> {
    (part.ends_with(b".service") && !part.starts_with(b"user@")).then(|| part.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

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
            ("0::/machine.slice/machine-deb.scope\n".into(), Some("deb")),
            ("0::/system.slice/nginx.service\n".into(), Some("nginx.service")),
            ("0::/user.slice/user-0.slice/session-1.scope\n".into(), None),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n".into(), None),
            ("0::/\n".into(), None),
            ("12:cpu:/x.service\n1:name=systemd:/system.slice/ssh.service\n".into(), Some("ssh.service")),
            (String::new(), None),
            ("garbage".into(), None),
            (format!("0::/docker-{}.scope", &ID[1..]), None),
        ] {
            let found = container_or_unit(text.as_bytes());
            assert_eq!(found.as_ref().map(SystemBytes::as_bytes), name.map(str::as_bytes), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _name = container_or_unit(&bytes);
        }
    }
}
