//! Identities for rows that have no cookie: the inode stands in, or a hash of the addresses.
//!
//! They are other variants of `Identity`, never equal to a cookie. Nothing is read here.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::model::{Basics, Details, Identity, Socket, SocketKey};
use crate::wire::Context;
use crate::wire::line::Line;

/// Turns the rows of one table into sockets.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// How many sockets with the same addresses came before.
    twins: HashMap<u64, u64>,
}

impl StandIns {
    /// The row as a socket.
    pub(super) fn socket(&mut self, line: Line, context: &Context) -> Socket {
        let id = match line.inode {
            Some(inode) => Identity::Inode(inode),
            None => Identity::Tuple(self.tuple(&line)),
        };
        let basics = Basics {
            key: SocketKey { netns: context.netns, id },
            family: context.family,
            protocol: context.protocol,
            kind: line.kind,
            state: line.state,
            ends: line.ends,
            inode: line.inode,
        };
        Socket {
            uid: line.uid,
            queues: line.queues,
            timer: line.timer,
            interface: line.interface,
            details: (line.details != Details::default()).then(|| Arc::new(line.details)),
            ..Socket::new(basics, &context.ephemeral)
        }
    }

    /// A hash of the addresses and of how many twins came before: unaccepted connections to one
    /// Unix path differ in nothing that the text shows.
    fn tuple(&mut self, line: &Line) -> u64 {
        let mut hasher = DefaultHasher::new();
        (line.kind, &line.ends).hash(&mut hasher);
        let twins = self.twins.entry(hasher.finish()).or_default();
        *twins += 1;
        twins.hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, NetnsId, Protocol};
    use crate::wire::proc_unix;

    #[test]
    fn twins_without_inode_stay_apart_and_keep_their_names() {
        let text = b"head\n\
            0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n\
            0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n";
        let context = Context::new(NetnsId(1), Family::Unix, Protocol::Unix);
        let read = || {
            let mut stand_ins = StandIns::default();
            let mut keys = Vec::new();
            proc_unix::parse(text, &context, &mut |line| {
                keys.push(stand_ins.socket(line.unwrap(), &context).key);
            });
            keys
        };
        let keys = read();
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys, read());
    }
}
