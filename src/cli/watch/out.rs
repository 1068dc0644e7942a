//! Where the alerts of a watch go: stdout, and the places that are named for them.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use anyhow::Context as _;

use crate::cli::complain;
use crate::notify::delivery::{Delivery, Outlet, PlaceNews};
use crate::notify::health::Board;
use crate::notify::ledger::Left;
use crate::notify::{Failure, Notice, Sink, SinkSpec, Undelivered};
use crate::output::{Face, alert, json};
use crate::policy::{Alert, Severity};
use crate::store::Moment;
use crate::sys::{clock, rights};

/// What messages and the store call stdout.
pub(super) const STDOUT: &str = "stdout";

/// Rendered alerts and the threads that deliver them.
pub(super) struct Out {
    pub(super) delivery: Delivery,
    /// The number of the last alert.
    seq: u64,
    /// The coverage beside the alerts on stdout, where that is JSON. It has a thread of its own: who reads it and stands
    /// still must not stop the watch.
    coverages: Option<SyncSender<Vec<u8>>>,
}

/// So many wait at most. Who does not read them misses some, and not the next change.
const COVERAGES: usize = 4;

impl Out {
    /// Starts delivering, first of all what a watch before this one did not get rid of.
    pub(super) fn start(
        stdout: Stdout,
        sinks: &[SinkSpec],
        left: Left,
        board: &Board,
    ) -> anyhow::Result<Self> {
        let outlet = |sink: Box<dyn Sink>, least| {
            let taken = left.cursors.get(sink.name()).copied();
            Outlet { sink, least, taken }
        };
        let coverages =
            stdout.json.then(written_beside).transpose().context("cannot start a thread that writes")?;
        let mut outlets = vec![outlet(Box::new(stdout), Severity::Info)];
        for sink in sinks {
            outlets.push(outlet(open(sink, board)?, sink.min_severity));
        }
        let waiting = left.notices.into_iter().map(Arc::new).collect();
        let delivery = Delivery::start(outlets, waiting, left.seq, clock::now())
            .context("cannot start a thread that delivers")?;
        Ok(Self { delivery, seq: left.seq, coverages })
    }

    /// Tells what can be read and heard.
    pub(super) fn tell_coverage(&self, moment: &Moment) -> anyhow::Result<()> {
        if let Some(coverages) = &self.coverages {
            let mut line = Vec::new();
            json::write_coverage(&mut line, moment)?;
            // One that finds no room is followed by the next, and a pipe that nobody reads has no reader to miss it.
            drop(coverages.try_send(line));
        }
        Ok(())
    }

    /// The alerts as every place gets them.
    pub(super) fn rendered(
        &mut self,
        alerts: &[Alert],
        moment: &Moment,
        policy: &str,
    ) -> anyhow::Result<Vec<Arc<Notice>>> {
        let text = |render: &dyn Fn(&mut dyn io::Write) -> io::Result<()>| -> anyhow::Result<String> {
            let mut out = Vec::new();
            render(&mut out)?;
            let mut text = String::from_utf8(out).context("what is rendered is text")?;
            text.truncate(text.trim_end_matches('\n').len());
            Ok(text)
        };
        let mut notices = Vec::with_capacity(alerts.len());
        for alert in alerts {
            self.seq += 1;
            notices.push(Arc::new(Notice {
                seq: self.seq,
                severity: alert.severity,
                at: alert.at.wall,
                line: text(&|out| alert::write_line(out, alert, moment, policy, Face::default()))?,
                json: text(&|out| alert::write_json(out, alert, moment, policy))?,
            }));
        }
        Ok(notices)
    }

    /// Tells how the places do, when that changes. Of stdout there is nobody to tell.
    pub(super) fn tell(&self) {
        for (name, news) in self.delivery.news() {
            let what = match news {
                PlaceNews::Fails(why) => {
                    format!("alerts cannot be delivered to {name}, which is tried again: {why}")
                }
                PlaceNews::Works => format!("alerts are delivered to {name} again"),
                PlaceNews::Refused(why) => {
                    format!("{name} will never take an alert, which is passed over: {why}")
                }
                PlaceNews::GivenUp(count) => {
                    format!("{count} alerts for {name} were given up: too many waited, or for too long")
                }
            };
            complain(&format!("sockeye: {what}"));
        }
    }
}

/// Makes a sink ready. It shows others what it reads, such as a secret: its user must be allowed to.
pub(super) fn open(sink: &SinkSpec, board: &Board) -> anyhow::Result<Box<dyn Sink>> {
    let opened = rights::with_those_of_the_caller(|| sink.open(board)).map_err(io::Error::from)?;
    opened.context("cannot deliver alerts; mend this sink, or take it out of its file")
}

/// A thread that writes to stdout what it gets, each line flushed at once.
fn written_beside() -> io::Result<SyncSender<Vec<u8>>> {
    let (send, lines) = sync_channel::<Vec<u8>>(COVERAGES);
    std::thread::Builder::new().name("coverage".into()).spawn(move || {
        for line in lines {
            let mut out = io::stdout().lock();
            if out.write_all(&line).and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    })?;
    Ok(send)
}

/// The lines of stdout.
pub(super) struct Stdout {
    json: bool,
    face: Face,
}

impl Stdout {
    pub(super) fn new(json: bool, face: Face) -> Self {
        Self { json, face }
    }
}

impl Sink for Stdout {
    fn name(&self) -> &str {
        STDOUT
    }

    /// Each line is flushed at once.
    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        let mut out = io::stdout().lock();
        for (taken, notice) in notices.iter().enumerate() {
            let written = if self.json {
                writeln!(out, "{}", notice.json)
            } else {
                writeln!(out, "{}", alert::painted(&notice.line, notice.severity, self.face))
            };
            written.and_then(|()| out.flush()).map_err(|error| Undelivered {
                taken,
                failure: match error.kind() {
                    io::ErrorKind::BrokenPipe => Failure::Closed,
                    _ => Failure::Again { why: error.to_string(), after: None },
                },
            })?;
        }
        Ok(())
    }
}
