//! Real cgroups: what a process in one is told to be part of, by root through the process and by
//! anybody through the cgroup that the kernel tells of its socket.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::Case;
use crate::document::{Container, Document, Owner, Socket};
use crate::harness::{Holder, document, eventually, run};
use crate::others::PublicCopy;

pub(crate) const CASES: &[Case] = &[
    ("names::an_owner_knows_its_container_and_its_unit", owners),
    ("names::a_socket_without_owner_is_named_by_its_cgroup", strangers),
];

pub(crate) const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Where cgroup v2 is mounted (proc(5), `mountinfo`).
pub(crate) fn mounted() -> Option<PathBuf> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let line = text.lines().find(|line| line.contains(" - cgroup2 "))?;
    line.split(' ').nth(4).map(PathBuf::from)
}

/// Why there can be no cgroups here.
pub(crate) fn missing() -> Option<&'static str> {
    let Some(root) = mounted() else { return Some("needs cgroup v2") };
    let probe = root.join(format!("sockeye-probe-{}", std::process::id()));
    let made = fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe));
    made.is_err().then_some("needs cgroup v2, writable")
}

/// A cgroup of this test, which goes when it does: after its processes, so declare it before them.
pub(crate) struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    pub(crate) fn new(name: &str) -> Self {
        let own = format!("sockeye-test-{}.slice", std::process::id());
        let path = mounted().unwrap().join(own).join(name);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// Its path below the mount.
    pub(crate) fn told(&self) -> String {
        format!("/{}", self.path.strip_prefix(mounted().unwrap()).unwrap().display())
    }

    /// Moves a process in. Its sockets are of the cgroup in which they were made.
    pub(crate) fn enter(&self, pid: u32) {
        fs::write(self.path.join("cgroup.procs"), pid.to_string()).unwrap();
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A process that has ended leaves its cgroup when it is reaped; others may be in the slice.
        let remove = |path: &Path| eventually(|| fs::remove_dir(path).map_err(|error| error.to_string()));
        remove(&self.path);
        if let Some(slice) = self.path.parent() {
            drop(fs::remove_dir(slice));
        }
    }
}

/// A listener that was made in the cgroup, and the process there that holds it alone.
pub(crate) fn listener(cgroup: &Cgroup) -> (Holder, u16) {
    // Who makes the socket must be in the cgroup, and back before anything else is tested.
    let back = fs::read_to_string("/proc/self/cgroup").unwrap();
    let back = back.lines().find_map(|line| line.strip_prefix("0::/")).unwrap().to_owned();
    cgroup.enter(std::process::id());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(mounted().unwrap().join(back).join("cgroup.procs"), std::process::id().to_string()).unwrap();
    let port = listener.local_addr().unwrap().port();
    let holder = Holder::start(OwnedFd::from(listener), Stdio::null());
    cgroup.enter(holder.pid());
    (holder, port)
}

pub(crate) fn found(told: &Document, port: u16) -> Socket {
    let is_it = |socket: &Socket| socket.local_port == Some(port.into()) && socket.state == "listen";
    told.only(is_it).expect("it is listed").clone()
}

pub(crate) fn only_owner(socket: &Socket, holder: &Holder) -> Owner {
    let [owner] = socket.owners.clone().unwrap().try_into().unwrap();
    assert_eq!(owner.pid, holder.pid());
    owner
}

fn owners() {
    let docker = Cgroup::new(&format!("docker-{ID}.scope"));
    let unit = Cgroup::new("sockeye-test.service");
    let (in_docker, docker_port) = listener(&docker);
    let (in_unit, unit_port) = listener(&unit);
    let told = document(&["--json", "-tl"]);

    let socket = found(&told, docker_port);
    let owner = only_owner(&socket, &in_docker);
    let expected = Container { id: ID.to_owned(), runtime: "docker".to_owned(), name: None, image: None };
    assert_eq!((owner.container, owner.unit, owner.pod), (Some(expected), None, None));
    assert_eq!((socket.container, socket.unit), (Some(ID.to_owned()), None));

    let socket = found(&told, unit_port);
    let owner = only_owner(&socket, &in_unit);
    assert_eq!((owner.container, owner.unit), (None, Some("sockeye-test.service".to_owned())));
    assert_eq!((socket.container, socket.unit), (None, Some("sockeye-test.service".to_owned())));
}

/// Who may not read the process still gets the cgroup of the socket from the kernel.
fn strangers() {
    let docker = Cgroup::new(&format!("docker-{ID}.scope"));
    let unit = Cgroup::new("sockeye-test.service");
    let (_in_docker, docker_port) = listener(&docker);
    let (_in_unit, unit_port) = listener(&unit);
    let ran = run(&mut PublicCopy::new().by_nobody(&["--json", "-tl"]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let told = Document::read(&ran.stdout);
    for (port, container, unit) in
        [(docker_port, Some(ID.to_owned()), None), (unit_port, None, Some("sockeye-test.service".to_owned()))]
    {
        let socket = found(&told, port);
        assert_eq!((socket.owners, socket.owner_status.as_str()), (None, "denied"));
        assert_eq!((socket.container, socket.unit), (container, unit), "{:?}", socket.cgroup);
    }
}
