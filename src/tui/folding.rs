//! What opens and folds groups of lines, and chooses by what they are brought together.
//!
//! A part of `update`: changes the state, and draws nothing.

use super::app::App;
use super::grouping::{By, Folds};
use super::tally::{Branch, Common, Fold, Tally};
use super::update::relist;

/// What is to become of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Open,
    Fold,
}

/// Brings the lines together by the next of what the view offers.
pub(super) fn regroup(app: &mut App) {
    let view = app.view;
    let pane = app.pane_mut();
    // A group that nobody moved to stands for what was selected in it.
    if let Some((group, member)) = pane.folds.stands_for.take()
        && pane.selected.as_ref() == Some(&group)
    {
        pane.selected = Some(member);
    }
    let member = pane.selected.clone();
    pane.by = pane.by.next(view);
    pane.folds = Folds::of(pane.by);
    relist(app);
    let now = app.chosen_at(app.pane().cursor);
    app.pane_mut().folds.stands_for = now.zip(member).filter(|(now, member)| now != member);
}

/// Opens the selected group, or folds it. What stands in a group and is none is folded with it; in an open
/// one, the first member is next.
pub(super) fn turn(app: &mut App, to: Turn) {
    let Some(tally) = selected(app) else { return };
    let Some(Branch { depth, fold }) = tally.branch else { return };
    let common = tally.common.clone();
    match (fold, to) {
        (Fold::Folded, Turn::Open) => set(app, &common, true),
        (Fold::Open, Turn::Fold) => set(app, &common, false),
        (Fold::Open, Turn::Open) => app.pane_mut().cursor += 1,
        (Fold::Leaf | Fold::Folded, Turn::Fold) if depth > 0 => {
            let Some(group) = tally.under.clone() else { return };
            set(app, &group, false);
        }
        (Fold::Leaf, _) | (Fold::Folded, Turn::Fold) => {}
    }
}

/// Opens the selected group, or folds it when it is open. False where no group is selected.
pub(super) fn toggle(app: &mut App) -> bool {
    let Some(tally) = selected(app).filter(|tally| tally.is_group()) else { return false };
    let (common, open) =
        (tally.common.clone(), tally.branch.is_some_and(|branch| branch.fold == Fold::Folded));
    set(app, &common, open);
    true
}

/// Folds every group, or opens them all when none is open.
pub(super) fn toggle_all(app: &mut App) {
    let is_open = |tally: &Tally| tally.branch.is_some_and(|branch| branch.fold == Fold::Open);
    let any = app.listing.tallies.iter().any(is_open);
    app.pane_mut().folds.set_all(!any);
    relist(app);
}

/// True where there are groups.
pub(super) fn has_groups(app: &App) -> bool {
    app.pane().by != By::Each && app.listing.tallies.iter().any(Tally::is_group)
}

fn selected(app: &App) -> Option<&Tally> {
    app.listing.tallies.get(app.pane().cursor)
}

/// Opens or folds a group. What is selected stays so, or the group stands for it.
fn set(app: &mut App, group: &Common, open: bool) {
    app.pane_mut().folds.set(group, open);
    relist(app);
}
