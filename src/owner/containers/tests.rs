//! Files as the runtimes write them, below a directory of the test.

use std::fs;

use serde_json::json;

use super::*;
use crate::model::{Container, Pod};
use crate::text::escape;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NOW: Duration = Duration::from_secs(1000);

struct Machine {
    dir: tempfile::TempDir,
    containers: Containers,
}

impl Machine {
    /// User 1000 runs the program; its home is in `home`.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let containers = Containers::new(dir.path());
        containers.home.set(Some((Uid(1000), dir.path().join("home")))).unwrap();
        Self { dir, containers }
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What is told of the container: its runtime, name and image, its pod and namespace.
    fn tell(&mut self, runtime: Runtime, user: Option<u32>, now: Duration) -> [String; 5] {
        let mut workload = Workload {
            user: user.map(Uid),
            container: Some(Container::new(ID, runtime)),
            pod: Some(Pod { uid: "1".into(), name: None, namespace: None }),
            ..Workload::default()
        };
        self.containers.describe(&mut workload, now);
        let (container, pod) = (workload.container.unwrap(), workload.pod.unwrap());
        let text =
            |value: Option<SystemBytes>| value.map_or("-".into(), |value| escape(value.as_bytes()).into());
        let word = container.runtime.word().to_owned();
        [word, text(container.name), text(container.image), text(pod.name), text(pod.namespace)]
    }
}

const DOCKER_FILE: &str = "var/lib/docker/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/config.v2.json";

#[test]
fn docker_tells_name_and_image() {
    let file = json!({"Name": "/web", "Config": {"Image": "nginx:1.27", "Labels": {"a": "b"}}, "Pid": 7});
    for runtime in [Runtime::Docker, Runtime::Unknown] {
        let mut machine = Machine::new();
        machine.write(DOCKER_FILE, file.to_string());
        assert_eq!(machine.tell(runtime, None, NOW), ["docker", "web", "nginx:1.27", "-", "-"]);
    }
    let mut machine = Machine::new();
    machine.write(
        &DOCKER_FILE.replace("var/lib/docker", "var/snap/docker/common/var-lib-docker"),
        file.to_string(),
    );
    assert_eq!(machine.tell(Runtime::Docker, None, NOW)[1], "web", "Docker as a snap");
    let mut machine = Machine::new();
    let labels = json!({"io.kubernetes.container.name": "app", "io.kubernetes.pod.name": "app-1", "io.kubernetes.pod.namespace": "shop"});
    let file = json!({"Name": "/k8s_app_app-1_shop_1_0", "Config": {"Image": "app", "Labels": labels}});
    machine.write(DOCKER_FILE, file.to_string());
    assert_eq!(machine.tell(Runtime::Docker, None, NOW), ["docker", "app", "app", "app-1", "shop"]);
}

#[test]
fn containerd_tells_by_annotations_in_whatever_namespace() {
    let of = |state: &str, namespace: &str| {
        format!("{state}/io.containerd.runtime.v2.task/{namespace}/{ID}/config.json")
    };
    let file = |namespace| of("run/containerd", namespace);
    let kubernetes = json!({"annotations": {
        "io.kubernetes.cri.container-name": "app",
        "io.kubernetes.cri.image-name": "registry.example/app:2",
        "io.kubernetes.cri.sandbox-name": "app-1",
        "io.kubernetes.cri.sandbox-namespace": "shop",
    }});
    for runtime in [Runtime::Containerd, Runtime::Unknown] {
        let mut machine = Machine::new();
        machine.write(&file("k8s.io"), kubernetes.to_string());
        let told = machine.tell(runtime, None, NOW);
        assert_eq!(told, ["containerd", "app", "registry.example/app:2", "app-1", "shop"]);
    }
    let mut machine = Machine::new();
    machine.write(&of("run/k3s/containerd", "k8s.io"), kubernetes.to_string());
    assert_eq!(machine.tell(Runtime::Containerd, None, NOW)[1], "app", "the containerd of K3s");
    assert_eq!(machine.tell(Runtime::Containerd, Some(1000), NOW)[1], "-", "not for a user");
    let mut machine = Machine::new();
    machine.write(&file("default"), json!({"annotations": {"nerdctl/name": "web"}}).to_string());
    assert_eq!(machine.tell(Runtime::Containerd, None, NOW), ["containerd", "web", "-", "-", "-"]);
}

fn list(id: &str, name: &str) -> String {
    let metadata = json!({"image-name": "docker.io/library/nginx:latest", "name": name}).to_string();
    json!([{"id": id, "names": [name], "image": "ab", "metadata": metadata}]).to_string()
}

#[test]
fn podman_and_crio_tell_by_their_storage() {
    let storage = "var/lib/containers/storage/overlay-containers";
    for runtime in [Runtime::Podman, Runtime::Unknown] {
        let mut machine = Machine::new();
        machine.write(&format!("{storage}/containers.json"), list(ID, "web"));
        machine.write(
            &format!("{storage}/{ID}/userdata/config.json"),
            json!({"annotations": {"x": "y"}}).to_string(),
        );
        let told = machine.tell(runtime, None, NOW);
        assert_eq!(told, ["podman", "web", "docker.io/library/nginx:latest", "-", "-"]);
    }
    let annotations = json!({"annotations": {
        "io.kubernetes.container.name": "app",
        "io.kubernetes.cri-o.ImageName": "registry.example/app:2",
        "io.kubernetes.pod.name": "app-1",
        "io.kubernetes.pod.namespace": "shop",
    }});
    for (runtime, bundles) in
        [(Runtime::CriO, storage), (Runtime::Unknown, "run/containers/storage/overlay-containers")]
    {
        let mut machine = Machine::new();
        machine.write(&format!("{bundles}/containers.json"), list(ID, "k8s_app_app-1_shop_1_0"));
        machine.write(&format!("{bundles}/{ID}/userdata/config.json"), annotations.to_string());
        assert_eq!(
            machine.tell(runtime, None, NOW),
            ["cri-o", "app", "registry.example/app:2", "app-1", "shop"]
        );
    }
}

/// A user names cgroups in its slice at will: no name of the system's containers is told for them.
#[test]
fn what_runs_for_a_user_is_looked_up_in_its_own_home_alone() {
    let nothing = ["docker", "-", "-", "-", "-"];
    let mut machine = Machine::new();
    let system = json!({"Name": "/system", "Config": {"Image": "s"}}).to_string();
    machine.write(DOCKER_FILE, system);
    assert_eq!(machine.tell(Runtime::Docker, Some(1000), NOW), nothing);
    assert_eq!(machine.tell(Runtime::Docker, Some(0), NOW), ["docker", "system", "s", "-", "-"]);
    let mut machine = Machine::new();
    let own = json!({"Name": "/own", "Config": {"Image": "o"}}).to_string();
    machine.write(&format!("home/.local/share/docker/containers/{ID}/config.v2.json"), own);
    machine.write("home/.local/share/containers/storage/overlay-containers/containers.json", list(ID, "pod"));
    assert_eq!(machine.tell(Runtime::Docker, Some(1000), NOW), ["docker", "own", "o", "-", "-"]);
    assert_eq!(machine.tell(Runtime::Podman, Some(1000), NOW)[1], "own", "one id is one container");
    assert_eq!(machine.tell(Runtime::Docker, Some(1001), NOW), nothing, "somebody else's home");
    assert_eq!(machine.tell(Runtime::Docker, None, NOW), nothing);
    let mut machine = Machine::new();
    machine.write("home/.local/share/containers/storage/overlay-containers/containers.json", list(ID, "pod"));
    assert_eq!(machine.tell(Runtime::Podman, Some(1000), NOW)[1], "pod");
}

#[test]
fn hostile_and_broken_files_tell_nothing() {
    let nothing = ["docker", "-", "-", "-", "-"];
    let named = |name: &str| json!({"Name": name}).to_string();
    let long = "x".repeat(1025);
    let huge = format!("{}{}", named("/web"), " ".repeat(4 * 1024 * 1024));
    let deep = "[".repeat(100_000);
    for text in [
        &b""[..],
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{\"Name\": \"/w\xffb\"}",
        br#"{"Name": 7}"#,
        named("/").as_bytes(),
        named(&long).as_bytes(),
        huge.as_bytes(),
        deep.as_bytes(),
    ] {
        let mut machine = Machine::new();
        machine.write(DOCKER_FILE, text);
        let shown = String::from_utf8_lossy(&text[..text.len().min(40)]);
        assert_eq!(machine.tell(Runtime::Docker, None, NOW), nothing, "{shown}");
    }
    let mut machine = Machine::new();
    machine.write(DOCKER_FILE, named("/\u{1b}[31m\u{202e}"));
    assert_eq!(
        machine.tell(Runtime::Docker, None, NOW)[1],
        r"\x1b[31m\u{202e}",
        "kept as bytes, for the escaper"
    );
}

#[test]
fn only_regular_files_are_read() {
    let nothing = ["docker", "-", "-", "-", "-"];
    let text = json!({"Name": "/web"}).to_string();
    let mut machine = Machine::new();
    machine.write("elsewhere", &text);
    let file = machine.dir.path().join(DOCKER_FILE);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(machine.dir.path().join("elsewhere"), &file).unwrap();
    assert_eq!(machine.tell(Runtime::Docker, None, NOW), nothing, "a link");
    let mut machine = Machine::new();
    fs::create_dir_all(machine.dir.path().join(DOCKER_FILE)).unwrap();
    assert_eq!(machine.tell(Runtime::Docker, None, NOW), nothing, "a directory");
    let mut machine = Machine::new();
    let file = machine.dir.path().join(DOCKER_FILE);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(fifo.success());
    assert_eq!(machine.tell(Runtime::Docker, None, NOW), nothing, "a FIFO, which would wait for ever");
}

#[test]
fn ids_lead_nowhere_else() {
    let mut machine = Machine::new();
    machine.write("var/lib/docker/config.v2.json", json!({"Name": "/web"}).to_string());
    for id in ["..", "", "0123", &format!("../{}", &ID[3..]), &format!("{ID}/"), &"g".repeat(64)] {
        let mut workload =
            Workload { container: Some(Container::new(id, Runtime::Docker)), ..Workload::default() };
        let before = workload.clone();
        machine.containers.describe(&mut workload, NOW);
        assert_eq!(workload, before, "{id}");
        assert_eq!(machine.containers.known.len(), 0, "{id} was looked up");
    }
}

#[test]
fn an_answer_is_remembered_and_the_lack_of_one_for_a_while() {
    let seconds = |after| NOW + Duration::from_secs(after);
    let mut machine = Machine::new();
    let name = |machine: &mut Machine, after| machine.tell(Runtime::Docker, None, seconds(after))[1].clone();
    assert_eq!(name(&mut machine, 0), "-");
    machine.write(DOCKER_FILE, json!({"Name": "/web"}).to_string());
    assert_eq!(name(&mut machine, 9), "-");
    assert_eq!(name(&mut machine, 10), "web");
    machine.write(DOCKER_FILE, json!({"Name": "/renamed"}).to_string());
    assert_eq!(name(&mut machine, 309), "web");
    assert_eq!(name(&mut machine, 310), "renamed");

    let list_file = "var/lib/containers/storage/overlay-containers/containers.json";
    let mut machine = Machine::new();
    machine.write(list_file, list(&"a".repeat(64), "other"));
    let name = |machine: &mut Machine, after| machine.tell(Runtime::Podman, None, seconds(after))[1].clone();
    assert_eq!(name(&mut machine, 0), "-");
    machine.write(list_file, list(ID, "web"));
    assert_eq!(name(&mut machine, 9), "-");
    assert_eq!(name(&mut machine, 10), "web");
}

#[test]
fn containers_by_their_addresses() {
    let mut machine = Machine::new();
    let write = |digit: &str, name: &str, networks: serde_json::Value| {
        let path = format!("var/lib/docker/containers/{}/config.v2.json", digit.repeat(64));
        let file = json!({"Name": format!("/{name}"), "NetworkSettings": {"Networks": networks}});
        machine.write(&path, file.to_string());
    };
    let v4 = |addr: &str| json!({"IPAddress": addr});
    write(
        "1",
        "web",
        json!({"a": v4("172.17.0.2"), "b": {"IPAddress": "10.0.0.2", "GlobalIPv6Address": "fd00::2"}}),
    );
    write("2", "stopped", json!({"a": v4(""), "b": null}));
    write("3", "here", json!({"a": v4("10.1.0.2")}));
    write("4", "there", json!({"a": v4("10.1.0.2")}));
    write("x", "no id", json!({"a": v4("10.2.0.2")}));
    let name = |machine: &mut Machine, addr: &str, now| {
        let found = machine.containers.at(addr.parse().unwrap(), now);
        found.map(|container| String::from_utf8(container.name.unwrap().as_bytes().to_vec()).unwrap())
    };
    for addr in ["172.17.0.2", "10.0.0.2", "fd00::2"] {
        assert_eq!(name(&mut machine, addr, NOW).as_deref(), Some("web"), "{addr}");
    }
    for addr in ["10.1.0.2", "10.2.0.2", "0.0.0.0", "172.17.0.3"] {
        assert_eq!(name(&mut machine, addr, NOW), None, "{addr}");
    }
    let later = format!("var/lib/docker/containers/{}/config.v2.json", "5".repeat(64));
    let file = json!({"Name": "/later", "NetworkSettings": {"Networks": {"a": v4("172.17.0.3")}}});
    machine.write(&later, file.to_string());
    assert_eq!(name(&mut machine, "172.17.0.3", NOW + Duration::from_secs(9)), None);
    assert_eq!(name(&mut machine, "172.17.0.3", NOW + RETRY).as_deref(), Some("later"));
}
