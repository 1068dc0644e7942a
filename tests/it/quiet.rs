//! `-q`: an exit code and nothing on stdout.

use std::net::TcpListener;

use crate::harness::{run, sockeye};
use crate::refused::run_refused;
use crate::session::Session;

#[test]
fn the_exit_code_says_whether_some_socket_passes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sport = format!("sport = :{}", listener.local_addr().unwrap().port());
    let owned = format!("{sport} and pid = {}", std::process::id());
    let foreign = format!("{sport} and pid = {}", u32::MAX);
    for (args, code) in [
        (&["-q", &*sport][..], 0),
        (&["-tlnq", &sport], 0),
        (&["--quiet", "-t", &sport], 1), // a listener is no connection
        (&["-uq", &sport], 1),
        (&["-q", &owned], 0),
        (&["-q", "sport = :no-such-service"], 2),
        (&["-q", "--json"], 2),
        (&["-q", "--columns", "local"], 2),
        (&["-q", "-s"], 2),
    ] {
        let ran = run(&mut sockeye(args));
        assert_eq!((ran.code(), ran.stdout()), (code, ""), "{args:?}: {}", ran.stderr());
        assert_eq!(ran.stderr().is_empty(), code != 2, "{args:?}: {}", ran.stderr());
    }
    // Who may not look at every owner cannot say that none is that one.
    let ran = run(&mut sockeye(&["-q", &foreign]));
    let all_seen = !ran.stderr().contains("not everything could be seen");
    assert_eq!((ran.code(), ran.stdout()), (if all_seen { 1 } else { 2 }, ""), "{}", ran.stderr());
}

#[test]
fn none_is_never_said_of_what_could_not_be_read() {
    let ran = run_refused(1, sockeye(&["-tlq", "--source", "netlink", "sport = :1"]));
    assert_eq!((ran.code(), ran.stdout()), (2, ""), "{}", ran.stderr());
    assert!(ran.stderr().contains("not everything could be seen"), "{}", ran.stderr());
}

#[test]
fn no_dashboard_comes_up_for_it() {
    // A dashboard would wait for a key.
    let args = ["-q", "--source", "scenario:tests/scenarios/filter.toml"];
    Session::start(env!("CARGO_BIN_EXE_sockeye"), &args).ends_with(0);
}
