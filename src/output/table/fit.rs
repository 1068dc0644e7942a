//! How wide the columns are, and which of them a narrow terminal leaves out. It writes nothing.

use super::cells::{COLUMNS, GAPS, LAST, LOCAL, PEER, PEER_PORT, RECV, SEND, STATE};

/// What the columns need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measure {
    pub(super) columns: [usize; COLUMNS],
    /// The longest name of a Unix socket, which may be cut where room is short.
    pub(super) path: usize,
    /// Some socket has a peer.
    pub(super) peers: bool,
    /// Something is told in the last column.
    pub(super) held: bool,
}

/// How wide the columns are. One of no width is left out.
#[derive(Clone, Debug)]
pub(super) struct Widths {
    pub(super) columns: [usize; COLUMNS],
    /// The cells of a line, where the last column is cut at them.
    pub(super) room: Option<usize>,
    /// What was left out, by the words of the header.
    pub(super) left_out: Vec<&'static str>,
}

/// The processes are cut, but not to less than this.
const LEAST_LAST: usize = 24;
/// Nor a path to less than this.
const LEAST_PATH: usize = 20;

impl Measure {
    /// Makes room for what needs more.
    pub(super) fn widen(&mut self, other: Self) {
        for (widest, width) in self.columns.iter_mut().zip(other.columns) {
            *widest = width.max(*widest);
        }
        self.path = self.path.max(other.path);
        self.peers |= other.peers;
        self.held |= other.held;
    }

    /// The widths for lines of that many cells. What says least goes first: a peer that nobody has, the
    /// queues, the state. Addresses are never cut: half of one is another one.
    pub(super) fn fit(self, room: Option<usize>) -> Widths {
        let mut columns = self.columns;
        columns[LOCAL] = columns[LOCAL].max(self.path);
        let mut widths = Widths { columns, room, left_out: Vec::new() };
        let Some(room) = room else { return widths };
        if !self.held && least(&widths.columns) > room {
            widths.columns[LAST] = 0; // a title of nothing
        }
        let dispensable: [(&str, &[usize], bool); 3] = [
            ("Peer Address:Port", &[PEER, PEER_PORT], !self.peers),
            ("Recv-Q, Send-Q", &[RECV, SEND], true),
            ("State", &[STATE], true),
        ];
        for (name, parts, can_go) in dispensable {
            let shown = parts.iter().any(|at| widths.columns[*at] > 0);
            if can_go && shown && least(&widths.columns) > room {
                for at in parts {
                    widths.columns[*at] = 0;
                }
                widths.left_out.push(name);
            }
        }
        let over = least(&widths.columns).saturating_sub(room);
        let addresses = self.columns[LOCAL];
        let path = widths.columns[LOCAL].saturating_sub(over);
        widths.columns[LOCAL] = path.max(LEAST_PATH).max(addresses).min(widths.columns[LOCAL]);
        widths
    }
}

/// The least that a line takes with these columns.
fn least(columns: &[usize; COLUMNS]) -> usize {
    let gaps = columns.iter().zip(GAPS).filter(|(width, _)| **width > 0).map(|(_, gap)| gap.len());
    let cells = columns.iter().enumerate().map(|(at, width)| match at {
        LAST => (*width).min(LEAST_LAST),
        _ => *width,
    });
    cells.sum::<usize>() + gaps.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Netns, Netid, State, Recv-Q, Send-Q, local, port, peer, port, process.
    const USUAL: Measure =
        Measure { columns: [0, 5, 6, 6, 6, 15, 5, 12, 5, 60], path: 0, peers: false, held: true };

    #[test]
    fn what_says_least_goes_first() {
        for (measure, room, left_out) in [
            (USUAL, 96, &[][..]),
            (USUAL, 90, &[]),
            (USUAL, 89, &["Peer Address:Port"]),
            (USUAL, 72, &["Peer Address:Port"]),
            (USUAL, 71, &["Peer Address:Port", "Recv-Q, Send-Q"]),
            (USUAL, 58, &["Peer Address:Port", "Recv-Q, Send-Q"]),
            (USUAL, 57, &["Peer Address:Port", "Recv-Q, Send-Q", "State"]),
            (USUAL, 10, &["Peer Address:Port", "Recv-Q, Send-Q", "State"]),
            // Who talks to whom is what such a table is for.
            (Measure { peers: true, ..USUAL }, 89, &["Recv-Q, Send-Q"]),
            (Measure { peers: true, ..USUAL }, 10, &["Recv-Q, Send-Q", "State"]),
        ] {
            assert_eq!(measure.fit(Some(room)).left_out, left_out, "{room} cells");
        }
        assert_eq!(USUAL.fit(None).left_out, <[&str; 0]>::default());
    }

    #[test]
    fn paths_are_cut_and_addresses_are_not() {
        let local = |measure: Measure, room| measure.fit(Some(room)).columns[LOCAL];
        let paths = Measure { path: 108, ..USUAL };
        assert_eq!(local(paths, 1000), 108);
        assert_eq!(local(paths, 88), 52, "what is left beside the columns that stay");
        assert_eq!(local(paths, 30), LEAST_PATH);
        assert_eq!(local(USUAL, 30), 15);
    }
}
