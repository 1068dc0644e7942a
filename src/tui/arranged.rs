//! How a view is arranged, and where one is in it, while another one is shown. Only data.

use super::app::Chosen;
use super::columns::{self, Column};
use super::grouping::{By, Folds};
use super::happening_cell;
use super::headings::Grouping;
use super::listing::Sort;
use super::views::View;

/// What a view remembers while another one is shown.
pub(super) struct Pane {
    pub(super) columns: Vec<Column>,
    pub(super) sort: Sort,
    /// By what its lines are brought together.
    pub(super) by: By,
    pub(super) folds: Folds,
    pub(super) grouping: Grouping,
    pub(super) selected: Option<Chosen>,
    /// Where the selection is in the listing.
    pub(super) cursor: usize,
    /// The first row on the screen.
    pub(super) top: usize,
}

impl Pane {
    /// As a view is at first.
    pub(super) fn new(view: View) -> Self {
        let columns = columns::of(view);
        // Listeners by port, as one looks for them; connections by whose they are; tallies by how much they count.
        let key = match view {
            View::Listeners | View::Unix => "local",
            View::Connections => "owner",
            View::Processes | View::Namespaces => "sockets",
            View::Peers => "connections",
            View::Events => happening_cell::FIRST,
        };
        let column = columns.iter().position(|column| column.key == key).unwrap_or(0);
        let by = By::choices(view).first().copied().unwrap_or(By::Each);
        let (sort, folds) = (Sort { column, reversed: false }, Folds::of(by));
        let grouping = Grouping::default();
        Self { columns, sort, by, folds, grouping, selected: None, cursor: 0, top: 0 }
    }
}
