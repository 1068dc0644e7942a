//! Listings in a terminal: what has no room, what has a colour, and what stands under a heading.

use vt100::{Color, Screen};

use crate::harness::{run, sockeye};
use crate::session::Session;

const SCENARIO: &str = "scenario:tests/scenarios/dashboard.toml";

/// The last thing that is said.
const LAST: &str = "1 process may not be read";

/// What stands on a terminal of that width when the program has ended.
fn shown<T>(args: &[&str], columns: u16, look: impl Fn(&Screen) -> T) -> T {
    let args = [args, &["--source", SCENARIO]].concat();
    let session = Session::start_in(env!("CARGO_BIN_EXE_sockeye"), &args, columns);
    session.wait_for("the end", |screen| screen.contents().contains(LAST));
    let mut seen = None;
    session.wait_for("the screen", |screen| {
        seen = Some(look(screen));
        true
    });
    session.ends_with(0);
    seen.unwrap()
}

/// The text, without the advice at its end, which depends on who runs the test.
fn text(args: &[&str], columns: u16) -> String {
    let contents = shown(args, columns, Screen::contents);
    contents.split_once(LAST).unwrap().0.to_owned() + LAST
}

#[test]
fn what_says_least_has_no_room_and_that_is_told() {
    insta::assert_snapshot!("80-cells", text(&["-tulpn"], 80));
    insta::assert_snapshot!("60-cells", text(&["-tulpn"], 60));
    insta::assert_snapshot!(
        "60-cells-of-columns",
        text(&["--columns", "state,local,owner,exe,user", "tcp"], 60)
    );
}

/// The same as a pipe gets, wrapped by the terminal.
#[test]
fn wide_leaves_nothing_out() {
    let narrow = text(&["-tulpn", "--wide"], 60);
    let piped =
        run(sockeye(&["-tulpn", "--wide", "--source", SCENARIO]).current_dir(env!("CARGO_MANIFEST_DIR")));
    let squeezed = |text: &str| text.replace(['\n', ' '], "");
    assert!(squeezed(&narrow).contains(&squeezed(piped.stdout())), "{narrow}");
}

/// The colour of the first cell of the text, where it stands first.
fn colour_of(screen: &Screen, text: &str) -> Color {
    for (line, row) in (0..).zip(screen.rows(0, 200)) {
        if let Some(at) = row.find(text) {
            return screen.cell(line, u16::try_from(at).unwrap()).unwrap().fgcolor();
        }
    }
    panic!("{text} is not there: {}", screen.contents())
}

#[test]
fn meanings_have_colours_on_a_terminal() {
    let green = Color::Idx(2);
    assert_eq!(shown(&["-tlpn"], 140, |screen| colour_of(screen, "LISTEN")), green);
    assert_eq!(shown(&["--columns", "state,local,owner"], 140, |screen| colour_of(screen, "listen")), green);
    let never = shown(&["-tlpn", "--color", "never"], 140, |screen| colour_of(screen, "LISTEN"));
    assert_eq!(never, Color::Default);
}

#[test]
fn a_pipe_has_no_colours_unless_asked_for() {
    let listed = |args: &[&str], variable: Option<(&str, &str)>| {
        let mut command = sockeye(&[args, &["-tln", "--source", SCENARIO]].concat());
        let ran = run(command.envs(variable).current_dir(env!("CARGO_MANIFEST_DIR")));
        ran.stdout().to_owned()
    };
    let plain = listed(&[], None);
    assert!(!plain.contains('\x1b'), "{plain}");
    for coloured in [listed(&["--color", "always"], None), listed(&[], Some(("CLICOLOR_FORCE", "1")))] {
        assert!(coloured.contains("\x1b[32mLISTEN\x1b[0m "), "{coloured}");
        assert_eq!(without_colours(&coloured), plain);
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('m').unwrap().1)
}

#[test]
fn names_in_ascii_can_be_read_back() {
    let args = ["-tlpn", "--ascii", "--source", SCENARIO];
    let ran = run(sockeye(&args).current_dir(env!("CARGO_MANIFEST_DIR")));
    assert!(ran.stdout().is_ascii(), "{}", ran.stdout());
    assert!(ran.stdout().contains(r"\u{30b5}\u{30fc}\u{30d0}\u{30fc}"), "{}", ran.stdout());
}

#[test]
fn groups_have_headings() {
    let listed = |args: &[&str]| {
        let mut command = sockeye(&[args, &["--source", SCENARIO]].concat());
        run(command.current_dir(env!("CARGO_MANIFEST_DIR"))).stdout().to_owned()
    };
    insta::assert_snapshot!("by-user", listed(&["-tlpn", "--group", "user"]));
    insta::assert_snapshot!(
        "by-remote-address",
        listed(&["--columns", "remote,state,owner", "--group", "remote_address", "tcp"])
    );
}

/// `/proc/net/tcp` does not tell how many may wait, so no queue there is called full.
#[test]
fn a_queue_of_unknown_length_is_no_alarm() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("sport = :{}", listener.local_addr().unwrap().port());
    let ran = run(&mut sockeye(&["-tlnH", "--source", "procfs", "--color", "always", &port]));
    let line = ran.stdout();
    assert!(line.contains("LISTEN") && line.contains('?') && !line.contains("\x1b[31m"), "{line:?}");
}
