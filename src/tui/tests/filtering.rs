//! The filter while it is typed: what stays in force, what is shown, and what the poller is asked for.

use std::collections::BTreeSet;

use crossterm::event::KeyCode;
use ratatui::layout::Size;
use ratatui::style::Modifier;

use super::{SCRIPT, Stage, understand};
use crate::filter::Seen as Judged;
use crate::model::{Ask, Known, NoOwner, SocketKey};
use crate::phrase;
use crate::text::Charset;
use crate::tui::action::Mode;
use crate::tui::cell::Seen;
use crate::tui::input::Input;
use crate::tui::prompt::Pending;
use crate::tui::theme::{ColorChoice, Look};

fn look() -> Look {
    Look::new(ColorChoice::Ansi16, false)
}

fn pictures(name: &str, keys: &str) {
    for (width, height) in [(140, 40), (80, 24), (40, 10)] {
        let mut stage = Stage::played(width, height);
        stage.keys(keys);
        if let Some(tabs) = keys.strip_suffix('\t') {
            let more = tabs.len() - tabs.trim_end_matches('\t').len();
            (0..=more).for_each(|_| drop(stage.code(KeyCode::Tab)));
        }
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.screen());
    }
}

/// Opens the prompt and puts that there, without the filters that its beginnings are.
fn type_at_once(stage: &mut Stage, text: &str) {
    stage.keys("/");
    stage.send(Input::Paste(text.into()));
}

#[test]
fn a_mistake_is_shown_under_its_place() {
    pictures("mistake", "/tcp and prot = 22");
}

#[test]
fn what_is_missing_is_shown_with_what_may_follow() {
    pictures("unfinished", "/nginx and state ");
}

#[test]
fn an_empty_line_tells_what_may_stand_there() {
    pictures("empty_line", "/");
}

#[test]
fn words_are_tried_one_after_the_other() {
    let typed = |keys: &str, tabs: &[KeyCode]| {
        let mut stage = Stage::played(140, 40);
        stage.keys(keys);
        let mut line = Vec::new();
        for code in tabs {
            stage.code(*code);
            line.push(stage.app.prompt.text().to_owned());
        }
        line
    };
    let (tab, back) = (KeyCode::Tab, KeyCode::BackTab);
    assert_eq!(
        typed("/autob", &[tab, tab]),
        ["autobound ", "autobound and"],
        "alone, and then what follows it"
    );
    assert_eq!(
        typed("/tcp and LIS", &[tab, tab, tab, tab, back]),
        [
            "tcp and listen",
            "tcp and listener",
            "tcp and listener_cookie",
            "tcp and listening",
            "tcp and listener_cookie"
        ]
    );
    assert_eq!(typed("/protocol = ud", &[tab, tab]), ["protocol = udp", "protocol = udplite "]);
    assert_eq!(typed("/nothing-like-it", &[tab, back]), ["nothing-like-it"; 2]);
    assert_eq!(typed("/proc = \"lis", &[tab]), ["proc = \"lis"], "a text is nobody's word");
    let mut stage = Stage::played(140, 40);
    stage.keys("/lis and tcp");
    (0..8).for_each(|_| drop(stage.code(KeyCode::Left)));
    stage.code(KeyCode::Left);
    stage.code(KeyCode::Right);
    stage.code(tab);
    assert_eq!(stage.app.prompt.text(), "listen and tcp", "at the cursor");
    // The word that is tried is marked, and a key ends the trying.
    let mut stage = Stage::played(80, 24);
    stage.keys("/scope >= ");
    stage.code(back);
    assert_eq!((stage.app.prompt.text(), stage.app.prompt.tried()), ("scope >= none", Some(5)));
    let buffer = stage.buffer();
    let lines: Vec<_> = stage.screen().lines().map(str::to_owned).collect();
    let y = lines.iter().position(|line| line.starts_with(" Tab  ")).unwrap();
    let x = u16::try_from(lines[y].find("none").unwrap()).unwrap();
    assert!(buffer[(x, u16::try_from(y).unwrap())].modifier.contains(Modifier::REVERSED), "{}", lines[y]);
    stage.keys(" ");
    assert_eq!(stage.app.prompt.tried(), None);
}

#[test]
fn of_many_words_those_around_the_tried_one_are_shown() {
    let mut stage = Stage::played(80, 24);
    stage.keys("/tcp ");
    let count = stage.app.prompt.offers().len();
    for _ in 0..=count {
        stage.code(KeyCode::Tab);
        let tried = stage.app.prompt.offers()[stage.app.prompt.tried().unwrap()];
        let screen = stage.screen();
        let offers = screen.lines().find(|line| line.starts_with(" Tab  ")).unwrap();
        assert!(offers.split_whitespace().any(|word| word == tried), "{tried}: {offers}");
    }
}

#[test]
fn the_last_filter_that_was_understood_stays_in_force() {
    let mut stage = Stage::played(140, 40);
    type_at_once(&mut stage, "tcp");
    stage.keys(" ");
    stage.send(Input::Paste("and port".into()));
    let mut lists = BTreeSet::new();
    for keys in ["", " ", "=", " ", "("] {
        stage.keys(keys);
        assert!(stage.app.prompt.mistake().is_some(), "{}", stage.app.prompt.text());
        lists.insert(stage.listed());
    }
    assert_eq!(lists.len(), 1, "and the list stays as it was: {lists:?}");
    assert!(lists.first().is_some_and(|list| list.len() > 2));
    stage.polls(1);
    assert_eq!(Some(&stage.listed()), lists.first(), "a reading changes nothing of that");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::Filter, "what is wrong cannot be kept");
    stage.code(KeyCode::Backspace);
    stage.keys("22");
    assert_eq!(stage.listed(), ["[::]:22"]);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::List);
}

#[test]
fn a_list_is_not_emptied_by_half_a_word() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/");
    for c in "listening and port = ".chars() {
        stage.keys(c.encode_utf8(&mut [0; 4]));
        assert!(!stage.listed().is_empty(), "{}", stage.app.prompt.text());
    }
    stage.keys("80");
    assert_eq!(stage.listed(), ["0.0.0.0:80", "[::]:80"]);
    stage.ctrl('u');
    stage.keys("por");
    assert_eq!(stage.app.prompt.pending(), Some(Pending::Word));
    assert!(stage.screen().contains("Enter means it so"));
    stage.keys(" ");
    assert_eq!(stage.app.prompt.pending(), Some(Pending::Word), "a comparison may follow");
    stage.polls(1);
    assert!(!stage.listed().is_empty(), "a reading does not change that");
    stage.code(KeyCode::Enter);
    assert!(stage.listed().is_empty() && stage.app.prompt.pending().is_none());
    assert!(stage.screen().contains("matches the filter"));
}

#[test]
fn escape_leaves_the_filter_as_it_was() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/port = 80");
    stage.code(KeyCode::Enter);
    for keys in [" and (", "1", "  ", "\" x"] {
        stage.keys("/");
        stage.keys(keys);
        stage.code(KeyCode::Esc);
        assert_eq!((stage.app.prompt.text(), stage.app.mode()), ("port = 80", Mode::List));
        assert_eq!(stage.listed(), ["0.0.0.0:80", "[::]:80"], "{keys:?}");
    }
    stage.keys("/");
    stage.ctrl('u');
    assert!(stage.listed().len() > 2, "an empty filter is none");
    stage.code(KeyCode::Enter);
    assert!(!stage.app.prompt.is_shown() && stage.app.sieve.filter().is_empty());
}

#[test]
fn filters_that_were_kept_can_be_had_again() {
    let mut stage = Stage::played(140, 40);
    for filter in ["port = 80", "udp"] {
        stage.keys("/");
        stage.ctrl('u');
        stage.keys(filter);
        stage.code(KeyCode::Enter);
    }
    stage.keys("/ and");
    let mut seen = Vec::new();
    for code in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down, KeyCode::Down] {
        stage.code(code);
        seen.push(stage.app.prompt.text().to_owned());
    }
    assert_eq!(seen, ["udp", "port = 80", "port = 80", "udp", "udp and", "udp and"]);
    stage.code(KeyCode::Up);
    stage.code(KeyCode::Up);
    assert_eq!(stage.listed(), ["0.0.0.0:80", "[::]:80"], "it is in force at once");
}

#[test]
fn what_a_filter_looks_at_is_asked_for_and_waited_for() {
    let mut stage = Stage::new(140, 40);
    stage.polls(3);
    stage.keys("2");
    let before = stage.listed();
    type_at_once(&mut stage, "rto > 1us");
    assert!(stage.app.ask().info && !stage.app.ask().published);
    assert_eq!(stage.listed(), before, "a reading without details says nothing of them");
    assert!(stage.screen().contains("waits for details of the next reading"), "{}", stage.screen());
    let ask = stage.app.ask();
    stage.sampler.ask(ask);
    stage.polls(1);
    assert!(!stage.screen().contains("waits for details"));
    assert_ne!(stage.listed(), before);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.ask(), stage.app.view.ask(), "what the view shows, and no more");
    assert_eq!(stage.app.prompt.pending(), None);
    stage.keys("1");
    // A text is looked for at once; cgroups tell more of it with the next reading.
    stage.keys("/nginx");
    assert_eq!(stage.app.ask(), Ask { cgroups: true, ..Ask::NOTHING });
    assert_eq!(stage.app.prompt.pending(), None);
}

#[test]
fn what_other_views_have_is_told_where_this_one_has_nothing() {
    let mut stage = Stage::played(140, 40);
    for (filter, told) in [
        ("unix", "3 Unix sockets found, 5 shows"),
        ("established", "3 connections found, 2 shows"),
        ("tcp and port = 1", "matches the filter"),
    ] {
        type_at_once(&mut stage, filter);
        stage.code(KeyCode::Enter);
        assert!(stage.listed().is_empty());
        assert!(stage.screen().contains(told), "{}", stage.screen());
        stage.code(KeyCode::Esc);
    }
    type_at_once(&mut stage, "unix");
    stage.code(KeyCode::Enter);
    stage.keys("5");
    assert_eq!((stage.app.listing.matched, stage.listed().len()), (3, 3));
}

#[test]
fn that_a_filter_waits_is_told_however_long_it_is() {
    for width in [40, 80, 130] {
        let mut stage = Stage::played(width, 24);
        let filter =
            "rto > 1us and port in {1,2,3,4,5,6,7,8,9} and proc = nginx and user = root and not loopback";
        type_at_once(&mut stage, filter);
        for code in [KeyCode::Home, KeyCode::End, KeyCode::Enter] {
            stage.code(code);
            assert!(stage.screen().contains("waits for details"), "{}", stage.screen());
        }
    }
}

#[test]
fn rates_are_waited_for_until_there_are_two_readings() {
    let mut stage = Stage::new(140, 40);
    stage.polls(1);
    type_at_once(&mut stage, "rate > 1kB");
    let ask = stage.app.ask();
    assert!(ask.counts_bytes() && !ask.info, "and for nothing else");
    stage.sampler.ask(ask);
    for pending in [Some(Pending::Reading), Some(Pending::Reading), None] {
        assert_eq!(stage.app.prompt.pending(), pending);
        stage.polls(1);
    }
}

#[test]
fn owners_that_nobody_looked_for_are_missed_where_the_filter_looks_at_them() {
    let mut stage = Stage::new(140, 40);
    let mut sample = stage.sampler.take().unwrap();
    sample.coverage.owners.unresolved = vec![(NoOwner::NotScanned, 3)];
    stage.feed(sample);
    let notice = "the filter looks at owners, which are not looked for";
    for (filter, is_told) in [("port = 80", false), ("proc = nginx", true)] {
        type_at_once(&mut stage, filter);
        assert_eq!(stage.screen().contains(notice), is_told, "{}", stage.screen());
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn a_held_picture_gets_no_details() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("f");
    type_at_once(&mut stage, "rto > 1us");
    let ask = stage.app.ask();
    stage.sampler.ask(ask);
    stage.polls(1);
    assert!(stage.screen().contains("waits for details, which the held picture lacks"), "{}", stage.screen());
    stage.code(KeyCode::Enter);
    stage.keys("f");
    assert_eq!(stage.app.prompt.pending(), None);
}

#[test]
fn a_filter_of_the_command_line_holds_from_the_first_reading() {
    let size = Size { width: 140, height: 40 };
    let mut stage = Stage::asking("port = 80", SCRIPT, size, look());
    assert!(stage.screen().contains("filter port = 80"), "{}", stage.screen());
    stage.polls(1);
    assert_eq!((stage.listed().len(), stage.app.mode()), (2, Mode::List));
    stage.keys("/");
    stage.ctrl('u');
    stage.code(KeyCode::Up);
    assert_eq!(stage.app.prompt.text(), "port = 80", "it is in the history");
    let mut stage = Stage::asking("rto > 1us", SCRIPT, size, look());
    let ask = stage.app.ask();
    assert!(ask.info);
    stage.sampler.ask(ask);
    stage.polls(1);
    assert_eq!(stage.app.prompt.pending(), None);
}

#[test]
fn ages_are_known_here() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/new");
    assert_eq!(stage.listed(), ["0.0.0.0:4444", "[::1]:6666"]);
    stage.ctrl('u');
    stage.keys("age < 5s");
    assert_eq!(stage.listed(), ["0.0.0.0:4444"]);
    stage.wait(60.0);
    assert!(stage.listed().is_empty(), "time passes");
}

#[test]
fn a_long_filter_is_shown_around_the_cursor() {
    let mut stage = Stage::played(40, 12);
    let long = "port in {1,2,3,4,5,6,7,8,9,10,11,12} or prox = nginx";
    stage.keys("/");
    stage.send(Input::Paste(long.into()));
    let line =
        |stage: &Stage| stage.screen().lines().find(|line| line.starts_with(" filter")).unwrap().to_owned();
    assert!(
        line(&stage).starts_with(" filter …") && line(&stage).ends_with("prox = nginx"),
        "{}",
        line(&stage)
    );
    assert!(stage.screen().contains("there is no such field"), "{}", stage.screen());
    stage.code(KeyCode::Home);
    assert!(line(&stage).starts_with(" filter port in {1,"), "{}", line(&stage));
}

#[test]
fn there_is_room_for_a_filter_on_every_screen() {
    for (width, height) in (38..70).flat_map(|width| (9..24).map(move |height| (width, height))) {
        let mut stage = Stage::played(width, height);
        type_at_once(&mut stage, "listening and port in {1,22,333} and prot = \"日本\" or x");
        for code in [KeyCode::End, KeyCode::Home, KeyCode::Tab, KeyCode::Enter, KeyCode::BackTab] {
            stage.code(code);
            stage.screen();
        }
        stage.ctrl('u');
        stage.keys("x ");
        for _ in 0..3 {
            stage.code(KeyCode::Tab);
            stage.screen();
        }
    }
}

#[test]
fn what_is_found_is_underlined_and_what_is_excluded_is_not() {
    let marked = |keys: &str| -> String {
        let mut stage = Stage::played(140, 40);
        stage.keys(keys);
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::End);
        let buffer = stage.buffer();
        let cells = buffer.content().iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        cells.map(ratatui::buffer::Cell::symbol).collect()
    };
    assert_eq!(marked("//ng[i]nx$/"), "nginx".repeat(2), "the executables end so");
    assert_eq!(marked("/not nginx and port = 80 or exposed"), "");
    assert_eq!(marked("/proc = nginx"), "");
}

/// What the search of words found in a row before there was a language: what eyes see of it.
fn shown_words(seen: &Seen<'_>, columns: &[crate::tui::columns::Column]) -> BTreeSet<String> {
    let mut pieces = Vec::new();
    // Numbers and words of the kernel are no texts; they have fields of their own.
    let beyond = [
        "opened_at",
        "recv_q",
        "send_q",
        "receive_rate_bytes_per_s",
        "send_rate_bytes_per_s",
        "type",
        "peer_owners",
    ];
    let owners = seen.subject.row.socket.owners.known();
    for column in columns.iter().filter(|column| !beyond.contains(&column.key)) {
        // Why nobody is known has words of the dashboard's own; `owner = …` asks for it.
        if column.key == "owner" && owners.is_none() {
            continue;
        }
        let crate::tui::columns::Body::Socket { field, show, .. } = &column.body else { continue };
        let cell = show(field, seen);
        let tail = cell.tail.split(" +").next().unwrap_or_default().to_owned();
        pieces.push(format!("{}{tail}", cell.text));
    }
    for owner in owners.into_iter().flat_map(Known::shown) {
        pieces.push(phrase::process(owner.process, Charset::Unicode));
        pieces.extend(owner.process.exe.as_ref().map(|exe| phrase::executable(exe, Charset::Unicode)));
        pieces.extend(phrase::command_line(owner.process, Charset::Unicode));
        let workload = owner.process.workload.iter();
        let told = workload.flat_map(|workload| phrase::workload(workload, Charset::Unicode));
        pieces.extend(told.map(|(_, name)| name));
    }
    let words = pieces.iter().flat_map(|piece| piece.split_whitespace());
    words
        .filter(|word| !["—", "inode"].contains(word))
        .map(|word| word.trim_matches(['(', ')']).to_owned())
        .collect()
}

#[test]
fn a_word_finds_whatever_it_found_when_there_were_only_words() {
    let mut stage = Stage::played(140, 40);
    stage.keys("u");
    let moment = stage.app.moment().unwrap();
    let mut bare = 0;
    for row in stage.app.rows() {
        let seen = stage.app.seen(row).unwrap();
        let columns = stage.app.panes.iter().flat_map(|pane| shown_words(&seen, &pane.columns));
        for word in columns.collect::<BTreeSet<_>>() {
            let quoted = format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
            let upper = quoted.to_uppercase();
            for text in [&word, &quoted, &upper] {
                // Bare, a word of the language means what it means there.
                let Ok(filter) = understand(text) else { continue };
                let is_bare = *text == word;
                let is_text = filter.found_in(&word).len() == 1;
                bare += usize::from(is_bare && is_text);
                let passes = filter.passes(&Judged { subject: moment.subject(row), now: moment.taken });
                assert!(passes || (is_bare && !is_text), "{text} does not find {}", key(&row.socket.key));
            }
            assert!(understand(&quoted).is_ok(), "{quoted}");
        }
    }
    assert!(bare > 150, "{bare}");
}

fn key(key: &SocketKey) -> String {
    format!("{key:?}")
}
