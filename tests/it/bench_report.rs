//! What the bench makes of its arguments and of its runs. It measures nothing itself.

use std::net::Ipv4Addr;
use std::time::Duration;

use options::{Options, Task};
use report::{Measured, Report, Run};

#[path = "../../benches/one_shot/options.rs"]
mod options;
#[path = "../../benches/one_shot/report.rs"]
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

fn names(options: &Options) -> Vec<&'static str> {
    options.sizes.iter().map(|size| size.name).collect()
}

/// Runs that took so many milliseconds, half of them in user mode and a quarter in the kernel.
fn measured(command: &'static str, reference: &'static str, walls: &[u64]) -> Measured {
    let run = |wall: &u64| Run {
        wall: Duration::from_millis(*wall),
        user: Duration::from_millis(wall / 2),
        sys: Duration::from_millis(wall / 4),
        peak_kib: 1024 + wall,
    };
    Measured { command, reference, runs: walls.iter().map(run).collect() }
}

fn report() -> Report {
    let measured = vec![
        measured("ss -tanH", "ss -tanH", &[90, 400, 110, 100, 80]),
        measured("sockeye -tanH", "ss -tanH", &[44, 36]),
        measured("lsof -nPiTCP", "ss -tanpH", &[2048]),
    ];
    Report { size: "1k", sockets: 1010, processes: 90, measured }
}

#[test]
fn plain_cargo_bench_measures_what_is_quick() {
    let options = options("--bench");
    assert_eq!((names(&options), options.rounds, options.json), (vec!["small", "1k", "20k"], 7, None));
}

#[test]
fn sizes_are_listed_or_repeated() {
    let options = options("--size 20k,200k --rounds 3 --only sockeye --json out.json --size 1M");
    assert_eq!(names(&options), ["20k", "200k", "1M"]);
    assert_eq!((options.rounds, options.json), (3, Some("out.json".into())));
    assert_eq!(options.only, "sockeye");
    let sockets = options.sizes.iter().map(|size| size.processes * size.connections * 2);
    assert_eq!(sockets.collect::<Vec<_>>(), [20_000, 200_200, 1_001_000]);
}

#[test]
fn hidden_arguments_and_help_are_tasks_of_their_own() {
    assert_eq!(task("--hold-load 127.1.2.3 91"), Ok(Task::HoldLoad(Ipv4Addr::new(127, 1, 2, 3), 91)));
    assert_eq!(task("--bare tcp-dump"), Ok(Task::Bare("tcp-dump".to_owned())));
    assert_eq!(task("--size 1k --help"), Ok(Task::Help));
}

#[test]
fn what_is_not_understood_is_named() {
    for (args, named) in [
        ("--size 2k", "no size 2k"),
        ("--size", "--size needs a value"),
        ("--rounds 0", "0 is no count"),
        ("--rounds many", "many is no count"),
        ("--hold-load here 1", "here: "),
        ("fast", "unknown argument fast"),
    ] {
        let error = task(args).unwrap_err();
        assert!(error.contains(named), "{args}: {error}");
    }
}

#[test]
fn slow_commands_are_run_less_often() {
    let rounds = |wanted, millis| report::rounds(wanted, Duration::from_millis(millis));
    assert_eq!([rounds(7, 5_000), rounds(7, 5_001), rounds(7, 30_001)], [7, 3, 2]);
    assert_eq!(rounds(7, 120_001), 1);
    assert_eq!(rounds(1, 60_000), 1, "never more often than asked for");
}

/// The median of ss is 100 ms, of sockeye (44 + 36) / 2: the outlier of 400 ms counts for nothing.
/// What lsof would be compared with was not run.
#[test]
fn the_table_has_medians_spreads_and_ratios() {
    let table = report().table();
    let rows: Vec<Vec<_>> =
        table.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    assert_eq!(
        rows,
        [
            ["command", "wall ms", "min–max", "user ms", "sys ms", "peak MB", "runs", "as fast as"],
            [
                "---------------",
                "------:",
                "--------:",
                "------:",
                "-----:",
                "------:",
                "---:",
                "-----------------"
            ],
            ["`ss -tanH`", "100", "80.0–400", "50.0", "25.0", "1.3", "5", "1.00 × `ss -tanH`"],
            ["`sockeye -tanH`", "40.0", "36.0–44.0", "20.0", "10.0", "1.0", "2", "2.50 × `ss -tanH`"],
            ["`lsof -nPiTCP`", "2048", "2048–2048", "1024", "512", "3.0", "1", "—"],
        ]
    );
    let widths: Vec<_> = table.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "columns do not line up:\n{table}");
}

#[test]
fn the_json_has_every_run() {
    let json = report().json();
    assert_eq!(
        (&json["size"], &json["tcp_sockets"], &json["processes"]),
        (&"1k".into(), &1010.into(), &90.into())
    );
    let [ss, sockeye, lsof] = [0, 1, 2].map(|at| &json["commands"][at]);
    assert_eq!(ss["wall_ms_runs"], serde_json::json!([90.0, 400.0, 110.0, 100.0, 80.0]));
    assert_eq!(
        (&ss["wall_ms"], &ss["wall_ms_min"], &ss["wall_ms_max"]),
        (&100.0.into(), &80.0.into(), &400.0.into())
    );
    assert_eq!(
        (&sockeye["reference"], &sockeye["times_as_fast_as_reference"]),
        (&"ss -tanH".into(), &2.5.into())
    );
    assert_eq!(
        (&sockeye["user_ms"], &sockeye["sys_ms"], &sockeye["peak_kib"]),
        (&20.0.into(), &10.0.into(), &1068.into())
    );
    assert!(lsof["times_as_fast_as_reference"].is_null());
}
