//! What is wrong with the sockets of a place, as lines. Notes are left to the details of the dashboard.

use super::Group;
use crate::diagnosis::{Case, Crowd, Finding, Severity, diagnose};
use crate::model::Row;
use crate::store::Moment;
use crate::text::{self, Charset};

/// How many are told of one place.
const MOST: usize = 8;

/// The lines of a place, the worst first, each once.
pub(super) fn of(group: &Group<'_>, moment: &Moment, crowd: &Crowd) -> Vec<String> {
    let mut all: Vec<(Severity, String)> = Vec::new();
    for row in group.holding() {
        let case = Case {
            subject: moment.subject(row),
            crowd,
            now: moment.taken,
            earlier: None,
            charset: Charset::Unicode,
        };
        for finding in diagnose(&case).troubles().filter(|finding| !is_told(finding)) {
            let line = format!("{}: {}{}", finding.severity.word(), connection(row), finding.text);
            if !all.iter().any(|(_, told)| *told == line) {
                all.push((finding.severity, line));
            }
        }
    }
    all.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity)); // stable
    let more = all.len().saturating_sub(MOST);
    let mut lines: Vec<_> = all.into_iter().take(MOST).map(|(_, line)| line).collect();
    if more > 0 {
        lines.push(format!("and {} like these", text::counted(more, "more finding", "more findings")));
    }
    lines
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
