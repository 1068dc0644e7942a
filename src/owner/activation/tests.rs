//! Unit files as machines have them, in a directory of their own.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use super::*;
use crate::model::{
    Basics, Cookie, Ends, Family, Fd, Held, Identity, Inode, NetnsId, Owners, Pid, PortRange, ProcessId,
    Protocol, SocketType, State, UnixName,
};
use crate::wire::cgroup_path;

fn process(pid: u32, comm: &str, cgroup: &str) -> Held {
    let workload = Some(Arc::new(cgroup_path::workload(cgroup.as_bytes())));
    let id = ProcessId { pid: Pid(pid), start: 0 };
    let process = Process { workload, ..Process::named(id, comm.into()) };
    Held { process: Arc::new(process), thread: None, ring: false, fds: vec![Fd(3)] }
}

/// A listener on this path, held by these.
fn listener(path: &str, owners: Vec<Held>) -> Socket {
    let basics = Basics {
        key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(1)) },
        family: Family::Unix,
        protocol: Protocol::Unix,
        kind: SocketType::Stream,
        state: State::Listen,
        ends: Ends::Unix { name: Some(UnixName::Path(path.into())), peer: None },
        inode: Inode::new(1),
    };
    Socket { owners: Owners::of(owners), ..Socket::new(basics, &PortRange::default()) }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn link(root: &Path, path: &str, target: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

fn told(activations: &mut Activations, socket: Socket) -> Option<String> {
    let found = activations.of(&[socket], jiff::Timestamp::UNIX_EPOCH).into_values().next();
    found.map(|name| String::from_utf8(name.as_bytes().to_vec()).unwrap())
}

fn init() -> Vec<Held> {
    vec![process(1, "systemd", "/init.scope")]
}

#[test]
fn the_files_of_a_machine() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let lib = |name: &str, listens: &str| {
        write(
            root,
            &format!("usr/lib/systemd/system/{name}"),
            &format!("[Socket]\nListenStream={listens}\n"),
        );
    };
    lib("plain.socket", "/run/plain");
    link(root, "etc/systemd/system/alias.socket", "/usr/lib/systemd/system/plain.socket");
    lib("masked.socket", "/run/masked");
    link(root, "etc/systemd/system/masked.socket", "/dev/null");
    lib("replaced.socket", "/run/old");
    write(root, "etc/systemd/system/replaced.socket", "[Socket]\nListenStream=/run/new\n");
    lib("moved.socket", "/run/before");
    write(
        root,
        "run/systemd/generator/moved.socket.d/addresses.conf",
        "[Socket]\nListenStream=\nListenStream=/run/after\nService=mover.service\n",
    );
    write(root, "etc/systemd/system/moved.socket.d/noise.txt", "[Socket]\nListenStream=\n");
    link(root, "etc/systemd/system/linked.socket", "/srv/linked.socket");
    write(root, "srv/linked.socket", "[Socket]\nListenStream=/run/linked\n");
    lib("web@.socket", "/run/web-%i");
    link(root, "etc/systemd/system/sockets.target.wants/web@a.socket", "/usr/lib/systemd/system/web@.socket");
    lib("one.socket", "/run/both");
    lib("other.socket", "/run/both");
    lib("enabled.socket", "/run/three");
    lib("disabled.socket", "/run/three");
    link(root, "etc/systemd/system/sockets.target.wants/enabled.socket", "../enabled.socket");
    let mut activations = Activations::new(root);
    for (path, unit) in [
        ("/run/plain", Some("plain.service")),
        ("/run/masked", None),
        ("/run/old", None),
        ("/run/new", Some("replaced.service")),
        ("/run/before", None),
        ("/run/after", Some("mover.service")),
        ("/run/linked", Some("linked.service")),
        ("/run/web-a", Some("web@a.service")),
        ("/run/web-", None),
        ("/run/both", None), // nobody can tell
        ("/run/three", Some("enabled.service")),
    ] {
        assert_eq!(told(&mut activations, listener(path, init())).as_deref(), unit, "{path}");
    }
}

#[test]
fn only_what_a_manager_holds_alone_will_be_activated() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "usr/lib/systemd/system/a.socket", "[Socket]\nListenStream=/run/a\n");
    write(root, "usr/lib/systemd/user/u.socket", "[Socket]\nListenStream=%t/u\n");
    let mut activations = Activations::new(root);
    let mut of = |path: &str, owners| told(&mut activations, listener(path, owners));
    assert_eq!(of("/run/a", init()).as_deref(), Some("a.service"));
    let service = || process(70, "a", "/system.slice/a.service");
    assert_eq!(of("/run/a", vec![init().remove(0), service()]), None, "it runs");
    assert_eq!(of("/run/a", vec![service()]), None);
    let user = |comm: &str, cgroup: &str| vec![process(80, comm, cgroup)];
    let scope = "/user.slice/user-1000.slice/user@1000.service/init.scope";
    assert_eq!(of("/run/user/1000/u", user("systemd", scope)).as_deref(), Some("u.service"));
    assert_eq!(of("/run/user/1001/u", user("systemd", scope)), None, "of another user");
    assert_eq!(of("/run/a", user("systemd", scope)), None, "of the system");
    assert_eq!(of("/run/user/1000/u", user("(sd-pam)", scope)), None);
    let inside = format!("/lxc.payload.c{scope}");
    assert_eq!(of("/run/user/1000/u", user("systemd", &inside)), None, "of a container");
}

/// Makes a directory one that changed that many seconds after 1970.
fn changed_at(dir: &Path, seconds: u64) {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    fs::File::open(dir).unwrap().set_modified(at).unwrap();
}

#[test]
fn a_change_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let mut activations = Activations::new(root);
    let mut of = |now: i64| {
        let now = jiff::Timestamp::from_second(now).unwrap();
        let found = activations.of(&[listener("/run/a", init())], now).into_values().next();
        found.map(|name| String::from_utf8(name.as_bytes().to_vec()).unwrap())
    };
    assert_eq!(of(1000), None);
    write(root, "etc/systemd/system/a.socket", "[Socket]\nListenStream=/run/a\n");
    let (units, parts) = (root.join("etc/systemd/system"), root.join("etc/systemd/system/a.socket.d"));
    changed_at(&units, 500);
    assert_eq!(of(1000).as_deref(), Some("a.service"));
    write(root, "etc/systemd/system/a.socket.d/b.conf", "[Socket]\nService=b.service\n");
    changed_at(&units, 501);
    changed_at(&parts, 501);
    assert_eq!(of(1000).as_deref(), Some("b.service"));
    // Nothing is read again for nothing: what is edited in place changes no directory.
    let edit = |name: &str| {
        let text = format!("[Socket]\nService={name}.service\n");
        fs::write(parts.join("b.conf"), text).unwrap();
    };
    edit("c");
    assert_eq!(of(1000).as_deref(), Some("b.service"));
    changed_at(&parts, 999);
    assert_eq!(of(1000).as_deref(), Some("c.service"));
    // What changed a moment ago may have changed twice in one step of the clock.
    edit("d");
    assert_eq!(of(1000).as_deref(), Some("d.service"));
}
