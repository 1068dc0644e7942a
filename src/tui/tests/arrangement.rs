//! Columns that are chosen: which, in which order, and by which rows are ordered.

use crossterm::event::KeyCode;

use super::Stage;
use super::screens::pictures;
use crate::model::{Ask, field};
use crate::tui::columns::Column;
use crate::tui::fitting;
use crate::tui::theme::{ColorChoice, Look};

/// The heads of the columns that are shown, whether or not there is room.
fn shown(stage: &Stage) -> String {
    let columns = stage.app.pane().columns.iter().filter(|column| column.shown);
    columns.map(|column| column.title).collect::<Vec<_>>().join(" ")
}

fn ordered_by(stage: &Stage) -> &'static str {
    stage.app.pane().columns[stage.app.pane().sort.column].title
}

#[test]
fn any_field_becomes_a_column_and_goes_again() {
    let mut stage = Stage::played(220, 40);
    stage.keys("Cinode");
    stage.code(KeyCode::Enter);
    assert_eq!(shown(&stage), "NAMESPACE PROTO LOCAL SCOPE OWNER EXPECTED USER SINCE QUEUE EXECUTABLE INODE");
    assert!(stage.screen().contains("[x] INODE "), "{}", stage.screen());
    stage.code(KeyCode::Esc);
    let heads = stage.screen().lines().find(|line| line.contains("PROTO ")).unwrap().to_owned();
    assert!(heads.trim_end().ends_with("INODE"), "{heads}");
    let row = stage.screen().lines().find(|line| line.contains("sshd 812 ")).unwrap().to_owned();
    assert!(row.ends_with(" 101"), "{row}");
    stage.keys("Cinode");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert!(!shown(&stage).contains("INODE"));
}

#[test]
fn columns_move_and_the_order_stays_with_its_column() {
    let mut stage = Stage::played(140, 40);
    assert_eq!(ordered_by(&stage), "LOCAL");
    stage.keys("Clocal");
    stage.code(KeyCode::Left);
    stage.code(KeyCode::Left);
    stage.code(KeyCode::Left);
    assert_eq!(shown(&stage), "LOCAL NAMESPACE PROTO SCOPE OWNER EXPECTED USER SINCE QUEUE EXECUTABLE");
    assert_eq!(ordered_by(&stage), "LOCAL");
    stage.code(KeyCode::Right);
    assert_eq!(shown(&stage), "NAMESPACE LOCAL PROTO SCOPE OWNER EXPECTED USER SINCE QUEUE EXECUTABLE");
    stage.code(KeyCode::Enter); // hides it
    assert_eq!(shown(&stage), "NAMESPACE PROTO SCOPE OWNER EXPECTED USER SINCE QUEUE EXECUTABLE");
    assert!(stage.screen().contains("sorted by LOCAL"), "{}", stage.screen());
    stage.code(KeyCode::Enter); // and shows it again, as the last
    assert!(shown(&stage).ends_with("EXECUTABLE LOCAL"));
    assert_eq!(ordered_by(&stage), "LOCAL");
    stage.ctrl('r');
    assert_eq!(shown(&stage), "NAMESPACE PROTO LOCAL SCOPE OWNER EXPECTED USER SINCE QUEUE EXECUTABLE");
    assert_eq!(ordered_by(&stage), "LOCAL");
}

#[test]
fn rows_are_ordered_by_a_column_that_is_not_shown() {
    let mut stage = Stage::played(140, 40);
    stage.keys("Cuid");
    stage.ctrl('s');
    assert_eq!(ordered_by(&stage), "UID");
    assert!(!shown(&stage).contains("UID"));
    let uids = |stage: &Stage| -> Vec<_> {
        let rows = stage.app.rows();
        let uid = |at: &u32| rows[*at as usize].socket.uid.map(|uid| uid.0);
        stage.app.listing.index.iter().filter_map(uid).collect()
    };
    assert!(uids(&stage).is_sorted() && uids(&stage).first() != uids(&stage).last(), "{:?}", uids(&stage));
    stage.ctrl('s');
    assert!(uids(&stage).is_sorted_by(|a, b| a >= b));
}

#[test]
fn details_are_asked_for_while_a_column_needs_them() {
    let mut stage = Stage::played(140, 40);
    assert_eq!(stage.app.ask(), Ask::NOTHING);
    stage.keys("Cmin_rtt_us");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert!(stage.app.ask().info);
    stage.keys("Cmin_rtt_us");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.ask(), Ask::NOTHING);
    stage.keys("Cmin_rtt_us");
    stage.ctrl('s');
    assert!(stage.app.ask().info, "the order looks at it");
}

#[test]
fn one_column_stays_and_esc_leaves() {
    let mut stage = Stage::played(140, 40);
    stage.keys("2C");
    for _ in 0..30 {
        stage.code(KeyCode::Home);
        stage.code(KeyCode::Enter);
    }
    assert_eq!(shown(&stage).split(' ').count(), 1, "{}", shown(&stage));
    stage.code(KeyCode::Esc);
    assert!(stage.app.menu.is_none());
}

#[test]
fn where_lines_count_sockets_the_declared_columns_can_be_chosen() {
    let mut stage = Stage::played(140, 40);
    stage.keys("3Clisten");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert!(!shown(&stage).contains("LISTEN"), "{}", shown(&stage));
    let heads = stage.screen().lines().find(|line| line.contains("PROCESS ")).unwrap().to_owned();
    assert!(!heads.contains("LISTEN"), "{heads}");
    stage.keys("Crtt");
    assert!(stage.screen().contains("no field is called so"), "{}", stage.screen());
}

#[test]
fn every_field_fits_alone_on_the_narrowest_screen() {
    for field in field::all() {
        let column = [Column::of_field(field)];
        let [least, usual, most] = column[0].width;
        assert!(least <= usual && usual <= most, "{}", field.key);
        let places = fitting::fit(&column, 40, fitting::Facts { many: true, judged: true, sorted: None });
        assert_eq!(places.len(), 1, "{}", field.key);
        assert!(places[0].x + places[0].width <= 40, "{}", field.key);
    }
}

#[test]
fn pictures_of_the_choice() {
    pictures("columns", |stage| {
        stage.polls(4);
        stage.keys("C");
        stage.code(KeyCode::Down);
    });
    let mut stage = Stage::with_look(80, 24, Look::new(ColorChoice::Monochrome, true));
    stage.polls(4);
    stage.keys("Cqueue");
    let screen = stage.screen();
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("columns_ascii", screen);
}

#[test]
fn the_order_goes_through_columns_without_room_and_finds_some_for_them() {
    let mut stage = Stage::new(80, 24);
    stage.polls(2);
    stage.keys("2");
    let head =
        |stage: &Stage| stage.screen().lines().find(|line| line.contains("REMOTE")).unwrap().to_owned();
    assert!(!head(&stage).contains("RETRANS"), "{}", stage.screen());
    let presses = (1..20).find(|_| {
        stage.keys("s");
        head(&stage).contains("RETRANS▼")
    });
    assert!(presses.is_some(), "{}", stage.screen());
    stage.keys("s");
    assert!(!head(&stage).contains("RETRANS"), "it gives the room back: {}", stage.screen());
}
