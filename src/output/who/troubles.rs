//! What is wrong with the sockets of a place, as lines. Notes are left to the details of the dashboard.

use super::Group;
use crate::diagnosis::{Case, Crowd, Finding, Severity, diagnose};
use crate::model::Row;
use crate::store::Moment;
use crate::text::{self, Charset};

/// How many are told of one place.
const MOST: usize = 8;

/// A finding, and of how many connections it is one.
struct Trouble {
    finding: Finding,
    /// Which connection, where one is meant.
    at: String,
    count: usize,
}

/// The lines of a place, the worst first, each once. Of the connections of a listener those of a kind are one.
pub(super) fn of(group: &Group<'_>, moment: &Moment, crowd: &Crowd) -> Vec<String> {
    let mut all: Vec<Trouble> = Vec::new();
    for row in group.holding() {
        for finding in troubles(row, moment, crowd) {
            if !all.iter().any(|known| known.finding == finding) {
                all.push(Trouble { finding, at: connection(row), count: 1 });
            }
        }
    }
    let through = if group.seats.is_empty() { &[][..] } else { &group.through };
    let own = all.len();
    for row in through {
        for finding in troubles(row, moment, crowd) {
            match all.iter().position(|known| known.finding.kind == finding.kind) {
                Some(at) if at < own => {} // the listener tells it
                Some(at) => all[at].add(finding, row),
                None => all.push(Trouble { finding, at: connection(row), count: 1 }),
            }
        }
    }
    all.sort_by_key(|trouble| std::cmp::Reverse(trouble.finding.severity)); // stable
    let mut lines: Vec<_> = all.iter().take(MOST).map(Trouble::line).collect();
    if let more @ 1.. = all.len().saturating_sub(MOST) {
        lines.push(format!("and {} like these", text::counted(more, "finding", "findings")));
    }
    lines
}

impl Trouble {
    /// One more connection of which the same is to be told; the worst is the example.
    fn add(&mut self, finding: Finding, row: &Row) {
        self.count += 1;
        if finding.severity > self.finding.severity {
            (self.finding, self.at) = (finding, connection(row));
        }
    }

    fn line(&self) -> String {
        let many = match self.count {
            1 => String::new(),
            count => format!("{} connections, such as ", text::count(count)),
        };
        format!("{}: {many}{}{}", self.finding.severity.word(), self.at, self.finding.text)
    }
}

/// What is wrong with one socket, and not told already.
fn troubles(row: &Row, moment: &Moment, crowd: &Crowd) -> Vec<Finding> {
    let (subject, charset) = (moment.subject(row), Charset::Unicode);
    let diagnosis = diagnose(&Case { subject, crowd, now: moment.taken, earlier: None, charset });
    diagnosis.troubles().filter(|finding| !is_told(finding)).cloned().collect()
}

/// The line of the accept queue says that it is full.
fn is_told(finding: &Finding) -> bool {
    finding.kind == "accept-queue" && finding.severity == Severity::Alarm
}

/// Which connection is meant, where a place has no listener.
fn connection(row: &Row) -> String {
    match (row.socket.ends.local(), row.socket.ends.remote()) {
        (Some(local), Some(remote)) => format!("{local} to {remote}: "),
        _ => String::new(),
    }
}
