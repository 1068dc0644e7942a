//! Daemons of the test, below a directory of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::{self, JoinHandle};

use serde_json::json;

use super::super::{Containers, FRESH};
use super::*;
use crate::model::{Container, SystemBytes, Workload};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NOW: Duration = Duration::from_secs(1000);

/// A daemon that gives one answer, and notes what it is asked.
struct Fake {
    path: PathBuf,
    thread: JoinHandle<Vec<String>>,
}

impl Fake {
    fn start(path: PathBuf, answer: impl Into<Vec<u8>>) -> Self {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(&path).unwrap();
        let answer = answer.into();
        let thread = thread::spawn(move || {
            let mut asked = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = vec![0; 1024];
                let length = stream.read(&mut request).unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
                if target == "/stop" {
                    return asked;
                }
                asked.push(target);
                stream.write_all(&answer).unwrap();
            }
        });
        Self { path, thread }
    }

    /// Everything that it was asked.
    fn stop(self) -> Vec<String> {
        UnixStream::connect(&self.path).unwrap().write_all(b"GET /stop HTTP/1.1\r\n\r\n").unwrap();
        self.thread.join().unwrap()
    }
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// What Docker says of a container, as far as it is of interest.
fn named(name: &str) -> String {
    http(
        200,
        &json!({"Id": ID, "Name": format!("/{name}"), "Image": "sha256:ab", "Config": {"Image": "nginx:1.27", "Labels": {}}})
            .to_string(),
    )
}

const PATIENT: Patience = Patience { question: Duration::from_mins(1), reading: Duration::from_mins(5) };

struct Machine {
    dir: tempfile::TempDir,
    containers: Containers,
}

impl Machine {
    /// `$DOCKER_HOST` is `host.sock`, `$XDG_RUNTIME_DIR` is `own`. All of them answer, so there is time for
    /// a busy machine.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut containers = Containers::new(dir.path());
        let docker_host = Some(dir.path().join("host.sock"));
        containers.ask(&RuntimePlaces { docker_host, runtime_dir: Some(dir.path().join("own")) });
        containers.daemons.as_mut().unwrap().patience = PATIENT;
        Self { dir, containers }
    }

    fn fake(&self, path: &str, answer: impl Into<Vec<u8>>) -> Fake {
        Fake::start(self.dir.path().join(path), answer)
    }

    fn workload(&mut self, id: &str, runtime: Runtime, user: Option<Uid>, seconds: u64) -> Container {
        let container = Some(Container::new(id, runtime));
        let mut workload = Workload { user, container, ..Workload::default() };
        self.containers.begin();
        self.containers.describe(&mut workload, NOW + Duration::from_secs(seconds));
        workload.container.unwrap()
    }

    /// The runtime, name and image of a container of the system.
    fn tell(&mut self, runtime: Runtime, seconds: u64) -> [String; 3] {
        let container = self.workload(ID, runtime, None, seconds);
        let text = |value: Option<SystemBytes>| {
            value.map_or("-".into(), |value| String::from_utf8(value.as_bytes().to_vec()).unwrap())
        };
        [container.runtime.word().to_owned(), text(container.name), text(container.image)]
    }

    /// Who did not tell, below the directory, and why.
    fn silent(&self) -> Vec<(String, String)> {
        let below = |silent: SilentRuntime| {
            let path = PathBuf::from(String::from_utf8(silent.socket.as_bytes().to_vec()).unwrap());
            (path.strip_prefix(self.dir.path()).unwrap().to_str().unwrap().to_owned(), silent.reason)
        };
        self.containers.silent().into_iter().map(below).collect()
    }
}

#[test]
fn each_runtime_is_asked_where_it_listens() {
    use Runtime::{Containerd, CriO, Docker, Podman, Unknown};
    for (socket, runtime, told) in [
        ("run/docker.sock", Docker, "docker"),
        ("run/docker.sock", Unknown, "docker"),
        ("var/run/docker.sock", Docker, "docker"),
        ("own/docker.sock", Docker, "docker"),
        ("run/podman/podman.sock", Podman, "podman"),
        ("run/podman/podman.sock", Unknown, "podman"),
        ("own/podman/podman.sock", Podman, "podman"),
        ("host.sock", Docker, "docker"),
        ("host.sock", Podman, "podman"),
        ("host.sock", Unknown, "unknown"),
    ] {
        let mut machine = Machine::new();
        let fake = machine.fake(socket, named("web"));
        assert_eq!(machine.tell(runtime, 0), [told, "web", "nginx:1.27"], "{socket}");
        assert_eq!(machine.silent(), [], "{socket}");
        assert_eq!(fake.stop(), [format!("/containers/{ID}/json")], "{socket}");
    }
    for (socket, runtime) in [
        ("run/docker.sock", Podman),
        ("run/podman/podman.sock", Docker),
        ("host.sock", Containerd),
        ("host.sock", CriO),
        ("host.sock", Runtime::Lxc),
    ] {
        let mut machine = Machine::new();
        let fake = machine.fake(socket, named("web"));
        assert_eq!(machine.tell(runtime, 0)[1], "-", "{socket}");
        assert_eq!(fake.stop(), [""; 0], "{socket}");
    }
}

#[test]
fn nobody_is_asked_for_what_a_file_tells_or_without_being_told_to() {
    let mut machine = Machine::new();
    let fake = machine.fake("run/docker.sock", named("asked"));
    let file = machine.dir.path().join("var/lib/docker/containers").join(ID);
    fs::create_dir_all(&file).unwrap();
    fs::write(file.join("config.v2.json"), json!({"Name": "/written"}).to_string()).unwrap();
    assert_eq!(machine.tell(Runtime::Docker, 0)[1], "written");
    fs::write(file.join("config.v2.json"), json!({"Config": {"Image": "written"}}).to_string()).unwrap();
    assert_eq!(machine.tell(Runtime::Docker, FRESH.as_secs()), ["docker", "asked", "written"]);
    assert_eq!(fake.stop().len(), 1);

    let mut machine = Machine::new();
    machine.containers.daemons = None;
    let fake = machine.fake("run/docker.sock", named("web"));
    assert_eq!(machine.tell(Runtime::Docker, 0)[1], "-");
    assert_eq!((fake.stop().len(), machine.silent()), (0, vec![]));
}

#[test]
fn answers_are_remembered_as_those_of_files_are() {
    let mut machine = Machine::new();
    let fake = machine.fake("run/docker.sock", named("web"));
    for seconds in [0, 299] {
        assert_eq!(machine.tell(Runtime::Docker, seconds)[1], "web");
    }
    assert_eq!(fake.stop().len(), 1);
    let mut machine = Machine::new();
    let file = machine.dir.path().join("var/lib/docker/containers").join(ID);
    fs::create_dir_all(&file).unwrap();
    fs::write(file.join("config.v2.json"), json!({"Config": {"Image": "nameless"}}).to_string()).unwrap();
    let fake = machine.fake("run/docker.sock", http(404, "{}"));
    for seconds in [0, 9, 10] {
        assert_eq!(machine.tell(Runtime::Docker, seconds)[1], "-");
    }
    assert_eq!(fake.stop().len(), 2);
}

#[test]
fn what_is_no_answer_is_told_and_what_is_about_another_is_none() {
    let other = json!({"Id": "1".repeat(64), "Name": format!("/{ID}")}).to_string();
    let half = &named("web")[..60];
    for (answer, reason) in [
        (http(404, ""), None),
        (http(200, &other), None),
        (http(500, ""), Some("it answered with status 500")),
        (http(301, ""), Some("it answered with status 301")),
        (http(200, "{}"), Some("what it answered tells of no container")),
        (http(200, &"[".repeat(100_000)), Some("what it answered tells of no container")),
        (half.to_owned(), Some("what it answered is not HTTP")),
        ("SSH-2.0\r\n".to_owned(), Some("what it answered is not HTTP")),
        (String::new(), Some("what it answered is not HTTP")),
    ] {
        let mut machine = Machine::new();
        let fake = machine.fake("run/docker.sock", answer.clone());
        assert_eq!(machine.tell(Runtime::Docker, 0), ["docker", "-", "-"], "{answer}");
        let told = reason.map(|reason| ("run/docker.sock".to_owned(), reason.to_owned()));
        assert_eq!(machine.silent(), Vec::from_iter(told), "{answer}");
        assert_eq!(fake.stop().len(), 1);
    }
}

#[test]
fn a_runtime_that_is_not_there_is_missed_where_it_must_be() {
    let mut machine = Machine::new();
    machine.tell(Runtime::Unknown, 0);
    assert_eq!(machine.silent(), []);
    let mut machine = Machine::new();
    machine.tell(Runtime::Podman, 0);
    let missing = ("run/podman/podman.sock".to_owned(), "there is no such socket".to_owned());
    assert_eq!(machine.silent(), [missing]);
    let fake = machine.fake("host.sock", http(404, ""));
    machine.tell(Runtime::Podman, 10);
    assert_eq!(machine.silent(), [], "somebody answers");
    fake.stop();
}

/// `now` is what counts: nothing waits here.
#[test]
fn who_failed_rests_and_of_several_one_is_asked_again_at_a_time() {
    let mut machine = Machine::new();
    let docker = machine.fake("run/docker.sock", http(500, ""));
    let podman = machine.fake("run/podman/podman.sock", http(500, ""));
    let mut ask = |seconds, digit: &str| {
        machine.workload(&digit.repeat(64), Runtime::Unknown, None, seconds);
    };
    ask(0, "1"); // both
    ask(0, "2"); // neither
    ask(9, "3"); // neither
    ask(10, "4"); // Docker
    ask(10, "5"); // neither
    ask(20, "6"); // Podman, which waits for longer
    ask(30, "7"); // Docker
    let ids = |digits: &str| -> Vec<_> {
        digits.chars().map(|digit| format!("/containers/{}/json", digit.to_string().repeat(64))).collect()
    };
    assert_eq!((docker.stop(), podman.stop()), (ids("147"), ids("16")));
}

#[test]
fn when_the_time_of_a_reading_is_used_up_the_next_one_asks() {
    let mut machine = Machine::new();
    let fake = machine.fake("run/docker.sock", named("web"));
    let late = |machine: &mut Machine, now| {
        let container = Some(Container::new(ID, Runtime::Docker));
        let mut workload = Workload { container, ..Workload::default() };
        let left = PATIENT.question.saturating_sub(Duration::from_millis(1));
        machine.containers.daemons.as_mut().unwrap().left = left;
        machine.containers.describe(&mut workload, now);
        workload.container.unwrap().name
    };
    assert_eq!((late(&mut machine, NOW), machine.silent()), (None, vec![]));
    assert_eq!(machine.tell(Runtime::Docker, 0)[1], "web");
    assert_eq!(
        late(&mut machine, NOW + FRESH),
        Some("web".into()),
        "it is asked later, and known until then"
    );
    assert_eq!(machine.tell(Runtime::Docker, FRESH.as_secs())[1], "web");
    assert_eq!(fake.stop().len(), 2);
}

#[test]
fn a_question_takes_from_the_time_of_its_reading() {
    let mut machine = Machine::new();
    let fake = machine.fake("run/docker.sock", named("web"));
    machine.tell(Runtime::Docker, 0);
    assert!(machine.containers.daemons.as_ref().unwrap().left < PATIENT.reading);
    machine.containers.begin();
    assert_eq!(machine.containers.daemons.as_ref().unwrap().left, PATIENT.reading);
    fake.stop();
}

/// Who may name cgroups may choose the container, but not the daemon.
#[test]
fn what_runs_for_a_user_is_asked_of_that_users_own_daemons_alone() {
    let own = host_uid();
    let stranger = Uid(own.0 + 1);
    for (user, daemons_of, asked) in [
        (None, own, true),
        (Some(Uid(0)), own, true),
        (Some(stranger), own, false),
        // The daemon of the test belongs to who runs the test, seen here by somebody else.
        (Some(stranger), stranger, false),
        (None, stranger, own == Uid(0)),
    ] {
        let mut machine = Machine::new();
        machine.containers.daemons.as_mut().unwrap().own = daemons_of;
        let fake = machine.fake("run/docker.sock", named("web"));
        let told = machine.workload(ID, Runtime::Docker, user, 0);
        assert_eq!(told.name.is_some(), asked, "{user:?} {daemons_of:?}");
        assert_eq!(fake.stop().len(), usize::from(asked), "{user:?} {daemons_of:?}");
    }
}

fn host_uid() -> Uid {
    crate::sys::host::own_uid()
}
