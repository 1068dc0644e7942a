//! What is made of counted instructions. It counts nothing itself.

use judged::{Counts, TOLERANCE};

#[path = "../../benches/instructions/judged.rs"]
mod judged;

fn counts(made_by: &str, counts: &[(&str, u64)]) -> Counts {
    let counts = counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    Counts { made_by: made_by.to_owned(), counts }
}

#[test]
fn a_count_may_rise_as_far_as_the_tolerance() {
    let kept = counts("rustc 1", &[("parse", 1_000_000)]);
    let most = 1_000_000 + 1_000 * TOLERANCE;
    for (is, holds) in
        [(900_000, true), (1_000_000, true), (most, true), (most + 1, false), (2_000_000, false)]
    {
        assert_eq!(judged::verdict(&kept, &counts("rustc 1", &[("parse", is)])).holds, holds, "{is}");
    }
}

#[test]
fn what_rose_and_how_to_renew_it_is_said() {
    let kept = counts("rustc 1", &[("gone", 9), ("merge", 2_000), ("parse", 1_000)]);
    let new = counts("rustc 1", &[("filter", 7), ("merge", 2_100), ("parse", 990)]);
    insta::assert_snapshot!(judged::verdict(&kept, &new).text);
    let fallen =
        judged::verdict(&counts("rustc 1", &[("parse", 1_000)]), &counts("rustc 1", &[("parse", 900)]));
    assert!(fallen.holds && fallen.text.contains("Fallen: renew the counts"), "{}", fallen.text);
}

#[test]
fn those_of_another_compiler_are_not_compared_and_that_is_said() {
    let verdict = judged::verdict(&counts("rustc 1", &[("parse", 10)]), &counts("rustc 2", &[("parse", 20)]));
    assert!(verdict.holds);
    let why = "NOT COMPARED: the counts that are kept were made by\n  rustc 1\nand these by\n  rustc 2\n";
    assert!(verdict.text.ends_with(why), "{}", verdict.text);
}

#[test]
fn what_is_kept_is_read_as_it_was_written() {
    let new = counts("rustc 1.2.3 (\"x\")", &[("parse", 10), ("merge", u64::from(u32::MAX) + 1)]);
    assert_eq!(Counts::parse(&new.text()).unwrap(), new);
    assert!(Counts::parse("made_by = \"rustc\"\ncounts = {}\nelse = 1\n").is_err());
    let kept = std::fs::read_to_string("benches/instructions/counts.toml").unwrap();
    let parsed = Counts::parse(&kept).unwrap();
    assert_eq!(parsed.text(), kept, "renew it as it says itself");
    assert_eq!(parsed.counts.into_keys().collect::<Vec<_>>(), ["filter", "json", "merge", "parse", "table"]);
}

#[test]
fn the_total_is_the_last_line_that_sums_up() {
    assert_eq!(judged::total("events: Ir\ntotals: 12\n\ntotals: 345\n"), Some(345));
    assert_eq!(judged::total("events: Ir\n"), None);
}
