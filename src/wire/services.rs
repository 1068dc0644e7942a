//! `/etc/services`: names for ports (services(5)).

use std::collections::HashMap;

use crate::model::Protocol;

/// The first name of each port and protocol. Lines that are no entry are passed over.
#[must_use]
pub fn parse(text: &str) -> HashMap<(Protocol, u16), String> {
    let mut names = HashMap::new();
    for line in text.lines() {
        let entry = line.split('#').next().unwrap_or_default();
        let mut columns = entry.split_ascii_whitespace();
        let (Some(name), Some((port, protocol))) =
            (columns.next(), columns.next().and_then(|column| column.split_once('/')))
        else {
            continue;
        };
        let protocol = Protocol::ALL.into_iter().find(|known| known.word() == protocol);
        if let (Some(protocol), Ok(port)) = (protocol, port.parse()) {
            names.entry((protocol, port)).or_insert_with(|| name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_name_wins_and_odd_lines_do_no_harm() {
        let names = parse(
            "# x\nssh 22/tcp # SSH\nhttp\t80/tcp www\nwww 80/tcp\ndomain 53/udp\nx 1/sctp\nbad\ny 99999/tcp\n",
        );
        let name = |protocol, port| names.get(&(protocol, port)).map(String::as_str);
        assert_eq!(name(Protocol::Tcp, 22), Some("ssh"));
        assert_eq!(name(Protocol::Tcp, 80), Some("http"));
        assert_eq!(name(Protocol::Udp, 53), Some("domain"));
        assert_eq!(names.len(), 3);
    }
}
