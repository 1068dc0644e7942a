//! The forms of a listing beside the table of ss: columns, CSV, lines of JSON, templates; and their order.

use serde_json::Value;

use crate::harness::{run, sockeye};

const FILTERED: &str = "scenario:tests/scenarios/filter.toml";
/// With names that try to drive a terminal.
const HOSTILE: &str = "scenario:tests/scenarios/table.toml";

fn listed(source: &str, args: &[&str]) -> String {
    let ran = run(sockeye(args).args(["--source", source]));
    assert_eq!(ran.code(), 0, "{args:?}: {}", ran.stderr());
    ran.stdout().to_string()
}

/// The records of a text as RFC 4180 has them.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let record = records.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                record.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                records.push(vec![String::new()]);
            }
            _ => record.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(records.pop(), Some(vec![String::new()]), "the last line ends, too");
    records
}

#[test]
fn chosen_columns_stand_in_their_order() {
    let table = listed(FILTERED, &["--columns", "local,recv_q,owner,unit", "--sort", "-recv_q,local", "tcp"]);
    insta::assert_snapshot!(table, @r"
    LOCAL                   RECV-Q  OWNER          UNIT
    [::ffff:10.1.2.3]:8080    1500  nginx(813)
    [::]:8080                    3  nginx(812) +1
    0.0.0.0:22                   0  sshd(700)      ssh.service
    10.1.2.3:22                  0  sshd(700)      ssh.service
    127.0.0.1:5432               0  updater(900)
    [2001:db8::1]:8080           0
    [fe80::1]:33000              0  updater(900)
    ");
    let plain = listed(FILTERED, &["--columns", "cookie", "--no-header", "--sort", "-cookie", "unix"]);
    assert_eq!(plain, "10\n 9\n");
}

#[test]
fn sorting_puts_what_is_unknown_last_either_way() {
    for (sort, last) in [("uid,cookie", "6"), ("-uid,cookie", "6"), ("owner_count,-cookie", "6")] {
        let cookies = listed(FILTERED, &["--format", "{cookie}", "--sort", sort]);
        assert_eq!(cookies.lines().last(), Some(last), "{sort}: {cookies}");
    }
    let table = listed(FILTERED, &["-tanH", "--sort", "-local_port"]);
    assert!(table.lines().next().unwrap().contains("33000"), "the table of ss, too: {table}");
    let json: Value = serde_json::from_str(&listed(FILTERED, &["--json", "--sort", "-cookie"])).unwrap();
    assert_eq!(json["sockets"][0]["cookie"], "11");
}

#[test]
fn csv_is_what_spreadsheets_read() {
    let records = csv(&listed(FILTERED, &["--csv", "--columns", "cookie,local,owners,path"]));
    assert_eq!(records[0], ["cookie", "local", "owners", "path"]);
    assert_eq!(records.len(), 12);
    let web = records.iter().find(|record| record[0] == "2").unwrap();
    assert_eq!(web[1..], ["[::]:8080", "nginx(812),nginx(813)", ""]);
    let all = csv(&listed(FILTERED, &["--csv"]));
    let fields = sockeye::model::field::all().filter(|field| !field.composed).count();
    assert!(all.iter().all(|record| record.len() == fields), "{fields}");
    let bare = csv(&listed(FILTERED, &["--csv", "--columns", "cookie", "--no-header"]));
    assert_eq!(bare.len(), 11);
}

#[test]
fn lines_of_json_are_the_sockets_of_the_document_and_its_coverage() {
    let document: Value = serde_json::from_str(&listed(FILTERED, &["--json"])).unwrap();
    let lines = listed(FILTERED, &["--ndjson"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, sockets) = lines.split_last().unwrap();
    assert_eq!((&last["type"], &last["coverage"]), (&Value::from("coverage"), &document["coverage"]));
    assert!(sockets.iter().all(|line| line["schema"] == 1 && line["type"] == "socket"));
    let told: Vec<Value> = sockets.iter().map(|line| line["socket"].clone()).collect();
    assert_eq!(Value::from(told), document["sockets"]);
}

#[test]
fn templates_make_lines_to_order() {
    let lines = listed(FILTERED, &["--format", "{pid}\\t{local_port} {{{comm}}}", "listening", "tcp"]);
    assert_eq!(lines, "700\t22 {sshd}\n812\t8080 {nginx}\n900\t5432 {updater}\n");
}

#[test]
fn no_form_lets_a_control_byte_out() {
    let forms: [&[&str]; 6] = [
        &["--json"],
        &["--ndjson"],
        &["--csv"],
        &["--columns", "local,owners,exe,path,comm"],
        &["--format", "{owners} {exe} {path} {comm} {local}"],
        &["-tuxanp"],
    ];
    for form in forms {
        let told = listed(HOSTILE, form);
        assert!(told.contains("\\x1b"), "{form:?}: {told}");
        let bad = |c: &char| c.is_control() && !matches!(c, '\n' | '\r') || *c == '\u{202e}';
        assert_eq!(told.chars().find(bad), None, "{form:?}");
        assert!(!told.contains('\r') || form == ["--csv"]);
    }
}

#[test]
fn mistakes_name_the_argument_and_the_remedy() {
    for (args, says) in [
        (&["--columns", "locl"][..], &["--columns: there is no field \"locl\"", "did you mean `local`?"][..]),
        (&["--columns", "a,b"], &["there is no field \"a\"", "--columns help"]),
        (&["--sort", "-recvq"], &["--sort: there is no field \"-recvq\"", "did you mean `recv_q`?"]),
        (&["--format", "{pid} {locl}"], &["--format", "   1 | {pid} {locl}\n     |        ^^^^", "`local`"]),
        (&["--format", "{pid"], &["this brace is not closed"]),
        (&["--format", "pid}"], &["this brace was never opened"]),
        (&["--json", "--csv"], &["--json", "--csv"]),
    ] {
        let ran = run(&mut sockeye(args));
        assert_eq!((ran.code(), ran.stdout.len()), (2, 0), "{args:?}");
        for part in says {
            assert!(ran.stderr().contains(part), "{args:?}: {}", ran.stderr());
        }
    }
    let help = run(&mut sockeye(&["--columns", "help"]));
    assert!(help.code() == 0 && help.stdout().contains("rtt_us "), "{}", help.stdout());
}
