//! Where one was before: the places that jumps and changes of the view left.
//!
//! A bounded memory of places and the way back to them. It decides about no jump; those are in `jumps`.

use std::collections::VecDeque;

use super::app::{App, Chosen};
use super::update::{inspect, relist};
use super::views::View;
use crate::model::Row;

/// More places than these are not remembered.
const MOST: usize = 64;

/// A place: what was looked at, and how.
struct Place {
    view: View,
    filter: String,
    /// The column of the order, by its name: columns may have been exchanged meanwhile.
    order: Option<(&'static str, bool)>,
    selected: Option<Chosen>,
    /// The socket whose details were open.
    inspected: Option<Row>,
}

/// The places that were left, the latest last.
#[derive(Default)]
pub(super) struct Trail(VecDeque<Place>);

impl Trail {
    /// True when there is nowhere to go back to.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Remembers the present place, which is about to be left.
pub(super) fn leave(app: &mut App) {
    let pane = app.pane();
    let column = pane.columns.get(pane.sort.column);
    let place = Place {
        view: app.view,
        filter: app.prompt.text().to_owned(),
        order: column.map(|column| (column.key, pane.sort.reversed)),
        selected: pane.selected.clone(),
        inspected: app.inspected.as_ref().map(|inspected| inspected.row.clone()),
    };
    let Trail(places) = &mut app.trail;
    if places.len() == MOST {
        places.pop_front();
    }
    places.push_back(place);
}

/// Goes back to the place that was left last.
pub(super) fn back(app: &mut App) {
    let Some(place) = app.trail.0.pop_back() else { return };
    app.view = place.view;
    if app.prompt.text() != place.filter {
        app.prompt.put(&place.filter);
    }
    let pane = app.pane_mut();
    let of_order = |(key, _): (&str, bool)| pane.columns.iter().position(|column| column.key == key);
    if let (Some(column), Some((_, reversed))) = (place.order.and_then(of_order), place.order) {
        (pane.sort.column, pane.sort.reversed) = (column, reversed);
    }
    pane.selected = place.selected.or(pane.selected.take());
    app.inspected = None;
    if let Some(row) = place.inspected {
        inspect(app, row, None);
    }
    relist(app);
}
