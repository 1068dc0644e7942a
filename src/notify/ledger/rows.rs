//! The tables of a ledger, and what goes in and out of them. It decides nothing.
//!
//! The tables are for people, too: `sqlite3 watch.db 'select * from fact'`. Bytes that are no UTF-8 are blobs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params};

use super::{Left, State};
use crate::model::{
    Basics, Cookie, Endpoint, Ends, Executable, Family, Fd, Identity, Inode, NetnsId, Owners, Pid, PortRange,
    Process, ProcessId, Protocol, Socket, SocketKey, SocketType, Stamp, SystemBytes, Uid,
};
use crate::notify::Notice;
use crate::policy::{Memory, Remembered, Severity};

/// The version of the tables (`PRAGMA user_version`).
pub(super) const VERSION: i64 = 1;
/// So many facts and alerts are kept; the oldest are forgotten.
const FACTS: i64 = 100_000;
const ALERTS: i64 = 10_000;
/// How long to wait for somebody who reads the file.
const BUSY: Duration = Duration::from_secs(2);

const TABLES: &str = "
create table if not exists watch (key text primary key, value blob) strict, without rowid;
create table if not exists alert (
    seq integer primary key, at text not null, severity text not null, line text not null, json text not null) strict;
create table if not exists place (name text primary key, seq integer not null) strict, without rowid;
create table if not exists standing (id text primary key) strict, without rowid;
create table if not exists listener (
    netns integer not null, cookie integer, inode integer, family text not null, protocol text not null,
    type text not null, state text not null, address text not null, port integer not null, uid integer,
    pid integer, start integer, comm any, exe any, exe_deleted integer, told integer not null) strict;
create table if not exists fact (
    seq integer primary key, at text not null, what text not null, netns integer not null, cookie text,
    inode integer, protocol text not null, address text, port integer, uid integer, pid integer, comm any, exe any)
    strict;
";

/// A listener that came or went.
#[derive(Clone, Debug)]
pub struct Fact {
    pub at: Stamp,
    pub what: Happening,
    pub socket: Socket,
}

/// What happened to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It was there when the watch began.
    Found,
    Opened,
    Closed,
    /// It came and went between two readings.
    Passed,
}

impl Happening {
    fn word(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Passed => "came-and-went",
        }
    }
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(path)?;
    database.busy_timeout(BUSY)?;
    // A reader does not keep a watch waiting then, and what is committed survives a crash of the machine.
    database.pragma_update(None, "journal_mode", "wal")?;
    database.pragma_update(None, "synchronous", "full")?;
    Ok(database)
}

pub(super) fn version(database: &Connection) -> rusqlite::Result<i64> {
    database.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the tables of a new file.
pub(super) fn make_tables(database: &Connection) -> rusqlite::Result<()> {
    if version(database)? == VERSION {
        return Ok(());
    }
    database.execute_batch(TABLES)?;
    database.pragma_update(None, "user_version", VERSION)
}

/// What the file says, once it is found to be sound.
pub(super) fn read(database: &Connection, boot: Option<&SystemBytes>) -> rusqlite::Result<(Left, State)> {
    let sound: String = database.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(code, Some(sound)));
    }
    let all = |what: &str| database.prepare(what);
    let before = all("select value from watch where key = 'boot'")?
        .query_map([], |row| Ok(bytes(row.get_ref(0)?)))?
        .next()
        .transpose()?
        .flatten();
    let standing = all("select id from standing")?
        .query_map([], |row| row.get::<_, String>(0))?
        .filter_map(|id| id.map(|id| u64::from_str_radix(&id, 16).ok()).transpose())
        .collect::<rusqlite::Result<BTreeSet<_>>>()?;
    let listeners = all("select * from listener")?
        .query_map([], listener)?
        .filter_map(Result::transpose)
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let cursors = all("select name, seq from place")?
        .query_map([], |row| Ok((row.get(0)?, number(row.get(1)?))))?
        .collect::<rusqlite::Result<BTreeMap<String, u64>>>()?;
    let notices = all("select seq, at, severity, line, json from alert order by seq")?
        .query_map([], notice)?
        .filter_map(Result::transpose)
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let seq = notices.last().map_or(0, |notice| notice.seq);
    let by_key = listeners.iter().map(|one| (one.socket.key, one.clone())).collect();
    let written = State {
        boot: before.clone(),
        standing: standing.clone(),
        listeners: by_key,
        cursors: cursors.clone(),
    };
    let is_same = before.is_some() && before.as_ref() == boot;
    let memory = is_same.then_some(Memory { told: standing, listeners });
    Ok((Left { memory, cursors, notices, seq }, written))
}

/// For a file that says who knows what of the state.
pub(super) fn forget_state(writing: &Connection) -> rusqlite::Result<()> {
    writing.execute_batch("delete from standing; delete from listener; delete from place; delete from watch;")
}

pub(super) fn add_notices(writing: &Connection, notices: &[Arc<Notice>]) -> rusqlite::Result<()> {
    let add = "insert or replace into alert (seq, at, severity, line, json) values (?, ?, ?, ?, ?)";
    let mut add = writing.prepare(add)?;
    for notice in notices {
        let Notice { seq, severity, at, line, json } = &**notice;
        add.execute(params![signed(*seq), at.to_string(), severity.word(), line, json])?;
    }
    Ok(())
}

pub(super) fn add_facts(writing: &Connection, facts: &VecDeque<Fact>) -> rusqlite::Result<()> {
    let add = "insert into fact (at, what, netns, cookie, inode, protocol, address, port, uid, pid, comm, exe) \
               values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut add = writing.prepare(add)?;
    for Fact { at, what, socket } in facts {
        let local = socket.ends.local();
        let process = socket.owners.first().map(|owner| owner.process);
        add.execute(params![
            at.wall.to_string(),
            what.word(),
            signed(socket.key.netns.0),
            socket.key.cookie().map(|cookie| cookie.0.to_string()),
            socket.inode.map(|inode| signed(inode.get())),
            socket.protocol.word(),
            local.map(|end| end.addr.to_string()),
            local.map(|end| end.port),
            socket.uid.map(|uid| uid.0),
            process.map(|process| process.id.pid.0),
            process.map(|process| written(&process.comm)),
            process.and_then(|process| process.exe.as_ref()).map(|exe| written(&exe.path)),
        ])?;
    }
    Ok(())
}

/// Writes in what `now` differs from what was written.
pub(super) fn change_state(writing: &Connection, before: &State, now: &State) -> rusqlite::Result<()> {
    if before.boot != now.boot {
        let mut set = writing.prepare("insert or replace into watch (key, value) values ('boot', ?)")?;
        set.execute([now.boot.as_ref().map(SystemBytes::as_bytes)])?;
    }
    let mut remove = writing.prepare("delete from standing where id = ?")?;
    for id in before.standing.difference(&now.standing) {
        remove.execute([format!("{id:016x}")])?;
    }
    let mut add = writing.prepare("insert or ignore into standing (id) values (?)")?;
    for id in now.standing.difference(&before.standing) {
        add.execute([format!("{id:016x}")])?;
    }
    // A place that comes back gets what comes then.
    let mut remove = writing.prepare("delete from place where name = ?")?;
    for name in before.cursors.keys().filter(|name| !now.cursors.contains_key(*name)) {
        remove.execute([name])?;
    }
    let mut set = writing.prepare("insert or replace into place (name, seq) values (?, ?)")?;
    for (name, seq) in now.cursors.iter().filter(|(name, seq)| before.cursors.get(*name) != Some(seq)) {
        set.execute(params![name, signed(*seq)])?;
    }
    change_listeners(writing, &before.listeners, &now.listeners)
}

fn change_listeners(
    writing: &Connection,
    before: &BTreeMap<SocketKey, Remembered>,
    now: &BTreeMap<SocketKey, Remembered>,
) -> rusqlite::Result<()> {
    let same = |a: &Remembered, b: &Remembered| {
        a.was_told == b.was_told && a.socket.owners.same_processes(&b.socket.owners)
    };
    let remove = "delete from listener where netns = ? and cookie is ? and inode is ?";
    let mut remove = writing.prepare(remove)?;
    for (key, one) in before {
        if !now.get(key).is_some_and(|other| same(one, other)) {
            let (cookie, inode) = identity(*key);
            remove.execute(params![signed(key.netns.0), cookie, inode])?;
        }
    }
    let add = "insert into listener values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut add = writing.prepare(add)?;
    for (key, one) in now {
        let Some(local) = one.socket.ends.local() else { continue };
        if before.get(key).is_some_and(|other| same(one, other)) {
            continue;
        }
        let (socket, process) = (&one.socket, one.socket.owners.first().map(|owner| owner.process));
        let exe = process.and_then(|process| process.exe.as_ref());
        let (cookie, inode) = identity(*key);
        add.execute(params![
            signed(key.netns.0),
            cookie,
            inode,
            socket.family.word(),
            socket.protocol.word(),
            socket.kind.word(),
            socket.state.word(),
            local.addr.to_string(),
            local.port,
            socket.uid.map(|uid| uid.0),
            process.map(|process| process.id.pid.0),
            process.map(|process| signed(process.id.start)),
            process.map(|process| written(&process.comm)),
            exe.map(|exe| written(&exe.path)),
            exe.map(|exe| exe.deleted),
            one.was_told,
        ])?;
    }
    Ok(())
}

/// Forgets the oldest.
pub(super) fn prune(writing: &Connection) -> rusqlite::Result<()> {
    for (table, most) in [("fact", FACTS), ("alert", ALERTS)] {
        let prune = format!("delete from {table} where seq <= (select max(seq) from {table}) - ?");
        writing.prepare(&prune)?.execute([most])?;
    }
    Ok(())
}

/// Cookie and inode of a key. What has neither is no listener that can be met again.
fn identity(key: SocketKey) -> (Option<i64>, Option<i64>) {
    match key.id {
        Identity::Cookie(cookie) => (Some(signed(cookie.0)), None),
        Identity::Inode(inode) => (None, Some(signed(inode.get()))),
        Identity::Tuple(hash) => (None, Some(signed(hash))),
    }
}

/// A listener as it was; `None` for a row that this version does not understand.
fn listener(row: &Row<'_>) -> rusqlite::Result<Option<Remembered>> {
    let [family, protocol, kind, state, address]: [String; 5] =
        [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
    let netns = NetnsId(number(row.get(0)?));
    let id = match (row.get::<_, Option<i64>>(1)?, row.get::<_, Option<i64>>(2)?) {
        (Some(cookie), _) => Identity::Cookie(Cookie(number(cookie))),
        (None, Some(inode)) => match Inode::new(number(inode)) {
            Some(inode) => Identity::Inode(inode),
            None => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    let parts = (
        Family::ALL.iter().find(|one| one.word() == family),
        Protocol::ALL.iter().find(|one| one.word() == protocol),
        SocketType::ALL.iter().find(|one| one.word() == kind),
        crate::model::State::ALL.iter().find(|one| one.word() == state),
        address.parse::<IpAddr>().ok(),
    );
    let (Some(family), Some(protocol), Some(kind), Some(state), Some(addr)) = parts else { return Ok(None) };
    let local = Endpoint::new(addr, row.get(8)?);
    let basics = Basics {
        key: SocketKey { netns, id },
        family: *family,
        protocol: *protocol,
        kind: *kind,
        state: *state,
        ends: Ends::Inet { local, remote: None },
        inode: None,
    };
    let mut socket = Socket::new(basics, &PortRange::default());
    socket.uid = row.get::<_, Option<u32>>(9)?.map(Uid);
    if let Some(owners) = owner(row, socket.uid)? {
        socket.owners = owners;
    }
    Ok(Some(Remembered { socket, was_told: row.get(15)? }))
}

fn owner(row: &Row<'_>, uid: Option<Uid>) -> rusqlite::Result<Option<Owners>> {
    let Some(pid) = row.get::<_, Option<u32>>(10)? else { return Ok(None) };
    let id = ProcessId { pid: Pid(pid), start: number(row.get::<_, Option<i64>>(11)?.unwrap_or_default()) };
    let mut process = Process::named(id, bytes(row.get_ref(12)?).unwrap_or_else(|| SystemBytes::from("")));
    let deleted = row.get::<_, Option<bool>>(14)?.unwrap_or_default();
    process.exe = bytes(row.get_ref(13)?).map(|path| Executable { path, deleted, file: None });
    process.uid = uid;
    Ok(Some(Owners::One { process: Arc::new(process), fd: Fd(0) }))
}

/// An alert; `None` for a row that this version does not understand.
fn notice(row: &Row<'_>) -> rusqlite::Result<Option<Notice>> {
    let [at, severity]: [String; 2] = [row.get(1)?, row.get(2)?];
    let severity = Severity::ALL.into_iter().find(|one| one.word() == severity);
    let (Some(severity), Ok(at)) = (severity, at.parse()) else { return Ok(None) };
    Ok(Some(Notice { seq: number(row.get(0)?), severity, at, line: row.get(3)?, json: row.get(4)? }))
}

/// Text where it is text, and bytes otherwise.
fn written(bytes: &SystemBytes) -> ToSqlOutput<'_> {
    let bytes = bytes.as_bytes();
    ToSqlOutput::Borrowed(match std::str::from_utf8(bytes) {
        Ok(_) => ValueRef::Text(bytes),
        Err(_) => ValueRef::Blob(bytes),
    })
}

fn bytes(value: ValueRef<'_>) -> Option<SystemBytes> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(SystemBytes::from(bytes)),
        _ => None,
    }
}

/// SQLite has no unsigned numbers: the bits are kept.
fn signed(number: u64) -> i64 {
    number.cast_signed()
}

fn number(signed: i64) -> u64 {
    signed.cast_unsigned()
}
