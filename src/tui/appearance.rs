//! Changes how things look while they are looked at.
//!
//! Changes the looks and nothing that is shown.

use super::app::App;

/// Takes the next theme, and says which that is.
pub(super) fn next_theme(app: &mut App) {
    app.look = app.look.in_next_theme();
    app.remark = Some((format!("theme {}", app.look.theme().name()), app.now));
}
