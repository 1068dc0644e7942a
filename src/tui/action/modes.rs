//! Modes that have actions in common, for the table of actions. Only data.

use super::Mode;

pub(super) const LIST: &[Mode] = &[Mode::List];
pub(super) const FILTER: &[Mode] = &[Mode::Filter];
pub(super) const SCROLLED: &[Mode] = &[Mode::List, Mode::Details, Mode::Help, Mode::Dialog];
pub(super) const PANES: &[Mode] = &[Mode::List, Mode::Details, Mode::Help];
pub(super) const READING: &[Mode] = &[Mode::List, Mode::Details];
pub(super) const OVER: &[Mode] = &[Mode::Details, Mode::Help];
pub(super) const PALETTE: &[Mode] = &[Mode::Palette];
pub(super) const DIALOG: &[Mode] = &[Mode::Dialog];
pub(super) const TYPED: &[Mode] = &[Mode::Filter, Mode::Palette];
pub(super) const COLUMNS: &[Mode] = &[Mode::Columns];
pub(super) const VIEWS: &[Mode] = &[Mode::Views];
pub(super) const CHOICES: &[Mode] = &[Mode::Views, Mode::Menu];
pub(super) const MENUS: &[Mode] = &[Mode::Columns, Mode::Views, Mode::Menu];
pub(super) const LINES: &[Mode] = &[
    Mode::List,
    Mode::Details,
    Mode::Help,
    Mode::Palette,
    Mode::Dialog,
    Mode::Columns,
    Mode::Views,
    Mode::Menu,
];
pub(super) const ANY: &[Mode] = &[
    Mode::List,
    Mode::Filter,
    Mode::Details,
    Mode::Help,
    Mode::Palette,
    Mode::Dialog,
    Mode::Columns,
    Mode::Views,
    Mode::Menu,
];
