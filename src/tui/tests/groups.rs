//! Lines that are brought together: what each group counts, how it is opened and folded, and the way into it.

use crossterm::event::KeyCode;
use proptest::prelude::*;

use super::{Stage, understand};
use crate::filter::Seen as Judged;
use crate::model::{Lineage, Owners, Pid, Process, ProcessId, Uid, Workload};
use crate::tui::app::Chosen;
use crate::tui::grouping::By;
use crate::tui::line;
use crate::tui::tally::{Common, Fold, Tally};
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::views::View;

const SCRIPT: &str = include_str!("../../../tests/scenarios/tallies.toml");

fn stage(key: &str, by: By) -> Stage {
    sized((140, 60), key, by, Look::new(ColorChoice::Ansi16, false))
}

fn sized((width, height): (u16, u16), key: &str, by: By, look: Look) -> Stage {
    let mut stage = Stage::playing(SCRIPT, width, height, look);
    stage.polls(2);
    stage.keys(key);
    while stage.app.pane().by != by {
        stage.keys("b");
    }
    stage.keys("g");
    stage
}

/// The first cells of all lines, and what they count.
fn lines(stage: &Stage) -> Vec<(String, Tally)> {
    let line = |at| {
        let seen = stage.app.tally_at(at).unwrap();
        let cell = crate::tui::tally_cell::branch(&seen);
        (format!("{}{}", cell.text, cell.tail), seen.tally.clone())
    };
    (0..stage.app.listing.len()).map(line).collect()
}

fn names(stage: &Stage) -> Vec<String> {
    lines(stage).into_iter().map(|(name, _)| name).collect()
}

/// Every group that can be is open.
fn opened(key: &str, by: By) -> Stage {
    let mut stage = stage(key, by);
    stage.app.pane_mut().folds.set_all(true);
    stage.relist();
    stage
}

/// The cell of a column in a line.
fn cell(stage: &Stage, name: &str, key: &str) -> String {
    let at = names(stage).iter().position(|one| one.trim_start_matches(['▾', '▸', ' ']) == name).unwrap();
    let column = stage.app.pane().columns.iter().find(|column| column.key == key).unwrap();
    let cell = line::of(&stage.app, at).unwrap().cell(column).unwrap();
    format!("{}{}", cell.text, cell.tail)
}

#[test]
fn the_lines_of_every_grouping() {
    let all = [
        ("3", By::Unit),
        ("3", By::Container),
        ("3", By::User),
        ("3", By::Parent),
        ("4", By::Network),
        ("4", By::Scope),
    ];
    for (key, by) in all {
        let stage = opened(key, by);
        let told = lines(&stage).into_iter().map(|(name, tally)| {
            let Tally { sockets, listeners, incoming, outgoing, unix, members, .. } = tally;
            format!(
                "{name:<34} {sockets:>2} {listeners:>2} {incoming:>2} {outgoing:>2} {unix:>2} {members:>2}"
            )
        });
        let told: Vec<String> = told.collect();
        insta::assert_snapshot!(format!("by_{}", by.word(stage.app.view)), told.join("\n"));
    }
}

#[test]
fn a_group_counts_a_socket_once_whoever_shares_it() {
    let stage = stage("3", By::Container);
    let web = lines(&stage).into_iter().find(|(name, _)| name == "▸ web (3)").unwrap().1;
    assert_eq!((web.listeners, web.incoming), (1, 5), "three processes share the listener");
    // systemd and sshd hold one listener, in two units: each counts it.
    let by_unit = lines(&opened("3", By::Unit));
    let of = |name: &str| by_unit.iter().find(|(one, _)| one.contains(name)).unwrap().1.listeners;
    assert_eq!((of("ssh.service"), of("init.scope")), (1, 1));
    // In the tree it is one below their common root.
    let tree = lines(&stage_of_tree());
    let root = tree.iter().find(|(name, _)| name.contains("systemd 1")).unwrap();
    assert_eq!((root.1.listeners, root.1.members), (2, 4), "those of sshd and nc");
}

fn stage_of_tree() -> Stage {
    stage("3", By::Parent)
}

#[test]
fn what_processes_take_is_summed_and_what_is_not_known_is_told() {
    let mut stage = stage("3", By::Each);
    for (name, cpu, memory) in [
        ("nginx 2211", "12.0", "30 MB"),
        ("app 4410", "160", "512 MB"),
        ("sshd 812", "0", "6.2 MB"),
        ("nc 31337", "—", "—"),
    ] {
        assert_eq!(
            (cell(&stage, name, "cpu"), cell(&stage, name, "memory")),
            (cpu.into(), memory.into()),
            "{name}"
        );
    }
    stage.app.pane_mut().sort.column =
        stage.app.pane().columns.iter().position(|column| column.key == "cpu").unwrap();
    stage.relist();
    assert_eq!(names(&stage)[..2], ["app 4410", "nginx 2211"], "the largest first");
    stage.keys("/proc = nc");
    stage.code(KeyCode::Enter);
    assert!(
        stage.screen().contains("CPU and memory not known: this user may not look at it"),
        "{}",
        stage.screen()
    );
    let mut stage = opened("3", By::Container);
    assert_eq!(cell(&stage, "web (3)", "cpu"), "19.0");
    assert_eq!(cell(&stage, "web (3)", "memory"), "63 MB");
    assert_eq!(cell(&stage, "no container known (6)", "cpu"), "≥161");
    stage.keys("G");
    stage.app.look = Look::new(ColorChoice::Monochrome, true);
    assert!(stage.screen().contains(">=161"), "{}", stage.screen());
    assert!(stage.screen().contains("v web (3)"), "{}", stage.screen());
}

#[test]
fn shares_of_time_are_known_after_two_readings() {
    let mut stage = Stage::playing(SCRIPT, 140, 60, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    stage.keys("3");
    assert_eq!(
        (cell(&stage, "app 4410", "cpu"), cell(&stage, "app 4410", "memory")),
        ("—".into(), "512 MB".into())
    );
    assert!(stage.screen().contains("CPU time is known after the next reading"), "{}", stage.screen());
    stage.polls(1);
    assert_eq!(cell(&stage, "app 4410", "cpu"), "160");
}

#[test]
fn the_view_of_processes_asks_for_what_it_shows_and_units_for_cgroups() {
    let mut stage = stage("2", By::Each);
    assert!(!stage.app.ask().usage);
    stage.keys("3");
    assert!(stage.app.ask().usage && !stage.app.ask().cgroups);
    stage.keys("b");
    assert!(stage.app.ask().usage && stage.app.ask().cgroups);
}

/// Of the filter that a line leads to, how many open sockets it lets through.
fn passing(stage: &Stage, filter: &str) -> usize {
    let filter = understand(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let moment = stage.app.moment().unwrap();
    let open = stage.app.rows().iter().filter(|row| row.is_open());
    open.filter(|row| filter.passes(&Judged { subject: moment.subject(row), now: moment.taken })).count()
}

#[test]
fn the_way_in_shows_what_a_line_counts() {
    let mut filters = Vec::new();
    for (key, all) in [("3", By::choices(View::Processes)), ("4", By::choices(View::Peers))] {
        for by in all {
            let stage = opened(key, *by);
            let names = &stage.app.moment().unwrap().names;
            for (name, tally) in lines(&stage) {
                let (filter, _) = crate::tui::way_in::of(&tally, names).unwrap();
                assert_eq!(passing(&stage, &filter), tally.sockets, "{by:?} {name}: {filter}");
                filters.push(filter);
            }
        }
    }
    for filter in [
        "pid = 4410",
        "unit = ssh.service",
        "unit = none",
        "container = web",
        "owner_user = deploy",
        "pid in {812, 31337}",
        "dst = 198.51.100.0/24",
        "dst = 2001:db8:ffff::/48",
        "owner_status = denied and owner_user = root",
    ] {
        assert!(filters.iter().any(|one| one == filter), "{filter} is none of {filters:#?}");
    }
}

#[test]
fn keys_open_fold_and_lead_on() {
    let mut stage = stage("3", By::Container);
    let first = |stage: &Stage| names(stage)[..2].to_vec();
    let folded = ["▸ no container known (6)", "▸ web (3)"];
    assert_eq!(names(&stage), folded, "groups tell their sums first");
    stage.code(KeyCode::Right);
    assert_eq!(
        first(&stage),
        ["▾ no container known (6)", "  app 4410"].map(|name| name.replace("  app", "    app"))
    );
    stage.code(KeyCode::Right);
    assert_eq!(stage.app.pane().cursor, 1, "into the open group");
    stage.code(KeyCode::Left);
    assert_eq!(
        (names(&stage), stage.app.pane().cursor),
        (folded.map(str::to_owned).to_vec(), 0),
        "to the group"
    );
    stage.keys("jl");
    assert_eq!(names(&stage)[1..], ["▾ web (3)", "    nginx 2212", "    nginx 2211", "    nginx 2210"]);
    stage.keys("h");
    assert_eq!(names(&stage), folded);
    stage.code(KeyCode::Enter);
    assert_eq!(names(&stage).len(), 5, "and Enter opens");
    stage.code(KeyCode::Enter);
    assert_eq!(names(&stage), folded, "and folds");
    stage.keys("*");
    assert_eq!(names(&stage).len(), 12);
    stage.keys("*");
    assert_eq!(names(&stage), folded);
    stage.keys("i");
    assert_eq!((stage.app.prompt.text(), stage.app.view), ("container = web", View::Connections));
    // On a member, Enter shows its sockets, as it does on a process that stands in no group.
    stage.keys("3");
    stage.code(KeyCode::Esc);
    stage.keys("*");
    let at = names(&stage).iter().position(|name| name == "    nginx 2211").unwrap();
    stage.keys("g");
    stage.keys(&"j".repeat(at));
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.prompt.text(), "pid = 2211");
}

#[test]
fn the_choice_is_told_and_kept_for_each_view() {
    let mut stage = stage("3", By::Each);
    assert!(stage.screen().contains("by process · sorted by SOCKETS"), "{}", stage.screen());
    for (word, head) in
        [("unit", "UNIT"), ("container", "CONTAINER"), ("user", "OWNER'S USER"), ("parent", "PROCESS")]
    {
        stage.keys("b");
        let screen = stage.screen();
        assert!(screen.contains(&format!("by {word} · ")) && screen.contains(head), "{screen}");
    }
    stage.keys("4b");
    assert!(stage.screen().contains("by scope"), "{}", stage.screen());
    stage.keys("3");
    assert!(stage.screen().contains("by parent"), "{}", stage.screen());
    stage.keys("1");
    assert!(!stage.screen().contains("by process"), "listeners are brought together by nothing");
    let before = stage.screen();
    for keys in ["*", "h"] {
        stage.keys(keys);
    }
    stage.code(KeyCode::Right);
    assert_eq!(stage.screen(), before, "and nothing folds");
}

#[test]
fn what_is_selected_is_followed_into_groups_and_out_of_them() {
    let mut stage = stage("3", By::Each);
    let at = names(&stage).iter().position(|name| name == "nginx 2211").unwrap();
    stage.keys(&"j".repeat(at));
    let chosen = |stage: &Stage| names(stage)[stage.app.pane().cursor].trim().to_owned();
    assert_eq!(chosen(&stage), "nginx 2211");
    stage.keys("bb");
    assert_eq!(chosen(&stage), "▸ web (3)", "its group stands for it");
    stage.keys("*");
    stage.keys("jj");
    let before = chosen(&stage);
    for reversed in [false, true] {
        for column in 0..stage.app.pane().columns.len() {
            stage.app.pane_mut().sort = crate::tui::listing::Sort { column, reversed };
            stage.relist();
            assert_eq!(chosen(&stage), before, "column {column}");
        }
    }
    stage.polls(1);
    assert_eq!(chosen(&stage), before);
    stage.keys("bb");
    assert_eq!(chosen(&stage), before, "in the tree");
    stage.keys("*");
    assert_eq!(
        stage.app.pane().cursor,
        names(&stage).iter().position(|name| name.contains("nginx 2210")).unwrap()
    );
}

#[test]
fn members_stand_below_their_group_in_the_order_of_the_column() {
    for by in [By::Unit, By::User, By::Parent] {
        let mut stage = opened("3", by);
        for column in 0..stage.app.pane().columns.len() {
            stage.app.pane_mut().sort.column = column;
            stage.relist();
            let mut open: Vec<Common> = Vec::new();
            for (_, tally) in lines(&stage) {
                let branch = tally.branch.unwrap();
                open.truncate(branch.depth);
                assert_eq!(open.last(), tally.under.as_ref(), "{by:?} {column}");
                open.push(tally.common);
            }
        }
    }
    let mut stage = opened("3", By::User);
    stage.app.pane_mut().sort.column =
        stage.app.pane().columns.iter().position(|column| column.key == "sockets").unwrap();
    stage.relist();
    let all = lines(&stage);
    for pair in all.windows(2).filter(|pair| pair[0].1.under == pair[1].1.under && pair[0].1.under.is_some())
    {
        assert!(pair[0].1.sockets >= pair[1].1.sockets, "{} before {}", pair[0].0, pair[1].0);
    }
}

#[test]
fn a_network_of_one_host_is_the_host() {
    let stage = stage("4", By::Network);
    let told = names(&stage);
    for line in [
        "▸ 198.51.100.0/24 (2)",
        "▸ 2001:db8:ffff::/48 (2)",
        "▸ 10.0.0.0/24 (2)",
        "  203.0.113.9",
        "  fe80::2",
        "  127.0.0.1",
    ] {
        assert!(told.iter().any(|name| name == line), "{line} is none of {told:#?}");
    }
    assert_eq!(told.len(), 6);
    assert_eq!(stage.app.listing.counted, 9, "hosts, folded ones too");
}

#[test]
fn one_who_started_others_and_holds_nothing_is_told_so() {
    let mut stage = stage_of_tree();
    let at = names(&stage).iter().position(|name| name.contains("bash 31290")).unwrap();
    stage.keys(&"j".repeat(at));
    let screen = stage.screen();
    assert!(screen.contains("bash 31290, which holds no socket itself and started who does"), "{screen}");
    stage.keys("i");
    assert_eq!(stage.app.prompt.text(), "pid = 31337");
}

#[test]
fn groups_at_every_size() {
    for (name, key, by) in [
        ("by_unit", "3", By::Unit),
        ("by_container", "3", By::Container),
        ("by_user", "3", By::User),
        ("by_parent", "3", By::Parent),
        ("networks", "4", By::Network),
    ] {
        for size @ (width, height) in [(220, 60), (140, 40), (80, 24), (40, 10)] {
            let mut stage = sized(size, key, by, Look::new(ColorChoice::Ansi16, false));
            stage.code(KeyCode::Right);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.screen());
        }
    }
    let mut stage = sized((140, 40), "3", By::Parent, Look::new(ColorChoice::Monochrome, true));
    stage.code(KeyCode::Left);
    insta::assert_snapshot!("by_parent_ascii_140x40", stage.screen());
    assert!(stage.screen().is_ascii());
}

/// Gives each socket one of a few processes, in units, of users and below each other as told.
fn unshared(holders: &[(u32, u8, u8, u8)], by: By) -> (Vec<(String, Tally)>, usize) {
    let mut stage = Stage::playing(SCRIPT, 140, 60, Look::new(ColorChoice::Ansi16, false));
    let mut sample = stage.sampler.take().unwrap();
    let process = |(pid, unit, user, parent): (u32, u8, u8, u8)| {
        let id = |pid| ProcessId { pid: Pid(pid), start: 0 };
        let unit = (unit > 0).then(|| format!("u{unit}.service").into());
        let parents = [crate::model::Ancestor { id: id(100 + u32::from(parent)), comm: "sh".into() }];
        Process {
            uid: (user > 0).then_some(Uid(u32::from(user))),
            workload: Some(std::sync::Arc::new(Workload { unit, ..Workload::default() })),
            lineage: Some(std::sync::Arc::new(Lineage { parents: parents.into(), ..Lineage::default() })),
            ..Process::named(id(pid), format!("p{pid}").into())
        }
    };
    let mut known = std::collections::BTreeMap::new();
    for (socket, holder) in sample.sockets.iter_mut().zip(holders.iter().cycle()) {
        let process = known.entry(holder.0).or_insert_with(|| std::sync::Arc::new(process(*holder)));
        socket.owners = Owners::One { process: process.clone(), fd: crate::model::Fd(3) };
    }
    let all = sample.sockets.len();
    stage.feed(sample);
    stage.keys("3");
    stage.app.pane_mut().by = by;
    stage.app.pane_mut().folds.set_all(true);
    stage.relist();
    (lines(&stage), all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn where_nothing_is_shared_every_socket_counts_once(
        holders in prop::collection::vec((1u32..20, 0u8..4, 0u8..4, 0u8..4), 1..12)
    ) {
        for by in By::choices(View::Processes) {
            let (lines, all) = unshared(&holders, *by);
            let sum = |of: &dyn Fn(&Tally) -> bool| {
                lines.iter().filter(|(_, tally)| of(tally)).map(|(_, tally)| tally.sockets).sum::<usize>()
            };
            prop_assert_eq!(sum(&|tally| tally.branch.is_none_or(|branch| branch.fold == Fold::Leaf)), all);
            prop_assert_eq!(sum(&|tally| tally.under.is_none()), all, "{:?}", by);
        }
    }
}

#[test]
fn the_same_reason_in_two_groups_is_two_lines() {
    let mut stage = opened("3", By::User);
    let denied: Vec<usize> = lines(&stage)
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| name.contains("not readable"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(denied.len(), 2);
    for at in denied {
        stage.keys("g");
        stage.keys(&"j".repeat(at));
        stage.polls(1);
        assert_eq!(stage.app.pane().cursor, at);
        assert!(matches!(
            stage.app.pane().selected,
            Some(Chosen::Tally(Common::Unowned(_), Some(Common::User(_))))
        ));
    }
}
