//! What people type who come from lsof and netstat, and what to type here. Only hints: nothing that
//! they mean elsewhere is done.

use std::ffi::OsString;

/// Letters of netstat that have no meaning here, and what stands in their place.
const NETSTAT: &[(char, &str)] = &[
    ('W', "nothing is cut here"),
    ('v', "what could not be read is always told"),
    ('c', "what goes on is shown by: sockeye top"),
    ('g', "multicast groups are told by: ip maddress"),
];

/// Letters that netstat and sockeye share.
const SHARED: &str = "tuxwlanp46";

/// What to type instead of arguments that were refused for this option, such as `-i`.
pub(super) fn hint(refused: &str, args: &[OsString]) -> Option<String> {
    let letter = refused.strip_prefix('-')?.chars().next().filter(char::is_ascii_alphanumeric)?;
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let cluster_of = |letter| {
        let has = |arg: &str| arg.starts_with('-') && !arg.starts_with("--") && arg.contains(letter);
        args.iter().position(|arg| has(arg))
    };
    // Before lsof's -i stands often its -P, which is refused first.
    if let ('i' | 'P', Some(at)) = (letter, cluster_of('i')) {
        let (flags, rest) = args[at].split_once('i')?;
        let next = args.get(at + 1).map(AsRef::as_ref).filter(|next: &&str| !next.starts_with('-'));
        let asked = if rest.is_empty() { next.unwrap_or_default() } else { rest };
        if let Some(target) = lsof(asked) {
            return Some(format!("what lsof calls -i is: sockeye who {target}"));
        }
        if letter == 'P' || (asked.is_empty() && flags.contains(['P', 'n'])) {
            return Some("what lsof calls -i is: sockeye -tuanp".to_owned());
        }
    }
    let cluster = &args[cluster_of(letter)?];
    let instead = NETSTAT.iter().find(|(it, _)| *it == letter)?.1;
    let left: String = cluster.chars().filter(|it| SHARED.contains(*it)).collect();
    let without = if left.is_empty() { String::new() } else { format!("sockeye -{left}; ") };
    Some(format!("without -{letter}: {without}{instead}"))
}

/// The target that lsof's `[46][protocol][@host][:port]` means, as far as it is one.
fn lsof(asked: &str) -> Option<String> {
    let safe = |text: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '[' | ']' | '-'))
    };
    let (host, port) = asked.rsplit_once(':')?;
    let host = host.split_once('@').map_or("", |(_, host)| host);
    (!port.is_empty() && safe(port) && safe(host)).then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hinted(line: &str, refused: &str) -> Option<String> {
        hint(refused, &line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn of_lsof() {
        for (line, target) in [
            ("-i :80", ":80"),
            ("-i:80", ":80"),
            ("-nPi :80", ":80"),
            ("-nP -iTCP:22", ":22"),
            ("-iTCP:22", ":22"),
            ("-i tcp:https", ":https"),
            ("-i @127.0.0.1:80", "127.0.0.1:80"),
            ("-i 6TCP@[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(hinted(line, "-i").unwrap(), format!("what lsof calls -i is: sockeye who {target}"));
        }
        assert_eq!(hinted("-nP -iTCP:22", "-P").unwrap(), "what lsof calls -i is: sockeye who :22");
        assert_eq!(hinted("-P", "-P"), None);
        assert!(hinted("-nPi", "-i").unwrap().ends_with("sockeye -tuanp"));
        assert_eq!(hinted("-Pi :\x1b[2J", "-P"), hinted("-Pi", "-P"), "nothing of it is repeated");
    }

    #[test]
    fn of_netstat() {
        assert!(hinted("-tulpvn", "-v").unwrap().starts_with("without -v: sockeye -tulpn; what"));
        assert!(hinted("-plantW", "-W").unwrap().starts_with("without -W: sockeye -plant; nothing"));
        for (line, refused) in [("-Q", "-Q"), ("--lisen", "--lisen"), ("-t", "-v"), ("", "-v")] {
            assert_eq!(hinted(line, refused), None, "{line}");
        }
    }
}
