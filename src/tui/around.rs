//! What the other sockets of the shown table say of one: looked for once for a snapshot and a socket.
//!
//! It walks over the table when somebody asks for the first time, which `update` does, so that a frame finds it.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::diagnosis::Crowd;
use crate::model::{Row, Socket};
use crate::store::Table;

/// The socket that was asked for last, and what is known of it. The table stays the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings(RefCell<Option<Rc<Around>>>);

/// What others say of one socket.
#[derive(Debug)]
pub(super) struct Around {
    socket: Socket,
    crowd: OnceCell<Crowd>,
    peer: OnceCell<Option<usize>>,
}

impl Surroundings {
    /// Those of a socket.
    pub(super) fn of(&self, socket: &Socket) -> Rc<Around> {
        let mut last = self.0.borrow_mut();
        let known = last.take().filter(|around| around.socket == *socket);
        let new = || {
            let socket = socket.clone();
            Rc::new(Around { socket, crowd: OnceCell::new(), peer: OnceCell::new() })
        };
        Rc::clone(last.insert(known.unwrap_or_else(new)))
    }
}

impl Around {
    /// What the diagnosis has to know.
    pub(super) fn crowd(&self, table: &Table) -> &Crowd {
        let count = |names| Crowd::about(&self.socket, table.rows(), names);
        self.crowd.get_or_init(|| table.moment().map(|moment| count(&moment.names)).unwrap_or_default())
    }

    /// The other end of its connection.
    pub(super) fn peer<'a>(&self, table: &'a Table) -> Option<&'a Row> {
        let find = || table.peer(&self.socket).and_then(|row| table.place(&row.socket.key));
        self.peer.get_or_init(find).and_then(|at| table.rows().get(at))
    }
}
