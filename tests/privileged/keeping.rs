//! A watch that keeps what it tells: started again, killed, on disks that fail, in storms. In network namespaces of
//! their own, where nothing else happens.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sockeye::sys::clock;
use tempfile::TempDir;

use crate::Case;
use crate::follower::Follower;
use crate::harness::{eventually, run, sockeye};
use crate::namespaces::in_namespace;
use crate::stock::cookie;

pub(crate) const CASES: &[Case] = &[
    ("keeping::a_watch_that_is_started_again_tells_what_changed_alone", || in_namespace(again)),
    ("keeping::no_listener_is_lost_however_often_it_is_killed", || in_namespace(killed)),
    ("keeping::a_violation_in_a_storm_is_told_by_itself", || in_namespace(storm)),
    ("keeping::a_reader_that_stands_still_loses_nothing", || in_namespace(blocked_reader)),
    ("keeping::memory_and_descriptors_do_not_grow_under_churn", || in_namespace(soak)),
    ("keeping::two_hundred_short_listeners_are_two_hundred_facts", || in_namespace(short_facts)),
    ("keeping::another_boot_tells_what_the_policy_does_not_expect", || in_namespace(other_boot)),
    ("keeping::a_full_disk_keeps_no_alert", || in_namespace(full_disk)),
    ("keeping::a_disk_that_may_not_be_written_keeps_no_alert", || in_namespace(read_only)),
];

/// A store, a policy and what both need.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new(policy: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("policy.toml"), format!("version = 1\n{policy}")).unwrap();
        Self { dir }
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("watch.db")
    }

    fn command(&self, store: &Path, args: &[&str]) -> Command {
        let policy = self.dir.path().join("policy.toml");
        let of = |path: &Path| path.to_str().unwrap().to_owned();
        let (policy, store) = (of(&policy), of(store));
        let fixed = ["watch", "--json", "--interval", "100ms", "--policy", &policy, "--store", &store];
        sockeye(&[&fixed[..], args].concat())
    }

    fn watch(&self, args: &[&str]) -> Follower {
        Follower::start_saying(&mut self.command(&self.store(), args), "sockeye: alerts are kept in ")
    }

    /// What a query of the store answers, as the rows of one column.
    fn ask(&self, query: &str) -> Vec<String> {
        ask(&self.store(), query)
    }
}

fn ask(store: &Path, query: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(store).unwrap();
    let mut query = database.prepare(query).unwrap();
    let rows = query.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    let text = |value| match value {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Integer(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    rows.map(|row| text(row.unwrap())).collect()
}

fn signal(follower: &Follower, signal: Signal) {
    kill_process(Pid::from_child(&follower.child), signal).unwrap();
}

/// Asks it to end, and returns what it told.
fn stop(mut follower: Follower) -> Vec<Value> {
    signal(&follower, Signal::TERM);
    let told = parsed(&follower.lines_at_end());
    assert_eq!(follower.ends(), None, "it ends by the signal");
    told
}

/// The alerts among the lines; the others tell what is heard.
fn parsed(lines: &[String]) -> Vec<Value> {
    let all = lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")));
    all.filter(|line: &Value| line["type"] == "alert").collect()
}

/// Kind, port and when it was seen.
fn said_of(alerts: &[Value]) -> BTreeSet<(String, u64, String)> {
    let of = |alert: &Value| {
        let word = |key: &str| alert[key].as_str().unwrap().to_owned();
        (word("alert"), alert["socket"]["local_port"].as_u64().unwrap(), word("seen"))
    };
    alerts.iter().map(of).collect()
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn port(listener: &TcpListener) -> u64 {
    listener.local_addr().unwrap().port().into()
}

/// Waits until a listener that was opened last is told: everything before it is then, too.
fn settle(follower: &Follower) -> u64 {
    let last = listen();
    follower.tells(&[&format!("\"local_port\":{},", port(&last)), "unexpected-listener"]);
    let gone = port(&last);
    drop(last);
    follower.tells(&[&format!("\"local_port\":{gone},"), "listener-closed"]);
    gone
}

/// Two readings have passed since: the state of the start is over.
fn wait_for_readings(follower: &Follower) {
    settle(follower);
}

fn again() {
    let place = Place::new("");
    let (stays, goes, goes_too) = (listen(), listen(), listen());
    let watch = place.watch(&["--cooldown", "0"]);
    wait_for_readings(&watch);
    let told = said_of(&stop(watch));
    for listener in [&stays, &goes, &goes_too] {
        assert!(
            told.contains(&("unexpected-listener".into(), port(listener), "at-start".into())),
            "{told:?}"
        );
    }
    // Nothing changed.
    let watch = place.watch(&["--cooldown", "0"]);
    let own = settle(&watch);
    let told = said_of(&stop(watch));
    assert!(told.iter().all(|(_, port, _)| *port == own), "{told:?}");
    // Three opened and two closed while nobody watched.
    let gone = [port(&goes), port(&goes_too)];
    drop((goes, goes_too));
    let opened = [listen(), listen(), listen()];
    let watch = place.watch(&["--cooldown", "0"]);
    let own = settle(&watch);
    let told: BTreeSet<_> = said_of(&stop(watch)).into_iter().filter(|(_, port, _)| *port != own).collect();
    let meanwhile = |kind: &str, port| (kind.to_owned(), port, "while-down".to_owned());
    let mut expected: BTreeSet<_> = gone.map(|port| meanwhile("listener-closed", port)).into();
    expected.extend(opened.iter().map(|one| meanwhile("unexpected-listener", port(one))));
    assert_eq!(told, expected);
}

/// Another boot id, as this mount namespace shows it.
fn other_boot() {
    let place = Place::new("");
    let stays = listen();
    let watch = place.watch(&["--cooldown", "0"]);
    wait_for_readings(&watch);
    stop(watch);
    let goes = listen();
    let watch = place.watch(&["--cooldown", "0"]);
    wait_for_readings(&watch);
    stop(watch);
    drop(goes);
    let boot_id = place.dir.path().join("boot_id");
    fs::write(&boot_id, "00000000-0000-0000-0000-000000000000\n").unwrap();
    let script =
        format!("mount --bind {} /proc/sys/kernel/random/boot_id && exec \"$@\"", boot_id.to_str().unwrap());
    let watch = place.command(&place.store(), &["--cooldown", "0"]);
    let mut command = Command::new("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", &script, "sh"]);
    command.arg(watch.get_program()).args(watch.get_args()).env("SOCKEYE_CONFIG", "");
    let watch = Follower::start_saying(&mut command, "nothing of this boot is in it yet");
    let own = settle(&watch);
    let told: BTreeSet<_> = said_of(&stop(watch)).into_iter().filter(|(_, port, _)| *port != own).collect();
    let expected = [("unexpected-listener".to_owned(), port(&stays), "at-start".to_owned())];
    assert_eq!(told, expected.into(), "what closed with the old boot is no news");
}

/// How often it is killed, and how long what must not be lost lives: longer than two intervals and a start.
const KILLS: u32 = 100;
const KILLED_AFTER: Duration = Duration::from_millis(40);

fn killed() {
    let place = Place::new("");
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut lasting = Vec::new();
    let mut cookies = Vec::new();
    let mut note = |lines: &[String]| {
        // The last line may be half of one: it was killed while it wrote.
        for alert in lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            if alert["alert"] == "unexpected-listener" {
                let cookie = alert["socket"]["cookie"].as_str().unwrap().to_owned();
                ids.entry(cookie).or_default().insert(alert["id"].as_str().unwrap().to_owned());
            }
        }
    };
    for turn in 0..KILLS {
        let mut watch = place.command(&place.store(), &["--cooldown", "0"]);
        let mut watch = Follower::start_saying(&mut watch, "sockeye: watching ");
        let listener = listen();
        cookies.push(cookie(&listener).to_string());
        lasting.push(listener);
        // Not for luck: at whatever it does then, each time at something else.
        sleep(KILLED_AFTER * (turn % 10) / 5);
        signal(&watch, Signal::KILL);
        note(&watch.lines_at_end());
        if turn % 10 == 9 {
            lasting.drain(..5);
        }
    }
    let open: Vec<_> = lasting.iter().map(|listener| cookie(listener).to_string()).collect();
    let mut watch = place.watch(&["--cooldown", "0"]);
    settle(&watch);
    signal(&watch, Signal::TERM);
    note(&watch.lines_at_end());
    for cookie in &open {
        assert!(ids.contains_key(cookie), "{cookie} was never told");
    }
    assert!(cookies.iter().filter(|cookie| ids.contains_key(*cookie)).count() >= open.len());
    assert!(ids.values().all(|ids| ids.len() == 1), "what is told twice has one id");
    assert_eq!(place.ask("pragma integrity_check"), ["ok"]);
}

fn short_facts() {
    let place = Place::new("");
    let watch = Follower::start_saying(
        &mut place.command(&place.store(), &["--cooldown", "2s"]),
        "sockeye: alerts are kept in ",
    );
    for _ in 0..200 {
        let listener = listen();
        sleep(Duration::from_millis(5));
        drop(listener);
    }
    let facts = "select count(*) from fact where what in ('came-and-went', 'opened') and pid is not null";
    eventually(|| match &place.ask(facts)[..] {
        [count] if count == "200" => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let told = stop(watch);
    let of_them = |alert: &&Value| alert["alert"] != "listener-closed";
    let stand_for: u64 = told.iter().filter(of_them).map(|alert| alert["stands_for"].as_u64().unwrap()).sum();
    assert_eq!(stand_for, 200, "the count is exact");
    assert!(told.len() < 50, "and few tell of them: {}", told.len());
    assert!(told.iter().all(|alert| alert["pid"] == std::process::id()));
}

/// Ten thousand listeners, and among them one of which a rule says more.
fn storm() {
    const MANY: usize = 10_000;
    let rule =
        "[[rule]]\nname = \"worst\"\nwhen = \"listening and src 127.0.0.66\"\nseverity = \"critical\"\n";
    let place = Place::new(rule);
    let watch = place.watch(&["--cooldown", "5s"]);
    let before = resident(&watch);
    let mut worst = None;
    for turn in 0..MANY {
        let _opened = listen();
        if turn == MANY / 2 {
            worst = Some(TcpListener::bind("127.0.0.66:0").unwrap());
        }
        sleep(Duration::from_millis(1)); // ten seconds in all
    }
    let told = watch.tells(&["\"rule\":\"worst\""]);
    let alert: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((alert["stands_for"].as_u64(), &alert["severity"]), (Some(1), &Value::from("critical")));
    eventually(|| {
        let facts = place.ask("select count(*) from fact where what in ('came-and-went', 'opened')");
        // Where what lives shorter than a reading is not told of, the count is of what was seen.
        if facts[0].parse::<usize>().unwrap() > 100 { Ok(()) } else { Err(format!("{facts:?}")) }
    });
    let grown = resident(&watch).saturating_sub(before);
    let lines = stop(watch);
    assert!(lines.len() < 200, "{} lines", lines.len());
    let count = |kinds: &[&str]| -> u64 {
        let of =
            |alert: &&Value| kinds.contains(&alert["alert"].as_str().unwrap()) && alert["rule"].is_null();
        lines.iter().filter(of).map(|alert| alert["stands_for"].as_u64().unwrap()).sum()
    };
    let facts = place.ask("select count(*) from fact where what in ('came-and-went', 'opened')");
    let told = count(&["unexpected-listener", "listener-came-and-went", "listener-flapping"]);
    assert_eq!(told.to_string(), facts[0], "each is told or counted");
    assert!(grown < 64 << 10, "{grown} KiB more than before");
    drop(worst);
}

/// What it has in memory, in KiB (`proc_pid_status(5)`).
fn resident(watch: &Follower) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", watch.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Nobody reads the pipe: the watch goes on, and everything is there when somebody does.
fn blocked_reader() {
    let place = Place::new("");
    let mut command = place.command(&place.store(), &["--cooldown", "0"]);
    let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = crate::follower::collect(watch.stderr.take().unwrap());
    eventually(|| {
        let said = said.lock().unwrap().clone();
        let is_open = said.iter().any(|line| line.contains("alerts are kept in "));
        if is_open { Ok(()) } else { Err(format!("{said:?}")) }
    });
    let facts = |what: &str| {
        let query = format!("select count(*) from fact where what = '{what}'");
        place.ask(&query)[0].parse::<usize>().unwrap()
    };
    let listeners: Vec<_> = (0..200).map(|_| listen()).collect();
    eventually(|| match facts("opened") + facts("found") {
        200.. => Ok(()),
        count => Err(format!("{count} of 200 while nobody reads")),
    });
    let told = crate::follower::collect(watch.stdout.take().unwrap());
    let alerts = || parsed(&told.lock().unwrap()).len();
    eventually(|| match alerts() {
        200.. => Ok(()),
        count => Err(format!("{count} of 200")),
    });
    let ports: BTreeSet<_> =
        said_of(&parsed(&told.lock().unwrap())).into_iter().map(|(_, port, _)| port).collect();
    assert!(listeners.iter().all(|listener| ports.contains(&port(listener))));
    kill_process(Pid::from_child(&watch), Signal::TERM).unwrap();
    watch.wait().unwrap();
}

/// Sinks of which one takes nothing, and which come and go with every other turn.
fn write_sinks(place: &Place, turn: usize) -> String {
    let at = |name: &str| place.dir.path().join(name).to_str().unwrap().to_owned();
    let fails = "[[sink]]\nkind = \"exec\"\ncommand = [\"/bin/false\"]\n";
    let file = format!("[[sink]]\nkind = \"file\"\npath = \"{}\"\nmax_bytes = 100_000\n", at("alerts"));
    let listen = format!("[[sink]]\nkind = \"listen\"\naddress = \"{}\"\n", at("socket"));
    let some = if turn.is_multiple_of(2) { [fails, &file, &listen] } else { [&listen, "", ""] };
    fs::write(at("sinks.toml"), format!("version = 1\n{}", some.concat())).unwrap();
    at("sinks.toml")
}

/// Some seconds, or as many as `SOCKEYE_SOAK_SECONDS` says, of listeners and connections that come and go, of sinks that
/// fail, and of files that are read again.
fn soak() {
    let seconds = std::env::vars().find(|(name, _)| name == "SOCKEYE_SOAK_SECONDS");
    let seconds = seconds.map_or(20, |(_, seconds)| seconds.parse().unwrap());
    let place = Place::new("");
    let watch = place.watch(&["--cooldown", "1s", "--sinks", &write_sinks(&place, 0)]);
    let descriptors = |watch: &Follower| {
        let now = || fs::read_dir(format!("/proc/{}/fd", watch.child.id())).unwrap().count();
        // Those of a reading, and of a program that is run, come and go.
        let looks = (0..50).map(|_| {
            sleep(Duration::from_millis(10));
            now()
        });
        looks.min().unwrap()
    };
    let mut turn = 0;
    let mut churn = |seconds: u64| {
        let until = clock::now().mono + Duration::from_secs(seconds);
        while clock::now().mono < until {
            let listener = listen();
            let _caller = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            sleep(Duration::from_millis(2));
            turn += 1;
            if turn % 500 == 0 {
                write_sinks(&place, turn / 500);
                signal(&watch, Signal::HUP);
            }
        }
        // Both times with all of them.
        write_sinks(&place, 0);
        let reloads =
            || watch.said().iter().filter(|line| line.contains("the policy was read again")).count();
        let before = reloads();
        signal(&watch, Signal::HUP);
        eventually(|| if reloads() > before { Ok(()) } else { Err("it was not read again".to_owned()) });
    };
    // What is allocated once is allocated by then, and as many connections linger as ever do (TIME-WAIT, a minute).
    churn(seconds / 2);
    let (memory, fds) = (resident(&watch), descriptors(&watch));
    churn(seconds / 2);
    let (memory_now, fds_now) = (resident(&watch), descriptors(&watch));
    watch.says("the sinks were read again");
    stop(watch);
    assert!(fds_now <= fds + 2, "{fds} descriptors became {fds_now}");
    assert!(memory_now <= memory + (16 << 10), "{memory} KiB became {memory_now}");
}

/// A file system of its own over the directory of the store.
fn mounted(place: &Place, then: &str) -> PathBuf {
    let dir = place.dir.path().join("disk");
    fs::create_dir(&dir).unwrap();
    let mount = run(Command::new("mount").args(["-t", "tmpfs", "-o", then, "none"]).arg(&dir));
    assert_eq!(mount.code(), 0, "{}", mount.stderr());
    dir
}

/// Unmounts at the end, whatever happens.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

fn full_disk() {
    let place = Place::new("");
    let disk = Mounted(mounted(&place, "size=400k,mode=700"));
    let store = disk.0.join("watch.db");
    let watch = Follower::start_saying(
        &mut place.command(&store, &["--cooldown", "0"]),
        "sockeye: alerts are kept in ",
    );
    fs::write(disk.0.join("fill"), []).unwrap();
    let fill =
        run(Command::new("dd").args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}/fill", disk.0.display())));
    assert_ne!(fill.code(), 0, "it is full");
    let _first = told_while_broken(&watch);
    fs::remove_file(disk.0.join("fill")).unwrap();
    watch.says("can be written again");
    stop(watch);
    assert_eq!(ask(&store, "pragma integrity_check"), ["ok"]);
}

/// Alerts go on; when it is told, the store is known to be out of order.
fn told_while_broken(watch: &Follower) -> Vec<TcpListener> {
    let mut opened = Vec::new();
    eventually(|| {
        let listener = listen();
        watch.tells(&[&format!("\"local_port\":{},", port(&listener)), "unexpected-listener"]);
        opened.push(listener);
        let said = watch.said();
        let broken = said.iter().any(|line| line.contains("alerting goes on without it"));
        if broken { Ok(()) } else { Err(format!("{said:?}")) }
    });
    let listener = listen();
    watch.tells(&[&format!("\"local_port\":{},", port(&listener)), "unexpected-listener"]);
    opened.push(listener);
    opened
}

fn read_only() {
    let place = Place::new("");
    let disk = Mounted(mounted(&place, "size=4m,mode=700"));
    let store = disk.0.join("watch.db");
    let remount = |how: &str| {
        let done = run(Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&disk.0));
        assert_eq!(done.code(), 0, "{}", done.stderr());
    };
    remount("ro");
    let watch = Follower::start_saying(
        &mut place.command(&store, &["--cooldown", "0"]),
        "sockeye: alerts are kept in ",
    );
    let opened = told_while_broken(&watch);
    remount("rw");
    watch.says("can be written again");
    stop(watch);
    let known = ask(&store, "select port from listener");
    assert!(opened.iter().all(|one| known.contains(&port(one).to_string())), "{known:?}");
}
