//! The dashboard in a real terminal: what comes and goes, and that the terminal always comes back.
//!
//! Each test has a loopback address of its own and filters for it, so neither the host nor other
//! tests get in the way.

use std::net::TcpListener;
use std::time::Duration;

use base64::Engine as _;
use rustix::process::Signal;
use sockeye::engine::{self, OwnerAsk, Sampler};
use sockeye::filter::Filter;
use sockeye::output::doctor::Asker;
use sockeye::source::{Reading, SocketSource, SourceError, Wanted};
use sockeye::tui::{self, ColorChoice, Ended, Keymap, Options, Theme, TuiError};
use vt100::Screen;

use crate::session::{Session, clicks_are_its_own};

#[test]
fn sockets_come_and_go_before_the_eyes() {
    let mut session = Session::dashboard();
    session.press("/127.81.1.1");
    session.wait_for("the filter", |screen| screen.contents().contains("0 of"));
    session.press("\r");
    let listener = TcpListener::bind("127.81.1.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    session.wait_for_row("+", &local);
    drop(listener);
    session.wait_for_row("-", &local);
    session.wait_for("the closed row to leave", |screen| !screen.contents().contains(&local));
    session.resize(30, 100);
    session.wait_for("the footer in the last of 30 lines", |screen| {
        screen.rows(0, 100).nth(29).is_some_and(|row| row.contains("q quit"))
    });
    session.press("q");
    session.ends_with(0);
}

#[test]
fn a_filter_is_completed_mended_and_kept_while_it_is_typed() {
    let mut session = Session::dashboard();
    let listener = TcpListener::bind("127.81.2.1:0").unwrap();
    let other = TcpListener::bind("127.81.2.1:0").unwrap();
    let (local, beside) = (listener.local_addr().unwrap(), other.local_addr().unwrap().to_string());
    let shows = |screen: &Screen, text: &str| screen.contents().contains(text);
    session.press("/src 127.81.2.1 and autob");
    session.wait_for("what may follow", |screen| shows(screen, " Tab  autobound"));
    session.press("\t");
    session.wait_for("the word", |screen| shows(screen, "filter src 127.81.2.1 and autobound "));
    session.wait_for("both", |screen| shows(screen, &local.to_string()) && shows(screen, &beside));
    session.press(&format!("spotr = {}", local.port()));
    session.wait_for("the mistake under its place", |screen| {
        let rows: Vec<_> = screen.rows(0, 200).collect();
        let typed = rows.iter().position(|row| row.starts_with(" filter "));
        typed.is_some_and(|at| {
            let (line, hint) = (&rows[at], &rows[at + 1]);
            line.find("spotr") == hint.find("^^^^^ ") && hint.contains("did you mean `sport`?")
        })
    });
    session.press("\r");
    session.wait_for("both still", |screen| shows(screen, &local.to_string()) && shows(screen, &beside));
    session.press(&format!("\x17\x17\x17sport = {}\r", local.port())); // Ctrl-W takes a word
    session.wait_for("one", |screen| {
        shows(screen, &local.to_string()) && !shows(screen, &beside) && !shows(screen, "^^^^^")
    });
    session.press("/\x15"); // Ctrl-U
    session.wait_for("everything", |screen| shows(screen, "any text, or such as"));
    session.press("\x1b[A"); // up
    session.wait_for("the one before", |screen| shows(screen, &format!("sport = {}", local.port())));
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn a_filter_can_be_given_and_edited() {
    let listener = TcpListener::bind("127.81.3.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let program = env!("CARGO_BIN_EXE_sockeye");
    let mut session =
        Session::start(program, &["top", "--interval", "200ms", "src 127.81.3.1", "and", "rto > 0"]);
    session.wait_for("the filter", |screen| {
        let shown = screen.contents();
        shown.contains("filter src 127.81.3.1 and rto > 0") && shown.contains("● live")
    });
    session.press("/");
    session.press(&"\x7f".repeat("and rto > 0".len()));
    session.wait_for_row(" ", &local);
    session.press("\x03");
    session.ends_with(0);
    let wrong = crate::harness::run(&mut crate::harness::sockeye(&["top", "prot", "=", "22"]));
    assert_eq!((wrong.code(), wrong.stdout()), (2, ""), "before the terminal is touched");
    assert!(
        wrong.stderr().contains("   1 | prot = 22\n     | ^^^^ there is no such field"),
        "{}",
        wrong.stderr()
    );
}

#[test]
fn a_full_accept_queue_is_diagnosed_and_its_trend_drawn() {
    let listener = TcpListener::bind("127.81.8.1:0").unwrap();
    rustix::net::listen(&listener, 1).unwrap(); // again, with a queue of one
    let local = listener.local_addr().unwrap();
    let _callers = [(); 2].map(|()| std::net::TcpStream::connect(local).unwrap());
    let mut session = Session::dashboard();
    session.press("/127.81.8.1\r");
    session.wait_for("the worst under the list", |screen| {
        screen.contents().contains("◆ alarm: the accept queue is full: 2 of 1 wait to be accepted")
    });
    session.press("\r");
    session.wait_for("the diagnosis and the trend", |screen| {
        let rows: Vec<_> = screen.rows(0, 200).collect();
        let diagnosis = rows.iter().position(|row| row.trim() == "Diagnosis");
        let worst = diagnosis.and_then(|at| rows.get(at + 1));
        worst.is_some_and(|row| row.contains("◆ alarm: the accept queue is full"))
            && rows.iter().any(|row| row.contains("accept queue    2") && row.contains("██"))
    });
    drop(listener);
    session.wait_for("its end", |screen| screen.contents().contains("It is gone"));
    session.wait_for("no diagnosis of what is gone", |screen| !screen.contents().contains("Diagnosis"));
    session.press("q");
    session.ends_with(0);
}

#[test]
fn no_key_is_lost_in_a_resize() {
    let mut session = Session::dashboard();
    session.press("/");
    session.wait_for("the filter", |screen| screen.contents().contains(" of "));
    let typed = "the quick brown fox jumps over";
    for (width, (at, c)) in (100..).zip(typed.char_indices()) {
        session.resize(30, width);
        session.press(c.encode_utf8(&mut [0; 4]));
        let shown = format!("filter {}", typed[..=at].trim_end());
        session.wait_for("the key", |screen| screen.contents().contains(&shown));
    }
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn control_c_quits_while_the_filter_is_typed() {
    let mut session = Session::dashboard();
    session.press("/q");
    session.wait_for("the filter", |screen| screen.contents().contains("filter q"));
    session.press("\x03");
    session.ends_with(0);
}

/// A press and a release at a cell, as a terminal reports them (SGR); both count from 0.
fn click(session: &mut Session, row: usize, column: usize) {
    let (x, y) = (column + 1, row + 1);
    session.press(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
}

/// Waits for a text, and tells its row and column; all before it in its line is ASCII.
fn place(session: &Session, words: &str) -> (usize, usize) {
    let mut found = None;
    session.wait_for(words, |screen| {
        let mut rows = screen.rows(0, 200).enumerate();
        found = rows.find_map(|(at, row)| Some((at, row[..row.find(words)?].chars().count())));
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn the_mouse_selects_opens_sorts_and_turns() {
    let [first, second] = ["127.81.4.1:0", "127.81.4.2:0"].map(|at| TcpListener::bind(at).unwrap());
    let program = env!("CARGO_BIN_EXE_sockeye");
    let mut session = Session::start(program, &["top", "--interval", "200ms", "src 127.81.4.0/24"]);
    for listener in [&first, &second] {
        session.wait_for_row(" ", &listener.local_addr().unwrap().to_string());
    }
    let (_, column) = place(&session, "LOCAL▲");
    for listener in [&second, &first, &second] {
        let local = listener.local_addr().unwrap();
        let (row, column) = place(&session, &format!("tcp    {local}"));
        click(&mut session, row, column);
        let about = format!("waits for others at tcp port {}", local.port());
        session.wait_for("the row to be selected", |screen| screen.contents().contains(&about));
    }
    let (row, _) = place(&session, "PROTO");
    for direction in ["LOCAL▼", "LOCAL▲"] {
        click(&mut session, row, column);
        session.wait_for(direction, |screen| screen.contents().contains(direction));
    }
    let (row, column) = place(&session, "2 Connections");
    click(&mut session, row, column);
    session.wait_for("no connections", |screen| screen.contents().contains(" connections matches"));
    click(&mut session, row, column - 10);
    let (row, column) = place(&session, &format!("tcp    {}", first.local_addr().unwrap()));
    click(&mut session, row, column);
    click(&mut session, row, column);
    session.wait_for("details", |screen| screen.contents().contains("Esc back"));
    session.press("\x1a"); // without a shell nothing stops, and the mouse stays
    let (row, column) = place(&session, "q quit");
    click(&mut session, row, column);
    session.ends_with(0);
}

#[test]
fn the_mouse_can_be_left_to_the_terminal() {
    let program = env!("CARGO_BIN_EXE_sockeye");
    for (mouse, args) in [("true", &["--no-mouse"][..]), ("false", &[]), ("true", &[])] {
        let variable = format!("SOCKEYE_MOUSE={mouse}");
        let mut session = Session::start("env", &[&[variable.as_str(), program, "top"], args].concat());
        let mut kept = false;
        session.wait_for("the first snapshot", |screen| {
            kept = clicks_are_its_own(screen);
            screen.contents().contains("● live")
        });
        assert_eq!(kept, mouse == "false" || !args.is_empty(), "{mouse} {args:?}");
        session.press("q");
        session.ends_with(0);
    }
}

#[test]
fn a_theme_is_named_and_changed_unless_colours_are_forbidden() {
    let program = env!("CARGO_BIN_EXE_sockeye");
    let (dark, light) = (vt100::Color::Rgb(0x14, 0x17, 0x1c), vt100::Color::Rgb(0xff, 0xff, 0xff));
    let none = vt100::Color::Default;
    for (variable, args, before, after) in [
        ("SOCKEYE_THEME=dark", &[][..], dark, light),
        ("SOCKEYE_THEME=mono", &["--theme", "dark"], dark, light),
        ("NO_COLOR=1", &["--theme", "dark"], none, none),
        ("TERM=dumb", &["--theme", "dark"], none, none),
    ] {
        let ground = |screen: &Screen| screen.cell(0, 0).map(vt100::Cell::bgcolor);
        let mut session = Session::start("env", &[&[variable, program, "top"], args].concat());
        session.wait_for("the first snapshot in its colours", |screen| {
            screen.contents().contains("● live") && ground(screen) == Some(before)
        });
        session.press("T!");
        session.wait_for("the next colours, and what explains", |screen| {
            screen.contents().contains("What you can see, and what not") && ground(screen) == Some(after)
        });
        session.press("q");
        session.ends_with(0);
    }
}

#[test]
fn what_changed_since_a_moment_stays_marked_until_that_ends() {
    let before = TcpListener::bind("127.81.1.2:0").unwrap();
    let mut session = Session::dashboard();
    session.press("/127.81.1.2\r");
    session.wait_for_row(" ", &before.local_addr().unwrap().to_string());
    session.press("m");
    let since = TcpListener::bind("127.81.1.2:0").unwrap();
    let local = since.local_addr().unwrap().to_string();
    // Without the moment a mark is gone after three seconds.
    session.wait_for("the mark to outlast three seconds", |screen| {
        let of_it = |row: &String| row.starts_with(" + ") && row.contains(&local);
        let row = screen.rows(0, 200).find(of_it).unwrap_or_default();
        ["4s", "5s", "6s", "7s", "8s"].iter().any(|age| row.contains(age))
    });
    // Changed it may be: whatever is started beside this test holds it for an instant.
    let older = before.local_addr().unwrap().to_string();
    session.wait_for("the older one not to be new", |screen| {
        screen.rows(0, 200).any(|row| row.contains(&older) && !row.starts_with(" + "))
    });
    session.press("m");
    session.wait_for_row(" ", &local);
    session.press("q");
    session.ends_with(0);
}

#[test]
fn an_action_is_chosen_by_its_name() {
    let mut session = Session::dashboard();
    session.press(":frz");
    session.wait_for("the action", |screen| screen.contents().contains("\n freeze           f "));
    session.press("\r");
    session.wait_for("the held picture", |screen| screen.contents().contains("■ frozen"));
    session.press(":quit\r");
    session.ends_with(0);
}

#[test]
fn what_is_copied_comes_to_the_clipboard() {
    let listener = TcpListener::bind("127.81.5.1:0").unwrap();
    let local = listener.local_addr().unwrap();
    let program = env!("CARGO_BIN_EXE_sockeye");
    let mut session = Session::start(program, &["top", "--interval", "200ms", "src 127.81.5.1"]);
    session.wait_for_row(" ", &local.to_string());
    let copied = |session: &Session| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(session.copied()).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    session.press("y");
    let row = copied(&session);
    assert!(row.starts_with(&format!("tcp\t{local}\tloopback v4\t")), "{row:?}");
    session
        .wait_for("the remark", |screen| screen.contents().contains("row sent to the terminal's clipboard"));
    session.press("Y");
    let socket: serde_json::Value = serde_json::from_str(&copied(&session)).unwrap();
    let listed = crate::harness::run(&mut crate::harness::sockeye(&["--json", "src 127.81.5.1"])).ok();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&socket), keys(&listed["sockets"][0]));
    assert_eq!(socket["cookie"], listed["sockets"][0]["cookie"]);
    session.press("q");
    session.ends_with(0);
}

#[test]
fn signals_give_the_terminal_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let session = Session::dashboard();
        session.signal(signal);
        session.ends_with(code);
    }
}

#[test]
fn a_paste_is_text_and_no_commands() {
    let mut session = Session::dashboard();
    session.press("\x1b[200~q\x1b[201~/\x1b[200~two\twords\r\n\x1b[201~");
    session.wait_for("the pasted filter", |screen| screen.contents().contains("filter two words"));
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn control_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let script = "set -m; \"$0\" top --interval 200ms; echo stopped; read go; fg; echo ended $?";
    let mut session = Session::start("sh", &["-c", script, env!("CARGO_BIN_EXE_sockeye")]);
    let dashboard = |screen: &Screen| screen.alternate_screen() && screen.contents().contains("● live");
    session.wait_for("the dashboard", dashboard);
    session.press("\x1a");
    session.wait_for("the shell", |screen| {
        let is_plain = !screen.hide_cursor() && clicks_are_its_own(screen);
        !screen.alternate_screen() && is_plain && screen.contents().contains("stopped")
    });
    session.has_its_modes_again();
    session.press("\r");
    session.wait_for("the dashboard again", |screen| dashboard(screen) && !clicks_are_its_own(screen));
    session.press("q");
    session.wait_for("the end", |screen| screen.contents().contains("ended 0"));
    session.ends_with(0);
}

#[test]
fn without_a_shell_to_return_to_nothing_stops() {
    let mut session = Session::dashboard();
    session.press("\x1a/still here");
    session.wait_for("the filter", |screen| screen.contents().contains("filter still here"));
    session.press("\x03");
    session.ends_with(0);
}

/// Runs one of the ignored tests below in a terminal of its own: panics cannot be asked for from
/// the program, so the library is made to panic from here.
fn child_test(name: &str) -> Session {
    let this = std::env::current_exe().unwrap();
    let name = format!("pty::{name}");
    Session::start(this.to_str().unwrap(), &["--exact", &name, "--ignored", "--nocapture"])
}

#[test]
fn a_panic_is_told_on_the_screen_that_was_there_before() {
    for (child, message) in [
        ("child_panics_in_its_own_thread", "told to panic while drawing is on"),
        ("child_panics_in_the_poller", "told to panic while polling"),
    ] {
        let session = child_test(child);
        session.wait_for("the message", |screen| {
            !screen.alternate_screen() && screen.contents().contains(message)
        });
        session.wait_for("the verdict", |screen| screen.contents().contains("test result: ok"));
        session.ends_with(0);
    }
}

pub(crate) fn options() -> Options {
    let now = sockeye::sys::clock::now;
    let understand = Box::new(|_: &str| Ok(Filter::default()));
    Options {
        now,
        theme: Some(Theme::Terminal),
        asker: Asker::default(),
        color: ColorChoice::Ansi16,
        ascii: false,
        is_a_job: false,
        mouse: true,
        keymap: Keymap::default(),
        version: "0",
        understand,
        export: std::sync::Arc::new(|_| String::new()),
        filter: None,
        view: None,
        memory: tui::Memory::default(),
        acts: tui::Acts::Removed,
        policy: None,
        write_policy: Box::new(|_, _| {}),
    }
}

#[test]
#[ignore = "started by a_panic_is_told_on_the_screen_that_was_there_before"]
#[should_panic(expected = "told to panic while drawing is on")]
fn child_panics_in_its_own_thread() {
    let ended = tui::run(options(), |_, _| panic!("told to panic while drawing is on"));
    panic!("{ended:?}");
}

struct Panics;

impl SocketSource for Panics {
    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        panic!("told to panic while polling")
    }
}

#[test]
#[ignore = "started by a_panic_is_told_on_the_screen_that_was_there_before"]
fn child_panics_in_the_poller() {
    let sampler = Sampler::new(Box::new(Panics), Vec::new(), OwnerAsk::NOTHING);
    let second = Duration::from_secs(1);
    let ended: Result<Ended, TuiError> =
        tui::run(options(), |_, deliver| engine::spawn(sampler, second, second, None, deliver));
    assert!(matches!(ended, Err(TuiError::Panicked)), "{ended:?}");
}
