//! Configuration files and variables: what counts, what does not, and what is refused.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use vt100::Color;

use crate::harness::{Ran, assert_harmless, run, sockeye};
use crate::session::Session;
use crate::stock::write_file;

/// A user with a configuration file.
struct User {
    dir: TempDir,
}

impl User {
    fn with(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sockeye")).unwrap();
        let user = Self { dir };
        write_file(&user.file(), text);
        user
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("sockeye/config.toml")
    }

    /// The program, which looks for configurations as it does for everybody.
    fn sockeye(&self, args: &[&str]) -> Command {
        let mut command = sockeye(args);
        command.env_remove("SOCKEYE_CONFIG").env("XDG_CONFIG_HOME", self.dir.path());
        command
    }
}

/// How the tables were read, and how owners were looked for.
fn ways(ran: Ran) -> (String, String) {
    let document: Value = serde_json::from_str(&ran.ok()).unwrap();
    let coverage = &document["coverage"];
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    (word(&coverage["tables"][0]["source"]), word(&coverage["owners"]["method"]))
}

#[test]
fn the_shipped_file_is_current() {
    let shipped = fs::read_to_string("assets/config.toml").unwrap();
    let printed = run(&mut sockeye(&["config"])).ok();
    assert!(shipped == printed, "renew it: cargo run -- config > assets/config.toml");
}

#[test]
fn arguments_variables_and_files_in_this_order() {
    let user = User::with("source = 'procfs'\nowners = 'proc'\n");
    let read = |args: &[&str], variables: &[(&str, &str)]| {
        ways(run(user.sockeye(&[&["--json", "-tl"], args].concat()).envs(variables.iter().copied())))
    };
    let procfs = |source: &str| (source.to_owned(), "procfs".to_owned());
    assert_eq!(read(&[], &[]), procfs("procfs"));
    assert_eq!(read(&[], &[("SOCKEYE_SOURCE", "netlink")]), procfs("netlink"));
    assert_eq!(read(&["--source", "netlink"], &[("SOCKEYE_SOURCE", "procfs")]), procfs("netlink"));
    assert_eq!(read(&[], &[("SOCKEYE_CONFIG", ""), ("SOCKEYE_OWNERS", "proc")]), procfs("netlink"));
    // One that is named is read instead.
    let other = User::with("source = 'netlink'\nowners = 'proc'\n");
    assert_eq!(read(&[], &[("SOCKEYE_CONFIG", other.file().to_str().unwrap())]), procfs("netlink"));
}

#[test]
fn the_home_has_one_too() {
    let user = User::with("source = 'procfs'\n");
    fs::create_dir(user.dir.path().join(".config")).unwrap();
    fs::rename(user.dir.path().join("sockeye"), user.dir.path().join(".config/sockeye")).unwrap();
    let mut command = sockeye(&["--json", "-tl"]);
    let ran = run(command.env_remove("SOCKEYE_CONFIG").env("HOME", user.dir.path()));
    assert_eq!(ways(ran).0, "procfs");
    // Services often have no home.
    let ran = run(sockeye(&["-tl"]).env_remove("SOCKEYE_CONFIG").env("HOME", "/dev/null"));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
}

#[test]
fn the_interval_and_the_policy_are_taken_where_they_are_asked_for() {
    let user = User::with("interval = '30ms'\npolicy = '/nowhere/at/all.toml'\n");
    let mut events = user.sockeye(&["events"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(events.stderr.take().unwrap()).read_line(&mut line).unwrap();
    events.kill().unwrap();
    events.wait().unwrap();
    assert!(line.contains(", every 30ms;"), "{line}");
    for command in ["check", "watch"] {
        let ran = run(&mut user.sockeye(&[command]));
        assert_eq!(ran.code(), 2);
        assert!(ran.stderr().contains("no policy file at /nowhere/at/all.toml"), "{}", ran.stderr());
    }
    let policy = user.dir.path().join("learnt.toml");
    let mut learn = user.sockeye(&["policy", "learn", "--source", "scenario:tests/scenarios/policy.toml"]);
    run(learn.env("SOCKEYE_POLICY", &policy)).ok();
    assert!(fs::read_to_string(policy).unwrap().contains("[[expect]]"));
}

const FOR_PEOPLE: &str = "numeric = true\ncolumns = ['cookie', 'protocol']\nall_netns = true\n\
    ask_runtimes = true\nascii = true\ncolor = 'always'\n";
const SCRIPT: &str = "scenario:tests/scenarios/table.toml";

#[test]
fn a_script_reads_the_same_whoever_runs_it() {
    let user = User::with(FOR_PEOPLE);
    for args in [
        &["-tulp", "--source", SCRIPT][..],
        &["--source", SCRIPT, "tcp"],
        &["--source", SCRIPT],
        &["--json", "--source", SCRIPT],
        &["--csv", "--source", SCRIPT],
        &["-s", "--source", SCRIPT],
        &["who", "80", "--source", SCRIPT],
        &["doctor", "--json", "--source", SCRIPT],
    ] {
        let plain = run(&mut sockeye(args));
        let set = run(&mut user.sockeye(args));
        assert!(!plain.stdout.is_empty(), "{args:?}: {}", plain.stderr());
        assert_eq!((set.stdout(), set.stderr()), (plain.stdout(), plain.stderr()), "{args:?}");
    }
    let namespaces = |mut command: Command| {
        let document: Value = serde_json::from_str(&run(&mut command).ok()).unwrap();
        document["coverage"]["namespaces"]["list"].as_array().unwrap().len()
    };
    assert_eq!(namespaces(user.sockeye(&["--json", "-tl"])), 1, "the own one");
}

#[test]
fn the_dashboard_is_drawn_as_it_was_set() {
    let drawn = |text: &str| {
        let user = User::with(text);
        let config = format!("SOCKEYE_CONFIG={}", user.file().display());
        let program = env!("CARGO_BIN_EXE_sockeye");
        let mut session = Session::start("env", &["NO_COLOR=1", &config, program, "top", "--source", SCRIPT]);
        let (mut contents, mut coloured) = (String::new(), false);
        session.wait_for("the first snapshot", |screen| {
            let cells = (0..40).flat_map(|row| (0..140).map(move |column| (row, column)));
            let cells = cells.filter_map(|(row, column)| screen.cell(row, column));
            coloured = cells.into_iter().any(|cell| cell.fgcolor() != Color::Default);
            contents = screen.contents();
            contents.contains(" live")
        });
        session.press("q");
        session.ends_with(0);
        (contents.is_ascii(), coloured, contents)
    };
    for (text, ascii, coloured) in [
        ("", false, false),
        ("ascii = true", true, false),
        ("color = 'always'", false, true),
        ("color = 'never'", false, false),
    ] {
        let seen = drawn(text);
        assert_eq!((seen.0, seen.1), (ascii, coloured), "{text}:\n{}", seen.2);
    }
    let seen = drawn("interval = '7s'");
    assert!(seen.2.contains("poll 7"), "{}", seen.2);
}

#[test]
fn keys_are_bound_in_a_file() {
    let user = User::with("[keys]\nfreeze = ['z', 'ctrl-f']\ncompare = []\nquit = ['Ctrl-Q']\n");
    let config = format!("SOCKEYE_CONFIG={}", user.file().display());
    let program = env!("CARGO_BIN_EXE_sockeye");
    let mut session = Session::start("env", &[&config, program, "top", "--source", SCRIPT]);
    session.wait_for("the hints", |screen| {
        let shown = screen.contents();
        shown.contains(" z freeze") && shown.contains("Ctrl-Q quit") && !shown.contains("m mark")
    });
    session.press("fmq\x03z"); // none but the last is a key
    session.wait_for("the held picture", |screen| screen.contents().contains("z go on"));
    session.press("\x06");
    session.wait_for("the live one", |screen| screen.contents().contains("z freeze"));
    session.press("\x11");
    session.ends_with(0);
    let explained = run(user.sockeye(&["config", "--explain"]).env("SOCKEYE_MOUSE", "0")).ok();
    let path = user.file();
    let line = format!("keys.freeze   [\"z\", \"Ctrl-F\"]  {}:2 (where a person looks)", path.display());
    assert!(explained.lines().any(|it| it == line), "{line:?} is missing:\n{explained}");
    write_file(&user.file(), "[keys]\nfreeze = ['m']\n");
    let says = ["   2 | freeze = ['m']", "^^^ m is a key of compare, too", "free it with compare = []"];
    assert_refused("a clash", &run(&mut user.sockeye(&["-tl"])), &says);
}

/// What stands on a terminal after the program has ended.
fn on_a_terminal(user: &User, args: &[&str]) -> String {
    let script = "SOCKEYE_CONFIG=$0; export SOCKEYE_CONFIG; \"$@\"; echo ended $?";
    let file = user.file();
    let program = [env!("CARGO_BIN_EXE_sockeye"), "--source", SCRIPT];
    let session =
        Session::start("sh", &[&["-c", script, file.to_str().unwrap()], &program[..], args].concat());
    let mut shown = String::new();
    session.wait_for("the end", |screen| {
        shown = screen.contents();
        shown.contains("ended ")
    });
    session.ends_with(0);
    assert!(shown.contains("ended 0"), "{shown}");
    shown
}

#[test]
fn a_person_sees_what_was_set() {
    let user = User::with(FOR_PEOPLE);
    let shown = on_a_terminal(&user, &["tcp"]);
    let head: Vec<&str> = shown.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["COOKIE", "PROTO"], "{shown}");
    let shown = on_a_terminal(&user, &["-tl"]);
    assert!(shown.starts_with("State"), "the table of ss keeps its columns: {shown}");
    assert!(shown.contains(":22 ") && !shown.contains(":ssh "), "{shown}");
    if Path::new("/etc/services").exists() {
        let shown = on_a_terminal(&User::with(""), &["-tl"]);
        assert!(!shown.contains(":22 ") && shown.contains(":ssh "), "{shown}");
    }
}

#[test]
fn what_counts_is_explained_with_its_place() {
    let user = User::with("# mine\ncolumns = ['local', 'owner']\ninterval = '2s'\n");
    let explain = |args: &[&str]| {
        let mut command = user.sockeye(&[&["config", "--explain"], args].concat());
        run(command.env("SOCKEYE_INTERVAL", "500ms").env("SOCKEYE_ASCII", "1")).ok()
    };
    let (text, path) = (explain(&[]), user.file());
    let path = path.to_str().unwrap();
    for line in [
        format!("columns       [\"local\", \"owner\"]  {path}:2 (where a person looks)"),
        "interval      \"500ms\"             SOCKEYE_INTERVAL".to_owned(),
        "ascii         true                SOCKEYE_ASCII (where a person looks)".to_owned(),
        format!("  {path}"),
    ] {
        assert!(text.lines().any(|it| it == line), "{line:?} is missing:\n{text}");
    }
    let told: Value = serde_json::from_str(&explain(&["--json"])).unwrap();
    let setting = |name: &str| {
        told["settings"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone()
    };
    let columns = setting("columns");
    assert_eq!(columns["value"], serde_json::json!(["local", "owner"]));
    assert_eq!((&columns["file"], &columns["line"]), (&path.into(), &2.into()));
    let interval = setting("interval");
    assert_eq!((&interval["value"], &interval["origin"]), (&"500ms".into(), &"variable".into()));
    for json in [&[][..], &["--json"]] {
        let hostile = "/a\u{1b}]0;owned\u{7}\u{202e}b";
        let mut command = sockeye(&[&["config", "--explain"], json].concat());
        let ran = run(command.env("SOCKEYE_POLICY", hostile));
        assert_harmless("a path", ran.ok().as_bytes());
    }
    assert_eq!(told["files"].as_array().unwrap().last().unwrap()["status"], "read");
}

/// Every command that reads the configuration.
const READING: &[&[&str]] = &[
    &["-tl"],
    &["--json"],
    &["-s"],
    &["top"],
    &["who", "80"],
    &["check"],
    &["watch"],
    &["events"],
    &["wait-for", "tcp"],
    &["assert", "tcp"],
    &["doctor"],
    &["policy", "learn", "--dry-run"],
    &["config", "--explain"],
];

fn assert_refused(what: &str, ran: &Ran, says: &[&str]) {
    assert_eq!((ran.code(), ran.stdout()), (2, ""), "{what}: {}", ran.stderr());
    assert_harmless(what, &ran.stderr);
    assert!(ran.stderr().starts_with("sockeye: "), "{what}: {}", ran.stderr());
    for part in says {
        assert!(ran.stderr().contains(part), "{what}: {part:?} is missing:\n{}", ran.stderr());
    }
}

#[test]
fn a_mistake_is_shown_at_its_place_by_every_command_that_reads_it() {
    let user = User::with("# \u{e9}\nownrs = \"proc\"\n");
    let file = user.file();
    for args in READING {
        let ran = run(&mut user.sockeye(args));
        let says = [file.to_str().unwrap(), "   2 | ownrs", "^^^^^", "did you mean `owners`?"];
        assert_refused(&format!("{args:?}"), &ran, &says);
    }
    for args in
        [&["config"][..], &["schema"], &["man"], &["completions", "bash"], &["--help"], &["--version"]]
    {
        assert_eq!(run(&mut user.sockeye(args)).code(), 0, "{args:?} needs none");
    }
    write_file(&user.file(), "owners = \"\x1b]0;owned\x07\"\n");
    assert_refused("hostile", &run(&mut user.sockeye(&["-tl"])), &["\\x1b]0;owned\\x07"]);
    let ran = run(sockeye(&["-tl"]).env("SOCKEYE_NUMERIC", "\x1b[2J"));
    assert_refused("a variable", &ran, &["SOCKEYE_NUMERIC", "\\x1b[2J", "expected true or false"]);
}

#[test]
fn what_cannot_be_read_is_told_with_the_way_out() {
    let user = User::with("");
    let read = |path: &Path| run(sockeye(&["-tl"]).env("SOCKEYE_CONFIG", path));
    let refused = |what, path: &Path, why| {
        assert_refused(what, &read(path), &[path.to_str().unwrap(), why, "SOCKEYE_CONFIG=FILE"]);
    };
    refused("missing", &user.dir.path().join("other.toml"), "No such file");
    refused("a directory", user.dir.path(), "not a regular file");
    let fifo = user.dir.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    refused("a FIFO", &fifo, "not a regular file");
    write_file(&user.file(), b"ascii = true # \xff\n");
    refused("not UTF-8", &user.file(), "not UTF-8");
    File::create(user.file()).unwrap().set_len(17 << 20).unwrap();
    refused("too large", &user.file(), "larger than 16 MiB");
    assert_eq!(run(user.sockeye(&["-tl"]).env("SOCKEYE_CONFIG", "")).code(), 0, "none is read");
}

#[test]
fn the_readme_and_the_manual_name_every_setting() {
    let readme = fs::read_to_string("README.md").unwrap();
    let page = fs::read_to_string("assets/sockeye.1").unwrap().replace('\\', "");
    for setting in sockeye::config::SETTINGS {
        assert!(readme.contains(&format!("`{}`", setting.key)), "README: {}", setting.key);
        assert!(page.contains(&format!("{} = ", setting.key)), "manual: {}", setting.key);
        assert!(page.contains(setting.variable), "manual: {}", setting.variable);
    }
}
