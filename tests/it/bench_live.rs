//! What the live bench makes of its arguments and of what it measured. It measures nothing itself.

use std::time::Duration;

use options::{Options, Task};
use report::{Delays, LIMIT, Report, Steady, Used};

use crate::bench_report::{size, told};

#[path = "../../benches/live/options.rs"]
mod options;
#[path = "../../benches/live/report.rs"]
mod report;

fn task(args: &str) -> Result<Task, String> {
    Task::parse(args.split_whitespace().map(str::to_owned))
}

fn options(args: &str) -> Options {
    match task(args) {
        Ok(Task::Measure(options)) => options,
        other => panic!("{other:?}"),
    }
}

fn report() -> Report {
    let used = |share, resident_kib| Used { share, resident_kib };
    let steady = |changes, changed, dashboard| Steady {
        size: "20k",
        sockets: 20_100,
        changes,
        changed,
        used: vec![
            (LIMIT, used(0.02, None)),
            ("dashboard, listeners", used(dashboard, Some(20 * 1_024))),
            ("watch", used(0.03, Some(12_345))),
        ],
    };
    let took = (1..=200).rev().map(Duration::from_millis).collect();
    let delays = vec![
        Delays::new("20k", 0, "from a listener to its alert, with events", took),
        Delays::new(
            "20k",
            1_000,
            "from a key to the selection that moved",
            vec![Duration::from_micros(1_500)],
        ),
    ];
    Report { steady: vec![steady(0, 0, 0.048), steady(1_000, 996, 0.12)], delays }
}

#[test]
fn plain_cargo_bench_measures_what_is_quick() {
    let options = options("--bench");
    let names: Vec<_> = options.sizes.iter().map(|size| size.name).collect();
    assert_eq!((names, options.changes), (vec!["100", "20k"], vec![0, 1_000, 10_000]));
    assert_eq!((options.span, options.listeners, options.keys), (Duration::from_secs(5), 100, 100));
}

#[test]
fn what_is_asked_for_is_listed_or_repeated() {
    let options =
        options("--size 100,200k --changes 0 --changes 10000 --seconds 2 --keys 7 --readme README.md");
    let names: Vec<_> = options.sizes.iter().map(|size| size.name).collect();
    assert_eq!((names, options.changes), (vec!["100", "200k"], vec![0, 10_000]));
    assert_eq!((options.span, options.keys), (Duration::from_secs(2), 7));
    assert_eq!(options.outputs.readme, Some("README.md".into()));
    assert_eq!(task("--help"), Ok(Task::Help));
}

#[test]
fn what_is_not_understood_is_named() {
    for (args, named) in [
        ("--size 2k", "no size 2k"),
        ("--changes few", "few is no count"),
        ("--json", "--json needs a value"),
        ("fast", "unknown argument fast"),
    ] {
        let error = task(args).unwrap_err();
        assert!(error.contains(named), "{args}: {error}");
    }
}

/// Of 1 to 200 ms the median is the hundredth, and two are longer than the p99.
#[test]
fn the_tables_have_ratios_and_distributions() {
    insta::assert_snapshot!(report().summary("sockeye 1 on a machine"));
}

#[test]
fn the_chart_has_a_group_for_each_load() {
    let chart = report().chart("sockeye 1 on a machine");
    let titles: Vec<_> = chart.groups.iter().map(|group| group.title.as_str()).collect();
    assert_eq!(titles, ["20100 TCP sockets, 0 changes a second", "20100 TCP sockets, 996 changes a second"]);
    let bars: Vec<_> = chart.groups[1].bars.iter().map(|bar| (bar.label.as_str(), bar.value)).collect();
    assert_eq!(bars, [(LIMIT, 2.0), ("dashboard, listeners", 12.0), ("watch", 3.0)]);
    assert!(chart.svg().contains(">12.0 %</text>"));
}

#[test]
fn the_json_has_everything() {
    let json = report().json();
    let [steady, delays] = ["steady", "delays"].map(|key| json[key].as_array().unwrap());
    assert_eq!(
        (&steady[1]["changes_wanted_per_s"], &steady[1]["changes_per_s"]),
        (&1_000.into(), &996.into())
    );
    let [limit, dashboard, watch] = [0, 1, 2].map(|at| &steady[1]["used"][at]);
    assert!(limit["times_the_limit"].is_null() && limit["resident_kib"].is_null());
    assert_eq!(dashboard["times_the_limit"], 6.0);
    assert_eq!((&watch["core_share"], &watch["resident_kib"]), (&0.03.into(), &12_345.into()));
    let of = ["ms_min", "ms_median", "ms_p99", "ms_max"].map(|key| delays[0][key].clone());
    assert_eq!(serde_json::Value::from(of.to_vec()), serde_json::json!([1.0, 100.0, 198.0, 200.0]));
    assert_eq!(delays[0]["times"], 200);
}

/// `cargo bench` can renew what the README says.
#[test]
fn the_readme_has_the_marks() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    assert!(readme.contains("\n<!-- live -->\n") && readme.contains("\n<!-- /live -->\n"));
}
