//! `sockeye watch` after somebody stopped it for a while.

use std::net::TcpListener;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sockeye::sys::clock;

use crate::sinks::Watch;

#[test]
fn who_stops_the_watch_is_no_secret() {
    let watch = Watch::start("[[sink]]\nkind = \"listen\"\naddress = \"DIR/socket\"\n");
    let pid = Pid::from_child(&watch.follower.child);
    watch.shows("socket", "sockeye_watch_readings_total", &[], 2.0..);
    kill_process(pid, Signal::STOP).unwrap();
    let until = clock::now().mono + Duration::from_secs(6);
    let meanwhile = TcpListener::bind("127.0.0.1:0").unwrap();
    while clock::now().mono < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    kill_process(pid, Signal::CONT).unwrap();
    watch.follower.says("this watch stood still for ");
    watch.follower.tells(&[&crate::sinks::port(&meanwhile), "unexpected-listener"]);
    watch.shows("socket", "sockeye_watch_standstills_total", &[], 1.0..=1.0);
    watch.shows("socket", "sockeye_watch_sleeps_total", &[], 0.0..=0.0);
    watch.shows("socket", "sockeye_watch_clock_steps_total", &[], 0.0..=0.0);
}
