//! Sockets counted together: what is counted for whom, and the way from a line to its sockets.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::Stage;
use crate::model::{Details, NoOwner, Owners, Rate, State, TcpInfo};
use crate::tui::grouping::By;
use crate::tui::tally::{Common, Tally};
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::views::View;

/// The tallies of a view by what stands in their first column.
fn told(stage: &mut Stage, key: char) -> Vec<(String, Tally)> {
    stage.keys(&key.to_string());
    stage.app.pane_mut().by = By::Each;
    stage.relist();
    let line = |at| {
        let seen = stage.app.tally_at(at).unwrap();
        let cell = crate::tui::tally_cell::common(&seen);
        (format!("{}{}", cell.text, cell.tail), seen.tally.clone())
    };
    (0..stage.app.listing.len()).map(line).collect()
}

fn counts(tally: &Tally) -> [usize; 5] {
    [tally.sockets, tally.listeners, tally.incoming, tally.outgoing, tally.unix]
}

#[test]
fn every_process_has_what_it_holds_and_nothing_is_left_out() {
    let mut stage = Stage::played(140, 40);
    let told = told(&mut stage, '3');
    let of = |name: &str| told.iter().find(|(one, _)| one == name).map(|(_, tally)| counts(tally));
    assert_eq!(of("app 4410"), Some([4, 1, 0, 1, 2]));
    assert_eq!(of("nginx 2210"), Some([2, 2, 0, 0, 0]), "it shares its listener, which each has");
    assert_eq!(of("nginx 2211"), Some([2, 1, 1, 0, 0]), "what came in at a port where somebody waits");
    assert_eq!(of("not accepted yet"), Some([1, 0, 1, 0, 0]));
    // Whoever holds none of what is open is not there, and what nobody holds is, by its reason.
    for row in stage.table.open() {
        let commons: Vec<Common> = match row.socket.owners.found() {
            Ok(known) => known.ids().map(Common::Process).collect(),
            Err(why) => vec![Common::Unowned(why)],
        };
        assert!(commons.iter().all(|common| told.iter().any(|(_, tally)| tally.common == *common)));
    }
    let unowned = told.iter().filter(|(_, tally)| matches!(tally.common, Common::Unowned(_)));
    assert_eq!(stage.app.listing.counted + unowned.count(), told.len());
}

#[test]
fn peers_and_namespaces_count_each_socket_once() {
    let mut stage = Stage::played(140, 40);
    let with_peer = stage.table.open().filter(|row| row.socket.ends.remote().is_some()).count();
    let sum = |told: &[(String, Tally)]| told.iter().map(|(_, tally)| tally.sockets).sum::<usize>();
    assert_eq!(sum(&told(&mut stage, '4')), with_peer);
    let namespaces = told(&mut stage, '7');
    assert_eq!(sum(&namespaces), stage.table.open().count());
    assert_eq!(namespaces[0].0, "host");
}

#[test]
fn mapped_addresses_are_the_peers_that_they_map() {
    let mut stage = Stage::new(140, 40);
    let mut sample = stage.sampler.take().unwrap();
    let with_peer = sample.sockets.iter().position(|socket| socket.ends.remote().is_some()).unwrap();
    let mut mapped = sample.sockets[with_peer].clone();
    let crate::model::Ends::Inet { remote: Some(remote), .. } = &mut mapped.ends else { unreachable!() };
    let std::net::IpAddr::V4(v4) = remote.addr else { unreachable!("the script has it so") };
    remote.addr = v4.to_ipv6_mapped().into();
    mapped.key.id = crate::model::Identity::Cookie(crate::model::Cookie(99_999));
    sample.sockets.push(mapped);
    stage.feed(sample);
    let told = told(&mut stage, '4');
    let of = |name: &str| told.iter().find(|(one, _)| one == name).map(|(_, tally)| tally.sockets);
    assert_eq!(of(&v4.to_string()), Some(2));
}

#[test]
fn what_closed_is_counted_no_more() {
    let mut stage = Stage::new(140, 40);
    let sample = stage.sampler.take().unwrap();
    stage.feed(sample.clone());
    let before = told(&mut stage, '7')[0].1.sockets;
    let mut later = sample;
    later.sockets.pop();
    for _ in 0..2 {
        later.taken.mono += Duration::from_secs(1);
        stage.feed(later.clone());
    }
    assert_eq!(told(&mut stage, '7')[0].1.sockets, before - 1);
}

/// A `tcp_info` with these counts of bytes.
fn counted(sent: u64, received: u64) -> Arc<Details> {
    let mut raw = [0; 256];
    // tcpi_bytes_sent and tcpi_bytes_received (linux/tcp.h).
    for (at, bytes) in [(200, sent), (128, received)] {
        raw[at..at + 8].copy_from_slice(&bytes.to_ne_bytes());
    }
    Arc::new(Details { tcp_info: Some(TcpInfo::from(&raw[..])), ..Details::default() })
}

#[test]
fn rates_are_summed_where_they_are_known() {
    let mut stage = Stage::new(140, 40);
    let mut sample = stage.sampler.take().unwrap();
    let tcp: Vec<usize> = (0..sample.sockets.len())
        .filter(|at| sample.sockets[*at].state == State::Established && sample.sockets[*at].bytes().is_none())
        .filter(|at| sample.sockets[*at].ends.remote().is_some())
        .take(2)
        .collect();
    assert_eq!(tcp.len(), 2);
    for at in &tcp {
        sample.sockets[*at].owners = Owners::Unknown(NoOwner::Nobody);
        sample.sockets[*at].details = Some(counted(1_000, 50));
    }
    stage.feed(sample.clone());
    sample.taken.mono += Duration::from_secs(1);
    for (at, bytes) in tcp.iter().zip([3_000, 1_500]) {
        sample.sockets[*at].details = Some(counted(bytes, 50));
    }
    stage.feed(sample);
    let told = told(&mut stage, '3');
    let nobody = told.iter().find(|(_, tally)| tally.common == Common::Unowned(NoOwner::Nobody)).unwrap();
    assert_eq!(nobody.1.rate, Some(Rate { sent: 2_500, received: 0 }));
    assert!(told.iter().any(|(_, tally)| tally.rate.is_none()), "unknown is not 0");
    // The first reading has no rates, which is a gap.
    assert!(stage.screen().contains("in 0 B/s  ▁   out 2.5 kB/s  █"), "{}", stage.screen());
    stage.app.look = Look::new(ColorChoice::Monochrome, true);
    assert!(stage.screen().contains("in 0 B/s  _   out 2.5 kB/s  #"), "{}", stage.screen());
}

#[test]
fn enter_shows_the_sockets_that_a_line_counts() {
    for (key, name, filter, view) in [
        ('3', "nginx 2211", "pid = 2211", View::Connections),
        ('3', "sshd 812", "pid = 812", View::Listeners),
        ('3', "not accepted yet", "owner_status = accept-queue", View::Connections),
        ('4', "10.0.0.9", "dst = 10.0.0.9", View::Connections),
        ('7', "host", "netns = 4026531840", View::Listeners),
    ] {
        let mut stage = Stage::played(140, 40);
        let told = told(&mut stage, key);
        let line = told.iter().position(|(one, _)| one == name).unwrap();
        stage.keys(&"j".repeat(line));
        stage.code(KeyCode::Enter);
        assert_eq!((stage.app.prompt.text(), stage.app.view), (filter, view), "{name}");
        assert_eq!(stage.app.prompt.mistake().map(ToString::to_string), None);
        let counted = &told[line].1;
        let shown =
            if view == View::Listeners { counted.listeners } else { counted.incoming + counted.outgoing };
        assert_eq!(stage.app.listing.matched, shown, "{name}");
        stage.code(KeyCode::Esc);
        assert_eq!(stage.app.prompt.text(), "");
    }
}

#[test]
fn the_selected_tally_is_followed_and_every_column_orders() {
    let mut stage = Stage::played(220, 40);
    for key in ['3', '4', '7'] {
        let lines = told(&mut stage, key).len();
        stage.keys("G");
        let chosen = stage.app.tally_at(stage.app.pane().cursor).unwrap().tally.common.clone();
        for at in 0..stage.app.pane().columns.len() {
            for reversed in [false, true] {
                stage.app.pane_mut().sort = crate::tui::listing::Sort { column: at, reversed };
                stage.relist();
                assert_eq!(stage.app.tally_at(stage.app.pane().cursor).unwrap().tally.common, chosen);
                assert_eq!(stage.app.listing.len(), lines);
            }
        }
    }
}
