//! Values that move while both programs read them: `ss` is asked before and after sockeye, and what
//! sockeye says must lie between the two, a tick of the kernel's clock more or less. Everything
//! else must stand still and be equal.

/// Count up with time.
const GROWING: &[&str] = &["lastsnd", "lastrcv", "lastack", "busy", "rwnd_limited", "sndbuf_limited"];
/// Shares of a time that grows: they go either way.
const SHARES: &[&str] = &["rwnd_limited_share", "sndbuf_limited_share"];
/// A tick of the slowest kernel (HZ = 100), in milliseconds.
const TICK: f64 = 10.0;
/// What ss rounds a share to.
const DIGIT: f64 = 0.1;

pub(super) fn moves(name: &str) -> bool {
    name == "timer" || GROWING.contains(&name) || SHARES.contains(&name)
}

/// A value that is off: by far more than time could make it.
pub(super) fn spoilt(name: &str, value: &str) -> String {
    let far = |text: &str| (told_time(text).0 + 1e6).to_string();
    match value.split(',').collect::<Vec<_>>()[..] {
        [timer, time, retransmits] if name == "timer" => format!("{timer},{},{retransmits}", far(time)),
        _ if moves(name) => far(value.trim_end_matches("ms")),
        _ => format!("{value}0"),
    }
}

/// Whether what sockeye says lies between what `ss` said before and after; a value that `ss` did
/// not print was 0.
pub(super) fn between(name: &str, told: Option<&str>, before: Option<&str>, after: Option<&str>) -> bool {
    if name == "timer" {
        return match (told, before, after) {
            (Some(told), Some(before), Some(after)) => timer_between(told, before, after),
            (told, before, after) => told.is_none() && before.is_none() && after.is_none(),
        };
    }
    let slack = if SHARES.contains(&name) { DIGIT } else { TICK };
    let number =
        |text: Option<&str>| -> f64 { text.map_or(0.0, |text| text.trim_end_matches("ms").parse().unwrap()) };
    let (told, before, after) = (number(told), number(before), number(after));
    let grows = GROWING.contains(&name);
    let (low, high) = if grows { (before, after) } else { (before.min(after), before.max(after)) };
    (low - slack..=high + slack).contains(&told)
}

/// Both name the same timer, and the time left is between: it runs down.
fn timer_between(told: &str, before: &str, after: &str) -> bool {
    let [told, before, after] = [told, before, after].map(|text| {
        let parts: Vec<&str> = text.trim_matches(['(', ')']).split(',').collect();
        let [name, time, retransmits] = parts[..] else { panic!("not a timer: {text}") };
        ((name.to_owned(), retransmits.to_owned()), time.to_owned())
    });
    let (left, cut) = told_time(&told.1);
    let (latest, earliest) = (time(&before.1), time(&after.1));
    told.0 == before.0
        && told.0 == after.0
        && (earliest.0 - cut - TICK..=latest.0 + latest.1 + TICK).contains(&left)
}

/// A time as sockeye tells it: milliseconds in JSON, the units of `ss` in its table.
fn told_time(text: &str) -> (f64, f64) {
    text.parse().map_or_else(|_| time(text), |milliseconds| (milliseconds, 0.0))
}

/// A time as `ss` writes it, in milliseconds, and how much its rounding has cut off at most: `1min12sec`,
/// `12sec`, `1.200ms` (which is 1.2 seconds), `200ms`.
fn time(text: &str) -> (f64, f64) {
    let (minutes, rest) =
        text.split_once("min").map_or((None, text), |(minutes, rest)| (Some(minutes), rest));
    let minutes: f64 = minutes.map_or(0.0, |minutes| minutes.parse().unwrap());
    let (seconds, milliseconds) = match (rest.strip_suffix("sec"), rest.strip_suffix("ms")) {
        (Some(seconds), _) => (seconds, "0"),
        (None, Some(rest)) => rest.split_once('.').unwrap_or(("0", rest)),
        (None, None) => ("0", "0"), // nothing is left
    };
    let seconds: f64 = seconds.parse().unwrap();
    let milliseconds: f64 = milliseconds.parse().unwrap();
    let cut = match (minutes > 9.0, minutes > 0.0 || seconds > 9.0) {
        (true, _) => 60_000.0,
        (false, true) => 1000.0,
        (false, false) => 1.0,
    };
    (minutes * 60_000.0 + seconds * 1000.0 + milliseconds, cut)
}
