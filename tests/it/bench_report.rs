//! What the benches make of their arguments and of their runs. It measures nothing itself.

use std::net::Ipv4Addr;
use std::time::Duration;

use marks::Marks;
use options::{Options, Task};
use report::{Measured, Report, Run};
use size::{Holding, Kind, Size};

#[path = "../../benches/told/chart.rs"]
pub(crate) mod chart;
#[path = "../../benches/told/marked.rs"]
mod marked;
#[path = "../../benches/one_shot/marks.rs"]
mod marks;
#[path = "../../benches/one_shot/options.rs"]
mod options;
#[path = "../../benches/told/outputs.rs"]
pub(crate) mod outputs;
#[path = "../../benches/one_shot/report.rs"]
mod report;
#[path = "../../benches/load/size.rs"]
pub(crate) mod size;
#[path = "../../benches/told/table.rs"]
pub(crate) mod table;

/// As the benches have it.
pub(crate) mod told {
    pub(crate) use super::{chart, outputs, table};
}

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
        peak_kib: (command != "bare dump").then_some(1024 + wall),
    };
    let runs = walls.iter().map(run).collect();
    Measured { command, reference, limit: "bare dump", runs, ..Measured::default() }
}

fn report() -> Report {
    let measured = vec![
        measured("bare dump", "ss -tanH", &[20, 20, 30]),
        measured("ss -tanH", "ss -tanH", &[90, 400, 110, 100, 80]),
        Measured { printed: Some((1010, 1010)), ..measured("sockeye -tanH", "ss -tanH", &[44, 36]) },
        Measured { printed: Some((600, 1010)), ..measured("lsof -nPiTCP", "ss -tanpH", &[2048]) },
        Measured { ended: Some(Duration::from_mins(1)), ..measured("somo --tcp", "ss -tanpH", &[]) },
    ];
    Report { size: "1k", kinds: vec!["udp"], sockets: 1010, processes: 90, measured }
}

#[test]
fn plain_cargo_bench_measures_what_is_quick() {
    let options = options("--bench");
    assert_eq!(names(&options), ["small", "1k", "20k"]);
    let rest = Options { sizes: Vec::new(), ..options };
    assert_eq!(rest, Options { rounds: 7, limit: Duration::from_mins(1), ..Options::default() });
}

#[test]
fn sizes_are_listed_or_repeated() {
    let options =
        options("--size 20k,200k --rounds 3 --only sockeye --json out.json --size 1M --load udp,files");
    assert_eq!(names(&options), ["20k", "200k", "1M"]);
    assert_eq!((options.rounds, options.outputs.json), (3, Some("out.json".into())));
    assert_eq!((options.only.as_str(), options.kinds), ("sockeye", vec![Kind::Udp, Kind::Files]));
    let sockets = options.sizes.iter().map(Size::sockets);
    assert_eq!(sockets.collect::<Vec<_>>(), [20_000, 200_200, 1_001_000]);
}

#[test]
fn a_load_is_bounded_and_told_to_its_processes() {
    let size = Size::named("20k").unwrap();
    assert_eq!((size.tcp(&[]), size.tcp(&[Kind::Listeners])), (20_100, 40_100));
    let all = [Kind::Unix, Kind::Udp, Kind::Listeners, Kind::Files, Kind::Namespaces];
    let million = Size::named("1M").unwrap().holdings(&all);
    let of = |kind| million.iter().filter(|holding| holding.kind == kind).count();
    assert_eq!(all.map(of), [5_500, 5_500, 5_500, 1_000, 200]);
    let mut addresses: Vec<_> = million.iter().map(|holding| holding.address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), million.len(), "processes share an address, and its ports");
    assert!(addresses.iter().all(Ipv4Addr::is_loopback));
    for holding in [million[0], million[million.len() - 1]] {
        assert_eq!(Holding::parse(&holding.text()), Ok(holding));
    }
}

#[test]
fn hidden_arguments_and_help_are_tasks_of_their_own() {
    let holding = Holding { kind: Kind::Tcp, address: Ipv4Addr::new(127, 1, 2, 3), count: 91 };
    assert_eq!(task("--hold tcp,127.1.2.3,91"), Ok(Task::Hold(holding)));
    assert_eq!(task("--calls"), Ok(Task::Calls));
    assert_eq!(task("--size 1k --help"), Ok(Task::Help));
}

#[test]
fn what_is_not_understood_is_named() {
    for (args, named) in [
        ("--size 2k", "no size 2k"),
        ("--size", "--size needs a value"),
        ("--load tea", "no load tea"),
        ("--rounds 0", "0 is no count"),
        ("--rounds many", "many is no count"),
        ("--hold tcp,here,1", "here"),
        ("--hold tcp", "tcp tells not what to hold"),
        ("fast", "unknown argument fast"),
    ] {
        let error = task(args).unwrap_err();
        assert!(error.contains(named), "{args}: {error}");
    }
}

#[test]
fn files_are_written_where_they_were_asked_for_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let write = |outputs: &outputs::Outputs| {
        outputs.write(
            "here",
            || serde_json::json!({"a": 1}),
            || report::chart("a machine", &[report()]),
            || "new".to_owned(),
        )
    };
    write(&outputs::Outputs::default()).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let [json, chart, readme] = ["a.json", "a.svg", "README.md"].map(|name| Some(at(name)));
    let outputs = outputs::Outputs { json, chart, readme };
    assert!(write(&outputs).unwrap_err().to_string().contains("README.md"), "there is none to renew");
    std::fs::write(at("README.md"), "x\n<!-- here -->\nold\n<!-- /here -->\ny\n").unwrap();
    write(&outputs).unwrap();
    let text = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    assert_eq!(text("a.json"), "{\n  \"a\": 1\n}\n");
    assert!(text("a.svg").starts_with("<svg"));
    assert_eq!(text("README.md"), "x\n<!-- here -->\nnew\n<!-- /here -->\ny\n");
}

#[test]
fn slow_commands_are_run_less_often() {
    let rounds = |wanted, millis| report::rounds(wanted, Duration::from_millis(millis));
    assert_eq!([rounds(7, 5_000), rounds(7, 5_001), rounds(7, 30_001)], [7, 3, 2]);
    assert_eq!(rounds(7, 120_001), 1);
    assert_eq!(rounds(1, 60_000), 1, "never more often than asked for");
}

#[test]
fn marks_are_counted_wherever_the_output_is_cut() {
    let output = b"tcp a\nudp tcp\ntcp b\n\ntcp c";
    for (mark, wanted) in [("\n", 4), ("\ntcp", 3), ("tcp", 4), ("cp ", 3)] {
        for cut in 1..output.len() {
            let mut marks = Marks::new(mark);
            output.chunks(cut).for_each(|piece| marks.take(piece));
            assert_eq!(marks.count, wanted, "{mark:?} in pieces of {cut}");
        }
    }
}

/// The median of ss is 100 ms, of sockeye (44 + 36) / 2: the outlier of 400 ms counts for nothing.
/// What lsof would be compared with was not run, and somo came to no end.
#[test]
fn the_table_has_medians_spreads_and_ratios() {
    let table = report().table();
    insta::assert_snapshot!(table);
    let widths: Vec<_> = table.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "columns do not line up:\n{table}");
}

#[test]
fn what_is_short_or_too_slow_is_said() {
    assert_eq!(
        report().notes(),
        [
            "`lsof -nPiTCP` printed 600 of 1010 sockets.",
            "`somo --tcp` was ended after 60 s, and is not measured."
        ]
    );
}

#[test]
fn the_summary_has_a_column_for_each_size() {
    let small = Report { size: "10", kinds: Vec::new(), sockets: 11, ..report() };
    let small = Report { measured: vec![measured("ss -tanH", "ss -tanH", &[3])], ..small };
    insta::assert_snapshot!(report::summary(
        "sockeye 1 on a machine",
        &["ss 6.1".to_owned()],
        &[small, report()]
    ));
}

#[test]
fn the_chart_is_drawn_and_can_be_read_anywhere() {
    let mut report = report();
    report.measured.retain(|measured| !measured.command.contains("lsof"));
    report.measured.push(measured("sockeye -tanH inode=1", "ss -tanH", &[30]));
    let svg = report::chart("sockeye 1 on a <machine>", &[report]).svg();
    insta::assert_snapshot!(svg);
    assert!(!svg.contains("#000") && !svg.contains("#fff"), "a colour that is not seen on black or on white");
    let empty = chart::Chart { title: String::new(), scale: String::new(), unit: "ms", groups: Vec::new() };
    assert!(empty.svg().ends_with("</svg>\n"));
}

#[test]
fn a_document_is_renewed_between_its_marks_alone() {
    let document = "# A\n<!-- speed -->\nold\n<!-- /speed -->\nend\n";
    let renewed = |name| marked::renewed(document, name, "new\n");
    assert_eq!(renewed("speed").unwrap(), "# A\n<!-- speed -->\nnew\n<!-- /speed -->\nend\n");
    assert_eq!(renewed("size").unwrap_err(), "there is no line <!-- size --> to renew what is between");
}

/// `cargo bench` can renew what the README says.
#[test]
fn the_readme_has_the_marks() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    assert!(marked::renewed(&readme, "one_shot", "").is_ok());
}

#[test]
fn the_json_has_every_run() {
    let json = report().json();
    assert_eq!(
        (&json["size"], &json["tcp_sockets"], &json["processes"], &json["load"][0]),
        (&"1k".into(), &1010.into(), &90.into(), &"udp".into())
    );
    let [bare, ss, sockeye, lsof, somo] = [0, 1, 2, 3, 4].map(|at| &json["commands"][at]);
    assert_eq!(ss["wall_ms_runs"], serde_json::json!([90.0, 400.0, 110.0, 100.0, 80.0]));
    assert_eq!(
        (&ss["wall_ms"], &ss["wall_ms_min"], &ss["wall_ms_max"]),
        (&100.0.into(), &80.0.into(), &400.0.into())
    );
    assert_eq!(
        (&sockeye["reference"], &sockeye["times_as_fast_as_reference"]),
        (&"ss -tanH".into(), &2.5.into())
    );
    assert_eq!((&sockeye["limit"], &sockeye["times_the_limit"]), (&"bare dump".into(), &2.0.into()));
    assert_eq!(
        (&sockeye["user_ms"], &sockeye["sys_ms"], &sockeye["peak_kib"]),
        (&20.0.into(), &10.0.into(), &1068.into())
    );
    assert_eq!((&lsof["sockets_printed"], &lsof["sockets_wanted"]), (&600.into(), &1010.into()));
    assert!(lsof["times_as_fast_as_reference"].is_null() && bare["peak_kib"].is_null());
    assert_eq!((&somo["ended_after_s"], &somo["wall_ms_runs"]), (&60.into(), &serde_json::json!([])));
}
