//! The sinks of `sockeye watch` as somebody changes them while it runs, and what it tells of itself in numbers.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::ops::{Bound, RangeBounds};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::exposition::Exposition;
use crate::follower::Follower;
use crate::harness::{eventually, sockeye};
use crate::stock::write_file;

/// A watch, its files, and where its sinks write.
pub(crate) struct Watch {
    pub(crate) follower: Follower,
    pub(crate) dir: TempDir,
}

impl Watch {
    /// `sinks`: what the file says, with `DIR` for a directory of its own.
    pub(crate) fn start(sinks: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        write_file(&dir.path().join("policy.toml"), "version = 1\n");
        write_sinks(&dir, sinks);
        let (policy, sinks, store) = (at("policy.toml"), at("sinks.toml"), at("watch.db"));
        let fixed = ["watch", "--json", "--cooldown", "0", "--interval", "200ms", "--owners", "proc"];
        let files = ["--policy", &policy, "--sinks", &sinks, "--store", &store];
        let mut command = sockeye(&[&fixed[..], &files].concat());
        let follower = Follower::start_saying(&mut command, "sockeye: alerts are kept in ");
        Self { follower, dir }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Sends SIGHUP and waits for that many answers of that kind.
    pub(crate) fn hang_up(&self, answer: &str, count: usize) -> String {
        kill_process(Pid::from_child(&self.follower.child), Signal::HUP).unwrap();
        eventually(|| {
            let said = self.follower.said();
            let answers: Vec<_> = said.iter().filter(|line| line.contains(answer)).collect();
            if answers.len() == count { Ok(answers[count - 1].clone()) } else { Err(format!("{said:?}")) }
        })
    }

    /// Opens a listener that is reported on stdout.
    pub(crate) fn report(&self) -> TcpListener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.follower.tells(&[&port(&listener), "unexpected-listener"]);
        listener
    }

    /// Waits until a file tells of this listener.
    fn comes_to(&self, name: &str, listener: &TcpListener) {
        eventually(|| match fs::read_to_string(self.at(name)).unwrap_or_default() {
            text if text.contains(&port(listener)) => Ok(()),
            text => Err(text),
        });
    }

    fn tells(&self, name: &str, listener: &TcpListener) -> bool {
        fs::read_to_string(self.at(name)).is_ok_and(|text| text.contains(&port(listener)))
    }

    /// What the endpoint tells.
    fn scrape(&self, name: &str) -> Exposition {
        let mut stream = UnixStream::connect(self.at(name)).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        Exposition::read(told.split_once("\r\n\r\n").unwrap().1)
    }

    /// Waits until a scrape tells this.
    pub(crate) fn shows(
        &self,
        name: &str,
        metric: &str,
        labels: &[(&str, &str)],
        is_it: impl RangeBounds<f64>,
    ) {
        eventually(|| {
            let told = self.scrape(name).sum(metric, labels);
            if told.is_some_and(|told| is_it.contains(&told)) {
                Ok(())
            } else {
                Err(format!("{metric} {labels:?}: {told:?}"))
            }
        });
    }
}

pub(crate) fn write_sinks(dir: &TempDir, sinks: &str) {
    let text = sinks.replace("DIR", dir.path().to_str().unwrap());
    write_file(&dir.path().join("sinks.toml"), format!("version = 1\n{text}"));
}

/// As it stands in an alert.
pub(crate) fn port(listener: &TcpListener) -> String {
    format!("\"local_port\":{},", listener.local_addr().unwrap().port())
}

const LISTEN: &str = "[[sink]]\nkind = \"listen\"\naddress = \"DIR/socket\"\n";
const OLD: &str = "[[sink]]\nkind = \"file\"\nname = \"old\"\npath = \"DIR/old\"\n";
const NEW: &str = "[[sink]]\nkind = \"file\"\nname = \"new\"\npath = \"DIR/new\"\n";

#[test]
fn sinks_come_and_go_and_those_that_stay_are_not_touched() {
    let watch = Watch::start(&[LISTEN, OLD].concat());
    let first = watch.report();
    watch.comes_to("old", &first);
    let counted = |least: f64| watch.shows("socket", "sockeye_alerts_total", &[], least..);
    counted(1.0);
    let before = watch.scrape("socket").sum("sockeye_alerts_total", &[]).unwrap();
    let inode = fs::metadata(watch.at("socket")).unwrap().ino();
    write_sinks(&watch.dir, &[LISTEN, NEW].concat());
    let said = watch.hang_up("the sinks were read again", 1);
    assert!(said.ends_with(": alerts go to stdout, listen, new"), "{said}");
    let second = watch.report();
    watch.comes_to("new", &second);
    counted(before + 1.0);
    assert_eq!(fs::metadata(watch.at("socket")).unwrap().ino(), inode, "it listens where it did");
    assert!(!watch.tells("old", &second) && !watch.tells("new", &first));
    // Another name, and for other alerts: the same socket still.
    let named = LISTEN.replace("kind", "name = \"numbers\"\nmin_severity = \"critical\"\nkind");
    write_sinks(&watch.dir, &[&named, NEW].concat());
    watch.hang_up(": alerts go to stdout, numbers, new", 1);
    let told = watch.scrape("socket").sum("sockeye_alerts_total", &[]).unwrap();
    let third = watch.report();
    watch.comes_to("new", &third);
    assert_eq!(watch.scrape("socket").sum("sockeye_alerts_total", &[]), Some(told), "that is not critical");
    assert_eq!(fs::metadata(watch.at("socket")).unwrap().ino(), inode);
    // The same again says nothing of sinks.
    watch.hang_up("the policy was read again", 3);
    assert_eq!(watch.follower.said().iter().filter(|line| line.contains("sinks were read")).count(), 2);
}

#[test]
fn what_waits_is_delivered_by_who_succeeds() {
    let hook = |name: &str, more: &str| {
        format!("[[sink]]\nkind = \"exec\"\nname = \"{name}\"\ncommand = [\"DIR/hook\"{more}]\n")
    };
    let watch = Watch::start("");
    let script = format!("#!/bin/sh\n[ \"$1\" = well ] && cat >> {}\n", watch.at("told").display());
    write_file(&watch.at("hook"), script);
    fs::set_permissions(watch.at("hook"), fs::Permissions::from_mode(0o755)).unwrap();
    write_sinks(&watch.dir, &hook("pager", ""));
    watch.hang_up(": alerts go to stdout, pager", 1);
    let (first, second) = (watch.report(), watch.report());
    watch.follower.says("alerts cannot be delivered to pager");
    // Nothing about it changed: what waits goes on to wait.
    write_sinks(&watch.dir, &[&hook("pager", ""), OLD].concat());
    watch.hang_up(": alerts go to stdout, pager, old", 1);
    assert!(!watch.at("told").exists());
    write_sinks(&watch.dir, &hook("pager", ", \"well\""));
    watch.hang_up("the sinks were read again", 3);
    watch.comes_to("told", &second);
    let told = fs::read_to_string(watch.at("told")).unwrap();
    assert!(told.find(&port(&first)).unwrap() < told.find(&port(&second)).unwrap(), "{told}");
    watch.follower.says("alerts are delivered to pager again");
}

#[test]
fn where_one_file_is_broken_both_stay_as_they_were() {
    let watch = Watch::start(OLD);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = format!(
        "{NEW}[[sink]]\nkind = \"listen\"\naddress = \"127.0.0.1:{}\"\n",
        taken.local_addr().unwrap().port()
    );
    // By this one nothing is worth an alert.
    let silent = "version = 1\n[[expect]]\nprotocol = \"tcp\"\nport = \"any\"\nscope = \"any\"\n";
    let broken = [
        (silent, "[[sink]]\nkind = \"fiel\"\n", "did you mean"),
        (silent, busy.as_str(), "the sink listen (listen): cannot listen at 127.0.0.1:"),
        (silent, "[[sink]]\nkind = \"file\"\npath = \"DIR/none/x\"\n", "the sink file (file): "),
        ("version = 9\n", NEW, "version = 9"),
    ];
    for (count, (policy, sinks, says)) in broken.into_iter().enumerate() {
        write_file(&watch.at("policy.toml"), policy);
        write_sinks(&watch.dir, sinks);
        watch.hang_up("nothing was read again", count + 1);
        watch.follower.says(says);
        watch.comes_to("old", &watch.report());
    }
    let said = watch.follower.said();
    let taken = ["the policy was read again", "the sinks were read again"];
    assert!(!said.iter().any(|line| taken.iter().any(|told| line.contains(told))), "{said:?}");
    write_file(&watch.at("policy.toml"), "version = 1\n");
    write_sinks(&watch.dir, NEW);
    watch.hang_up("the sinks were read again", 1);
    watch.comes_to("new", &watch.report());
}

#[test]
fn how_it_does_is_told_in_numbers() {
    let text = "[[sink]]\nkind = \"textfile\"\npath = \"DIR/watch.prom\"\n";
    let bad = "[[sink]]\nkind = \"exec\"\nname = \"bad\"\ncommand = [\"/bin/false\"]\n";
    let watch = Watch::start(&[LISTEN, text, bad].concat());
    let _listener = watch.report();
    let shows = |metric: &str, labels: &[(&str, &str)], is_it: (Bound<f64>, Bound<f64>)| {
        watch.shows("socket", &format!("sockeye_watch_{metric}"), labels, is_it);
    };
    let least = |number| (Bound::Included(number), Bound::Unbounded);
    let just = |number| (Bound::Included(number), Bound::Included(number));
    shows("readings_total", &[], least(3.0));
    shows("readings_total", &[("result", "failed")], just(0.0));
    shows("listeners", &[], least(1.0));
    shows("period_seconds", &[], least(0.2));
    shows("last_reading_timestamp_seconds", &[], least(1.7e9));
    shows("store_works", &[], just(1.0));
    shows("sink_delivered_alerts_total", &[("sink", "listen")], least(1.0));
    shows("sink_waiting_alerts", &[("sink", "bad")], least(1.0));
    shows("sink_failures_total", &[("sink", "bad")], least(2.0));
    shows("sink_works", &[("sink", "bad")], just(0.0));
    shows("sink_works", &[("sink", "stdout")], just(1.0));
    shows("last_reload_successful", &[], just(1.0));
    write_sinks(&watch.dir, "[[sink]]\n");
    watch.hang_up("nothing was read again", 1);
    shows("last_reload_successful", &[], just(0.0));
    shows("reloads_total", &[("result", "refused")], just(1.0));
    // The file is renewed though there is no alert.
    let file = || Exposition::read(&fs::read_to_string(watch.at("watch.prom")).unwrap());
    eventually(|| match file().sum("sockeye_watch_last_reload_successful", &[]) {
        Some(0.0) => Ok(()),
        told => Err(format!("{told:?}")),
    });
    let names = |told: &Exposition| told.0.iter().map(|family| family.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&file()), names(&watch.scrape("socket")), "both tell the same");
    // Nobody counts for a file that is no sink any more.
    write_sinks(&watch.dir, LISTEN);
    watch.hang_up("the sinks were read again", 1);
    shows("reloads_total", &[("result", "taken")], just(1.0));
    eventually(|| if watch.at("watch.prom").exists() { Err("it is there".to_owned()) } else { Ok(()) });
    eventually(|| match watch.scrape("socket").sum("sockeye_watch_sink_works", &[("sink", "bad")]) {
        None => Ok(()),
        told => Err(format!("{told:?}")),
    });
}
