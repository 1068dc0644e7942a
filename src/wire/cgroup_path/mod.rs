//! The path of a cgroup: the unit, session, container and pod that it was made for. Reads nothing.
//!
//! Whoever makes a cgroup names it, by customs of systemd and of the container runtimes. What is
//! found is a name to show, and proof of nothing.

use crate::model::{Container, Pod, Runtime, SystemBytes, Uid, Workload};

#[cfg(test)]
mod tests;

/// What stands before the id of a container: `docker-<id>.scope`, `libpod-<id>`,
/// `kubepods.slice:cri-containerd:<id>`.
const PREFIXES: &[(&[u8], Runtime)] = &[
    (b"docker", Runtime::Docker),
    (b"libpod", Runtime::Podman),
    (b"libpod-payload", Runtime::Podman), // podman run --cgroups=split
    (b"crio", Runtime::CriO),
    (b"cri-containerd", Runtime::Containerd),
    (b"nerdctl", Runtime::Containerd),
];
/// The cgroups in which containers stand under a bare id. Below `kubepods` it may be anybody's.
const PARENTS: &[(&[u8], Runtime)] = &[
    (b"docker", Runtime::Docker),
    (b"ecs", Runtime::Docker),
    (b"libpod_parent", Runtime::Podman),
    (b"default", Runtime::Containerd), // the namespace of ctr and nerdctl
];
/// Process by process of Podman and CRI-O: it watches the container and is not in it.
const MONITOR: &[u8] = b"conmon";
/// The kinds of units that have a cgroup, slices aside (`unit_vtable` of systemd's `core/unit.c`).
const UNITS: [&[u8]; 5] = [b".service", b".scope", b".socket", b".mount", b".swap"];

/// What the path of a cgroup says about the processes in it.
#[must_use]
pub fn workload(path: &[u8]) -> Workload {
    // cgroups(7): appended when the cgroup was removed before its last process was reaped.
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    // From inside of a cgroup namespace, what is outside begins with `/..`.
    let parts: Vec<&[u8]> =
        path.split(|b| *b == b'/').filter(|part| !part.is_empty() && *part != b"..").collect();
    let mut all = (0..parts.len()).filter_map(|at| Some((at, container(&parts, at)?)));
    let first = all.next();
    let outermost = first.as_ref().map_or(parts.len(), |(at, _)| *at);
    let (before, last) = all.fold((None, first), |(_, last), next| (last.map(|(at, _)| at), Some(next)));
    let mut found = match last {
        None => units(&parts),
        Some((at, container)) => {
            let within = parts.get(at + 1..).unwrap_or_default();
            let around = parts.get(before.map_or(0, |before| before + 1)..at).unwrap_or_default();
            let around = if before.is_none() { units(around) } else { units(from_unit(around)) };
            // systemd-nspawn@NAME.service is a container and a unit that a person started.
            let itself = parts.get(at).filter(|part| part.ends_with(b".service"));
            let mut found = Some(units(from_unit(within))).filter(|inner| inner.unit.is_some());
            let found = found.get_or_insert(around);
            let unit = found.unit.take().or(itself.map(SystemBytes::from));
            Workload { unit, container: Some(container), ..found.clone() }
        }
    };
    found.user = parts.get(..outermost).unwrap_or_default().iter().find_map(|part| user_of(part));
    found.pod = pod(&parts);
    found
}

/// The container whose cgroup the part at this place is.
fn container(parts: &[&[u8]], at: usize) -> Option<Container> {
    let part = *parts.get(at)?;
    let parent = at.checked_sub(1).and_then(|above| parts.get(above)).copied();
    let child = parts.get(at + 1).copied();
    if let Some((id, prefix)) = identified(part) {
        let runtime = if prefix.is_empty() { of_parents(&parts[..at]) } else { of(PREFIXES, prefix) };
        return Some(Container::new(id, runtime.unwrap_or(Runtime::Unknown)));
    }
    if let Some(name) = part.strip_prefix(b"lxc.payload.") {
        return named(name, Runtime::Lxc);
    }
    if parent.is_some_and(|parent| parent == b"lxc" || parent == b"lxc.payload") {
        return named(part, Runtime::Lxc);
    }
    if let Some(name) = part.strip_prefix(b"systemd-nspawn@").and_then(|name| name.strip_suffix(b".service"))
    {
        return named(&unescape(name), Runtime::Nspawn).filter(|_| child == Some(b"payload"));
    }
    if let Some(name) = part.strip_prefix(b"machine-").and_then(|name| name.strip_suffix(b".scope")) {
        return machine(&unescape(name)).filter(|_| child != Some(b"supervisor"));
    }
    // AWS Fargate: /ecs/<task>/<task>-<number>, where a task is 32 hexadecimal digits.
    let (task, number) = parent.and_then(|parent| Some((parent, part.strip_prefix(parent)?)))?;
    let number = number.strip_prefix(b"-")?;
    let fargate = is_hex(task, 32) && !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    fargate.then(|| Container::new(part, Runtime::Unknown))
}

/// The id of a container and the word before it, which may be empty.
fn identified(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = part.strip_suffix(b".scope").unwrap_or(part);
    let separator = name.iter().rposition(|b| matches!(b, b'-' | b':'));
    let (before, id) = match separator {
        None => (&[][..], name),
        Some(at) => (&name[..at], &name[at + 1..]),
    };
    let prefix = before.rsplit(|b| *b == b':').next().unwrap_or(before);
    (is_hex(id, 64) && !prefix.ends_with(MONITOR)).then_some((id, prefix))
}

fn is_hex(text: &[u8], digits: usize) -> bool {
    text.len() == digits && text.iter().all(u8::is_ascii_hexdigit)
}

fn of(table: &[(&[u8], Runtime)], name: &[u8]) -> Option<Runtime> {
    table.iter().find(|(known, _)| *known == name).map(|(_, runtime)| *runtime)
}

/// Looks up the parents as far as the next container: what is above that ran another one.
fn of_parents(above: &[&[u8]]) -> Option<Runtime> {
    let within = above.iter().rev().take_while(|part| identified(part).is_none());
    within.into_iter().find_map(|part| of(PARENTS, part))
}

/// A container that is known by its name alone.
fn named(name: &[u8], runtime: Runtime) -> Option<Container> {
    let name = SystemBytes::from(name);
    (!name.is_empty()).then(|| Container { name: Some(name.clone()), ..Container::new(name, runtime) })
}

/// A machine of systemd-machined. libvirt registers as `qemu-1-NAME` what is no container, and as
/// `lxc-1-NAME` what is one (`virDomainDriverGenerateMachineName`).
fn machine(name: &[u8]) -> Option<Container> {
    let numbered = |kind: &[u8]| {
        let rest = name.strip_prefix(kind)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        (digits > 0).then(|| rest.get(digits..)?.strip_prefix(b"-")).flatten()
    };
    match (numbered(b"qemu-"), numbered(b"lxc-")) {
        (Some(_), _) => None,
        (None, Some(name)) => named(name, Runtime::Lxc),
        (None, None) => named(name, Runtime::Nspawn),
    }
}

/// The units of a path, found as systemd finds them (`cg_path_get_unit` and `cg_path_get_user_unit`
/// of its `basic/cgroup-util.c`): slices first, then the unit, then what the unit likes.
fn units(parts: &[&[u8]]) -> Workload {
    let mut rest = parts.iter().skip_while(|part| is_slice(part));
    let mut found = Workload { unit: rest.next().and_then(|part| unit(part)), ..Workload::default() };
    let Some(name) = &found.unit else { return found };
    let name = name.as_bytes();
    let session = name.strip_prefix(b"session-").and_then(|name| name.strip_suffix(b".scope"));
    if session.is_some() || is_manager(name) {
        found.session = session.map(SystemBytes::from);
        found.user_unit = rest.find(|part| !is_slice(part)).and_then(|part| unit(part));
    }
    found
}

/// The path from its first slice or unit on. Containers have a cgroup between, as `payload` or `ns`.
fn from_unit<'a, 'b>(parts: &'a [&'b [u8]]) -> &'a [&'b [u8]] {
    let at = parts.iter().position(|part| is_slice(part) || unit(part).is_some());
    parts.get(at.unwrap_or(parts.len())..).unwrap_or_default()
}

/// The manager of a user's units. Everything that the user does may be below it.
#[must_use]
pub fn is_manager(unit: &[u8]) -> bool {
    unit.starts_with(b"user@") && unit.ends_with(b".service")
}

fn is_slice(part: &[u8]) -> bool {
    part.ends_with(b".slice")
}

/// The name of a unit as `systemctl` takes it: `\x2d` in it stays. A leading `_` was put before
/// what could be taken for a file of the kernel (`cg_escape`).
fn unit(part: &[u8]) -> Option<SystemBytes> {
    let name = part.strip_prefix(b"_").unwrap_or(part);
    let known = UNITS.iter().any(|kind| name.len() > kind.len() && name.ends_with(kind));
    known.then(|| name.into())
}

/// `user-UID.slice`
fn user_of(part: &[u8]) -> Option<Uid> {
    let digits = part.strip_prefix(b"user-")?.strip_suffix(b".slice")?;
    let plain = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok().map(Uid)
}

/// The innermost pod: `kubepods-burstable-pod<uid>.slice` with `_` for `-`, or `pod<uid>` below
/// `kubepods` (`pkg/kubelet/cm` of Kubernetes).
fn pod(parts: &[&[u8]]) -> Option<Pod> {
    const KUBEPODS: &[u8] = b"kubepods";
    let uid = parts.iter().enumerate().rev().find_map(|(at, part)| {
        let name = part.split(|b| *b == b':').next().unwrap_or(part);
        if let Some(uid) = name.strip_prefix(b"pod") {
            return parts[..at].iter().any(|above| above.ends_with(KUBEPODS)).then_some(uid);
        }
        let name = name.strip_suffix(b".slice")?;
        let pod = name.windows(4).rposition(|four| four == b"-pod")?;
        let kubepods = name[..pod].windows(KUBEPODS.len()).any(|word| word == KUBEPODS);
        kubepods.then(|| &name[pod + 4..])
    })?;
    let uid: Vec<u8> = uid.iter().map(|b| if *b == b'_' { b'-' } else { *b }).collect();
    let valid = !uid.is_empty() && uid.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    valid.then(|| Pod { uid: uid.into(), name: None, namespace: None })
}

/// Undoes `unit_name_escape` of systemd: `\x2d` is one byte. What is no escape stays.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, tail)) = rest.split_first() {
        let digits = rest.strip_prefix(b"\\x").and_then(|digits| digits.get(..2));
        let digits = digits.filter(|digits| is_hex(digits, 2)).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[4..] } else { tail };
    }
    out
}
