//! What a ledger gives back, and what it does where its file is full, broken, gone or a stranger's.

use std::os::unix::fs::MetadataExt as _;

use super::*;
use crate::model::{
    Basics, Cookie, Endpoint, Ends, Executable, Family, Fd, Identity, NetnsId, Owners, Pid, PortRange,
    Process, ProcessId, Protocol, Socket, SocketType, State as SocketState, Uid,
};
use crate::policy::Severity;

fn at(seconds: u64) -> Stamp {
    let wall = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(seconds).unwrap()).unwrap();
    Stamp { mono: Duration::from_secs(seconds), wall }
}

fn boot() -> SystemBytes {
    SystemBytes::from("b1")
}

/// A listener of a program whose name is no text.
fn listener(cookie: u64) -> Socket {
    let local = Endpoint::new("::1".parse().unwrap(), 8080);
    let basics = Basics {
        key: SocketKey { netns: NetnsId(7), id: Identity::Cookie(Cookie(cookie)) },
        family: Family::Inet6,
        protocol: Protocol::Tcp,
        kind: SocketType::Stream,
        state: SocketState::Listen,
        ends: Ends::Inet { local, remote: None },
        inode: None,
    };
    let mut process = Process::named(ProcessId { pid: Pid(9), start: 5 }, SystemBytes::from(b"\xff\n"));
    process.exe = Some(Executable { path: SystemBytes::from("/bin/x"), deleted: true, file: None });
    process.uid = Some(Uid(33));
    let mut socket = Socket::new(basics, &PortRange::default());
    socket.uid = Some(Uid(33));
    socket.owners = Owners::One { process: Arc::new(process), fd: Fd(0) };
    socket
}

fn notice(seq: u64) -> Arc<Notice> {
    let at = at(seq).wall;
    Arc::new(Notice {
        seq,
        severity: Severity::High,
        at,
        line: format!("line {seq}"),
        json: format!("{{\"n\":{seq}}}"),
    })
}

fn state() -> State {
    let remembered = |cookie, was_told| {
        let socket = listener(cookie);
        (socket.key, Remembered { socket, was_told })
    };
    State {
        boot: Some(boot()),
        standing: [u64::MAX, 3].into(),
        listeners: [remembered(u64::MAX - 1, true), remembered(2, false)].into(),
        cursors: [("stdout".to_owned(), 1)].into(),
    }
}

fn open(path: &Path, seconds: u64) -> (Ledger, Left) {
    Ledger::open(path, Some(&boot()), at(seconds)).unwrap()
}

fn facts(count: usize) -> Vec<Fact> {
    vec![Fact { at: at(1), what: Happening::Passed, socket: listener(4) }; count]
}

/// How many rows a table of the file has, for whoever else looks.
fn rows(path: &Path, table: &str) -> i64 {
    let database = Connection::open(path).unwrap();
    database.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn what_was_written_is_there_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/watch.db");
    let (mut ledger, left) = open(&path, 0);
    assert!(left.memory.is_none() && left.notices.is_empty() && left.seq == 0);
    ledger.write(Entry { notices: vec![notice(1), notice(2)], facts: facts(3) }, &state(), &[], at(1));
    assert!(ledger.says(&state()));
    assert_eq!((ledger.news(), rows(&path, "fact")), (vec![], 3));
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    drop(ledger); // as a crash does: nothing is written at the end
    let (_ledger, left) = open(&path, 9);
    let memory = left.memory.unwrap();
    assert_eq!(memory.told, state().standing);
    let told: Vec<_> = memory.listeners.iter().map(|one| (one.socket.clone(), one.was_told)).collect();
    let expected: Vec<_> = state().listeners.into_values().map(|one| (one.socket, one.was_told)).collect();
    assert!(expected.iter().all(|one| told.contains(one)) && told.len() == 2, "{told:#?}");
    assert_eq!(left.notices, [notice(1), notice(2)].map(|notice| (*notice).clone()));
    assert_eq!((left.seq, left.cursors), (2, state().cursors));
}

#[test]
fn however_much_happens_at_once_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    let (mut ledger, _) = open(&path, 0);
    ledger.write(Entry { notices: vec![], facts: facts(WAITING + 5) }, &state(), &[], at(1));
    assert_eq!((ledger.news(), rows(&path, "fact")), (vec![], i64::try_from(WAITING).unwrap() + 5));
}

#[test]
fn a_change_of_the_state_is_written_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    let (mut ledger, _) = open(&path, 0);
    ledger.write(Entry { notices: vec![], facts: vec![] }, &state(), &[], at(1));
    let mut next = state();
    next.standing = [3, 4].into();
    let first = *next.listeners.keys().next().unwrap();
    next.listeners.remove(&first);
    next.cursors.insert("stdout".into(), 7);
    assert!(!ledger.says(&next));
    ledger.write(Entry { notices: vec![], facts: vec![] }, &next, &[], at(2));
    drop(ledger);
    let (_ledger, left) = open(&path, 3);
    let memory = left.memory.unwrap();
    assert_eq!((memory.told, memory.listeners.len()), (next.standing, 1));
    assert_ne!(memory.listeners[0].socket.key, first);
    assert_eq!(left.cursors["stdout"], 7);
}

#[test]
fn another_boot_has_no_memory_but_alerts_that_were_not_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    open(&path, 0).0.write(Entry { notices: vec![notice(1)], facts: vec![] }, &state(), &[], at(1));
    let (mut ledger, left) = Ledger::open(&path, Some(&SystemBytes::from("b2")), at(2)).unwrap();
    assert!(left.memory.is_none());
    assert_eq!((left.notices.len(), left.seq), (1, 1));
    let now = State { boot: Some(SystemBytes::from("b2")), ..State::default() };
    ledger.write(Entry { notices: vec![], facts: vec![] }, &now, &[], at(3));
    assert_eq!(
        (rows(&path, "listener"), rows(&path, "standing")),
        (0, 0),
        "of the old boot nothing is there"
    );
}

#[test]
fn a_file_that_is_no_database_is_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    for (at_second, damage) in [(1_u64, "no database at all, but some text that is long enough"), (2, "")] {
        let path = dir.path().join(format!("{at_second}.db"));
        open(&path, 0).0.write(
            Entry { notices: (1..=200).map(notice).collect(), facts: facts(100) },
            &state(),
            &[],
            at(1),
        );
        if damage.is_empty() {
            // Half of the pages are missing.
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2 / 4096 * 4096).unwrap();
        } else {
            std::fs::write(&path, damage.repeat(100)).unwrap();
        }
        let (mut ledger, left) = open(&path, at_second);
        assert!(left.memory.is_none());
        let news = ledger.news();
        let [News::PutAside(aside)] = &news[..] else { panic!("{news:?}") };
        assert!(aside.exists());
        ledger.write(Entry { notices: vec![notice(1)], facts: vec![] }, &state(), &[], at(3));
        assert_eq!((ledger.news(), rows(&path, "alert")), (vec![], 1));
    }
}

#[test]
fn a_file_of_a_newer_version_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    open(&path, 0).0.write(Entry { notices: vec![notice(1)], facts: vec![] }, &state(), &[], at(1));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let (mut ledger, left) = open(&path, 2);
    assert!(left.memory.is_none());
    ledger.write(Entry { notices: vec![notice(2)], facts: vec![] }, &state(), &[], at(30));
    let news = ledger.news();
    let [News::Broken(why)] = &news[..] else { panic!("told once: {news:?}") };
    assert!(why.contains("newer sockeye"), "{why}");
    assert_eq!(rows(&path, "alert"), 1);
}

#[test]
fn a_file_that_was_deleted_is_written_anew_with_all_that_matters() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    let (mut ledger, _) = open(&path, 0);
    ledger.write(Entry { notices: vec![notice(1), notice(2)], facts: facts(1) }, &state(), &[], at(1));
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", path.display())));
    }
    assert!(!ledger.says(&state()), "nobody finds it");
    ledger.write(Entry { notices: vec![notice(3)], facts: facts(1) }, &state(), &[notice(2)], at(2));
    assert_eq!(ledger.news(), []);
    drop(ledger);
    let (_ledger, left) = open(&path, 3);
    assert_eq!(
        left.notices.iter().map(|notice| notice.seq).collect::<Vec<_>>(),
        [2, 3],
        "what was not taken yet"
    );
    assert_eq!(left.memory.unwrap().told, state().standing);
}

/// A directory in its place can be written by nobody, whoever runs this.
#[test]
fn while_it_cannot_be_written_it_waits_and_then_has_everything() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    let (mut ledger, _) = open(&path, 0);
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", path.display())));
    }
    std::fs::create_dir(&path).unwrap();
    ledger.write(Entry { notices: vec![notice(1)], facts: facts(2) }, &state(), &[notice(1)], at(1));
    assert!(matches!(&ledger.news()[..], [News::Broken(_)]));
    std::fs::remove_dir(&path).unwrap();
    ledger.write(
        Entry { notices: vec![notice(2)], facts: facts(WAITING) },
        &state(),
        &[notice(1), notice(2)],
        at(2),
    );
    assert!(!path.exists(), "it is not tried again at once");
    assert!(!ledger.says(&state()));
    ledger.write(Entry { notices: vec![], facts: vec![] }, &state(), &[notice(1), notice(2)], at(12));
    assert_eq!(ledger.news(), [News::Mended { lost: 2 }]);
    let waiting = i64::try_from(WAITING).unwrap();
    assert_eq!((rows(&path, "alert"), rows(&path, "fact")), (2, waiting));
    assert!(ledger.says(&state()));
}

#[test]
fn two_watches_do_not_share_one_and_links_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("watch.db");
    let (first, _) = open(&path, 0);
    let second = Ledger::open(&path, None, at(0));
    assert!(matches!(second, Err(LedgerError::InUse)));
    drop(first);
    open(&path, 1);
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink("watch.db", &link).unwrap();
    assert!(matches!(Ledger::open(&link, None, at(0)), Err(LedgerError::File(FileError::Symlink))));
}
