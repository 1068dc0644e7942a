//! Closing sockets through the kernel (`SOCK_DESTROY`, `sock_diag(7)`): as if each had met an error, for its holder
//! and for its peer.
//!
//! Every request names the cookie of its socket. Without one the kernel takes what the addresses lead to, and
//! where a connection is gone that is the listener.

use std::collections::BTreeSet;

use rustix::io::Errno;

use crate::model::{Ask, Closing, Cookie, Family, NetnsId, Protocol, Socket};
use crate::sys::netlink::{CHUNK, DiagError, DiagSocket};
use crate::wire::{Context, inet_destroy, inet_diag, netlink};

/// A table of the kernel.
type Table = (Family, Protocol);

/// Closes these sockets, which must be of the network namespace that the calling thread is in. Returns for each,
/// in their order, what became of it.
#[must_use]
pub fn close(sockets: &[&Socket]) -> Vec<Closing> {
    let mut closer = Closer::default();
    let done: Vec<Closing> = sockets.iter().map(|socket| closer.close(socket)).collect();
    let tables: BTreeSet<Table> = sockets.iter().map(|socket| (socket.family, socket.protocol)).collect();
    let there: Vec<(Table, Result<BTreeSet<Cookie>, DiagError>)> =
        tables.into_iter().map(|table| (table, closer.list(table))).collect();
    let listed = |socket: &Socket| -> Option<bool> {
        let (_, cookies) = there.iter().find(|(table, _)| *table == (socket.family, socket.protocol))?;
        Some(cookies.as_ref().ok()?.contains(&socket.key.cookie()?))
    };
    sockets.iter().zip(done).map(|(socket, closing)| confirmed(closing, listed(socket))).collect()
}

/// What became of a socket, seen whether the kernel lists it afterwards.
fn confirmed(closing: Closing, listed: Option<bool>) -> Closing {
    match (closing, listed) {
        (Closing::Closed { .. }, still_bound) => Closing::Closed { still_bound },
        (Closing::Gone, Some(true)) => Closing::Refused(
            "the kernel finds another socket at its address, or none: only whoever holds it can close it"
                .to_owned(),
        ),
        (Closing::Gone, None) => Closing::Refused(
            "the kernel did not find it, and whether it is gone could not be looked up".to_owned(),
        ),
        (closing, _) => closing,
    }
}

/// Asks the kernel, one request after the other.
#[derive(Debug, Default)]
struct Closer {
    socket: Option<DiagSocket>,
    answer: Vec<u8>,
}

impl Closer {
    fn close(&mut self, socket: &Socket) -> Closing {
        let Some(cookie) = socket.key.cookie() else {
            return Closing::Refused(
                "it was read from /proc, which does not tell it from another one".to_owned(),
            );
        };
        let mut asked = false;
        let make = |seq| {
            let request = inet_destroy::request(socket, cookie, seq);
            asked = request.is_some();
            request.unwrap_or_default()
        };
        match self.ask(make) {
            _ if !asked => Closing::Refused("the kernel closes TCP and UDP sockets alone".to_owned()),
            Ok(()) => Closing::Closed { still_bound: None },
            Err(DiagError::Refused(Errno::NOENT)) => Closing::Gone,
            Err(DiagError::Refused(errno)) => Closing::Refused(reason(errno)),
            Err(error) => Closing::Refused(error.to_string()),
        }
    }

    /// The cookies of what a table has now.
    fn list(&mut self, (family, protocol): Table) -> Result<BTreeSet<Cookie>, DiagError> {
        // The cookies are all that is looked at.
        let context = Context { details: false, ..Context::new(NetnsId(0), family, protocol) };
        self.ask(|seq| inet_diag::dump_request(&context, seq, Ask::NOTHING))?;
        let mut cookies = BTreeSet::new();
        for message in netlink::messages(&self.answer) {
            let message = message?;
            if message.header.kind.get() == inet_diag::BY_FAMILY {
                cookies.extend(inet_diag::decode(message.payload, &context)?.key.cookie());
            }
        }
        Ok(cookies)
    }

    /// Sends a request and takes the whole answer.
    fn ask(&mut self, make: impl FnOnce(u32) -> Vec<u8>) -> Result<(), DiagError> {
        self.answer.clear();
        // Taken out, and put back only when the answer was whole: what is left of one would be taken for the next.
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => DiagSocket::open(CHUNK)?,
        };
        let answered = socket.dump(make, &mut self.answer, &mut |_| {}).map(|_| ());
        if matches!(answered, Ok(()) | Err(DiagError::Refused(_))) {
            self.socket = Some(socket);
        }
        answered
    }
}

/// Why the kernel did not close a socket that it found.
fn reason(errno: Errno) -> String {
    match errno {
        Errno::PERM => "closing sockets needs CAP_NET_ADMIN in the network namespace".to_owned(),
        Errno::OPNOTSUPP => {
            "this kernel cannot close it: it was built without CONFIG_INET_DIAG_DESTROY, or cannot in this state"
                .to_owned()
        }
        other => format!("the kernel refused: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_afterwards_was_not_gone() {
        let closed = |still_bound| Closing::Closed { still_bound };
        assert_eq!(confirmed(closed(None), Some(true)), closed(Some(true)));
        assert_eq!(confirmed(closed(None), None), closed(None));
        assert_eq!(confirmed(Closing::Gone, Some(false)), Closing::Gone);
        for listed in [Some(true), None] {
            assert!(matches!(confirmed(Closing::Gone, listed), Closing::Refused(_)));
        }
        let refused = Closing::Refused(reason(Errno::PERM));
        assert_eq!(confirmed(refused.clone(), Some(true)), refused);
    }
}
