//! What the answer of a webhook means: that it was taken, that it never will be, or that it is worth trying again.
//! Pure.
//!
//! Only who judged the alert itself refuses it for good: it was not understood (400, 422) or is too large (413), and
//! would be the next time. Everything else is about the place, the secret, or the moment (also 401, 404, 410 and a
//! redirect, which is not followed): somebody can mend that, and no alert may be lost until then.

use std::time::Duration;

use jiff::Timestamp;
use ureq::http::StatusCode;

use super::Failure;
use crate::text::{elide, escape};

/// However long somebody asks us to wait, there may be an answer after this.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Who asks for less is not asked more often either.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// How much of what was said is told, in columns.
const TOLD: usize = 200;

pub(super) fn judge(status: StatusCode, after: Option<Duration>, said: &str) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let why = why(status, said);
    Err(match status.as_u16() {
        400 | 413 | 422 => Failure::Refused { why },
        _ => Failure::Again { why, after },
    })
}

fn why(status: StatusCode, said: &str) -> String {
    let number = status.as_u16();
    let reason = status.canonical_reason().unwrap_or("which is no status that is known");
    let mut why = format!("answered {number} {reason}");
    if status.is_redirection() {
        why.push_str(", which is not followed: name the place itself in the url");
        return why;
    }
    if let Some(line) = said.lines().find(|line| !line.trim().is_empty()) {
        why.push_str(": ");
        why.push_str(&elide(&escape(line.trim().as_bytes()), TOLD));
    }
    why
}

/// How long to wait before the next attempt (RFC 9110, section 10.2.3): in seconds, or until a date.
pub(super) fn wait(retry_after: &str, now: Timestamp) -> Option<Duration> {
    let value = retry_after.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT))
}

impl Failure {
    /// The same with who answered.
    pub(super) fn of(self, place: &str) -> Self {
        match self {
            Self::Again { why, after } => Self::Again { why: format!("{place} {why}"), after },
            Self::Refused { why } => Self::Refused { why: format!("{place} {why}") },
            Self::Closed => Self::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_judged_the_alert_refuses_it_and_everybody_else_is_asked_again() {
        for status in 200..300 {
            assert_eq!(judge(StatusCode::from_u16(status).unwrap(), None, "no"), Ok(()), "{status}");
        }
        for status in (300..600).chain([999]) {
            let judged = judge(StatusCode::from_u16(status).unwrap(), None, "").unwrap_err();
            let is_final = matches!(judged, Failure::Refused { .. });
            assert_eq!(is_final, [400, 413, 422].contains(&status), "{status}: {judged:?}");
        }
    }

    #[test]
    fn what_was_said_is_told_in_one_short_harmless_line() {
        let why = |status, said: &str| why(StatusCode::from_u16(status).unwrap(), said);
        assert_eq!(why(503, "\r\n  busy\x1b[2J \nmore"), r"answered 503 Service Unavailable: busy\x1b[2J");
        assert_eq!(why(500, ""), "answered 500 Internal Server Error");
        assert!(why(400, &"x".repeat(4096)).len() < 250);
        assert!(why(302, "<html>").ends_with("name the place itself in the url"));
    }

    #[test]
    fn a_wait_is_honoured_within_bounds() {
        let now: Timestamp = "2026-11-30T10:00:00Z".parse().unwrap();
        let seconds = |value: &str| wait(value, now).map(|wait| wait.as_secs());
        for (value, expected) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(1)),
            ("86400", Some(3600)),
            ("99999999999999999999999", Some(3600)),
            ("Mon, 30 Nov 2026 10:02:00 GMT", Some(120)),
            ("Mon, 30 Nov 2026 09:00:00 GMT", Some(1)),
            ("Tue, 30 Nov 2027 10:00:00 GMT", Some(3600)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(seconds(value), expected, "{value:?}");
        }
    }
}
