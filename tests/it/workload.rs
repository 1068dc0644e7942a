//! Units, sessions, containers and pods in the JSON, as a scenario has them. Real cgroups need root:
//! `tests/privileged/names.rs`.

use crate::document::{Container, Document, Owner, Pod};
use crate::harness::{assert_harmless, run, sockeye};
use crate::stock::write_file;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The socket-level unit and container, and the owner, of a listener whose process is in a cgroup.
fn told(process: &str) -> (Option<String>, Option<String>, Owner) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scenario.toml");
    let script = format!(
        "[process.p]\npid = 1\ncomm = 'p'\n{}\n\
         [socket.s]\ncookie = 1\nprotocol = 'tcp'\nstate = 'listen'\nlocal = '0.0.0.0:80'\nowners = ['p:3']\n\
         [[sample]]\nat = 0\nsockets = ['s']\n",
        process.replace("ID", ID)
    );
    write_file(&file, script);
    let source = format!("scenario:{}", file.to_str().unwrap());
    let ran = run(&mut sockeye(&["--json", "--source", &source]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_harmless(process, &ran.stdout);
    let [socket] = Document::read(&ran.stdout).sockets.try_into().unwrap();
    let [owner] = socket.owners.unwrap().try_into().unwrap();
    (socket.unit, socket.container, owner)
}

fn container(runtime: &str, name: Option<&str>, image: Option<&str>) -> Container {
    let (name, image) = (name.map(str::to_owned), image.map(str::to_owned));
    Container { id: ID.to_owned(), runtime: runtime.to_owned(), name, image }
}

#[test]
fn a_unit_and_nothing_else() {
    let (unit, in_container, owner) = told("cgroup = '/system.slice/nginx.service'");
    assert_eq!((unit, in_container), (Some("nginx.service".to_owned()), None));
    assert_eq!(owner.unit, Some("nginx.service".to_owned()));
    assert_eq!((owner.user_unit, owner.session, owner.container, owner.pod), (None, None, None, None));
}

#[test]
fn sessions_and_units_of_users() {
    let (unit, _, owner) = told("cgroup = '/user.slice/user-1000.slice/session-3.scope'");
    assert_eq!(
        (unit, owner.session, owner.user_unit),
        (Some("session-3.scope".to_owned()), Some("3".to_owned()), None)
    );
    let (unit, _, owner) =
        told("cgroup = '/user.slice/user-1000.slice/user@1000.service/app.slice/web.service'");
    assert_eq!(
        (unit, owner.user_unit),
        (Some("user@1000.service".to_owned()), Some("web.service".to_owned()))
    );
}

#[test]
fn a_container_by_name_else_by_id() {
    let (unit, by_name, owner) =
        told("cgroup = '/system.slice/docker-ID.scope'\ncontainer_name = 'web'\nimage = 'nginx:1.27'");
    assert_eq!((unit, by_name, &owner.unit), (None, Some("web".to_owned()), &None));
    assert_eq!(owner.container, Some(container("docker", Some("web"), Some("nginx:1.27"))));
    let (unit, by_id, owner) = told("cgroup = '/system.slice/web.service/libpod-payload-ID'");
    assert_eq!((unit, by_id), (Some("web.service".to_owned()), Some(ID.to_owned())));
    assert_eq!(owner.container, Some(container("podman", None, None)));
}

#[test]
fn pods() {
    let (_, in_container, owner) = told("cgroup = '/kubepods/burstable/pod2c48913c-b29f/ID'");
    assert_eq!(in_container, Some(ID.to_owned()));
    assert_eq!(owner.container, Some(container("unknown", None, None)));
    assert_eq!(owner.pod, Some(Pod { uid: "2c48913c-b29f".to_owned(), name: None, namespace: None }));
}

#[test]
fn names_that_deceive_are_escaped() {
    let (unit, by_name, owner) = told(
        r"cgroup = '/lxc.payload.\x1b[2J\u{202e}/system.slice/a\x5cx2db\xff.service'
          image = '\x07'",
    );
    assert_eq!(unit, Some(r"a\\x2db\xff.service".to_owned()));
    assert_eq!(by_name, Some(r"\x1b[2J\u{202e}".to_owned()));
    let container = owner.container.unwrap();
    assert_eq!((container.id.as_str(), container.image), (r"\x1b[2J\u{202e}", Some(r"\x07".to_owned())));
}

#[test]
fn without_a_cgroup_nothing_is_known() {
    let (unit, in_container, owner) = told("");
    assert_eq!((unit, in_container, owner.unit, owner.container), (None, None, None, None));
}
