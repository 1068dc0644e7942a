//! What the screen cannot show, and why, in words.
//!
//! Made from the coverage of the shown snapshot. Nothing is left out because it looks bad.

use crate::model::{Coverage, NoOwner, OwnerCoverage, SilentRuntime, SliceCoverage, SliceStatus};
use crate::text;

use super::action::Action;
use super::app::App;
use super::theme::Meaning;
use super::wrap;

/// One sentence about a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) meaning: Meaning,
}

/// Every notice, the gravest first.
pub(super) fn all(app: &App) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Some(failure) = &app.failure {
        let text = format!("the last poll failed: {}", app.look.escape(failure.as_bytes()));
        notices.push(Notice { text, meaning: Meaning::Error });
    }
    if let Some(trouble) = app.guard.trouble() {
        notices
            .push(Notice { text: app.look.charset().show(&trouble).into_owned(), meaning: Meaning::Warning });
    }
    if let Some(forgotten) = &app.forgotten {
        notices.push(Notice {
            text: app.look.escape(forgotten.as_bytes()).into_owned(),
            meaning: Meaning::Warning,
        });
    }
    let Some(moment) = app.moment() else { return notices };
    let coverage = &moment.coverage;
    let escaped = |text: &str| app.look.escape(text.as_bytes()).into_owned();
    notices.extend(gaps(coverage, &escaped));
    notices.extend(denied(&coverage.owners, &escaped));
    notices.extend(unasked(&coverage.owners, app));
    notices.extend(silent(&coverage.owners, app));
    notices.extend(losses(coverage));
    notices.extend(unheard(app.latest().map_or(0, |latest| latest.snapshot.hints_lost)));
    notices
}

/// The notices as lines of at most `width` cells, each with the gravity of its first one.
pub(super) fn lines(app: &App, width: usize) -> Vec<Notice> {
    let notices = all(app);
    let mut lines = Vec::new();
    for meaning in [Meaning::Error, Meaning::Warning, Meaning::Muted] {
        let same: Vec<&str> = notices
            .iter()
            .filter(|notice| notice.meaning == meaning)
            .map(|notice| notice.text.as_str())
            .collect();
        if !same.is_empty() {
            let mut joined = same.join(&format!(" {} ", app.look.symbols.dot));
            if lines.is_empty() && meaning != Meaning::Muted {
                joined += &why(app);
            }
            lines.extend(
                wrap::wrap(&joined, width.saturating_sub(2)).into_iter().map(|text| Notice { text, meaning }),
            );
        }
    }
    lines
}

/// Where more is told of it; nothing where no key does.
fn why(app: &App) -> String {
    let dot = app.look.symbols.dot;
    app.key_for(Action::Explain).map_or_else(String::new, |key| format!(" {dot} {key} explains"))
}

/// Tables that share a fate and its reason share a sentence.
fn gaps(coverage: &Coverage, escaped: &impl Fn(&str) -> String) -> Vec<Notice> {
    let mut notices = Vec::new();
    for fate in coverage.fates() {
        let slice = fate.first();
        let (says, meaning) = match slice.status {
            SliceStatus::Ok | SliceStatus::Unsupported(_) => continue,
            // No row of it has less detail, and it proves that there is none.
            SliceStatus::Fallback(_) if slice.rows == 0 => continue,
            SliceStatus::Fallback(_) if slice.source == "portable" => ("read by netstat2", Meaning::Muted),
            SliceStatus::Fallback(_) => ("read from procfs", Meaning::Muted),
            SliceStatus::Unlisted(_) => ("cannot be listed", Meaning::Muted),
            SliceStatus::Partial(_) => ("incomplete", Meaning::Warning),
            SliceStatus::Denied(_) | SliceStatus::Failed(_) => ("could not be read", Meaning::Warning),
        };
        let why = match slice.status {
            // Nothing that the reader of a dashboard could mend; `doctor` has the reason.
            SliceStatus::Unlisted(_) => " by this kernel".to_owned(),
            _ => format!(": {}", escaped(slice.status.reason().unwrap_or_default())),
        };
        notices.push(Notice { text: format!("{} {says}{why}", fate.names()), meaning });
    }
    notices
}

fn denied(owners: &OwnerCoverage, escaped: &impl Fn(&str) -> String) -> Option<Notice> {
    let processes = text::counted(owners.denied, "process", "processes");
    let text = match (owners.denied, &owners.reason) {
        (0, None) => return None,
        (0, Some(why)) => format!("owners may be missing: {}", escaped(why)),
        // Whether more rights would help, only the reason could tell: root may be confined too.
        (_, None) => format!("{processes} not readable by this user, sudo may show more owners"),
        (_, Some(why)) => format!("{processes} not readable: {}", escaped(why)),
    };
    Some(Notice { text, meaning: Meaning::Warning })
}

/// Owners that the filter looks at, and nobody looked for.
fn unasked(owners: &OwnerCoverage, app: &App) -> Option<Notice> {
    let is_missed = app.sieve.filter().needs().owners;
    let unasked = owners.unresolved.iter().any(|(why, _)| *why == NoOwner::NotScanned);
    let text = "the filter looks at owners, which are not looked for: leave out --owners none".to_owned();
    (is_missed && unasked).then_some(Notice { text, meaning: Meaning::Warning })
}

/// Runtimes that were asked what their containers are called, and did not tell.
fn silent(owners: &OwnerCoverage, app: &App) -> Vec<Notice> {
    let sentence = |one: &SilentRuntime| {
        let (socket, reason) =
            (app.look.escape(one.socket.as_bytes()), app.look.escape(one.reason.as_bytes()));
        format!("names of containers may be missing: {socket}: {reason}")
    };
    let notice = |one| Notice { text: sentence(one), meaning: Meaning::Warning };
    owners.silent_runtimes.iter().map(notice).collect()
}

/// Hints that came faster than they could be taken.
fn unheard(hints_lost: u64) -> Option<Notice> {
    let times = text::counted(usize::try_from(hints_lost).unwrap_or(usize::MAX), "time", "times");
    let text = format!("sockets came and went faster than the kernel could tell, {times} so far");
    (hints_lost > 0).then_some(Notice { text, meaning: Meaning::Muted })
}

fn losses(coverage: &Coverage) -> Option<Notice> {
    let sum = |count: fn(&SliceCoverage) -> usize| coverage.slices.iter().map(count).sum::<usize>();
    let (malformed, repeated, retries) =
        (sum(|read| read.malformed), sum(|read| read.repeated), sum(|read| read.retries));
    let mut parts = Vec::new();
    if malformed > 0 {
        parts.push(format!("{} not understood and left out", text::counted(malformed, "row", "rows")));
    }
    if repeated > 0 {
        parts.push(format!("{} repeated by the kernel", text::counted(repeated, "row", "rows")));
    }
    let skipped = sum(|read| read.skipped);
    if skipped > 0 {
        let rows = text::counted(skipped, "row", "rows");
        parts.push(format!("{rows} left out by the kernel, found by a second look"));
    }
    if retries > 0 {
        parts.push(format!("reading was started again {}", text::counted(retries, "time", "times")));
    }
    let meaning = if malformed > 0 { Meaning::Warning } else { Meaning::Muted };
    (!parts.is_empty()).then(|| Notice { text: parts.join(", "), meaning })
}
