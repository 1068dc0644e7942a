//! What processes take of the machine, in cells. It counts nothing and knows no widths.

use std::cmp::Ordering;

use super::cell::{Cell, cell, muted};
use super::tally_cell::SeenTally;
use crate::text;

/// Thousandths of a core as percent: one digit behind the point where that says something.
pub(super) fn percent(thousandths: u32) -> String {
    match thousandths {
        0..1_000 => format!("{}.{}", thousandths / 10, thousandths % 10),
        _ => text::count(usize::try_from(thousandths / 10).unwrap_or(usize::MAX)),
    }
}

/// How much of one core its processes take; more than 100 is more than one.
pub(super) fn cpu<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let used = &seen.tally.used;
    match used.cpu {
        Some(0) if used.no_cpu == 0 => muted("0"),
        Some(0) => cell(at_least(seen, used.no_cpu) + "0"),
        Some(cpu) => cell(at_least(seen, used.no_cpu) + &percent(cpu)),
        None => muted(seen.socket.look.symbols.none),
    }
}

/// How much of their memory is resident. What several of them share counts for each.
pub(super) fn memory<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let used = &seen.tally.used;
    match used.resident {
        Some(0) if used.unread == 0 => muted("0"),
        Some(bytes) => cell(at_least(seen, used.unread) + &text::bytes(bytes)),
        None => muted(seen.socket.look.symbols.none),
    }
}

/// What stands in front of a sum that lacks so many.
fn at_least(seen: &SeenTally<'_>, lacking: usize) -> String {
    if lacking == 0 { String::new() } else { seen.socket.look.symbols.at_least.to_owned() }
}

pub(super) fn by_cpu(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    one.tally.used.cpu.cmp(&other.tally.used.cpu)
}

pub(super) fn by_memory(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    one.tally.used.resident.cmp(&other.tally.used.resident)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents() {
        for (thousandths, text) in
            [(0, "0.0"), (4, "0.4"), (125, "12.5"), (999, "99.9"), (1_000, "100"), (16_005, "1,600")]
        {
            assert_eq!(percent(thousandths), text);
        }
    }
}
