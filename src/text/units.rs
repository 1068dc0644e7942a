//! Numbers as people say them.

use std::time::Duration;

/// A span in at most two units: `4s`, `3m 12s`, `2h 14m`, `12d 3h`.
#[must_use]
pub fn span(duration: Duration) -> String {
    let secs = duration.as_secs();
    let (days, hours, minutes, seconds) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60, secs % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => two(minutes, "m", seconds, "s"),
        (0, _, _) => two(hours, "h", minutes, "m"),
        _ => two(days, "d", hours, "h"),
    }
}

/// A short span with enough digits to compare: `850µs`, `8ms`, `1.2s`.
#[must_use]
pub fn brief(duration: Duration) -> String {
    let micros = duration.as_micros();
    match micros {
        0..1_000 => format!("{micros}µs"),
        1_000..1_000_000 => format!("{}ms", micros / 1_000),
        _ => format!("{}.{}s", micros / 1_000_000, micros / 100_000 % 10),
    }
}

fn two(big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{big}{big_unit}") } else { format!("{big}{big_unit} {small}{small_unit}") }
}

/// Bytes with a decimal unit: `0 B`, `999 B`, `1.2 kB`, `21 kB`, `3.4 GB`. Never more than is there.
#[must_use]
pub fn bytes(number: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut tenths, mut unit) = (u128::from(number) / 100, 0);
    if tenths < 10 {
        return format!("{number} B");
    }
    while tenths >= 10_000 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1000, unit + 1);
    }
    match (tenths / 10, tenths % 10) {
        (whole @ 0..10, tenth @ 1..) => format!("{whole}.{tenth} {}", units[unit]),
        (whole, _) => format!("{whole} {}", units[unit]),
    }
}

/// A count with thousands separated: `1,204`.
#[must_use]
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count and its noun: `1 socket`, `1,204 sockets`.
#[must_use]
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (secs, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (192, "3m 12s"),
            (3600, "1h"),
            (8040, "2h 14m"),
            (86_400, "1d"),
            (1_047_600, "12d 3h"),
        ] {
            assert_eq!(span(Duration::from_secs(secs)), text);
        }
        assert_eq!(brief(Duration::from_micros(850)), "850µs");
        assert_eq!(brief(Duration::from_micros(8_400)), "8ms");
        assert_eq!(brief(Duration::from_millis(1_250)), "1.2s");
    }

    #[test]
    fn byte_counts() {
        for (number, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (1299, "1.2 kB"),
            (21_200, "21 kB"),
            (999_999, "999 kB"),
            (1_000_000, "1 MB"),
            (3_450_000_000, "3.4 GB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(number), text, "{number}");
        }
    }

    #[test]
    fn counts() {
        for (number, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "socket", "sockets"), "1 socket");
        assert_eq!(counted(2, "socket", "sockets"), "2 sockets");
    }
}
