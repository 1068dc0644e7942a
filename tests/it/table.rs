//! The table: the columns and words of `ss`, on a scenario to the letter, on own sockets by line.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixListener;

use crate::harness::{assert_harmless, run, sockeye};
use crate::stock::{inode, tcp_listener, udp_server};

const SCENARIO: &str = "scenario:tests/scenarios/table.toml";

/// The whole output for these options, on the scenario.
fn listed(options: &[&str]) -> String {
    let mut command = sockeye(&[options, &["--source", SCENARIO]].concat());
    let ran = run(command.current_dir(env!("CARGO_MANIFEST_DIR")));
    assert_harmless(&format!("{options:?}"), &ran.stdout);
    ran.ok()
}

#[test]
fn every_combination_looks_as_in_ss() {
    for (name, options) in [
        ("listeners-with-processes", &["-tulpn"][..]),
        ("every-tcp", &["-tan"]),
        ("tcp-listeners", &["-tln"]),
        ("connected-udp-has-no-state", &["-un"]),
        ("every-udp", &["-uan"]),
        ("unix-listeners", &["-xlp"]),
        ("ipv4-without-header", &["-H4an"]),
        ("ipv6", &["-6tan"]),
        ("connected-only", &["-pn"]),
    ] {
        insta::assert_snapshot!(name, listed(options));
    }
}

#[test]
fn without_options_and_without_a_terminal_it_is_everything() {
    insta::assert_snapshot!("everything", listed(&[]));
}

#[test]
fn long_options_and_separate_ones_say_the_same() {
    let short = listed(&["-tulpn"]);
    for options in [
        &["-t", "-u", "-l", "-p", "-n"][..],
        &["--tcp", "--udp", "--listening", "--processes", "--numeric"],
        &["-tulpnO"],
    ] {
        assert_eq!(listed(options), short, "{options:?}");
    }
}

#[test]
fn of_listening_and_all_the_last_one_counts() {
    for (both, last) in [("-tlan", "-tan"), ("-taln", "-tln")] {
        assert_eq!(listed(&[both]), listed(&[last]), "{both}");
    }
    assert_ne!(listed(&["-tan"]), listed(&["-tln"]));
}

/// The columns of the line that tells of this port, by the options given.
fn line(options: &str, local: &str) -> Option<Vec<String>> {
    let table = run(&mut sockeye(&[options])).ok();
    let lines = table.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    lines.into_iter().find(|columns| columns.iter().any(|column| column == local))
}

#[test]
fn own_listeners_stand_where_ss_has_them() {
    let port = |fd| rustix::net::getsockname(fd).map(std::net::SocketAddr::try_from).unwrap().unwrap().port();
    let (v4, both, only) = (
        tcp_listener("127.0.0.1:0", None, 31),
        tcp_listener("[::]:0", Some(false), 32),
        tcp_listener("[::]:0", Some(true), 33),
    );
    for (fd, host, backlog, peer) in
        [(&v4, "127.0.0.1", "31", "0.0.0.0:*"), (&both, "*", "32", "*:*"), (&only, "[::]", "33", "[::]:*")]
    {
        let local = format!("{host}:{}", port(fd));
        assert_eq!(line("-tln", &local).unwrap(), ["LISTEN", "0", backlog, &local, peer]);
        let columns = line("-tulpn", &local).unwrap();
        assert_eq!(columns[..6], ["tcp", "LISTEN", "0", backlog, &local, peer]);
        let users = columns[6..].join(" ");
        let us = format!(",pid={},fd={})", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(fd));
        assert!(users.starts_with("users:((\"") && users.ends_with(')') && users.contains(&us), "{users}");
        assert_eq!(line("-tn", &local), None, "without -l and -a only connections");
        assert_eq!(line("-uln", &local), None);
        assert_eq!(line("-4tln", &local).is_some(), host == "127.0.0.1");
        assert_eq!(line("-6tln", &local).is_some(), host != "127.0.0.1");
    }
}

#[test]
fn own_udp_and_unix_sockets_too() {
    let server = udp_server("127.0.0.1");
    let local = server.local_addr().unwrap().to_string();
    assert_eq!(line("-uln", &local).unwrap(), ["UNCONN", "0", "0", &local, "0.0.0.0:*"]);
    assert_eq!(line("-un", &local), None);
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(server.local_addr().unwrap()).unwrap();
    let ours = client.local_addr().unwrap().to_string();
    assert_eq!(line("-un", &ours).unwrap(), ["0", "0", &ours, &local]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let columns = line("-xl", path.to_str().unwrap()).unwrap();
    assert_eq!(columns[..2], ["u_str", "LISTEN"]);
    assert_eq!(columns[4..], [path.to_str().unwrap(), &inode(&listener).to_string(), "*", "0"]);
}

#[test]
fn numbers_stand_for_services_where_names_are_not_wanted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    // An ephemeral port has no name, so it is a number in both forms.
    assert!(line("-tln", &local).is_some());
    for options in [&["-tln"][..], &["-tan"], &["-uan"]] {
        let numeric = listed(options);
        let ports = numeric
            .lines()
            .skip(1)
            .flat_map(str::split_whitespace)
            .filter_map(|column| column.rsplit_once(':'));
        for (_, port) in ports {
            assert!(port == "*" || port.parse::<u16>().is_ok(), "{options:?}: {port}");
        }
    }
}

#[test]
fn details_stand_behind_the_columns_or_below() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let local = client.local_addr().unwrap().to_string();
    // The words of the socket's line, and the lines below it.
    let told = |options: &str| -> (Vec<String>, Vec<String>) {
        let table = run(&mut sockeye(&[options])).ok();
        let is_it = |line: &str| line.split_whitespace().nth(3) == Some(&local);
        let mut lines = table.lines().skip_while(|line| !is_it(line)).map(str::to_owned);
        let columns = lines.next().unwrap().split_whitespace().map(str::to_owned).collect();
        (columns, lines.take_while(|line| line.starts_with('\t')).collect())
    };
    let (plain, none) = told("-tn");
    assert_eq!(none, [""; 0]);
    let (columns, below) = told("-tnie");
    assert_eq!(columns[..5], plain[..], "the columns stay as they are");
    assert!(columns.contains(&format!("ino:{}", inode(&client))), "{columns:?}");
    assert!(below.len() == 1 && below[0].contains(" cwnd:"), "{below:?}");
    let (columns, below) = told("-tnieO");
    assert!(
        columns.iter().any(|word| word.starts_with("cwnd:")) && below.is_empty(),
        "{columns:?} {below:?}"
    );
    let (columns, below) = told("-tnm");
    assert_eq!(columns, plain);
    assert!(below.len() == 1 && below[0].starts_with("\t skmem:(r"), "{below:?}");
}

#[test]
fn tables_and_families_by_name_are_those_of_the_short_options() {
    for (named, short) in [
        (&["-an", "-A", "tcp"][..], &["-tan"][..]),
        (&["-an", "--query", "udp"], &["-uan"]),
        (&["-an", "--socket", "tcp,udp"], &["-tuan"]),
        (&["-an", "-A", "inet,!udp,!raw,!dccp,!sctp,!mptcp"], &["-tan"]),
        (&["-tan", "-f", "inet6"], &["-6tan"]),
        (&["-tan", "--family", "inet"], &["-4tan"]),
        (&["-an", "-f", "unix"], &["-xan"]),
    ] {
        assert_eq!(listed(named), listed(short), "{named:?}");
    }
    let [all, some] = ["unix", "unix_stream"].map(|table| listed(&["-anH", "-A", table]));
    assert!(some.lines().count() < all.lines().count(), "{all}{some}");
}

#[test]
fn filters_come_from_files_too() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, b"sport = :22 or\n  sport = :80\n").unwrap();
    let path = file.path().to_str().unwrap();
    let both = listed(&["-tan", "sport = :22 or sport = :80"]);
    assert_ne!(both, listed(&["-tan"]));
    assert_eq!(listed(&["-tan", "-F", path]), both);
    assert_eq!(listed(&["-tan", "--filter", path, "sport = :22"]), listed(&["-tan", "sport = :22"]));
    let ran = run(&mut sockeye(&["-F", "/nowhere"]));
    let error = String::from_utf8(ran.stderr.clone()).unwrap();
    assert!(error.starts_with("sockeye: the filter in /nowhere cannot be read: "), "{error}");
    assert_eq!(ran.code(), 2);
}

#[test]
fn options_of_ss_that_are_not_there_say_so() {
    for (typed, names) in [
        ("-D", "-D, --diag"),
        ("--tipcinfo", "--tipcinfo"),
        ("-tanD", "-D, --diag"),
        ("--diag", "-D, --diag"),
    ] {
        let ran = run(&mut sockeye(&[typed]));
        let error = String::from_utf8(ran.stderr.clone()).unwrap();
        assert!(error.starts_with(&format!("sockeye: there is no {names} as in ss: ")), "{typed}: {error}");
        assert_eq!((ran.code(), ran.stdout.len()), (2, 0), "{typed}");
    }
}
