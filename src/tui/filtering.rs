//! What happens to the list while the filter is typed.
//!
//! The last filter that was understood, and that the shown reading can answer, is in force. A list is
//! never emptied by what is only half typed.

use super::app::App;
use super::prompt::Pending;
use super::update::relist;

/// Takes in what stands in the prompt now.
pub(super) fn edited(app: &mut App) {
    if app.prompt.mistake().is_some() {
        return;
    }
    let before = app.sieve.filter().clone();
    let was_empty = app.listing.index.is_empty();
    relist(app);
    if app.listing.index.is_empty() && !was_empty && app.prompt.may_become_a_word() {
        app.sieve.put(before);
        app.prompt.set_pending(Some(Pending::Word));
        relist(app);
    }
}

/// Puts the filter that is wanted in force, where the shown readings have what it looks at.
pub(super) fn admit(app: &mut App) {
    let Some(news) = &app.news else { return };
    let wanted = app.prompt.wanted();
    // Details of the past are of two readings.
    let known = if wanted.needs().history { news.asked_twice } else { news.snapshot.asked };
    let can_answer = known.covers(wanted.waits_for());
    if app.prompt.pending() == Some(Pending::Reading) && can_answer {
        app.sieve.put(wanted.clone());
        app.prompt.set_pending(None);
    }
}

/// Ends typing and keeps the filter. What is wrong has to be mended first.
pub(super) fn keep(app: &mut App) {
    if app.prompt.keep() && app.prompt.pending() == Some(Pending::Word) {
        app.prompt.set_pending(Some(Pending::Reading)); // it is meant as a text
        relist(app);
    }
}
