//! Who holds sockets and gets a signal, and what became of both: as lines for people and as NDJSON. It sends
//! nothing.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::alert::{named, who};
use super::event::ends;
use super::json::{HostView, ProcessView, SocketView, host, words};
use crate::model::{Process, Row, Signal, Signalling, Socket};
use crate::phrase::{self, Stop};
use crate::store::{Aftermath, Holder, Moment};
use crate::text::{self, Charset, escape, push};

const CHARSET: Charset = Charset::Unicode;

/// How many sockets of one process are listed for people.
const SHOWN: usize = 20;

/// Writes a process with its sockets, and who may start it again: what somebody says yes to.
pub fn write_plan(out: &mut dyn Write, holder: &Holder<'_>, moment: &Moment) -> io::Result<()> {
    write_holding(out, holder, moment)?;
    managed(holder, moment).into_iter().try_for_each(|why| writeln!(out, "  {why}"))
}

/// Writes a process with its sockets.
pub fn write_holding(out: &mut dyn Write, holder: &Holder<'_>, moment: &Moment) -> io::Result<()> {
    writeln!(out, "{}", holding(holder, moment))?;
    let rows = holder.rows();
    for row in rows.iter().take(SHOWN) {
        writeln!(out, "  {}", place(&row.socket))?;
    }
    if rows.len() > SHOWN {
        writeln!(out, "  and {}", text::counted(rows.len() - SHOWN, "more", "more"))?;
    }
    match holder.others {
        0 => Ok(()),
        1 => writeln!(out, "  it holds 1 other socket, which goes with it"),
        others => writeln!(out, "  it holds {} other sockets, which go with it", text::count(others)),
    }
}

/// Who may start it again, and what stops it for good.
#[must_use]
pub fn managed(holder: &Holder<'_>, moment: &Moment) -> Vec<String> {
    let stop = stop(holder.process).map(|stop| again(&stop));
    [activation(holder, moment), stop].into_iter().flatten().collect()
}

/// Writes what became of a process as one line: `ended    nginx 812 /usr/sbin/nginx (root)`.
pub fn write_line(
    out: &mut dyn Write,
    holder: &Holder<'_>,
    signal: Signal,
    became: &Signalling,
    moment: &Moment,
) -> io::Result<()> {
    let mut line = told(holder, signal, became, moment);
    if let Some(why) = why(holder, became, moment) {
        push(&mut line, format_args!("; {why}"));
    }
    writeln!(out, "{line}")
}

/// Why it was refused, or is started again.
#[must_use]
pub fn why(holder: &Holder<'_>, became: &Signalling, moment: &Moment) -> Option<String> {
    match became {
        Signalling::Refused(_) => activation(holder, moment),
        Signalling::Ended | Signalling::Running => stop(holder.process).map(|stop| again(&stop)),
        Signalling::Planned | Signalling::Sent | Signalling::Gone => None,
    }
}

/// What became of a process, in a line.
#[must_use]
pub fn told(holder: &Holder<'_>, signal: Signal, became: &Signalling, moment: &Moment) -> String {
    let mut line = format!("{:<8} {}", became.word(), holding(holder, moment));
    match became {
        Signalling::Planned => push(&mut line, format_args!(": would get {}", signal.word())),
        Signalling::Sent => push(&mut line, format_args!(": got {}", signal.word())),
        Signalling::Running if signal == Signal::Kill => {
            line.push_str(
                ": it got KILL, and the kernel has not ended it yet: it waits for a device, or is traced",
            );
        }
        Signalling::Running => {
            push(
                &mut line,
                format_args!(": it got {} and runs still; --signal KILL ends it at once", signal.word()),
            );
        }
        Signalling::Gone => line.push_str(": it had ended before, nothing was sent"),
        Signalling::Refused(why) => push(&mut line, format_args!(": {why}; nothing was sent")),
        Signalling::Ended => {}
    }
    line
}

/// Writes what became of a socket as one line: `released tcp 0.0.0.0:80 listen`. `now` is the moment of the
/// second reading.
pub fn write_release_line(
    out: &mut dyn Write,
    row: &Row,
    aftermath: &Aftermath<'_>,
    (before, now): (&Moment, &Moment),
) -> io::Result<()> {
    let mut line = format!("{:<8} {}", aftermath.word(), place(&row.socket));
    match aftermath {
        Aftermath::Released => {}
        Aftermath::Lingers(there) => {
            push(
                &mut line,
                format_args!(
                    ": no process holds it, and the kernel finishes it ({})",
                    there.socket.state.word()
                ),
            );
        }
        Aftermath::Held(there) => {
            push(&mut line, format_args!(": still held by {}", who(&there.socket, now)));
        }
        Aftermath::Shared(there) => {
            push(
                &mut line,
                format_args!(
                    ": its place is shared by {}, held by {}",
                    place(&there.socket),
                    who(&there.socket, now)
                ),
            );
        }
        Aftermath::Again(there) => {
            push(&mut line, format_args!(": held again, by {}", who(&there.socket, now)));
            if let Some(owner) = there.socket.owners.first() {
                if owner.process.started.is_some_and(|started| started >= before.taken.wall) {
                    line.push_str(", which was started since");
                }
                if let Some(stop) = stop(owner.process) {
                    push(&mut line, format_args!("; {}", again(&stop)));
                }
            }
        }
        Aftermath::Unseen => line.push_str(": its table could not be read again"),
    }
    writeln!(out, "{line}")
}

/// Name, pid, file and user.
#[must_use]
pub fn holding(holder: &Holder<'_>, moment: &Moment) -> String {
    let mut line = named(holder.process);
    if let Some(uid) = holder.process.uid {
        push(&mut line, format_args!(" ({})", phrase::user(uid, &moment.names, CHARSET)));
    }
    line
}

/// What systemd holds one of the sockets for, where it waits for callers itself.
fn activation(holder: &Holder<'_>, moment: &Moment) -> Option<String> {
    let mut rows = holder.sockets.iter();
    let unit = rows.find_map(|(row, _)| moment.names.activates.get(&row.socket.key))?;
    let unit = escape(unit.as_bytes());
    Some(format!(
        "systemd holds it to start {unit} when somebody calls: it goes when that .socket unit is stopped"
    ))
}

/// Protocol, ends and state, as may be shown.
#[must_use]
pub fn place(socket: &Socket) -> String {
    let mut line = socket.protocol.word().to_owned();
    ends(&mut line, socket, CHARSET);
    push(&mut line, format_args!(" {}", socket.state.word()));
    line
}

fn stop(process: &Process) -> Option<Stop> {
    phrase::stop(process, CHARSET)
}

fn again(stop: &Stop) -> String {
    let Stop { by, what, command } = stop;
    let better =
        command.as_ref().map_or_else(String::new, |command| format!("; to stop it for good: {command}"));
    format!("it is of {what}, and {by} may start it again{better}")
}

/// What became of a process that holds sockets, as a line of kill --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "signalling_line", deny_unknown_fields)]
pub(super) struct SignallingView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "signalling"))]
    kind: &'static str,
    /// When its sockets were read.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    #[schemars(schema_with = "words::signalling")]
    result: &'static str,
    /// Why it was refused.
    reason: Option<&'a str>,
    #[schemars(schema_with = "words::signal")]
    signal: &'static str,
    process: ProcessView<'a>,
    #[schemars(extend("format" = "date-time"))]
    start_time: Option<String>,
    /// Who may start it again.
    managed_by: Option<&'static str>,
    /// The command that stops it for good; null where none is known, or its name cannot be typed as it is.
    stop_command: Option<String>,
    /// How many it holds besides.
    other_sockets: usize,
    /// Those that are meant, as they were before.
    sockets: Vec<SocketView<'a>>,
}

/// Writes what became of a process as one line of JSON.
pub fn write_json(
    out: &mut dyn Write,
    holder: &Holder<'_>,
    signal: Signal,
    became: &Signalling,
    moment: &Moment,
) -> io::Result<()> {
    let process = holder.process;
    let stop = stop(process);
    let view = SignallingView {
        schema: SCHEMA,
        kind: "signalling",
        at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        result: became.word(),
        reason: became.reason(),
        signal: signal.word(),
        process: ProcessView::new(process.id.pid, &process.comm),
        start_time: process.started.map(|started| started.to_string()),
        managed_by: stop.as_ref().map(|stop| stop.by),
        stop_command: stop.and_then(|stop| stop.command),
        other_sockets: holder.others,
        sockets: holder.rows().into_iter().map(|row| SocketView(moment.subject(row))).collect(),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}

/// What became of a socket after its holders got a signal, as a line of kill --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "release_line", deny_unknown_fields)]
pub(super) struct ReleaseView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "release"))]
    kind: &'static str,
    /// When it was read again.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    #[schemars(schema_with = "words::aftermath")]
    result: &'static str,
    /// It in words that people read.
    place: String,
    /// Who may start again what has its place now.
    managed_by: Option<&'static str>,
    /// The command that stops that for good.
    stop_command: Option<String>,
    /// As it was before.
    socket: SocketView<'a>,
    /// As it is now, or what has its place.
    there: Option<SocketView<'a>>,
}

/// Writes what became of a socket as one line of JSON.
pub fn write_release_json(
    out: &mut dyn Write,
    row: &Row,
    aftermath: &Aftermath<'_>,
    (before, now): (&Moment, &Moment),
) -> io::Result<()> {
    let there = aftermath.there();
    let stop = there.and_then(|there| stop(there.socket.owners.first()?.process));
    let view = ReleaseView {
        schema: SCHEMA,
        kind: "release",
        at: now.taken.wall.to_string(),
        host: host(&now.host),
        result: aftermath.word(),
        place: place(&row.socket),
        managed_by: stop.as_ref().map(|stop| stop.by),
        stop_command: stop.and_then(|stop| stop.command),
        socket: SocketView(before.subject(row)),
        there: there.map(|there| SocketView(now.subject(there))),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
