//! The way from a line that counts sockets to these sockets: a filter, and the view that shows most of them.
//!
//! One difference is left: what a process in no unit shares with one in a unit counts for both groups, and `unit = none`
//! does not find it.

use std::fmt::Write as _;

use super::network;
use super::tally::{Common, Tally};
use super::views::View;
use crate::model::{Names, SystemBytes, Uid};

/// A filter that names more processes than this would be read by nobody.
const MOST: usize = 100;

/// The filter that lets through what the tally counts, and the view that shows most of it; `None` where too many
/// processes would have to be named.
pub(super) fn of(tally: &Tally, names: &Names) -> Option<(String, View)> {
    let group = tally.under.as_ref().filter(|_| matches!(tally.common, Common::Unowned(_)));
    let filter = of_common(tally, &tally.common, names)?;
    let filter = match group {
        Some(group) => format!("{filter} and {}", of_common(tally, group, names)?),
        None => filter,
    };
    let connections = tally.incoming + tally.outgoing;
    let view = match tally.listeners.max(connections).max(tally.unix) {
        most if most == connections => View::Connections,
        most if most == tally.listeners => View::Listeners,
        _ => View::Unix,
    };
    Some((filter, view))
}

fn of_common(tally: &Tally, common: &Common, names: &Names) -> Option<String> {
    Some(match common {
        Common::Process(_) if tally.is_group() => return of_pids(tally),
        Common::Process(id) => format!("pid = {}", id.pid.0),
        Common::Unowned(why) => format!("owner_status = {}", why.word()),
        Common::Peer(addr) => format!("dst = {addr}"),
        Common::Netns(netns) => format!("netns = {}", netns.0),
        Common::Unit(unit) => format!("unit {}", equals(unit.as_ref())),
        Common::Container(container) => format!("container {}", equals(container.as_ref())),
        Common::User(user) => format!("owner_user {}", of_user(*user, names)),
        Common::Network(network) => format!("dst = {network}"),
        Common::Scope(scope) => network::with_scope(*scope),
    })
}

/// A process and those that come from it, as far as they hold sockets.
fn of_pids(tally: &Tally) -> Option<String> {
    let mut pids: Vec<u32> = tally.pids.iter().map(|pid| pid.0).collect();
    pids.sort_unstable();
    match pids[..] {
        [pid] => Some(format!("pid = {pid}")),
        _ if pids.len() > MOST => None,
        _ => {
            let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
            Some(format!("pid in {{{}}}", pids.join(", ")))
        }
    }
}

fn of_user(user: Option<Uid>, names: &Names) -> String {
    match user {
        // A name of digits alone would be taken for a number.
        Some(uid) => {
            match names.users.get(&uid).filter(|name| !name.as_bytes().iter().all(u8::is_ascii_digit)) {
                Some(name) => equals(Some(name)),
                None => format!("= {}", uid.0),
            }
        }
        None => equals(None),
    }
}

/// That a text is this name. What is no plain text is asked for byte by byte: names are chosen by others, and
/// none must mean something else to the filter.
fn equals(name: Option<&SystemBytes>) -> String {
    let Some(name) = name else { return "= none".to_owned() };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@:".contains(&byte);
    let bytes = name.as_bytes();
    let begins = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
    let is_word = begins && bytes.iter().copied().all(is_plain) && !matches!(bytes, b"none" | b"null");
    match std::str::from_utf8(bytes) {
        Ok(word) if is_word => format!("= {word}"),
        _ => {
            let mut pattern = String::new();
            for byte in bytes {
                if byte.is_ascii_alphanumeric() {
                    pattern.push(char::from(*byte));
                } else {
                    // Writing into a string cannot fail.
                    let _infallible = write!(pattern, r"\x{byte:02x}");
                }
            }
            format!(r"~ /\A(?-u:{pattern})\z/")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tests::understand;

    #[test]
    fn names_mean_themselves_and_nothing_else() {
        for (name, filter) in [
            (&b"ssh.service"[..], "= ssh.service"),
            (b"user@1000.service", "= user@1000.service"),
            (b"none", r"~ /\A(?-u:none)\z/"),
            (b"a b", r"~ /\A(?-u:a\x20b)\z/"),
            (b"x\" or tcp", r"~ /\A(?-u:x\x22\x20or\x20tcp)\z/"),
            (b"/", r"~ /\A(?-u:\x2f)\z/"),
            (b"-", r"~ /\A(?-u:\x2d)\z/"),
            (b"\x1b[2J\xff", r"~ /\A(?-u:\x1b\x5b2J\xff)\z/"),
            (br"system-wg\x2dquick.slice", r"~ /\A(?-u:system\x2dwg\x5cx2dquick\x2eslice)\z/"),
        ] {
            let text = equals(Some(&name.into()));
            assert_eq!(text, filter);
            let typed = format!("unit {text}");
            assert!(understand(&typed).is_ok(), "{typed}");
        }
        assert_eq!(equals(None), "= none");
    }
}
