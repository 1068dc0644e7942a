//! The configuration file that says nothing: every setting in a comment, at its default.

use super::keys;
use super::setting::{Counts, Settings};
use super::value::Plain;
use crate::text::push;
use crate::tui::Keymap;

/// What stands above the settings.
const HEAD: &str = "\
# The settings of sockeye, each at its default. Take the # away in front of one to change it.
#
# Arguments count more than environment variables, those more than ~/.config/sockeye/config.toml,
# and that more than /etc/sockeye/config.toml. SOCKEYE_CONFIG=FILE reads one file instead of the two,
# SOCKEYE_CONFIG= none. sockeye config --explain tells what counts, and where it came from.
";

/// What stands above those that count always.
const ALWAYS: &str = "
# These count everywhere: they choose the way. What a way cannot see is told with every answer.
";

/// What stands above the others.
const FOR_PEOPLE: &str = "
# These count where somebody looks: in the dashboard, and on a terminal. Where the output goes into a
# file or a pipe, is made for programs (--json and its kind), or is the verdict of check, watch or
# policy learn, they do not count: nobody's settings change what a script reads.
";

/// What stands above the keys.
const KEYS: &str = "
# The keys of the dashboard: of each action a list, [] for none. Letters are as they are typed, other keys
# are such as Enter, Esc, Tab, Shift-Tab, Space, Up, PgDn, F1 and Ctrl-U. No key may mean two things at
# once, and quit keeps one. They have no variables.
";

/// The text of the file.
#[must_use]
pub fn default_file() -> String {
    let mut file = HEAD.to_owned();
    let defaults = Settings::default();
    for (counts, head) in [(Counts::Always, ALWAYS), (Counts::ForPeople, FOR_PEOPLE)] {
        file.push_str(head);
        for (setting, value, _) in defaults.all() {
            if setting.counts == counts {
                let (key, variable) = (setting.key, setting.variable);
                push(&mut file, format_args!("\n# {}\n# In the environment: {variable}\n", setting.help));
                push(&mut file, format_args!("#{key} = {value}\n"));
            }
        }
    }
    file.push_str(KEYS);
    push(&mut file, format_args!("#[{}]\n", keys::TABLE));
    let defaults = Keymap::default();
    for (action, sentence) in Keymap::actions() {
        let keys = Plain::List(defaults.names_of(action));
        push(&mut file, format_args!("#{action} = {keys} # {sentence}\n"));
    }
    file
}
